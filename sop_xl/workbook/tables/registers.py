"""Registers of the meeting: actions, agenda, who does what, and when in the month it is due."""

from __future__ import annotations

from typing import Any

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import key, result, typed

PRE_SOP_MEETING, EXECUTIVE_MEETING = "Pre-S&OP", "Executive S&OP"


def _points(meeting: str, *points: tuple[float, str, str, str]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "meeting": meeting,
            "number": float(number),
            "minutes": minutes,
            "point": point,
            "leads": leads,
            "sheet": sheet,
        }
        for number, (minutes, point, leads, sheet) in enumerate(points, start=1)
    )


_AGENDA = (
    *_points(
        PRE_SOP_MEETING,
        (5.0, "Actions and decisions of the last cycle", "S&OP lead", "Actions"),
        (10.0, "What has changed since the last plan, and why", "Demand planner", "DemandReview"),
        (10.0, "Assumptions that end or have changed", "Demand planner", "Risks"),
        (15.0, "Supply: load, stock against targets, limits", "Supply planner", "SupplyReview"),
        (30.0, "Gaps, worst money first: options and recommendation", "Supply planner", "Gaps"),
        (15.0, "Scenarios side by side", "S&OP lead", "PreSOP"),
        (10.0, "Money: plan against budget", "Finance", "Executive"),
        (10.0, "Risks and opportunities", "S&OP lead", "Risks"),
        (15.0, "Decisions to ask of the executives", "S&OP lead", "Decisions"),
    ),
    *_points(
        EXECUTIVE_MEETING,
        (5.0, "Scorecard", "S&OP lead", "Scorecard"),
        (10.0, "Plan against budget, and what must be true", "Finance", "Executive"),
        (25.0, "Decisions asked, one by one", "S&OP lead", "Decisions"),
        (10.0, "Risks and opportunities that are not in the plan", "S&OP lead", "Risks"),
        (10.0, "Approval of the plan", "Chief executive", "Decisions"),
    ),
)

_ROLES = ("demand_planner", "supply_planner", "sales", "operations", "finance", "executives")
_RACI = (
    ("History, master data and stock are right", "R", "R", "C", "A", "C", ""),
    ("Statistical forecast", "A", "I", "I", "", "", ""),
    ("Inputs and overrides of the departments", "R", "", "A", "", "C", ""),
    ("Unconstrained demand plan", "R", "I", "A", "I", "C", ""),
    ("Inventory targets", "C", "R", "C", "A", "C", "I"),
    ("Supply plan", "C", "R", "I", "A", "I", ""),
    ("Gaps closed, options costed", "R", "R", "C", "A", "C", "I"),
    ("Plan in money", "C", "C", "C", "C", "A", "I"),
    ("Plan approved", "I", "I", "C", "C", "C", "A"),
    ("Plan followed up", "R", "R", "C", "A", "I", "I"),
)

_DAYS = (
    (2.0, "Data Gathering", "Actuals, stock and orders gathered; issues open no more", "Supply planner"),
    (4.0, "Demand Planning", "Last day for inputs and overrides", "Sales"),
    (6.0, "Demand Planning", "Unconstrained demand plan agreed", "Demand planner"),
    (9.0, "Supply Planning", "Plan balanced, shortages explained", "Supply planner"),
    (11.0, "Pre-S&OP", "Pack sent round", "S&OP lead"),
    (12.0, "Pre-S&OP", "Pre-S&OP meeting", "S&OP lead"),
    (15.0, "Executive S&OP", "Executive meeting; plan approved", "Chief executive"),
    (16.0, "Execution", "Orders released; next cycle opens after month end", "Operations"),
)

REGISTERS = (
    Table(
        "actions",
        "Actions",
        Group.PRE_SOP,
        "Who does what by when. What is not closed is carried to the next cycle.",
        (
            key("action", "Number or short name"),
            typed("says", Kind.TEXT, "What is to be done"),
            typed("owner", Kind.TEXT, "Who does it"),
            typed("due", Kind.DATE, "By when", unit="date"),
            typed(
                "status", Kind.CODE, "open, in work or closed", choices=("open", "in work", "closed"), default="open"
            ),
            typed("about", Kind.TEXT, "The gap, risk, decision or item it is about"),
            typed("raised", Kind.CODE, "Cycle in which it was raised"),
            typed("outcome", Kind.TEXT, "What came of it"),
        ),
        optional=True,
    ),
    Table(
        "due_this_cycle",
        "Actions",
        Group.PRE_SOP,
        "What ends or falls due before the end of the first planned month, of every register.",
        (
            key("register", "override, assumption, risk, decision, action or order fixed by a person", Kind.TEXT),
            key("name", "Which"),
            result("owner", Kind.TEXT, "Whose it is"),
            result("due", Kind.DATE, "Day it ends or is due; blank is the end of the cycle", unit="date"),
            result("state", Kind.TEXT, "overdue, due or ends"),
            result("about", Kind.TEXT, "In a sentence"),
        ),
        optional=True,
    ),
    Table(
        "agenda",
        "Agenda",
        Group.PRE_SOP,
        "The meetings point by point. Change it to your own.",
        (
            key("meeting", "Meeting", Kind.TEXT),
            key("number", "Order of the points", Kind.INTEGER),
            typed("point", Kind.TEXT, "What is talked about"),
            typed("minutes", Kind.NUMBER, "Time given to it", unit="minutes", low=0, high=600),
            typed("leads", Kind.TEXT, "Who leads it"),
            typed("sheet", Kind.TEXT, "Sheet that is shown"),
        ),
        starts=_AGENDA,
        optional=True,
    ),
    Table(
        "raci",
        "Agenda",
        Group.PRE_SOP,
        "Who does it (R), answers for it (A, one only), is asked (C), is told (I).",
        (
            key("task", "Task", Kind.TEXT),
            *(
                typed(role, Kind.CODE, f"Part of the {role.replace('_', ' ')}", choices=("R", "A", "C", "I"))
                for role in _ROLES
            ),
        ),
        starts=tuple(dict(zip(("task", *_ROLES), row, strict=True)) for row in _RACI),
        optional=True,
    ),
    Table(
        "cycle_calendar",
        "Agenda",
        Group.PRE_SOP,
        "When in the month what is due, in working days after the last day of history.",
        (
            key("day", "Working day", Kind.INTEGER, unit="days", low=1, high=31),
            key("milestone", "What is done then", Kind.TEXT),
            typed("step", Kind.TEXT, "Step of the cycle"),
            typed("owner", Kind.TEXT, "Who answers for it"),
            result("date", Kind.DATE, "The day in this cycle, weekends left out", unit="date"),
            result("state", Kind.TEXT, "done, due, overdue or ahead"),
        ),
        starts=tuple(dict(zip(("day", "step", "milestone", "owner"), row, strict=True)) for row in _DAYS),
        optional=True,
    ),
)
