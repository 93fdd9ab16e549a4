"""What Excel is told of the functions, and the bridge of functions, commands and tables: generated from the registry.

References
----------
[1] Microsoft, Office Add-ins: Manually create JSON metadata for custom functions.

"""

from __future__ import annotations

import re
from typing import Any

from sop_xl.workbook.tables import TABLES
from udfs.commands import GROUPS
from udfs.functions import by_group
from udfs.registry import COMMANDS, PREFIX, Command, Function

REST = "more"
"""Name of the argument that may be repeated."""


def functions() -> list[Function]:
    """Every function, by group."""
    return [spec for group in by_group().values() for spec in group]


def commands() -> list[Command]:
    """Every command that needs neither the planner's name nor disk, in the order of the ribbon."""
    groups = [*GROUPS, *dict.fromkeys(spec.group for spec in COMMANDS.values() if spec.group not in GROUPS)]
    return [spec for group in groups for spec in COMMANDS.values() if spec.group == group and not spec.local]


def spelled(text: str) -> str:
    """A text with the names of functions as they are spelled here.

    >>> spelled("SOP_METHODS lists them")
    'SOP.METHODS lists them'
    """
    return re.sub(rf"\b{PREFIX}_(?=[A-Z])", f"{PREFIX}.", text)


def functions_json(base: str) -> dict[str, Any]:
    """The metadata of custom functions, as in [1].

    Arguments are of type `any`: a wrong one then gets the sentence that says what is wrong, not Excel's bare #VALUE!.

    Parameters
    ----------
    base
        Address of the add-in, for the help of each function.

    """
    return {
        "allowErrorForDataTypeAny": True,
        "functions": [
            {
                "id": spec.name,
                "name": spec.name,
                "description": spelled(spec.says),
                "helpUrl": f"{base}/help.html#{spec.name}",
                "result": {"type": "any", "dimensionality": "matrix"},
                "parameters": _parameters(spec),
                "options": {"cancelable": True, "requiresAddress": True},
            }
            for spec in functions()
        ],
    }


def _parameters(spec: Function) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for argument in spec.arguments:
        shape = "scalar" if argument.kind.shape == "cell" else "matrix"
        parameter = {
            "name": argument.name,
            "description": spelled(argument.help),
            "type": "any",
            "dimensionality": shape,
        }
        found.append(parameter | ({"optional": True} if argument.optional else {}))
    if spec.more:
        says = "The arguments that follow"
        found.append({"name": REST, "description": says, "type": "any", "dimensionality": "matrix", "repeating": True})
    return found


def bridge_data() -> dict[str, Any]:
    """What the bridge and the task pane need to know."""
    return {
        "prefix": PREFIX,
        "functions": [
            {"id": spec.name, "repeating": spec.more, "parameters": len(spec.arguments)} for spec in functions()
        ],
        "commands": [
            {
                "name": spec.name,
                "group": spec.group,
                "label": spec.label,
                "says": spec.says,
                "large": spec.large,
                "needsBook": spec.needs_book,
            }
            for spec in commands()
        ],
        "tables": [table.excel_name for table in TABLES.values()],
        "steps": TABLES["steps"].excel_name,
        "stepColumns": [TABLES["steps"].column(name).label for name in ("step", "status", "says")],
    }
