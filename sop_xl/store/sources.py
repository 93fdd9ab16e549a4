"""Gather: the one door by which anybody's data enters a plan.

A source is a folder of extracts or a database (any SQLAlchemy URL). A mapping file says which source columns fill
which table; both kinds of source are queried the same way, so a mapping tried on extracts works on the database they
came from.
Nothing is ever written to a source.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sop_xl.errors import BookError, InputError
from sop_xl.store.files import load_files, source_files
from sop_xl.store.mapping import SourceMapping, TableMapping, near, read_mapping

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection, Engine, TextClause
    from sqlalchemy.engine import Inspector

MAPPING_FILE = "mapping.toml"
"""The mapping looked for in a folder of extracts."""

_CONSTANT = "sop_constant_"
_READS = re.compile(r"\s*(--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|with)\b", re.IGNORECASE | re.DOTALL)


def gather(
    source: str | Path,
    mapping: SourceMapping | Path | None = None,
    parameters: Mapping[str, object] | None = None,
    known_tables: Collection[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Raw frames by table name, as the mapping finds them in a source.

    Parameters
    ----------
    source
        A folder of extracts (`.csv`, `.csv.gz`, `.parquet`), or a database URL such as `sqlite:///erp.db`.
    mapping
        A mapping, or the file it stands in; default `mapping.toml` in the folder.
    parameters
        Values a query may use by name (`:as_of`, `:first_day`, `:horizon_end` ...). Days are bound as ISO text where
        the source keeps days as text (a folder, SQLite).
    known_tables
        The tables a plan has; a mapping that fills any other is refused. None takes any name.

    Columns come as found: text stays text (a code, a formula-like cell `=1+1`), a number of a database stays a number,
    an empty cell is None. Typing them is the work of the workbook's declarations.

    Raises BookError for a source that cannot be read, InputError for a mapping that does not fit it.

    """
    chosen = _mapping(source, mapping, known_tables)
    engine, where = _opened(source, chosen)
    try:
        return _frames(engine, where, chosen, parameters or {})
    finally:
        engine.dispose()


