"""The S&OP grid as the meeting reads it: a family or an item, units or money, past and plan on one sheet of paper."""

from __future__ import annotations

from typing import Any

from sop_xl import periods
from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, nth_row, one
from sop_xl.workbook.template.pages.canvas import SLATE, Canvas, Page, Pick, grey_errors, pixels
from sop_xl.workbook.template.pages.grid_charts import draw_charts
from sop_xl.workbook.template.pages.grid_messages import FIGURES, message_blocks
from sop_xl.workbook.template.pages.grid_numbers import (
    BASE,
    CELLS_READ,
    CHOICES,
    FAMILY,
    ITEM,
    MONEY_WORD,
    OF_ITEM,
    SHOW,
    TABLES_READ,
    UNIT,
    choice_blocks,
    columns,
    family_blocks,
    item_block,
    year_before_block,
)
from sop_xl.workbook.template.pages.grid_shown import MONEY, SECTIONS, SWITCHED, Place, Shown, shown_rows
from sop_xl.workbook.template.pages.grid_totals import (
    TOTAL_FILL,
    class_block,
    first_total,
    heading_block,
    last_total,
    plan_block,
    total_block,
)
from sop_xl.workbook.template.pages.parts import FIRST_MONTH, WINDOW, Cells, Values, list_range, months
from sop_xl.workbook.template.pages.values import NA, Value, chosen, nth, setting, shown
from sop_xl.workbook.template.styles import BAD, BAD_FILL, GREY, INK, TABS, WORDS, Style
from sop_xl.workbook.twin import Twin

SHEET = "SOPGrid"
ITEMS = 100
"""Most items of a family the drop-down lists."""

_COLOR = TABS[Group.PRE_SOP]
_PAST = "#EEF1F5"
_WIDTHS = (1.5, 25.0, 6.5, 10.0)
_MONTH, _TOTAL = 7.9, 9.7
_LOW = 17
"""Height of a row of the grid [points]: all of them on one sheet of paper."""
_CHART_ROW, _CHART_ROWS, _HEAD = 7, 17, 25

_FIRST: dict[str, int] = {}
_row = _HEAD + 1
for _name, _rows in SECTIONS.items():
    _FIRST[_name] = _row + 1
    _row += 1 + len(_rows)
_END = _row
_ROW = {row.key: _FIRST[name] + k for name, rows in SECTIONS.items() for k, row in enumerate(rows)}
_WORK = _END + 1
_DATES, _LABELS, _CLASSES, _YEAR_BEFORE = _WORK + 1, _WORK + 2, _WORK + 3, _WORK + 6
_NOW, _PATH, _BAND = _WORK + 7, _WORK + 8, _WORK + 9
_CHOICES = _WORK + 11
_DAYS = _CHOICES + len(CHOICES)
_FIGURES = _DAYS + 1
_FAMILY_FIRST = _FIGURES + len(FIGURES) + 2
_ITEM_FIRST = _FAMILY_FIRST + len(BASE) + 2
_LIST = _ITEM_FIRST + len(OF_ITEM) + 2


def _place(column: int) -> Place:
    family = {name: _FAMILY_FIRST + k for k, name in enumerate(BASE)}
    item = {name: _ITEM_FIRST + k for k, name in enumerate(OF_ITEM)}
    return Place(_ROW, family, item, FIRST_MONTH, column)


def _section_block(name: str, rows: tuple[Shown, ...]) -> Block:
    def formulas(window: Window) -> Grid:
        return [[row.formula(_place(column)) for column in columns(window)] for row in rows]

    def values(frames: Frames, cells: Cells) -> Values:
        found = shown_rows(frames, cells)
        return [found[row.key] for row in rows]

    numbers = tuple(row.number for row in rows)
    twin = Twin(TABLES_READ, CELLS_READ, values)
    looks = {"font_size": 9, "valign": "vcenter"}
    return Block(f"grid_{name.lower()}", _FIRST[name], FIRST_MONTH, formulas, twin, numbers, looks=looks,
                 column_looks=_past_or_plan)  # fmt: skip


