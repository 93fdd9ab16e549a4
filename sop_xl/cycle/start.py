"""Start a new, empty planning book: a workbook, or a folder of CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from sop_xl import periods
from sop_xl.errors import BookError, InputError
from sop_xl.workbook.csvbook import CsvBook
from sop_xl.workbook.template.build import new_workbook, starting_frames


def last_month_end(today: date) -> date:
    """The last day of the month before.

    >>> last_month_end(date(2026, 11, 22))
    datetime.date(2026, 10, 31)
    """
    return today.replace(day=1) - timedelta(days=1)


def start(where: str | Path, settings: Mapping[str, object] | None = None, *, today: date | None = None) -> Path:
    """Create a new book at `where`: an .xlsx workbook, or a folder of CSV files; nothing is ever overwritten.

    `settings` are values of the control table by name. The as-of date is the end of the last month by default, the
    cycle the first month after it. Raises `InputError` for a setting that does not exist or lies out of bounds.
    """
    path = Path(where)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise BookError(f"{path} exists already; choose another name, so that nothing is lost")
    values = {k: str(v) for k, v in (settings or {}).items()}
    values.setdefault("as_of", last_month_end(today or date.today()).isoformat())
    values.setdefault("cycle", periods.label(periods.horizon(_day(values["as_of"]), 1)[0]))
    frames = starting_frames(values)
    if path.suffix.lower() == ".xlsx":
        path.parent.mkdir(parents=True, exist_ok=True)
        new_workbook(path, settings=values)
    elif path.suffix:
        raise InputError(f"{path.name} is neither an .xlsx workbook nor a folder; name it {path.stem}.xlsx")
    else:
        path.mkdir(parents=True, exist_ok=True)
        CsvBook(path).write(frames)
    return path


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"the as-of date is written like 2026-10-31, got {text!r}") from None
