"""Reading the tables of a plan: which columns there are, and every check of a row, in the planner's words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from sop_xl.errors import InputError

MONTHS = ("period", "due")
"""Columns that hold days."""


@dataclass(frozen=True)
class Form:
    """A table of a plan: the columns that name a row, the columns it must have, and what a missing column stands for.

    `once`: no key may stand twice. A key with a default may be left out or blank: a blank month is every month.
    """

    key: tuple[str, ...]
    needs: tuple[str, ...] = ()
    blank: Mapping[str, str | float] | None = None
    once: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(dict.fromkeys((*self.key, *self.needs, *(self.blank or {}))))


_SOURCE = ("item", "location", "kind", "supplier", "mode")

FORMS: dict[str, Form] = {
    "items": Form(
        ("item",),
        blank={"family": "", "standard_cost": np.nan, "list_price": np.nan, "volume": 1.0, "shelf_life_days": np.nan},
    ),
    "locations": Form(("location",), blank={"storage_limit": np.nan}),
    "sources": Form(
        _SOURCE,
        ("lead_time_days",),
        {
            "supplier": "", "mode": "", "minimum": 0.0, "multiple": 0.0, "maximum": np.nan, "cost": np.nan,
            "share": np.nan, "yield": 1.0, "setup_cost": 0.0, "currency": "",
        },
    ),
    "source_prices": Form((*_SOURCE, "period"), ("cost",), {"supplier": "", "mode": ""}),
    "routings": Form(
        ("item", "resource", "mode"), ("hours_per_unit",), {"mode": "", "setup_hours": 0.0, "offset_days": 0.0}
    ),
    "bom": Form(("assembly", "component", "mode"), ("quantity",), {"mode": "", "scrap": 0.0, "offset_days": 0.0}),
    "substitutes": Form(("item", "substitute", "location"), blank={"location": "", "quantity": 1.0, "cost": 0.0}),
    "resources": Form(
        ("resource",), ("location", "cost_per_hour"), {"overtime_cost_per_hour": np.nan, "shift_cost": 0.0}
    ),
    "capacity": Form(("resource", "measure", "period"), ("hours",)),
    "workforce": Form(
        ("resource",),
        ("workers", "hours_per_worker"),
        {
            "wage": 0.0, "hourly_wage": 0.0, "hiring_cost": 0.0, "layoff_cost": 0.0,
            "overtime_hours_per_worker": np.nan, "minimum": 0.0, "maximum": np.nan,
        },
    ),
    "stock": Form(("item", "location", "status"), ("quantity",), {"status": "usable"}, once=False),
    "receipts": Form(("item", "location", "due"), ("quantity",), once=False),
    "inventory_targets": Form(("item", "location", "period"), ("target",), {"period": np.nan}),
    "stock_limits": Form(("item", "location", "measure", "period"), ("quantity",), {"period": np.nan}),
    "supplier_limits": Form(("supplier", "measure", "period"), ("quantity",), {"period": np.nan}),
    "lanes": Form(
        ("supplier", "location", "mode"),
        blank={"mode": "", "maximum": np.nan, "truck_load": np.nan, "cost_per_truck": 0.0},
    ),
    "spend_limits": Form(("kind", "period"), ("amount",), {"period": np.nan}),
    "locks": Form((*_SOURCE, "period"), ("quantity",), {"supplier": "", "mode": ""}),
    "last_plan": Form((*_SOURCE, "period"), ("quantity",), {"supplier": "", "mode": ""}),
    "qualities": Form(("item", "quality"), ("value",)),
    "blends": Form(("item", "location", "quality"), blank={"minimum": np.nan, "maximum": np.nan}),
    "customer_classes": Form(
        ("class",), blank={"priority": np.nan, "short_policy": "", "backlog_rate": np.nan, "lost_rate": np.nan}
    ),
    "currencies": Form(("currency",), ("rate",)),
    "demand": Form(
        ("item", "location", "period"), ("quantity",), {"priority": np.nan, "class": "", "price": np.nan}, once=False
    ),
}  # fmt: skip
"""Every table a plan reads. `items`, `sources` and `demand` are needed; the others may be missing."""

NEEDED = ("items", "sources", "demand")

COLUMNS: dict[str, tuple[str, ...]] = {name: form.columns for name, form in FORMS.items()}
"""Columns read of each table."""


def read_table(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """One table with the columns a plan needs, sorted by its key; blanks of optional columns take their default."""
    form = FORMS[name]
    if name not in tables:
        if name in NEEDED:
            raise InputError(f"a plan needs the table {name}")
        return _empty(name)
    frame = tables[name]
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"the table {name} must be a frame, got {type(frame).__name__}")
    blank = form.blank or {}
    twice = [c for c in form.columns if (frame.columns == c).sum() > 1]
    if twice:
        raise InputError(f"the table {name} has the column {twice[0]} twice")
    missing = [c for c in form.columns if c not in frame.columns and c not in blank]
    if missing:
        raise InputError(f"the table {name} has no column {missing[0]}")
    filled = frame.assign(**{c: v for c, v in blank.items() if c not in frame.columns})[list(form.columns)]
    text = [c for c in form.columns if c not in MONTHS and (c in form.key or isinstance(blank.get(c), str))]
    filled = filled.assign(**{c: _text(filled[c]) for c in text})
    for column in set(form.key) & set(MONTHS):
        filled[column] = _days(filled, name, column)
    keys = list(form.key)
    for column in keys:
        gaps = filled[column].isna() if column in MONTHS else filled[column].eq("")
        if column not in blank and gaps.any():
            row = row_name(name, filled[gaps].iloc[0])
            raise InputError(f"{row}{gaps.argmax() + 1 if row.endswith(' ') else ''}: {column} is missing")
    if form.once and filled.duplicated(keys).any():
        raise InputError(f"{row_name(name, filled[filled.duplicated(keys)].iloc[0])} stands twice")
    return filled.sort_values(keys, kind="stable", ignore_index=True)


def typed(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables with months as days and numbers as numbers, where they came as text; what is neither stays."""
    found = dict(tables)
    for name in set(FORMS) & set(tables):
        form, frame = FORMS[name], tables[name]
        blank = form.blank or {}
        number = [c for c in form.columns if c not in form.key and not isinstance(blank.get(c), str)]
        months = {c: _days(frame, name, c) for c in MONTHS if c in frame}
        numbers = {c: pd.to_numeric(frame[c], errors="coerce") for c in number if c in frame and c not in months}
        readable = {c: n for c, n in numbers.items() if not (n.isna() & frame[c].notna()).any()}
        found[name] = frame.assign(**months, **readable)
    return found


