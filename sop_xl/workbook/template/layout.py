"""Where the tables of a new workbook stand.

The rows are the same on every sheet: title, way back, what each table is for, units, headings, data. A sheet of one
table has it at column A; tables that share a sheet stand side by side with a column between them, so that each can
grow downwards.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sop_xl import periods
from sop_xl.workbook.schema import Column, Group, Kind, Table
from sop_xl.workbook.tables import TABLES

TITLE_ROW, LINK_ROW, WHO_ROW, SAYS_ROW, UNIT_ROW, HEADER_ROW, DATA_ROW = 0, 1, 2, 3, 5, 6, 7
SAYS_LINES = 2
COVER = "Cover"
COVER_TABLE = (9, 1)
"""Header row and first column of the table of the steps on the cover; there are always six of them."""

HISTORY_MONTHS = 36
"""Months of history an empty workbook has columns for."""

MONTH_WIDTH = 9.3

_WIDTHS = {
    Kind.CODE: 17.0,
    Kind.TEXT: 22.0,
    Kind.NUMBER: 12.0,
    Kind.INTEGER: 10.0,
    Kind.MONEY: 14.0,
    Kind.SHARE: 10.0,
    Kind.DATE: 12.0,
    Kind.PERIOD: 11.0,
    Kind.MOMENT: 17.0,
    Kind.FLAG: 9.0,
}
_NAMED_WIDTHS = {
    "description": 30.0,
    "says": 80.0,
    "question": 40.0,
    "answer": 64.0,
    "example": 64.0,
    "waiver_reason": 28.0,
    "note": 34.0,
    "evidence": 34.0,
    "issue": 40.0,
    "options": 40.0,
    "decided": 40.0,
    "action": 34.0,
    "cause": 28.0,
    "hash": 20.0,
    "inputs_hash": 14.0,
    "image": 24.0,
    "order": 22.0,
    "receipt": 26.0,
    "method": 32.0,
    "event": 36.0,
    "risk": 38.0,
    "assumption": 36.0,
    "kind": 20.0,
    "command": 30.0,
    "unit": 12.0,
    "scenario": 22.0,
    "rule": 32.0,
    "kpi": 26.0,
    "family": 18.0,
    "measure": 18.0,
    "setting": 20.0,
    "limited_by": 12.0,
    "seen_by": 12.0,
    "overtime_hours_per_worker": 17.0,
    "served_by": 34.0,
    "items": 44.0,
    "remedy": 34.0,
    "lever": 44.0,
    "plausible": 32.0,
    "asks": 40.0,
    "record": 44.0,
    "term": 24.0,
    "meaning": 84.0,
    "formula": 52.0,
    "task": 84.0,
    "sheets": 48.0,
    "buttons": 34.0,
    "point": 50.0,
    "milestone": 50.0,
    "about": 44.0,
    "outcome": 34.0,
    "template": 24.0,
    "story": 72.0,
    "would_change": 72.0,
    "add_as": 18.0,
    "target_names": 56.0,
    "value_means": 72.0,
    "promoted": 20.0,
    "expected": 10.0,
    "recommended": 15.0,
}
_TABLE_WIDTHS = {
    ("constraint_prices", "says"): 90.0,
    ("gaps", "demand"): 10.0,
    ("gaps", "supply"): 10.0,
    ("gaps", "gap"): 9.0,
    ("gaps", "says"): 90.0,
    ("gaps", "status"): 14.0,
    ("gap_options", "target"): 30.0,
    ("gap_options", "unit"): 15.0,
    ("gap_options", "basis"): 44.0,
    ("gap_options", "changes"): 44.0,
    ("scenario_library", "would_change"): 90.0,
    ("must_be_true", "lever"): 54.0,
    ("overrides", "note"): 44.0,
    ("questions", "question"): 84.0,
    ("questions", "answer"): 90.0,
    ("answers", "says"): 120.0,
    ("raci", "task"): 44.0,
    ("raci", "demand_planner"): 15.0,
    ("raci", "supply_planner"): 15.0,
    ("raci", "sales"): 15.0,
    ("raci", "operations"): 15.0,
    ("raci", "finance"): 15.0,
    ("raci", "executives"): 15.0,
    ("actions", "says"): 64.0,
    ("due_this_cycle", "about"): 76.0,
    ("versions", "hash"): 24.0,
    ("approved_plan", "seal"): 21.0,
}
"""Widths of columns of one table that need more or less room than others of their name."""
_FOLLOWS = {
    "OverrideRadar": "Overrides",
    "SegmentMatrix": "Segments",
    "LagAccuracy": "Accuracy",
    "FVA": "LagAccuracy",
    "Weights": "FVA",
    "GapOptions": "Gaps",
    "MustBeTrue": "Bridge",
    "Versions": "Decisions",
    "Grid": "Agenda",
}
"""Sheets whose tab stands behind that of another, not where the catalogue has their tables."""
_FILTER_BUTTON = 3.0


@dataclass(frozen=True)
class Placement:
    """Where a table stands: sheet, row of its headings, first column (both from 0), and the months laid across."""

    table: Table
    sheet: str
    header_row: int
    column: int
    months: pd.DatetimeIndex | None
    alone: bool

    @property
    def headings(self) -> tuple[str, ...]:
        """The column headings in order."""
        months = () if self.months is None else tuple(periods.label(m) for m in self.months)
        return (*(c.label for c in self.table.columns), *months)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The declaration behind each heading."""
        across = self.table.across
        months = () if self.months is None or across is None else (across,) * len(self.months)
        return (*self.table.columns, *months)

    @property
    def last_column(self) -> int:
        """The last column of the table (from 0)."""
        return self.column + len(self.headings) - 1

    @property
    def widths(self) -> tuple[float, ...]:
        """The column widths [characters]."""
        beside = tuple(_TABLE_WIDTHS.get((self.table.name, c.name), width(c, self.alone)) for c in self.table.columns)
        return beside + (MONTH_WIDTH,) * (len(self.headings) - len(beside))


