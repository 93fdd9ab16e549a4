"""What the rows of the S&OP grid add up to: the plan, the past, whole quarters of the plan and its year."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from sop_xl.workbook.schema import Frames
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell
from sop_xl.workbook.template.pages.grid_numbers import CELLS_READ, TABLES_READ, columns
from sop_xl.workbook.template.pages.grid_shown import Shown, shown_rows
from sop_xl.workbook.template.pages.parts import FIRST_MONTH, NUMERIC, WINDOW, Cells, Values
from sop_xl.workbook.template.pages.values import NA, Value, shown
from sop_xl.workbook.template.styles import WORDS, Style
from sop_xl.workbook.twin import Twin

PLAN, PAST = "Plan", "Past"
TOTAL_FILL = "#F7F8FA"
BY_PLAN, BY_QUARTER, BY_YEAR = range(3)
"""The rows that tell for each month what it counts in."""


def quarters(window: Window) -> int:
    """Most whole quarters that begin with the one of the first planned month."""
    return (window.months + 2) // 3


def first_total(window: Window) -> int:
    """The column of the first total at the right; one column is left free before it."""
    return FIRST_MONTH + window.past + window.months + 1


def last_total(window: Window) -> int:
    """The column of the last total: quarters, year, past."""
    return first_total(window) + quarters(window) + 1


def _words(day: pd.Timestamp, as_of: pd.Timestamp) -> tuple[str, str, str]:
    return PAST if day <= as_of else PLAN, f"{day.year} Q{(day.month + 2) // 3}", f"Year {day.year}"


def _classes(frames: Frames, cells: Cells) -> list[list[str]]:
    days = shown(frames, cells)
    as_of = days[int(cells["page_past"]) - 1]
    return [list(line) for line in zip(*(_words(day, as_of) for day in days), strict=True)]


def class_block(row: int, dates: int) -> Block:
    """Past or plan, quarter and year of every month."""

    def formulas(window: Window) -> Grid:
        days = [cell(dates, c) for c in columns(window)]
        return [
            [f'=IF({day}<=set_as_of,"{PAST}","{PLAN}")' for day in days],
            [f'=YEAR({day})&" Q"&ROUNDUP(MONTH({day})/3,0)' for day in days],
            [f'="Year "&YEAR({day})' for day in days],
        ]

    return Block("grid_classes", row, FIRST_MONTH, formulas, Twin(("control",), WINDOW, _classes), (WORDS,))


def _headings(frames: Frames, cells: Cells) -> list[str]:
    """The quarters and the year of the plan that the months shown cover whole; blank where one is cut off."""
    days, past = shown(frames, cells), int(cells["page_past"])
    _, by_quarter, by_year = _classes(frames, cells)
    start = days[past]
    count = quarters(Window(past, int(cells["page_months"])))
    names = [_words(start + pd.DateOffset(months=3 * k), start)[BY_QUARTER] for k in range(count)]
    whole = [name if by_quarter.count(name) == 3 else "" for name in names]
    year = f"Year {start.year}"
    return [*whole, year if by_year.count(year) == 12 else "", PAST]


def heading_block(row: int, dates: int, classes: int) -> Block:
    """The headings of the totals at the right."""

    def formulas(window: Window) -> Grid:
        first, last = columns(window)[0], columns(window)[-1]
        day = cell(dates, FIRST_MONTH + window.past, "rc")
        line = []
        for k in range(quarters(window)):
            later = f"DATE(YEAR({day}),MONTH({day})+{3 * k},1)"
            name = f'YEAR({later})&" Q"&ROUNDUP(MONTH({later})/3,0)'
            there = f"{cell(classes + BY_QUARTER, first, 'rc')}:{cell(classes + BY_QUARTER, last, 'rc')}"
            line.append(f'=IF(COUNTIF({there},{name})=3,{name},"")')
        there = f"{cell(classes + BY_YEAR, first, 'rc')}:{cell(classes + BY_YEAR, last, 'rc')}"
        year = f'"Year "&YEAR({day})'
        return [[*line, f'=IF(COUNTIF({there},{year})=12,{year},"")', f'="{PAST}"']]

    twin = Twin(("control",), WINDOW, lambda f, c: [_headings(f, c)])
    return Block(
        "grid_total_headings",
        row,
        1,
        formulas,
        twin,
        (WORDS,),
        style=Style.HEADER,
        looks={"align": "center", "font_size": 9, "indent": 0},
        beyond=True,
    )


def plan_block(name: str, first: int, rows: Sequence[Shown], head: int, classes: int) -> Block:
    """The totals over the planned months, in the column before the months."""

    def formulas(window: Window) -> Grid:
        return [
            [_formula(window, row, first + k, rows, first, FIRST_MONTH - 1, head, classes + BY_PLAN)]
            for k, row in enumerate(rows)
        ]

    def values(frames: Frames, cells: Cells) -> Values:
        found, by = shown_rows(frames, cells), _classes(frames, cells)[BY_PLAN]
        return [[_total(found, row, by, PLAN)] for row in rows]

    return _block(name, first, FIRST_MONTH - 1, formulas, values, rows)


def total_block(name: str, first: int, rows: Sequence[Shown], head: int, classes: int) -> Block:
    """The totals at the right: quarters, year, past."""

    def formulas(window: Window) -> Grid:
        start, last = first_total(window), last_total(window)
        by = [*[BY_QUARTER] * quarters(window), BY_YEAR, BY_PLAN]
        return [
            [
                _formula(window, row, first + k, rows, first, column, head, classes + by[column - start])
                for column in range(start, last + 1)
            ]
            for k, row in enumerate(rows)
        ]

    def values(frames: Frames, cells: Cells) -> Values:
        found, classes_ = shown_rows(frames, cells), _classes(frames, cells)
        names = _headings(frames, cells)
        by = [*[BY_QUARTER] * (len(names) - 2), BY_YEAR, BY_PLAN]
        return [[_total(found, row, classes_[b], name) for b, name in zip(by, names, strict=True)] for row in rows]

    return _block(name, first, 1, formulas, values, rows, beyond=True)


def _block(
    name: str,
    row: int,
    column: int,
    formulas: Callable[[Window], Grid],
    values: Callable[[Frames, Cells], Values],
    rows: Sequence[Shown],
    beyond: bool = False,
) -> Block:
    looks = {"bold": True, "font_size": 9, "bg_color": TOTAL_FILL, "valign": "vcenter"}
    numbers = tuple(r.number for r in rows)
    twin = Twin(TABLES_READ, CELLS_READ, values)
    return Block(name, row, column, formulas, twin, numbers, looks=looks, beyond=beyond)


def _formula(
    window: Window, row: Shown, at: int, rows: Sequence[Shown], first: int, column: int, head: int, classes: int
) -> str:
    start, end = columns(window)[0], columns(window)[-1]

    def across(line: int, fix: str = "c") -> str:
        return f"{cell(line, start, fix)}:{cell(line, end, fix)}"

    heading, by = cell(head, column, "r"), across(classes, "rc")
    mine = across(at)
    if row.total == "":
        return '=""'
    if isinstance(row.total, tuple):
        place = {r.key: across(first + k) for k, r in enumerate(rows)}
        part, whole = (place[key] for key in row.total)
        both = f"{part},{NUMERIC},{whole},{NUMERIC},{by},{heading}"
        less = "-1" if row.growth else ""
        found = f"IFERROR(SUMIFS({part},{both})/SUMIFS({whole},{both}){less},NA())"
    elif row.total == "sum":
        found = f"IF(COUNTIFS({mine},{NUMERIC},{by},{heading})=0,NA(),SUMIFS({mine},{mine},{NUMERIC},{by},{heading}))"
    else:
        end_of = f"+COUNTIF({by},{heading})-1" if row.total == "last" else ""
        found = f"INDEX({mine},MATCH({heading},{by},0){end_of})"
    return f'=IF({heading}="","",{found})'


def _total(rows: dict[str, list[Value]], row: Shown, by: Sequence[str], name: str) -> Value:
    if row.total == "" or name == "":
        return ""
    inside = [k for k, word in enumerate(by) if word == name]
    if isinstance(row.total, tuple):
        part, whole = (rows[key] for key in row.total)
        pairs = [(part[k], whole[k]) for k in inside]
        both = [(a, b) for a, b in pairs if isinstance(a, float) and isinstance(b, float)]
        base = sum(b for _, b in both)
        return sum(a for a, _ in both) / base - row.growth if base else NA
    line = [rows[row.key][k] for k in inside]
    if row.total == "sum":
        numbers = [v for v in line if isinstance(v, float)]
        return float(sum(numbers)) if numbers else NA
    return line[-1 if row.total == "last" else 0]
