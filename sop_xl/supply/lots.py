"""Lot sizes: minimum and multiple of orders, honoured after the linear programme.

Orders of a source are rounded up one after the other so that what has been ordered up to any month is never less than
the programme's, and at most one lot more: a unit ordered early is not ordered again later. Nothing the programme
promised can then run short at the receiving place; its stock is only higher.

Rounding up takes more from the places and work centers that feed the source. An order is therefore rounded only as
far as their own stock stays at or above 0 to the end of the horizon and their hours suffice; where it does not, that
order stays as the programme wants it and the plan's notes say so. Sources are rounded upstream first, so that what a
supplier's lot adds to a plant is there for the lots the plant sends on.

A source without minimum or multiple is not rounded: monthly buckets plan rates, not orders. Nor is an order that a
person locked: it stays as it is, and the orders around it are rounded.
"""

from __future__ import annotations

import numpy as np

from sop_xl.supply.flows import Flows, delayed, hours_there, plan_flows, used_hours
from sop_xl.supply.network import Array, Limits, Mask, Network, Numbers, Source

_TINY = 1e-6

_NAMED = 5


def next_lot(need: float, minimum: float, multiple: float) -> float:
    """The smallest order that covers a need.

    Parameters
    ----------
    need
        Units still needed [units].
    minimum
        Smallest order [units], 0 is any.
    multiple
        Orders come in multiples of this [units], 0 is any.

    >>> next_lot(130, 50, 60), next_lot(5, 50, 0), next_lot(0, 50, 60)
    (180.0, 50.0, 0.0)

    """
    if need <= _TINY:
        return 0.0
    wanted = max(need, minimum)
    return float(np.ceil((wanted - _TINY) / multiple) * multiple) if multiple > 0 else float(wanted)


def largest_lot(maximum: float, minimum: float, multiple: float) -> float:
    """The largest order a month allows [units]; 0 where the maximum lies below the smallest lot.

    >>> largest_lot(100, 0, 30), largest_lot(20, 50, 0)
    (90.0, 0.0)
    """
    largest = float(np.floor((maximum + _TINY) / multiple) * multiple) if multiple > 0 else maximum
    return largest if largest >= next_lot(2 * _TINY, minimum, multiple) else 0.0


def round_up(
    order: Array,
    minimum: float,
    multiple: float,
    maximum: float,
    room: Array,
    spare: Array,
    locked: Mask | None = None,
) -> Array | None:
    """Orders of one source in lots, never behind the given orders.

    Parameters
    ----------
    order
        Units to order, by month [units].
    minimum, multiple, maximum
        Smallest order, lot and most a month [units].
    room
        How far the sum of the orders up to each month may run ahead of the given ones [units].
    spare
        How far the order of each month may exceed the given one [units].
    locked
        Months whose order stays as it is; none if not given.

    Returns
    -------
    Array or None
        The rounded orders; where room or spare forbid a lot, the order that keeps up with the given ones. None where
        the lots of a month cannot keep up because of the maximum.

    >>> free = np.full(4, np.inf)
    >>> round_up(np.array([10.0, 30.0, 5.0, 20.0]), 25.0, 0.0, np.inf, free, free)
    array([25., 25.,  0., 25.])

    """
    most = largest_lot(maximum, minimum, multiple)
    needed = np.cumsum(order)
    if most <= 0 < needed[-1]:
        return None
    for month in range(len(order) - 1, 0, -1):
        needed[month - 1] = max(needed[month - 1], needed[month] - most)
    first = int(np.argmax(order > _TINY))
    if needed[first] - most > _TINY or (needed[:first] > _TINY).any():
        return None
    rounded, placed, wanted = np.zeros_like(order), 0.0, 0.0
    for month, given in enumerate(order):
        wanted += given
        lot = next_lot(needed[month] - placed, minimum, multiple)
        if locked is not None and locked[month]:
            lot = float(given)
        elif placed + lot - wanted > room[month] + _TINY or lot - given > spare[month] + _TINY:
            lot = max(0.0, wanted - placed)
        rounded[month] = lot
        placed += lot
    return rounded


