"""Glossary, role cards and agenda name sheets and buttons that exist."""

import pytest

from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.pages import PAGES
from udfs import commands
from udfs.registry import COMMANDS

SHEETS = {t.sheet for t in TABLES.values()} | {page.sheet for page in PAGES}
LABELS = {c.label for c in COMMANDS.values()}


@pytest.mark.parametrize(("table", "column"), [("glossary", "sheet"), ("role_cards", "sheets"), ("agenda", "sheet")])
def test_sheets_named_exist(table, column):
    named = {name.strip() for row in TABLES[table].starts for name in row[column].split(",")}
    assert named - {""} <= SHEETS


def test_buttons_named_exist():
    assert commands
    named = {name.strip() for row in TABLES["role_cards"].starts for name in row["buttons"].split(",")}
    assert named - {""} <= LABELS


def test_steps_of_the_calendar_are_those_of_the_cycle():
    from sop_xl.cycle.run import STEPS

    assert {row["step"] for row in TABLES["cycle_calendar"].starts} == {s.title for s in STEPS.values()}


def test_one_role_answers_for_each_task():
    for row in TABLES["raci"].starts:
        assert list(row.values()).count("A") == 1, row


def test_words_are_in_order():
    terms = [row["term"] for row in TABLES["glossary"].starts]
    assert terms == sorted(terms, key=str.casefold)
    assert len(set(terms)) == len(terms) >= 50
