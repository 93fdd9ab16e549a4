"""What buttons have in common: the groups of the ribbon, running steps, and whose machine it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl.errors import PlanningError

if TYPE_CHECKING:
    from sop_xl.workbook.book import Book

CYCLE, DATA, DEMAND, SUPPLY, REVIEW, SHARE, TOOLS = (
    "Cycle", "Data", "Demand", "Inventory & Supply", "Review", "Share", "Tools",
)  # fmt: skip
GROUPS = (CYCLE, DATA, DEMAND, SUPPLY, REVIEW, SHARE, TOOLS)
"""The groups of the ribbon, in their order."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is behind us."""


def run_steps(book: Book, steps: tuple[str, ...], progress: Progress) -> str:
    """Run steps and tell what each did."""
    from sop_xl.cycle.run import STEPS, run

    done = run(book, steps, progress=progress)
    lines = [f"{STEPS[name].title}: {says}" for name, says in done.says.items()]
    count = len(done.written)
    lines.append(f"{count} table{'s' if count != 1 else ''} changed, {done.seconds:.1f} s")
    return "\n".join(lines)


def own_machine(book: Book, instead: str) -> None:
    """Refuse what must know the person and the disk, where the tables were sent from elsewhere.

    A host whose worker runs as the planner, such as Calc's, says so of the book it makes.
    """
    if not knows_who(book):
        raise PlanningError(f"this cannot be done from here, for nobody knows who asks; {instead}")


def user_of(book: Book) -> str:
    """The name for the log: blank is whoever is at this machine; of tables sent from elsewhere nobody knows."""
    return "" if knows_who(book) else "somebody unnamed"


def knows_who(book: Book) -> bool:
    """Whether who is planning is who this machine says it is."""
    from sop_xl.workbook.sent import SentBook

    return not isinstance(book, SentBook) or book.own_machine


def file_of(book: Book, instead: str) -> Path:
    """The workbook's file as it was saved last."""
    own_machine(book, instead)
    if book.file is None:
        raise PlanningError(f"{book.where} has no file on this machine; {instead}")
    return book.file
