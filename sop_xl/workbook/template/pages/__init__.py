"""The pages people read: one review page per step, in formulas over the tables."""

from __future__ import annotations

from sop_xl.workbook.template.pages import (
    demand_review,
    execution,
    executive,
    plan_bridge,
    pre_sop,
    sop_grid,
    supply_review,
)

PAGES = (
    demand_review.PAGE,
    supply_review.PAGE,
    pre_sop.PAGE,
    sop_grid.PAGE,
    plan_bridge.PAGE,
    executive.PAGE,
    execution.PAGE,
)
"""The review pages, in the order of the cycle."""