@cache
def _empty(name: str) -> pd.DataFrame:
    """A table nobody gave: its columns without a row. It is shared and never written to."""
    return pd.DataFrame({c: pd.Series(dtype="datetime64[ns]" if c in MONTHS else object) for c in FORMS[name].columns})


def _text(column: pd.Series) -> pd.Series:
    """A column of codes as text, blank where there is none; a code read as a number is written without decimals."""
    if column.dtype == "str" and not column.hasnans:
        return column
    if pd.api.types.is_float_dtype(column.dtype):
        return column.map(lambda code: f"{code:.15g}", na_action="ignore").astype(object).where(column.notna(), "")
    return column.astype(object).where(column.notna(), "").astype(str)


def _days(frame: pd.DataFrame, table: str, column: str) -> pd.Series:
    """A column of days; a time zone is dropped, and what is no day, as a number, is refused."""
    raw = frame[column]
    if isinstance(raw.dtype, pd.DatetimeTZDtype):
        raw = raw.dt.tz_localize(None)
    words = raw
    if not pd.api.types.is_datetime64_dtype(raw.dtype):
        words = raw.astype(object).where(raw.map(lambda value: not isinstance(value, (int, float, np.number))))
    try:
        days = pd.to_datetime(words, errors="coerce", format="mixed").astype("datetime64[ns]")
    except (ValueError, TypeError):
        raise InputError(f"the table {table} has a {column} that is no date") from None
    unread = days.isna() & raw.notna()
    if unread.any():
        row = frame[unread].iloc[0]
        where = " / ".join(str(row[c]) for c in FORMS[table].key if c in row and c != column and row[c] != "")
        raise InputError(f"the table {table} has a {column} that is no date: {row[column]!r} in row {where}")
    return days


