"""What leaves the workbook: tables, pack, frozen copy, a summary."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl.errors import PlanningError
from udfs.commands.doing import SHARE, Progress, file_of, own_machine
from udfs.registry import command

if TYPE_CHECKING:
    import pandas as pd

    from sop_xl.workbook.book import Book


@command(SHARE, "Export tables", icon="ExportTextFile", key_tip="X", local=True)
def export_tables(book: Book, progress: Progress) -> str:
    """Write every table as a CSV file into the folder `S&OP exports` of your home folder, under the workbook's name."""
    from sop_xl.workbook.csvbook import CsvBook
    from sop_xl.workbook.tables import TABLES

    own_machine(book, "export it with sop-xl export on the machine that holds the file")
    progress("reading the workbook", 0.1)
    frames = {name: frame for name, frame in book.read(TABLES).frames.items() if name in book.tables()}
    folder = exports(book)
    progress("writing the tables", 0.6)
    CsvBook(folder).write(frames)
    return f"{len(frames)} tables are in {folder}"


@command(SHARE, "Pack", icon="FilePrint", key_tip="K", large=True, local=True)
def pack(book: Book, progress: Progress) -> str:
    """Draw the pre-S&OP pack, 10 to 15 pages of PDF, and the executive page as a PDF of its own, from what stands here.

    Writes the two files beside the workbook, or into `S&OP exports` of your home folder; nothing into the workbook.
    """
    from sop_xl.pack.build import beside, write_pack

    own_machine(book, "make it with sop-xl pack on the machine that holds the file")
    place = book.file or exports(book) / Path(book.where).name
    made = [
        write_pack(book, beside(place, executive_only=alone), executive_only=alone, progress=progress)
        for alone in (False, True)
    ]
    return f"{made[0].pages} pages are in {made[0].path}, the executive page is in {made[1].path}"


@command(SHARE, "Freeze copy", icon="Lock", key_tip="L", local=True)
def freeze_copy(book: Book, progress: Progress) -> str:
    """Write a copy for people who have nothing installed beside the workbook: values instead of our functions.

    What was saved last is copied, with a fingerprint on its cover; the workbook itself is not touched.
    """
    from datetime import date

    from sop_xl.cycle.freeze import freeze_book

    file = file_of(book, "save the workbook on this machine, or use sop-xl freeze where its file is")
    progress("freezing a copy", 0.2)
    stem = re.sub(r" frozen \d{4}-\d{2}-\d{2}$", "", file.stem)
    return freeze_book(file, file.with_name(f"{stem} frozen {date.today():%Y-%m-%d}.xlsx")).says


@command(SHARE, "Summary", icon="FileSendAsAttachment", key_tip="M")
def summary(book: Book, progress: Progress) -> str:
    """The plan in a few sentences for a mail or the minutes: scorecard, largest gaps, version. Writes nothing."""
    progress("reading the workbook", 0.2)
    frames = book.read(("control", "scorecard", "gaps", "versions")).frames
    if frames["scorecard"].empty:
        raise PlanningError("there is no scorecard yet; run Executive S&OP first")
    lines = [_score(row) for _, row in frames["scorecard"].iterrows()]
    gaps = frames["gaps"]
    lines += [f"gap: {says}" for says in gaps["says"].head(3)] if len(gaps) else []
    if len(frames["versions"]):
        last = frames["versions"].iloc[-1]
        lines.append(f"plan {last['version']} is {last['status']}")
    return "\n".join(lines)


def exports(book: Book) -> Path:
    """The folder for what is made of a book, in the home folder, under the book's name."""
    stem = re.sub(r"[^\w -]+", "_", Path(book.where).stem).strip() or "workbook"
    folder = Path.home() / "S&OP exports" / stem
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlanningError(f"the folder {folder} cannot be made ({error.strerror or error})") from error
    return folder


def _score(row: pd.Series) -> str:
    """A line of the scorecard in words."""
    value, target = (_shown(row[name], str(row["unit"])) for name in ("value", "target"))
    against = f" against {target}" if target else ""
    judged = f" ({row['status']})" if row["status"] not in ("", "-") else ""
    return f"{row['kpi']}: {value or 'not known'}{against}{judged}"


def _shown(value: object, unit: str) -> str:
    number = float(str(value))
    if number != number:  # noqa: PLR0124 (NaN differs from itself)
        return ""
    return f"{number:.1%}" if unit == "share" else f"{number:,.0f} {unit}"
