"""The supply review in one look: stock, load, worth of an hour, strategies, the best way out of each shortage."""

from __future__ import annotations

from typing import Any

from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, one
from sop_xl.workbook.template.pages.canvas import (
    Canvas,
    Page,
    Pick,
    grey_errors,
    pixels,
)
from sop_xl.workbook.template.pages.load_peaks import (
    LABEL_ROW,
    LIST_FIRST,
    RESOURCES,
    TOP,
    TOP_FIRST,
    busiest,
    peak_block,
    peaks,
    rank_block,
    ranked,
    top_block,
)
from sop_xl.workbook.template.pages.parts import (
    FIRST_MONTH,
    WINDOW,
    Cells,
    Values,
    list_range,
    listed,
    looked_up,
    months,
    tile_looks,
    totals,
)
from sop_xl.workbook.template.pages.supply_charts import ALL_HOURS, draw_charts
from sop_xl.workbook.template.pages.supply_figures import (
    DIFFERENCE_FIRST,
    KINDS,
    NUMBERS,
    REMEDY_FIRST,
    ROWS,
    SPLIT,
    STRATEGIES,
    STRATEGY_COLUMN,
    STRATEGY_FIRST,
    WORTH_COLUMN,
    WORTH_FIRST,
    difference_block,
    loads_message,
    message,
    percent,
    remedies,
    strategy_block,
    strategy_message,
    worth,
    worth_labels,
    worth_message,
)
from sop_xl.workbook.template.pages.values import NA, Value, chosen, fixed, total
from sop_xl.workbook.template.styles import INK, PERCENT, TABS, WHOLE, WORDS, Style
from sop_xl.workbook.twin import Twin

SHEET = "SupplyReview"
PICK, PICK_RESOURCE, SHOWN = "pick_supply_family", "pick_resource", "shown_resource"

_COLOR = TABS[Group.SUPPLY]
_WIDTHS = (2.0, 24.0, 12.0, 13.0)
_MONTH = 10.5
_DATES, _LABELS, _FIRST = LABEL_ROW - 1, LABEL_ROW, LABEL_ROW + 1
_ROWS = (
    ("consensus", "demand"),
    ("production", "supply"),
    ("purchases", "supply"),
    ("used in assembly", "supply"),
    ("transfers in", "supply"),
    ("delivered", "supply"),
    ("closing", "inventory"),
    ("target", "inventory"),
    ("days of supply", "inventory"),
    ("late", "backlog"),
    ("lost", "backlog"),
)
_ROW = {measure: _FIRST + i for i, (measure, _) in enumerate(_ROWS)}
_NUMBERS = (*[WHOLE] * 7, "#,##0.0", WHOLE, WHOLE)
_LOAD_FIRST = _FIRST + len(_ROWS) + 2
_LOADS = (
    "regular capacity", "overtime capacity", "required", "regular used", "overtime used", "load", "to build ahead",
)  # fmt: skip
_LOAD_ROW = {measure: _LOAD_FIRST + i for i, measure in enumerate(_LOADS)}
_ALL_HOURS = _LOAD_FIRST + len(_LOADS)
_CAUSE_FIRST = _ALL_HOURS + 4
_CAUSES = (
    "capacity", "crew", "component", "lead time", "supplier limit", "lane limit", "storage", "shelf life", "budget",
    "lock", "target stock", "fair sharing", "last plan", "no source",
)  # fmt: skip

_numbers = looked_up(
    "supply_numbers", _FIRST, _LABELS, "sop_grid", [{"measure": m, "block": b} for m, b in _ROWS], {"family": PICK},
    numbers=_NUMBERS,
)  # fmt: skip
_sums = totals("supply_totals", _numbers, 5, past=False)
_load = looked_up(
    "load_numbers", _LOAD_FIRST, _LABELS, "resource_load", [{"measure": m} for m in _LOADS], {"resource": SHOWN},
    numbers=(*["#,##0"] * 5, PERCENT, WHOLE),
)  # fmt: skip


def _shown_resource() -> Block:
    def value(frames: Frames, cells: Cells) -> Value:
        picked = cells[PICK_RESOURCE]
        return str(picked) if picked not in (None, "") else busiest(frames, cells)

    first = cell(TOP_FIRST, 1, "rc")
    formula = f'=IF({PICK_RESOURCE}="",{first},{PICK_RESOURCE})'
    tables = ("resource_load", "control")
    return one(SHOWN, (_LOAD_FIRST - 1, 2), formula, value, tables, (PICK_RESOURCE, *WINDOW), number=WORDS,
               style=Style.HEADER)  # fmt: skip


def _load_twin(frames: Frames, cells: Cells) -> Values:
    resource = _shown_resource().twin.value(frames, cells)
    values: Values = _load.twin.value(frames, {**cells, SHOWN: resource})
    return values


