"""Which number is meant: a cell such as Consensus!H12, or a table with the values of its keys."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.explain_number.lines import word
from sop_xl.errors import InputError
from sop_xl.workbook.cells.headings import matched
from sop_xl.workbook.reading import Spot
from sop_xl.workbook.schema import Column, Role, Table
from sop_xl.workbook.tables import TABLES

_CELL = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Za-z]{1,3})\$?(\d{1,7})$")
_BARE = re.compile(r"^\$?[A-Za-z]{1,3}\$?\d{1,7}$")


@dataclass(frozen=True)
class Meant:
    """The number a question means: its table, the row of its frame, and the column."""

    table: Table
    row: Mapping[str, object]
    column: Column


def meant(question: str, frames: Mapping[str, pd.DataFrame], spots: Mapping[str, Spot]) -> Meant:
    """The number a question means, as typed on the sheet or in the terminal.

    `frames` keep the sheet's rows in their index; `spots` say where the tables stand. Raises `InputError`.
    """
    text = question.strip()
    if not text:
        raise InputError("name a cell, such as Consensus!H12, or a table and its keys: consensus item=A period=2020-05")
    if _BARE.match(text):
        raise InputError(f"{text} names no sheet; write it with its sheet, such as Consensus!{text}")
    if cell := _CELL.match(text):
        sheet = (cell[1] or cell[2]).replace("''", "'")
        return _at_cell(sheet, int(cell[4]), _column_number(cell[3]), text, frames, spots)
    try:
        first, *rest = shlex.split(text)
    except ValueError as error:
        raise InputError(f"{text} has a quote that does not close") from error
    keys = {}
    for part in rest:
        name, mark, value = part.partition("=")
        if not mark:
            raise InputError(f"{part!r} is not column=value; a value with spaces stands in quotes")
        keys[name.strip()] = value.strip()
    return by_keys(first, keys, frames)


def by_keys(name: str, keys: Mapping[str, str], frames: Mapping[str, pd.DataFrame]) -> Meant:
    """The number in the row of a table with these key values; `column` may name the column."""
    table = _table(name)
    wanted = dict(keys)
    column = _column(table, wanted.pop("column", ""))
    rows = frames[table.name].reset_index(drop=True)
    if rows.empty:
        raise InputError(
            f"table {table.name} (sheet {table.sheet}) has no rows; the step that fills it has not been run"
        )
    for given, value in wanted.items():
        found = next((c for c in table.frame_columns if given.casefold() in (c.name, c.label.casefold())), None)
        if found is None or found.role is not Role.KEY:
            raise InputError(f"table {table.name} has no key {given}; its keys are {', '.join(table.keys)}")
        shown = rows[found.name].map(lambda cell, c=found: _key_text(c, cell))
        inside = shown.str.casefold().eq(value.casefold())
        if not inside.any():
            near = get_close_matches(value, list(dict.fromkeys(shown)), n=3, cutoff=0.5)
            hint = f"; near it: {', '.join(near)}" if near else ""
            raise InputError(f"table {table.name} has no row with {found.name} {value}{_so_far(wanted, given)}{hint}")
        rows = rows[inside]
    if len(rows) > 1:
        left = [k for k in table.keys if rows[k].nunique() > 1]
        choices = "; ".join(f"{k} ({_choices(table.column(k), rows[k])})" for k in left)
        raise InputError(f"{len(rows)} rows of table {table.name} have these keys; say also {choices}")
    return Meant(table, {str(k): v for k, v in rows.iloc[0].items()}, column)


def _at_cell(
    sheet: str, row: int, column: int, text: str, frames: Mapping[str, pd.DataFrame], spots: Mapping[str, Spot]
) -> Meant:
    if not spots:
        raise InputError(f"cells cannot be found here; name the table and its keys instead of {text}, "
                         "such as: consensus item=A channel=B region=C period=2020-05")  # fmt: skip
    here = {n: s for n, s in spots.items() if s.sheet.casefold() == sheet.casefold()}
    if not here:
        sheets = dict.fromkeys(s.sheet for s in spots.values())
        near = get_close_matches(sheet, list(sheets), n=2, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise InputError(f"no sheet {sheet} of this book has a planning table{hint}")
    inside = {n: s for n, s in here.items() if s.row <= row and s.column <= column < s.column + len(s.header)}
    if not inside:
        raise InputError(f"{text} lies in no table; on sheet {sheet} stands {_places(here)}")
    name, spot = max(inside.items(), key=lambda found: found[1].row)
    if row == spot.row:
        raise InputError(f"{text} is the heading of table {name}; choose a cell below it")
    return _in_table(TABLES[name], spot, row, column - spot.column, text, frames[name])


def _in_table(table: Table, spot: Spot, row: int, at: int, text: str, frame: pd.DataFrame) -> Meant:
    rows = frame[frame.index == row]
    if rows.empty:
        raise InputError(f"{text} is blank: table {table.name} has no filled row {row}")
    heads = matched(table, spot.header)
    names = {position: name for name, position in heads.columns.items()}
    months = {position: label for label, position in heads.months.items()}
    if at in months and table.across is not None:
        month = rows[rows["period"].eq(periods.parse(months[at]))]
        if month.empty:
            raise InputError(f"{text} is blank: table {table.name} has no value there in {months[at]}")
        return Meant(table, {str(k): v for k, v in month.iloc[0].items()}, table.across)
    if at not in names:
        heading = spot.header[at]
        raise InputError(f'{text} stands in the column "{heading}", which a planner added; nothing is known about it')
    return Meant(table, {str(k): v for k, v in rows.iloc[0].items()}, table.column(names[at]))


def _table(name: str) -> Table:
    plain = name.casefold().removeprefix("tbl_")
    for table in TABLES.values():
        if plain == table.name:
            return table
    sheets = [t for t in TABLES.values() if t.sheet.casefold() == plain]
    if len(sheets) == 1:
        return sheets[0]
    if sheets:
        raise InputError(f"sheet {name} has the tables {', '.join(t.name for t in sheets)}; name one of them")
    near = get_close_matches(plain, list(TABLES), n=3, cutoff=0.5)
    raise InputError(f"there is no table {name}" + (f"; did you mean {' or '.join(near)}?" if near else ""))


def _column(table: Table, name: str) -> Column:
    if not name:
        numbers = [c for c in table.frame_columns if c.role is Role.RESULT and c.kind.is_number]
        rest = [c for c in table.frame_columns if c.role is not Role.KEY]
        return table.across or (numbers or rest or list(table.frame_columns))[0]
    for column in table.frame_columns:
        if name.casefold() in (column.name, column.label.casefold()):
            return column
    names = ", ".join(c.name for c in table.frame_columns)
    raise InputError(f"table {table.name} has no column {name}; its columns are {names}")


def _key_text(column: Column, value: object) -> str:
    return str(value) if column.kind.is_text else (word(column, value).replace(",", "") or "")


def _so_far(wanted: Mapping[str, str], last: str) -> str:
    before = [f"{k} {v}" for k, v in list(wanted.items())[: list(wanted).index(last)]]
    return f" among those with {', '.join(before)}" if before else ""


def _choices(column: Column, values: pd.Series) -> str:
    texts = list(dict.fromkeys(_key_text(column, v) or "blank" for v in values))
    return ", ".join(texts[:4]) + (f", ... {len(texts)} in all" if len(texts) > 4 else "")


def _places(here: Mapping[str, Spot]) -> str:
    return " and ".join(f"table {n} from {_letters(s.column)}{s.row}" for n, s in here.items())


def _column_number(letters: str) -> int:
    """The number of a column.

    >>> _column_number("A"), _column_number("ab")
    (1, 28)
    """
    out = 0
    for letter in letters.upper():
        out = out * 26 + ord(letter) - 64
    return out


def _letters(number: int) -> str:
    """The letters of a column.

    >>> _letters(28)
    'AB'
    """
    out = ""
    while number:
        number, rest = divmod(number - 1, 26)
        out = chr(65 + rest) + out
    return out
