"""Peak load of every resource, and the list of the most loaded ones."""

from __future__ import annotations

from sop_xl.workbook.schema import Frames
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, span
from sop_xl.workbook.template.pages.parts import FIRST_MONTH, WINDOW, Cells, Values, names
from sop_xl.workbook.template.pages.values import Value, nth, setting, shown
from sop_xl.workbook.template.styles import PERCENT, WHOLE, WORDS
from sop_xl.workbook.twin import Twin

RESOURCES = 60
"""Most resources a drop-down lists."""
TOP = 8
"""Resources in the list of the most loaded."""
LABEL_ROW, TOP_FIRST = 75, 130
LIST_FIRST = TOP_FIRST + TOP + 4
"""Rows on the supply review: the months, the most loaded resources, and all of them."""
_RANK = 4


def peaks(frames: Frames, cells: Cells) -> list[tuple[str, Value, Value]]:
    """The resources in the order of the sheet, each with its peak load and the months it is above red."""
    loads = frames["resource_load"]
    loads = loads.loc[loads["measure"].eq("load") & loads["period"].isin(shown(frames, cells, past=False))]
    red = setting(frames, "load_red")
    out: list[tuple[str, Value, Value]] = []
    for name in nth(names(frames["resource_load"], "resource", {"measure": "load"}), RESOURCES):
        if name:
            hours = loads.loc[loads["resource"].eq(name), "hours"]
            out.append((name, float(hours.max()) if hours.notna().any() else 0.0, float((hours > red).sum())))
        else:
            out.append(("", "", ""))
    return out


def _load_columns(window: Window) -> str:
    """The months of the load table, from the first to the last the page shows."""
    first, last = (
        f"INDEX(tbl_resource_load[],0,MATCH({cell(LABEL_ROW, c, 'rc')},head_resource_load,0))"
        for c in (FIRST_MONTH, FIRST_MONTH + window.months - 1)
    )
    return f"{first}:{last}"


def peak_block() -> Block:
    """Peak load and months above red beside each resource of the list."""

    def formulas(window: Window) -> Grid:
        grid = []
        for row in range(LIST_FIRST, LIST_FIRST + RESOURCES):
            name = cell(row, 1, "c")
            mine = f'(tbl_resource_load[Resource]={name})*(tbl_resource_load[Measure]="load")'
            loads = _load_columns(window)
            grid.append(
                [
                    f'{{=IF({name}="","",IFERROR(MAX({mine}*{loads}),0))}}',
                    f'{{=IF({name}="","",IFERROR(SUM({mine}*({loads}>set_load_red)),0))}}',
                ]
            )
        return grid

    def value(frames: Frames, cells: Cells) -> Values:
        return [[peak, above] for _, peak, above in peaks(frames, cells)]

    twin = Twin(("resource_load", "control"), WINDOW, value)
    return Block("resource_peaks", LIST_FIRST, 2, formulas, twin, (PERCENT, WHOLE), by_column=True, array=True)


_PEAKS = span(LIST_FIRST, 2, LIST_FIRST + RESOURCES - 1, 2)
_NAMES = span(LIST_FIRST, 1, LIST_FIRST + RESOURCES - 1, 1)
_ABOVE = span(LIST_FIRST, 3, LIST_FIRST + RESOURCES - 1, 3)


def rank_block() -> Block:
    """Where each of the most loaded resources stands in the list: the larger peak first, then the upper row."""

    def formulas(_: Window) -> Grid:
        start = cell(TOP_FIRST, _RANK, "r")
        grid = []
        for k in range(TOP):
            n = f"ROWS({start}:{cell(TOP_FIRST + k, _RANK)})"
            order = f"IF(ISNUMBER({_PEAKS}),{_PEAKS}-ROW({_PEAKS})/10^9)"
            grid.append([f'{{=IFERROR(MATCH(LARGE({order},{n}),{order},0),"")}}'])
        return grid

    def value(frames: Frames, cells: Cells) -> Values:
        found = ranked(frames, cells)
        return [[float(found[k]) + 1 if k < len(found) else ""] for k in range(TOP)]

    twin = Twin(("resource_load", "control"), WINDOW, value)
    return Block("load_ranks", TOP_FIRST, _RANK, formulas, twin, array=True, looks={"font_color": "#A3A9B3"})


def ranked(frames: Frames, cells: Cells) -> list[int]:
    """The positions of the resources in the list, the largest peak first, then the upper row."""
    found = [(i, peak) for i, (_, peak, _) in enumerate(peaks(frames, cells)) if isinstance(peak, float)]
    return [i for i, _ in sorted(found, key=lambda pair: (-(pair[1] - (pair[0] + LIST_FIRST + 1) / 1e9), pair[0]))]


def top_block() -> Block:
    """Name, peak load and months above red of the most loaded resources."""

    def formulas(_: Window) -> Grid:
        grid = []
        for k in range(TOP):
            rank = cell(TOP_FIRST + k, _RANK, "c")
            grid.append([f'=IF({rank}="","",INDEX({column},{rank}))' for column in (_NAMES, _PEAKS, _ABOVE)])
        return grid

    def value(frames: Frames, cells: Cells) -> Values:
        every = peaks(frames, cells)
        lines: Values = [list(every[i]) for i in ranked(frames, cells)[:TOP]]
        return lines + [["", "", ""]] * (TOP - len(lines))

    twin = Twin(("resource_load", "control"), WINDOW, value)
    numbers = (WORDS, PERCENT, WHOLE)
    return Block("top_loads", TOP_FIRST, 1, formulas, twin, numbers, by_column=True)


def busiest(frames: Frames, cells: Cells) -> str:
    """The resource with the highest peak load."""
    order = ranked(frames, cells)
    return peaks(frames, cells)[order[0]][0] if order else ""
