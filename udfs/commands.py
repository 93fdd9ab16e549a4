"""One command for each button: the cycle in the order of the ribbon, each a thin call of what the terminal calls too.

A command takes a book and somewhere to report progress, and returns a message in plain words. What it cannot do it says
in the one sentence of a `PlanningError`; nothing is written then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl.errors import PlanningError
from udfs.registry import command

if TYPE_CHECKING:
    import pandas as pd

    from sop_xl.workbook.book import Book

CYCLE, DATA, DEMAND, SUPPLY, REVIEW, SHARE, TOOLS = (
    "Cycle", "Data", "Demand", "Inventory & Supply", "Review", "Share", "Tools",
)  # fmt: skip
GROUPS = (CYCLE, DATA, DEMAND, SUPPLY, REVIEW, SHARE, TOOLS)
"""The groups of the ribbon, in their order."""

_LINES_SHOWN = 20
"""Lines of a list that a message box can show."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is behind us."""


@command(CYCLE, "Run all", icon="MacroPlay", key_tip="R", large=True)
def run_all(book: Book, progress: Progress) -> str:
    """Run all steps of the cycle, from Data Gathering to Execution, and write every result at once.

    What people typed stays. A stopping issue in the data writes nothing. Undo puts everything back.
    """
    return _run(book, (), progress)


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
    return _run(book, ("data_gathering",), progress)


@command(DEMAND, "Plan demand", icon="ChartInsert", key_tip="D", large=True)
def demand_planning(book: Book, progress: Progress) -> str:
    """Step 2, Demand Planning: forecast every series, add events, inputs and overrides, and agree on whole units."""
    return _run(book, ("demand_planning",), progress)


@command(DEMAND, "Override choices", icon="ReviewTrackChanges", key_tip="V")
def apply_override_choices(book: Book, progress: Progress) -> str:
    """Carry out what is typed in column Action of sheet OverrideRadar: keep, re-base or drop each override.

    Writes sheets Overrides and OverrideRadar; locked overrides are left alone. Undo puts everything back.
    """
    from sop_xl.cycle.override_choices import choose

    progress("carrying out the choices", 0.3)
    return choose(book, by="" if _knows_who(book) else "somebody unnamed")


@command(SUPPLY, "Balance plan", icon="Calculator", key_tip="B", large=True)
def supply_planning(book: Book, progress: Progress) -> str:
    """Step 3, Supply Planning: inventory targets, demand and supply balanced at least cost, and why what is short."""
    return _run(book, ("supply_planning",), progress)


@command(REVIEW, "Pre-S&OP", icon="SmartArtInsert", key_tip="P")
def pre_sop(book: Book, progress: Progress) -> str:
    """Step 4, Pre-S&OP: lay out the grid, rank the gaps by money with costed options, compare every active scenario."""
    return _run(book, ("pre_sop",), progress)


@command(REVIEW, "Take options", icon="GoalSeek", key_tip="T")
def take_options(book: Book, progress: Progress) -> str:
    """Write the options ticked in column Take of sheet GapOptions as changes of the scenario Agreed options.

    Pre-S&OP then computes the scenario. Options ticked no more are taken out of it; Undo puts everything back.
    """
    from sop_xl.cycle.taking import apply

    progress("writing the options taken", 0.3)
    return apply(book, user="" if _knows_who(book) else "somebody unnamed")


@command(REVIEW, "Add scenarios", icon="ScenarioManager", key_tip="J")
def add_scenarios(book: Book, progress: Progress) -> str:
    """Add the disruptions and chances flagged in column Add of sheet ScenarioLibrary to the scenarios.

    Each becomes rows on sheet Scenarios, with targets found in your own data, to be changed as you like. Undo removes
    them again.
    """
    from sop_xl.cycle.scenario_desk import add_flagged

    progress("adding scenarios", 0.3)
    return add_flagged(book, user="" if _knows_who(book) else "somebody unnamed")


