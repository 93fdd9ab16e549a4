"""The charts of the supply review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sop_xl.workbook.template.pages.canvas import (
    BLUE,
    ORANGE,
    RED,
    SAND,
    SILVER,
    SLATE,
    TEAL,
    VIOLET,
    Canvas,
    Line,
    height,
)
from sop_xl.workbook.template.pages.load_peaks import TOP, TOP_FIRST
from sop_xl.workbook.template.pages.supply_figures import (
    DIFFERENCE_FIRST,
    KINDS,
    ROWS,
    SPLIT,
    STRATEGIES,
    STRATEGY_COLUMN,
    WORTH,
    WORTH_COLUMN,
    WORTH_FIRST,
)
from sop_xl.workbook.template.styles import PERCENT

ALL_HOURS = "all hours"
"""Name of the row of regular and overtime hours together."""


def draw_charts(canvas: Canvas, sheet: str, at: Mapping[str, int], left: int, right: int) -> None:
    """The six charts, each under its sentence.

    `at` are the rows of the numbers by name, `left` and `right` the widths of the charts [pixels].
    """
    count, tall = canvas.window.months, height(14)
    west, east = (left, tall), (right, tall)
    stock = canvas.column_chart([Line("closing stock", at["closing"], TEAL)], 0, count)
    target = canvas.line_chart(
        [Line("target", at["target"], SAND, width=2.5), Line("late", at["late"], RED, "dash", 1.75)], 0, count
    )
    stock.combine(target)
    says = "Columns of projected closing stock, a line of target stock and a line of late units by month"
    canvas.place(stock, (ROWS[0] + 1, 1), west, "Projected stock against target, units", says)
    bars = canvas.book.add_chart({"type": "bar"})
    bars.add_series(_bar(sheet, "peak load", (TOP_FIRST, 1), (TOP_FIRST, 2), TOP, TEAL, PERCENT))
    says = "Bars of the highest load of the most loaded work centers"
    title = "Highest load of each work center, share of regular hours"
    canvas.place(bars, (ROWS[0] + 1, SPLIT), east, title, says, "0%", legend=False, bars=True)
    says = "Stacked columns of regular and overtime hours used, lines of capacity and of hours required by month"
    title = "Load against capacity of the work center, hours"
    canvas.place(_load_chart(canvas, at), (ROWS[1] + 1, 1), west, title, says)
    hours = canvas.book.add_chart({"type": "bar"})
    words, values = (WORTH_FIRST, WORTH_COLUMN + 5), (WORTH_FIRST, WORTH_COLUMN + 2)
    hours.add_series(_bar(sheet, "worth of one more hour", words, values, WORTH, BLUE, "#,##0.00"))
    says = "Bars of what one more hour is worth, by work center and month, those worth most"
    title = "Worth of one more regular hour"
    canvas.place(hours, (ROWS[1] + 1, SPLIT), east, title, says, "#,##0.00", legend=False, bars=True)
    says = "Stacked columns of what each strategy costs more or less than the optimal plan, by kind of cost"
    title = "Cost of each strategy beyond the optimal plan, by kind"
    canvas.place(_strategies(canvas, sheet), (ROWS[2] + 1, 1), west, title, says, '#,##0,"k";-#,##0,"k";0')
    supply = canvas.column_chart(
        [
            Line("production", at["production"], TEAL),
            Line("purchases", at["purchases"], "#8CC7C0"),
        ],
        0,
        count,
        stacked=True,
    )
    needs = [
        Line("demand (consensus)", at["consensus"], BLUE),
        Line("used in assembly", at["used in assembly"], SLATE, "dash", 1.5),
    ]
    supply.combine(canvas.line_chart(needs, 0, count))
    says = "Stacked columns of production and purchases, lines of the consensus demand and of use in other items"
    title = "Made and bought, against demand and use in assembly, units"
    canvas.place(supply, (ROWS[2] + 1, SPLIT), east, title, says)


def _load_chart(canvas: Canvas, at: Mapping[str, int]) -> Any:
    count = canvas.window.months
    load = canvas.column_chart(
        [
            Line("regular used", at["regular used"], TEAL),
            Line("overtime used", at["overtime used"], ORANGE),
        ],
        0,
        count,
        stacked=True,
    )
    load.combine(
        canvas.line_chart(
            [
                Line("regular capacity", at["regular capacity"], SLATE, width=1.75),
                Line("with overtime", at[ALL_HOURS], SLATE, "dash", 1.5),
                Line("required (unlimited)", at["required"], RED, "round_dot", 2.0),
                Line("to build ahead", at["to build ahead"], SAND, "dash", 1.75),
            ],
            0,
            count,
        )
    )
    return load


_KIND_COLORS = (
    TEAL, "#8CC7C0", BLUE, SAND, ORANGE, "#B6A3D4", VIOLET, RED, "#7F1D1D", "#E9A6A0", SILVER,
)  # fmt: skip


def _strategies(canvas: Canvas, sheet: str) -> Any:
    """Stacked columns of what each strategy costs beyond the optimal plan, by kind."""
    chart = canvas.book.add_chart({"type": "column", "subtype": "stacked"})
    first, last = STRATEGY_COLUMN + 1, STRATEGY_COLUMN + len(STRATEGIES) - 1
    for k, (kind, color) in enumerate(zip(KINDS, _KIND_COLORS, strict=True)):
        row = DIFFERENCE_FIRST + k
        chart.add_series(
            {
                "name": kind.lower(),
                "categories": [sheet, DIFFERENCE_FIRST - 1, first, DIFFERENCE_FIRST - 1, last],
                "values": [sheet, row, first, row, last],
                "fill": {"color": color},
                "gap": 60,
            }
        )
    return chart


def _bar(
    sheet: str, name: str, words: tuple[int, int], values: tuple[int, int], count: int, color: str, number: str
) -> dict[str, Any]:
    """A series of bars, from the first cells of its words and values downwards."""
    return {
        "name": name,
        "categories": [sheet, *words, words[0] + count - 1, words[1]],
        "values": [sheet, *values, values[0] + count - 1, values[1]],
        "fill": {"color": color},
        "gap": 50,
        "data_labels": {"value": True, "num_format": number, "font": {"size": 9}},
    }
