"""Every unit late or lost with the cause of it: the table `shortages`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.periods import label
from sop_xl.supply.explain.causes import Cause, Tracer, deep_chains
from sop_xl.supply.explain.words import amount, units
from sop_xl.supply.flows import Flows, by_place, hours_there
from sop_xl.supply.model.prices import Prices
from sop_xl.supply.model.solution import Solution
from sop_xl.supply.network import Network

_TINY = 1e-6


@dataclass(frozen=True)
class Short:
    """Units late at the end of a month or lost in it, and why; `forced` tells whether a limit makes it so."""

    place: int
    month: int
    kind: str
    quantity: float
    cause: Cause
    forced: bool


def trace_shortages(
    network: Network, prices: Prices, solution: Solution, solved: Flows, final: Flows, strategy: str
) -> list[Short]:
    """Every place and month with units late or lost, and the cause; parameters are those of `explain_shortages`."""
    all_hours = Tracer(network, prices, solution, solved, np.add(*hours_there(network)), "")
    regular = Tracer(
        network, prices, solution, solved, network.regular, " in regular hours, overtime costs more than waiting"
    )
    found = []
    with deep_chains(network):
        for kind, quantity in (("late", by_place(network, final.late)), ("lost", by_place(network, final.lost))):
            for p, t in zip(*np.nonzero(quantity > _TINY), strict=True):
                place, month = int(p), int(t)
                forced = all_hours.cause(place, month)
                cause = forced or regular.cause(place, month)
                cause = cause or _by_choice(network, prices, solution, solved, place, month, strategy)
                found.append(Short(place, month, kind, float(quantity[p, t]), cause, forced is not None))
    return found


def explain_shortages(
    network: Network, prices: Prices, solution: Solution, solved: Flows, final: Flows, strategy: str
) -> pd.DataFrame:
    """Every unit late at the end of a month, and every unit lost, with its cause: the table `shortages`.

    Parameters
    ----------
    network, prices, solution
        The plan as solved; `solution` carries the prices of the limits.
    solved, final
        Flows before and after lots: causes are traced in the first, quantities are those of the second.
    strategy
        The strategy of the plan, for shortages that only its rule causes.

    """
    traced = trace_shortages(network, prices, solution, solved, final, strategy)
    rows = [_row(network, prices, short) for short in traced]
    columns = ["item", "location", "period", "kind", "family", "quantity", "money", "cause", "culprit"]
    frame = pd.DataFrame(rows, columns=[*columns, "culprit_period", "says"])
    times = {name: frame[name].astype("datetime64[ns]") for name in ("period", "culprit_period")}
    numbers = {name: frame[name].astype("float64") for name in ("quantity", "money")}
    text = {name: frame[name].astype("str") for name in frame.columns if name not in {*times, *numbers}}
    return frame.assign(**times, **numbers, **text).sort_values(
        ["item", "location", "period", "kind"], kind="stable", ignore_index=True
    )


def _row(network: Network, prices: Prices, short: Short) -> tuple[object, ...]:
    place, month, kind, quantity, cause = short.place, short.month, short.kind, short.quantity, short.cause
    item, where = network.places[place].item, network.places[place].location
    family, period = network.items[item].family, network.periods[month]
    money = quantity * float(prices.value[place])
    noun = "unit" if units(quantity) == "1" else "units"
    fate = f"is {units(quantity)} {noun} late" if kind == "late" else f"loses {units(quantity)} {noun}"
    says = (
        f"{f'{family} {item}'.strip()} at {where} {fate} in {label(period)} "
        f"({amount(money, network.settings.currency)}): {cause.says}"
    )
    culprit_period = network.periods[cause.month]
    return item, where, period, kind, family, quantity, money, cause.kind, cause.culprit, culprit_period, says


def _by_choice(
    network: Network, prices: Prices, solution: Solution, flows: Flows, place: int, month: int, strategy: str
) -> Cause:
    """The cause of a shortage no limit forces: the rule of a strategy, or a source dearer than the shortage."""
    resources = _upstream_resources(network, place)
    if strategy == "optimal" or not resources:
        return _by_setting(network, prices, flows, place, month)
    capacity = np.maximum(network.regular, _TINY)
    load = flows.regular / capacity
    price, _, name, at = max(
        (float(solution.regular_price[r, t]), float(load[r, t]), network.resources[r].name, t)
        for r in resources
        for t in range(month + 1)
    )
    says = f"{strategy} production does not use the hours left, {name} carries most in {label(network.periods[at])}"
    if price > 0:
        says += f"; one more hour there is worth {amount(price, network.settings.currency)}"
    return Cause("capacity", name, at, price, says)


def _by_setting(network: Network, prices: Prices, flows: Flows, place: int, month: int) -> Cause:
    """The cause of a shortage that a setting or a price makes, not a limit."""
    settings, where = network.settings, network.places[place].location
    donors = [of for s in network.sources_of[place] for of, _, _ in network.source(s).uses]
    for at in (place, *donors):
        left = float(flows.closing[at, month:].min())
        if left > _TINY and (network.target[at, month:] > 0).any():
            says = (
                f"{units(left)} units of {network.places[at]} are kept for target stock, charged more than the shortage"
            )
            return Cause("target stock", network.places[at].location, month, 0.0, says, place=at)
    steady = network.last is not None and (settings.change_rate or (settings.slushy_rate and settings.slushy_months))
    mine = network.demands.place == place
    waits = np.where(network.demands.backlog[mine], prices.late[mine, month:].sum(axis=1), prices.lost[mine, month])
    if steady and prices.landed[place] < waits.max(initial=0.0):
        says = "changing the last plan is charged more than the shortage"
        return Cause("last plan", where, month, 0.0, says, place=place)
    return Cause("no source", where, month, 0.0, "each source that is left costs more than the shortage", place=place)


def _upstream_resources(network: Network, place: int) -> tuple[int, ...]:
    """Resources of everything that can supply a place."""
    seen, waiting = {place}, [place]
    found: set[int] = set()
    while waiting:
        for s in network.sources_of[waiting.pop()]:
            source = network.source(s)
            found.update(resource for resource, _, _ in source.hours)
            new = {used for used, _, _ in source.uses} - seen
            seen |= new
            waiting += sorted(new)
    return tuple(sorted(found))
