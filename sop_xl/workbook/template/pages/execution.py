"""The execution review: actuals against the approved plan, and the alerts that need a person."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sop_xl import periods
from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, one
from sop_xl.workbook.template.pages.canvas import (
    BLUE,
    ORANGE,
    RED,
    SLATE,
    TEAL,
    Canvas,
    Line,
    Page,
    Pick,
    grey_errors,
    height,
    pixels,
)
from sop_xl.workbook.template.pages.parts import FIRST_MONTH, Cells, Ranked, Values, tile_looks
from sop_xl.workbook.template.pages.values import NA, Value, chosen, number_or_na, serial, setting
from sop_xl.workbook.template.rules import word_rules
from sop_xl.workbook.template.styles import MONEY_PER_UNIT, MONTH, PERCENT, TABS, WHOLE, WORDS, YES_NO, Style
from sop_xl.workbook.twin import Twin

SHEET = "ExecutionReview"
PICK, PICK_MEASURE = "pick_execution_family", "pick_execution_measure"
MONTHS = 12
"""Months shown, from the first one monitored."""

_COLOR = TABS[Group.EXECUTION]
_WIDTHS = (2.0, 24.0, 13.0, 13.0)
_MONTH = 11.0
_DATES, _LABELS, _FIRST = 43, 44, 45
_ROWS = (("plan", "Plan"), ("actual", "Actual"), ("cumulative", "Cumulative"), ("adherence", "Adherence"),
         ("attainment", "Attainment"))  # fmt: skip
_ROW = {name: _FIRST + i for i, (name, _) in enumerate(_ROWS)}
_ALERT_FIRST = _FIRST + len(_ROWS) + 4
_ALERTS = 10
_RANK = FIRST_MONTH + 11
_TABLES = ("monitor", "control")


def _days(frames: Frames) -> list[pd.Timestamp]:
    found = frames["monitor"]["period"].dropna()
    after = periods.month_of(setting(frames, "as_of")) + pd.DateOffset(months=1)
    first = found.min() if len(found) else after
    return list(pd.date_range(first, periods=MONTHS, freq="MS"))


def _months() -> tuple[Block, Block]:
    columns = range(FIRST_MONTH, FIRST_MONTH + MONTHS)
    first = "IF(COUNT(tbl_monitor[Period])=0,EDATE(set_as_of-DAY(set_as_of)+1,1),MIN(tbl_monitor[Period]))"
    start = cell(_DATES, FIRST_MONTH, "c")

    def dates(_: Window) -> Grid:
        return [[f"=EDATE({first},COLUMNS({start}:{cell(_DATES, c)})-1)" for c in columns]]

    def labels(_: Window) -> Grid:
        return [[f'=YEAR({cell(_DATES, c)})&"-"&RIGHT("0"&MONTH({cell(_DATES, c)}),2)' for c in columns]]

    quiet = {"font_size": 8, "font_color": "#A3A9B3", "align": "center"}
    return (
        Block("execution_first_days", _DATES, FIRST_MONTH, dates,
              Twin(_TABLES, (), lambda f, _: [[serial(d) for d in _days(f)]]), (MONTH,), style=None, looks=quiet),
        Block("execution_months", _LABELS, FIRST_MONTH, labels,
              Twin(_TABLES, (), lambda f, _: [[periods.label(d) for d in _days(f)]]), (WORDS,),
              style=Style.HEADER, looks={"align": "center"}),
    )  # fmt: skip


def _picked(frames: Frames, cells: Cells) -> pd.DataFrame:
    frame = frames["monitor"]
    return frame.loc[chosen(frame, {"measure": str(cells[PICK_MEASURE]), "family": str(cells[PICK])})]


def _numbers() -> Block:
    columns = range(FIRST_MONTH, FIRST_MONTH + MONTHS)
    where = f"tbl_monitor[Measure],{PICK_MEASURE},tbl_monitor[Family],{PICK},tbl_monitor[Period]"

    def formulas(_: Window) -> Grid:
        return [
            [f"=IFERROR(AVERAGEIFS(tbl_monitor[{label}],{where},{cell(_DATES, c, 'r')}),NA())" for c in columns]
            for _, label in _ROWS
        ]

    def value(frames: Frames, cells: Cells) -> Values:
        mine = _picked(frames, cells).groupby("period")[[name for name, _ in _ROWS]].mean()
        days = _days(frames)
        return [[number_or_na(mine[name].get(day)) for day in days] for name, _ in _ROWS]

    numbers = (WHOLE, WHOLE, WHOLE, PERCENT, PERCENT)
    return Block(
        "execution_numbers", _FIRST, FIRST_MONTH, formulas, Twin(_TABLES, (PICK, PICK_MEASURE), value), numbers
    )


_alerts = Ranked(
    "open_alerts", "alerts", _ALERT_FIRST, 1, _RANK, _ALERTS,
    ("name", "kind", "period", "value", "limit", "replan", "status", "owner", "says"),
    '(tbl_alerts[Kind]<>"")*(tbl_alerts[Status]<>"closed")',
    lambda f: f["alerts"]["kind"].ne("") & f["alerts"]["status"].ne("closed"),
    numbers=(WORDS, WORDS, MONTH, MONEY_PER_UNIT, MONEY_PER_UNIT, YES_NO, WORDS, WORDS,
             WORDS),
)  # fmt: skip

_MINE = f"tbl_monitor[Measure],{PICK_MEASURE},tbl_monitor[Family],{PICK}"


def _attained(frames: Frames, cells: Cells) -> Value:
    mine = _picked(frames, cells)
    planned = float(mine["plan"].sum())
    return float(mine["actual"].sum()) / planned if planned else "-"


def _latest(frames: Frames, cells: Cells) -> Value:
    mine = _picked(frames, cells)
    last = mine.loc[mine["period"].eq(mine["period"].max())] if len(mine) else mine
    found = number_or_na(last["cumulative"].mean())
    return "-" if found == NA else found


def _out_of_band(frames: Frames, cells: Cells) -> Value:
    return float(_picked(frames, cells)["status"].eq("out of band").sum())


def _open_alerts(frames: Frames, _: Cells) -> Value:
    alerts = frames["alerts"]
    return float((alerts["kind"].ne("") & alerts["status"].ne("closed")).sum())


def _replans(frames: Frames, _: Cells) -> Value:
    alerts = frames["alerts"]
    return float((alerts["replan"] & alerts["status"].ne("closed")).sum())


def _latest_formula() -> str:
    last = f"SUMPRODUCT(MAX((tbl_monitor[Measure]={PICK_MEASURE})*(tbl_monitor[Family]={PICK})*tbl_monitor[Period]))"
    return f'=IFERROR(AVERAGEIFS(tbl_monitor[Cumulative],{_MINE},tbl_monitor[Period],{last}),"-")'


_TILES: tuple[tuple[str, str, str, str, Any, str], ...] = (
    ("attained", "Actual against plan", "sum of the months monitored",
     f"=IFERROR(SUMIFS(tbl_monitor[Actual],{_MINE})/SUMIFS(tbl_monitor[Plan],{_MINE}),\"-\")", _attained, PERCENT),
    ("cumulative", "Cumulative variance", "units, last month monitored", _latest_formula(), _latest, "+#,##0;-#,##0;0"),
    ("out_of_band", "Months out of band", "of the family chosen",
     f'=COUNTIFS({_MINE},tbl_monitor[Status],"out of band")', _out_of_band, WHOLE),
    ("alerts", "Alerts open", "all families", '=COUNTIFS(tbl_alerts[Kind],"?*",tbl_alerts[Status],"<>closed")',
     _open_alerts, WHOLE),
    ("replans", "Re-plan triggers", "open alerts that ask for a new plan",
     '=COUNTIFS(tbl_alerts[Replan],TRUE,tbl_alerts[Status],"<>closed")', _replans, WHOLE),
)  # fmt: skip


def _tile(k: int) -> Block:
    name, _, _, formula, value, number = _TILES[k]
    tables = ("alerts",) if name in ("alerts", "replans") else ("monitor",)
    cells = () if tables == ("alerts",) else (PICK, PICK_MEASURE)
    at = (4, FIRST_MONTH + 2 * k)
    return one(f"execution_tile_{name}", at, formula, value, tables, cells, number=number, **tile_looks(_COLOR))


def _draw(canvas: Canvas) -> None:
    sheet = canvas.sheet
    last = FIRST_MONTH + MONTHS - 1
    for column, wide in enumerate(_WIDTHS):
        sheet.set_column(column, column, wide)
    sheet.set_column(FIRST_MONTH, last, _MONTH)
    for row, tall in ((4, 30), (5, 26), (6, 20), (_LABELS, 20)):
        sheet.set_row(row, tall)
    for k, (_, label, note, *_rest) in enumerate(_TILES):
        canvas.tile(3, FIRST_MONTH + 2 * k, 2, label, note, _COLOR)
    full = sum(pixels(w) for w in _WIDTHS[1:]) + pixels(_MONTH) * MONTHS
    _charts(canvas, full)
    canvas.section(_DATES - 2, "The numbers behind the charts", last, _COLOR)
    canvas.headings(_LABELS, 1, ("Measure", "Column"))
    canvas.labels(_FIRST, _ROWS)
    canvas.section(_ALERT_FIRST - 2, "Open alerts (all of them: sheet Alerts)", last, _COLOR)
    heads = ("Name", "Kind", "Month", "Value", "Limit", "Re-plan", "Status", "Owner", "Says")
    canvas.headings(_ALERT_FIRST - 1, 1, heads)
    canvas.text(_ALERT_FIRST - 1, _RANK, "row", Style.UNIT)
    for rule in word_rules(canvas.styles, cell(_ALERT_FIRST, 7, "c")):
        sheet.conditional_format(_ALERT_FIRST, 7, _ALERT_FIRST + _ALERTS - 1, 7, rule)
    grey_errors(canvas, _FIRST, FIRST_MONTH, _FIRST + len(_ROWS) - 1, last)
    sheet.set_h_pagebreaks([_DATES - 2])
    sheet.print_area(0, 0, _ALERT_FIRST + _ALERTS, last)


def _charts(canvas: Canvas, full: int) -> None:
    plan = canvas.column_chart([Line("actual", _ROW["actual"], SLATE)], 0, MONTHS)
    plan.combine(canvas.line_chart([Line("approved plan", _ROW["plan"], BLUE)], 0, MONTHS))
    says = "Columns of actuals and a line of the approved plan by month"
    canvas.place(plan, (8, 1), (full - 6, height(16)), "Actual against the approved plan, units", says)
    half = (full // 2 - 6, height(15))
    variance = canvas.column_chart(
        [Line("cumulative variance", _ROW["cumulative"], BLUE, more={"invert_if_negative": True,
                                                                     "invert_if_negative_color": RED})], 0, MONTHS
    )  # fmt: skip
    says = "Columns of the cumulative variance, actual - plan, by month"
    title = "Cumulative variance (actual - plan), units"
    canvas.place(variance, (25, 1), half, title, says, number=WHOLE, legend=False)
    lines = canvas.line_chart(
        [
            Line("adherence (sees the mix)", _ROW["adherence"], TEAL),
            Line("attainment (the sum)", _ROW["attainment"], ORANGE),
        ],
        0,
        MONTHS,
    )
    says = "Lines of adherence and attainment by month"
    canvas.place(lines, (25, 1), half, "Adherence and attainment", says, number="0%", right=half[0] + 6)


PAGE = Page(
    SHEET,
    Group.EXECUTION,
    "Execution review",
    "Choose a family and what to follow: actuals against the approved plan, and the alerts that need a person.",
    (
        Pick(PICK, "Family", 4, 1, "=lst_families", lambda _: "Total", "A family of the S&OP grid, or Total"),
        Pick(
            PICK_MEASURE, "What to follow", 6, 1, ("demand", "production"), lambda _: "demand", "demand or production"
        ),
    ),
    (*_months(), _numbers(), *_alerts.blocks(), *(_tile(k) for k in range(len(_TILES)))),
    _draw,
    _LABELS,
)