def row_name(table: str, row: Mapping[Hashable, object] | pd.Series) -> str:
    """How a row is named in a sentence.

    >>> row_name("bom", {"assembly": "A", "component": "B", "mode": ""})
    'bom, row A / B'
    """
    parts = []
    for column in FORMS[table].key:
        value = row[column]
        if isinstance(value, pd.Timestamp):
            parts.append(f"{value:%Y-%m}")
        elif value is not pd.NaT:
            parts.append(str(value))
    return f"{table}, row {' / '.join(part for part in parts if part)}"


def check_numbers(
    frame: pd.DataFrame, table: str, column: str, *, blank: bool = False, low: float = 0.0, high: float = np.inf
) -> pd.Series:
    """The numbers of a column as floats; refuses what lies outside of its bounds, or is blank where it may not be."""
    if frame.empty:
        return pd.Series(dtype="float64")
    raw = frame[column]
    numbers = pd.to_numeric(raw if raw.dtype.kind != "c" else raw.astype(str), errors="coerce").astype("float64")
    words = column.replace("_", " ")
    unread = numbers.isna() & raw.notna()
    if unread.any():
        row = frame[unread].iloc[0]
        raise InputError(f"{row_name(table, row)}: {words} must be a number, got {row[column]!r}")
    if not blank and numbers.isna().any():
        raise InputError(f"{row_name(table, frame[numbers.isna()].iloc[0])}: {words} is missing")
    wrong = (numbers < low) | (numbers > high) | np.isinf(numbers)
    if wrong.any():
        row = frame[wrong].iloc[0]
        if np.isfinite(high):
            bound = f"between {low:g} and {high:g}"
        else:
            bound = f"{low:g} or more" if np.isfinite(low) else "a number"
        raise InputError(f"{row_name(table, row)}: {words} must be {bound}, got {numbers[wrong].iloc[0]:g}")
    return numbers


def check_known(
    frame: pd.DataFrame, table: str, column: str, known: Mapping[str, object] | set[str], what: str
) -> None:
    """Refuse a code that its own table does not have."""
    unknown = ~frame[column].isin(list(known))
    if unknown.any():
        row = frame[unknown].iloc[0]
        raise InputError(f"{row_name(table, row)}: there is no {what} {row[column]!r}")


def check_choice(frame: pd.DataFrame, table: str, column: str, choices: tuple[str, ...]) -> None:
    """Refuse a value outside the choices of a column."""
    wrong = ~frame[column].isin(choices)
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise InputError(f"{row_name(table, row)}: {column} must be {', '.join(choices)}, got {row[column]!r}")


def check_bom(uses: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a bill of materials in which an item goes into itself.

    Parameters
    ----------
    uses
        Components of each assembly.

    >>> check_bom({"A": ("B",), "B": ("C", "A")})
    Traceback (most recent call last):
        ...
    sop_xl.errors.InputError: the bill of materials runs in a circle: A -> B -> A

    """
    done: set[str] = set()
    for root in sorted(uses):
        path: list[str] = []
        stack: list[Iterator[str]] = [iter((root,))]
        while stack:
            item = next(stack[-1], None)
            if item is None:
                stack.pop()
                if path:
                    done.add(path.pop())
            elif item in path:
                raise InputError(
                    f"the bill of materials runs in a circle: {' -> '.join([*path[path.index(item) :], item])}"
                )
            elif item not in done:
                path.append(item)
                stack.append(iter(sorted(uses.get(item, ()))))