@command(REVIEW, "Promote scenario", icon="AcceptInvitation", key_tip="W")
def promote_scenario(book: Book, progress: Progress) -> str:
    """Make the scenario with TRUE in column Promote of sheet Scenarios the plan.

    Its changes go into the tables they belong to: demand into Overrides, hours into Capacity, and so on; what was
    written is listed. Undo takes all of it back. Run all then balances the plan.
    """
    from sop_xl.cycle.scenario_desk import promote_scenario as promoted

    progress("making the scenario the plan", 0.3)
    return promoted(book, user="" if _knows_who(book) else "somebody unnamed")


@command(REVIEW, "Executive S&OP", icon="FilePrintPreview", key_tip="E")
def executive_sop(book: Book, progress: Progress) -> str:
    """Step 5, Executive S&OP: put the plan into money, score it, name its version; once all have signed, freeze it."""
    return _run(book, ("executive_sop",), progress)


@command(REVIEW, "Approve", icon="ReviewAcceptChange", key_tip="A", local=True)
def approve(book: Book, progress: Progress) -> str:
    """Sign the draft plan for each role on sheet Decisions that has your name beside it; then run Executive S&OP.

    Only your own signature: others sign on their machines, or type their decision on the sheet.
    """
    from sop_xl.cycle.sign import sign

    _own_machine(book, "type approve and the date beside your role on sheet Decisions instead")
    progress("signing the plan", 0.3)
    says = sign(book, _my_roles(book))
    return f"{says}\nonce every role has signed, Executive S&OP freezes the plan"


@command(REVIEW, "Reopen", icon="ReviewRejectChange", key_tip="O")
def reopen(book: Book, progress: Progress) -> str:
    """Reopen the approved plan, so that it may be planned and signed anew as a new version; what was signed stays.

    The reason is what column Note of sheet Versions says beside it; sheet Decisions gets a line.
    """
    from sop_xl.cycle.sign import reopen_book

    progress("reopening the plan", 0.3)
    rows = book.read(("versions",)).frames["versions"]
    approved = rows[rows["status"].eq("approved")]
    why = str(approved["note"].iloc[-1]) if len(approved) else "asked"
    if not why.strip():
        name = approved["version"].iloc[-1]
        raise PlanningError(f"type why {name} is reopened into column Note of sheet Versions, then press Reopen again")
    return reopen_book(book, why)


@command(REVIEW, "Follow up", icon="FindDialog", key_tip="F")
def execution(book: Book, progress: Progress) -> str:
    """Step 6, Execution: compare the approved plan with what was sold, made and stocked, and say where to act."""
    return _run(book, ("execution",), progress)


@command(SHARE, "Export tables", icon="ExportTextFile", key_tip="X", local=True)
def export_tables(book: Book, progress: Progress) -> str:
    """Write every table as a CSV file into the folder `S&OP exports` of your home folder, under the workbook's name."""
    from sop_xl.workbook.csvbook import CsvBook
    from sop_xl.workbook.tables import TABLES

    _own_machine(book, "export it with sop-xl export on the machine that holds the file")
    progress("reading the workbook", 0.1)
    frames = {name: frame for name, frame in book.read(TABLES).frames.items() if name in book.tables()}
    folder = _exports(book)
    progress("writing the tables", 0.6)
    CsvBook(folder).write(frames)
    return f"{len(frames)} tables are in {folder}"


@command(SHARE, "Pack", icon="FilePrint", key_tip="K", large=True, local=True)
def pack(book: Book, progress: Progress) -> str:
    """Draw the pre-S&OP pack, 10 to 15 pages of PDF, and the executive page as a PDF of its own, from what stands here.

    Writes the two files beside the workbook, or into `S&OP exports` of your home folder; nothing into the workbook.
    """
    from sop_xl.pack.build import beside, write_pack

    _own_machine(book, "make it with sop-xl pack on the machine that holds the file")
    at = Path(book.where)
    place = at if at.is_file() else _exports(book) / at.name
    made = [
        write_pack(book, beside(place, executive_only=alone), executive_only=alone, progress=progress)
        for alone in (False, True)
    ]
    return f"{made[0].pages} pages are in {made[0].path}, the executive page is in {made[1].path}"


