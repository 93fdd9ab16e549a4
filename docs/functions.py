"""The reference of functions and buttons, made from their declarations.

    python docs/functions.py

Writes `docs/reference/functions.md`; a test keeps it up to date. Every result and explanation on it is computed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from udfs import commands, functions
from udfs.cells import CellError, Rows, rows_of, text_of
from udfs.registry import COMMANDS, Argument, Function, answer, call

PAGE = Path(__file__).parent / "reference" / "functions.md"
LONGEST = 24
"""Rows of a result that are shown."""

INTRODUCTION = """\
# Functions and buttons

<!-- made by docs/functions.py from the declarations in udfs/; do not edit -->

In Excel and LibreOffice Calc a function is called `SOP_X`, over Office.js `SOP.X`. All hosts answer alike.

- **Direction.** A history in a row gives a forecast in a row, one in a column a forecast in a column. A block holds one
  series a row, periods across.
- **Ranges.** Where an argument is a plain number, a range may stand as well: one cell then answers for a whole list.
- **Blank is not zero.** A blank cell is unknown; blanks at the end of a history are no demand. What cannot be known
  shows `#N/A`.
- **Arguments in [brackets]** may be left out and take their default.
- **Errors** are true errors of the cell: `#VALUE!` for an argument that cannot be used, `#N/A` for too little data,
  `#NUM!` where there is no number. An error that comes in goes out unchanged.
  `=SOP_EXPLAIN("FORECAST", B5:AK5, 12)` says why, and what was done.
- **Spilling.** Results of more than one cell spill. Leave room for them.
- Functions never change a cell but their own, are not volatile, and give the same answer to the same input.
"""


def page() -> str:
    """The whole page."""
    groups = functions.by_group()
    parts = [
        INTRODUCTION,
        "\n".join(f"- [{group}](#{_anchor(group)}): {_names(specs)}" for group, specs in groups.items()),
    ]
    for group, specs in groups.items():
        parts.append(f"## {group}")
        parts += [_function(spec) for spec in specs]
    return "\n\n".join([*parts, _buttons()]) + "\n"


def formula(spec: Function) -> str:
    """The example as it is typed into a cell.

    >>> formula(functions.by_group()["Inventory"][0])
    '=SOP_SAFETY_STOCK(2500, 500, 7, 0.9, 7)'
    """
    return f"={spec.excel_name}({', '.join(_typed(value) for value in spec.example.arguments)})"


def _function(spec: Function) -> str:
    says = [f"### {spec.excel_name}", f"`{_syntax(spec)}`", spec.says]
    if spec.details:
        says.append(" ".join(spec.details.split()))
    if spec.arguments:
        rows = ["| Argument | What | Unit | Default |", "|---|---|---|---|", *(_argument(a) for a in spec.arguments)]
        says.append("\n".join(rows))
    says.append(f"Returns {spec.returns}.")
    says.append(f"```\n{formula(spec)}\n{_shown(call(spec.name, spec.example.arguments), spec.example.digits)}\n```")
    explained = answer(spec.name, spec.example.arguments).says
    if explained:
        says.append("`SOP_EXPLAIN` says:\n" + "\n".join(f"- {_cell(sentence)}" for sentence in explained))
    return "\n\n".join(says)


def _syntax(spec: Function) -> str:
    names = [f"[{a.name}]" if a.optional else a.name for a in spec.arguments]
    return f"{spec.excel_name}({', '.join([*names, *(['...'] if spec.more else [])])})"


def _argument(argument: Argument) -> str:
    default = "" if not argument.optional or argument.default is None else text_of(argument.default)
    return f"| {argument.words} | {_cell(argument.kind.says)} | {argument.kind.unit} | {default} |"


def _typed(value: Any) -> str:
    """Cells as a formula has them: a number, a text, or an array; a blank of an array is an empty text."""
    if not isinstance(value, list | tuple):
        return "" if value is None else _constant(value)
    return "{" + "; ".join(", ".join(_constant(cell) for cell in row) for row in rows_of(value)) + "}"


def _constant(cell: Any) -> str:
    if cell is None:
        return '""'
    return f'"{cell}"' if isinstance(cell, str) else text_of(cell)


def _shown(rows: Rows, digits: int) -> str:
    """Cells of a result in columns, to as many digits as the example is exact to."""
    texts = [[_result(cell, max(digits, 3)) for cell in row] for row in rows[:LONGEST]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))]
    alone = len(widths) == 1
    lines = ["  ".join(t if alone else t.rjust(w) for t, w in zip(row, widths, strict=True)) for row in texts]
    return "\n".join(lines)


def _result(cell: Any, digits: int) -> str:
    if isinstance(cell, CellError):
        return cell.kind
    return f"{cell:.{digits}g}" if isinstance(cell, float) and abs(cell) < 1e6 else text_of(cell)


def _buttons() -> str:
    rows = ["| Group | Button | Key | What it does |", "|---|---|---|---|"]
    for group in commands.GROUPS:
        rows += [
            f"| {group} | {spec.label} | {spec.key_tip} | {_cell(spec.says)} |"
            for spec in COMMANDS.values()
            if spec.group == group
        ]
    return (
        "## Buttons\n\nThe tab S&OP has a button for every step and what goes with it. "
        "A run writes all of its results or nothing.\n\n" + "\n".join(rows)
    )


def _names(specs: list[Function]) -> str:
    return ", ".join(f"[{spec.name}](#{_anchor(spec.excel_name)})" for spec in specs)


def _anchor(heading: str) -> str:
    """How a page is linked to a heading."""
    return heading.lower().replace(" ", "-")


def _cell(text: str) -> str:
    """Text in a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
