"""The mapping file: which source column fills which column of which table.

One section per table of the plan, in TOML. A section either names a source table and its columns,

    [items]
    from = "products"
    columns = { item = "number", family = "subcategory" }
    constants = { unit = "EA" }
    where = "discontinued = '0'"

or holds a query, with the parameters of the cycle bound by name:

    [demand_history]
    sql = \"\"\"SELECT item, channel, region, month AS period, sum(quantity) AS quantity
             FROM order_lines WHERE order_date <= :as_of GROUP BY 1, 2, 3, 4\"\"\"

Without `columns` every source column is taken under its own name.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sop_xl.errors import BookError, InputError

_ENTRIES = ("from", "columns", "constants", "where", "sql")


@dataclass(frozen=True)
class TableMapping:
    """Where the rows of one table come from: a source table (`source`), or a query (`sql`)."""

    table: str
    source: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    sql: str = ""


@dataclass(frozen=True)
class SourceMapping:
    """A whole mapping file: the tables it fills, in its order, and the name it goes by in messages."""

    tables: tuple[TableMapping, ...]
    name: str = "mapping"


def read_mapping(path: Path, known_tables: Collection[str] | None = None) -> SourceMapping:
    """The mapping in a TOML file.

    `known_tables` are the tables a plan has; a section for any other is refused. Without it any name is taken.

    Raises BookError for a file that cannot be read as TOML, InputError for a section that says something impossible.
    """
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise BookError(f"there is no mapping file {path}; write one, or name it with --mapping") from None
    except OSError as error:
        raise BookError(f"the mapping file {path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BookError(f"the mapping file {path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise BookError(f"the mapping file {path} is not TOML: {error}") from None
    return mapping_from(sections, path.name, known_tables)


def mapping_from(
    sections: Mapping[str, Any], name: str = "mapping", known_tables: Collection[str] | None = None
) -> SourceMapping:
    """The mapping that a parsed TOML file (table name -> section) stands for.

    >>> mapping_from({"items": {"from": "products", "columns": {"item": "number"}}}).tables[0].source
    'products'
    """
    if not sections:
        raise InputError(f"{name} maps no table")
    for table in sections:
        if known_tables is not None and table not in known_tables:
            raise InputError(f"{name} fills a table {table!r} that a plan does not have{near(table, known_tables)}")
    return SourceMapping(tuple(_table_mapping(name, table, section) for table, section in sections.items()), name)


def near(word: str, choices: Iterable[str]) -> str:
    """A hint for a word that is not there: `; did you mean 'item'?`, or nothing.

    >>> near("itm", ["item", "family"])
    "; did you mean 'item'?"
    """
    by_lower = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""


def _table_mapping(name: str, table: str, section: Any) -> TableMapping:
    place = f"{name}, section [{table}]"
    if not isinstance(section, dict):
        raise InputError(f"{name}: {table!r} must be a section [{table}] with `from` or `sql`")
    for entry in section:
        if entry not in _ENTRIES:
            raise InputError(f"{place}: unknown entry {entry!r}{near(entry, _ENTRIES)}")
    sql, source = _text(place, section, "sql"), _text(place, section, "from")
    if bool(sql) == bool(source):
        raise InputError(f"{place}: give either `from` or `sql`")
    if sql and len(section) > 1:
        raise InputError(f"{place}: a query stands alone; put columns, constants and where into the `sql`")
    columns, constants = _dict(place, section, "columns"), _dict(place, section, "constants")
    for target, column in columns.items():
        if not isinstance(column, str):
            raise InputError(f"{place}: column {target!r} must name a source column, got {column!r}")
    both = sorted(set(columns) & set(constants))
    if both:
        raise InputError(f"{place}: {both[0]!r} is both a column and a constant")
    return TableMapping(table, source, columns, constants, _text(place, section, "where"), sql)


def _text(place: str, section: Mapping[str, Any], entry: str) -> str:
    value = section.get(entry, "")
    if not isinstance(value, str) or (entry in section and not value.strip()):
        raise InputError(f"{place}: {entry!r} must be text, got {value!r}")
    return value.strip()


def _dict(place: str, section: Mapping[str, Any], entry: str) -> dict[str, Any]:
    value = section.get(entry, {})
    if not isinstance(value, dict):
        raise InputError(f'{place}: {entry!r} must be like {{ item = "number" }}, got {value!r}')
    return value