_LOAD = Block(
    _load.name, _load.row, _load.column, _load.formulas,
    Twin(("resource_load", "control"), (*WINDOW, PICK_RESOURCE), _load_twin), _load.numbers,
)  # fmt: skip


def _all_hours() -> Block:
    def formulas(window: Window) -> Grid:
        columns = range(FIRST_MONTH, FIRST_MONTH + window.months)
        regular, overtime = _LOAD_ROW["regular capacity"], _LOAD_ROW["overtime capacity"]
        return [[f"={cell(regular, c)}+{cell(overtime, c)}" for c in columns]]

    def value(frames: Frames, cells: Cells) -> Values:
        regular, overtime = _load_twin(frames, cells)[:2]
        pairs = zip(regular, overtime, strict=True)
        return [[a + b if isinstance(a, float) and isinstance(b, float) else NA for a, b in pairs]]

    return Block("load_all_hours", _ALL_HOURS, FIRST_MONTH, formulas, Twin(_LOAD.twin.tables, _LOAD.twin.cells, value))


def _causes() -> Block:
    def formulas(_: Window) -> Grid:
        return [
            [
                f"=SUMIFS(tbl_shortages[{label}],tbl_shortages[Cause],{cell(_CAUSE_FIRST + k, 1, 'c')})"
                for label in ("Quantity", "Money")
            ]
            for k in range(len(_CAUSES))
        ]

    def value(frames: Frames, _: Cells) -> Values:
        short = frames["shortages"]
        mine = [short.loc[chosen(short, {"cause": cause})] for cause in _CAUSES]
        return [[float(part["quantity"].sum()), float(part["money"].sum())] for part in mine]

    return Block("shortage_causes", _CAUSE_FIRST, 2, formulas, Twin(("shortages",), (), value))


def _tile(
    k: int, name: str, formula: str, twin: Any, cells: tuple[str, ...], number: str, tables: tuple[str, ...]
) -> Block:
    return one(name, (4, FIRST_MONTH + 2 * k), formula, twin, tables, cells, number=number, **tile_looks(_COLOR))


def _sum_tile(k: int, measure: str) -> Block:
    position = next(i for i, (m, _) in enumerate(_ROWS) if m == measure)

    def value(frames: Frames, cells: Cells) -> Any:
        return _sums.twin.value(frames, cells)[position][0]

    formula = f"={cell(_ROW[measure], FIRST_MONTH - 1)}"
    return _tile(k, f"supply_tile_{measure}", formula, value, _sums.twin.cells, WHOLE, _sums.twin.tables)


def _month_tile(k: int, measure: str, month: str, number: str) -> Block:
    """A tile of the first (`1`) or last (`page_months`) planned month."""
    position = next(i for i, (m, _) in enumerate(_ROWS) if m == measure)

    def formulas(window: Window) -> Grid:
        first, last = (cell(_ROW[measure], c, "rc") for c in (FIRST_MONTH, FIRST_MONTH + window.months - 1))
        return [[f'=IFERROR(INDEX({first}:{last},1,{month})+0,"-")']]

    def value(frames: Frames, cells: Cells) -> Value:
        line: list[Value] = _numbers.twin.value(frames, cells)[position]
        shown = line[0 if month == "1" else -1]
        return "-" if shown == NA else shown

    twin = Twin(_numbers.twin.tables, _numbers.twin.cells, value)
    name = f"supply_tile_{measure.replace(' ', '_')}"
    return Block(name, 4, FIRST_MONTH + 2 * k, formulas, twin, (number,), style=None, looks=tile_looks(_COLOR))


def _peak_tile(k: int) -> Block:
    def value(frames: Frames, cells: Cells) -> Value:
        order = ranked(frames, cells)
        return peaks(frames, cells)[order[0]][1] if order else "-"

    first = cell(TOP_FIRST, 2)
    formula = f'=IF({first}="","-",{first})'
    return _tile(k, "supply_tile_peak_load", formula, value, WINDOW, PERCENT, ("resource_load", "control"))


def _stock_message() -> Block:
    """What of its target the stock is at the end."""
    closing, target = (next(i for i, (m, _) in enumerate(_ROWS) if m == name) for name in ("closing", "target"))

    def formulas(window: Window) -> Grid:
        at = FIRST_MONTH + window.months - 1
        ratio = (
            f'SUMIF({cell(_ROW["closing"], FIRST_MONTH, "rc")}:{cell(_ROW["closing"], at, "rc")},"<9E+307")'
            f'/SUMIF({cell(_ROW["target"], FIRST_MONTH, "rc")}:{cell(_ROW["target"], at, "rc")},"<9E+307")'
        )
        return [
            [f'=IFERROR("Stock is "&FIXED(100*{ratio},0)&" % of its target on average","No stock is projected yet")']
        ]

    def value(frames: Frames, cells: Cells) -> Value:
        lines = _numbers.twin.value(frames, cells)
        held, wanted = (total(lines[row]) for row in (closing, target))
        return f"Stock is {percent(held / wanted)} of its target on average" if wanted else "No stock is projected yet"

    twin = Twin(_numbers.twin.tables, _numbers.twin.cells, value)
    looks = {"bold": True, "font_size": 11, "font_color": INK}
    return Block("says_stock", ROWS[0], 1, formulas, twin, (WORDS,), style=None, looks=looks)


