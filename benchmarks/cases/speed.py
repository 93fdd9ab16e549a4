"""How many items a second the closed forms answer, and how long the largest networks take."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from sop_xl.inventory import cover, newsvendor, order_quantities, periodic_review, policies, safety_stock, service
from sop_xl.inventory.distributions import Gamma, NegativeBinomial, Normal, Poisson

ITEMS = 100_000
GOAL = 100_000


def measured(items: int = ITEMS, seed: int = 1) -> list[tuple[str, float]]:
    """Each closed form and its items a second, over `items` items at once."""
    rng = np.random.default_rng(seed)
    mean, cv = rng.uniform(2, 500, items), rng.uniform(0.2, 1.2, items)
    sd, lead, level = mean * cv, rng.uniform(0.2, 4, items), rng.uniform(0.8, 0.995, items)
    lot, price = mean * rng.uniform(0.5, 4, items), rng.uniform(1, 90, items)
    whole = NegativeBinomial(mean, np.sqrt(mean * (1.0 + cv)))
    breaks, prices = np.array([0.0, 400, 800]), np.array([1.0, 0.97, 0.92])
    months = rng.uniform(0, 200, (items, 12))
    forms: dict[str, Callable[[], object]] = {
        "safety stock for a cycle service": lambda: safety_stock.safety_stock(sd, lead, 1, level, mean, 0.2),
        "safety stock for a fill rate": lambda: safety_stock.safety_stock_for_fill_rate(sd, lead, 1, level, lot),
        "reorder point for a cycle service, gamma": lambda: Gamma(mean, sd).quantile(level),
        "reorder point for a cycle service, Poisson": lambda: Poisson(mean).quantile(level),
        "reorder point for a cycle service, negative binomial": lambda: whole.quantile(level),
        "reorder point for an exact fill rate, normal": lambda: service.reorder_point_for_fill_rate(
            Normal(mean, sd), lot, level
        ),
        "reorder point for an exact fill rate, gamma": lambda: service.reorder_point_for_fill_rate(
            Gamma(mean, sd), lot, level
        ),
        "EOQ": lambda: policies.eoq(mean, price, 0.3),
        "EOQ with backorders": lambda: order_quantities.eoq_with_backorders(mean, price, 0.3, 2),
        "production quantity": lambda: order_quantities.production_quantity(mean, mean * 2, price, 0.3),
        "all-units discount, three prices": lambda: order_quantities.eoq_all_units_discount(
            mean, price, 0.3, breaks, prices
        ),
        "incremental discount, three prices": lambda: order_quantities.eoq_incremental_discount(
            mean, price, 0.3, breaks, prices
        ),
        "newsvendor and its cost, gamma": lambda: newsvendor.newsvendor_of(Gamma(mean, sd), 1, price),
        "(s, S) by power approximation": lambda: periodic_review.ss_power_approximation(mean, sd, lead, price, 0.3, 3),
        "stock built ahead, 12 periods": lambda: cover.pre_build(months, 100.0),
        "cap by shelf life, 12 periods": lambda: cover.shelf_life_cap(months, 30.0, lead * 60.0),
    }
    return [(name, items / _seconds(form)) for name, form in forms.items()]


def table(rows: list[tuple[str, float]]) -> str:
    """The rows in Markdown."""
    lines = ["| closed form | items a second | |", "|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| {name} | {rate:,.0f} | {'' if rate >= GOAL else 'below goal'} |" for name, rate in rows)]
    )


def _seconds(form: Callable[[], object], times: int = 3) -> float:
    form()
    best = np.inf
    for _ in range(times):
        began = time.perf_counter()
        form()
        best = min(best, time.perf_counter() - began)
    return float(best)
