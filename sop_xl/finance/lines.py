"""Two plans side by side, line by line: units, revenue and cost in their currency, and the rates of both plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError

Array = npt.NDArray[np.float64]

AMOUNTS = ("units", "revenue", "cost")
RATES = ("budget_rate", "actual_rate")


@dataclass(frozen=True)
class Lines:
    """Lines of two plans, `base` first and `plan` second in every pair of arrays, shape (lines,).

    `keys`: what names a line, one column each. `units` [units]; `revenue` and `cost` [currency of the line]; `rate`
    [home currency/currency of the line]. `product`: number of the line's product; a product is what can be new or
    ended.
    """

    keys: pd.DataFrame
    units: tuple[Array, Array]
    revenue: tuple[Array, Array]
    cost: tuple[Array, Array]
    rate: tuple[Array, Array]
    product: npt.NDArray[np.int64]

    def groups(self, columns: Sequence[str]) -> npt.NDArray[np.int64]:
        """Number of the group each line falls in; without columns they are all one."""
        return _numbers(self.keys, columns)


def read_lines(
    base: pd.DataFrame, plan: pd.DataFrame, rates: pd.DataFrame | None = None, product: Sequence[str] = ()
) -> Lines:
    """Two plans as lines with the same keys; a line that only one of them has counts 0 in the other.

    Parameters
    ----------
    base, plan
        `units` [units], `revenue` and `cost` [currency of the line]; every other column names the line, `currency`
        among them. A column `cost` that neither has is 0. Rows of the same name are summed.
    rates
        `currency`, `budget_rate` (of the base) and `actual_rate` (of the plan) [home currency/currency], and any
        other column of the lines by which rates differ, such as `period`. Not needed for one currency.
    product
        Columns that name a product, all of the keys by default.

    Raises InputError, naming the line, for a missing or infinite amount, negative units, or a currency without rate.

    """
    keys = [column for column in base.columns if column not in AMOUNTS]
    if not keys:
        raise InputError("the lines of a plan need a column that names them, such as item")
    other = [column for column in plan.columns if column not in AMOUNTS]
    if set(keys) != set(other):
        odd = sorted(set(keys) ^ set(other))[0]
        raise InputError(f"both plans must have the same keys; only one has {odd!r}")
    absent = [column for column in product if column not in keys]
    if absent:
        raise InputError(f"the lines have no column {absent[0]!r}; they have {', '.join(keys)}")
    both = _summed(base, keys, "the base").join(
        _summed(plan, keys, "the plan"), how="outer", lsuffix="_base", rsuffix="_plan"
    )
    both = both.fillna(0.0).sort_index().reset_index()
    pair = {amount: _pair(both, amount) for amount in AMOUNTS}
    return Lines(
        keys=both[keys],
        units=pair["units"],
        revenue=pair["revenue"],
        cost=pair["cost"],
        rate=_rates(both[keys], rates),
        product=_numbers(both[keys], product or keys),
    )


def _summed(frame: pd.DataFrame, keys: list[str], which: str) -> pd.DataFrame:
    """Amounts by line of one plan, every one checked."""
    filled = frame if "cost" in frame else frame.assign(cost=0.0)
    for amount in AMOUNTS:
        if amount not in filled:
            raise InputError(f"{which} has no column {amount}")
        numbers = pd.to_numeric(filled[amount], errors="coerce").astype("float64")
        wrong = ~np.isfinite(numbers) | ((numbers < 0) if amount == "units" else False)
        if wrong.any():
            row = filled[wrong].iloc[0]
            bound = "0 or more" if amount == "units" else "a number"
            name = " / ".join(str(row[key]) for key in keys)
            raise InputError(f"{which}, line {name}: {amount} must be {bound}, got {row[amount]}")
    blank = filled[keys].isna()
    if blank.to_numpy().any():
        raise InputError(f"{which}: a line has no {blank.columns[blank.any()][0]}")
    return filled.groupby(keys, sort=False)[list(AMOUNTS)].sum().astype("float64")


def _pair(both: pd.DataFrame, amount: str) -> tuple[Array, Array]:
    return both[f"{amount}_base"].to_numpy(dtype="float64"), both[f"{amount}_plan"].to_numpy(dtype="float64")


def _rates(keys: pd.DataFrame, rates: pd.DataFrame | None) -> tuple[Array, Array]:
    """Base and plan rate of each line."""
    if rates is None:
        found = sorted(keys["currency"].astype(str).unique()) if "currency" in keys else []
        if len(found) > 1:
            raise InputError(f"amounts in {', '.join(found)} need exchange rates")
        return np.ones(len(keys)), np.ones(len(keys))
    on = [column for column in rates.columns if column not in RATES]
    missing = [column for column in ("currency", *RATES) if column not in rates.columns]
    if missing or not set(on) <= set(keys.columns):
        needs = missing[0] if missing else sorted(set(on) - set(keys.columns))[0]
        raise InputError(
            f"rates and lines must both have the column {needs!r}" if not missing else f"rates need {needs}"
        )
    if rates.duplicated(on).any():
        raise InputError(f"the rate of {' / '.join(map(str, rates[rates.duplicated(on)].iloc[0][on]))} stands twice")
    joined = keys.merge(rates, on=on, how="left")
    pair = joined[list(RATES)].to_numpy(dtype="float64")
    good = (np.isfinite(pair) & (pair > 0)).all(axis=1)
    if not good.all():
        row = joined[~good].iloc[0]
        raise InputError(f"{' / '.join(str(row[c]) for c in on)} needs a budget and an actual rate above 0")
    return pair[:, 0], pair[:, 1]


def _numbers(keys: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    if not columns or keys.empty:
        return np.zeros(len(keys), dtype=np.int64)
    numbers: npt.NDArray[np.int64] = keys.groupby(list(columns), sort=False).ngroup().to_numpy().astype(np.int64)
    return numbers
