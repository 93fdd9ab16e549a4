"""What it costs to serve each customer class, location and item: the costs of a plan along its pegs.

Every cost stands at an order, in a stock that waits, at a demand, or at a place. What stands at an order goes where its
units go (`pegs`), so a customer carries the making of the parts of its parts. Hours of a month are shared by the orders
that take them, a truck by what it carries, people by the hours of their resource. Target stock and scrap are for all
whom their place serves. What no customer has caused stays apart: stock left at the end, scrap, and what nothing used.

References
----------
[1] Cooper & Kaplan, Profit Priorities from Activity-Based Costing, Harvard Business Review 69 (1991).
[2] Christopher, Logistics and Supply Chain Management, chapter 3: cost-to-serve.

"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.costs import KINDS
from sop_xl.supply.explain.pegs import ORDER, SCRAPPED, SHIPPED, TAKEN, peg
from sop_xl.supply.explain.words import amount, units
from sop_xl.supply.flows import delayed, ordered_hours
from sop_xl.supply.network import Array, Network, Numbers, Words

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

BY = ("family", "item", "location", "class")
"""What costs can be told by."""

CUSTOMER, LEFT_OVER, SCRAP, NOBODY = "customer", "stock at the end", "scrap", "nobody"
"""Whom a cost serves."""

_RUNS = 1e-6

_ROUNDING = 1e-6
"""Differences below this share of a cost are rounding of the solver, spread in proportion."""

_OF_SOURCE = {"make": "make", "substitute": "make", "buy": "buy", "transfer": "move", "subcontract": "subcontract"}


def cost_to_serve(plan: Plan, by: Sequence[str] = ("item", "location", "class")) -> pd.DataFrame:
    """What each customer class, location or item costs, by kind of cost; all rows add up to the costs of the plan.

    Parameters
    ----------
    plan
        The plan.
    by
        What to tell by: any of `family`, `item`, `location`, `class`.

    Returns
    -------
    DataFrame
        The columns of `by`; `serves` (customer, stock at the end, scrap, nobody); one column a kind of cost
        (`costs.KINDS`) and their sum `total` [currency]; `quantity` shipped [units]; `unit_cost` [currency/unit];
        `revenue` [currency]; `says`.

    Raises
    ------
    InputError
        If a cost cannot be told by something.

    """
    unknown = [name for name in by if name not in BY]
    if unknown or not by:
        raise InputError(f"cost-to-serve can be told by {', '.join(BY)}, got {', '.join(unknown) or 'nothing'}")
    costs = _Costs(plan)
    frame = pd.concat([costs.of_demands(), costs.of_places()], ignore_index=True)
    family = {name: item.family for name, item in plan.network.items.items()}
    frame["family"] = frame["item"].map(family).fillna("")
    frame = _reconciled(frame, plan)
    numbers = [*KINDS, "quantity", "revenue"]
    found = frame.groupby([*by, "serves"], sort=True)[numbers].sum().reset_index()
    found["total"] = found[list(KINDS)].sum(axis=1)
    served = found["quantity"] > _RUNS
    found["unit_cost"] = (found["total"] / found["quantity"].where(served)).astype("float64")
    found["says"] = [_sentence(row, by, plan.settings.currency) for row in found.to_dict("records")]
    keep = (found[list(KINDS)] != 0).any(axis=1) | served
    text = dict.fromkeys((*by, "serves", "says"), "str")
    columns = [*by, "serves", *KINDS, "total", "quantity", "unit_cost", "revenue", "says"]
    return found.loc[keep, columns].astype(text).reset_index(drop=True)


class _Costs:
    """The costs of a plan, carried along its pegs to demands and places."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.network = plan, plan.network
        self.pegs = peg(plan.network, plan.final)
        self.nowhere = np.zeros(len(KINDS))
        waited, before = self._waiting()
        self.at_outs = self.pegs.forward(self._orders() + before) + waited
        self.at_demands = self._short() + self._carried()
        self.at_places = self._places()
        self._share_places()

    def of_demands(self) -> pd.DataFrame:
        """One row a demand: its costs, units shipped and revenue."""
        network, flows = self.network, self.plan.final
        place = network.demands.place
        price = network.demands.price
        price = np.where(np.isnan(price), self.plan.prices.value[place][:, None], price)
        return _rows(
            network, place, network.demands.name, CUSTOMER, self.at_demands,
            flows.ship.sum(axis=1), (flows.ship * price).sum(axis=1),
        )  # fmt: skip

    def of_places(self) -> pd.DataFrame:
        """Rows of what is left, scrapped, or for nobody, by place."""
        outs = self.pegs.outs
        parts: list[pd.DataFrame] = []
        for serves, which in (
            (SCRAP, outs.kind == SCRAPPED),
            (LEFT_OVER, (outs.kind != SCRAPPED) & (outs.kind != SHIPPED)),
        ):
            total = np.zeros((len(self.network.places), len(KINDS)))
            np.add.at(total, outs.place[which], self.at_outs[which])
            parts.append(_rows(self.network, np.arange(len(total)), "", serves, total))
        parts.append(_rows(self.network, np.arange(len(self.at_places)), "", NOBODY, self.at_places))
        nowhere = pd.DataFrame([self.nowhere], columns=list(KINDS))
        blank: dict[str, Any] = {
            "item": "",
            "location": "",
            "class": "",
            "serves": NOBODY,
            "quantity": 0.0,
            "revenue": 0.0,
        }
        return pd.concat([*parts, nowhere.assign(**blank)], ignore_index=True)

    def _carried(self) -> Array:
        """What the orders and the waiting of the shipped units cost, by demand."""
        outs = self.pegs.outs
        shipped = outs.kind == SHIPPED
        found = np.zeros((len(self.network.demands), len(KINDS)))
        np.add.at(found, outs.into[shipped], self.at_outs[shipped])
        return found

    def _short(self) -> Array:
        """What being late and lost costs, by demand."""
        flows, prices = self.plan.final, self.plan.prices
        found = np.zeros((len(self.network.demands), len(KINDS)))
        found[:, KINDS.index("late")] = (flows.late * prices.late * prices.factor).sum(axis=1)
        found[:, KINDS.index("lost")] = (flows.lost * prices.lost * prices.factor).sum(axis=1)
        return found

    def _orders(self) -> Array:
        """What each order costs by kind: itself, its hours, its share of trucks, people and contracts."""
        network, plan, prices = self.network, self.plan, self.plan.prices
        order, sources, today = plan.final.order, network.sources, prices.factor
        cost = np.zeros((len(KINDS), *order.shape))
        own = (order * prices.order + np.where(order > _RUNS, sources.setup_cost[:, None], 0.0)) * today
        for source, kind in _OF_SOURCE.items():
            rows = sources.of_kind(source)
            cost[KINDS.index(kind), rows] += own[rows]
        cost[KINDS.index("hold")] += prices.pipeline[:, None] * order * today
        for kind, amounts in self._of_resources().items():
            self._share(cost, kind, amounts, self._hours(order))
        lanes = network.lanes
        trucks = plan.solution.trucks * network.trucks.cost[:, None] * today
        self._share(cost, "move", trucks, _Takes(lanes.number, np.arange(len(order)), order * lanes.weight[:, None]))
        suppliers = network.suppliers
        if plan.solution.untaken.any():
            paid = (plan.solution.untaken * prices.untaken[:, None] * today).sum(axis=1, keepdims=True)
            bought = _Takes(suppliers.number, np.arange(len(order)), order)
            self._share(cost, "buy", paid, bought)
        lots = self.pegs.lots
        found = np.zeros((len(lots), len(KINDS)))
        ordered = lots.kind == ORDER
        found[ordered] = cost[:, lots.source[ordered], lots.release[ordered]].T
        return found

    def _of_resources(self) -> dict[str, Array]:
        """Money of the hours of each resource and month, by kind."""
        network, plan, today = self.network, self.plan, self.plan.prices.factor
        flows, solution, crews = plan.final, plan.solution, network.crews
        rates = np.array([(r.cost_per_hour, r.overtime_cost_per_hour, r.shift_cost) for r in network.resources])
        regular, overtime, shift = rates.reshape(-1, 3).T[:, :, None]
        in_shifts = np.minimum(flows.overtime, network.shift * solution.shifts)
        people = np.zeros_like(flows.regular)
        paid = solution.workers * crews.wage + solution.hired * crews.hiring[:, None]
        np.add.at(people, crews.resource, paid + solution.laid_off * crews.layoff[:, None])
        return {
            "make": flows.regular * regular * today,
            "overtime": ((flows.overtime - in_shifts) * overtime + solution.shifts * shift) * today,
            "people": people * today,
        }

    def _hours(self, order: Array) -> _Takes:
        """Hours that orders take, by the month they take them."""
        hours = self.network.hours
        return _Takes(hours.of, hours.source, ordered_hours(self.network, order), hours.offset)

    def _share(self, cost: Array, kind: str, money: Array, takes: _Takes) -> None:
        """Share money of (thing, month) among the orders that take it; else over the horizon, else nobody's."""
        if not money.any():
            return
        months = self.network.months
        known = takes.thing >= 0
        thing, source, amount_taken = takes.thing[known], takes.source[known], takes.amount[known]
        offset = np.zeros(len(thing), dtype=np.int64) if takes.offset is None else takes.offset[known]
        total = np.zeros((len(money), months))
        np.add.at(total, thing, delayed(amount_taken, offset))
        of_month = money if money.shape[1] == months else np.zeros_like(total)
        rate = np.where(total > _RUNS, of_month / np.where(total > _RUNS, total, 1.0), 0.0)
        rest = (money.sum(axis=1) - (rate * total).sum(axis=1))[:, None]
        horizon = total.sum(axis=1, keepdims=True)
        rate = rate + np.where(horizon > _RUNS, rest / np.where(horizon > _RUNS, horizon, 1.0), 0.0)
        self.nowhere[KINDS.index(kind)] += float(rest[horizon <= _RUNS].sum())
        at = np.arange(months) + offset[:, None]
        there = np.where(at < months, rate[thing[:, None], np.minimum(at, months - 1)], 0.0)
        np.add.at(cost[KINDS.index(kind)], source, amount_taken * there)

    def _waiting(self) -> tuple[Array, Array]:
        """What the pieces that wait cost: those that go out, by out, and those that go into an order, by its lot."""
        pegs, network, today = self.pegs, self.network, self.plan.prices.factor
        lots, outs = pegs.lots, pegs.outs
        until = np.concatenate([[0.0], np.cumsum(today)])
        months = np.minimum(outs.month[pegs.out], network.months)
        waited = until[months] - until[np.minimum(lots.month[pegs.lot], months)]
        cost = pegs.units * waited * self.plan.prices.holding[lots.place[pegs.lot]]
        taken, hold = outs.kind[pegs.out] == TAKEN, KINDS.index("hold")
        at_outs, at_lots = np.zeros((len(outs.place), len(KINDS))), np.zeros((len(lots), len(KINDS)))
        np.add.at(at_outs[:, hold], pegs.out[~taken], cost[~taken])
        np.add.at(at_lots[:, hold], outs.into[pegs.out[taken]], cost[taken])
        return at_outs, at_lots

    def _places(self) -> Array:
        """What missing targets and scrap cost, by place."""
        network, flows, prices = self.network, self.plan.final, self.plan.prices
        found = np.zeros((len(network.places), len(KINDS)))
        missing = np.maximum(network.target - flows.closing, 0.0)
        found[:, KINDS.index("safety")] = (missing * prices.below * prices.factor).sum(axis=1)
        found[:, KINDS.index("scrap")] = prices.scrap * (flows.scrapped @ prices.factor)
        return found

    def _share_places(self) -> None:
        """Give what stands at a place to the demands it serves, by the units of the place that serve them."""
        places = np.flatnonzero(self.at_places.any(axis=1))
        pegs, demands = self.pegs, len(self.network.demands)
        shipped = np.flatnonzero(pegs.outs.kind == SHIPPED)
        if not len(places) or not len(shipped):
            return
        through = sum(pegs.chains(shipped))
        served = through.tocoo()
        place, demand = pegs.lots.place[served.row], pegs.outs.into[shipped[served.col]]
        pairs, pair = np.unique(place * demands + demand, return_inverse=True)
        amount_served = np.bincount(pair, served.data, len(pairs))
        place, demand = pairs // demands, pairs % demands
        total = np.bincount(place, amount_served, len(self.network.places))
        share = amount_served / total[place]
        np.add.at(self.at_demands, demand, share[:, None] * self.at_places[place])
        self.at_places[total > 0] = 0.0


