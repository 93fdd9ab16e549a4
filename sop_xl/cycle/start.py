"""Start a new, empty planning book: a workbook, or a folder of CSV files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from sop_xl import periods
from sop_xl.errors import BookError, InputError
from sop_xl.workbook.csvbook import CsvBook
from sop_xl.workbook.tables import TABLES, Settings
from sop_xl.workbook.template import new_workbook


def last_month_end(today: date) -> date:
    """The last day of the month before.

    >>> last_month_end(date(2026, 11, 22))
    datetime.date(2026, 10, 31)
    """
    return today.replace(day=1) - timedelta(days=1)


def start(
    where: str | Path,
    *,
    as_of: str | None = None,
    horizon: int = 12,
    company: str = "",
    currency: str = "USD",
    today: date | None = None,
) -> Path:
    """Create a new book at `where`; an existing file is never overwritten.

    `as_of` is the last day of history as ISO text, by default the end of the last month; `horizon` [months] is 3 to 18.
    """
    path = Path(where)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise BookError(f"{path} exists already; choose another name, so that nothing is lost")
    day = _day(as_of) if as_of else last_month_end(today or date.today())
    bounds = next(f for f in Settings.__dataclass_fields__.values() if f.name == "horizon").metadata
    if not bounds["low"] <= horizon <= bounds["high"]:
        raise InputError(f"the horizon must lie between {bounds['low']} and {bounds['high']} months, got {horizon}")
    values: dict[str, object] = {
        "as_of": day.isoformat(),
        "cycle": periods.label(periods.horizon(day, 1)[0]),
        "horizon": horizon,
        "company": company,
        "currency": currency,
    }
    if path.suffix.lower() == ".xlsx":
        path.parent.mkdir(parents=True, exist_ok=True)
        new_workbook(path, settings=values)
    elif path.suffix:
        raise InputError(f"{path.name} is neither an .xlsx workbook nor a folder; name it {path.stem}.xlsx")
    else:
        path.mkdir(parents=True, exist_ok=True)
        CsvBook(path).write(starting_frames(values))
    return path


def starting_frames(settings: dict[str, object]) -> dict[str, pd.DataFrame]:
    """The tables a new book begins with, with these settings in the control table."""
    from sop_xl.cycle.keeping import shaped

    frames = {name: shaped(table, pd.DataFrame(list(table.starts))) for name, table in TABLES.items()}
    control = frames["control"]
    said = control["setting"].map({k: str(v) for k, v in settings.items()})
    frames["control"] = control.assign(value=said.fillna(control["value"]))
    return frames


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"the as-of date is written like 2026-10-31, got {text!r}") from None
