"""Promising: available to promise shared among classes of customers, new orders dated, capacity as a reserve.

A promise in a period can be kept where all promises up to every later period are covered by the cumulative available to
promise. That sum is all that is looked at: what is promised early is never taken from what was promised for later.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 8: available-to-promise with look-ahead.
[2] H. Meyr, Customer segmentation, allocation planning and order promising in make-to-stock production, OR Spectrum 31
    (2009): quotas by class; consumption of the own quota, then of those of lower classes.
[3] Kilger & Meyr, Demand fulfilment and ATP, chapter 9 of Stadtler, Kilger & Meyr (eds.), Supply Chain Management and
    Advanced Planning, 5th ed.: allocated and capable to promise.

"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.atp import by_item
from sop_xl.supply.columns import Number, check_codes, named, read_columns
from sop_xl.supply.programme.blocks import Array

UNALLOCATED = ""
"""The class of units that are no class's own."""

_TINY = 1e-9


@dataclass(frozen=True)
class Promises:
    """What became of new orders.

    `deliveries`: columns `order`, `item`, `customer_class`, `period`, `quantity`, `taken_from` (the class whose quota
    was used, blank for none's) [units].
    `short`: columns `order`, `item`, `customer_class`, `quantity`, `says`: what could not be promised [units].
    `left`: columns `item`, `period`, `customer_class`, `quantity`: what is left of each quota and of no quota [units].
    """

    deliveries: pd.DataFrame
    short: pd.DataFrame
    left: pd.DataFrame


