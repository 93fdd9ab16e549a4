"""The names of functions in an .xlsx that LibreOffice saved, as Excel knows them.

A Calc older than 24.8 writes the name it keeps a function by (`ORG.SOPXL.FUNCTIONS.EOQ`), which Excel does not know.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path
from typing import IO

from sop_xl.errors import BookError, InputError
from udfs.hosts.calc.parts import FUNCTIONS_SERVICE, uno_name
from udfs.registry import FUNCTIONS

_KEPT_NAME = re.compile(re.escape(f"{FUNCTIONS_SERVICE}.").encode() + rb"(\w+)(?=\s*\()", re.IGNORECASE)
_FORMULA = re.compile(rb"<f\b[^>]*>.*?</f>", re.DOTALL)


def repaired(sheet: bytes) -> tuple[bytes, int]:
    """A sheet's XML with Excel's names in its formulas, and how many were changed.

    >>> repaired(b"<c><f>2*ORG.SOPXL.FUNCTIONS.EOQ(A1,B1)</f><v>1</v></c>")
    (b'<c><f>2*SOP_EOQ(A1,B1)</f><v>1</v></c>', 1)
    """
    names = {uno_name(spec.name).casefold(): spec.excel_name for spec in FUNCTIONS.values()}
    count = 0

    def named(found: re.Match[bytes]) -> bytes:
        nonlocal count
        name = names.get(found[1].decode().casefold())
        count += name is not None
        return found[0] if name is None else name.encode()

    return _FORMULA.sub(lambda formula: _KEPT_NAME.sub(named, formula[0]), sheet), count


def repair(book: Path) -> str:
    """Give the functions in a workbook Excel's names; what was done, in a sentence. The file as it was is kept.

    Raises
    ------
    InputError
        If the file is no workbook.
    BookError
        If it cannot be read or written.

    """
    import udfs.functions  # noqa: F401 (declares them)
    from sop_xl.workbook.disk.atomic import replace_file

    if book.suffix.lower() not in (".xlsx", ".xlsm"):
        raise InputError(f"{book.name} is no .xlsx workbook; LibreOffice's own files need no repair")
    count = 0
    parts: list[tuple[zipfile.ZipInfo, bytes]] = []
    try:
        with zipfile.ZipFile(book) as archive:
            for entry in archive.infolist():
                content = archive.read(entry)
                if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                    content, changed = repaired(content)
                    count += changed
                parts.append((entry, content))
    except (OSError, zipfile.BadZipFile) as error:
        raise BookError(f"{book} cannot be read ({error})") from error
    if not count:
        return f"{book.name} has no name to repair"

    def save(target: IO[bytes]) -> None:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in parts:
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)

    kept = book.with_suffix(f".before{book.suffix}")
    try:
        shutil.copy2(book, kept)
    except OSError as error:
        raise BookError(f"{kept} cannot be written ({error.strerror or error})") from error
    replace_file(book, save, lambda _path: None)
    return f"{count} functions have Excel's names again in {book.name}; the file as it was: {kept.name}"
