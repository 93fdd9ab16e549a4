"""Scenarios side by side on the pre-S&OP page: figures, changes against Base, the charts and what they say."""

from __future__ import annotations

from typing import Any

from sop_xl.workbook.schema import Frames
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, one, span
from sop_xl.workbook.template.pages.canvas import BLUE, ORANGE, RED, SAND, SILVER, TEAL, VIOLET, Canvas
from sop_xl.workbook.template.pages.parts import Cells, Values, listed, names
from sop_xl.workbook.template.pages.values import NA, Value, fixed, nth, number_or_na
from sop_xl.workbook.template.styles import INK, PERCENT, WHOLE, WORDS
from sop_xl.workbook.twin import Twin

SCENARIOS = 5
"""Most scenarios shown side by side."""
KPIS = (
    "Service level", "Peak load", "Revenue", "Total cost", "Margin", "Stock value", "Late units", "Lost units",
    "Overtime", "Gap to budget",
)  # fmt: skip
COMPARED = (
    "Service level",
    "Total cost",
    "Margin",
    "Stock value",
    "Revenue",
    "Late units",
    "Overtime",
    "Gap to budget",
)
"""What is set against Base: the first four are drawn."""
_DRAWN = 4
_POINTS = "Service level"
_ABSOLUTE = ("Late units", "Overtime", "Gap to budget")
"""Told as the difference itself; all others but the service level as a share of Base."""
STORY = 2 + len(COMPARED)
"""Column of the story of a scenario."""
_SHARE, _MORE = "+0.0%;-0.0%;0.0%", "+#,##0;-#,##0;0"
_TABLES = ("scenario_kpis",)
_SEEN = 0.0005


def scenario_blocks(first: int, changes: int, says: int) -> tuple[Block, ...]:
    """The figures from row `first` on, their change against Base from row `changes` on, a sentence in row `says`."""
    return (
        listed("scenario_names", first, 1, SCENARIOS, "scenario_kpis", "scenario", {"kpi": KPIS[0]}),
        _numbers(first),
        _repeat_names(first, changes),
        _changes(changes),
        _stories(changes),
        one("scenario_says", (says, 1), _sentence(changes), _say, _TABLES, number=WORDS, bold=True, font_color=INK),
    )


def headings(canvas: Canvas, first: int, changes: int) -> None:
    """Headings of both tables."""
    canvas.headings(first - 1, 1, ("Scenario", *KPIS))
    heads = (f"{name}, points" if name == _POINTS else name for name in COMPARED)
    canvas.headings(changes - 1, 1, ("Against Base", *heads, "Story"))


def charts(canvas: Canvas, first: int, changes: int, row: int, size: tuple[int, int]) -> None:
    """Change against Base, without Base itself, and beside it service and load of all."""
    says = "Clustered columns: change of service level, cost, margin and stock value of each scenario against Base"
    change = _chart(canvas, changes + 1, SCENARIOS - 1, zip(COMPARED[:_DRAWN], (VIOLET, RED, TEAL, SAND), strict=True))
    title = "Against Base: service in points, money in percent"
    canvas.place(change, (row, 1), size, title, says, number="0%")
    says = "Clustered columns: service level and peak load of each scenario"
    level = _chart(canvas, first, SCENARIOS, zip(KPIS[:2], (BLUE, ORANGE), strict=True))
    title = "Service level and peak load, Base and scenarios"
    canvas.place(level, (row, 1), size, title, says, number="0%", right=size[0] + 6)


def _chart(canvas: Canvas, first: int, count: int, series: Any) -> Any:
    chart = canvas.book.add_chart({"type": "column"})
    for k, (name, color) in enumerate(series):
        chart.add_series(
            {
                "name": name,
                "categories": [canvas.name, first, 1, first + count - 1, 1],
                "values": [canvas.name, first, 2 + k, first + count - 1, 2 + k],
                "fill": {"color": color},
                "border": {"color": SILVER, "width": 0.25},
                "gap": 80,
            }
        )
    return chart


def _scenarios(frames: Frames) -> list[str]:
    return nth(names(frames["scenario_kpis"], "scenario", {"kpi": KPIS[0]}), SCENARIOS)


def _kpi(frames: Frames, scenario: str, kpi: str, column: str) -> Value:
    frame = frames["scenario_kpis"]
    return number_or_na(frame.loc[frame["scenario"].eq(scenario) & frame["kpi"].eq(kpi), column].mean())


def _mean(column: str, scenario: str, kpi: str) -> str:
    keys = f"tbl_scenario_kpis[Scenario],{scenario},tbl_scenario_kpis[KPI],{kpi}"
    return f"AVERAGEIFS(tbl_scenario_kpis[{column}],{keys})"


def _numbers(first: int) -> Block:
    def formulas(_: Window) -> Grid:
        grid = []
        for k in range(SCENARIOS):
            name = cell(first + k, 1, "c")
            kpis = (cell(first - 1, 2 + j, "r") for j in range(len(KPIS)))
            grid.append([f'=IF({name}="","",IFERROR({_mean("Value", name, kpi)},NA()))' for kpi in kpis])
        return grid

    def value(frames: Frames, _: Cells) -> Values:
        return [[_kpi(frames, s, k, "value") if s else "" for k in KPIS] for s in _scenarios(frames)]

    numbers = (PERCENT, PERCENT, *[WHOLE] * (len(KPIS) - 2))
    return Block("scenario_numbers", first, 2, formulas, Twin(_TABLES, (), value), numbers, by_column=True)


