"""People and money: crews that are hired and laid off, and budgets."""

from __future__ import annotations

import numpy as np

from sop_xl.supply.model.model import Model


def crew_size(m: Model) -> None:
    """Workers = workers before + hired - laid off; what they can work bounds regular hours and overtime."""
    n, crews = m.network, m.network.crews
    if not len(crews.resource):
        return
    size = (len(crews.resource), n.months)
    workers = m.add(
        "workers", "crew", cost=crews.wage, lower=crews.least[:, None],
        upper=crews.most[:, None], whole=True,
    )  # fmt: skip
    hired = m.add("hired", "crew", cost=np.repeat(crews.hiring[:, None], n.months, axis=1))
    laid_off = m.add("laid_off", "crew", cost=np.repeat(crews.layoff[:, None], n.months, axis=1))
    before = np.zeros(size)
    before[:, 0] = crews.workers
    row = m.rows("crew_size", "crew", equal=before)
    m.terms(row, 1.0, workers)
    m.terms(row[:, 1:], -1.0, workers[:, :-1])
    m.terms(row, -1.0, hired)
    m.terms(row, 1.0, laid_off)
    row = m.rows("crew_hours", "crew", at_most=0.0)
    m.terms(row, 1.0, m.regular[crews.resource])
    m.terms(row, -crews.hours, workers)
    limited = np.isfinite(crews.overtime)[:, None]
    if limited.any():
        row = m.rows("crew_overtime", "crew", at_most=0.0, where=limited)
        m.terms(row, 1.0, m.overtime[crews.resource])
        m.terms(row, -np.where(np.isfinite(crews.overtime), crews.overtime, 0.0)[:, None], workers)


def budget_limit(m: Model) -> None:
    """Money spent on a kind of order, or bound in stock, is within its budget, with a dear slack where it cannot."""
    n, budgets = m.network, m.network.budgets
    if not budgets.kind:
        return
    limited = np.isfinite(budgets.amount)
    overspent = m.add("overspent", "budget", cost=np.full(limited.shape, m.prices.overspent), where=limited)
    row = m.rows("budget_limit", "budget", at_most=budgets.amount, where=limited)
    m.terms(row, -1.0, overspent)
    for number, kind in enumerate(budgets.kind):
        if kind == "stock":
            m.stock_terms(np.broadcast_to(row[number], n.target.shape), m.prices.stock_value[:, None])
        else:
            spent = n.sources.of_kind(kind)
            m.terms(row[number][None, :], m.prices.order[spent], m.order[spent])
