"""What a step of the cycle is: a pure function of frames, with the tables it reads, needs and writes named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from sop_xl import periods
from sop_xl.workbook.schema import Issue
from sop_xl.workbook.tables import Settings

Frames = Mapping[str, pd.DataFrame]
Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the step that is behind us (0 to 1)."""


def silent(_doing: str, _share: float) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class Context:
    """What every step is given beside its tables: the settings, the clock and the person."""

    settings: Settings
    now: datetime
    user: str = ""
    progress: Progress = field(default=silent, repr=False)
    scenario: str = ""

    @property
    def as_of(self) -> pd.Timestamp:
        """Last day of history."""
        return pd.Timestamp(self.settings.as_of)

    @property
    def periods(self) -> pd.DatetimeIndex:
        """The months planned."""
        return periods.horizon(self.settings.as_of, self.settings.horizon)

    def on_sale(self, items: pd.DataFrame) -> pd.DataFrame:
        """Those items with their own demand that are on sale on the as-of day."""
        return items[items["sold"] & (items["end"].isna() | (items["end"] > self.as_of))]


@dataclass(frozen=True)
class Outcome:
    """What a step found: the tables it writes, its issues, and a sentence for the cover."""

    frames: dict[str, pd.DataFrame]
    says: str
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of the cycle.

    `reads` are the tables its result depends on; `needs` those of them that another step must have filled first.
    """

    name: str
    title: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[Frames, Context], Outcome] = field(repr=False)
    needs: Mapping[str, str] = field(default_factory=dict)
