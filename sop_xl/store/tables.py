"""A folder of files as tables: every cell as it stands there, for the reader of the tables to judge."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl.errors import BookError
from sop_xl.store.files import read_rows, source_files

if TYPE_CHECKING:
    import pandas as pd


def read_folder(folder: Path, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The tables of these names that a folder holds: a CSV, compressed CSV or Parquet file each.

    Raises
    ------
    BookError
        If the folder or none of the tables is there, or a file cannot be read.

    """
    files = source_files(folder)
    found = {name: read_frame(files[name]) for name in names if name in files}
    if not found:
        raise BookError(f"{folder} holds none of the tables of a plan, such as items.csv, sources.csv and demand.csv")
    return found


def read_frame(path: Path) -> pd.DataFrame:
    """A file with every cell of a CSV as text; empty cells are missing.

    Raises
    ------
    BookError
        If it cannot be read.

    """
    import pandas as pd

    columns, rows = read_rows(path)
    return pd.DataFrame(rows, columns=columns, dtype=object)
