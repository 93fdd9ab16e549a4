"""The constraints of a plan, one function a physical idea.

| constraint | row | hard |
|---|---|---|
| stock_balance | closing stock = opening + receipts - issues - shipped | yes |
| demand_balance | late + lost - late of the month before <= demand: nothing shipped comes back | yes |
| hours_balance | hours of orders and setups = regular + overtime hours + extra shifts | yes |
| storage_limit | load at a location - load over <= storage limit | slack `over` |
| stock_limits | least <= stock + `under` - `surplus` <= most | slacks |
| shelf_life | stock <= what leaves or is scrapped while it lives | yes, `scrapped` |
| supplier_limit | ordered from a supplier in a month <= most; + `untaken` >= contract | slack `untaken` |
| lane_limit | load on a lane <= most; <= load of its trucks | yes |
| source_share | ordered from a source + `missed` >= share of all its place orders | slack `missed` |
| blend_quality | quality of what is blended within bounds | yes |
| crew_size | workers = workers before + hired - laid off; their hours bound regular hours and overtime | yes |
| budget_limit | money spent or bound - `overspent` <= budget | slack `overspent` |
| locked_orders | order + `unlocked_less` - `unlocked_more` = locked quantity | slacks |
| near_last_plan | order - `more` + `fewer` = order of the last plan | slacks |
| fair_sharing | short of a customer <= `worst` share of an item x what it wants | slack `worst` |
| whole_lots, minimum_order, setup | orders in whole lots, at least the minimum, only when set up | exact lots only |
| level_production | made this month = made the month before | level, hybrid |
| chase_production | units above target <= `ahead` | chase only, slack `ahead` |

Limits of one variable, such as the most a source delivers, regular and overtime hours, are bounds and need no row.
Components and transfers need no constraint of their own: what they take stands in the balance of the place they take
it from. The frozen fence needs none either: no order exists inside it.
"""

from __future__ import annotations

import numpy as np

from sop_xl.supply.model.model import Constraint, Model
from sop_xl.supply.model.people import budget_limit, crew_size
from sop_xl.supply.model.policies import (
    blend_quality,
    chase_production,
    fair_sharing,
    hybrid_production,
    level_production,
    locked_orders,
    near_last_plan,
    source_share,
)
from sop_xl.supply.model.whole import minimum_order, setup, whole_lots


def stock_balance(m: Model) -> None:
    """Closing stock of a place = opening + receipts under way + arrivals - units used or moved on - shipped."""
    n = m.network
    given = n.receipts - n.demand
    given[:, 0] += n.opening
    row = m.rows("stock_balance", "place", equal=given)
    m.stock_terms(row, 1.0)
    m.stock_terms(row, -1.0, before=True)
    m.terms(m.rows_after(row, n.sources.place, n.sources.lead), -n.sources.output[:, None], m.order)
    m.terms(m.rows_after(row, n.uses.of, n.uses.offset), n.uses.amount[:, None], m.order[n.uses.source])
    at = row[n.demands.place]
    m.terms(at, -1.0, m.late)
    m.terms(at[:, 1:], 1.0, m.late[:, :-1])
    m.terms(at, -1.0, m.lost)


def demand_balance(m: Model) -> None:
    """What is late or lost beyond what was late before is no more than the demand: nothing shipped comes back."""
    demands = m.network.demands
    row = m.rows("demand_balance", "demand", at_most=demands.quantity, where=m.late >= 0, lazy=True)
    m.terms(row, 1.0, m.late)
    m.terms(row[:, 1:], -1.0, m.late[:, :-1])


def hours_balance(m: Model) -> None:
    """Hours the orders take = regular + overtime hours of the resource + hours of its extra shifts."""
    n = m.network
    row = m.rows("hours_balance", "resource", equal=0.0, where=m.regular >= 0)
    m.terms(m.rows_after(row, n.hours.of, n.hours.offset), n.hours.amount[:, None], m.order[n.hours.source])
    m.terms(row, -1.0, m.regular)
    m.terms(row, -1.0, m.overtime)
    if n.shift.any():
        cost = np.array([r.shift_cost for r in n.resources])[:, None]
        shifts = m.add(
            "shifts", "resource", cost=np.repeat(cost, n.months, axis=1), upper=n.shifts,
            where=(n.shift > 0) & (row >= 0), whole=True,
        )  # fmt: skip
        m.terms(row, -n.shift, shifts)


def storage_limit(m: Model) -> None:
    """Load at a location at the end of a month, less a dear slack, is at most its storage limit."""
    n = m.network
    limited = np.isfinite(n.storage)[:, None]
    if not limited.any():
        return
    cost = np.repeat(m.prices.over[:, None], n.months, axis=1)
    over = m.add("over", "location", cost=cost, where=limited)
    row = m.rows("storage_limit", "location", at_most=n.storage[:, None], where=limited)
    m.stock_terms(row[n.places.location_number], n.places.volume[:, None])
    m.terms(row, -1.0, over)


