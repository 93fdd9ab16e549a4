"""The command `sop-xl`: everything the add-in does, from a terminal or a scheduler."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sop_xl import __version__
from sop_xl.errors import InputError, PlanningError
from sop_xl.terminal import columns, progress

if TYPE_CHECKING:
    import pandas as pd

    from sop_xl.store.series import SeriesColumns, Style
    from sop_xl.workbook.book import Book

EPILOG = """\
exit codes:
  0  done
  1  stopping issues in the data; the last good plan stands
  2  wrong usage, or a value that cannot be planned with
  3  a file that cannot be read or written
  130  interrupted with Ctrl-C; nothing was written

first steps:
  sop-xl demo --out demo                 a real company through all six steps
  sop-xl new plan.xlsx --as-of 2026-10-31
  sop-xl gather plan.xlsx --from extracts/
  sop-xl run plan.xlsx

without a workbook:
  sop-xl forecast sales.csv --horizon 12 --out forecast.csv
"""
FORECAST_MANUAL = """
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
STEP_NAMES = (
    "data_gathering", "demand_planning", "supply_planning", "pre_sop", "executive_sop", "execution",
)  # fmt: skip
INTERRUPTED = 130
SHEET = ".xlsx"


def parser() -> argparse.ArgumentParser:
    """The command line, with a manual for every command."""
    top = argparse.ArgumentParser(
        prog="sop-xl",
        description="Sales & Operations Planning on the sheets of one Excel workbook.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"sop-xl {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    demo = _command(commands, "demo", _demo, "plan a real company through all six steps",
        "sop-xl demo --out demo")  # fmt: skip
    demo.add_argument(
        "--out", type=Path, default=Path("demo"), metavar="FOLDER", help="where to put SOP_demo.xlsx (default: demo)"
    )

    new = _command(commands, "new", _new, "start an empty planning workbook",
        "sop-xl new plan.xlsx --as-of 2026-10-31 --company 'My company'\n  sop-xl new plan/            (a folder of CSV files)")  # fmt: skip
    _book(new)
    new.add_argument(
        "--as-of", metavar="DATE", help="last day of history, such as 2026-10-31 (default: the last month that ended)"
    )
    new.add_argument("--horizon", type=int, default=12, metavar="MONTHS", help="months planned, 3 to 18 (default: 12)")
    new.add_argument("--company", default="", help="name on the cover")
    new.add_argument("--currency", default="USD", help="currency of every amount (default: USD)")

    gather = _command(commands, "gather", _gather, "fill the workbook from a folder of extracts or a database",
        "sop-xl gather plan.xlsx --from extracts/\n  sop-xl gather plan.xlsx --from sqlite:///erp.db --mapping erp.toml")  # fmt: skip
    _book(gather)
    gather.add_argument(
        "--from",
        dest="source",
        required=True,
        metavar="SOURCE",
        help="a folder of CSV or Parquet files, or a database URL",
    )
    gather.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="which source columns go where (default: mapping.toml in the folder)",
    )
    gather.add_argument("--dry-run", action="store_true", help="show what would change and write nothing")

    run = _command(commands, "run", _run, "run the steps of the cycle",
        "sop-xl run plan.xlsx\n  sop-xl run plan.xlsx --step demand_planning --step supply_planning\n"
        "  sop-xl run plan.xlsx --step pre_sop --scenario Upside")  # fmt: skip
    _book(run)
    run.add_argument("--step", action="append", default=[], choices=STEP_NAMES, metavar="STEP",
        help=f"one step; may be repeated (default: all): {', '.join(STEP_NAMES)}")  # fmt: skip
    run.add_argument(
        "--scenario", default="", metavar="NAME", help="in Pre-S&OP compute only this scenario beside Base"
    )

    _forecast_command(commands)

    check = _command(
        commands, "check", _check, "check the data", "sop-xl check plan.xlsx --all\n  sop-xl check plan.xlsx --write"
    )
    _book(check)
    check.add_argument("--all", action="store_true", help="list every issue, not only the first of each check")
    check.add_argument("--write", action="store_true", help="write the findings onto the sheets DataQuality and Issues")

    status = _command(commands, "status", _status, "show where the cycle stands", "sop-xl status plan.xlsx")
    _book(status)

    export = _command(commands, "export", _export, "write tables as CSV files",
        "sop-xl export plan.xlsx --out tables/\n  sop-xl export plan.xlsx --out tables/ --table consensus")  # fmt: skip
    _book(export)
    export.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the CSV files go")
    export.add_argument(
        "--table", action="append", default=[], metavar="TABLE", help="one table; may be repeated (default: all)"
    )

    approve = _command(commands, "approve", _approve, "sign the plan for a role, as on sheet Decisions",
        "sop-xl approve plan.xlsx --role CFO --name 'A. Example'\n  sop-xl approve plan.xlsx --role CFO --name 'A. Example' --reject --note 'stock too high'")  # fmt: skip
    _book(approve)
    approve.add_argument("--role", required=True, help="who signs, one of the setting `approvers`")
    approve.add_argument("--name", required=True, help="name of the person")
    approve.add_argument("--note", default="", help="conditions")
    approve.add_argument("--reject", action="store_true", help="reject instead")

    roll = _command(commands, "roll", _roll, "close the cycle and open the next one", "sop-xl roll plan.xlsx")
    _book(roll)
    undo = _command(commands, "undo", _undo, "undo the last command that wrote", "sop-xl undo plan.xlsx")
    _book(undo)
    return top


def _forecast_command(commands: Any) -> None:
    forecast = _command(commands, "forecast", _forecast, "forecast every series of a file, with intervals",
        "sop-xl forecast sales.csv --horizon 12 --out forecast.csv\n"
        "  sop-xl forecast sales.csv --id item --date month --value quantity --horizon 12 --out forecast.csv\n"
        "  sop-xl forecast weekly.parquet --horizon 13 --season 52 --level 50,80,95 --out forecast.parquet\n"
        "  sop-xl forecast sales.csv --regressors price,deal --future plan.csv --horizon 8 --out forecast.csv",
        FORECAST_MANUAL)  # fmt: skip
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


def _command(commands: Any, name: str, run: Any, says: str, examples: str, manual: str = "") -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=says,
        description=f"{says[0].upper()}{says[1:]}.\n{manual}".rstrip(),
        epilog=f"examples:\n  {examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(run=run)
    made.add_argument("--quiet", "-q", action="store_true", help="no progress bar, no summary")
    made.add_argument("--verbose", "-v", action="store_true", help="the log on standard error, and tracebacks")
    return made


def _book(command: argparse.ArgumentParser) -> None:
    command.add_argument("book", metavar="BOOK", help="the workbook (.xlsx), or a folder of CSV files")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    top = parser()
    given = top.parse_args(arguments)
    if given.command is None:
        top.print_help()
        return 0
    if given.verbose:
        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    try:
        return int(given.run(given) or 0)
    except PlanningError as error:
        if given.verbose:
            logging.exception("the command failed")
        print(f"sop-xl: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nsop-xl: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _open(where: str) -> Book:
    from sop_xl.workbook.book import open_book

    return open_book(where)


def _say(given: argparse.Namespace, text: str) -> None:
    if not given.quiet:
        print(text)


def _demo(given: argparse.Namespace) -> None:
    from sop_xl.demo.company import build

    with progress("building the demo", quiet=given.quiet) as report:
        made = build(given.out, progress=report)
    if made.kept:
        _say(given, f"the workbook that stood there is kept as {made.kept}")
    _say(given, f"{made.book}\n\n{made.summary}")
    _say(given, f"\nOpen it in Excel or LibreOffice; start on the sheet Cover. Check it with: sop-xl check {made.book}")


def _new(given: argparse.Namespace) -> None:
    from sop_xl.cycle.start import start

    asked = {"as_of": given.as_of, "horizon": given.horizon, "company": given.company, "currency": given.currency}
    made = start(given.book, {name: value for name, value in asked.items() if value is not None})
    _say(given, f"{made} is ready; fill its tables, or: sop-xl gather {made} --from FOLDER")


def _gather(given: argparse.Namespace) -> None:
    from sop_xl.cycle.gather import gather

    book = _open(given.book)
    with progress("gathering", quiet=given.quiet) as report:
        found = gather(book, given.source, given.mapping, progress=report, dry_run=given.dry_run)
    rows = [["table", "rows", "before"], *([n, f"{now:,}", f"{was:,}"] for n, (now, was) in found.rows.items())]
    _say(given, columns(rows, right=(1, 2)))
    for warning in found.warnings:
        _say(given, f"  note: {warning}")
    _say(given, "nothing was written (--dry-run)" if given.dry_run else f"written to {book.where}")


def _run(given: argparse.Namespace) -> None:
    from sop_xl.cycle.run import STEPS, run

    book = _open(given.book)
    with progress("running", quiet=given.quiet) as report:
        done = run(book, given.step, progress=report, scenario=given.scenario)
    _say(given, columns([[STEPS[name].title, says] for name, says in done.says.items()], indent=""))
    _say(given, f"{len(done.written)} tables changed in {book.where}, {done.seconds:.1f} s")


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
    _say(given, f"{used.sum():,} series forecast {given.horizon} {noun} ahead; by method: {listed}")
    _say(given, f"written to {given.out}")


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


def _check(given: argparse.Namespace) -> int:
    from sop_xl.cycle.data_gathering import unwaived
    from sop_xl.cycle.run import record_checks, status

    book = _open(given.book)
    with progress("checking", quiet=given.quiet):
        desk = record_checks(book) if given.write else status(book)[0]
    print(_checks_text(desk, everything=given.all))
    stops = unwaived(desk.issues, desk.frames["checks"])
    return 1 if stops else 0


def _checks_text(desk: Any, *, everything: bool) -> str:
    from sop_xl.cycle.checks import CHECKS

    rules: dict[str, list[Any]] = {}
    for issue in desk.issues:
        rules.setdefault(issue.rule, []).append(issue)
    waived = set(desk.frames["checks"].loc[desk.frames["checks"]["waived_by"].ne(""), "rule"])
    lines = []
    for rule, issues in rules.items():
        mark = " (waived)" if rule in waived else ""
        lines.append(f"{issues[0].severity:<6} {len(issues):>5}  {rule}{mark}")
        lines += [f"{'':14}{issue.says}" for issue in (issues if everything else issues[:1])]
    clean = len([c for c in CHECKS if c.rule not in rules])
    lines.append(f"{clean} of {len(CHECKS)} checks found nothing")
    return "\n".join(lines)


def _status(given: argparse.Namespace) -> None:
    from sop_xl.cycle.run import status

    book = _open(given.book)
    desk, steps = status(book)
    s = desk.context.settings
    print(f"{s.company or book.where}: cycle {s.cycle}, as of {s.as_of:%Y-%m-%d}, {s.horizon} months, {s.currency}")
    print(columns(steps[["step", "status", "says"]].to_numpy().tolist()))
    versions = desk.frames["versions"]
    if len(versions):
        last = versions.iloc[-1]
        print(f"plan {last['version']}: {last['status']}")


def _export(given: argparse.Namespace) -> None:
    from sop_xl.workbook.book import open_book
    from sop_xl.workbook.csvbook import CsvBook
    from sop_xl.workbook.tables import TABLES, table

    names = [table(name).name for name in given.table] or list(TABLES)
    reading = open_book(given.book).read(names)
    given.out.mkdir(parents=True, exist_ok=True)
    CsvBook(given.out).write({name: reading.frames[name] for name in names})
    _say(given, f"{len(names)} tables written to {given.out}")


def _approve(given: argparse.Namespace) -> None:
    from sop_xl.cycle.sign import sign

    says = sign(_open(given.book), {given.role: given.name}, approve=not given.reject, note=given.note)
    _say(given, says)


def _roll(given: argparse.Namespace) -> None:
    from sop_xl.cycle.sign import roll_book

    _say(given, roll_book(_open(given.book)))


def _undo(given: argparse.Namespace) -> None:
    from sop_xl.cycle.sign import undo_book

    _say(given, f"undone: {undo_book(_open(given.book))}")


if __name__ == "__main__":
    sys.exit(main())
