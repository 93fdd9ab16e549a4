"""What a company has agreed or prefers: shares, blends, locked orders, steady plans, fairness, level and chase."""

from __future__ import annotations

import numpy as np

from sop_xl.supply.model.model import Model

FAIR_SHARE = 0.5
"""The worst share short of an item is charged this share of what the shortage itself is."""

LOCK_OVER_LIMIT = 2.0
"""A unit of a locked order that gives way is charged this many times a unit beyond a limit."""

QUARTER = 3
"""Months between two changes of a hybrid production rate [months]."""


def source_share(m: Model) -> None:
    """Over the horizon a source supplies its agreed share of its place, as far as service allows.

    Only sources that can release an order count; the share is agreed for the horizon, not month by month, so that
    different lead times and a full month do not break it.
    """
    n = m.network
    agreed = (n.sources.share > 0) & n.open.any(axis=1)
    if not agreed.any():
        return
    where = np.zeros((len(n.sources), n.months), dtype=bool)
    where[agreed, -1] = True
    missed = m.add("missed", "source", cost=np.repeat(m.prices.missed[:, None], n.months, axis=1), where=where)
    row = m.rows("source_share", "source", at_least=0.0, where=where)
    pairs = [(s, other) for s in np.flatnonzero(agreed).tolist() for other in n.sources_of[int(n.sources.place[s])]]
    mine, theirs = np.array(pairs).T
    output = n.sources.output[theirs][:, None]
    m.terms(row[mine, -1][:, None], -n.sources.share[mine][:, None] * output, m.order[theirs])
    m.terms(row[agreed, -1][:, None], n.sources.output[agreed][:, None], m.order[agreed])
    m.terms(row, 1.0, missed)


def blend_quality(m: Model) -> None:
    """What is blended of an item in a month has each of its qualities within bounds."""
    blends = m.network.blends
    for kind, bound in (("blend_least", blends.least), ("blend_most", blends.most)):
        bounded = np.isfinite(bound)
        if not bounded.any():
            continue
        where = np.repeat(bounded[:, None], m.network.months, axis=1)
        low, high = (0.0, np.inf) if kind == "blend_least" else (-np.inf, 0.0)
        row = m.rows(kind, "blend", at_least=low, at_most=high, where=where)
        for number in np.flatnonzero(bounded).tolist():
            into = np.flatnonzero(m.network.sources.place == blends.place[number])
            into = into[m.network.sources.kind[into] == "make"]
            weight = blends.value[number, into] - bound[number]
            m.terms(row[number][None, :], weight[:, None], m.order[into])


def locked_orders(m: Model) -> None:
    """A locked order has the quantity a person gave it; where limits forbid it, dear slacks tell by how much."""
    locks = m.network.locks
    if not len(locks.source):
        return
    at = np.zeros((len(locks.source), m.network.months), dtype=bool)
    at[np.arange(len(locks.source)), locks.month] = True
    price = np.full(at.shape, LOCK_OVER_LIMIT * m.prices.beyond)
    less, more = (m.add(f"unlocked_{side}", "lock", cost=price, where=at) for side in ("less", "more"))
    free = np.isnan(locks.quantity)
    low, high = np.where(free, -np.inf, locks.quantity), np.where(free, np.inf, locks.quantity)
    row = m.rows("locked_orders", "lock", at_least=low[:, None], at_most=high[:, None], where=at)
    m.terms(row, 1.0, m.order[locks.source])
    m.terms(row, 1.0, less)
    m.terms(row, -1.0, more)


def near_last_plan(m: Model) -> None:
    """Orders differ from the last plan only where it is worth it: each unit more or fewer has a price."""
    n, settings = m.network, m.network.settings
    if n.last is None or not (settings.change_rate or (settings.slushy_rate and settings.slushy_months)):
        return
    month = np.arange(n.months)
    slushy = month < settings.frozen_months + settings.slushy_months
    rate = settings.change_rate + settings.slushy_rate * slushy
    where = n.open & (rate > 0)
    cost = rate * m.prices.value[n.sources.place][:, None]
    more, fewer = (m.add(kind, "source", cost=cost, where=where) for kind in ("more", "fewer"))
    row = m.rows("near_last_plan", "source", equal=n.last, where=where)
    m.terms(row, 1.0, m.order)
    m.terms(row, -1.0, more)
    m.terms(row, 1.0, fewer)


def fair_sharing(m: Model) -> None:
    """What is short of an item is shared alike: the worst share of what a customer usually wants has a price."""
    n, demands = m.network, m.network.demands
    if not n.settings.fair_sharing or not len(demands):
        return
    item = n.item_of_place[demands.place]
    customers = np.bincount(item, minlength=len(n.items))
    shared = customers[item] > 1
    usual = demands.quantity.mean(axis=1, keepdims=True)
    charged = np.where(demands.backlog[:, None], m.prices.late, m.prices.lost) * usual
    cost = np.zeros((len(n.items), n.months))
    np.add.at(cost, item, FAIR_SHARE * charged)
    where = np.repeat((customers > 1)[:, None], n.months, axis=1)
    worst = m.add("worst", "item", cost=cost, where=where)
    row = m.rows("fair_sharing", "demand", at_most=0.0, where=shared[:, None])
    m.terms(row, 1.0, m.late)
    m.terms(row, 1.0, m.lost)
    m.terms(row, -usual, worst[item])


def _same_as_before(m: Model, kind: str, changes: np.ndarray) -> None:
    """A source that makes an item releases what it did the month before, except in months that may change."""
    n = m.network
    both = n.open.copy()
    both[:, 1:] &= n.open[:, :-1]
    both[:, 0] = False
    row = m.rows(kind, "source", equal=0.0, where=both & n.sources.of_kind("make")[:, None] & ~changes)
    m.terms(row, 1.0, m.order)
    m.terms(row[:, 1:], -1.0, m.order[:, :-1])


def level_production(m: Model) -> None:
    """A source that makes an item releases the same quantity in every open month."""
    _same_as_before(m, "level_production", np.zeros(m.network.months, dtype=bool))


def hybrid_production(m: Model) -> None:
    """A source that makes an item releases the same quantity in every month of a quarter."""
    starts = np.asarray((m.network.periods.month - 1) % QUARTER == 0)
    _same_as_before(m, "level_production", starts)


def chase_production(m: Model) -> None:
    """Made items follow demand: stock above target is not built, only left over from what is there already.

    The slack is dearer than any shortage, so units are late rather than built ahead.
    """
    n = m.network
    made = set(n.places.item[n.sources.place[n.sources.of_kind("make")]])
    follows = np.array([item in made for item in n.places.item], dtype=bool)[:, None]
    ahead = m.add("ahead", "place", cost=np.full(n.target.shape, m.prices.beyond), where=follows)
    row = m.rows("chase_production", "place", at_most=0.0, where=follows)
    m.terms(row, 1.0, m.above)
    m.terms(row, -1.0, ahead)
