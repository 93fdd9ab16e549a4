"""Health check, undo and redo, rehearsal, about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from udfs.commands.doing import TOOLS, Progress, file_of, user_of
from udfs.registry import command

if TYPE_CHECKING:
    from sop_xl.workbook.book import Book


_LINES_SHOWN = 20
"""Lines of a list that a message box can show."""


@command(TOOLS, "Health check", icon="TraceError", key_tip="I", local=True)
def health_check(book: Book, progress: Progress) -> str:
    """List what is broken in the workbook as it was saved last: overwritten formulas, text numbers, lost drop-downs.

    Writes nothing; `sop-xl health FILE --repair` mends the findings you name, with the workbook closed.
    """
    from sop_xl.workbook.health.checkup import checkup, listed

    file = file_of(book, "save the workbook on this machine, or use sop-xl health where its file is")
    progress("examining the workbook", 0.2)
    found = checkup(file)
    lines = listed(found, file.name).splitlines()
    if len(lines) > _LINES_SHOWN:
        lines = [*lines[: _LINES_SHOWN - 2], f"... and more: sop-xl health {file.name}", lines[-1]]
    if any(f.mend is not None for f in found):
        lines.append(f'close the workbook, then: sop-xl health "{file.name}" --repair all (or the numbers)')
    return "\n".join(lines)


@command(TOOLS, "Explain this number", icon="TracePrecedents", key_tip="H")
def explain_number(book: Book, progress: Progress) -> str:
    """Say where each number named on sheet Explain comes from: inputs, model, overrides, limits, run.

    Writes the answers beside the questions; Undo takes them away.
    """
    from sop_xl.cycle.explain_number.answer import explain_sheet

    progress("explaining", 0.2)
    return explain_sheet(book, user=user_of(book))


@command(TOOLS, "Undo", icon="Undo", key_tip="U")
def undo(book: Book, progress: Progress) -> str:
    """Put back what stood in the workbook before the last command that wrote; press again to go back further.

    What you typed since stays. Where a cell you changed would be put back, it is named and nothing is written.
    """
    from sop_xl.cycle.undoing import undo_book

    progress("putting back what stood before", 0.3)
    return f"undone: {undo_book(book, user=user_of(book))}"


@command(TOOLS, "Redo", icon="Redo", key_tip="Z")
def redo(book: Book, progress: Progress) -> str:
    """Do again the command that was undone last; press again for the one after it.

    Another command in between, or a cell you changed that it would write over, leaves nothing to do again.
    """
    from sop_xl.cycle.undoing import redo_book

    progress("doing it again", 0.3)
    return f"done again: {redo_book(book, user=user_of(book))}"


@command(TOOLS, "Rehearse", icon="RefreshAll", key_tip="Q")
def rehearse(book: Book, progress: Progress) -> str:
    """Plan the last 6 cycles again with the settings of today: accuracy, service and stock they would have had.

    Writes sheet Replay and nothing else. It takes about a second for each cycle and 1,000 series; Undo takes it back.
    """
    from sop_xl.cycle.replay import replay_book

    return replay_book(book, user=user_of(book), progress=progress).says


@command(TOOLS, "About", icon="Help", key_tip="Y", needs_book=False)
def about(_book: Book | None, _progress: Progress) -> str:
    """Say which version of the add-in answers, and with which Python."""
    import platform

    from sop_xl import __version__
    from udfs.functions import by_group

    return f"sop_xl {__version__} on Python {platform.python_version()}, {sum(map(len, by_group().values()))} functions"
