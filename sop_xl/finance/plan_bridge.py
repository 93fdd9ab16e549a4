"""Why this plan differs from the last one: a bar for each cause, item by item, exact in units and in money.

A plan is the sum of what its causes put into it: of a demand plan the statistical forecast and what events, departments
and each reason of an override added; of a supply plan what it must serve, less what is there already. The bar of a
cause is what it puts in now less what it put in then. The statistical forecast changes for two reasons, told apart by a
third forecast S(then, now): the history of then by the settings of now.

| bar | equation |
|---|---|
| actuals | S(now, now) - S(then, now): the same model on a longer history |
| model | S(then, now) - S(then, then): other settings, methods, corrections and items on the same history |
| cause k | d_k(now) - d_k(then) |

The order matters as in every bridge: an event of +20 % on a higher baseline counts more, and that stands with the
event. Money is units at one list of prices, those of now: a change of price is no part of the bridge (`finance.split`
has it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.finance.cents import Cents, cents, largest_remainder, money

LAST, ACTUALS, MODEL, THIS = "last plan", "actuals", "model", "this plan"
STATISTICAL = "statistical"
"""The cause that is told apart into actuals and model."""
OTHERS = "all others"


@dataclass(frozen=True)
class Walk:
    """The way from the last plan to this one by item.

    `items`: item and family. `steps`: last plan, a bar a cause, this plan. `units`, `money`: shape (items, steps), in
    whole hundredths; last plan and bars add up to this plan in every item, and so in every sum of items.
    """

    items: pd.DataFrame
    steps: tuple[str, ...]
    units: Cents
    money: Cents

    @property
    def bars(self) -> tuple[str, ...]:
        """The steps between the plans."""
        return self.steps[1:-1]

    def by_family(self, total: str) -> pd.DataFrame:
        """`family`, `step`, `units`, `money`: the steps of every family and, named `total`, of all."""
        parts = [(name, self.items["family"].eq(name).to_numpy()) for name in sorted(self.items["family"].unique())]
        parts.append((total, np.ones(len(self.items), dtype=bool)))
        return pd.concat(
            [
                pd.DataFrame(
                    {
                        "family": name,
                        "step": self.steps,
                        "units": money(self.units[mine].sum(axis=0)),
                        "money": money(self.money[mine].sum(axis=0)),
                    }
                )
                for name, mine in parts
            ],
            ignore_index=True,
        )

    def largest(self, count: int) -> pd.DataFrame:
        """`step`, `rank`, `item`, `family`, `units`, `money`: the items that move each bar most, and all others.

        The rows of a bar add up to it. Items rank by money, where nothing has a price by units.
        """
        parts = []
        for number, step in enumerate(self.steps[1:-1], 1):
            units, worth = self.units[:, number], self.money[:, number]
            order = np.lexsort((-np.abs(units), -np.abs(worth)))
            order = order[(units[order] != 0) | (worth[order] != 0)]
            top, rest = order[:count], order[count:]
            rows = self.items.iloc[top].assign(units=money(units[top]), money=money(worth[top]))
            if len(rest):
                other = {
                    "item": OTHERS,
                    "family": "",
                    "units": units[rest].sum() / 100,
                    "money": worth[rest].sum() / 100,
                }
                rows = pd.concat([rows, pd.DataFrame([other])], ignore_index=True)
            parts.append(rows.assign(step=step, rank=np.arange(1.0, len(rows) + 1)))
        columns = ["step", "rank", "item", "family", "units", "money"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def plan_walk(
    last: pd.DataFrame,
    now: pd.DataFrame,
    items: pd.DataFrame,
    causes: Sequence[str],
    restated: pd.DataFrame | None = None,
) -> Walk:
    """The way from the last plan to this one, bar by bar.

    Parameters
    ----------
    last, now
        `item`, `cause`, `quantity` [units]: what each cause put into the plan; the sum of an item is its plan.
    items
        `item`, `family` and `price` [money/unit]; an unknown item has neither.
    causes
        The causes in the order of the bars; `statistical`, where it is among them, becomes actuals and model.
    restated
        `item`, `quantity` [units]: the statistical forecast of the history of then by the settings of now. Without it
        the statistical forecast changes by `model` alone.

    Raises InputError for a cause that is not in `causes`, and a quantity that is not a number.

    By hand: 10 units forecast then, 12 by the settings of now, 15 with the month since; an event of 2 then, none now.

    >>> last = pd.DataFrame({"item": "A", "cause": ["statistical", "events"], "quantity": [10.0, 2.0]})
    >>> now = pd.DataFrame({"item": "A", "cause": ["statistical"], "quantity": [15.0]})
    >>> then = pd.DataFrame({"item": ["A"], "quantity": [12.0]})
    >>> master = pd.DataFrame({"item": ["A"], "family": ["F"], "price": [3.0]})
    >>> walk = plan_walk(last, now, master, ["statistical", "events"], then)
    >>> walk.by_family("Total").query("family == 'Total'").set_index("step")["units"].to_dict()
    {'last plan': 12.0, 'actuals': 3.0, 'model': 2.0, 'events': -2.0, 'this plan': 15.0}

    """
    order = list(dict.fromkeys(causes))
    for cause in pd.concat([last["cause"], now["cause"]]).unique():
        if cause not in order:
            raise InputError(f"the bridge has no bar for {cause!r}; it has {', '.join(order)}")
    before, after = _wide(last, order), _wide(now, order)
    then = before[[STATISTICAL]] if restated is None and STATISTICAL in order else None
    if restated is not None:
        then = restated.groupby("item")[["quantity"]].sum().set_axis([STATISTICAL], axis=1)
    every = before.index.union(after.index)
    every = every if then is None else every.union(then.index)
    before, after = before.reindex(every, fill_value=0.0), after.reindex(every, fill_value=0.0)
    bars: dict[str, pd.Series] = {}
    for cause in order:
        if cause == STATISTICAL and then is not None:
            middle = then[STATISTICAL].reindex(every, fill_value=0.0)
            if restated is not None:
                bars[ACTUALS] = after[cause] - middle
                bars[MODEL] = middle - before[cause]
            else:
                bars[MODEL] = after[cause] - before[cause]
        else:
            bars[cause] = after[cause] - before[cause]
    master = items.drop_duplicates("item").set_index("item").reindex(every)
    price = master["price"].astype(float).fillna(0.0).to_numpy()
    exact = np.stack([bar.to_numpy(dtype=float) for bar in bars.values()], axis=1)
    first, final = before.sum(axis=1).to_numpy(), after.sum(axis=1).to_numpy()
    named = pd.DataFrame({"item": every, "family": master["family"].fillna("").to_numpy()})
    return Walk(
        named,
        (LAST, *bars, THIS),
        _whole("units", first, exact, final),
        _whole("money", first * price, exact * price[:, None], final * price),
    )


def _wide(causes: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Items by causes, 0 where a cause put nothing in."""
    wide = causes.pivot_table(index="item", columns="cause", values="quantity", aggfunc="sum", dropna=False)
    return wide.reindex(columns=list(order)).astype(float).fillna(0.0)


def _whole(name: str, first: np.ndarray, bars: np.ndarray, final: np.ndarray) -> Cents:
    """Both plans in whole hundredths, and the bars rounded to their difference."""
    start, end = cents(name, first), cents(name, final)
    whole: Cents = np.column_stack([start, largest_remainder(name, bars, end - start), end])
    return whole