def allocate(atp: pd.DataFrame, quotas: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Allocated available to promise: quotas as far as supply covers them, the first class first, [2].

    Parameters
    ----------
    atp
        Columns `item`, `period`, `cumulative` [units], as from `available_to_promise`.
    quotas
        Columns `item`, `period`, `customer_class`, `quantity` [units]: what is to be kept for a class.
    classes
        The classes, most important first.

    Returns
    -------
    DataFrame
        Columns `item`, `period`, `customer_class`, `quantity` [units]; the blank class is what no class has. The sum
        over classes and periods is what is available to promise.

    Raises
    ------
    InputError
        If a quota is negative or missing, or of an unknown class, item or period.

    Eight units by the first period and twelve by the second; gold comes first, also with its later quota.

    >>> atp = pd.DataFrame({"item": "A", "period": [1, 2], "cumulative": [8.0, 12.0]})
    >>> quotas = [("A", 1, "silver", 6.0), ("A", 2, "silver", 2.0), ("A", 2, "gold", 7.0)]
    >>> quotas = pd.DataFrame(quotas, columns=["item", "period", "customer_class", "quantity"])
    >>> shared = allocate(atp, quotas, ["gold", "silver"])
    >>> shared[shared["quantity"] > 0].to_numpy().tolist()
    [['A', 1, 'silver', 5.0], ['A', 2, 'gold', 7.0]]

    """
    items, periods, supply = _supply(atp, ())
    kept, free = _allocated(supply, _quotas(quotas, classes, items, periods))
    return _left(items, periods, classes, kept, free)


def promise_orders(
    orders: pd.DataFrame,
    atp: pd.DataFrame,
    quotas: pd.DataFrame | None = None,
    *,
    classes: Sequence[str] = (),
    released_until: object = None,
    partial: bool = True,
) -> Promises:
    """Promise new orders one after the other: the earliest period from the one asked for, [1], within quotas, [2].

    In each period an order takes from the quota of its own class, then from what no class has, then from the quotas of
    the classes below its own, the last class first; never from a class above. A quota may be used in its period or
    later.

    Parameters
    ----------
    orders
        Columns `order`, `item`, `period`, `quantity` [units], and `customer_class` where there are classes; in the
        order they came in. What was due before the first period is due in it.
    atp
        Columns `item`, `period`, `cumulative` [units], as from `available_to_promise` or `capable_to_promise`.
    quotas, classes
        As for `allocate`; without quotas all orders take from the same units.
    released_until
        The fence: quotas up to this period, it included, that are not used yet are released to all classes.
    partial
        Whether an order may come in several deliveries; if not, it is promised when all of it can be there.

    Returns
    -------
    Promises
        Deliveries, what could not be promised, and what is left.

    Raises
    ------
    InputError
        If an order is there twice, of an unknown class or due after the last period, or a number is negative.

    Ten units, six of them kept for gold; a silver order for seven gets four now and the rest when the next four arrive.

    >>> atp = pd.DataFrame({"item": "A", "period": [1, 2], "cumulative": [10.0, 14.0]})
    >>> quotas = pd.DataFrame({"item": ["A"], "period": [1], "customer_class": ["gold"], "quantity": [6.0]})
    >>> orders = pd.DataFrame({"order": [77], "item": "A", "customer_class": "silver", "period": 1, "quantity": 7.0})
    >>> found = promise_orders(orders, atp, quotas, classes=["gold", "silver"])
    >>> found.deliveries[["period", "quantity"]].to_numpy().tolist()
    [[1.0, 4.0], [2.0, 3.0]]

    """
    columns = ["order", "item", "period", *(["customer_class"] if classes else [])]
    asked = read_columns(orders, "orders", columns, {"quantity": Number()})
    if asked["order"].duplicated().any():
        raise InputError(f"orders, row {asked['order'][asked['order'].duplicated()].iloc[0]} stands twice")
    items, periods, supply = _supply(atp, asked["item"])
    if not classes:
        asked["customer_class"] = UNALLOCATED
    check_codes(asked, "orders", "customer_class", list(classes) or [UNALLOCATED], "customer class")
    if quotas is not None and not classes:
        raise InputError("quotas need the classes of customers, most important first")
    wanted = np.zeros((len(classes), *supply.shape))
    if quotas is not None:
        wanted = _quotas(quotas, classes, items, periods)
    kept, free = _allocated(supply, wanted)
    if released_until is not None:
        _release(kept, free, int(np.count_nonzero(periods <= released_until)))
    due = periods.searchsorted(asked["period"])
    if (due == len(periods)).any():
        row = asked[due == len(periods)].iloc[0]
        raise InputError(f"order {row['order']} is due in {named(row['period'])}, after the last period planned")
    rank = pd.Index(list(classes) or [UNALLOCATED]).get_indexer(pd.Index(asked["customer_class"]))
    place = items.get_indexer(pd.Index(asked["item"]))
    names = [*classes, UNALLOCATED]
    deliveries, short = [], []
    quantities = asked["quantity"].tolist()
    for n, (row, quantity) in enumerate(zip(asked.itertuples(index=False), quantities, strict=True)):
        book = _Book(kept[:, place[n]], free[place[n]], int(rank[n]) if classes else None)
        open_ = quantity
        for period in range(int(due[n]), len(periods)):
            if open_ <= _TINY or (not partial and book.open_by(period) < open_ - _TINY):
                continue
            for source, units in book.take(period, open_):
                deliveries.append((row.order, row.item, row.customer_class, periods[period], units, names[source]))
                open_ -= units
        if open_ > _TINY:
            of = f"{open_:.6g} of {quantity:.6g} {row.item} of order {row.order}"
            says = f"{of} cannot be promised by {named(periods[-1])}"
            short.append((row.order, row.item, row.customer_class, open_, says))
    return Promises(
        pd.DataFrame(deliveries, columns=["order", "item", "customer_class", "period", "quantity", "taken_from"]),
        pd.DataFrame(short, columns=["order", "item", "customer_class", "quantity", "says"]),
        _left(items, periods, classes, kept, free),
    )


def capable_to_promise(atp: pd.DataFrame, profile: pd.DataFrame, free_hours: pd.DataFrame) -> pd.DataFrame:
    """Capable to promise, light: what is available and what could be made in hours that are still free, [3].

    For each item as if it had the free hours to itself, without new setups and with components made for it: an answer
    to one enquiry, not a plan; the balance of the supply plan is the full answer.

    Parameters
    ----------
    atp
        Columns `item`, `period`, `cumulative` [units].
    profile
        Columns `item`, `resource`, `offset` [periods], `hours_per_unit` [h/unit], as from `resource_profile`: a unit
        due in a period takes its hours so many periods earlier. An item without a row cannot be made.
    free_hours
        Columns `resource`, `period`, `hours` [h]: available less loaded; a resource without a row has none.

    Returns
    -------
    DataFrame
        Columns `item`, `period`, `available`, `makeable` (by then), `cumulative` (both together) [units].

    Raises
    ------
    InputError
        If a number is negative or missing, or a row stands twice.

    >>> atp = pd.DataFrame({"item": "A", "period": [1, 2, 3], "cumulative": [5.0, 5.0, 9.0]})
    >>> profile = pd.DataFrame({"item": "A", "resource": ["W", "V"], "offset": [0, 1], "hours_per_unit": [0.5, 2.0]})
    >>> free = pd.DataFrame({"resource": ["W"] * 3 + ["V"] * 3, "period": [1, 2, 3] * 2, "hours": [4, 4, 4, 8, 40, 0]})
    >>> capable_to_promise(atp, profile, free)["cumulative"].tolist()
    [5.0, 9.0, 21.0]

    """
    items, periods, supply = _supply(atp, ())
    takes = read_columns(profile, "profile", ["item", "resource", "offset"], {"hours_per_unit": Number()}).query(
        "hours_per_unit > 0"
    )
    takes = takes[takes["item"].isin(items)]
    free = read_columns(free_hours, "free hours", ["resource", "period"], {"hours": Number()})
    free = free[free["period"].isin(periods)].rename(columns={"resource": "item"})
    pairs = takes[["item", "resource"]].drop_duplicates(ignore_index=True)
    resources = pd.Index(pd.unique(pd.concat([pairs["resource"], free["item"]])))
    hours = by_item(free, "free hours", resources, periods, "hours")[resources.get_indexer(pd.Index(pairs["resource"]))]
    pair = pd.MultiIndex.from_frame(pairs).get_indexer(pd.MultiIndex.from_frame(takes[["item", "resource"]]))
    place = items.get_indexer(pd.Index(takes["item"]))
    each, offset = takes["hours_per_unit"].to_numpy(), takes["offset"].to_numpy(dtype="int64")
    made = np.zeros_like(supply)
    for period in range(len(periods)):
        col = period - offset
        units = np.where(col >= 0, hours[pair, np.maximum(col, 0)] / each, 0.0)
        most = np.full(len(items), np.inf)
        np.minimum.at(most, place, units)
        made[:, period] = np.where(np.isfinite(most), np.maximum(most, 0.0), 0.0)
        open_ = col >= 0
        hours[pair[open_], col[open_]] -= each[open_] * made[place[open_], period]
    total = made.cumsum(axis=1)
    found = pd.MultiIndex.from_product([items, periods], names=["item", "period"]).to_frame(index=False)
    return found.assign(available=supply.ravel(), makeable=total.ravel(), cumulative=(supply + total).ravel())


@dataclass(frozen=True)
class _Book:
    """The units of one item as an order of one class sees them; arrays are views that `take` writes into.

    `kept`: quotas by class and period; `free`: cumulative supply less promises and quotas, by period; `rank`: the class
    of the order, none where there are no classes.
    """

    kept: Array
    free: Array
    rank: int | None

    @property
    def below(self) -> range:
        """The classes below, the last first."""
        return range(len(self.kept) - 1, (len(self.kept) if self.rank is None else self.rank), -1)

    def open_by(self, period: int) -> float:
        """The most this class can have in a period."""
        own = [] if self.rank is None else [self.rank]
        quotas = sum(float(self.kept[c, : period + 1].sum()) for c in (*own, *self.below))
        return quotas + max(float(self.free[period:].min()), 0.0)

    def take(self, period: int, wanted: float) -> list[tuple[int, float]]:
        """Take up to so many units in a period: by whose they were, how many."""
        taken = []
        own = [] if self.rank is None else [self.rank]
        for source in (*own, len(self.kept), *self.below):
            units = self._from_free(period, wanted) if source == len(self.kept) else self._from(source, period, wanted)
            if units > _TINY:
                taken.append((source, units))
                wanted -= units
        return taken

    def _from_free(self, period: int, wanted: float) -> float:
        units = max(min(wanted, float(self.free[period:].min())), 0.0)
        self.free[period:] -= units
        return units

    def _from(self, source: int, period: int, wanted: float) -> float:
        """From a quota, the latest period first; what was kept early and is used late is free in between."""
        total = 0.0
        for at in np.flatnonzero(self.kept[source, : period + 1] > 0)[::-1]:
            units = min(wanted - total, float(self.kept[source, at]))
            self.kept[source, at] -= units
            self.free[at:period] += units
            total += units
        return total


def _supply(atp: pd.DataFrame, more_items: Sequence[object] | pd.Series) -> tuple[pd.Index, pd.Index, Array]:
    read = read_columns(atp, "atp", ["item", "period"], {"cumulative": Number(low=-np.inf)})
    if read.empty:
        raise InputError("promises need at least 1 period of available to promise, got none")
    periods = pd.Index(sorted(read["period"].unique()))
    items = pd.Index(sorted(set(read["item"]) | set(more_items)))
    wide = read.pivot(index="item", columns="period", values="cumulative").reindex(index=items, columns=periods)
    return items, periods, wide.ffill(axis=1).fillna(0.0).to_numpy(dtype="float64", copy=True)


def _quotas(quotas: pd.DataFrame, classes: Sequence[str], items: pd.Index, periods: pd.Index) -> Array:
    """Quotas by class, item and period."""
    if len(set(classes)) < len(classes) or UNALLOCATED in classes:
        raise InputError(f"every customer class needs a name of its own, got {', '.join(map(repr, classes))}")
    read = read_columns(quotas, "quotas", ["item", "period", "customer_class"], {"quantity": Number()})
    check_codes(read, "quotas", "customer_class", list(classes), "customer class")
    found = [by_item(read[read["customer_class"] == c], "quotas", items, periods) for c in classes]
    return np.array(found).reshape(len(classes), len(items), len(periods))


def _allocated(supply: Array, wanted: Array) -> tuple[Array, Array]:
    """What each class keeps, by class, item and period, and the cumulative supply less that."""
    kept, free = np.zeros_like(wanted), supply.copy()
    for rank in range(len(wanted)):
        for period in range(supply.shape[1]):
            units = np.clip(free[:, period:].min(axis=1), 0.0, wanted[rank, :, period])
            kept[rank, :, period] = units
            free[:, period:] -= units[:, None]
    return kept, free


def _release(kept: Array, free: Array, until: int) -> None:
    """Give the quotas of the first periods to all."""
    free[:, :until] += kept[:, :, :until].sum(axis=0).cumsum(axis=1)
    free[:, until:] += kept[:, :, :until].sum(axis=(0, 2))[:, None]
    kept[:, :, :until] = 0.0


def _left(items: pd.Index, periods: pd.Index, classes: Sequence[str], kept: Array, free: Array) -> pd.DataFrame:
    """Quotas and what no class has, in long form; the latter with look-ahead, so that its sum is what is there."""
    least = np.minimum.accumulate(free[:, ::-1], axis=1)[:, ::-1]
    every = np.concatenate([kept, np.diff(least, axis=1, prepend=0.0)[None]])
    keys = pd.MultiIndex.from_product(
        [[*classes, UNALLOCATED], items, periods], names=["customer_class", "item", "period"]
    )
    rows = keys.to_frame(index=False).assign(quantity=every.ravel())
    return rows[["item", "period", "customer_class", "quantity"]].sort_values(
        ["item", "period"], kind="stable", ignore_index=True
    )