def width(column: Column, filtered: bool) -> float:
    """How wide a column is [characters]: by its kind, but never narrower than the longest word of its heading."""
    if column.name == "value" and column.kind is Kind.TEXT:
        return 46.0
    longest = max(len(word) for word in column.label.split())
    return max(_NAMED_WIDTHS.get(column.name, _WIDTHS[column.kind]), longest + (_FILTER_BUTTON if filtered else 1.5))


def sheets_by_group(pages: Iterable[tuple[Group, str]]) -> dict[Group, list[str]]:
    """The sheets of each group in the order of the tabs: cover, then review page, then the tables."""
    out: dict[Group, list[str]] = {group: [] for group in Group}
    for group, sheet in ((Group.CONTROL, COVER), *pages, *((t.group, t.sheet) for t in TABLES.values())):
        if sheet not in out[group]:
            out[group].append(sheet)
    for names in out.values():
        for sheet, before in _FOLLOWS.items():
            if sheet in names and before in names:
                names.remove(sheet)
                names.insert(names.index(before) + 1, sheet)
    return out


def place(settings: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> dict[str, Placement]:
    """Where every table of the catalogue stands, with the months of its frame (or of the settings, if it has none)."""
    on_sheet: dict[str, list[Table]] = {}
    for table in TABLES.values():
        on_sheet.setdefault(table.sheet, []).append(table)
    out = {}
    for sheet, tables in on_sheet.items():
        column = COVER_TABLE[1] if sheet == COVER else 0
        for table in tables:
            row = COVER_TABLE[0] if sheet == COVER else HEADER_ROW
            months = _months(table, settings, frames[table.name])
            placed = Placement(table, sheet, row, column, months, alone=len(tables) == 1 and sheet != COVER)
            out[table.name] = placed
            column = placed.last_column + 2
    return {name: out[name] for name in TABLES}


def _months(table: Table, settings: Mapping[str, Any], frame: pd.DataFrame) -> pd.DatetimeIndex | None:
    if table.across is None:
        return None
    if len(frame):
        return pd.DatetimeIndex(sorted(frame["period"].unique()))
    plan = periods.horizon(settings["as_of"], settings["horizon"])
    match table.name:
        case "demand_history":
            return periods.past(settings["as_of"], HISTORY_MONTHS)
        case "sop_grid":
            return pd.DatetimeIndex(periods.past(settings["as_of"], settings["history_shown"]).append(plan))
        case _:
            return plan


def who(table: Table) -> str:
    """Who writes a table, in a few words.

    >>> who(TABLES["items"]), who(TABLES["consensus"]), who(TABLES["gaps"])
    ('You fill this table', 'A run fills this table', 'A run fills this table; you fill its yellow columns')
    """
    roles = {c.role.value for c in table.frame_columns}
    if not table.is_result:
        return "You fill this table"
    if table.name == "calendar":
        return "You fill this table; a run adds its grey columns"
    if table.name == "change_kinds":
        return "A list to read"
    return "A run fills this table" + ("; you fill its yellow columns" if "input" in roles else "")


def says_lines(placement: Placement) -> list[str]:
    """What a table is for, in lines no wider than the table where others stand beside it."""
    room = 160 if placement.alone else max(30, int(sum(placement.widths) * 1.05))
    return textwrap.wrap(placement.table.says, room)[:SAYS_LINES]


_SPELLED = {"atp": "ATP", "bom": "BOM", "fva": "FVA", "raci": "RACI", "sop": "S&OP", "kpis": "KPIs"}


def title(name: str) -> str:
    """A table's or sheet's name in words.

    >>> title("demand_history"), title("FinanceTotals"), title("scenario_kpis"), title("BOM")
    ('Demand history', 'Finance totals', 'Scenario KPIs', 'BOM')
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " "))
    words = [_SPELLED.get(word.lower(), word.lower()) for word in spaced.split()]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
