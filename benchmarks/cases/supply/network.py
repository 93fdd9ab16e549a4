"""Transport, depots and several goods on shared routes: one month, stock at the origins, demand at the destinations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from benchmarks.cases.case import Adapters
from benchmarks.cases.supply.told import NEVER, Inputs, Told, first_of, keyed, of

ADAPTERS = Adapters()

_SEVERAL = 2
"""Names in the key of a supply that tells goods apart: place and item."""


@ADAPTERS.kind("transport", "transportation", "multicommodity", "multi")
def _transport(i: Inputs) -> dict[str, Any]:
    """Dantzig; Fourer, Gay & Kernighan: one good or several, with limits and fixed costs of routes where there are any.

    A limit of a route is that of its lane; a fixed cost is that of the one truck which carries the limit.
    """
    told = Told(1)
    supply, demand, cost = (keyed(i[name]) for name in ("supply", "demand", "cost"))
    several = all(len(key) == _SEVERAL for key in supply)
    stock = {key if several else (key[0], "goods"): units for key, units in supply.items()}
    wanted = {key if several else (key[0], "goods"): units for key, units in demand.items()}
    routes = {key if several else (*key, "goods"): unit for key, unit in cost.items()}
    for item in sorted({item for _, item in wanted}):
        told.add("items", item=item, standard_cost=0.0, list_price=max(1.0, *routes.values()))
    for (origin, to, item), unit in routes.items():
        told.source(item, to, "transfer", supplier=origin, cost=unit, minimum=first_of(i, "min_ship", blank=0.0))
    for (place, item), units in stock.items():
        told.add("stock", item=item, location=place, status="usable", quantity=units)
    for (place, item), units in wanted.items():
        told.add("demand", item=item, location=place, period=told.months[0], quantity=units)
    limit = first_of(i, "limit", "capacity")
    fixed = keyed(first_of(i, "fcost", "fixed_cost", "fixed", blank={}))
    total = sum(wanted.values())
    for origin, to in sorted({(origin, to) for origin, to, _ in routes}):
        most = total if limit is None else float(keyed(limit)[origin, to] if hasattr(limit, "items") else limit)
        row = {"truck_load": most, "cost_per_truck": fixed[origin, to]} if (origin, to) in fixed else {}
        told.add("lanes", supplier=origin, location=to, maximum=most, **row)
    enough = sum(stock.values()) >= total
    plan = told.plan(all_served=enough, short_policy="lost", lost_rate=NEVER, lots="exact")
    return {"cost": plan.costs["move"]}


@ADAPTERS.kind("netdesign", "netdesign2", "netdesign_2", "transshipment", "distribution", "network_design")
def _depots(i: Inputs) -> dict[str, Any]:
    """Williams: factories, depots and customers; a depot's throughput is the hours of its dock.

    Delivered goods are made of goods, one hour of the dock a unit, and of nothing else where there is no dock. Opening
    a depot is a setup of that; enlarging one is another mode, with a setup and a most of its own. What closing a depot
    saves is a setup of keeping it, and the saving of all of them stands beside the plan.
    """
    told = Told(1)
    through, demand, arcs = dict(i.get("through", {})), i["demand"], keyed(i.get("arcs", i.get("cost")))
    saving = first_of(i, "savings", "close_saving", "closing_saving", blank={})
    opening = {**first_of(i, "opencost", "open_cost", "opening_cost", blank={}), **saving}
    told.add("items", item="goods", standard_cost=0.0)
    told.add("items", item="delivered", standard_cost=0.0, list_price=max(1.0, *arcs.values()))
    for (start, to), unit in arcs.items():
        told.source("delivered" if to in demand else "goods", to, "transfer", supplier=start, cost=unit)
    few = first_of(i, "max_open", "max_depots", "depot_limit")
    modes = {place: [place] for place in {*i["supply"], *through, *(start for start, _ in arcs)} - set(demand)}
    for place in modes:
        told.source("delivered", place, "make", mode=place, setup_cost=0.0 if few else of(opening, place))
    for place, (units, cost) in _enlarged(i).items():
        modes[place].append(f"more {place}")
        told.source("delivered", place, "make", mode=f"more {place}", maximum=units, setup_cost=cost)
    for mode in chain.from_iterable(modes.values()):
        told.add("bom", assembly="delivered", component="goods", mode=mode, quantity=1.0)
    for place, most in through.items():
        told.add("resources", resource=f"dock {place}", location=place, cost_per_hour=0.0)
        told.across("capacity", "hours", most, resource=f"dock {place}", measure="regular")
        told.add("routings", item="delivered", resource=f"dock {place}", mode=place, hours_per_unit=1.0)
    if few:
        _permits(told, {place: modes[place] for place in through}, opening, float(few), sum(demand.values()))
    for place, units in i["supply"].items():
        told.add("stock", item="goods", location=place, status="usable", quantity=float(units))
    for place, units in demand.items():
        told.add("demand", item="delivered", location=place, period=told.months[0], quantity=float(units))
    plan = told.plan(all_served=True, short_policy="lost", lost_rate=NEVER, lots="exact")
    saved = sum(
        float(opening[place]) for place in {*first_of(i, "existing", "closable", "can_close", blank=()), *saving}
    )
    return {"cost": plan.kpis.total_cost - saved}


def _enlarged(i: Inputs) -> dict[str, tuple[float, float]]:
    """What enlarging a depot brings and costs: given by depot, as a pair or by name, or of the one that can grow."""
    given = first_of(i, "expand", "expansion", blank={})
    if isinstance(given, str):
        given = {given: (first_of(i, "expand_cap", "expand_through"), i["expand_cost"])}
    found = {}
    for place, more in given.items():
        units, cost = (first_of(more, "through", "capacity"), more["cost"]) if isinstance(more, Mapping) else more
        found[place] = (float(units), float(cost))
    return found


def _permits(told: Told, modes: dict[str, list[str]], opening: dict[str, float], few: float, most: float) -> None:
    """A unit through a depot that may be closed takes a permit of it, and few permits may be set up at head office.

    Depots that cost nothing to open are open, and take their part of the few.
    """
    chosen = [place for place in modes if of(opening, place) > 0]
    told.add("resources", resource="open depots", location="head office", cost_per_hour=0.0)
    left = few - (len(modes) - len(chosen))
    told.across("capacity", "hours", left, resource="open depots", measure="regular")
    for place in chosen:
        permit = f"permit {place}"
        told.add("items", item=permit, standard_cost=0.0)
        told.source(permit, "head office", "make", maximum=most, setup_cost=of(opening, place))
        told.add("routings", item=permit, resource="open depots", hours_per_unit=0.0, setup_hours=1.0)
        told.source(permit, place, "transfer", supplier="head office")
        for mode in modes[place]:
            told.add("bom", assembly="delivered", component=permit, mode=mode, quantity=1.0)