@command(SHARE, "Freeze copy", icon="Lock", key_tip="L", local=True)
def freeze_copy(book: Book, progress: Progress) -> str:
    """Write a copy for people who have nothing installed beside the workbook: values instead of our functions.

    What was saved last is copied, with a fingerprint on its cover; the workbook itself is not touched.
    """
    from datetime import date

    from sop_xl.cycle.freeze import freeze_book

    file = _file_of(book, "save the workbook on this machine, or use sop-xl freeze where its file is")
    progress("freezing a copy", 0.2)
    stem = re.sub(r" frozen \d{4}-\d{2}-\d{2}$", "", file.stem)
    return freeze_book(file, file.with_name(f"{stem} frozen {date.today():%Y-%m-%d}.xlsx")).says


@command(SHARE, "Summary", icon="FileSendAsAttachment", key_tip="M")
def summary(book: Book, progress: Progress) -> str:
    """The plan in a few sentences for a mail or the minutes: scorecard, largest gaps, version. Writes nothing."""
    progress("reading the workbook", 0.2)
    frames = book.read(("control", "scorecard", "gaps", "versions")).frames
    if frames["scorecard"].empty:
        raise PlanningError("there is no scorecard yet; run Executive S&OP first")
    lines = [_score(row) for _, row in frames["scorecard"].iterrows()]
    gaps = frames["gaps"]
    lines += [f"gap: {says}" for says in gaps["says"].head(3)] if len(gaps) else []
    if len(frames["versions"]):
        last = frames["versions"].iloc[-1]
        lines.append(f"plan {last['version']} is {last['status']}")
    return "\n".join(lines)


@command(TOOLS, "Health check", icon="TraceError", key_tip="I", local=True)
def health_check(book: Book, progress: Progress) -> str:
    """List what is broken in the workbook as it was saved last: overwritten formulas, text numbers, lost drop-downs.

    Writes nothing; `sop-xl health FILE --repair` mends the findings you name, with the workbook closed.
    """
    from sop_xl.workbook.health.checkup import checkup, listed

    file = _file_of(book, "save the workbook on this machine, or use sop-xl health where its file is")
    progress("examining the workbook", 0.2)
    found = checkup(file)
    lines = listed(found, file.name).splitlines()
    if len(lines) > _LINES_SHOWN:
        lines = [*lines[: _LINES_SHOWN - 2], f"... and more: sop-xl health {file.name}", lines[-1]]
    if any(f.mend is not None for f in found):
        lines.append(f'close the workbook, then: sop-xl health "{file.name}" --repair all (or the numbers)')
    return "\n".join(lines)


@command(REVIEW, "Explain this number", icon="TracePrecedents", key_tip="H")
def explain_number(book: Book, progress: Progress) -> str:
    """Say where each number named on sheet Explain comes from: inputs, model, overrides, limits, run.

    Writes the answers beside the questions; Undo takes them away.
    """
    from sop_xl.cycle.explain_number.answer import explain_sheet

    progress("explaining", 0.2)
    return explain_sheet(book, user="" if _knows_who(book) else "somebody unnamed")


@command(TOOLS, "Undo", icon="Undo", key_tip="U")
def undo(book: Book, progress: Progress) -> str:
    """Put back what stood in the workbook before the last command that wrote; press again to go back further.

    What you typed since stays. Where a cell you changed would be put back, it is named and nothing is written.
    """
    from sop_xl.cycle.undoing import undo_book

    progress("putting back what stood before", 0.3)
    return f"undone: {undo_book(book, user='' if _knows_who(book) else 'somebody unnamed')}"


@command(TOOLS, "Redo", icon="Redo", key_tip="Z")
def redo(book: Book, progress: Progress) -> str:
    """Do again the command that was undone last; press again for the one after it.

    Another command in between, or a cell you changed that it would write over, leaves nothing to do again.
    """
    from sop_xl.cycle.undoing import redo_book

    progress("doing it again", 0.3)
    return f"done again: {redo_book(book, user='' if _knows_who(book) else 'somebody unnamed')}"


