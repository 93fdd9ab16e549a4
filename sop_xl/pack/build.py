"""The pack and the executive page as PDF: which pages there are, and the file they are written into."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sop_xl import __version__
from sop_xl.cycle.step import Progress, silent
from sop_xl.errors import BookError, InputError, PlanningError
from sop_xl.pack.facts import READS, Facts, Page
from sop_xl.pack.pages import (
    accuracy,
    cash,
    decide,
    demand,
    executive,
    front,
    gaps,
    outlook,
    scenarios,
    score,
    signals,
    supply,
)
from sop_xl.pack.paper import HEIGHT, WIDTH, Paper
from sop_xl.workbook.book import Book
from sop_xl.workbook.settings import settings_of
from sop_xl.workbook.tables import TABLES

MOST_PAGES = 15
"""Longer packs are not read; issues of gaps give way to it."""
_ISSUES = 3


@dataclass(frozen=True)
class Written:
    """A PDF that was written: the file and its pages."""

    path: Path
    pages: int


def facts_of(book: Book, now: datetime) -> Facts:
    """What the pack reads of a book.

    Raises `PlanningError` where no step has put anything on the sheets that could be shown.
    """
    frames = book.read([name for name in READS if name in TABLES]).frames
    settings, _ = settings_of(frames["control"])
    facts = Facts(frames, settings, now.replace(microsecond=0), Path(book.where).name)
    shown = ("sop_grid", "scorecard", "gaps", "resource_load", "inventory_targets", "accuracy", "financials")
    if all(facts.table(name).empty for name in shown):
        raise PlanningError(
            f"{facts.file} has no plan to show yet; run the cycle first (sop-xl run, or button Run all)"
        )
    return facts


def pages_of(facts: Facts) -> list[Page]:
    """The pages after the cover, in order; what has nothing to show has no page."""
    before = [executive.page(facts), *score.pages(facts), *demand.pages(facts), *accuracy.pages(facts)]
    before += [*signals.pages(facts), *supply.pages(facts)]
    after = [*scenarios.pages(facts), *cash.pages(facts), *outlook.pages(facts), *decide.pages(facts)]
    room = MOST_PAGES - 1 - len(before) - len(after) - 1
    return [*before, *gaps.pages(facts, max(min(_ISSUES, room), 1)), *after]


def pack(facts: Facts) -> bytes:
    """The pre-S&OP pack as PDF; the same facts make the same bytes."""
    pages = pages_of(facts)
    paper, out = _paper(facts, "Pre-S&OP pack", len(pages) + 1)
    front.draw(paper, facts, pages)
    for page in pages:
        _draw(paper, page)
    paper.pdf.save()
    return out.getvalue()


def executive_page(facts: Facts) -> bytes:
    """The executive page alone as PDF; the same facts make the same bytes."""
    paper, out = _paper(facts, "Executive S&OP", 1)
    _draw(paper, executive.page(facts))
    paper.pdf.save()
    return out.getvalue()


def _draw(paper: Paper, page: Page) -> None:
    paper.page(page.section, page.headline, page.says, page.color)
    page.draw(paper)


def _paper(facts: Facts, title: str, pages: int) -> tuple[Paper, io.BytesIO]:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    pdf = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, lang="en")
    name = facts.settings.company or facts.file
    pdf.setTitle(f"{name}: {title} {facts.settings.cycle}")
    pdf.setAuthor(name)
    pdf.setCreator(f"sop-xl {__version__}")
    version, status, digest = facts.version
    plan = f"version {version}, {status}, {digest[:12]}" if version else "no version named yet"
    return Paper(pdf, (f"{facts.file}  |  {plan}", f"{facts.now:%Y-%m-%d %H:%M}"), pages), out


def beside(book: Path, *, executive_only: bool = False) -> Path:
    """Where the PDF of a workbook goes: beside it, under its name.

    >>> beside(Path("july/plan.xlsx")).as_posix(), beside(Path("july/plan"), executive_only=True).as_posix()
    ('july/plan pack.pdf', 'july/plan executive.pdf')
    """
    stem = book.stem if book.suffix.lower() in (".xlsx", ".xlsm") else book.name
    return book.parent / f"{stem} {'executive' if executive_only else 'pack'}.pdf"


def write_pack(
    book: Book, out: Path, *, executive_only: bool = False, now: datetime | None = None, progress: Progress = silent
) -> Written:
    """Write the pack, or the executive page alone, of a book into a file, whole or not at all.

    Raises `InputError` for a file that is no PDF by its name (a workbook would be lost), `PlanningError` where there is
    no plan to show, `BookError` where the file cannot be written.
    """
    from sop_xl.workbook.disk.atomic import replace_file

    if out.suffix.lower() != ".pdf":
        raise InputError(f"the pack is a .pdf; {out.name} would not be one, name another file")
    progress("reading the workbook", 0.1)
    facts = facts_of(book, now or datetime.now())
    progress("drawing the pages", 0.7)
    content = executive_page(facts) if executive_only else pack(facts)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BookError(f"the folder {out.parent} cannot be made ({error.strerror or error})") from error
    replace_file(out, lambda stream: _all(stream, content), lambda _: None)
    return Written(out, 1 if executive_only else len(pages_of(facts)) + 1)


def _all(stream: IO[bytes], content: bytes) -> None:
    stream.write(content)