def _past_or_plan(window: Window, offset: int) -> dict[str, Any]:
    """Actuals are shaded, and a line stands after the last of them."""
    if offset >= window.past:
        return {}
    return {"bg_color": _PAST} | ({"right": 2, "right_color": SLATE} if offset == window.past - 1 else {})


def _units(name: str, rows: tuple[Shown, ...]) -> Block:
    """The unit of every row."""
    words = {SWITCHED: UNIT, MONEY: "set_currency"}

    def formulas(_: Window) -> Grid:
        return [[f"={words.get(row.unit) or chr(34) + row.unit + chr(34)}"] for row in rows]

    def values(frames: Frames, cells: Cells) -> Values:
        currency = str(setting(frames, "currency"))
        shown_in = currency if str(cells[SHOW]).casefold() == MONEY_WORD else "units"
        said = {SWITCHED: shown_in, MONEY: currency}
        return [[said.get(row.unit, row.unit)] for row in rows]

    twin = Twin(("control",), (SHOW,), values)
    looks = {"font_size": 8, "font_color": GREY, "valign": "vcenter"}
    return Block(f"grid_{name.lower()}_units", _FIRST[name], 2, formulas, twin, (WORDS,), looks=looks)


def _head() -> Block:
    """The months over the grid."""

    def formulas(window: Window) -> Grid:
        return [[f"={cell(_LABELS, column)}" for column in columns(window)]]

    def value(frames: Frames, cells: Cells) -> Values:
        return [[periods.label(day) for day in shown(frames, cells)]]

    twin = Twin(("control",), WINDOW, value)
    looks = {"align": "center", "font_size": 9, "indent": 0}
    return Block("grid_months", _HEAD, FIRST_MONTH, formulas, twin, (WORDS,), style=Style.HEADER, looks=looks)


def _chart_rows() -> Block:
    """Today: the last actual month; the stock there and planned, one line; and its target, from today on."""

    def formulas(window: Window) -> Grid:
        now = [
            f"=IF({cell(_LABELS, c, 'r')}=as_of_label,IFERROR({cell(_ROW['actual'], c)}+0,0),NA())"
            for c in columns(window)
        ]
        path = [f"=IFERROR({cell(_ROW['closing'], c)}+0,{cell(_ROW['counted'], c)})" for c in columns(window)]
        band = [
            f"=IF({cell(_LABELS, c, 'r')}=as_of_label,{cell(_ROW['target'], c + 1)},{cell(_ROW['target'], c)})"
            for c in columns(window)
        ]
        return [now, path, band]

    def values(frames: Frames, cells: Cells) -> Values:
        rows, last = shown_rows(frames, cells), int(cells["page_past"]) - 1
        now: list[Value] = [NA] * len(rows["actual"])
        there = rows["actual"][last]
        now[last] = there if isinstance(there, float) else 0.0
        pairs = zip(rows["closing"], rows["counted"], strict=True)
        band = list(rows["target"])
        band[last] = band[last + 1]
        return [now, [a if isinstance(a, float) else b for a, b in pairs], band]

    return Block("grid_chart_rows", _NOW, FIRST_MONTH, formulas, Twin(TABLES_READ, CELLS_READ, values))


def _items() -> Block:
    """The sold items of the family, for the drop-down."""
    condition = f"(tbl_items[Family]={FAMILY})*(tbl_items[Sold]=TRUE)"

    def formulas(_: Window) -> Grid:
        start = cell(_LIST, 1, "r")
        return [[nth_row("items", "Item", condition, f"ROWS({start}:{cell(_LIST + k, 1)})")] for k in range(ITEMS)]

    def value(frames: Frames, cells: Cells) -> Values:
        items = frames["items"]
        mine = items.loc[chosen(items, {"family": str(cells[FAMILY])}) & items["sold"], "item"]
        return [[text] for text in nth(list(mine), ITEMS)]

    return Block("grid_items", _LIST, 1, formulas, Twin(("items",), (FAMILY,), value), (WORDS,), array=True)