def empty_tables(frames: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """A sentence for each table the source had no rows for.

    >>> import pandas as pd
    >>> empty_tables({"items": pd.DataFrame({"item": ["A"]}), "bom": pd.DataFrame({"assembly": []})})
    ("the source has no rows for the table 'bom'; look at its section of the mapping and at the as-of date",)
    """
    return tuple(
        f"the source has no rows for the table {name!r}; look at its section of the mapping and at the as-of date"
        for name, frame in frames.items()
        if frame.empty
    )


def _mapping(
    source: str | Path, mapping: SourceMapping | Path | None, known_tables: Collection[str] | None
) -> SourceMapping:
    if isinstance(mapping, SourceMapping):
        return mapping
    if mapping is None and _is_url(source):
        raise InputError("a database needs a mapping file; name it with --mapping")
    if not _is_url(source) and not Path(source).is_dir():
        raise BookError(f"there is no folder {source} to gather from")
    return read_mapping(Path(source) / MAPPING_FILE if mapping is None else mapping, known_tables)


def _is_url(source: str | Path) -> bool:
    return isinstance(source, str) and "://" in source


def _opened(source: str | Path, mapping: SourceMapping) -> tuple[Engine, str]:
    """The database behind a source, and what to call it in a message."""
    if _is_url(source):
        return _database(str(source))
    folder = Path(source)
    files = source_files(folder)
    names = {name.lower(): name for name in files}
    wanted: dict[str, None] = {}
    for section in mapping.tables:
        if section.source and section.source.lower() not in names:
            raise InputError(_no_file(folder, section, mapping.name, files))
        words = [section.source] if section.source else re.findall(r"\w+", section.sql)
        wanted |= {names[w.lower()]: None for w in words if w.lower() in names}
    return load_files(files, list(wanted)), str(folder)


def _no_file(folder: Path, section: TableMapping, name: str, files: Collection[str]) -> str:
    said = f"{name}, section [{section.table}]: there is no file {section.source}.csv, .csv.gz or .parquet in {folder}"
    if (folder / f"{section.source}.xlsx").exists():
        return f"{said}; {section.source}.xlsx is a workbook: save its sheet as `CSV UTF-8`"
    return said + near(section.source, files)


def _database(url: str) -> tuple[Engine, str]:
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import NullPool

    try:
        parsed = make_url(url)
        shown = parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() == "sqlite":
            _check_sqlite_file(parsed.database, shown)
        return create_engine(parsed, poolclass=NullPool), shown
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InputError(
            f"{url.rsplit('@', maxsplit=1)[-1]!r} is not a database URL; write one like sqlite:///erp.db or "
            "postgresql+psycopg://user@server/erp"
        ) from None
    except ImportError as error:
        raise BookError(f"the database {shown} needs the package {error.name}; install it") from None


def _check_sqlite_file(database: str | None, shown: str) -> None:
    """SQLite would make a new, empty file out of a typing mistake."""
    if database and database != ":memory:" and not database.startswith("file:") and not Path(database).is_file():
        raise BookError(f"there is no database file {database} ({shown})")


def _frames(
    engine: Engine, where: str, mapping: SourceMapping, parameters: Mapping[str, object]
) -> dict[str, pd.DataFrame]:
    from sqlalchemy import inspect
    from sqlalchemy.exc import DBAPIError

    try:
        connection = engine.connect()
    except DBAPIError as error:
        raise BookError(f"the database {where} cannot be reached: {_reason(error)}") from None
    with connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")
        if engine.dialect.name == "postgresql":
            connection.execution_options(postgresql_readonly=True)
        inspector = inspect(connection)
        bound = _bound(parameters, days_as_text=engine.dialect.name == "sqlite")
        frames = {
            section.table: _frame(connection, inspector, section, f"{mapping.name}, section [{section.table}]", bound)
            for section in mapping.tables
        }
        connection.rollback()
    return frames


def _bound(parameters: Mapping[str, object], *, days_as_text: bool) -> dict[str, object]:
    def value(given: object) -> object:
        day = given.date() if isinstance(given, datetime) else given
        return day.isoformat() if days_as_text and isinstance(day, date) else day

    return {name: value(given) for name, given in parameters.items()}


def _frame(
    connection: Connection, inspector: Inspector, section: TableMapping, place: str, parameters: Mapping[str, object]
) -> pd.DataFrame:
    import pandas as pd
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        query, values = _query(inspector, section, place, parameters)
        result = connection.execute(query, values)
        columns, rows = list(result.keys()), [tuple(row) for row in result]
    except DBAPIError as error:
        raise InputError(f"{place}: the database does not take the query: {_reason(error)}") from None
    except SQLAlchemyError as error:
        raise InputError(f"{place}: the query cannot be run: {str(error).splitlines()[0]}") from None
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise InputError(f"{place}: the query gives two columns called {twice[0]!r}")
    return pd.DataFrame(rows, columns=columns)


def _query(
    inspector: Inspector, section: TableMapping, place: str, parameters: Mapping[str, object]
) -> tuple[TextClause, dict[str, object]]:
    from sqlalchemy import text

    if section.sql and not _READS.match(section.sql):
        raise InputError(f"{place}: a query must start with SELECT or WITH; a source is only read")
    query = text(section.sql or _select(inspector, section, place))
    constants = {f"{_CONSTANT}{number}": value for number, value in enumerate(section.constants.values())}
    known = {**parameters, **constants}
    used = query.compile().params
    for name in used:
        if name not in known:
            raise InputError(f"{place}: there is no parameter :{name}; there are {_listed(parameters)}")
    return query, {name: known[name] for name in used}


def _listed(parameters: Mapping[str, object]) -> str:
    return ", ".join(f":{name}" for name in parameters) or "none"


def _select(inspector: Inspector, section: TableMapping, place: str) -> str:
    """The query of a section that names a source table and its columns."""
    schema, _, table = section.source.rpartition(".")

    def quote(name: str) -> str:
        return str(inspector.dialect.identifier_preparer.quote_identifier(name)).replace(":", "\\:")

    found = _columns(inspector, table, schema or None, place)
    by_lower = {column.lower(): column for column in found}
    wanted = section.columns or {column: column for column in found if column not in section.constants}
    for column in wanted.values():
        if column.lower() not in by_lower:
            raise InputError(f"{place}: {section.source!r} has no column {column!r}{near(column, found)}")
    parts = [f"{quote(by_lower[column.lower()])} AS {quote(target)}" for target, column in wanted.items()]
    parts += [f":{_CONSTANT}{number} AS {quote(target)}" for number, target in enumerate(section.constants)]
    origin = f"{quote(schema)}.{quote(table)}" if schema else quote(table)
    where = f" WHERE {section.where}" if section.where else ""
    return f"SELECT {', '.join(parts)} FROM {origin}{where}"


def _columns(inspector: Inspector, table: str, schema: str | None, place: str) -> list[str]:
    from sqlalchemy.exc import NoSuchTableError

    try:
        return [str(column["name"]) for column in inspector.get_columns(table, schema=schema)]
    except NoSuchTableError:
        there = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
        raise InputError(f"{place}: the source has no table {table!r}{near(table, there)}") from None


def _reason(error: Any) -> str:
    """What the database said, on one line."""
    return " ".join(str(error.orig).split()) or type(error.orig).__name__
