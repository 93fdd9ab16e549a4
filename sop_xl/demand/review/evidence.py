"""What anomalies are looked for in, and from where on a figure is odd."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sop_xl.demand.cleansing.history import KEYS, complete
from sop_xl.errors import InputError

ROBUST = 1.4826
"""Standard deviation of normal noise over its median absolute deviation."""

YEAR = 12


@dataclass(frozen=True)
class Limits:
    """From where on something is odd.

    `share`: off last year or the recent level by more than this [share]; `spreads`: and by more robust deviations than
    this, [1] of `anomalies`; `jump`: change from last cycle's plan [share]; `signal`: tracking signal [MAD]; `worse`:
    rise of WMAPE [share]; `chance`: and both by more deviations than chance alone explains; `recent`: months compared
    with the ones before [months]; `quiet`: without sales this long an item is dead [months]; `young`: less history
    than this is new [months]; `money`: rows below it are left out [money].
    """

    share: float = 0.5
    spreads: float = 3.5
    jump: float = 0.3
    signal: float = 4.0
    worse: float = 0.1
    chance: float = 2.0
    recent: int = 3
    quiet: int = 12
    young: int = 6
    money: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise InputError(f"the limit {name} of anomalies must be 0 or more, got {value}")


USUAL = Limits()


@dataclass(frozen=True)
class Evidence:
    """What the checks look at; what is None is not checked.

    `plan`, `last_plan`: item, channel, region, period, quantity [units]; `history`: the same up to the as-of month;
    `items`: item, list_price [money] and, where known, end, like_item, sold; `last_baseline`: item, channel, region,
    period, forecast, low, high [units] of the cycle before; `changes`: cells of `overrides.Overridden`; `records`:
    `snapshots.records_at_lag`, of which `step` is judged.
    """

    plan: pd.DataFrame
    history: pd.DataFrame
    items: pd.DataFrame
    last_plan: pd.DataFrame | None = None
    last_baseline: pd.DataFrame | None = None
    changes: pd.DataFrame | None = None
    records: pd.DataFrame | None = None
    step: str = "consensus"

    @cached_property
    def known(self) -> pd.DataFrame:
        """The history with a 0 where nothing was ordered, without the months that are unknown."""
        if self.history.empty:
            return self.history[[*KEYS, "period", "quantity"]]
        first, last = self.history["period"].min(), self.history["period"].max()
        full = complete(self.history, pd.date_range(first, last, freq="MS", unit="ns"))
        return full[full["quantity"].notna()]

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Actual and forecast of the step judged, by item and month."""
        if self.records is None:
            return pd.DataFrame({"item": [], "ds": [], "actual": [], "forecast": []})
        mine = self.records[self.records["step"].eq(self.step)]
        return mine.groupby(["item", "ds"], as_index=False)[["actual", "forecast"]].sum()


def middle_and_spread(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Median and robust deviation of a column, by series."""
    middle = frame.groupby(list(KEYS))[column].transform("median")
    off = frame.assign(middle=middle, spread=ROBUST * (frame[column] - middle).abs())
    return off.groupby(list(KEYS), as_index=False).agg(middle=("middle", "first"), spread=("spread", "median"))


def sold_range(known: pd.DataFrame) -> pd.DataFrame:
    """Least and most that each series sold in a month of the last two years."""
    last = known[known["period"] > months_back(known, 2 * YEAR)]
    return last.groupby(list(KEYS), as_index=False).agg(least=("quantity", "min"), most=("quantity", "max"))


def months_back(known: pd.DataFrame, months: int) -> pd.Timestamp:
    """The month that lies so many before the last one known."""
    last: pd.Timestamp = known["period"].max()
    return last - pd.DateOffset(months=months)


def of_items(item: pd.Series, items: pd.DataFrame, column: str) -> pd.Series:
    """A column of the table of items for each item; unknown where there is none."""
    if column not in items.columns:
        unknown = np.full(len(item), np.nan)
        return pd.Series(unknown, index=item.index)
    known = items.drop_duplicates("item").set_index("item")[column]
    return pd.Series(known.reindex(item).to_numpy(), index=item.index)