def _resource_message() -> Block:
    """How much of its hours demand would need of the resource shown."""

    def formulas(window: Window) -> Grid:
        last = FIRST_MONTH + window.months - 1
        needed, there = (
            f"{cell(_LOAD_ROW[m], FIRST_MONTH, 'rc')}:{cell(_LOAD_ROW[m], last, 'rc')}"
            for m in ("required", "regular capacity")
        )
        most = f"FIXED(100*MAX(IFERROR({needed}/{there},0)),0)"
        words = f'" needs up to "&{most}&" % of its regular hours if nothing limits demand"'
        return [[f'{{=IF({SHOWN}="","No work center has a load yet",{SHOWN}&{words})}}']]

    def value(frames: Frames, cells: Cells) -> Value:
        name = _shown_resource().twin.value(frames, cells)
        if not name:
            return "No work center has a load yet"
        lines = _load_twin(frames, cells)
        needed, there = lines[_LOADS.index("required")], lines[_LOADS.index("regular capacity")]
        pairs = [(a, b) for a, b in zip(needed, there, strict=True) if isinstance(a, float) and isinstance(b, float)]
        most = max((a / b for a, b in pairs if b), default=0.0)
        return f"{name} needs up to {percent(max(most, 0.0))} of its regular hours if nothing limits demand"

    looks = {"bold": True, "font_size": 11, "font_color": INK}
    twin = Twin(_LOAD.twin.tables, _LOAD.twin.cells, value)
    return Block("says_resource", ROWS[1], 1, formulas, twin, (WORDS,), style=None, array=True, looks=looks)


def _supply_message() -> Block:
    """What is made and bought, and how much of it goes into other items."""
    rows = [next(i for i, (m, _) in enumerate(_ROWS) if m == name) for name in _SAID]

    def value(frames: Frames, cells: Cells) -> Value:
        sums = _sums.twin.value(frames, cells)
        made, bought, used = (fixed(float(sums[row][0])) for row in rows)
        return f"{made} made and {bought} bought, {used} of them used in other items"

    made, bought, used = (f"FIXED({cell(_ROW[name], FIRST_MONTH - 1)},0)" for name in _SAID)
    formula = f'={made}&" made and "&{bought}&" bought, "&{used}&" of them used in other items"'
    return message("says_supply", (ROWS[2], SPLIT), formula, value, _sums.twin.tables, _sums.twin.cells)


_SAID = ("production", "purchases", "used in assembly")
_TILES = (
    ("Production", "units over the planned months"),
    ("Purchases", "units over the planned months"),
    ("Stock at the end", "units, closing of the last month"),
    ("Cover at the start", "days of supply, first month"),
    ("Late at the end", "units still late in the last month"),
    ("Peak load", "busiest resource and month"),
)