@command(TOOLS, "Rehearse", icon="RefreshAll", key_tip="Q")
def rehearse(book: Book, progress: Progress) -> str:
    """Plan the last 6 cycles again with the settings of today: accuracy, service and stock they would have had.

    Writes sheet Replay and nothing else. It takes about a second for each cycle and 1,000 series; Undo takes it back.
    """
    from sop_xl.cycle.replay import replay_book

    return replay_book(book, user="" if _knows_who(book) else "somebody unnamed", progress=progress).says


@command(TOOLS, "About", icon="Help", key_tip="Y", needs_book=False)
def about(_book: Book | None, _progress: Progress) -> str:
    """Say which version of the add-in answers, and with which Python."""
    import platform

    from sop_xl import __version__
    from udfs.functions import by_group

    return f"sop_xl {__version__} on Python {platform.python_version()}, {sum(map(len, by_group().values()))} functions"


def _run(book: Book, steps: tuple[str, ...], progress: Progress) -> str:
    """Run steps and tell what each did."""
    from sop_xl.cycle.run import STEPS, run

    done = run(book, steps, progress=progress)
    lines = [f"{STEPS[name].title}: {says}" for name, says in done.says.items()]
    count = len(done.written)
    lines.append(f"{count} table{'s' if count != 1 else ''} changed, {done.seconds:.1f} s")
    return "\n".join(lines)


def _exports(book: Book) -> Path:
    """The folder for what is made of a book, in the home folder, under the book's name."""
    stem = re.sub(r"[^\w -]+", "_", Path(book.where).stem).strip() or "workbook"
    folder = Path.home() / "S&OP exports" / stem
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlanningError(f"the folder {folder} cannot be made ({error.strerror or error})") from error
    return folder


def _own_machine(book: Book, instead: str) -> None:
    """Refuse what must know the person and the disk, where the tables were sent from elsewhere.

    A host whose worker runs as the planner, such as Calc's, says so of the book it makes.
    """
    if not _knows_who(book):
        raise PlanningError(f"this cannot be done from here, for nobody knows who asks; {instead}")


def _knows_who(book: Book) -> bool:
    """Whether who is planning is who this machine says it is."""
    from sop_xl.workbook.sent import SentBook

    return not isinstance(book, SentBook) or book.own_machine


def _file_of(book: Book, instead: str) -> Path:
    """The workbook's file as it was saved last."""
    _own_machine(book, instead)
    if book.file is None:
        raise PlanningError(f"{book.where} has no file on this machine; {instead}")
    return book.file


def _my_roles(book: Book) -> dict[str, str]:
    """The roles of the draft with the name of who is planning typed beside them."""
    from sop_xl.cycle.desk import user_name

    me = user_name()
    signed: pd.DataFrame = book.read(("approvals",)).frames["approvals"]
    mine = signed[signed["name"].str.strip().str.casefold().eq(me.casefold()) & signed["decision"].eq("")]
    if mine.empty:
        raise PlanningError(
            f"no open signature on sheet Decisions has the name {me}; type it beside your role and press Approve again"
        )
    last = mine[mine["version"].eq(mine["version"].iloc[-1])]
    return dict(zip(last["role"], last["name"], strict=True))


def _score(row: pd.Series) -> str:
    """A line of the scorecard in words."""
    value, target = (_shown(row[name], str(row["unit"])) for name in ("value", "target"))
    against = f" against {target}" if target else ""
    judged = f" ({row['status']})" if row["status"] not in ("", "-") else ""
    return f"{row['kpi']}: {value or 'not known'}{against}{judged}"


def _shown(value: object, unit: str) -> str:
    number = float(str(value))
    if number != number:  # noqa: PLR0124 (NaN differs from itself)
        return ""
    return f"{number:.1%}" if unit == "share" else f"{number:,.0f} {unit}"
