"""Examples of functions laid out on a sheet of Calc."""

from __future__ import annotations

import math
from datetime import date

from udfs.cells import CellError, rows_of, serial_of, to_cells
from udfs.hosts.calc.parts import FUNCTIONS_SERVICE, uno_name

FAR = 100
"""The column the result stands in, right of every argument."""


def column_name(at):
    """The letters of a column, counted from 0."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def area(left, top, rows, columns):
    """A range such as B2:C4."""
    first, last = f"{column_name(left)}{top + 1}", f"{column_name(left + columns - 1)}{top + rows}"
    return first if first == last else f"{first}:{last}"


def typed(cell):
    """A cell as it is put on the sheet."""
    return serial_of(cell) if isinstance(cell, date) else cell


def laid_out(calc, arguments):
    """Put arguments on the first sheet, one beside the other; their ranges."""
    left, found = 0, []
    for argument in arguments:
        rows = rows_of(argument)
        width = max(len(row) for row in rows)
        calc.put(0, f"{column_name(left)}1", [[typed(cell) for cell in row] for row in rows])
        found.append("" if rows == [[None]] else area(left, 0, len(rows), width))
        left += width + 1
    return found


def known_name(name):
    """The name of a function as Calc keeps it."""
    return f"{FUNCTIONS_SERVICE}.{uno_name(name)}".upper()


def formula(name, ranges):
    """A formula as Calc keeps it."""
    return f"{known_name(name)}({';'.join(ranges)})"


def same(shown, wanted, digits):
    """Whether a cell of Calc shows what a function gave."""
    if isinstance(wanted, CellError):
        return shown == {"error": wanted.kind}
    if wanted in (None, ""):
        return shown in (None, "")
    if isinstance(wanted, bool | int | float) and isinstance(shown, float):
        return math.isclose(shown, float(wanted), rel_tol=10.0**-digits, abs_tol=10.0**-digits)
    return shown == wanted


def alike(shown, result, digits=6):
    """Whether cells of Calc show what a function gave."""
    wanted = to_cells(result)
    return [len(row) for row in shown] == [len(row) for row in wanted] and all(
        same(a, b, digits)
        for got, expected in zip(shown, wanted, strict=True)
        for a, b in zip(got, expected, strict=True)
    )