class _Takes:
    """What orders take of things: hours of resources, load of lanes, units of suppliers; (takes, months of release)."""

    def __init__(self, thing: Numbers, source: Numbers, amount: Array, offset: Numbers | None = None) -> None:
        self.thing, self.source, self.amount, self.offset = thing, source, amount, offset


def _rows(
    network: Network,
    place: Numbers,
    name: Words | str,
    serves: str,
    cost: Array,
    quantity: Array | float = 0.0,
    revenue: Array | float = 0.0,
) -> pd.DataFrame:
    keys: dict[str, Any] = {
        "item": network.places.item[place],
        "location": network.places.location[place],
        "class": name,
    }
    frame = pd.DataFrame(dict(zip(KINDS, cost.T, strict=True)))
    return frame.assign(**keys, serves=serves, quantity=quantity, revenue=revenue)


def _reconciled(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The rows with the costs of the plan exactly: rounding is spread in proportion, anything else stands apart."""
    found = frame.copy()
    for kind in KINDS:
        wanted, told = float(plan.costs[kind]), float(found[kind].sum())
        if told > 0 and abs(wanted - told) <= _ROUNDING * abs(told):
            found[kind] *= wanted / told
        else:
            found.loc[found.index[-1], kind] += wanted - told
    return found


def _sentence(row: Mapping[Hashable, Any], by: Sequence[str], currency: str) -> str:
    """A row of cost-to-serve in words."""
    total = float(row["total"])
    named = ", ".join(str(row[name]) for name in by if row[name])
    largest = max(KINDS, key=lambda kind: float(row[kind]))
    most = f"most of it {largest} ({amount(float(row[largest]), currency)})"
    if row["serves"] != CUSTOMER:
        return f"{amount(total, currency)} of {named or 'the plan'} went to {row['serves']}, {most}"
    quantity = float(row["quantity"])
    if quantity <= _RUNS:
        return f"{named or 'customers'} cost {amount(total, currency)} without a unit shipped, {most}"
    each = amount(total / quantity, currency)
    whom = named or "customers"
    return f"serving {whom} costs {amount(total, currency)}: {each} for each of {units(quantity)} units, {most}"
