"""The cycle as a whole, and its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from udfs.commands.doing import CYCLE, DATA, Progress, run_steps
from udfs.registry import command

if TYPE_CHECKING:
    from sop_xl.workbook.book import Book


@command(CYCLE, "Run all", icon="MacroPlay", key_tip="R", large=True)
def run_all(book: Book, progress: Progress) -> str:
    """Run all steps of the cycle, from Data Gathering to Execution, and write every result at once.

    What people typed stays. A stopping issue in the data writes nothing. Undo puts everything back.
    """
    return run_steps(book, (), progress)


@command(CYCLE, "Status", icon="Info", key_tip="S")
def status(book: Book, progress: Progress) -> str:
    """Say where the cycle stands: which steps are done or out of date, and the state of the plan. Writes nothing."""
    from sop_xl.cycle.run import status as state
    from sop_xl.cycle.signed import said

    progress("reading the workbook", 0.1)
    desk, steps = state(book)
    settings = desk.context.settings
    lines = [f"{settings.company or book.where}: cycle {settings.cycle}, as of {settings.as_of:%Y-%m-%d}"]
    lines += [f"{row.step}: {row.status}" for row in steps.itertuples(index=False)]
    versions = desk.frames["versions"]
    if len(versions):
        lines.append(f"plan {versions.iloc[-1]['version']}: {versions.iloc[-1]['status']}")
    return "\n".join([*lines, *said(desk.frames, desk.context)])


@command(CYCLE, "Next cycle", icon="CalendarInsert", key_tip="N")
def next_cycle(book: Book, progress: Progress) -> str:
    """Close this cycle and open the next one: actuals become history, the approved plan becomes the last plan.

    Overrides and assumptions that have not expired are carried over; sheet Rollover lists what was and what was not.
    """
    from sop_xl.cycle.sign import roll_book

    progress("opening the next cycle", 0.2)
    return roll_book(book)


@command(DATA, "Check data", icon="ErrorChecking", key_tip="C", large=True)
def check_data(book: Book, progress: Progress) -> str:
    """Check the data of every table and list what is found on the sheets DataQuality and Issues; nothing else."""
    from sop_xl.cycle.data_gathering import unwaived
    from sop_xl.cycle.run import record_checks

    progress("checking the data", 0.2)
    desk = record_checks(book)
    stops = unwaived(desk.issues, desk.frames["checks"])
    if not desk.issues:
        return "the checks found nothing"
    by_rule = dict.fromkeys(issue.rule for issue in desk.issues)
    lines = [f"{len(desk.issues)} issues by {len(by_rule)} checks are listed on sheet Issues"]
    lines.append(
        f"{len(stops)} of them stop a step; the first: {stops[0].says}" if stops else "none of them stops a step"
    )
    return "\n".join(lines)


@command(DATA, "Gather data", icon="DatabaseInsert", key_tip="G")
def data_gathering(book: Book, progress: Progress) -> str:
    """Step 1, Data Gathering: check the data, fill gaps in the history, propose corrections for a person to accept."""
    return run_steps(book, ("data_gathering",), progress)
