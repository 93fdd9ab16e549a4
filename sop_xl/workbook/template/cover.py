"""The cover: what this workbook is, how far the cycle is, whether its checks pass, and where everything stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template import sheet_map
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, one
from sop_xl.workbook.template.layout import COVER_TABLE, Placement
from sop_xl.workbook.template.pages import load_peaks, supply_review
from sop_xl.workbook.template.pages.canvas import Canvas
from sop_xl.workbook.template.pages.parts import FIRST_MONTH, WINDOW, Cells, Ranked, Values, tile_looks
from sop_xl.workbook.template.pages.values import end_of_cycle, fixed, setting, shown
from sop_xl.workbook.template.sheets import ZOOM, print_set_up, write_table
from sop_xl.workbook.template.styles import (
    BAD,
    BAD_FILL,
    DAY,
    GOOD,
    GOOD_FILL,
    INK,
    LEGEND,
    TABS,
    WATCH,
    WATCH_FILL,
    WHOLE,
    WORDS,
    Style,
)
from sop_xl.workbook.twin import Twin

_COLOR = TABS[Group.CONTROL]
_WIDTHS = (2.0, 32.0, 30.0, 17.0, 10.0, 9.0, 18.0, 78.0, 21.0)
_LEFT_END, _RIGHT, _LAST = 4, 6, 8
_TILES = ((1, 2), (3, 4), (7, 1))
_TILE_ROW = 3
_STEP_HEIGHT = 46
_CHECK_FIRST = COVER_TABLE[0] + 10
_FOUND = 3
_EXPIRY_FIRST = _CHECK_FIRST + 9
_LINES = 4
_HOW_FIRST = _CHECK_FIRST - 1
_LEGEND_FIRST = _EXPIRY_FIRST - 1
_MAP_FIRST = _EXPIRY_FIRST + 2 * _LINES + 2

_PURPOSE = (
    "From data and forecast to a balanced plan, a decision and its execution: one cycle of Sales & Operations Planning"
)
_HOW = (
    "1  Fill Control and the yellow columns of Data Gathering, or load them.",
    "2  Run a step: it checks, computes, and writes the grey columns.",
    "3  Read its review page; the drop-downs work without the add-in too.",
    "4  Change the forecast in Overrides: what you type survives every run.",
    "5  Decide and sign in Decisions; a signed plan is frozen.",
)


def _plan_months(table: str) -> str:
    """The planned months of a table laid across."""
    label = f"{supply_review.SHEET}!{cell(load_peaks.LABEL_ROW, FIRST_MONTH, 'rc')}"
    first = f"MATCH({label},head_{table},0)"
    return f"INDEX(tbl_{table}[],0,{first}):INDEX(tbl_{table}[],0,{first}+page_months-1)"


_CONSENSUS = '(tbl_sop_grid[Block]="demand")*(tbl_sop_grid[Measure]="consensus")'
_GRID = _plan_months("sop_grid")
_CHECKS: tuple[tuple[str, str], ...] = (
    ("Steps stopped or out of date", '=COUNTIF(tbl_steps[Status],"stopped")+COUNTIF(tbl_steps[Status],"out of date")'),
    ("Stopping data issues, not waived", '=SUMIFS(tbl_checks[Open],tbl_checks[Severity],"stops")'),
    ("Months in which stock or backlog does not balance",
     f'=IFERROR(SUMPRODUCT((tbl_sop_grid[Measure]="check")*(ABS({_GRID})>0.5)),0)'),
    ("Units by which families miss the total",
     f'=IFERROR(ROUND(ABS(SUMPRODUCT({_CONSENSUS}*IF(tbl_sop_grid[Family]="Total",1,-1)*{_GRID})),0),0)'),
    ("Money by which the bridge misses the plan",
     '=ROUND(ABS(SUMIFS(tbl_bridge[Money],tbl_bridge[Step],"<>plan")-SUMIFS(tbl_bridge[Money],tbl_bridge[Step],"plan")),0)'),
)  # fmt: skip
_COUNTS = f"{cell(_CHECK_FIRST, _FOUND, 'rc')}:{cell(_CHECK_FIRST + len(_CHECKS) - 1, _FOUND, 'rc')}"
_CHECK_TABLES = ("steps", "checks", "sop_grid", "bridge", "control")


def failures(frames: Frames, cells: Cells) -> list[float]:
    """How far each check of the cover is from passing."""
    steps, checks, grid, bridge = (frames[t] for t in ("steps", "checks", "sop_grid", "bridge"))
    grid = grid.loc[grid["period"].isin(shown(frames, cells, past=False))]
    consensus = grid.loc[grid["block"].eq("demand") & grid["measure"].eq("consensus")]
    sign = np.where(consensus["family"].str.casefold().eq("total"), 1.0, -1.0)
    to_plan = np.where(bridge["step"].eq("plan"), -1.0, 1.0)
    return [
        float(steps["status"].isin(["stopped", "out of date"]).sum()),
        float(checks.loc[checks["severity"].eq("stops"), "open"].sum()),
        float((grid["measure"].eq("check") & (grid["value"].abs() > 0.5)).sum()),
        _rounded(float((consensus["value"] * sign).sum())),
        _rounded(float((bridge["money"] * to_plan).sum())),
    ]


def _rounded(value: float) -> float:
    return float(np.floor(abs(value) + 0.5))


def _check_blocks() -> tuple[Block, Block, Block]:
    def counts(frames: Frames, cells: Cells) -> Values:
        return [[count] for count in failures(frames, cells)]

    def words(frames: Frames, cells: Cells) -> Values:
        return [["ok" if count == 0 else "look"] for count in failures(frames, cells)]

    def master(frames: Frames, cells: Cells) -> str:
        failed = sum(count > 0 for count in failures(frames, cells))
        if failed:
            return f"LOOK: {failed} of {len(_CHECKS)} checks fail"
        done = frames["steps"]["status"].str.startswith("done").any()
        return "ALL CHECKS PASS" if done else "NOTHING RUN YET"

    def count_formulas(_: Window) -> Grid:
        return [[f"{{{formula}}}"] for _, formula in _CHECKS]

    def word_formulas(_: Window) -> Grid:
        return [[f'=IF({cell(_CHECK_FIRST + k, _FOUND)}=0,"ok","look")'] for k in range(len(_CHECKS))]

    formula = (
        f'=IF(SUM({_COUNTS})>0,"LOOK: "&COUNTIF({_COUNTS},">0")&" of {len(_CHECKS)} checks fail",'
        'IF(COUNTIF(tbl_steps[Status],"done*")=0,"NOTHING RUN YET","ALL CHECKS PASS"))'
    )
    big = tile_looks(_COLOR, 16)
    return (
        Block("cover_checks", _CHECK_FIRST, _FOUND, count_formulas, Twin(_CHECK_TABLES, WINDOW, counts), (WHOLE,),
              style=Style.CHECK, array=True),
        Block("cover_check_words", _CHECK_FIRST, _FOUND + 1, word_formulas, Twin(_CHECK_TABLES, WINDOW, words),
              (WORDS,), style=Style.CHECK, looks={"align": "left", "indent": 1}),
        one("master_check", (_TILE_ROW + 1, 1), formula, master, _CHECK_TABLES, WINDOW, number=WORDS, **big),
    )  # fmt: skip


def _version(frames: Frames) -> tuple[str, str]:
    versions = frames["versions"]
    versions = versions.loc[versions["version"].ne("")]
    return (str(versions["version"].iloc[-1]), str(versions["status"].iloc[-1])) if len(versions) else ("", "")


def _fact_blocks() -> tuple[Block, ...]:
    def done(frames: Frames, _: Cells) -> str:
        steps = frames["steps"]
        return f"{steps['status'].str.startswith('done').sum()} of {steps['step'].ne('').sum()} steps done"

    def company(frames: Frames, _: Cells) -> str:
        return setting(frames, "company") or "Company: see sheet Control"

    def months(frames: Frames, _: Cells) -> str:
        return f"{fixed(setting(frames, 'horizon'))} months planned, in {setting(frames, 'currency')}"

    def cycle(frames: Frames, _: Cells) -> str:
        return f"{setting(frames, 'cycle')}, history to {setting(frames, 'as_of').isoformat()}"

    def version(frames: Frames, _: Cells) -> str:
        name, status = _version(frames)
        if not name:
            return "no version yet"
        asked = frames["approvals"].loc[frames["approvals"]["version"].eq(name)]
        return f"version {name} ({status}), {asked['decision'].eq('approve').sum()} of {len(asked)} roles approved"

    last = "COUNTA(tbl_versions[Version])"
    name = f"INDEX(tbl_versions[Version],{last})"
    as_of = '&"-"&'.join(("YEAR(set_as_of)", 'RIGHT("0"&MONTH(set_as_of),2)', 'RIGHT("0"&DAY(set_as_of),2)'))
    lines: tuple[tuple[str, int, bool, str, Any, tuple[str, ...]], ...] = (
        ("cover_steps_done", 1, False,
         '=COUNTIF(tbl_steps[Status],"done*")&" of "&COUNTIF(tbl_steps[Step],"?*")&" steps done"', done, ("steps",)),
        ("cover_company", 3, True, '=IF(set_company="","Company: see sheet Control",set_company)', company,
         ("control",)),
        ("cover_months", 3, False, '=FIXED(set_horizon,0)&" months planned, in "&set_currency', months, ("control",)),
        ("cover_cycle", 7, True, f'=set_cycle&", history to "&{as_of}', cycle, ("control",)),
        ("cover_version", 7, False,
         f'=IF({last}=0,"no version yet","version "&{name}&" ("&INDEX(tbl_versions[Status],{last})&"), "'
         f'&COUNTIFS(tbl_approvals[Version],{name},tbl_approvals[Decision],"approve")&" of "'
         f'&COUNTIFS(tbl_approvals[Version],{name})&" roles approved")', version, ("versions", "approvals")),
    )  # fmt: skip
    small = {"bold": False, "font_color": "#6B7280"}
    return tuple(
        one(block, (_TILE_ROW + (1 if big else 2), column), formula, twin, tables, number=WORDS,
            **(tile_looks(_COLOR, 16) if big else tile_looks(_COLOR, 10) | small))
        for block, column, big, formula, twin, tables in lines
    )  # fmt: skip


def _expires(table: str, row: int, key: str, blank_too: bool) -> Ranked:
    label = TABLES[table].column(key).label
    column = f"tbl_{table}[Expires]"
    due = f"(ISNUMBER({column})*({column}<=EOMONTH(set_as_of,1)))"
    when = f'(({column}="")+{due}>0)' if blank_too else due

    def chosen(frames: Frames) -> pd.Series[bool]:
        frame = frames[table]
        soon = frame["expires"].le(pd.Timestamp(end_of_cycle(frames)))
        return frame[key].ne("") & (soon | frame["expires"].isna() if blank_too else soon)

    return Ranked(
        f"expiring_{table}", table, row, 1, 4, _LINES, (key, "owner", "expires"),
        f'(tbl_{table}[{label}]<>"")*{when}', chosen, numbers=(WORDS, WORDS, DAY), reads=("control",),
    )  # fmt: skip


_OVERRIDES = _expires("overrides", _EXPIRY_FIRST, "override", blank_too=True)
_ASSUMPTIONS = _expires("assumptions", _EXPIRY_FIRST + _LINES, "assumption", blank_too=False)

BLOCKS: tuple[Block, ...] = (
    *_check_blocks(),
    *_fact_blocks(),
    *_OVERRIDES.blocks(),
    *_ASSUMPTIONS.blocks(),
)
"""Every formula of the cover, the table of the steps aside."""


def draw(
    canvas: Canvas,
    order: Mapping[Group, Sequence[str]],
    steps: Placement,
    frames: Frames,
    cells: Mapping[str, Any],
    currency: str,
) -> None:
    """Draw the cover."""
    sheet = canvas.sheet
    sheet.set_tab_color(_COLOR)
    sheet.hide_gridlines(2)
    sheet.set_zoom(ZOOM)
    sheet.set_row(0, 32)
    canvas.text(0, 1, "Sales & Operations Planning", Style.TITLE, font_color=_COLOR, font_size=22)
    canvas.text(1, 1, _PURPOSE, Style.NOTE)
    sheet.set_row(_TILE_ROW + 1, 32)
    sheet.set_row(_TILE_ROW + 2, 20)
    for (column, wide), label in zip(_TILES, ("Master check", "Company", "Cycle"), strict=True):
        canvas.tile(_TILE_ROW, column, wide, label, "", _COLOR, 16)
    canvas.section(COVER_TABLE[0] - 2, "Steps of this cycle", _LAST, _COLOR)
    write_table(sheet, steps, frames["steps"], canvas.styles, currency)
    for row in range(COVER_TABLE[0] + 1, COVER_TABLE[0] + 1 + len(frames["steps"])):
        sheet.set_row(row, _STEP_HEIGHT)
    _link_steps(canvas, order, steps, frames)
    for column, characters in enumerate(_WIDTHS):
        sheet.set_column(column, column, characters)
    _draw_checks(canvas)
    _draw_expiry(canvas)
    _draw_help(canvas)
    last_row = sheet_map.draw(canvas, order, _MAP_FIRST, (1, _RIGHT, _LAST), _COLOR)
    for block in BLOCKS:
        canvas.write(block, block.twin.value(frames, cells))
    _colour(canvas)
    print_set_up(sheet, pages_tall=2)
    sheet.set_h_pagebreaks([_MAP_FIRST - 1])
    sheet.print_area(0, 0, last_row, _LAST)


def _link_steps(canvas: Canvas, order: Mapping[Group, Sequence[str]], steps: Placement, frames: Frames) -> None:
    """Each step leads to the page that reviews it."""
    looks = canvas.styles.of(Style.RESULT, "General", font_color=sheet_map.LINK, underline=1, align="left", indent=1)
    for row, step in enumerate(frames["steps"]["step"], COVER_TABLE[0] + 1):
        names = next((names for group, names in order.items() if group.value == step), None)
        if names:
            page = "DataQuality" if "DataQuality" in names else names[0]
            canvas.sheet.write_url(row, steps.column, f"internal:'{page}'!A1", looks, step, f"Go to {page}")


def _left_section(canvas: Canvas, row: int, words: str) -> None:
    canvas.section(row, words, _LEFT_END, _COLOR)


def _right_section(canvas: Canvas, row: int, words: str) -> None:
    line = canvas.styles.of(None, bold=True, font_size=12, font_color=_COLOR, bottom=2, bottom_color=_COLOR)
    for column in range(_RIGHT, _LAST + 1):
        canvas.sheet.write_blank(row, column, None, line)
    canvas.sheet.write_string(row, _RIGHT, words, line)


def _draw_checks(canvas: Canvas) -> None:
    _left_section(canvas, _CHECK_FIRST - 2, "Checks")
    canvas.headings(_CHECK_FIRST - 1, 1, ("Must be 0", "", "Found", ""))
    for k, (words, _) in enumerate(_CHECKS):
        canvas.sheet.merge_range(_CHECK_FIRST + k, 1, _CHECK_FIRST + k, 2, words, canvas.styles.of(Style.CALC))


def _draw_expiry(canvas: Canvas) -> None:
    _left_section(canvas, _EXPIRY_FIRST - 2, "Expires this cycle (overrides, then assumptions)")
    canvas.headings(_EXPIRY_FIRST - 1, 1, ("Name", "Owner", "Expires"))
    canvas.text(_EXPIRY_FIRST - 1, 4, "row there", Style.UNIT)


def _draw_help(canvas: Canvas) -> None:
    _right_section(canvas, _HOW_FIRST - 1, "How to use it")
    for k, line in enumerate(_HOW):
        canvas.text(_HOW_FIRST + k, _RIGHT, line, None, font_color=INK)
    _right_section(canvas, _LEGEND_FIRST - 1, "Colours (Home > Cell Styles lists them)")
    for k, (style, words) in enumerate(LEGEND):
        canvas.sheet.write_string(_LEGEND_FIRST + k, _RIGHT, style.value, canvas.styles.of(style))
        canvas.text(_LEGEND_FIRST + k, _RIGHT + 1, words, Style.NOTE)


def _colour(canvas: Canvas) -> None:
    rule, sheet = canvas.styles.rule, canvas.sheet
    good, watch, bad = (
        rule(font_color=font, bg_color=fill) for font, fill in ((GOOD, GOOD_FILL), (WATCH, WATCH_FILL), (BAD, BAD_FILL))
    )
    at = cell(_TILE_ROW + 1, 1, "rc")
    for criteria, looks in (("LOOK", bad), ("NOTHING", watch), ("ALL", good)):
        formula = {"type": "formula", "criteria": f'=LEFT({at},{len(criteria)})="{criteria}"', "format": looks}
        sheet.conditional_format(_TILE_ROW + 1, 1, _TILE_ROW + 1, 1, formula)
    word = cell(_CHECK_FIRST, _FOUND + 1, "c")
    for text, looks in (("ok", good), ("look", bad)):
        formula = {"type": "formula", "criteria": f'={word}="{text}"', "format": looks}
        sheet.conditional_format(_CHECK_FIRST, _FOUND, _CHECK_FIRST + len(_CHECKS) - 1, _FOUND + 1, formula)
