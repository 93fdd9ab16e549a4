"""Small plans tied by shared rows, from a seed: what the large ones are like, and can be solved exactly."""

from __future__ import annotations

import numpy as np

from sop_xl.supply.programme.blocks import Blocks


def shared_plan(seed, *, items=12, months=4, components=3, machines=2, tight=0.8, hard=False):
    """Items made on machines from components bought from one supplier; demand late or lost; storage in common.

    Returns the programme and the numbers of its coupling rows. With `hard` nothing is late and hours have no overtime.
    """
    g = np.random.default_rng(seed)
    shape = (items, months)
    demand = np.round(g.lognormal(3, 0.6, shape))
    hours = g.uniform(0.5, 1.5, (items, 1))
    volume = g.uniform(0.5, 2.0, (items, 1))
    machine = g.integers(0, machines, items)
    component = g.integers(0, components, items)
    b = Blocks()
    make = b.add_columns("make", "item", shape, cost=g.uniform(1, 3, (items, 1)))
    stock = b.add_columns("stock", "item", shape, cost=g.uniform(0.05, 0.3, (items, 1)))
    over = b.add_columns("overtime", "machine", (machines, months), cost=2.0, upper=0.0 if hard else 15.0)
    above = b.add_columns("overflow", "site", (1, months), cost=1.5)
    buy = b.add_columns("buy", "component", (components, months), cost=g.uniform(0.2, 0.8, (components, 1)))
    parts = b.add_columns("parts", "component", (components, months), cost=0.02)
    balance = b.add_rows("balance", "item", shape, lower=demand, upper=demand)
    b.add_terms(balance, 1.0, make)
    b.add_terms(balance, -1.0, stock)
    b.add_terms(balance[:, 1:], 1.0, stock[:, :-1])
    if not hard:
        late = b.add_columns("late", "item", shape, cost=np.where(np.arange(months) == months - 1, 30.0, 4.0))
        b.add_terms(balance, 1.0, late)
        b.add_terms(balance[:, 1:], -1.0, late[:, :-1])
    load = np.zeros((machines, 1))
    np.add.at(load, machine, (hours * demand).mean(axis=1, keepdims=True))
    capacity = (1.6 if hard else tight) * load + (hours * demand)[:, 0].sum() * hard
    rows = b.add_rows("hours", "machine", (machines, months), upper=capacity)
    b.add_terms(rows[machine], hours, make)
    b.add_terms(rows, -1.0, over)
    storage = b.add_rows("storage", "site", (1, months), upper=(volume * demand).mean() * items * 0.1)
    b.add_terms(storage, volume, stock)
    b.add_terms(storage, -1.0, above)
    opening = np.zeros((components, months))
    opening[:, 0] = -np.bincount(component, demand[:, 0], components) * g.uniform(0.6, 1.2, components)
    use = b.add_rows("components", "component", (components, months), lower=opening, upper=opening)
    b.add_terms(use, -1.0, parts)
    b.add_terms(use[:, 1:], 1.0, parts[:, :-1])
    b.add_terms(use[:, 1:], 1.0, buy[:, :-1]) if not hard else b.add_terms(use, 1.0, buy)
    b.add_terms(use[component], -1.0, make)
    supplier = b.add_rows(
        "supplier", "supplier", (1, months), upper=demand.sum(axis=0).mean() * 1.1 if not hard else np.inf
    )
    b.add_terms(supplier, 1.0, buy)
    coupling = np.concatenate([rows.ravel(), storage.ravel(), use.ravel(), supplier.ravel()])
    return b.programme(), coupling
