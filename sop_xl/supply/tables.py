"""Reading the tables of a plan: every check of a row, in the planner's words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import numpy as np
import pandas as pd

from sop_xl.errors import InputError

COLUMNS: dict[str, tuple[str, ...]] = {
    "items": ("item", "family", "standard_cost", "list_price"),
    "locations": ("location", "storage_limit"),
    "sources": (
        "item",
        "location",
        "kind",
        "supplier",
        "lead_time_days",
        "minimum",
        "multiple",
        "maximum",
        "cost",
        "share",
    ),
    "routings": ("item", "resource", "hours_per_unit"),
    "bom": ("assembly", "component", "quantity", "scrap"),
    "resources": ("resource", "location", "cost_per_hour", "overtime_cost_per_hour"),
    "capacity": ("resource", "measure", "period", "hours"),
    "stock": ("item", "location", "status", "quantity"),
    "receipts": ("item", "location", "due", "quantity"),
    "inventory_targets": ("item", "location", "target"),
    "demand": ("item", "location", "period", "quantity"),
}
"""Columns read of each table; the first tables are needed, the rest may be missing."""

NEEDED = ("items", "sources", "demand")

_OPTIONAL: dict[str, Mapping[str, str | float]] = {
    "items": {"family": "", "standard_cost": np.nan, "list_price": np.nan},
    "locations": {"storage_limit": np.nan},
    "sources": {"supplier": "", "minimum": 0.0, "multiple": 0.0, "maximum": np.nan, "cost": np.nan, "share": np.nan},
    "bom": {"scrap": 0.0},
    "resources": {"overtime_cost_per_hour": np.nan},
    "stock": {"status": "usable"},
}
"""What a column that is not there stands for."""

_KEYS: dict[str, tuple[str, ...]] = {
    "items": ("item",),
    "locations": ("location",),
    "sources": ("item", "location", "kind", "supplier"),
    "routings": ("item", "resource"),
    "bom": ("assembly", "component"),
    "resources": ("resource",),
    "capacity": ("resource", "measure", "period"),
    "stock": ("item", "location", "status"),
    "receipts": ("item", "location", "due"),
    "inventory_targets": ("item", "location"),
    "demand": ("item", "location", "period"),
}
"""Columns that name a row in a sentence."""

_UNIQUE = ("items", "locations", "sources", "routings", "bom", "resources", "capacity", "inventory_targets")


def read_table(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """One table with the columns a plan needs, sorted by its key; blanks of optional columns take their default."""
    if name not in tables:
        if name in NEEDED:
            raise InputError(f"a plan needs the table {name}")
        return pd.DataFrame({column: pd.Series(dtype=object) for column in COLUMNS[name]})
    frame = tables[name]
    columns = list(COLUMNS[name])
    if name == "demand" and "priority" in frame.columns:
        columns.append("priority")
    defaults = _OPTIONAL.get(name, {})
    missing = [c for c in columns if c not in frame.columns and c not in defaults]
    if missing:
        raise InputError(f"the table {name} has no column {missing[0]}")
    filled = frame.assign(**{c: v for c, v in defaults.items() if c not in frame.columns})[columns]
    keys = list(_KEYS[name])
    text = [k for k in keys if k not in ("period", "due")]
    filled = filled.assign(**{k: filled[k].astype(object).where(filled[k].notna(), "").astype(str) for k in text})
    if name in _UNIQUE and filled.duplicated(keys).any():
        raise InputError(f"{row_name(name, filled[filled.duplicated(keys)].iloc[0])} stands twice")
    return filled.sort_values(keys, kind="stable", ignore_index=True)


def row_name(table: str, row: Mapping[Hashable, object] | pd.Series) -> str:
    """How a row is named in a sentence.

    >>> row_name("bom", {"assembly": "A", "component": "B"})
    'bom, row A / B'
    """
    parts = []
    for column in _KEYS[table]:
        value = row[column]
        parts.append(f"{value:%Y-%m}" if isinstance(value, pd.Timestamp) else str(value))
    return f"{table}, row {' / '.join(part for part in parts if part)}"


def check_numbers(
    frame: pd.DataFrame, table: str, column: str, *, blank: bool = False, high: float = np.inf
) -> pd.Series:
    """The numbers of a column as floats; refuses what is negative, above `high`, or blank where it may not be."""
    numbers = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    words = column.replace("_", " ")
    if not blank and numbers.isna().any():
        raise InputError(f"{row_name(table, frame[numbers.isna()].iloc[0])}: {words} is missing")
    wrong = (numbers < 0) | (numbers > high) | np.isinf(numbers)
    if wrong.any():
        row = frame[wrong].iloc[0]
        bound = f"between 0 and {high:g}" if np.isfinite(high) else "0 or more"
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
