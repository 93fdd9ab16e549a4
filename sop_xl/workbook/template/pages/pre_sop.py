"""The pre-S&OP page: where demand and supply part, what it is worth, and what each scenario would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, one
from sop_xl.workbook.template.pages.canvas import (
    BLUE,
    RED,
    TEAL,
    Canvas,
    Line,
    Page,
    grey_errors,
    height,
    pixels,
)
from sop_xl.workbook.template.pages.parts import (
    FIRST_MONTH,
    WINDOW,
    Cells,
    Ranked,
    Values,
    looked_up,
    months,
    tile_looks,
)
from sop_xl.workbook.template.pages.scenarios_side import KPIS, SCENARIOS, charts, headings, scenario_blocks
from sop_xl.workbook.template.pages.values import Value, shown
from sop_xl.workbook.template.rules import word_rules
from sop_xl.workbook.template.styles import MONTH, TABS, WHOLE, WORDS
from sop_xl.workbook.twin import Twin

SHEET = "PreSOP"
TOP = 8
"""Gaps listed."""

_COLOR = TABS[Group.PRE_SOP]
_WIDTHS = (2.0, 24.0, 13.0, 13.0)
_MONTH = 12.0
_RANK = FIRST_MONTH + 10
"""Column of the rows of the lists: the words before it have four columns."""
_DATES, _LABELS, _FIRST = 43, 44, 45
_GAP_ROWS = _FIRST + 2
_TOP_FIRST = _GAP_ROWS + 5
_BEST_FIRST = _TOP_FIRST + TOP + 4
_SCENARIO_FIRST = _BEST_FIRST + TOP + 4
_CHANGE_FIRST = _SCENARIO_FIRST + SCENARIOS + 3

_balance = looked_up(
    "gap_balance",
    _FIRST,
    _LABELS,
    "sop_grid",
    [
        {"measure": "consensus", "block": "demand", "family": "Total"},
        {"measure": "delivered", "block": "supply", "family": "Total"},
    ],
)


def families_only(frame: pd.DataFrame) -> pd.DataFrame:
    """The gaps of the families, without a row that adds them up."""
    return frame.loc[frame["family"].str.casefold().ne("total")]


def _by_month() -> Block:
    def formulas(window: Window) -> Grid:
        columns = range(FIRST_MONTH, FIRST_MONTH + window.months)
        where = 'tbl_gaps[Family],"<>Total",tbl_gaps[Period]'
        return [[f"=SUMIFS(tbl_gaps[{c}],{where},{cell(_DATES, k, 'r')})" for k in columns] for c in ("Gap", "Money")]

    def value(frames: Frames, cells: Cells) -> Values:
        sums = families_only(frames["gaps"]).groupby("period")[["gap", "money"]].sum()
        days = shown(frames, cells, past=False)
        return [[float(sums[c].get(day, 0.0)) for day in days] for c in ("gap", "money")]

    return Block("gap_by_month", _GAP_ROWS, FIRST_MONTH, formulas, Twin(("gaps", "control"), WINDOW, value))


LARGEST = Ranked(
    "top_gaps",
    "gaps",
    _TOP_FIRST,
    1,
    _RANK,
    TOP,
    ("family", "period", "demand", "supply", "gap", "money", "owner", "due"),
    '(tbl_gaps[Family]<>"")*(tbl_gaps[Family]<>"Total")*ISNUMBER(tbl_gaps[Money])',
    lambda f: f["gaps"]["family"].ne("") & f["gaps"]["family"].str.casefold().ne("total") & f["gaps"]["money"].notna(),
    "tbl_gaps[Money]",
    "money",
    (WORDS, MONTH, WHOLE, WHOLE, WHOLE, WHOLE, WORDS, "yyyy-mm-dd"),
)
"""The gaps of the families, the largest revenue first."""

_top_words = replace(LARGEST, name="top_gap_causes", column=FIRST_MONTH + 5, columns=("status", "cause"),
                     numbers=(WORDS,))  # fmt: skip


BEST = Ranked(
    "best_options",
    "gap_options",
    _BEST_FIRST,
    1,
    _RANK,
    TOP,
    ("family", "option", "period", "cost", "margin_saved", "net_worth", "recovered", "decide_by", "service", "target"),
    '(tbl_gap_options[Family]<>"")*(tbl_gap_options[Recommended]=TRUE)',
    lambda f: f["gap_options"]["family"].ne("") & f["gap_options"]["recommended"],
    numbers=(WORDS, WORDS, MONTH, WHOLE, WHOLE, WHOLE, WHOLE, "yyyy-mm-dd", "0.0%_)_)", WORDS),
)
"""The recommended option of each gap that has options, the largest gap first."""


def _open_gaps(frames: Frames) -> pd.DataFrame:
    gaps = families_only(frames["gaps"])
    return gaps.loc[gaps["family"].ne("") & gaps["status"].ne("closed")]


def _weighted(kind: str) -> Any:
    def value(frames: Frames, _: Mapping[str, Any]) -> Value:
        risks = frames["risks"]
        mine = risks.loc[risks["kind"].eq(kind) & risks["status"].ne("closed"), "weighted"]
        return float(mine.sum())

    return value


_OPEN = 'tbl_gaps[Family],"?*",tbl_gaps[Family],"<>Total",tbl_gaps[Status],"<>closed"'
_TILES: tuple[tuple[str, str, str, str, Any, str], ...] = (
    ("gap_tile_units", "Units short", "all families, planned months",
     '=SUMIFS(tbl_gaps[Gap],tbl_gaps[Family],"<>Total")',
     lambda f, _: float(families_only(f["gaps"])["gap"].sum()), "gaps"),
    ("gap_tile_money", "Revenue at stake", "late or lost", '=SUMIFS(tbl_gaps[Money],tbl_gaps[Family],"<>Total")',
     lambda f, _: float(families_only(f["gaps"])["money"].sum()), "gaps"),
    ("gap_tile_open", "Gaps open", "families and months", f"=COUNTIFS({_OPEN})",
     lambda f, _: float(len(_open_gaps(f))), "gaps"),
    ("gap_tile_without_owner", "Without an owner", "open gaps nobody closes", f'=COUNTIFS({_OPEN},tbl_gaps[Owner],"")',
     lambda f, _: float(_open_gaps(f)["owner"].eq("").sum()), "gaps"),
    ("risk_tile_risks", "Risks, weighted", "probability x impact, beside the plan",
     '=SUMIFS(tbl_risks[Weighted],tbl_risks[Kind],"risk",tbl_risks[Status],"<>closed")', _weighted("risk"), "risks"),
    ("risk_tile_opportunities", "Opportunities, weighted", "probability x impact, beside the plan",
     '=SUMIFS(tbl_risks[Weighted],tbl_risks[Kind],"opportunity",tbl_risks[Status],"<>closed")',
     _weighted("opportunity"), "risks"),
)  # fmt: skip


def _draw(canvas: Canvas) -> None:
    sheet, window = canvas.sheet, canvas.window
    last = max(FIRST_MONTH + window.months - 1, _RANK)
    for column, wide in enumerate(_WIDTHS):
        sheet.set_column(column, column, wide)
    sheet.set_column(FIRST_MONTH, last, _MONTH)
    sheet.set_row(4, 30)
    sheet.set_row(5, 26)
    sheet.set_row(_LABELS, 20)
    for k, (_, label, note, *_rest) in enumerate(_TILES):
        canvas.tile(3, 1 + 2 * k + (k > 0), 3 if k == 0 else 2, label, note, _COLOR)
    full = sum(pixels(w) for w in _WIDTHS[1:]) + pixels(_MONTH) * (last - FIRST_MONTH + 1)
    _charts(canvas, (full // 2 - 6, height(15)))
    canvas.section(_DATES - 2, "Demand against supply, month by month", last, _COLOR)
    canvas.headings(_LABELS, 1, ("Measure", "Block", "Family"))
    canvas.labels(_FIRST, [("consensus", "demand", "Total"), ("delivered", "supply", "Total")])
    canvas.labels(_GAP_ROWS, [("units short", "gaps", "Total"), ("revenue at stake", "gaps", "Total")])
    canvas.section(_TOP_FIRST - 2, "The largest gaps by revenue (all of them: sheet Gaps)", last, _COLOR)
    heads = ("Family", "Month", "Demand", "Supply", "Gap", "Revenue", "Owner", "Due")
    canvas.headings(_TOP_FIRST - 1, 1, (*heads, "Status", "Cause", "", "", "", "Row in Gaps"))
    title = "What is recommended for them, computed by balancing again (all options: sheet GapOptions)"
    canvas.section(_BEST_FIRST - 2, title, last, _COLOR)
    heads = ("Family", "Do this", "Month", "Cost", "Margin saved", "Net worth", "Units on time", "Decide by")
    canvas.headings(_BEST_FIRST - 1, 1, (*heads, "Service then", "Of what", "", "", "", "Row"))
    sheet.set_row(_BEST_FIRST - 1, 28)
    canvas.section(_SCENARIO_FIRST - 2, "Scenarios side by side", last, _COLOR)
    sheet.set_row(_SCENARIO_FIRST - 1, 30)
    headings(canvas, _SCENARIO_FIRST, _CHANGE_FIRST)
    sheet.set_row(_CHANGE_FIRST - 1, 30)
    grey_errors(canvas, _FIRST, FIRST_MONTH, _FIRST + 1, last)
    grey_errors(canvas, _SCENARIO_FIRST, 2, _CHANGE_FIRST + SCENARIOS, 1 + len(KPIS))
    status = FIRST_MONTH + 5
    for rule in word_rules(canvas.styles, cell(_TOP_FIRST, status, "c")):
        sheet.conditional_format(_TOP_FIRST, status, _TOP_FIRST + TOP - 1, status, rule)
    sheet.set_h_pagebreaks([_DATES - 2])
    sheet.print_area(0, 0, _CHANGE_FIRST + SCENARIOS, last)


def _charts(canvas: Canvas, size: tuple[int, int]) -> None:
    count = canvas.window.months
    balance = canvas.column_chart([Line("deliverable", _FIRST + 1, TEAL), Line("short", _GAP_ROWS, RED)], 0, count)
    balance.combine(canvas.line_chart([Line("demand (consensus)", _FIRST, BLUE)], 0, count))
    says = "Columns of what can be delivered and what is short, a line of demand by month"
    canvas.place(balance, (8, 1), size, "Demand against what can be delivered, units", says)
    money = canvas.column_chart([Line("revenue at stake", _GAP_ROWS + 1, RED)], 0, count)
    says = "Columns of revenue late or lost by month"
    title = "Revenue at stake by month"
    canvas.place(money, (8, 1), size, title, says, legend=False, right=size[0] + 6)
    charts(canvas, _SCENARIO_FIRST, _CHANGE_FIRST, 25, size)


def _tile(k: int) -> Block:
    name, _, _, formula, value, table = _TILES[k]
    return one(name, (4, 1 + 2 * k + (k > 0)), formula, value, (table,), **tile_looks(_COLOR))


PAGE = Page(
    SHEET,
    Group.PRE_SOP,
    "Pre-S&OP",
    "Where demand and supply part, what it is worth, and what each scenario would change.",
    (),
    (
        *months("pre_sop_months", _DATES, past=False),
        _balance,
        _by_month(),
        *LARGEST.blocks(),
        _top_words.blocks()[1],
        *BEST.blocks(),
        *scenario_blocks(_SCENARIO_FIRST, _CHANGE_FIRST, 24),
        *(_tile(k) for k in range(len(_TILES))),
    ),
    _draw,
    _LABELS,
)
