"""Pre-S&OP, Executive S&OP and Execution: what is discussed, decided, signed and followed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sop_xl.errors import PlanningError
from udfs.commands.doing import REVIEW, Progress, own_machine, run_steps, user_of
from udfs.registry import command

if TYPE_CHECKING:
    import pandas as pd

    from sop_xl.workbook.book import Book


@command(REVIEW, "Pre-S&OP", icon="SmartArtInsert", key_tip="P")
def pre_sop(book: Book, progress: Progress) -> str:
    """Step 4, Pre-S&OP: lay out the grid, rank the gaps by money with costed options, compare every active scenario."""
    return run_steps(book, ("pre_sop",), progress)


@command(REVIEW, "Take options", icon="GoalSeek", key_tip="T")
def take_options(book: Book, progress: Progress) -> str:
    """Write the options ticked in column Take of sheet GapOptions as changes of the scenario Agreed options.

    Pre-S&OP then computes the scenario. Options ticked no more are taken out of it; Undo puts everything back.
    """
    from sop_xl.cycle.taking import apply

    progress("writing the options taken", 0.3)
    return apply(book, user=user_of(book))


@command(REVIEW, "Add scenarios", icon="ScenarioManager", key_tip="J")
def add_scenarios(book: Book, progress: Progress) -> str:
    """Add the disruptions and chances flagged in column Add of sheet ScenarioLibrary to the scenarios.

    Each becomes rows on sheet Scenarios, with targets found in your own data, to be changed as you like. Undo removes
    them again.
    """
    from sop_xl.cycle.scenario_desk import add_flagged

    progress("adding scenarios", 0.3)
    return add_flagged(book, user=user_of(book))


@command(REVIEW, "Promote scenario", icon="AcceptInvitation", key_tip="W")
def promote_scenario(book: Book, progress: Progress) -> str:
    """Make the scenario with TRUE in column Promote of sheet Scenarios the plan.

    Its changes go into the tables they belong to: demand into Overrides, hours into Capacity, and so on; what was
    written is listed. Undo takes all of it back. Run all then balances the plan.
    """
    from sop_xl.cycle.scenario_desk import promote_scenario as promoted

    progress("making the scenario the plan", 0.3)
    return promoted(book, user=user_of(book))


@command(REVIEW, "Executive S&OP", icon="FilePrintPreview", key_tip="E")
def executive_sop(book: Book, progress: Progress) -> str:
    """Step 5, Executive S&OP: put the plan into money, score it, name its version; once all have signed, freeze it."""
    return run_steps(book, ("executive_sop",), progress)


@command(REVIEW, "Approve", icon="ReviewAcceptChange", key_tip="A", local=True)
def approve(book: Book, progress: Progress) -> str:
    """Sign the draft plan for each role on sheet Decisions that has your name beside it; then run Executive S&OP.

    Only your own signature: others sign on their machines, or type their decision on the sheet.
    """
    from sop_xl.cycle.sign import sign

    own_machine(book, "type approve and the date beside your role on sheet Decisions instead")
    progress("signing the plan", 0.3)
    says = sign(book, _my_roles(book))
    return f"{says}\nonce every role has signed, Executive S&OP freezes the plan"


@command(REVIEW, "Reopen", icon="ReviewRejectChange", key_tip="O", local=True)
def reopen(book: Book, progress: Progress) -> str:
    """Reopen the approved plan, so that it may be planned and signed anew as a new version; what was signed stays.

    The reason is what column Note of sheet Versions says beside it; sheet Decisions gets a line.
    """
    from sop_xl.cycle.sign import reopen_book

    own_machine(book, "reopen it with sop-xl reopen on the machine that holds the file")
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
    return run_steps(book, ("execution",), progress)


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
