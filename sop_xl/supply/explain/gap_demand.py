"""Levers on the side of demand: less of it in the month that is short, given up or moved."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sop_xl.supply.explain.gap_lever import CUT, DELAY, NOTICE, RAISE, TINY, Desk, Lever, Row, named
from sop_xl.supply.explain.kept import Change
from sop_xl.supply.explain.measure import Measure
from sop_xl.supply.explain.measures import hours_of_outs, less_demand
from sop_xl.supply.explain.pegs import SHIPPED
from sop_xl.supply.network import Array, Mask

_CLASSES = "CBA"
"""Classes in the order in which their demand is cut."""


def cut_demand(desk: Desk) -> Iterator[Lever]:
    """Demand given up: what needs the same hours, C items first and then what earns least by the hour.

    Where no hours are short, or freeing them does not help, it is the demand for the items that are short themselves.
    A unit given up is weighed as the plan weighs a lost one.
    """
    for shares in (_cheapest_by_the_hour(desk), _own_shares(desk)):
        if shares:
            yield _cut(desk, shares)


def _cut(desk: Desk, shares: dict[tuple[str, int], float]) -> Lever:
    """Shares of the demand for items in months, given up."""
    cut = np.zeros_like(desk.kept.network.demands.quantity)
    for (item, month), share in shares.items():
        cut[:, month] += np.where(_of_items(desk, [item]), desk.kept.network.demands.quantity[:, month] * share, 0.0)
    classes = {desk.abc.get(item, "") for item, _ in shares}
    what = f"{classes.pop()} items" if len(classes) == 1 and classes != {""} else named(item for item, _ in shares)
    months = [month for _, month in shares]
    rows = [Row("demand", item, month, month, -share) for (item, month), share in shares.items()]
    lost = float((cut * desk.kept.prices.lost).sum())
    return _less(desk, CUT, what, cut, min(months), max(months), rows=rows, forgone=lost)


def raise_price(desk: Desk) -> Iterator[Lever]:
    """A higher price of the items that are short, until so much less of them is wanted, or as high as is thinkable."""
    month, assumed, quantity = desk.gap.month, desk.assumed, desk.kept.network.demands.quantity
    if not assumed.elasticity < 0:
        return
    cut, higher, gained = np.zeros_like(quantity), 0.0, 0.0
    for (item, _), share in _own_shares(desk).items():
        rise = min(share / -assumed.elasticity, assumed.dearest)
        mine = _of_items(desk, [item])
        less = np.where(mine, quantity[:, month] * rise * -assumed.elasticity, 0.0)
        cut[:, month] += less
        gained += float(((quantity[:, month] - less) * desk.price[:, month] * rise)[mine].sum())
        higher = max(higher, rise)
    if cut.sum() <= TINY:
        return
    yield _less(
        desk, RAISE, named(desk.items()), cut, month, month, rows=[], gained=gained, amount=100 * higher,
        unit="% of the price", basis=f"assumed: {assumed.elasticity:g} % of demand for each % of price",
        why_not="prices change for all months", sure=False,
    )  # fmt: skip


def delay_promotion(desk: Desk) -> Iterator[Lever]:
    """A promotion that lifts the family in the month, put off until it is over."""
    network, month = desk.kept.network, desk.gap.month
    items = {
        str(n) for n in network.places.item[network.demands.place] if network.items[str(n)].family == desk.gap.family
    }
    for promotion in desk.promotions:
        mine = sorted(promotion.items & items)
        if not mine or not promotion.first <= month <= promotion.last or not promotion.uplift > 0:
            continue
        wait = promotion.last - month + 1
        moved = np.zeros_like(network.demands.quantity)
        rows: list[Row] = []
        for item in mine:
            for t in range(month, promotion.last + 1):
                quantity = np.where(_of_items(desk, [item]), network.demands.quantity[:, t], 0.0)
                units = quantity * promotion.uplift / (1 + promotion.uplift)
                if units.sum() <= TINY:
                    continue
                moved[:, t] += units
                rows.append(Row("event", item, t, t, -float(units.sum())))
                if t + wait < network.months:
                    moved[:, t + wait] -= units
                    rows.append(Row("event", item, t + wait, t + wait, float(units.sum())))
        if moved.any():
            yield _less(desk, DELAY, promotion.name, moved, month, promotion.last, rows=rows, amount=float(wait),
                        unit="months", basis="the uplift of the event")  # fmt: skip
            return


def _of_items(desk: Desk, items: list[str]) -> Mask:
    """Which demands are of some items."""
    network = desk.kept.network
    found: Mask = np.isin(network.places.item[network.demands.place].astype(str), items)
    return found


def _own_shares(desk: Desk) -> dict[tuple[str, int], float]:
    """The share of the month's demand of each item that is short, C items first."""
    network, month = desk.kept.network, desk.gap.month
    found = {}
    for item in desk.items():
        short = sum(s.quantity for s in desk.gap.shorts if str(network.places.item[s.place]) == item)
        wanted = float(network.demands.quantity[_of_items(desk, [item]), month].sum())
        if wanted > TINY:
            found[item, month] = min(1.0, short / wanted)
    return found


