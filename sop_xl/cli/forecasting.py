"""`sop-xl forecast`: every series of a file, without a workbook."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sop_xl.cli.parts import command, say
from sop_xl.errors import InputError
from sop_xl.terminal import progress

if TYPE_CHECKING:
    import pandas as pd

    from sop_xl.store.series import SeriesColumns, Style

SHEET = ".xlsx"
MANUAL = """
IN has one row per series and period. A blank or absent value is unknown, not
zero. Dates are ISO, year first (2024-05, 2024-05-31, 2024-05-31 06:00); whole
numbers are period numbers. Months, quarters, weeks, days, business days, hours
and 4-4-5 periods are recognised. Codes such as 007 stay text. Cells of a CSV
file may be parted by comma, semicolon, tab or bar, and OUT is written likewise.
Of a workbook the first sheet is read, with headings in row 1.

OUT has one row per series and period ahead: forecast, lo_80, hi_80, lo_95,
hi_95 and the method used. It is put in place whole: when anything fails, or on
Ctrl-C, the file that stood there is as it was.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    forecast = command(commands, "forecast", _forecast, "forecast every series of a file, with intervals",
        "sop-xl forecast sales.csv --horizon 12 --out forecast.csv\n"
        "  sop-xl forecast sales.csv --id item --date month --value quantity --horizon 12 --out forecast.csv\n"
        "  sop-xl forecast weekly.parquet --horizon 13 --season 52 --level 50,80,95 --out forecast.parquet\n"
        "  sop-xl forecast sales.csv --regressors price,deal --future plan.csv --horizon 8 --out forecast.csv",
        MANUAL)  # fmt: skip
    forecast.add_argument("history", type=Path, metavar="IN", help="the history: .csv, .csv.gz, .parquet or .xlsx")
    forecast.add_argument("--horizon", type=int, required=True, metavar="N", help="periods ahead, 1 to 600")
    forecast.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="OUT",
        help="where the forecast goes: .csv, .csv.gz, .parquet or .xlsx",
    )
    forecast.add_argument("--season", type=int, metavar="M",
        help="length of the season in periods; 1 is none (default: the usual ones, where a series shows them)")  # fmt: skip
    forecast.add_argument(
        "--method", default="auto", metavar="NAME", help="one method for every series (default: auto)"
    )
    forecast.add_argument("--level", type=_levels, default=(80, 95), metavar="PERCENT",
        help="widths of the intervals, parted by commas (default: 80,95)")  # fmt: skip
    forecast.add_argument("--regressors", type=_names, default=(), metavar="COLUMNS",
        help="columns of IN that drive demand, parted by commas, such as price,deal; needs --future")  # fmt: skip
    forecast.add_argument("--future", type=Path, metavar="FILE",
        help="the regressors of every period ahead: the same columns without the value")  # fmt: skip
    forecast.add_argument("--id", default="unique_id", metavar="COLUMN", help="name of a series (default: unique_id)")
    forecast.add_argument("--date", default="ds", metavar="COLUMN", help="date or period number (default: ds)")
    forecast.add_argument("--value", default="y", metavar="COLUMN", help="what is forecast (default: y)")
    forecast.add_argument(
        "--decimal",
        choices=(".", ","),
        metavar="MARK",
        help="decimal mark of a CSV file, . or , (default: by its values)",
    )


def _levels(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(width) for width in text.replace(";", ",").split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of percentages such as 80,95") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _forecast(given: argparse.Namespace) -> None:
    from sop_xl.demand.baseline import forecast
    from sop_xl.store.series import SeriesColumns, ending, refuse_target
    from sop_xl.workbook.disk.atomic import refuse_read_only, replace_file

    if bool(given.regressors) != bool(given.future):
        raise InputError("--regressors and --future belong together: the columns, and the file of their future")
    sources = [given.history, *([given.future] if given.future else [])]
    for path in (*sources, given.out):
        ending(path, [SHEET])
    refuse_target(given.out, sources)
    refuse_read_only(given.out)
    key = SeriesColumns(given.id, given.date, ())
    with progress("forecasting", quiet=given.quiet) as report:
        report(f"reading {given.history.name}", 0.0)
        columns_in = replace(key, values=(given.value, *given.regressors))
        history, style = _series(given.history, columns_in, given.decimal)
        future = None
        if given.future:
            report(f"reading {given.future.name}", 0.05)
            future, _ = _series(given.future, replace(key, values=given.regressors), given.decimal)
            future = future.set_axis(["unique_id", "ds", *given.regressors], axis=1)
        made = forecast(
            history.set_axis(["unique_id", "ds", "y", *given.regressors], axis=1), given.horizon, season=given.season,
            level=given.level, method=given.method, exogenous=given.regressors or None, future=future,
            progress=lambda doing, share: report(doing, 0.1 + 0.85 * share),
        )  # fmt: skip
        report(f"writing {given.out.name}", 0.95)
        as_read = {"unique_id": given.id, "ds": given.date}
        named = made.rename(columns={ours: name for ours, name in as_read.items() if name not in made.columns})
        replace_file(given.out, _writer(named, given.out, style), lambda _: None)
    used = made["method"].iloc[:: given.horizon].value_counts()
    listed = "; ".join(f"{count:,} {name}" for name, count in used.items())
    noun = "period" if given.horizon == 1 else "periods"
    say(given, f"{used.sum():,} series forecast {given.horizon} {noun} ahead; by method: {listed}")
    say(given, f"written to {given.out}")


def _series(path: Path, columns: SeriesColumns, decimal: str | None) -> tuple[pd.DataFrame, Style]:
    """The wanted columns of a file of series or of a workbook, and how a CSV file is written."""
    from sop_xl.store.series import Style, chosen, read_series

    if path.suffix.lower() != SHEET:
        return read_series(path, columns, decimal)
    from sop_xl.workbook.file.sheet import read_sheet

    return chosen(read_sheet(path), columns, path.name), Style()


def _writer(frame: pd.DataFrame, path: Path, style: Style) -> Callable[[IO[bytes]], None]:
    if path.suffix.lower() == SHEET:
        from sop_xl.workbook.file.sheet import write_sheet

        return lambda stream: write_sheet(frame, stream)
    from sop_xl.store.series import writer_of

    return writer_of(frame, path, style)
