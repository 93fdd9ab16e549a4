"""The whole answer: the number, what it means, what it was made of, and who wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from sop_xl.cycle.desk import write
from sop_xl.cycle.explain_number import demand, money, supply
from sop_xl.cycle.explain_number.address import Meant, by_keys, meant
from sop_xl.cycle.explain_number.lines import NAN, Line, Subject, word
from sop_xl.cycle.explain_number.origin import origin
from sop_xl.cycle.keeping import plain, shaped
from sop_xl.cycle.run import status
from sop_xl.cycle.step import Progress, silent
from sop_xl.errors import PlanningError
from sop_xl.workbook.schema import Role
from sop_xl.workbook.tables import TABLES

if TYPE_CHECKING:
    from sop_xl.workbook.book import Book

DEPTH: Mapping[str, Callable[[Subject], Iterator[Line]]] = {
    "baseline": demand.baseline,
    "consensus": demand.consensus,
    "demand_steps": demand.demand_steps,
    "override_effects": demand.override_effects,
    "inventory_targets": supply.inventory_targets,
    "supply_plan": supply.supply_plan,
    "projected_balance": supply.projected_balance,
    "resource_load": supply.resource_load,
    "shortages": supply.shortages,
    "gaps": money.gaps,
    "scenario_kpis": money.scenario_kpis,
    "scorecard": money.scorecard,
    "financials": money.financials,
    "bridge": money.bridge,
    "sop_grid": money.sop_grid,
}
"""Tables whose numbers are followed to what they were made of; every other one is said what its row and run say."""


@dataclass(frozen=True)
class Answer:
    """The answer to a question: the number in words, its value, and the lines behind it."""

    title: str
    value: float
    unit: str
    lines: tuple[Line, ...]


def explained(found: Meant, frames: Mapping[str, pd.DataFrame], steps: pd.DataFrame, currency: str) -> Answer:
    """Where a number of a book comes from.

    `frames` are all tables of the book, `steps` the state of each step today.
    """
    subject = Subject(frames, found.table, found.row, found.column, currency)
    shown = word(found.column, subject.value) or "blank"
    unit = f" {subject.unit}" if subject.unit else ""
    title = f"sheet {found.table.sheet}, {subject.words}: {found.column.label} = {shown}{unit}"
    lines = [*_meaning(subject)]
    lines += DEPTH[found.table.name](subject) if found.table.name in DEPTH else ()
    lines += origin(subject, steps)
    value = float(subject.value) if found.column.kind.is_number and not pd.isna(subject.value) else NAN
    return Answer(title, value, subject.unit, tuple(lines))


def explain_book(book: Book, question: str = "", *, table: str = "", keys: Mapping[str, str] | None = None) -> Answer:
    """Where a number of a book comes from: a cell, a table with keys in words, or `table` and `keys`.

    Raises `InputError` where the question names no number of the book.
    """
    desk, steps = status(book)
    spots = {} if table else book.spots()
    found = by_keys(table, keys or {}, desk.frames) if table else meant(question, desk.frames, spots)
    return explained(found, desk.frames, steps, desk.context.settings.currency)


def explain_sheet(book: Book, *, now: datetime | None = None, user: str = "", progress: Progress = silent) -> str:
    """Answer every question typed on sheet Explain beside it; what was answered, in a sentence."""
    with book.lock():
        if "questions" not in book.tables():
            raise PlanningError(f"{book.where} has no sheet Explain; ask with sop-xl explain instead")
        desk, steps = status(book, now)
        asked = plain(desk.frames["questions"])
        if asked["question"].eq("").all():
            raise PlanningError("type a cell such as Consensus!H12 into column Question of sheet Explain first")
        spots, currency = book.spots(), desk.context.settings.currency
        heads: list[tuple[object, ...]] = []
        rows: list[tuple[object, ...]] = []
        wrong: list[str] = []
        for number, question in zip(asked["number"], asked["question"], strict=True):
            progress(f"explaining {question}", (len(heads) + 1) / (len(asked) + 1))
            answer = Answer("", NAN, "", ())
            try:
                if question:
                    answer = explained(meant(question, desk.frames, spots), desk.frames, steps, currency)
            except PlanningError as error:
                answer = Answer(str(error), NAN, "", ())
                wrong.append(str(error))
            heads.append((number, question, answer.title, answer.value, answer.unit))
            rows += [
                (number, float(n), line.part, line.says, line.value, line.unit, line.sheet)
                for n, line in enumerate(answer.lines, start=1)
            ]
        after = {
            "questions": shaped(TABLES["questions"], pd.DataFrame(heads, columns=_names("questions"))),
            "answers": shaped(TABLES["answers"], pd.DataFrame(rows, columns=_names("answers"))),
        }
        context = replace(desk.context, user=user) if user else desk.context
        write(book, desk.frames, after, context, "explain", silent)
    found = int(asked["question"].ne("").sum())
    said = f"{found - len(wrong)} of {found} numbers are explained on sheet Explain"
    return said + (f"; not found: {wrong[0]}" if wrong else "")


def _names(table: str) -> list[str]:
    return [c.name for c in TABLES[table].frame_columns]


def _meaning(subject: Subject) -> Iterator[Line]:
    column = subject.column
    yield subject.said("Meaning", f"{subject.table.says} {column.label}: {column.says}.")
    if subject.table.across is None:
        for other in subject.table.columns:
            text = word(other, subject.row[other.name])
            if other.role is not Role.KEY and other is not column and text:
                number = subject.row[other.name] if other.kind.is_number else NAN
                says = f"{other.label}: {text}"
                yield subject.said(
                    "Row", says, number, subject.table.name, other.unit.replace("{currency}", subject.currency)
                )