def _cheapest_by_the_hour(desk: Desk) -> dict[tuple[str, int], float]:
    """The share of the demand of other items and months to give up, so that the hours that are short are free."""
    network, found = desk.kept.network, dict[tuple[str, int], float]()
    names, own = [resource.name for resource in network.resources], set(desk.items())
    for group in desk.gap.groups():
        if group.cause not in ("capacity", "crew") or group.culprit not in names:
            continue
        before = range(network.settings.frozen_months, group.month + 1)  # what was built ahead is freed ahead
        outs, taken = hours_of_outs(desk.kept, desk.plan, names.index(group.culprit), before)
        pieces = np.flatnonzero((outs.kind == SHIPPED) & (outs.wanted == outs.month) & (taken > TINY))
        items = network.places.item[network.demands.place[outs.into[pieces]]].astype(str)
        hours: dict[tuple[str, int], tuple[float, float]] = {}
        for item, piece in zip(items.tolist(), pieces.tolist(), strict=True):
            month, d = int(outs.wanted[piece]), int(outs.into[piece])
            spent, earned = hours.get((item, month), (0.0, 0.0))
            worth = float(outs.units[piece] * desk.price[d, month] * network.demands.weight[d])
            hours[item, month] = spent + float(taken[piece]), earned + worth
        ranked = sorted(
            (key for key in hours if key[0] not in own),
            key=lambda key: (_rank(desk.abc.get(key[0], "")), hours[key][1] / hours[key][0], key),
        )
        left = group.need
        for key in ranked:
            if left <= TINY:
                break
            share = min(1.0, left / hours[key][0])
            found[key] = max(found.get(key, 0.0), share)
            left -= share * hours[key][0]
    return found


def _rank(abc: str) -> int:
    """C before B before A; what has no class stands with C."""
    return _CLASSES.index(abc) if abc in _CLASSES and abc else 0


def _less(
    desk: Desk,
    name: str,
    target: str,
    cut: Array,
    first: int,
    last: int,
    *,
    rows: list[Row],
    gained: float = 0.0,
    forgone: float | None = None,
    amount: float | None = None,
    unit: str = "units",
    basis: str = "the tables",
    why_not: str = "",
    sure: bool = True,
) -> Lever:
    """A lever that lowers demand by units, by (demand, month); below 0 it comes in another month."""
    changes: list[Change] = []
    for d, t in zip(*np.nonzero(np.abs(cut) > TINY), strict=True):
        changes += less_demand(desk.kept, int(d), int(t), float(cut[d, t]))
    most = float(cut.sum()) if amount is None else amount
    measure = Measure(name, "", unit, tuple(changes), most, known=True)
    worth = float((cut * desk.price).sum()) if forgone is None else forgone
    return Lever(name, target, first, last, measure, NOTICE[name], basis, cut=cut, forgone=worth, gained=gained,
                 sure=sure, rows=lambda _: rows, why_not=why_not)  # fmt: skip
