"""The command `sop-xl`: everything the add-in does, from a terminal or a scheduler."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sop_xl import __version__
from sop_xl.cli import (
    addin,
    balancing,
    bridging,
    calc,
    explaining,
    forecasting,
    health,
    options,
    overriding,
    packing,
    practice,
    renewing,
    replaying,
    scenarios,
    serve,
    sharing,
    signing,
    undoing,
)
from sop_xl.cli.parts import book_argument, command, say
from sop_xl.errors import BookError, PlanningError
from sop_xl.terminal import columns, progress

if TYPE_CHECKING:
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
  sop-xl balance tables/ --out plan/
"""
STEP_NAMES = (
    "data_gathering", "demand_planning", "supply_planning", "pre_sop", "executive_sop", "execution",
)  # fmt: skip
INTERRUPTED = 130


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

    demo = command(commands, "demo", _demo, "plan a real company through all six steps",
        "sop-xl demo --out demo")  # fmt: skip
    demo.add_argument(
        "--out", type=Path, default=Path("demo"), metavar="FOLDER", help="where to put SOP_demo.xlsx (default: demo)"
    )

    new = command(commands, "new", _new, "start an empty planning workbook",
        "sop-xl new plan.xlsx --as-of 2026-10-31 --company 'My company'\n  sop-xl new plan/            (a folder of CSV files)")  # fmt: skip
    book_argument(new)
    new.add_argument(
        "--as-of", metavar="DATE", help="last day of history, such as 2026-10-31 (default: the last month that ended)"
    )
    new.add_argument("--horizon", type=int, default=12, metavar="MONTHS", help="months planned, 3 to 18 (default: 12)")
    new.add_argument("--company", default="", help="name on the cover")
    new.add_argument("--currency", default="USD", help="currency of every amount (default: USD)")

    gather = command(commands, "gather", _gather, "fill the workbook from a folder of extracts or a database",
        "sop-xl gather plan.xlsx --from extracts/\n  sop-xl gather plan.xlsx --from sqlite:///erp.db --mapping erp.toml")  # fmt: skip
    book_argument(gather)
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

    run = command(commands, "run", _run, "run the steps of the cycle",
        "sop-xl run plan.xlsx\n  sop-xl run plan.xlsx --step demand_planning --step supply_planning\n"
        "  sop-xl run plan.xlsx --step pre_sop --scenario Upside")  # fmt: skip
    book_argument(run)
    run.add_argument("--step", action="append", default=[], choices=STEP_NAMES, metavar="STEP",
        help=f"one step; may be repeated (default: all): {', '.join(STEP_NAMES)}")  # fmt: skip
    run.add_argument(
        "--scenario", default="", metavar="NAME", help="in Pre-S&OP compute only this scenario beside Base"
    )

    practice.add_command(commands)
    forecasting.add_command(commands)
    scenarios.add_command(commands)
    overriding.add_command(commands)
    balancing.add_command(commands)
    serve.add_command(commands)
    addin.add_command(commands)
    calc.add_command(commands)

    check = command(
        commands, "check", _check, "check the data", "sop-xl check plan.xlsx --all\n  sop-xl check plan.xlsx --write"
    )
    book_argument(check)
    check.add_argument("--all", action="store_true", help="list every issue, not only the first of each check")
    check.add_argument("--write", action="store_true", help="write the findings onto the sheets DataQuality and Issues")

    status = command(commands, "status", _status, "show where the cycle stands", "sop-xl status plan.xlsx")
    book_argument(status)

    export = command(commands, "export", _export, "write tables as CSV files",
        "sop-xl export plan.xlsx --out tables/\n  sop-xl export plan.xlsx --out tables/ --table consensus")  # fmt: skip
    book_argument(export)
    export.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the CSV files go")
    export.add_argument(
        "--table", action="append", default=[], metavar="TABLE", help="one table; may be repeated (default: all)"
    )

    options.add_command(commands)
    signing.add_commands(commands)
    bridging.add_commands(commands)
    sharing.add_command(commands)
    health.add_command(commands)
    renewing.add_command(commands)
    packing.add_command(commands)
    replaying.add_command(commands)
    explaining.add_command(commands)
    undoing.add_commands(commands)
    return top


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
        # Python ends by the signal, whatever we return, if Ctrl-C came while it ran code from a string (a dataclass that
        # was being made, say); running other such code makes it forget that
        exec("")  # noqa: S102
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _open(where: str) -> Book:
    from sop_xl.workbook.book import open_book

    return open_book(where)


def _demo(given: argparse.Namespace) -> None:
    from sop_xl.demo.company import build

    with progress("building the demo", quiet=given.quiet) as report:
        made = build(given.out, progress=report)
    if made.kept:
        say(given, f"the workbook that stood there is kept as {made.kept}")
    say(given, f"{made.book}\n\n{made.summary}")
    say(given, f"\nOpen it in Excel or LibreOffice; start on the sheet Cover. Check it with: sop-xl check {made.book}")


def _new(given: argparse.Namespace) -> None:
    from sop_xl.cycle.start import start

    asked = {"as_of": given.as_of, "horizon": given.horizon, "company": given.company, "currency": given.currency}
    made = start(given.book, {name: value for name, value in asked.items() if value is not None})
    say(given, f"{made} is ready; fill its tables, or: sop-xl gather {made} --from FOLDER")


def _gather(given: argparse.Namespace) -> None:
    from sop_xl.cycle.gather import gather

    book = _open(given.book)
    with progress("gathering", quiet=given.quiet) as report:
        found = gather(book, given.source, given.mapping, progress=report, dry_run=given.dry_run)
    rows = [["table", "rows", "before"], *([n, f"{now:,}", f"{was:,}"] for n, (now, was) in found.rows.items())]
    say(given, columns(rows, right=(1, 2)))
    for warning in found.warnings:
        say(given, f"  note: {warning}")
    say(given, "nothing was written (--dry-run)" if given.dry_run else f"written to {book.where}")


def _run(given: argparse.Namespace) -> None:
    from sop_xl.cycle.run import STEPS, run

    book = _open(given.book)
    with progress("running", quiet=given.quiet) as report:
        done = run(book, given.step, progress=report, scenario=given.scenario)
    say(given, columns([[STEPS[name].title, says] for name, says in done.says.items()], indent=""))
    say(given, f"{len(done.written)} tables changed in {book.where}, {done.seconds:.1f} s")


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
    from sop_xl.cycle import signed
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
    print("".join(f"{line}\n" for line in signed.said(desk.frames, desk.context)), end="")


def _export(given: argparse.Namespace) -> None:
    from sop_xl.workbook.book import open_book
    from sop_xl.workbook.csvbook import CsvBook
    from sop_xl.workbook.tables import TABLES, table

    names = [table(name).name for name in given.table] or list(TABLES)
    reading = open_book(given.book).read(names)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BookError(f"the folder {given.out} cannot be made ({error.strerror or error})") from error
    CsvBook(given.out).write({name: reading.frames[name] for name in names})
    say(given, f"{len(names)} tables written to {given.out}")


if __name__ == "__main__":
    sys.exit(main())
