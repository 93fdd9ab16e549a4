"""What a solved programme says: quantities by (thing, month), and what one more unit of a limit is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.supply.model.prices import Prices
from sop_xl.supply.network import Array, Network
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.solver import Solved

_ZERO = 1e-8


@dataclass(frozen=True)
class Solution:
    """The solved programme: quantities by (thing, month) and the price of each limit.

    `order` is by source in the month of release; `ship`, `late` and `lost` by demand; `below`, `scrapped`, `under`,
    `surplus` by place; `regular`, `overtime`, `shifts` by resource; `over` by location; `workers`, `hired`, `laid_off`
    by crew; `trucks` by lane; `overspent` by budget; `untaken` by supplier. The `*_price` arrays hold what one more
    unit of a limit is worth [currency]; `objective` is the whole cost with every penalty [currency], `bound` a proven
    bound below it.
    """

    order: Array
    ship: Array
    late: Array
    lost: Array
    below: Array
    scrapped: Array
    under: Array
    surplus: Array
    regular: Array
    overtime: Array
    shifts: Array
    over: Array
    workers: Array
    hired: Array
    laid_off: Array
    trucks: Array
    overspent: Array
    untaken: Array
    unlocked: Array
    regular_price: Array
    overtime_price: Array
    source_price: Array
    supplier_price: Array
    lane_price: Array
    storage_price: Array
    budget_price: Array
    crew_price: Array
    objective: float
    bound: float


def read_solution(network: Network, prices: Prices, programme: Programme, solved: Solved) -> Solution:
    """The solution of a plan in the things of its network."""
    values = np.append(solved.values, 0.0)
    values[np.abs(values) < _ZERO] = 0.0
    reduced = np.append(np.where(solved.values >= programme.upper - 1e-9, solved.reduced, 0.0), 0.0)
    duals = np.append(solved.prices, 0.0)
    months = network.months

    def of(kind: str, count: int) -> Array:
        block = programme.columns.get(kind)
        return np.zeros((count, months)) if block is None else values[block.number]

    def bound_price(kind: str, count: int) -> Array:
        block = programme.columns.get(kind)
        return np.zeros((count, months)) if block is None else _worth(reduced[block.number], prices)

    def row_price(kind: str, count: int) -> Array:
        block = programme.rows.get(kind)
        return np.zeros((count, months)) if block is None else _worth(duals[block.number], prices)

    sources, places, demands = len(network.sources), len(network.places), len(network.demands)
    resources, locations, crews = len(network.resources), len(network.locations), len(network.crews.resource)
    suppliers, lanes, budgets = len(network.suppliers.name), len(network.lanes.name), len(network.budgets.kind)
    late, lost = of("late", demands), of("lost", demands)
    before = np.hstack([np.zeros((demands, 1)), late[:, :-1]])
    ship = np.maximum(network.demands.quantity + before - late - lost, 0.0)
    locks = len(network.locks.source)
    return Solution(
        order=of("order", sources),
        ship=np.where(ship < _ZERO, 0.0, ship),
        late=late,
        lost=lost,
        below=of("below", places),
        scrapped=of("scrapped", places),
        under=of("under", places),
        surplus=of("surplus", places),
        regular=of("regular", resources),
        overtime=of("overtime", resources),
        shifts=of("shifts", resources),
        over=of("over", locations),
        workers=of("workers", crews),
        hired=of("hired", crews),
        laid_off=of("laid_off", crews),
        trucks=of("trucks", lanes),
        overspent=of("overspent", budgets),
        untaken=of("untaken", suppliers),
        unlocked=of("unlocked_more", locks) - of("unlocked_less", locks),
        regular_price=bound_price("regular", resources),
        overtime_price=bound_price("overtime", resources),
        source_price=bound_price("order", sources),
        supplier_price=row_price("supplier_limit", suppliers),
        lane_price=row_price("lane_limit", lanes),
        storage_price=row_price("storage_limit", locations),
        budget_price=row_price("budget_limit", budgets),
        crew_price=row_price("crew_hours", crews),
        objective=solved.objective * prices.scale,
        bound=solved.bound * prices.scale,
    )


def _worth(price: Array, prices: Prices) -> Array:
    """What one more unit of a limit is worth [currency]: its price in the programme, turned, never below 0."""
    found = np.maximum(0.0, -price) * prices.scale
    return np.where(found < 1e-7 * prices.scale, 0.0, found)
