"""Sheet Explain: the numbers a person asks about, and where each comes from."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import key, result

EXPLAINING = (
    Table(
        "questions",
        "Explain",
        Group.LOG,
        "Numbers to explain: type a cell such as Consensus!H12, or a table and its keys, and press Explain this number.",
        (
            key("question", "Cell, or table key=value key=value", Kind.TEXT),
            result("answer", Kind.TEXT, "The number in words, or why it could not be found"),
            result("value", Kind.NUMBER, "The number"),
            result("unit", Kind.TEXT, "Its unit"),
        ),
        optional=True,
    ),
    Table(
        "answers",
        "Explain",
        Group.LOG,
        "Where each of these numbers comes from.",
        (
            key("question", "Question", Kind.TEXT),
            key("number", "Line", Kind.INTEGER),
            result("part", Kind.TEXT, "What the line is about"),
            result("says", Kind.TEXT, "In a sentence"),
            result("value", Kind.NUMBER, "The number in it"),
            result("unit", Kind.TEXT, "Its unit"),
            result("sheet", Kind.TEXT, "Sheet it stands on"),
        ),
        optional=True,
    ),
)
