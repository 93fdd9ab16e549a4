"""Scenarios side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sop_xl.pack.charts import small_bars
from sop_xl.pack.facts import Facts, Page
from sop_xl.pack.lists import Cell, Head, Row, table
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import count, figure, listed, signed
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.styles import TABS

BASE = "Base"
_COLOR = TABS[Group.PRE_SOP]
_SHOWN = ("Service level", "Margin", "Total cost", "Stock value", "Peak load", "Late units")
_MOST = 7


def pages(facts: Facts) -> list[Page]:
    """The scenarios beside Base, where more than Base has been computed."""
    names = _names(facts)
    if len(names) < 2:
        return []
    says = "Each is balanced again in full; the same figures over the horizon, Base first"
    return [Page("Scenarios", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))]


def _names(facts: Facts) -> list[str]:
    names = list(dict.fromkeys(facts.table("scenario_kpis")["scenario"]))
    return sorted(names, key=lambda name: name != BASE)


def _wide(facts: Facts) -> pd.DataFrame:
    rows = facts.table("scenario_kpis")
    return rows.pivot_table(index="kpi", columns="scenario", values="value", sort=False)


def headline(facts: Facts) -> str:
    """The scenario that hurts most: what it costs and what it does to service."""
    wide = _wide(facts)
    others = [n for n in _names(facts) if n != BASE and n in wide]
    if BASE not in wide or "Service level" not in wide.index or not others:
        return f"{count(len(others), 'scenario')} computed: {listed(others)}"
    service = {name: _value(wide, "Service level", name) for name in (BASE, *others)}
    worst = min(others, key=lambda name: service[name])
    points = 100 * (service[worst] - service[BASE])
    if points > -0.05:
        return f"No scenario lowers service; {listed(others)} stand beside Base"
    words = f"{worst} would lower service by {-points:.1f} points to {figure(service[worst], 'share')}"
    if "Total cost" in wide.index:
        more = _value(wide, "Total cost", worst) - _value(wide, "Total cost", BASE)
        verb = "cost" if more >= 0 else "save"
        words += f" and {verb} {figure(abs(more), facts.currency)}"
    return words


def _draw(paper: Paper, facts: Facts) -> None:
    rows = facts.table("scenario_kpis")
    units = rows.drop_duplicates("kpi").set_index("kpi")["unit"]
    wide = _wide(facts)
    names = _names(facts)[:_MOST]
    kpis = [k for k in _SHOWN if k in wide.index][:6]
    chart_height = min(34.0 + 26 * len(names), 136.0)
    for n, kpi in enumerate(kpis):
        wide_of = (BODY.w - 2 * 28) / 3
        box = Box(BODY.x + (n % 3) * (wide_of + 28), BODY.y + 4 + (n // 3) * (chart_height + 8), wide_of, chart_height)
        bars = [(s, _value(wide, kpi, s), figure(_value(wide, kpi, s), str(units[kpi]))) for s in names]
        small_bars(paper, box, _message(kpi, bars, str(units[kpi])), bars)
    y = BODY.y + 4 + ((len(kpis) + 2) // 3) * (chart_height + 8) + 6
    stories = facts.table("scenarios").drop_duplicates("scenario").set_index("scenario")["says"]
    area = paper.heading(BODY.below(y), f"{count(len(names) - 1, 'scenario')} against Base")
    extra = [k for k in wide.index if k not in ("Base",)]
    heads = (Head("Scenario", 2, most=2), Head("Story", 4.5, most=3), *(Head(k, 1.6, "right", 2) for k in extra))
    cells: list[Row] = []
    for name in names:
        row: list[str | Cell] = [Cell(name, bold=True), str(stories.get(name, ""))]
        for kpi in extra:
            value, base = _value(wide, kpi, name), _value(wide, kpi, BASE)
            row.append(_difference(value, base, str(units[kpi])) if name != BASE else figure(value, str(units[kpi])))
        cells.append(row)
    table(paper, area, heads, cells, size=8, more="ScenarioKPIs")


def _value(wide: pd.DataFrame, kpi: str, name: str) -> float:
    found: Any = wide.loc[kpi, name] if name in wide else np.nan
    return float(found)


def _difference(value: float, base: float, unit: str) -> str:
    if np.isnan(value) or np.isnan(base):
        return "–"
    if unit == "share":
        points = round(100 * (value - base), 1) + 0.0
        return f"{points:+.1f} points" if points else "same"
    words = signed(value - base)
    return "same" if words == "0" else words


def _message(kpi: str, bars: list[tuple[str, float, str]], unit: str) -> str:
    """What the bars say: the scenario furthest from Base."""
    base = bars[0][1]
    known = [(name, value) for name, value, _ in bars[1:] if not np.isnan(value)]
    if np.isnan(base) or not known:
        return kpi
    name, value = max(known, key=lambda row: abs(row[1] - base))
    moved = _difference(value, base, unit)
    return f"{kpi}: the same in all" if moved == "same" else f"{kpi}: {name} {moved}"