def stock_limits(m: Model) -> None:
    """Stock of a place lies between its least and its most, with dear slacks where it cannot."""
    n = m.network
    least = (n.least > 0) & np.isfinite(n.least)
    if least.any():
        under = m.add("under", "place", cost=np.full(n.least.shape, m.prices.beyond), where=least)
        row = m.rows("least_stock", "place", at_least=n.least, where=least)
        m.stock_terms(row, 1.0)
        m.terms(row, 1.0, under)
    most = np.isfinite(n.most)
    if most.any():
        surplus = m.add("surplus", "place", cost=np.full(n.most.shape, m.prices.beyond), where=most)
        row = m.rows("most_stock", "place", at_most=n.most, where=most)
        m.stock_terms(row, 1.0)
        m.terms(row, -1.0, surplus)


def shelf_life(m: Model) -> None:
    """Stock at the end of a month is used, shipped or scrapped while it lives: first in, first out."""
    n = m.network
    life = n.places.shelf_life
    perish = np.isfinite(life)[:, None]
    if not perish.any():
        return
    scrapped = m.add("scrapped", "place", cost=np.repeat(m.prices.scrap[:, None], n.months, axis=1), where=perish)
    balance = m.blocks.rows["stock_balance"].number
    m.terms(balance, 1.0, scrapped)
    months = np.arange(n.months)
    ends = months + np.where(np.isfinite(life), life, 0)[:, None]
    where = perish & (ends < n.months)  # what lives beyond the horizon is not judged
    leaving = np.zeros((len(n.places), n.months))
    for month in months:
        inside = (months[None, :] < month) & (ends >= month) & where
        leaving += np.where(inside, n.demand[:, [month]], 0.0)
    row = m.rows("shelf_life", "place", at_most=leaving, where=where)
    m.stock_terms(row, 1.0)
    places = np.arange(len(n.places))[:, None]
    users, owed = n.uses, n.demands
    for month in months:
        live = (months < month) & (ends >= month)
        at = np.where(live, row, -1)
        m.terms(at, -1.0, scrapped[places, month])
        released = month - users.offset
        used = np.where(released >= 0, m.order[users.source, np.maximum(released, 0)], -1)
        m.terms(at[users.of], -users.amount[:, None], used[:, None])
        m.terms(at[owed.place], 1.0, m.late[:, [month]])
        if month:
            m.terms(at[owed.place], -1.0, m.late[:, [month - 1]])
        m.terms(at[owed.place], 1.0, m.lost[:, [month]])


def supplier_limit(m: Model) -> None:
    """Units ordered from a supplier over all items are at most what it delivers, and what a contract asks is paid."""
    limits = m.network.suppliers
    if not limits.name:
        return
    ordered = np.where(limits.number >= 0, limits.number, 0)
    bought = np.where(limits.number[:, None] >= 0, m.order, -1)
    row = m.rows("supplier_limit", "supplier", at_most=limits.most, where=np.isfinite(limits.most))
    m.terms(row[ordered], 1.0, bought)
    orders = np.zeros(limits.least.shape, dtype=bool)  # nothing is owed for months whose orders are not planned
    np.logical_or.at(orders, limits.number[limits.number >= 0], m.network.open[limits.number >= 0])
    bound = (limits.least > 0) & orders
    if bound.any():
        cost = np.repeat(m.prices.untaken[:, None], m.network.months, axis=1)
        untaken = m.add("untaken", "supplier", cost=cost, where=bound)
        row = m.rows("contract", "supplier", at_least=limits.least, where=bound)
        m.terms(row[ordered], 1.0, bought)
        m.terms(row, 1.0, untaken)


def lane_limit(m: Model) -> None:
    """Load on a lane is at most what it carries in a month, and what its trucks hold."""
    n = m.network
    lanes, trucks = n.lanes, n.trucks
    if not lanes.name:
        return
    lane = np.where(lanes.number >= 0, lanes.number, 0)
    moved = np.where(lanes.number[:, None] >= 0, m.order, -1)
    row = m.rows("lane_limit", "lane", at_most=lanes.most, where=np.isfinite(lanes.most))
    m.terms(row[lane], lanes.weight[:, None], moved)
    driven = np.isfinite(trucks.load)[:, None]
    if driven.any():
        cost = np.repeat(trucks.cost[:, None], n.months, axis=1)
        driving = m.add("trucks", "lane", cost=cost, where=driven, whole=True)
        row = m.rows("truck_load", "lane", at_most=0.0, where=driven)
        m.terms(row[lane], lanes.weight[:, None], moved)
        m.terms(row, -np.nan_to_num(trucks.load)[:, None], driving)


CORE: tuple[Constraint, ...] = (
    stock_balance,
    demand_balance,
    hours_balance,
    storage_limit,
    stock_limits,
    shelf_life,
    supplier_limit,
    lane_limit,
    source_share,
    blend_quality,
    crew_size,
    budget_limit,
    locked_orders,
    near_last_plan,
    fair_sharing,
    whole_lots,
    minimum_order,
    setup,
)
"""The constraints of every plan; those about what the tables do not have write no row."""

STRATEGY_CONSTRAINTS: dict[str, tuple[Constraint, ...]] = {
    "optimal": CORE,
    "level": (*CORE, level_production),
    "chase": (*CORE, chase_production),
    "hybrid": (*CORE, hybrid_production),
}
"""The constraints of each strategy."""
