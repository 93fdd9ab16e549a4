"""One command for each button: the cycle in the order of the ribbon, each a thin call of what the terminal calls too.

A command takes a book and somewhere to report progress, and returns a message in plain words. What it cannot do it says
in the one sentence of a `PlanningError`; nothing is written then.
"""

from udfs.commands.doing import GROUPS, Progress

# the order of the ribbon
# isort: off
from udfs.commands.preparing import check_data, data_gathering, next_cycle, run_all, status
from udfs.commands.planning import apply_override_choices, demand_planning, supply_planning
from udfs.commands.reviewing import (
    add_scenarios,
    approve,
    execution,
    executive_sop,
    pre_sop,
    promote_scenario,
    reopen,
    take_options,
)
from udfs.commands.sharing import export_tables, freeze_copy, pack, summary
from udfs.commands.tools import about, explain_number, health_check, redo, rehearse, undo
# isort: on

__all__ = [
    "GROUPS",
    "Progress",
    "about",
    "add_scenarios",
    "apply_override_choices",
    "approve",
    "check_data",
    "data_gathering",
    "demand_planning",
    "execution",
    "executive_sop",
    "explain_number",
    "export_tables",
    "freeze_copy",
    "health_check",
    "next_cycle",
    "pack",
    "pre_sop",
    "promote_scenario",
    "redo",
    "rehearse",
    "reopen",
    "run_all",
    "status",
    "summary",
    "supply_planning",
    "take_options",
    "undo",
]
