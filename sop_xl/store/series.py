"""Files of time series: a history to forecast from, and the forecast as a file of the same kind.

CSV cells are text: codes such as `007` keep their zeros, and dates are read later, year first. A decimal comma is
recognised by the values; a value such as `1,234`, which could be either, is asked about. The forecast is written with
the separator and the decimal mark of the history, so that the program the history came from reads it.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sop_xl.errors import BookError, InputError
from sop_xl.store.files import check_heading, opened_csv, readable
from sop_xl.store.mapping import near

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".csv.gz", ".parquet")

UNKNOWN = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None")
"""What programs write for an empty number, besides nothing."""

_WITH_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class SeriesColumns:
    """Which columns of a file hold the name of a series, the date or period number, and the values."""

    id: str = "unique_id"
    date: str = "ds"
    values: Sequence[str] = ("y",)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (self.id, self.date, *self.values)


@dataclass(frozen=True)
class Style:
    """How a CSV file is written: what parts its cells, and its decimal mark."""

    separator: str = ","
    decimal: str = "."


def ending(path: Path, others: Sequence[str] = ()) -> str:
    """The kind of a file of series, or a `BookError` that names the kinds there are."""
    known = (*ENDINGS, *others)
    found = next((e for e in known if path.name.lower().endswith(e)), None)
    if found is None:
        raise BookError(f"{path.name} is no file of series: its name must end with {', '.join(known)}")
    return found


def refuse_target(target: Path, sources: Iterable[Path]) -> None:
    """Raise where a forecast would be written over what it is made from, or cannot be written."""
    if not target.absolute().parent.is_dir():
        raise BookError(f"there is no folder {target.parent} to write {target.name} into")
    if target.is_dir():
        raise BookError(f"{target} is a folder; name a file")
    for source in sources:
        if target.exists() and source.exists() and target.samefile(source):
            raise InputError(f"{target} is the file that is read; name another one with --out")


def read_series(path: Path, columns: SeriesColumns, decimal: str | None = None) -> tuple[pd.DataFrame, Style]:
    """Read the named columns of a CSV or Parquet file, and tell how the file is written.

    Parameters
    ----------
    path
        `.csv`, `.csv.gz` (cells parted by comma, semicolon, tab or bar; UTF-8) or `.parquet`
    columns
        which columns to read; capitals and small letters are the same
    decimal
        "," or "."; None tells by the values

    Raises
    ------
    BookError : a file that cannot be read
    InputError : a missing column, or values whose decimal mark cannot be told

    """
    kind = ending(path)
    if not path.is_file():
        raise BookError(f"there is no file {path}")
    with readable(path):
        if kind == ".parquet":
            return _read_parquet(path, columns), Style()
        return _read_csv(path, columns, decimal)


def chosen(frame: pd.DataFrame, columns: SeriesColumns, where: str) -> pd.DataFrame:
    """The wanted columns of a frame, under the names asked for.

    >>> import pandas as pd
    >>> chosen(pd.DataFrame({"Item": ["007"], "ds": [1], "Y": [2.0]}), SeriesColumns("item"), "a.csv").columns.tolist()
    ['item', 'ds', 'y']
    """
    header = [str(name) for name in frame.columns]
    return frame.iloc[:, placed(where, header, columns)].set_axis(list(columns.names), axis=1)


def placed(where: str, header: Sequence[str], columns: SeriesColumns) -> list[int]:
    """Place of each wanted column in a heading, or an `InputError` that lists what is there."""
    by_lower = {name.lower(): place for place, name in enumerate(header)}
    twice = next((name for name in columns.names if columns.names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"the column {twice!r} is asked for twice; --id, --date and --value name different columns")
    for name in columns.names:
        if name.lower() not in by_lower:
            raise InputError(
                f"{where} has no column {name!r}{near(name, header)}; its columns are {', '.join(header[:12])}; name "
                "the ones to read with --id, --date and --value"
            )
    return [by_lower[name.lower()] for name in columns.names]


def _read_csv(path: Path, columns: SeriesColumns, decimal: str | None) -> tuple[pd.DataFrame, Style]:
    import pandas as pd

    with opened_csv(path) as (header, rows, separator):
        places = placed(path.name, header, columns)
        cells = _gathered(rows, places)
    ids = pd.Series(cells[0], dtype="str")
    frame = {columns.id: ids, columns.date: pd.Series(cells[1], dtype="str")}
    marks = set()
    for name, values in zip(columns.values, cells[2:], strict=True):
        text = pd.Series(values, dtype="str")
        text = text.mask(text.isin(UNKNOWN))
        mark = decimal or decimal_mark(text, name, separator)
        marks.add(mark)
        frame[name] = numbers(text, mark)
        wrong = (frame[name].isna() & text.notna()).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            cell = text.iloc[row]
            raise InputError(
                f"series {ids.iloc[row]!r} has {name} = {cell}, which is not a number (row {row + 1} of {path.name})"
            )
    return pd.DataFrame(frame), Style(separator, "," if "," in marks else ".")


def _gathered(rows: Iterable[list[str]], places: Sequence[int]) -> list[list[str | None]]:
    """The wanted cells column by column; equal names and dates share one text, which keeps a million rows small."""
    shared: dict[str, str] = {}
    cells: list[list[str | None]] = [[] for _ in places]
    targets = list(zip([column.append for column in cells], places, strict=True))
    for row in rows:
        for append, place in targets:
            cell = row[place]
            append(shared.setdefault(cell, cell) if cell else None)
    return cells


def decimal_mark(text: pd.Series, name: str, separator: str = ",") -> str:
    """The decimal mark of numbers written as text.

    Raises
    ------
    InputError : every mark could part thousands as well.

    >>> import pandas as pd
    >>> decimal_mark(pd.Series(["1200", "12,5", "1.200,5"]), "y", ";")
    ','

    """
    commas = text[text.str.contains(",", regex=False, na=False)]
    points = text[text.str.contains(".", regex=False, na=False)]
    if len(commas) and len(points):
        return "," if commas.str.contains(r"\..*,", regex=True).any() else "."
    for mark, marked in ((",", commas), (".", points)):
        if not len(marked) or (mark == "." and separator in ",|"):
            continue
        thousands = marked.str.fullmatch(rf"\s*-?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+\s*")
        if thousands.all():
            example = str(marked.iloc[0]).strip()
            raise InputError(
                f"column {name!r} has values such as {example}, which could be {example.replace(mark, '')} or "
                f"{example.replace(mark, '.', 1)}; say which with --decimal , or --decimal ."
            )
        return mark
    return "."


def numbers(text: pd.Series, decimal: str) -> pd.Series:
    """Numbers written as text, with or without marks between thousands; NaN where a cell is none.

    >>> import pandas as pd
    >>> numbers(pd.Series(["1.200,5", "7", "1.5"]), ",").tolist()
    [1200.5, 7.0, nan]
    """
    import pandas as pd

    thousands = "." if decimal == "," else ","
    if text.str.contains(thousands, regex=False, na=False).any():
        form = rf"\s*-?\d{{1,3}}({re.escape(thousands)}\d{{3}})+({re.escape(decimal)}\d+)?\s*"
        grouped = text.str.fullmatch(form, na=False)
        text = text.where(~grouped, text.str.replace(thousands, "", regex=False))
        text = text.mask(text.str.contains(thousands, regex=False, na=False))
    if decimal == ",":
        text = text.str.replace(",", ".", regex=False)
    return pd.to_numeric(text, errors="coerce").astype("float64")


def _read_parquet(path: Path, columns: SeriesColumns) -> pd.DataFrame:
    _needs_pyarrow(path)
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    try:
        header = list(parquet.read_schema(path).names)
        check_heading(path, header)
        wanted = [header[place] for place in placed(path.name, header, columns)]
        frame = parquet.read_table(path, columns=wanted).to_pandas(ignore_metadata=True)
    except arrow.ArrowException as error:
        raise BookError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    return chosen(frame, columns, path.name)


def _needs_pyarrow(path: Path) -> None:
    if find_spec("pyarrow") is None:
        raise BookError(
            f"{path.name} needs the package pyarrow, which is not installed: pip install 'sop-xl[parquet]', or use CSV"
        )


def writer_of(frame: pd.DataFrame, path: Path, style: Style) -> Callable[[IO[bytes]], None]:
    """What writes a forecast into an open file of the kind that `path` names.

    Dates are written as days where none has a time; numbers with ten significant digits.
    """
    kind = ending(path)
    if kind == ".parquet":
        _needs_pyarrow(path)
        mixed = {name: str for name in frame.columns if frame[name].dtype == object}
        return lambda stream: frame.astype(mixed).to_parquet(stream, index=False)

    def write(stream: IO[bytes]) -> None:
        dates = frame.select_dtypes("datetime")
        form = "%Y-%m-%d" if (dates == dates.apply(lambda day: day.dt.normalize())).all(axis=None) else _WITH_TIME
        raw = gzip.GzipFile("", "wb", fileobj=stream, mtime=0) if kind == ".csv.gz" else stream
        text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        frame.to_csv(
            text, index=False, sep=style.separator, decimal=style.decimal, date_format=form, float_format="%.10g",
            lineterminator="\n",
        )  # fmt: skip
        text.detach()
        if raw is not stream:
            raw.close()

    return write
