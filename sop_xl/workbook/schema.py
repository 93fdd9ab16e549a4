"""How a table of the workbook is declared: `Table`, `Column`, and the `Issue` a bad cell becomes.

A table is declared once (`tables.py`). The Excel table, its header notes, units, formats and drop-downs, the
checks of a cell, the CSV file and the reference page are all made from that declaration.

In Python a table is always a *long* frame. A table with `across` shows its periods as columns on the sheet; the
frame has one row per period, with the columns `period` and the name of the `across` column.

| kind | on the sheet | in the frame |
|---|---|---|
| CODE, TEXT | text (a code is never turned into a number) | `str`, blank is `""` |
| NUMBER, INTEGER, MONEY, SHARE | number | `float64`, blank is `NaN` (blank is not zero) |
| DATE, PERIOD, MOMENT | real date | `datetime64[ns]`, blank is `NaT`; a period is the first day of its month |
| FLAG | TRUE / FALSE | `bool`, blank is the default |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Frames = Mapping[str, "pd.DataFrame"]
"""Tables by name, as long frames."""


class Kind(StrEnum):
    """What a column holds."""

    CODE = "code"
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    MONEY = "money"
    SHARE = "share"
    DATE = "date"
    PERIOD = "period"
    MOMENT = "moment"
    FLAG = "flag"

    @property
    def is_number(self) -> bool:
        """Whether the frame holds floats."""
        return self in (Kind.NUMBER, Kind.INTEGER, Kind.MONEY, Kind.SHARE)

    @property
    def is_time(self) -> bool:
        """Whether the frame holds timestamps."""
        return self in (Kind.DATE, Kind.PERIOD, Kind.MOMENT)

    @property
    def is_text(self) -> bool:
        """Whether the frame holds text."""
        return self in (Kind.CODE, Kind.TEXT)


class Role(StrEnum):
    """Who writes a column: a person (`KEY`, `INPUT`), a run (`RESULT`), or the sheet itself (`CALCULATED`)."""

    KEY = "key"
    INPUT = "input"
    RESULT = "result"
    CALCULATED = "calculated"


class Severity(StrEnum):
    """What an issue does to a run."""

    STOPS = "stops"
    WARNS = "warns"
    NOTES = "notes"


class Group(StrEnum):
    """The sheet groups of the workbook: one per step of the cycle, and what frames them."""

    CONTROL = "Control"
    DATA = "Data Gathering"
    DEMAND = "Demand Planning"
    SUPPLY = "Supply Planning"
    PRE_SOP = "Pre-S&OP"
    EXECUTIVE = "Executive S&OP"
    EXECUTION = "Execution"
    LOG = "Log"


_ACRONYMS = {
    "abc": "ABC",
    "xyz": "XYZ",
    "adi": "ADI",
    "cv2": "CV2",
    "kpi": "KPI",
    "fva": "FVA",
    "wmape": "WMAPE",
    "mae": "MAE",
    "mase": "MASE",
    "sd": "SD",
    "id": "ID",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `unit` is shown beside the heading (`{currency}` stands for the plan's currency); `low` and `high` bound numbers;
    `refers` names the `table.column` whose values it may hold; `formula` and `twin` belong to a calculated column:
    the Excel formula of a row and the same arithmetic on the frame, so that the sheet has its values before Excel
    recalculates and a test can compare the two.
    """

    name: str
    kind: Kind
    role: Role
    says: str
    unit: str = ""
    default: Any = None
    required: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    refers: str = ""
    formula: str = ""
    twin: Callable[[pd.DataFrame], pd.Series] | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """The heading on the sheet.

        >>> Column("lead_time_days", Kind.NUMBER, Role.INPUT, "").label
        'Lead time days'
        >>> Column("abc", Kind.TEXT, Role.INPUT, "").label
        'ABC'
        """
        words = [_ACRONYMS.get(word, word) for word in self.name.split("_")]
        words[0] = words[0][:1].upper() + words[0][1:]
        return " ".join(words)


@dataclass(frozen=True)
class Table:
    """One table of the workbook: its name, sheet, meaning and columns.

    `across` is the column whose values stand under the period headings (the sheet shows `2020-03`, `2020-04` ...).
    `starts` are the rows a new workbook begins with. An `optional` table may be missing: it is read as empty.
    """

    name: str
    sheet: str
    group: Group
    says: str
    columns: tuple[Column, ...]
    across: Column | None = None
    starts: tuple[Mapping[str, Any], ...] = ()
    optional: bool = False

    @property
    def excel_name(self) -> str:
        """The name of the Excel table object."""
        return f"tbl_{self.name}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that identify a row of the long frame."""
        names = tuple(c.name for c in self.columns if c.role is Role.KEY)
        return (*names, "period") if self.across else names

    @property
    def frame_columns(self) -> tuple[Column, ...]:
        """The columns of the long frame, in order."""
        if self.across is None:
            return self.columns
        period = Column("period", Kind.PERIOD, Role.KEY, "Month", required=True)
        return (*self.columns, period, self.across)

    @property
    def is_result(self) -> bool:
        """Whether a run writes rows of this table."""
        columns = self.frame_columns
        return any(c.role is Role.RESULT for c in columns)

    def column(self, name: str) -> Column:
        """The column called `name`."""
        return next(c for c in self.frame_columns if c.name == name)


@dataclass(frozen=True)
class Issue:
    """One thing wrong with the data, in the planner's words.

    `row` is the row number on the sheet (or in the file), 0 where the whole table is meant; `says` is the whole
    sentence, naming sheet, row, column and value.
    """

    table: str
    row: int
    column: str
    value: str
    rule: str
    severity: Severity
    says: str
