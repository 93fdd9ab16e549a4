"""What a health check finds, and what it has to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from sop_xl.workbook.cells.conform import conform
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.schema import Issue, Severity
from sop_xl.workbook.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 4

Mend = Callable[["Patient"], None]


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a workbook.

    `where` is the cell, range, table or name on `sheet`; `repair` says what a repair does, or, without `mend`, what to
    do by hand. `touches` are the tables whose content a repair changes, `formulas` whether it writes formulas.
    """

    rule: str
    severity: Severity
    sheet: str
    where: str
    says: str
    repair: str
    mend: Mend | None = field(default=None, compare=False, repr=False)
    touches: tuple[str, ...] = ()
    formulas: bool = False

    @property
    def line(self) -> str:
        """The finding as a line of the list, its number aside.

        >>> Finding("hidden sheet", Severity.NOTES, "Mine", "", "it is hidden", "show it", print).line
        'notes  Mine: it is hidden. Repair: show it'
        """
        place = f"{self.sheet}!{self.where}" if self.sheet and self.where else self.sheet or self.where
        todo = "Repair" if self.mend is not None else "By hand"
        return f"{self.severity:<6} {place}: {self.says}. {todo}: {self.repair}"


class Patient:
    """A workbook under examination, with its template and its tables read once."""

    def __init__(self, workbook: Workbook) -> None:
        self.workbook = workbook
        self._read: dict[str, tuple[pd.DataFrame, list[Issue]]] = {}

    @cached_property
    def template(self) -> Workbook:
        """A new workbook of the same settings."""
        from sop_xl.workbook.health.template import template_of

        return template_of(self)

    def table(self, name: str) -> tuple[pd.DataFrame, list[Issue]]:
        """A declared table as a frame, with what is wrong in its cells."""
        if name not in self._read:
            self._read[name] = conform(self.workbook.raw(TABLES[name]))
        return self._read[name]

    def frame(self, name: str) -> pd.DataFrame:
        """A declared table as a frame."""
        return self.table(name)[0]

    def forget(self, names: Iterable[str]) -> None:
        """Read tables anew: they have been mended."""
        for name in names:
            self._read.pop(name, None)


def cells_said(refs: Sequence[str]) -> str:
    """Some cells in words.

    >>> cells_said(["A1", "A2"]), cells_said([f"A{n}" for n in range(1, 9)])
    ('A1, A2', 'A1, A2, A3, A4 and 4 more')
    """
    more = f" and {len(refs) - _SHOWN} more" if len(refs) > _SHOWN else ""
    return ", ".join(refs[:_SHOWN]) + more


def many(count: int, one: str, several: str = "") -> str:
    """A count with its noun.

    >>> many(1, "cell"), many(3, "cell"), many(2, "holds", "hold")
    ('1 cell', '3 cells', '2 hold')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"
