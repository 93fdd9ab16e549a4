"""The two charts over the S&OP grid: demand, and stock against its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sop_xl.workbook.template.pages.canvas import BLUE, RED, SILVER, SLATE, TEAL, VIOLET, Canvas, Line, height

_TODAY: dict[str, Any] = {
    "type": "percentage", "value": 100, "direction": "minus", "end_style": 0,
    "line": {"color": SLATE, "dash_type": "dash"},
}  # fmt: skip
_TARGET = "#F4E3B5"


def draw_charts(canvas: Canvas, at: Mapping[str, int], rows: tuple[int, int], full: int) -> None:
    """Actual demand solid, the plan dashed, the last plan thin; stock over an area up to its target.

    `at` are the rows of the grid by name, `rows` the first row and how many they take, `full` their width [pixels].
    """
    window, (first, count) = canvas.window, rows
    left, tall = full * 3 // 5 - 6, height(count) - 4
    demand = canvas.line_chart(
        [
            Line("last plan", at["last plan"], SILVER, width=1.25),
            Line("budget", at["budget"], VIOLET, "dash", 1.5),
            Line("plan (consensus)", at["consensus"], BLUE, "dash"),
            Line("actual", at["actual"], SLATE, width=2.5),
            Line("today", at["today"], SLATE, width=1.0, more={"y_error_bars": _TODAY}),
        ],
        0,
        window.past + window.months,
    )
    says = "Lines of actual demand, of the plan, the last plan and the budget by month, with a line at today"
    canvas.place(demand, (first, 1), (left, tall), "Demand", says)
    stock = canvas.area_chart([Line("up to target", at["band"], _TARGET)], window.past - 1, window.months + 1)
    lines = canvas.line_chart(
        [
            Line("last plan", at["stock last plan"], SILVER, width=1.25),
            Line("stock: today, then plan", at["path"], TEAL, "dash"),
            Line("actual", at["counted"], SLATE, more={"marker": {"type": "circle", "size": 7}}),
            Line("late", at["late"], RED, "solid", 1.75),
        ],
        window.past - 1,
        window.months + 1,
    )
    stock.combine(lines)
    says = "An area up to the target stock, lines of planned stock, of the last plan and of late units by month"
    canvas.place(stock, (first, 1), (full - left - 6, tall), "Stock against target", says, right=left + 6)