def _draw(canvas: Canvas) -> None:
    sheet, window = canvas.sheet, canvas.window
    last_month, last = columns(window)[-1], last_total(window)
    for column, wide in enumerate(_WIDTHS):
        sheet.set_column(column, column, wide)
    sheet.set_column(FIRST_MONTH, last_month, _MONTH)
    sheet.set_column(last_month + 1, last_month + 1, 1.0)
    sheet.set_column(first_total(window), last, _TOTAL)
    charted = _ROW | {"today": _NOW, "path": _PATH, "band": _BAND}
    draw_charts(canvas, charted, (_CHART_ROW, _CHART_ROWS), _full_width(window))
    canvas.headings(_HEAD, 1, ("Row", "Unit", "Plan"))
    sheet.set_row(_HEAD, 20)
    for at in range(_HEAD + 1, _END):
        sheet.set_row(at, _LOW)
    for name, rows in SECTIONS.items():
        _section(canvas, _FIRST[name] - 1, name, last_month, last)
        for row in rows:
            looks = canvas.styles.of(Style.CALC, bold=row.strong, font_color=INK, font_size=10, valign="vcenter")
            sheet.write_string(_ROW[row.key], 1, row.label, looks)
    _workings(canvas, last)
    _colours(canvas, last_month, last)
    sheet.set_h_pagebreaks([_WORK - 1])
    sheet.print_area(0, 0, _END - 1, last)


def _full_width(window: Window) -> int:
    """The width of the grid [pixels]."""
    totals = last_total(window) - first_total(window) + 1
    months_wide = pixels(_MONTH) * (window.past + window.months)
    return sum(pixels(w) for w in _WIDTHS[1:]) + months_wide + pixels(_TOTAL) * totals + pixels(1.0)


def _section(canvas: Canvas, row: int, words: str, last_month: int, last: int) -> None:
    line = canvas.styles.of(None, bold=True, font_size=10, font_color=_COLOR, bottom=2, bottom_color=_COLOR)
    for column in (*range(1, last_month + 1), *range(last_month + 2, last + 1)):
        canvas.sheet.write_blank(row, column, None, line)
    canvas.sheet.write_string(row, 1, words, line)


def _workings(canvas: Canvas, last: int) -> None:
    """The labels of what the grid rests on, below the printed part."""
    canvas.section(_WORK, "Behind the grid", last, _COLOR)
    for row, words in (
        (_DATES, "month, first day"), (_LABELS, "month"), (_CLASSES, "past or plan"), (_CLASSES + 1, "quarter"),
        (_CLASSES + 2, "year"), (_YEAR_BEFORE, "a year before"), (_NOW, "today"), (_PATH, "stock, then plan"),
        (_BAND, "target, from today"),
        (_DAYS, "days in a month"),
    ):  # fmt: skip
        canvas.labels(row, [(words,)])
    canvas.labels(_CHOICES, [(words,) for words in CHOICES])
    canvas.labels(_FIGURES, [(words,) for words in FIGURES])
    canvas.headings(_FAMILY_FIRST - 1, 1, ("Of the family, sheet Grid", "Block", ""))
    canvas.labels(_FAMILY_FIRST, [(measure,) for measure, _, _ in BASE.values()])
    canvas.headings(_ITEM_FIRST - 1, 1, ("Of the item, in units", "Table", ""))
    canvas.labels(_ITEM_FIRST, [(name, row.table) for name, row in OF_ITEM.items()])
    canvas.headings(_LIST - 1, 1, ("Items in the drop-down",))
    canvas.book.define_name("lst_grid_items", list_range(SHEET, _LIST, 1, ITEMS))
    grey_errors(canvas, _NOW, FIRST_MONTH, _LIST - 1, last)