def _changes(first: int) -> Block:
    def formulas(_: Window) -> Grid:
        grid = []
        for k in range(SCENARIOS):
            name = cell(first + k, 1, "c")
            line = []
            for kpi in COMPARED:
                value, base = (_mean(column, name, f'"{kpi}"') for column in ("Value", "Base"))
                change = f"{value}-{base}" if kpi == _POINTS or kpi in _ABSOLUTE else f"{value}/{base}-1"
                line.append(f'=IF({name}="","",IFERROR({change},NA()))')
            grid.append(line)
        return grid

    def value(frames: Frames, _: Cells) -> Values:
        return [[_change(frames, s, k) if s else "" for k in COMPARED] for s in _scenarios(frames)]

    numbers = tuple(_MORE if kpi in _ABSOLUTE else _SHARE for kpi in COMPARED)
    return Block("scenario_changes", first, 2, formulas, Twin(_TABLES, (), value), numbers, by_column=True)


def _change(frames: Frames, scenario: str, kpi: str) -> Value:
    value, base = (_kpi(frames, scenario, kpi, c) for c in ("value", "base"))
    if not (isinstance(value, float) and isinstance(base, float)):
        return NA
    if kpi == _POINTS or kpi in _ABSOLUTE:
        return value - base
    return value / base - 1 if base else NA


def _repeat_names(first: int, changes: int) -> Block:
    def formulas(_: Window) -> Grid:
        return [[f"={cell(first + k, 1)}"] for k in range(SCENARIOS)]

    def value(frames: Frames, _: Cells) -> Values:
        return [[name] for name in _scenarios(frames)]

    return Block("scenario_change_names", changes, 1, formulas, Twin(_TABLES, (), value), (WORDS,))


def _stories(first: int) -> Block:
    """What each scenario tells, from sheet Scenarios."""

    def formulas(_: Window) -> Grid:
        found = "INDEX(tbl_scenarios[Says],MATCH({0},tbl_scenarios[Scenario],0))"
        cells = (cell(first + k, 1, "c") for k in range(SCENARIOS))
        return [[f'=IF({name}="","",IFERROR({found.format(name)}&"",""))'] for name in cells]

    def value(frames: Frames, _: Cells) -> Values:
        told = frames["scenarios"].drop_duplicates("scenario").set_index("scenario")["says"].to_dict()
        return [[str(told.get(name, "")) if name else ""] for name in _scenarios(frames)]

    twin = Twin((*_TABLES, "scenarios"), (), value)
    return Block(
        "scenario_stories", first, STORY, formulas, twin, (WORDS,), style=None, looks={"font_size": 9, "indent": 1}
    )


def _sentence(changes: int) -> str:
    """Which scenario costs most, and which earns most."""
    last = changes + SCENARIOS - 1
    column = {kpi: span(changes, 2 + k, last, 2 + k) for k, kpi in enumerate(COMPARED)}
    who = span(changes, 1, last, 1)

    def most(kpi: str, verb: str, told: tuple[str, ...], none: str) -> str:
        row = f"MATCH(MAX({column[kpi]}),{column[kpi]},0)"
        words = "&".join(_worded(name, f"INDEX({column[name]},{row})", n) for n, name in enumerate(told))
        return f'IF(MAX({column[kpi]})>{_SEEN},INDEX({who},{row})&" {verb}: "&{words},"{none}")'

    costs = most("Total cost", "costs most", ("Total cost", "Service level", "Stock value"), _NONE_COSTS)
    earns = most("Margin", "earns most", ("Margin", "Total cost"), _NONE_EARNS)
    return f'=IF({cell(changes, 1)}="","",IFERROR({costs}&". "&{earns}&".",""))'


_NONE_COSTS, _NONE_EARNS = "No scenario costs more than Base", "None earns more"
_NAMES = {"Total cost": "cost", "Service level": "service", "Stock value": "stock", "Margin": "margin"}


def _worded(kpi: str, number: str, n: int) -> str:
    unit = "pt" if kpi == _POINTS else "%"
    sign = f'IF(ROUND({number},3)>=0,"+","")'
    return f'"{", " if n else ""}{_NAMES[kpi]} "&{sign}&FIXED(100*ROUND({number},3),1)&" {unit}"'


def _say(frames: Frames, _: Cells) -> Value:
    told = [name for name in _scenarios(frames) if name]
    table = {kpi: [_change(frames, name, kpi) for name in told] for kpi in COMPARED[:_DRAWN]}
    if not told or NA in table["Total cost"] or NA in table["Margin"]:
        return ""

    def most(kpi: str, verb: str, of: tuple[str, ...], none: str) -> str:
        values = [float(v) for v in table[kpi]]
        row = values.index(max(values))
        if max(values) <= _SEEN:
            return none
        words = ", ".join(f"{_NAMES[name]} {_signed(float(table[name][row]), name)}" for name in of)
        return f"{told[row]} {verb}: {words}"

    costs = most("Total cost", "costs most", ("Total cost", "Service level", "Stock value"), _NONE_COSTS)
    earns = most("Margin", "earns most", ("Margin", "Total cost"), _NONE_EARNS)
    return f"{costs}. {earns}."


def _signed(value: float, kpi: str) -> str:
    shown = fixed(100 * float(fixed(value, 3).replace(",", "")), 1)
    return f"{'' if shown.startswith('-') else '+'}{shown} {'pt' if kpi == _POINTS else '%'}"