def _draw(canvas: Canvas) -> None:
    sheet, window = canvas.sheet, canvas.window
    last = max(FIRST_MONTH + window.months - 1, FIRST_MONTH + 2 * len(_TILES) - 1)
    for column, wide in enumerate(_WIDTHS):
        sheet.set_column(column, column, wide)
    sheet.set_column(FIRST_MONTH, last, _MONTH)
    sheet.set_row(4, 30)
    sheet.set_row(5, 26)
    sheet.set_row(6, 20)
    sheet.set_row(_LABELS, 20)
    for k, (label, note) in enumerate(_TILES):
        canvas.tile(3, FIRST_MONTH + 2 * k, 2, label, note, _COLOR)
    for row in ROWS:
        sheet.set_row(row, 20)
    beside = sum(pixels(w) for w in _WIDTHS[1:]) + pixels(_MONTH) * (SPLIT - FIRST_MONTH)
    at = _ROW | _LOAD_ROW | {ALL_HOURS: _ALL_HOURS}
    draw_charts(canvas, SHEET, at, beside - 8, pixels(_MONTH) * (last - SPLIT + 1))
    canvas.section(
        REMEDY_FIRST - 2, "The worst shortages and the best way out (all of them: sheet Remedies)", last, _COLOR
    )
    canvas.headings(
        REMEDY_FIRST - 1, 1,
        ("Culprit", "Cause", "Month", "Short", "Revenue", "Remedy", "Amount", "Unit", "In time", "Net worth"),
    )  # fmt: skip
    canvas.section(NUMBERS, "The numbers behind the charts", last, _COLOR)
    canvas.headings(_LABELS, 1, ("Measure", "Block", "Planned"))
    canvas.labels(_FIRST, _ROWS)
    canvas.headings(_LOAD_FIRST - 1, 1, ("Hours of",))
    canvas.labels(_LOAD_FIRST, [(m,) for m in (*_LOADS, "regular + overtime")])
    canvas.headings(_CAUSE_FIRST - 1, 1, ("Cause of shortages", "Units", "Revenue"))
    canvas.labels(_CAUSE_FIRST, [(c,) for c in _CAUSES])
    canvas.headings(STRATEGY_FIRST - 1, STRATEGY_COLUMN, ("Cost", *STRATEGIES))
    canvas.labels(STRATEGY_FIRST, [(k,) for k in (*KINDS, "Total")], STRATEGY_COLUMN)
    canvas.headings(DIFFERENCE_FIRST - 1, STRATEGY_COLUMN, ("Beyond optimal", *STRATEGIES[1:]))
    canvas.labels(DIFFERENCE_FIRST, [(k,) for k in (*KINDS, "Total")], STRATEGY_COLUMN)
    canvas.headings(
        WORTH_FIRST - 1, WORTH_COLUMN, ("Hours worth most", "Month", "Worth of one", "For more", "Then", "Label")
    )
    canvas.headings(TOP_FIRST - 1, 1, ("Most loaded", "Peak load", "Months > red", "In the list"))
    canvas.section(LIST_FIRST - 2, "Resources in the drop-down (from the sheet Load)", last, _COLOR)
    canvas.headings(LIST_FIRST - 1, 1, ("Resource", "Peak load", "Months > red"))
    canvas.book.define_name("lst_loads", list_range(SHEET, LIST_FIRST, 1, RESOURCES))
    grey_errors(canvas, _FIRST, FIRST_MONTH, _ALL_HOURS, last)
    _colours(canvas, last)
    sheet.set_h_pagebreaks([NUMBERS])
    sheet.print_area(0, 0, LIST_FIRST - 4, last)


def _colours(canvas: Canvas, last: int) -> None:
    bad = canvas.styles.rule(font_color="#B42318", bg_color="#FEE4E2")
    watch = canvas.styles.rule(font_color="#854D0E", bg_color="#FEF3C7")
    for row, column, end_row, end_column in (
        (_LOAD_ROW["load"], FIRST_MONTH, _LOAD_ROW["load"], last),
        (TOP_FIRST, 2, TOP_FIRST + TOP - 1, 2),
        (LIST_FIRST, 2, LIST_FIRST + RESOURCES - 1, 2),
    ):
        here = cell(row, column)
        for limit, looks in (("set_load_red", bad), ("set_load_amber", watch)):
            rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({here}),{here}>{limit})", "format": looks}
            canvas.sheet.conditional_format(row, column, end_row, end_column, rule)
    here = cell(_ROW["late"], FIRST_MONTH)
    short = {"type": "formula", "criteria": f"=AND(ISNUMBER({here}),{here}>0.5)", "format": bad}
    canvas.sheet.conditional_format(_ROW["late"], FIRST_MONTH, _ROW["lost"], last, short)


PAGE = Page(
    SHEET,
    Group.SUPPLY,
    "Supply review",
    "Choose a family and a resource: stock against target, load against capacity, what an hour is worth, and ways out.",
    (
        Pick(PICK, "Family", 4, 1, "=lst_families", lambda _: "Total", "A family of the S&OP grid, or Total"),
        Pick(
            PICK_RESOURCE, "Resource (blank: busiest)", 6, 1, "=lst_loads", lambda _: "",
            "A resource of the sheet Load; blank shows the busiest",
        ),
    ),
    (
        *months("supply_months", _DATES, past=False),
        _numbers,
        _sums,
        _shown_resource(),
        _LOAD,
        _all_hours(),
        _causes(),
        rank_block(),
        top_block(),
        listed("resource_names", LIST_FIRST, 1, RESOURCES, "resource_load", "resource", {"measure": "load"}),
        peak_block(),
        *worth.blocks(),
        *remedies.blocks(),
        worth_labels(),
        strategy_block(),
        difference_block(),
        loads_message(),
        worth_message(),
        strategy_message(),
        _stock_message(),
        _resource_message(),
        _supply_message(),
        _sum_tile(0, "production"),
        _sum_tile(1, "purchases"),
        _month_tile(2, "closing", "page_months", WHOLE),
        _month_tile(3, "days of supply", "1", "#,##0.0"),
        _month_tile(4, "late", "page_months", WHOLE),
        _peak_tile(5),
    ),
    _draw,
    _LABELS,
)  # fmt: skip
