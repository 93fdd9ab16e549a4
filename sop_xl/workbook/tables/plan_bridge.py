"""From the last plan to this one by cause, what each plan is made of, and what must be true to reach the budget."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import UNITS, key, result

_MONEY = "{currency}"
_PART = key("part", "demand; supply of what is sold; parts", choices=("demand", "supply", "parts"))
_OF = "Demand at list price, supply and parts at standard cost"

PLAN_BRIDGE = (
    Table(
        "plan_bridge",
        "BridgeSteps",
        Group.PRE_SOP,
        "From the plan signed last to this one, over the months both cover: a bar for each cause. Last plan and bars add up to this plan.",
        (
            _PART,
            key("family", "Family"),
            key("number", "Place of the bar", Kind.INTEGER),
            result("step", Kind.TEXT, "last plan, a cause, or this plan"),
            result("units", Kind.NUMBER, "Units", unit=UNITS),
            result("money", Kind.MONEY, _OF, unit=_MONEY),
            result("says", Kind.TEXT, "In a sentence"),
        ),
        optional=True,
    ),
    Table(
        "plan_bridge_rows",
        "BridgeSteps",
        Group.PRE_SOP,
        "What each bar is made of: the items that move it most, and all others. The rows of a bar add up to it.",
        (
            _PART,
            key("number", "Place of the bar", Kind.INTEGER),
            key("rank", "1 moves it most", Kind.INTEGER),
            result("step", Kind.TEXT, "Cause"),
            result("item", Kind.CODE, "Item"),
            result("family", Kind.CODE, "Family"),
            result("units", Kind.NUMBER, "Units", unit=UNITS),
            result("money", Kind.MONEY, _OF, unit=_MONEY),
        ),
        optional=True,
    ),
)

MUST_BE_TRUE = (
    Table(
        "must_be_true",
        "MustBeTrue",
        Group.EXECUTIVE,
        "What must be true to reach the budget over the months planned: the changes that close the gap with the least effort. "
        "One point is a standard deviation of demand, 1 % on prices or costs, or 1 % of the margin spent.",
        (
            key("of", "revenue or margin", choices=("revenue", "margin")),
            key("number", "Order in which they are taken", Kind.INTEGER),
            result("lever", Kind.TEXT, "What changes"),
            result("family", Kind.CODE, "Family; blank is all"),
            result("change", Kind.SHARE, "How far: of demand, price or cost, or share of the whole", unit="share"),
            result("money", Kind.MONEY, "What it is worth", unit=_MONEY),
            result("share_of_gap", Kind.SHARE, "Of the gap", unit="share"),
            result("points", Kind.NUMBER, "Effort", unit="points"),
            result("plausible", Kind.TEXT, "How plausible it is"),
            result("left", Kind.MONEY, "Gap then left; negative is headroom", unit=_MONEY),
            result("says", Kind.TEXT, "In a sentence"),
        ),
        optional=True,
    ),
)

PLAN_CAUSES = (
    Table(
        "plan_causes",
        "PlanCauses",
        Group.LOG,
        "What the plan is made of, by item: kept at sign-off so that the next cycle can tell what changed and why. The draft of this cycle, the plan signed last, and its history forecast again by the settings of today (restated).",
        (
            key("cycle", "Planning cycle"),
            key("status", "draft, frozen or restated", choices=("draft", "frozen", "restated")),
            key("part", "demand or supply", choices=("demand", "supply")),
            key("item", "Item"),
            key("cause", "What put it into the plan", Kind.TEXT),
            result("as_of", Kind.PERIOD, "Last month of history when it was planned"),
        ),
        across=result("quantity", Kind.NUMBER, "Units", unit=UNITS),
        optional=True,
    ),
)
