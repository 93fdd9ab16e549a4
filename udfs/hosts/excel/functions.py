"""Functions as Excel for Windows calls them over COM: one Python function for each, under its name in Excel.

xlwings' decorators are put on from the registry; off Windows they do nothing. Cells come in as xlwings reads them, and
an error goes out as a text with a mark before it, which the add-in turns into a true error of the cell: xlwings itself
can neither take an error in nor give one out.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import xlwings

import udfs.functions  # noqa: F401 (declares them)
from udfs.cells import BAD_ARGUMENT, ERRORS, CellError, Rows, rows_of
from udfs.registry import FUNCTIONS, Function, call

MARK = "\x01"
"""What stands before an error on its way to a cell."""

_UNNAMED_ERRORS = range(-2_146_826_300, -2_146_826_200)
"""Errors that xlwings has no name for come as such a number: #SPILL!, #CALC! and their like."""


def answered(spec: Function, cells: tuple[Any, ...]) -> Rows:
    r"""The cells a function shows, errors as marked texts; never an exception.

    >>> answered(FUNCTIONS["EOQ"], (1200, 50, 3)), answered(FUNCTIONS["EOQ"], (1200, 50, 0))
    ([[200.0]], [['\x01#VALUE!']])
    """
    try:
        shown = call(spec.name, [taken(value) for value in cells])
    except CellError as error:
        return [[f"{MARK}{error.kind}"]]
    except Exception:  # whatever it is, the cell shows an error and the log says why
        logging.getLogger("sop_xl").exception("%s failed", spec.excel_name)
        return [[f"{MARK}{BAD_ARGUMENT}"]]
    return [[f"{MARK}{cell.kind}" if isinstance(cell, CellError) else cell for cell in row] for row in shown]


def taken(value: Any) -> Any:
    """Cells as xlwings reads them, as the functions know them: errors are errors, currency is a number.

    >>> taken([[Decimal("1.5"), "#N/A"]]), taken([["text"]])
    ([[1.5, CellError('')]], 'text')
    """
    if value is None:
        return None
    rows = [[_cell(cell) for cell in row] for row in rows_of(value)]
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows


def _cell(cell: Any) -> Any:
    if isinstance(cell, str) and cell in ERRORS:
        return CellError(cell, "")
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, int) and not isinstance(cell, bool) and cell in _UNNAMED_ERRORS:
        return CellError(BAD_ARGUMENT, "")
    return cell


def over_com(spec: Function, host: Any = xlwings) -> Callable[..., Rows]:
    """A function with the signature, the name and the decorators of xlwings.

    Parameters
    ----------
    spec
        The function.
    host
        What has the decorators `func`, `arg` and `ret`: xlwings.

    """

    def run(*cells: Any) -> Rows:
        return answered(spec, cells)

    kinds = inspect.Parameter
    named = [
        kinds(a.name, kinds.POSITIONAL_OR_KEYWORD, default=None if a.optional else kinds.empty) for a in spec.arguments
    ]
    rest = [kinds("further", kinds.VAR_POSITIONAL)] if spec.more else []
    run.__name__ = run.__qualname__ = spec.excel_name
    run.__doc__ = spec.says
    run.__signature__ = inspect.Signature([*named, *rest])  # type: ignore[attr-defined]
    run.__annotations__ = {}
    made: Any = run
    helps = {a.name: a.help for a in spec.arguments} | ({"further": "Further arguments"} if spec.more else {})
    for name, text in helps.items():
        made = host.arg(name, doc=text, ndim=2, err_to_str=True)(made)
    declared: Callable[..., Rows] = host.func(category=f"S&OP {spec.group}")(made)
    return declared


for _spec in FUNCTIONS.values():
    globals()[_spec.excel_name] = over_com(_spec)
