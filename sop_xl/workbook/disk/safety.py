"""An .xlsx is untrusted input: what is refused before any of it is read.

Limits are far above any honest planning workbook: a million rows of ten columns unpack to about 400 MB, and the
sheets of a workbook compress 5 to 30 times.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath

from lxml import etree

from sop_xl.errors import BookError

MOST_UNPACKED = 1 << 30
"""Most bytes a workbook may unpack to [B]."""

MOST_PARTS = 20_000
"""Most parts a workbook may have."""

MOST_RATIO = 200
"""Most times a large part may be larger unpacked than packed."""

LARGE_PART = 50 << 20
"""A part smaller than this may compress as well as it likes [B]."""

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")


def opened_zip(data: bytes, where: str) -> zipfile.ZipFile:
    """The bytes of a workbook as an open package, once it is known to be harmless to unpack."""
    if data.startswith(_OLE):
        raise BookError(
            f"{where} is encrypted with a password or is an old .xls; save it in Excel as .xlsx without a password"
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise BookError(f"{where} is not an Excel workbook, or is damaged: {error}") from error
    if len(entries) > MOST_PARTS:
        raise BookError(f"{where} has {len(entries)} parts; a workbook has at most {MOST_PARTS}")
    if sum(e.file_size for e in entries) > MOST_UNPACKED:
        raise BookError(f"{where} would unpack to more than {MOST_UNPACKED >> 20} MB and is not opened")
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry, where)
        if entry.filename.casefold() in seen:
            raise BookError(f"{where} holds the part {entry.filename} twice and is not opened")
        seen.add(entry.filename.casefold())
    return archive


def parsed(data: bytes, part: str, where: str) -> etree._Element:
    """The XML of a part; a document type, which could reach outside the file, is refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BookError(f"{where} is damaged: {part} cannot be read ({error})") from error
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise BookError(f"{where} is not opened: {part} declares a document type, which no Excel file does")
    return root


def _check_entry(entry: zipfile.ZipInfo, where: str) -> None:
    name = entry.filename
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise BookError(f"{where} is not opened: its part {name!r} points outside the file")
    if entry.flag_bits & 0x1:
        raise BookError(f"{where} is encrypted with a password; save it without one")
    if entry.file_size > LARGE_PART and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise BookError(f"{where} is not opened: {name} unpacks to {entry.file_size >> 20} MB, a zip bomb")