def round_lots(
    network: Network, order: Array, ship: Array, scrapped: Array | None = None
) -> tuple[Array, tuple[str, ...]]:
    """Orders of every source in its lots, and a sentence naming sources where some order could not be.

    Parameters
    ----------
    network
        The supply network.
    order
        Orders of the linear programme, by source and month of release [units].
    ship
        Units shipped, by demand and month [units].
    scrapped
        Units scrapped, by place and month [units].

    """
    rounded = order.copy()
    sources = network.sources
    in_lots = ((sources.minimum > 0) | (sources.multiple > 0)) & (order.max(axis=1, initial=0.0) > _TINY)
    if not in_lots.any():
        return rounded, ()
    closing = plan_flows(network, order, ship, scrapped).closing
    regular, overtime = hours_there(network)
    free = regular + overtime - used_hours(network, order)
    limits = [(limit, _left(limit, order)) for limit in (network.suppliers, network.lanes)]
    locked = np.zeros(order.shape, dtype=bool)
    locked[network.locks.source, network.locks.month] = True
    unrounded = []
    for s in _upstream_first(network, np.flatnonzero(in_lots)):
        source = network.source(s)
        room, spare = _room(source, closing, network.months), _spare(source, free, network.months)
        shared = [(limit.weight[s], left[limit.number[s]]) for limit, left in limits if limit.number[s] >= 0]
        for weight, left in shared:
            spare = np.minimum(spare, np.maximum(left, 0.0) / weight) if weight > 0 else spare
        lots = round_up(order[s], source.minimum, source.multiple, source.maximum, room, spare, locked[s])
        if lots is None or not _in_lots(lots[~locked[s]], source):
            unrounded.append(f"{source.kind} {network.places[source.place]}")
        if lots is None:
            continue
        more = lots - order[s]
        rounded[s] = lots
        for limit, left in limits:
            if limit.number[s] >= 0:
                left[limit.number[s]] -= limit.weight[s] * more
        closing[source.place] += np.cumsum(_later(more, source.lead)) * source.output
        for place, units, offset in source.uses:
            closing[place] -= units * np.cumsum(_later(more, offset))
        for resource, per_unit, offset in source.hours:
            free[resource] -= per_unit * _later(more, offset)
    if not unrounded:
        return rounded, ()
    some = ", ".join(sorted(unrounded)[:_NAMED]) + (" ..." if len(unrounded) > _NAMED else "")
    return rounded, (
        f"{len(unrounded)} source{'s' if len(unrounded) > 1 else ''} could not keep minimum or multiple in every "
        f"month, because a maximum or what feeds them does not allow more: {some}",
    )


def serve_from_surplus(network: Network, flows: Flows) -> Array:
    """Shipments after units short are served from stock that lots have left over [units].

    Only stock that nothing later needs is used, so no other shipment, order or balance changes.
    """
    ship, closing = flows.ship.copy(), np.maximum(flows.closing, 0.0)
    demands = network.demands
    short = np.flatnonzero((flows.late > 0).any(axis=1) | (flows.lost > 0).any(axis=1)).tolist()
    for d in sorted(short, key=lambda d: (-demands.weight[d], d)):
        place = int(demands.place[d])
        if demands.backlog[d]:
            ahead = np.minimum(flows.late[d], closing[place])
            for month in range(network.months - 2, -1, -1):
                ahead[month] = min(ahead[month], ahead[month + 1] + ship[d, month + 1])
        else:
            spare = np.minimum.accumulate(closing[place][::-1])[::-1]
            ahead = np.zeros(network.months)
            for month in range(network.months):
                before = ahead[month - 1] if month else 0.0
                ahead[month] = min(before + flows.lost[d, month], spare[month])
        ship[d] += np.diff(ahead, prepend=0.0)
        closing[place] -= ahead
    return np.maximum(ship, 0.0)


def _in_lots(lots: Array, source: Source) -> bool:
    """Whether every order is 0 or a full lot."""
    placed = lots[lots > _TINY]
    whole = source.multiple <= 0 or np.allclose(placed / source.multiple, np.round(placed / source.multiple))
    return bool(whole and (placed >= source.minimum - _TINY).all())


def _later(quantity: Array, months: int) -> Array:
    """A quantity some months later; what leaves the horizon is dropped."""
    return np.asarray(delayed(quantity[None, :], np.array([months]))[0])


def _after(limit: Array, months: int) -> Array:
    """The limit that holds so many months after each month; none beyond the horizon."""
    found = np.full(len(limit), np.inf)
    inside = max(len(limit) - months, 0)
    found[:inside] = limit[months:]
    return found


def _room(source: Source, closing: Array, months: int) -> Array:
    """How far orders may run ahead before a feeding place would run empty in that month or any later one."""
    room = np.full(months, np.inf)
    for place, units, offset in source.uses:
        least = np.minimum.accumulate(closing[place][::-1])[::-1]
        room = np.minimum(room, np.maximum(_after(least, offset), 0.0) / units)
    return room


def _spare(source: Source, free: Array, months: int) -> Array:
    """How much more one month's hours can make."""
    spare = np.full(months, np.inf)
    for resource, per_unit, offset in source.hours:
        if per_unit > 0:
            spare = np.minimum(spare, np.maximum(_after(free[resource], offset), 0.0) / per_unit)
    return spare


def _left(limit: Limits, order: Array) -> Array:
    """What a limit over several sources leaves of each month."""
    counted = limit.number >= 0
    left = limit.most.copy()
    np.subtract.at(left, limit.number[counted], limit.weight[counted][:, None] * order[counted])
    return left


def _upstream_first(network: Network, chosen: Numbers) -> list[int]:
    """The chosen sources, those that feed others first."""
    uses = network.uses
    into = network.sources.place[uses.source]
    depth = np.zeros(len(network.places), dtype=np.int64)
    for _ in range(len(network.locations) * 2 + 20):
        deeper = depth.copy()
        np.maximum.at(deeper, into, np.minimum(depth[uses.of] + 1, len(network.places)))
        if np.array_equal(deeper, depth):
            break
        depth = deeper
    return sorted(chosen.tolist(), key=lambda s: (depth[network.sources.place[s]], s))
