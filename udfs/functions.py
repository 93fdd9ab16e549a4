"""Every function of the add-in: importing this module declares them all."""

from __future__ import annotations

from udfs import (
    accuracy,
    demand_forecast,
    demand_history,
    demand_plan,
    explain,
    finance,
    inventory,
    segments,
    small_plan,
    stock,
    supply,
)
from udfs.registry import FUNCTIONS, Function

AREAS = (
    demand_forecast,
    demand_history,
    demand_plan,
    segments,
    accuracy,
    inventory,
    stock,
    supply,
    small_plan,
    finance,
    explain,
)

__all__ = ["AREAS", "by_group"]


def by_group() -> dict[str, list[Function]]:
    """The functions by group, in the order of the areas."""
    order = {area.__name__: place for place, area in enumerate(AREAS)}
    found: dict[str, list[Function]] = {}
    for spec in sorted(FUNCTIONS.values(), key=lambda spec: order.get(spec.run.__module__, len(order))):
        found.setdefault(spec.group, []).append(spec)
    return found