def _colours(canvas: Canvas, last_month: int, last: int) -> None:
    """Actuals shaded, a line after the last of them, what is not known not seen, what is wrong red."""
    sheet, styles, first = canvas.sheet, canvas.styles, _HEAD + 1
    bad = styles.rule(font_color=BAD, bg_color=BAD_FILL)
    for key, test in (("late", ">0.5"), ("lost", ">0.5"), ("stock check", "<>0"), ("backlog check", "<>0"),
                      ("against target", "<-0.5")):  # fmt: skip
        at = cell(_ROW[key], FIRST_MONTH)
        rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({at}),N({at}){test})", "format": bad}
        sheet.conditional_format(_ROW[key], FIRST_MONTH, _ROW[key], last_month, rule)
    row = _ROW["highest load"]
    at = cell(row, FIRST_MONTH)
    rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({at}),N({at})>set_load_red)", "format": bad}
    sheet.conditional_format(row, FIRST_MONTH, row, last_month, rule)
    now = FIRST_MONTH + canvas.window.past
    for column, end, fill in (
        (FIRST_MONTH - 1, FIRST_MONTH - 1, TOTAL_FILL), (FIRST_MONTH, now - 1, _PAST), (now, last_month, "#FFFFFF"),
        (last_month + 2, last, TOTAL_FILL),
    ):  # fmt: skip
        rule = {
            "type": "formula",
            "criteria": f"=ISERROR({cell(first, column)})",
            "format": styles.rule(font_color=fill),
        }
        sheet.conditional_format(first, column, _END - 1, end, rule)
    thousands = styles.rule(num_format='#,##0,"k"')
    for column, end, limit in ((FIRST_MONTH - 1, FIRST_MONTH - 1, 10**10), (FIRST_MONTH, last_month, 10**8),
                               (last_month + 2, last, 10**10)):  # fmt: skip
        at = cell(first, column)
        rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({at}),ABS(N({at}))>={limit})", "format": thousands}
        sheet.conditional_format(first, column, _END - 1, end, rule)


def _blocks() -> tuple[Block, ...]:
    sections = [
        block
        for name, rows in SECTIONS.items()
        for block in (
            _units(name, rows),
            plan_block(f"grid_{name.lower()}_plan", _FIRST[name], rows, _HEAD, _CLASSES),
            _section_block(name, rows),
            total_block(f"grid_{name.lower()}_totals", _FIRST[name], rows, _HEAD, _CLASSES),
        )
    ]
    days = one("grid_days_per_month", (_DAYS, 3), "=365.25/12", lambda *_: periods.DAYS_PER_MONTH, (), number="0.00")
    return (
        *months("grid_dates", _DATES, past=True),
        class_block(_CLASSES, _DATES),
        year_before_block(_YEAR_BEFORE, _DATES),
        *choice_blocks(_CHOICES),
        days,
        *family_blocks(_FAMILY_FIRST, _LABELS),
        item_block(_ITEM_FIRST, _LABELS, _YEAR_BEFORE),
        _items(),
        _head(),
        heading_block(_HEAD, _DATES, _CLASSES),
        *sections,
        _chart_rows(),
        *message_blocks(_FIGURES, _ROW),
    )


PAGE = Page(
    SHEET,
    Group.PRE_SOP,
    "The S&OP grid",
    "Choose a family, units or money, and an item to drill down: actuals are shaded, the plan begins after the line.",
    (
        Pick(FAMILY, "Family", 4, 1, "=lst_families", lambda _: "Total", "A family of the S&OP grid, or Total"),
        Pick(
            SHOW, "Read in", 4, 2, ("units", MONEY_WORD), lambda _: "units",
            "money: demand and supply at list price, stock at standard cost",
        ),
        Pick(
            ITEM, "Item (blank: whole family)", 6, 1, "=lst_grid_items", lambda _: "",
            "An item of the family; clear the cell to see the family",
        ),
    ),
    _blocks(),
    _draw,
    _LABELS,
    pages_tall=1,
)  # fmt: skip
