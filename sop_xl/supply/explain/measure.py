"""A shortage to be mended, and a measure to try: what the remedies are made of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sop_xl.periods import label
from sop_xl.supply.explain.kept import Change, Kept
from sop_xl.supply.explain.shortages import Short
from sop_xl.supply.network import Array, Numbers

NONE: Numbers = np.empty(0, dtype=np.int64)
"""No variable or row."""


@dataclass(frozen=True)
class Group:
    """Shortages of one culprit in one month.

    `short`: units short in the worst month; `need`: what they take of the limit that blocks; `money`: at their prices,
    of all months [currency].
    """

    cause: str
    culprit: str
    month: int
    shorts: tuple[Short, ...]
    short: float
    need: float
    money: float

    @property
    def unit(self) -> str:
        """What `need` counts, where it is not units."""
        return {"capacity": "hours", "crew": "hours", "storage": "units of room"}.get(self.cause, "")


@dataclass(frozen=True)
class Measure:
    """A change to try: its name, sentence (with a place for the amount), and what it changes.

    `counted`: variables whose rise, times `each`, is how much of it is taken; without them it is `most`. `price`: what
    it costs beside the programme [currency]; `known` tells whether that is known.
    """

    name: str
    words: str
    unit: str
    changes: tuple[Change, ...]
    most: float
    known: bool
    counted: Numbers = field(default_factory=lambda: NONE)
    each: float = 1.0
    price: float = 0.0


def more(part: str, at: Numbers, by: float | Array) -> Change:
    """A change of each of some variables or rows by as much."""
    return Change(part, at, np.broadcast_to(np.asarray(by, dtype="float64"), at.shape))


def month_label(kept: Kept, month: int) -> str:
    """A month of the plan in a sentence."""
    return label(kept.network.periods[month])
