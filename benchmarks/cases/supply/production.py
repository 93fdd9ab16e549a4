"""What to make and sell for the most profit: a sale forgone costs its price, so profit is all sales less all costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.cases.case import Adapters
from benchmarks.cases.supply.told import NEVER, Inputs, Told, by_month, first_of, keyed, of
from sop_xl.supply.plan import Plan

ADAPTERS = Adapters()
WORKS = "works"

_SALES: dict[str, Any] = {"short_policy": "lost", "lost_rate": 1.0}


@ADAPTERS.kind("steelT", "steel", "steel3", "steel4", "steelT2")
def _steel(i: Inputs) -> dict[str, Any]:
    """Fourer, Gay & Kernighan: tons made an hour at each stage, sold within the market and at least what is committed."""
    products = list(i["market"])
    staged = isinstance(i["avail"], Mapping)
    stages = i["avail"] if staged else {"mill": i["avail"]}
    months = int(i.get("T", max(_length(v) for v in [*stages.values(), *i["market"].values()])))
    told = Told(months)
    for stage, hours in stages.items():
        told.add("resources", resource=stage, location=WORKS, cost_per_hour=0.0)
        told.across("capacity", "hours", hours, resource=stage, measure="regular")
    told.add("customer_classes", **{"class": "committed", "lost_rate": NEVER})
    told.add("customer_classes", **{"class": "market"})
    most = 0.0
    for product in products:
        held, made = of(i.get("invcost"), product), of(i.get("prodcost"), product)
        price = by_month(of(i.get("revenue", i.get("profit")), product), months)
        told.add("items", item=product, standard_cost=held, list_price=max(price))
        told.source(product, WORKS, "make", cost=made)
        for stage in stages:
            rate = i["rate"][product]
            per_hour = rate if not isinstance(rate, Mapping) else rate[stage]
            told.add("routings", item=product, resource=stage, hours_per_unit=1.0 / per_hour)
        told.add("stock", item=product, location=WORKS, status="usable", quantity=of(i.get("inv0"), product))
        market, sure = (by_month(of(i.get(name), product), months) for name in ("market", "commit"))
        for month, units, least, unit in zip(told.months, market, sure, price, strict=True):
            key = {"item": product, "location": WORKS, "period": month, "price": unit}
            told.add("demand", **key, quantity=least, **{"class": "committed"})
            told.add("demand", **key, quantity=units - least, **{"class": "market"})
            most += units * unit
    return _profit(told.plan(**_SALES), most)


@ADAPTERS.kind("factory", "factory2", "factory_2", "factory_planning", "factory_maintenance")
def _factory(i: Inputs) -> dict[str, Any]:
    """Williams: machines down for maintenance in given months, or in months the plan chooses.

    Maintenance that is to be planned is work of its own, due by the last month: a month of a machine for each.
    """
    months, products = list(i["months"]), list(i["products"])
    installed, hours = i["installed"], float(first_of(i, "hours", "hours_per_month"))
    down = first_of(i, "down", blank={})
    to_plan = first_of(i, "down_req", "maintenance", "down_total", blank={})
    if down and not any("|" in name for name in down):
        down, to_plan = {}, down
    told = Told(len(months))
    told.add("customer_classes", **{"class": "maintenance", "lost_rate": NEVER, "short_policy": "backlog"})
    sales = keyed(i["max_sales"])
    for machine, count in installed.items():
        away = [float(down.get(f"{month}|{machine}", 0.0)) for month in months]
        told.add("resources", resource=machine, location=WORKS, cost_per_hour=0.0)
        told.across("capacity", "hours", [hours * (count - a) for a in away], resource=machine, measure="regular")
    for machine, count in to_plan.items():
        job = f"maintenance {machine}"
        told.add("items", item=job, standard_cost=0.0, list_price=1.0)
        told.source(job, WORKS, "make", multiple=1.0)
        told.add("routings", item=job, resource=machine, hours_per_unit=hours)
        told.add(
            "demand",
            item=job,
            location=WORKS,
            period=told.months[-1],
            quantity=float(count),
            **{"class": "maintenance"},
        )
    needs = first_of(i, "time", "time_req")
    told.limits_first(max(i["profit"].values()))
    for product in products:
        told.add(
            "items", item=product, standard_cost=first_of(i, "hold", "holding_cost"), list_price=i["profit"][product]
        )
        told.source(product, WORKS, "make")
        for machine, each in needs.items():
            if product in each:
                told.add("routings", item=product, resource=machine, hours_per_unit=each[product])
        sold = [sales.get((month, product), 0.0) for month in months]
        told.across("demand", "quantity", sold, item=product, location=WORKS)
        _stock(told, product, first_of(i, "init", "initial", blank=0.0), first_of(i, "max_inv", "max_inventory"))
        _keep(told, product, first_of(i, "final", "store_target", blank=0.0))
    plan = told.plan(**_SALES, lots="exact" if to_plan else "after")
    return _profit(plan, sum(i["profit"][product] * units for (_, product), units in sales.items()))


@ADAPTERS.kind("food", "food2", "food_2", "food_manufacture", "blending")
def _food(i: Inputs) -> dict[str, Any]:
    """Williams: oils bought at the price of the month, kept, refined and blended; each is a mode of making the food.

    The fewest tons of an oil that is used are the least order of its mode, the number of oils the setups of a recipe.
    Where an oil needs another in the blend, a quality says so: at its capacity the one is outweighed by the least of
    the other.
    """
    months, oils = list(i["months"]), list(i["oils"])
    prices = keyed(i["cost"])
    told = Told(len(months))
    least = float(first_of(i, "min_use", "min_consume", "min_consumption", "min_tons", blank=0.0))
    many = first_of(i, "max_oils", "max_ingredients", "max_used")
    lines = {"vegetable": float(i["veg_cap"]), "other": float(i["oil_cap"])}
    vegetable = set(first_of(i, "veg", "veg_oils", blank=[oil for oil in oils if oil.upper().startswith("VEG")]))
    most = sum(lines.values())
    told.add("items", item="food", standard_cost=0.0, list_price=i["price"])
    told.across("demand", "quantity", most, item="food", location=WORKS)
    told.add("stock_limits", item="food", location=WORKS, measure="maximum", quantity=0.0)
    told.limits_first(i["price"])
    for line, tons in {**lines, **({"recipe": float(many)} if many else {})}.items():
        told.add("resources", resource=line, location=WORKS, cost_per_hour=0.0)
        told.across("capacity", "hours", tons, resource=line, measure="regular")
    low, high = (first_of(i, short, long) for short, long in (("hmin", "min_hardness"), ("hmax", "max_hardness")))
    told.add("blends", item="food", location=WORKS, quality="hardness", minimum=low, maximum=high)
    for oil in oils:
        told.add("items", item=oil, standard_cost=first_of(i, "hold", "holding_cost"))
        told.source(oil, WORKS, "buy", supplier=oil, cost=[prices[month, oil] for month in months])
        told.source("food", WORKS, "make", mode=oil, minimum=least)
        told.add("bom", assembly="food", component=oil, mode=oil, quantity=1.0)
        line = "vegetable" if oil in vegetable else "other"
        told.add("routings", item="food", resource=line, mode=oil, hours_per_unit=1.0)
        if many:
            told.add("routings", item="food", resource="recipe", mode=oil, hours_per_unit=0.0, setup_hours=1.0)
        told.add("qualities", item=oil, quality="hardness", value=i["hardness"][oil])
        _stock(told, oil, first_of(i, "init", "init_store", blank=0.0), first_of(i, "store_cap", "max_store"))
        _keep(told, oil, first_of(i, "final", "target_store", blank=0.0))
    for oil, other in _implied(i):
        _needs(told, oils, oil, other, lines["vegetable" if oil in vegetable else "other"] / least)
    plan = told.plan(**_SALES, lots="exact" if least or many else "after")
    return _profit(plan, float(i["price"]) * most * len(months))


def _implied(i: Inputs) -> list[tuple[str, str]]:
    """Pairs of an oil, or several, and another they need: by name, as pairs, or as what follows if one is used."""
    given = first_of(i, "implies", "requires", "if_then", "logic", blank={})
    if isinstance(given, Mapping) and set(given) == {"if", "then"}:
        given = [(given["if"], given["then"])]
    pairs = given.items() if isinstance(given, Mapping) else given
    return [(one, str(other)) for first, other in pairs for one in ([first] if isinstance(first, str) else first)]


def _needs(told: Told, oils: Sequence[str], oil: str, other: str, ratio: float) -> None:
    """An oil is at most so many times another."""
    quality = f"{other} for {oil}"
    told.add("blends", item="food", location=WORKS, quality=quality, minimum=0.0)
    for name in oils:
        told.add("qualities", item=name, quality=quality, value={oil: -1.0, other: ratio}.get(name, 0.0))


def _length(values: Any) -> int:
    return len(values) if isinstance(values, Sequence) else 1


def _stock(told: Told, item: str, opening: Any, most: Any) -> None:
    told.add("stock", item=item, location=WORKS, status="usable", quantity=of(opening, item))
    if of(most, item, None) is not None:
        told.add("stock_limits", item=item, location=WORKS, measure="maximum", quantity=of(most, item))


def _keep(told: Told, item: str, final: Any) -> None:
    """So much is left when the last month ends."""
    row = {"item": item, "location": WORKS, "measure": "minimum", "period": told.months[-1]}
    told.add("stock_limits", **row, quantity=of(final, item))


def _profit(plan: Plan, all_sales: float) -> dict[str, Any]:
    profit = all_sales - plan.kpis.total_cost
    revenue = all_sales - plan.costs["lost"]
    return {"profit": profit, "revenue": revenue, "cost": revenue - profit}
