"""Scenarios: what might happen, the changes that make it, what each kind of change means, and how scenarios fare."""

from __future__ import annotations

from dataclasses import dataclass

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import calculated, key, result, typed


@dataclass(frozen=True)
class ChangeKind:
    """A kind of change: what its target names and what its value means."""

    kind: str
    target: str
    value: str


_DEMAND = "item, family, channel, region or class (class C); blank is all"
_SOURCE = "supplier, item, family, class or location; blank is all"

CHANGE_KINDS = (
    ChangeKind("demand", _DEMAND, "share added: 0.15 is 15 % more, -0.1 is 10 % less"),
    ChangeKind("event", _DEMAND, "units added a month, spread as the demand is: a promotion, a tender"),
    ChangeKind("channel shift", "from channel > to channel", "share of the demand that moves, 0 to 1"),
    ChangeKind("launch delay", "item or family; blank is every launch", "whole months later (over the horizon)"),
    ChangeKind("capacity", "resource, or busiest; blank is all", "share added to regular and overtime hours"),
    ChangeKind("overtime", "resource, or busiest; blank is all", "share of the regular hours added to overtime"),
    ChangeKind("outside purchase", "item, family or class", "units a month to be had at once, at standard cost + 30 %"),
    ChangeKind("supplier", "supplier, item or family", "share added to what it sends; -0.5 is half"),
    ChangeKind("supplier limit", "supplier", "most units a month, over all items"),
    ChangeKind("supplier out", "supplier", "any number: it delivers nothing in these months, what was due comes after"),
    ChangeKind("lead time", _SOURCE, "days longer, negative is expedited (over the horizon)"),
    ChangeKind("lane delay", "location, or from > to; blank is every lane", "days longer: transfers, and what is under way"),
    ChangeKind("cost", "supplier, item, family, class, location, or make, buy ...", "share added (over the horizon)"),
    ChangeKind("currency", "currency; blank is every foreign one", "share by which it gets dearer (over the horizon)"),
    ChangeKind("price", "item, family, category or class; blank is all", "share added to list prices (over the horizon)"),
    ChangeKind("service level", "class A, B or C; blank is all", "the level itself, such as 0.99 (over the horizon)"),
    ChangeKind("service first", "blank", "any number: late and lost units weigh more than any cost"),
)  # fmt: skip
"""Every kind of change, in the words of the drop-down."""

SCENARIOS = (
    Table(
        "scenarios",
        "Scenarios",
        Group.PRE_SOP,
        "What might happen, and what we might do.",
        (
            key("scenario", "Name"),
            typed("says", Kind.TEXT, "Story in a sentence"),
            typed("active", Kind.FLAG, "Computed by a run", default=True),
            typed("owner", Kind.TEXT, "Who put it up"),
            typed("promote", Kind.FLAG, "TRUE in one row: the button makes this scenario the plan", default=False),
            typed("promoted", Kind.TEXT, "Cycle and day in which it became the plan, written by the button"),
        ),
        starts=(
            {"scenario": "Base", "says": "The plan as it stands", "active": True},
            {"scenario": "Upside", "says": "Demand runs 15 % above plan", "active": True},
            {
                "scenario": "Disruption",
                "says": "The busiest work center loses 40 % of its hours for three months, every delivery takes 30 days longer",
                "active": True,
            },
        ),
    ),
    Table(
        "scenario_changes",
        "Scenarios",
        Group.PRE_SOP,
        "The changes that make a scenario out of the base plan.",
        (
            key("scenario", "Scenario", refers="scenarios.scenario"),
            key("number", "Order in which they are applied", Kind.INTEGER),
            typed("kind", Kind.CODE, "What changes", choices=tuple(k.kind for k in CHANGE_KINDS), required=True),
            typed(
                "target",
                Kind.TEXT,
                "Family, item, channel, region, class, resource, supplier or location; blank is all; `busiest` is the most loaded resource",
            ),
            typed(
                "first_period",
                Kind.INTEGER,
                "First month of the horizon it touches (1 is the first)",
                unit="months",
                low=1,
                high=18,
                default=1,
            ),
            typed(
                "last_period", Kind.INTEGER, "Last month it touches; blank is the end", unit="months", low=1, high=18
            ),
            typed(
                "value",
                Kind.NUMBER,
                "What it means depends on the kind: a share added (-0.4 is 40 % less), units a month, days or the level itself",
                required=True,
            ),
        ),
        starts=(
            {"scenario": "Upside", "number": 1, "kind": "demand", "value": 0.15},
            {
                "scenario": "Disruption",
                "number": 1,
                "kind": "capacity",
                "target": "busiest",
                "first_period": 2,
                "last_period": 4,
                "value": -0.4,
            },
            {"scenario": "Disruption", "number": 2, "kind": "lead time", "value": 30.0},
        ),
    ),
    Table(
        "scenario_kpis",
        "ScenarioKPIs",
        Group.PRE_SOP,
        "The same figures for every scenario, and their difference to Base.",
        (
            key("scenario", "Scenario"),
            key("kpi", "Figure", Kind.TEXT),
            result("unit", Kind.TEXT, "Unit"),
            result("value", Kind.NUMBER, "Value"),
            result("base", Kind.NUMBER, "Value in Base"),
            calculated(
                "difference",
                Kind.NUMBER,
                "Value - base",
                "tbl_scenario_kpis[[#This Row],[Value]]-tbl_scenario_kpis[[#This Row],[Base]]",
                lambda frame: frame["value"] - frame["base"],
            ),
        ),
    ),
    Table(
        "scenario_library",
        "ScenarioLibrary",
        Group.PRE_SOP,
        "Disruptions and chances to try, on your own data. Set Add to TRUE and press Add scenarios: each becomes a scenario of its own, to be changed as you like.",
        (
            key("template", "Name", Kind.TEXT),
            result("story", Kind.TEXT, "What happens"),
            result("would_change", Kind.TEXT, "What it would change here; or why it cannot be tried here"),
            typed("add", Kind.FLAG, "TRUE: the button adds it to the scenarios", default=False),
            typed("add_as", Kind.CODE, "Name of the scenario; blank takes that of the template"),
        ),
        optional=True,
    ),
    Table(
        "change_kinds",
        "ScenarioLibrary",
        Group.PRE_SOP,
        "What each kind of change means, for the rows of table scenario_changes.",
        (
            key("kind", "What changes"),
            result("target_names", Kind.TEXT, "What its target names"),
            result("value_means", Kind.TEXT, "What its value means"),
        ),
        starts=tuple({"kind": k.kind, "target_names": k.target, "value_means": k.value} for k in CHANGE_KINDS),
        optional=True,
    ),
)
