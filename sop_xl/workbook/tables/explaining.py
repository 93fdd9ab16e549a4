"""Sheet Explain: the numbers a person asks about, and where each comes from."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import key, result, typed

EXPLAINING = (
    Table(
        "questions",
        "Explain",
        Group.LOG,
        "Numbers to explain: type a cell such as Consensus!H12, or a table and its keys, and press Explain this number.",
        (
            key("number", "Which question", Kind.INTEGER),
            typed("question", Kind.TEXT, "Cell, such as Consensus!H12, or a table with key=value key=value"),
            result("answer", Kind.TEXT, "The number in words, or why it could not be found"),
            result("value", Kind.NUMBER, "The number"),
            result("unit", Kind.TEXT, "Its unit"),
        ),
        starts=tuple({"number": float(n)} for n in range(1, 11)),
        optional=True,
    ),
    Table(
        "answers",
        "Explain",
        Group.LOG,
        "Where each of these numbers comes from.",
        (
            key("number", "Number of the question", Kind.INTEGER),
            key("line", "Line of the answer", Kind.INTEGER),
            result("part", Kind.TEXT, "What the line is about"),
            result("says", Kind.TEXT, "In a sentence"),
            result("value", Kind.NUMBER, "The number in it"),
            result("unit", Kind.TEXT, "Its unit"),
            result("sheet", Kind.TEXT, "Sheet it stands on"),
        ),
        optional=True,
    ),
)
