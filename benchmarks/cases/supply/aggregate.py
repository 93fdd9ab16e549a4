"""Aggregate plans of one product: the transportation method, and people hired, laid off and working overtime."""

from __future__ import annotations

from typing import Any

from benchmarks.cases.case import Adapters
from benchmarks.cases.supply.told import NEVER, Inputs, Told, by_month, first_of
from sop_xl.errors import InputError

ADAPTERS = Adapters()
PLANT = "plant"
PRODUCT = "product"


@ADAPTERS.kind("transport_plan", "transportation_method", "bowman")
def _transportation_method(i: Inputs) -> dict[str, Any]:
    """Bowman; Heizer & Render: each way to supply a unit has its capacity and cost; stock is held, demand may wait."""
    told = Told(len(i["demand"]))
    _demand(told, i)
    for mode, way in i["supply"].items():
        told.source(PRODUCT, PLANT, "make", mode=mode, cost=way.get("cost", 0.0))
        told.add("resources", resource=mode, location=PLANT, cost_per_hour=0.0)
        told.across("capacity", "hours", first_of(way, "cap", "capacity"), resource=mode, measure="regular")
        told.add("routings", item=PRODUCT, resource=mode, mode=mode, hours_per_unit=1.0)
    plan = told.plan(all_served=True, **_waiting(first_of(i, "backorder", "backlog")))
    return {"cost": plan.kpis.total_cost}


@ADAPTERS.kind("red_tomato", "aggregate", "aggregate_plan", "aggregate_planning")
def _people(i: Inputs) -> dict[str, Any]:
    """Chopra & Meindl; Nahmias: workers by month, in fractions and in whole numbers, overtime, subcontract, backlog."""
    if isinstance(i.get("supply"), dict):
        return _transportation_method(i)
    price, months = first_of(i, "price", blank=0.0), len(i["demand"])
    off, when = first_of(i, "discount", blank=0.0), first_of(i, "discount_period")
    unit = [float(price) - (float(off) if t == when else 0.0) for t in range(months)]
    revenue = sum(p * d for p, d in zip(unit, i["demand"], strict=True))
    free = _cost_with_people(i, "after")
    found = {"cost_lp": free, "revenue": revenue, "profit_lp": revenue - free, "cost": free, "profit": revenue - free}
    try:
        whole = _cost_with_people(i, "exact")
    except InputError:  # the people there must be are no whole number
        return found
    return {**found, "cost_integer": whole, "profit_integer": revenue - whole}


def _cost_with_people(i: Inputs, lots: str) -> float:
    """Cost of the plan: a unit takes hours of the team, the team hours of its people."""
    told = Told(len(i["demand"]))
    _demand(told, i)
    hours = float(first_of(i, "hours_per_unit", blank=1.0))
    units, wage = _work(i, len(told.months))
    told.source(PRODUCT, PLANT, "make", cost=first_of(i, "material", blank=0.0))
    told.add("routings", item=PRODUCT, resource="team", hours_per_unit=hours)
    told.add(
        "resources", resource="team", location=PLANT, cost_per_hour=0.0,
        overtime_cost_per_hour=first_of(i, "overtime_cost_per_hour", blank=0.0),
    )  # fmt: skip
    overtime = float(first_of(i, "overtime_hours_per_worker", blank=0.0))
    told.add(
        "workforce", resource="team", workers=i["initial_workforce"], hours_per_worker=units[0] * hours,
        wage=first_of(i, "regular_cost_per_worker", blank=0.0), hourly_wage=wage / hours,
        hiring_cost=first_of(i, "hire", blank=0.0), layoff_cost=first_of(i, "fire", blank=0.0),
        overtime_hours_per_worker=overtime,
        minimum=first_of(i, "min_workforce", blank=0.0), maximum=first_of(i, "max_workforce"),
    )  # fmt: skip
    if len(set(units)) > 1:
        told.across("capacity", "hours", [u * hours for u in units], resource="team", measure="worker")
    told.across("capacity", "hours", _enough(i) * hours if overtime else 0.0, resource="team", measure="overtime")
    if i.get("subcontract") is not None:
        told.source(PRODUCT, PLANT, "subcontract", supplier="subcontractor", cost=i["subcontract"])
        if i.get("max_subcontract") is not None:
            most = {"supplier": "subcontractor", "measure": "maximum"}
            told.across("supplier_limits", "quantity", i["max_subcontract"], **most)
    plan = told.plan(all_served=True, lots=lots, **_waiting(i.get("backlog")))
    return float(plan.kpis.total_cost)


def _work(i: Inputs, months: int) -> tuple[list[float], float]:
    """Units a worker makes in each month, and what is paid for the time of one: by the month, or by the working day."""
    days = i.get("working_days")
    if days is None:
        return by_month(i["units_per_worker"], months), 0.0
    a_day = float(i["units_per_worker_day"])
    paid = float(first_of(i, "regular_cost_per_worker_day", blank=0.0)) / a_day
    return [a_day * day for day in by_month(days, months)], paid


def _demand(told: Told, i: Inputs) -> None:
    """Demand, stock at the start and the stock to be left; what may wait beyond the horizon comes from after it."""
    told.add("items", item=PRODUCT, standard_cost=first_of(i, "holding", blank=0.0), list_price=1.0)
    told.across("demand", "quantity", i["demand"], item=PRODUCT, location=PLANT)
    opening = first_of(i, "initial_inventory", blank=0.0)
    told.add("stock", item=PRODUCT, location=PLANT, status="usable", quantity=opening)
    least = first_of(i, "final_inventory_min", "final_inventory", "ending_inventory", blank=0.0)
    row = {"item": PRODUCT, "location": PLANT, "measure": "minimum", "period": told.months[-1]}
    told.add("stock_limits", **row, quantity=least)
    if i.get("final_backlog"):
        told.source(PRODUCT, PLANT, "buy", supplier="months after", cost=i["backlog"])
        after = [0.0] * (len(told.months) - 1) + [float(i["final_backlog"])]
        told.across("supplier_limits", "quantity", after, supplier="months after", measure="maximum")


def _enough(i: Inputs) -> float:
    return float(sum(i["demand"])) + float(first_of(i, "final_inventory_min", blank=0.0))


def _waiting(cost: float | None) -> dict[str, Any]:
    """Settings where a unit may wait at a cost a month, or may not."""
    if cost is None:
        return {"short_policy": "lost", "lost_rate": NEVER}
    return {"short_policy": "backlog", "backlog_rate": float(cost), "lost_rate": NEVER}
