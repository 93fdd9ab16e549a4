"""The report in Markdown: what docs/measured.md records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pandas as pd

from benchmarks.forecast import ours
from benchmarks.forecast.data import DEMO, Set
from benchmarks.forecast.forecasts import Forecasts
from benchmarks.forecast.score import Score, difference
from benchmarks.forecast.speed import Speed

HEAD = "| method | sMAPE % | MASE | OWA | MSIS | in the 95 % | WAPE % | bias % | CPU ms a series |\n|---|---|---|---|---|---|---|---|---|"


def detail(chosen: Set, scores: Mapping[str, Score], found: Mapping[str, Forecasts]) -> str:
    """All scores of a set, the best first, and how sure our lead over the best peer is."""
    where = "test part" if not chosen.origins else f"origins inside the training part: {chosen.origins}"
    rows = [
        f"### {chosen.source.title}: {chosen.series:,} series, {chosen.source.horizon} months ahead, {where}\n",
        HEAD,
    ]
    for name, s in sorted(scores.items(), key=lambda pair: pair[1].owa):
        shown = f"**{name}**" if name.startswith("ours") else name
        msis, inside = ("-", "-") if np.isnan(s.msis) else (f"{s.msis:.2f}", f"{s.coverage:.1f}")
        spent = f"{found[name].cpu.mean() * 1e3:.1f}" if name in found else "-"
        rows.append(
            f"| {shown} | {s.smape:.2f} | {s.mase:.3f} | {s.owa:.3f} | {msis} | {inside} | {s.wape:.1f} | {s.bias:+.1f} | {spent} |"
        )
    notes = [
        f"{name} could not forecast {f.stood_in} series; the naive method stood in."
        for name, f in found.items()
        if f.stood_in
    ]
    peers = {name: s for name, s in scores.items() if not name.startswith("ours")}
    best = min(peers, key=lambda name: peers[name].owa)
    for mine in (ours.CELL, ours.BATCH):
        gap, low, high = difference(scores[mine], peers[best])
        notes.append(
            f"OWA of {mine} less that of {best}: {gap:+.3f}, 95 % interval over series {low:+.3f} to {high:+.3f}."
        )
    if chosen.source is DEMO:
        notes.append("A handful of young items and three months: that it runs, not how good it is.")
    return "\n".join(rows) + "\n\n" + "\n".join(notes)


def as_json(scores: Mapping[str, Mapping[str, Score]], found: Mapping[str, Mapping[str, Forecasts]]) -> str:
    """Every score by set and method, for a program to compare runs."""
    out: dict[str, dict[str, dict[str, float | None]]] = {}
    for name, methods in scores.items():
        for method, s in methods.items():
            figures = {f.name: getattr(s, f.name) for f in fields(s) if f.name != "relative"}
            if method in found[name]:
                figures["cpu_ms"] = 1e3 * found[name][method].cpu.mean()
            plain = {field: None if np.isnan(value) else round(float(value), 6) for field, value in figures.items()}
            out.setdefault(name, {})[method] = plain
    return json.dumps(out, indent=1)


def speed_detail(mine: Speed) -> str:
    """What the summary leaves out of the times."""
    rows = [
        ("cell core, warm, one core: point only", _spread(mine.one_point)),
        ("... point and 95 %", _spread(mine.one)),
        ("... the same, wall", _spread(mine.wall)),
    ]
    if mine.fallback is not None:
        rows.append(("... without compiled kernels", _spread(mine.fallback)))
        rows.append(("... largest relative difference of its forecasts", f"{mine.gap:.1e}"))
    rows += [
        ("6,000 series at once: CPU a series, batch core", f"{mine.batch * 1e3:.1f} ms"),
        ("... wall, whole machine, batch core", f"{mine.many_batch:,.0f} series/s"),
        ("... wall, whole machine, cell core", f"{mine.many:,.0f} series/s"),
        ("first forecast in a fresh process: cell core", f"{mine.first:.2f} s"),
        ("... `sop_xl.forecast` of a frame", f"{mine.first_portfolio:.2f} s"),
    ]
    if not np.isnan(mine.first_peer):
        rows.append(("... AutoETS", f"{mine.first_peer:.2f} s"))
    return "### Times\n\n| what | median / 95th percentile |\n|---|---|\n" + "\n".join(
        f"| {what} | {figure} |" for what, figure in rows
    )


def frame_detail(title: str, frame: pd.DataFrame) -> str:
    """Any frame of results as a table."""
    head = "| " + " | ".join(str(c) for c in frame.columns) + " |\n|" + "---|" * len(frame.columns)
    rows = ["| " + " | ".join(_written(value) for value in row) + " |" for row in frame.itertuples(index=False)]
    return f"### {title}\n\n{head}\n" + "\n".join(rows)


def _written(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "-" if np.isnan(value) else f"{value:.4g}"
    return str(value)


def _spread(seconds: np.ndarray) -> str:
    return f"{np.median(seconds) * 1e3:.2f} / {np.quantile(seconds, 0.95) * 1e3:.2f} ms"
