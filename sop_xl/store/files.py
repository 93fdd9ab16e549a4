"""A folder of extracts as a database: every CSV, compressed CSV or Parquet file is a table of the same name.

CSV cells are text and stay text, so `007` keeps its zeros; an empty cell is NULL. Parquet columns keep their types,
with days as ISO text.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from sop_xl.errors import BookError

if TYPE_CHECKING:
    from sqlalchemy import Engine

_ENDINGS = (".csv", ".csv.gz", ".parquet")
_SEPARATORS = (",", ";", "\t", "|")


def source_files(folder: Path) -> dict[str, Path]:
    """The files of a folder that can be read as tables, by table name."""
    if not folder.is_dir():
        raise BookError(f"there is no folder {folder}")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        ending = next((e for e in _ENDINGS if path.name.lower().endswith(e)), None)
        if ending is None or not path.is_file():
            continue
        name = path.name[: -len(ending)]
        if name in found:
            raise BookError(f"{found[name].name} and {path.name} in {folder} would both be the table {name!r}")
        found[name] = path
    return found


def load_files(files: Mapping[str, Path], names: Collection[str]) -> Engine:
    """An in-memory database with a table for each of `names`."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            for name in names:
                columns, rows = read_rows(files[name])
                listed = ", ".join(_quoted(column) for column in columns)
                connection.exec_driver_sql(f"CREATE TABLE {_quoted(name)} ({listed})")
                marks = ", ".join("?" * len(columns))
                cursor = connection.connection.cursor()
                cursor.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", rows)
                cursor.close()
    except BaseException:
        engine.dispose()
        raise
    return engine


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def read_rows(path: Path) -> tuple[list[str], Sequence[tuple[Any, ...]]]:
    """Heading and rows of a CSV, compressed CSV or Parquet file; an empty cell is None."""
    with readable(path):
        return _read_parquet(path) if path.name.lower().endswith(".parquet") else _read_csv(path)


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is read into a sentence."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise BookError(
            f"{path} is not UTF-8 text (byte {error.start + 1} of a block is {error.object[error.start]:#04x}); "
            "save it again as `CSV UTF-8`"
        ) from None
    except (csv.Error, EOFError, gzip.BadGzipFile) as error:
        raise BookError(f"{path} cannot be read: {error}") from None
    except OSError as error:
        raise BookError(f"{path} cannot be read: {error.strerror or error}") from None


def _read_csv(path: Path) -> tuple[list[str], list[tuple[str | None, ...]]]:
    with opened_csv(path) as (columns, rows, _):
        return columns, [tuple(cell or None for cell in row) for row in rows]


@contextlib.contextmanager
def opened_csv(path: Path) -> Iterator[tuple[list[str], Iterator[list[str]], str]]:
    """The heading of a CSV file, its rows (each as wide as the heading), and what separates its cells."""
    with _opened(path) as lines:
        separator = max(_SEPARATORS, key=lines.readline().count)
        lines.seek(0)
        rows = csv.reader(lines, delimiter=separator, strict=True)
        columns = [column.strip() for column in next(rows, [])]
        check_heading(path, columns)
        yield columns, _cells(path, rows, len(columns)), separator


def _opened(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _cells(path: Path, reader: Any, width: int) -> Iterator[list[str]]:
    for row in reader:
        if len(row) == width:
            yield row
        elif row:
            raise BookError(f"line {reader.line_num} of {path} has {len(row)} cells where the heading has {width}")


def _read_parquet(path: Path) -> tuple[list[str], Sequence[tuple[Any, ...]]]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise BookError(f"{path} needs the package pyarrow to be read; install it, or save the file as CSV") from None
    except OSError:
        raise
    except Exception as error:
        raise BookError(f"{path} cannot be read as Parquet: {error}") from None
    check_heading(path, [str(column) for column in frame.columns])
    plain = frame.astype(object).where(frame.notna(), None)
    return [str(c) for c in frame.columns], [tuple(map(_plain, row)) for row in plain.itertuples(index=False)]


def _plain(value: Any) -> Any:
    """A cell as SQLite takes it: days as ISO text, TRUE and FALSE as in a CSV, numpy scalars as Python's own."""
    if isinstance(value, bool):
        return str(value).upper()
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return value.item() if hasattr(value, "item") else str(value)


def check_heading(path: Path, columns: list[str]) -> None:
    """Refuse a heading that is empty, has a blank, or a name twice."""
    if not columns:
        raise BookError(f"{path} is empty: its first line must hold the column names")
    if "" in columns:
        raise BookError(f"{path} has no heading over column {columns.index('') + 1}")
    seen: set[str] = set()
    for column in columns:
        if column.lower() in seen:
            raise BookError(f"{path} has two columns called {column!r}")
        seen.add(column.lower())
