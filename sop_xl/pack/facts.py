"""What the pack reads of a book, and the figures several pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain
from sop_xl.pack.paper import Paper
from sop_xl.workbook.frames import empty_frame
from sop_xl.workbook.tables import TABLES, Settings

READS = (
    "control", "steps", "items", "sop_grid", "gaps", "gap_options", "remedies", "shortages", "scenarios",
    "scenario_kpis", "risks", "assumptions", "scorecard", "financials", "bridge", "plan_bridge", "working_capital",
    "decisions", "approvals", "versions", "accuracy", "fva", "anomalies", "overrides", "override_effects",
    "override_radar", "must_be_true", "resource_load", "overloads", "inventory_targets", "actions", "agenda", "replay",
)  # fmt: skip
"""The tables the pack reads; those an older workbook does not have are empty."""
TOTAL = "Total"


@dataclass(frozen=True)
class Page:
    """A page of the pack: the message it brings, and how it is drawn."""

    section: str
    headline: str
    says: str
    color: str
    draw: Callable[[Paper], None]


@dataclass(frozen=True)
class Facts:
    """The tables of a book as the pack sees them, its settings, the clock and the name of the file."""

    frames: Mapping[str, pd.DataFrame]
    settings: Settings
    now: datetime
    file: str

    def table(self, name: str) -> pd.DataFrame:
        """A table; one the book or the catalogue does not have is empty."""
        if name in self.frames:
            return plain(self.frames[name])
        return plain(empty_frame(TABLES[name])) if name in TABLES else pd.DataFrame()

    def rows(self, name: str, *columns: str) -> pd.DataFrame:
        """A table that may come from elsewhere: empty where it has not all of these columns."""
        frame = self.table(name)
        return frame if set(columns) <= set(frame.columns) else pd.DataFrame(columns=list(columns))

    @property
    def currency(self) -> str:
        """Currency of every amount."""
        return self.settings.currency

    @cached_property
    def horizon(self) -> pd.DatetimeIndex:
        """The months planned."""
        return periods.horizon(self.settings.as_of, self.settings.horizon)

    @cached_property
    def past(self) -> pd.DatetimeIndex:
        """The past months shown."""
        return periods.past(self.settings.as_of, self.settings.history_shown)

    @property
    def end_of_cycle(self) -> pd.Timestamp:
        """The last day of the first planned month: what ends by then ends in this cycle."""
        return self.horizon[0] + pd.offsets.MonthEnd(0)

    @cached_property
    def version(self) -> tuple[str, str, str]:
        """The plan that is shown: its name, status and hash; blank where none has been named."""
        rows = self.table("versions")
        rows = rows[rows["cycle"].eq(self.settings.cycle)]
        if rows.empty:
            return "", "", ""
        last = rows.iloc[-1]
        return str(last["version"]), str(last["status"]), str(last["hash"])

    @cached_property
    def families(self) -> pd.Series[str]:
        """The family of each item."""
        items = self.table("items").drop_duplicates("item")
        return items.set_index("item")["family"]

    @cached_property
    def _grid(self) -> dict[Any, float]:
        grid = self.table("sop_grid")
        return grid.set_index(["family", "block", "measure", "period"])["value"].to_dict()

    def grid(self, family: str, block: str, measure: str, months: Iterable[pd.Timestamp]) -> list[float]:
        """A row of the S&OP grid over months; a blank is NaN."""
        return [float(self._grid.get((family, block, measure, month), np.nan)) for month in months]

    def summed(self, block: str, measure: str) -> pd.Series[float]:
        """A row of the grid added over the months planned, by family without the total."""
        grid = self.table("sop_grid")
        grid = grid[grid["block"].eq(block) & grid["measure"].eq(measure) & grid["period"].isin(self.horizon)]
        return grid[grid["family"].ne(TOTAL)].groupby("family")["value"].sum()

    def money(self, measure: str) -> pd.Series[float]:
        """A row of the plan in money added over the months planned, by family without the total."""
        rows = self.table("financials")
        rows = rows[rows["measure"].eq(measure) & rows["family"].ne(TOTAL) & rows["period"].isin(self.horizon)]
        return rows.groupby("family")["money"].sum()

    def kpi(self, name: str) -> tuple[float, float]:
        """A figure of the scorecard and its target."""
        card = self.table("scorecard")
        row = card[card["kpi"].eq(name)]
        return (float(row.iloc[0]["value"]), float(row.iloc[0]["target"])) if len(row) else (np.nan, np.nan)
