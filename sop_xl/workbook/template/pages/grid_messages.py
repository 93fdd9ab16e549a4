"""The sentences over the S&OP grid: what its charts say, computed in cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sop_xl.workbook.schema import Frames
from sop_xl.workbook.template.blocks import Block, Window, cell, span
from sop_xl.workbook.template.pages.grid_numbers import (
    CELLS_READ,
    CHOSEN,
    FAMILY,
    ITEM,
    TABLES_READ,
    chosen_item,
    in_money,
)
from sop_xl.workbook.template.pages.grid_shown import known, shown_rows
from sop_xl.workbook.template.pages.parts import FIRST_MONTH, NUMERIC, Cells
from sop_xl.workbook.template.pages.values import Value, fixed, setting
from sop_xl.workbook.template.styles import INK, PERCENT, WHOLE, WORDS
from sop_xl.workbook.twin import Twin

_COMPARED = ("budget", "last plan", "last year")
_AT = FIRST_MONTH - 1
FIGURES = (*(f"plan against {other}" for other in _COMPARED), "months with a target", "below target", "late at the end")
"""What stands beside the figures the sentences are made of."""


def message_blocks(first: int, rows: Mapping[str, int]) -> tuple[Block, ...]:
    """The figures from row `first` on, and the sentences over the charts; `rows` are the rows of the grid."""
    at = [cell(first + k, _AT, "rc") for k in range(len(FIGURES))]
    return (
        *(_figure(first + k, f"grid_figure_{k}", form, value, k < len(_COMPARED))
          for k, (form, value) in enumerate(_figures(rows))),
        _sentence("says_grid", 3, _demand_words(at), _say_demand, 15),
        _sentence("says_grid_stock", 4, _stock_words(at), _say_stock, 12),
        _sentence("says_grid_item", 6, _item_words(), _say_item, 11, bold=False),
    )  # fmt: skip


Planned = Mapping[str, Sequence[Value]]
"""The rows of the grid in the planned months."""
Figure = tuple[Callable[[Window], str], Callable[[Planned], Value]]


def _plan(window: Window, row: int) -> str:
    first = FIRST_MONTH + window.past
    return span(row, first, row, first + window.months - 1)


def _planned(frames: Frames, cells: Cells) -> Planned:
    past = int(cells["page_past"])
    return {key: line[past:] for key, line in shown_rows(frames, cells).items()}


def _figures(rows: Mapping[str, int]) -> list[Figure]:
    return [*(_against(rows, other) for other in _COMPARED), *_of_stock(rows)]


def _against(rows: Mapping[str, int], other: str) -> Figure:
    """How much more the plan is, over the months in which both have a number."""

    def formula(window: Window) -> str:
        mine, theirs = _plan(window, rows["consensus"]), _plan(window, rows[other])
        both = f"{mine},{NUMERIC},{theirs},{NUMERIC}"
        return f'=IFERROR(SUMIFS({mine},{both})/SUMIFS({theirs},{both})-1,"-")'

    def value(found: Planned) -> Value:
        pairs = zip(found["consensus"], found[other], strict=True)
        both = [(a, b) for a, b in pairs if isinstance(a, float) and isinstance(b, float)]
        base = sum(b for _, b in both)
        return sum(a for a, _ in both) / base - 1 if base else "-"

    return formula, value


def _of_stock(rows: Mapping[str, int]) -> list[Figure]:
    def against(found: Planned) -> list[float]:
        return [v for v in found["against target"] if isinstance(v, float)]

    return [
        (lambda w: f"=COUNT({_plan(w, rows['against target'])})", lambda found: float(len(against(found)))),
        (lambda w: f'=COUNTIF({_plan(w, rows["against target"])},"<-0.5")',
         lambda found: float(sum(v < -0.5 for v in against(found)))),
        (lambda w: f"=IFERROR({cell(rows['late'], FIRST_MONTH + w.past + w.months - 1)}+0,0)",
         lambda found: known(found["late"][-1], 0.0)),
    ]  # fmt: skip


def _figure(
    row: int, name: str, form: Callable[[Window], str], value: Callable[[Planned], Value], share: bool
) -> Block:
    twin = Twin(TABLES_READ, CELLS_READ, lambda frames, cells: value(_planned(frames, cells)))
    return Block(name, row, _AT, lambda w: [[form(w)]], twin, (PERCENT if share else WHOLE,), style=None)


def _values(frames: Frames, cells: Cells) -> list[Value]:
    found = _planned(frames, cells)
    return [value(found) for _, value in _figures(dict.fromkeys(found, 0))]


def _demand_words(at: Sequence[str]) -> str:
    """Name: demand 5 % below budget, 24 % above last year."""
    parts = []
    for address, other in zip(at, _COMPARED, strict=False):
        size, words = f"FIXED(100*ABS({address}),0)", f'IF({address}<0," % below {other}"," % above {other}")'
        said = f'IF(ROUND(100*{address},0)=0,"level with {other}",{size}&{words})'
        parts.append(f'IF(ISNUMBER({address}),", "&{said},"")')
    name = f'IF({CHOSEN}="",{FAMILY},{CHOSEN})'
    known = f"COUNT({at[0]}:{at[len(_COMPARED) - 1]})"
    return f'={name}&IF({known}=0,": nothing planned to compare yet",": demand"&MID({"&".join(parts)},2,200))'


def _say_demand(frames: Frames, cells: Cells) -> str:
    said = ""
    for number, other in zip(_values(frames, cells), _COMPARED, strict=False):
        if isinstance(number, float):
            words = f"{fixed(100 * abs(number))} % {'below' if number < 0 else 'above'} {other}"
            said += ", " + (f"level with {other}" if fixed(100 * abs(number)) == "0" else words)
    name = chosen_item(frames, cells) or str(cells[FAMILY])
    return f"{name}: demand{said[1:201]}" if said else f"{name}: nothing planned to compare yet"


def _stock_words(at: Sequence[str]) -> str:
    known, below, late = at[3:]
    owed = f'IF({late}>0.5,"; "&FIXED({late},0)&" "&grid_unit&" still late at the end","")'
    low = f'"Stock below target in "&{below}&" of "&{known}&" months"'
    stock = f'IF({below}=0,"Stock at or above its target in all "&{known}&" months",{low})&{owed}'
    return f'=IF({known}=0,"No stock is projected yet",{stock})'


def _say_stock(frames: Frames, cells: Cells) -> str:
    known, below, late = (float(v) for v in _values(frames, cells)[3:])
    if not known:
        return "No stock is projected yet"
    unit = setting(frames, "currency") if in_money(cells) else "units"
    owed = f"; {fixed(late)} {unit} still late at the end" if late > 0.5 else ""
    if not below:
        return f"Stock at or above its target in all {known:g} months{owed}"
    return f"Stock below target in {below:g} of {known:g} months{owed}"


def _item_words() -> str:
    text = f"INDEX(tbl_items[Description],MATCH({CHOSEN},tbl_items[Item],0))"
    other = f'{ITEM}&" is no item of "&{FAMILY}&": the whole family is shown"'
    none = f'IF({ITEM}="","The whole family: choose an item to drill down",{other})'
    return f'=IF({CHOSEN}="",{none},{CHOSEN}&": "&IFERROR({text}&"",""))'


def _say_item(frames: Frames, cells: Cells) -> str:
    item, typed = chosen_item(frames, cells), str(cells[ITEM] or "")
    if item:
        items = frames["items"]
        return f"{item}: {items.loc[items['item'].str.casefold().eq(item.casefold()), 'description'].iloc[0]}"
    if typed:
        return f"{typed} is no item of {cells[FAMILY]}: the whole family is shown"
    return "The whole family: choose an item to drill down"


def _sentence(
    name: str, row: int, formula: str, value: Callable[[Frames, Cells], Value], size: int, bold: bool = True
) -> Block:
    looks = {"bold": bold, "font_size": size, "font_color": INK, "valign": "vcenter"}
    twin = Twin(TABLES_READ, CELLS_READ, value)
    return Block(name, row, FIRST_MONTH, lambda _: [[formula]], twin, (WORDS,), style=None, looks=looks)
