"""What the forecast must reach and aims at, and whether it did: the summary table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.forecast import ours
from benchmarks.forecast.forecasts import Forecasts
from benchmarks.forecast.score import Score
from benchmarks.forecast.speed import Speed

Scores = Mapping[str, Mapping[str, Score]]
"""Scores by set and method."""

Times = Mapping[str, Forecasts]
"""Forecasts of one set by method."""


MEDIANS = ("median ETS+CES+DOT", "SCUM (median ETS+CES+ARIMA+DOT)")
POINT = (
    "Naive2",
    "Excel-like AAA ETS",
    "AutoETS",
    "AutoTheta",
    "Theta",
    "DynamicOptimizedTheta",
    "AutoARIMA",
    *MEDIANS,
)
INTERVAL = ("Excel-like AAA ETS", "AutoETS", "DynamicOptimizedTheta", "AutoARIMA", *MEDIANS)
TIMED = ("Excel-like AAA ETS", "AutoETS", "DynamicOptimizedTheta", "AutoARIMA", MEDIANS[1])
"""The peers the summary names; the tables of the sets have them all."""


@dataclass(frozen=True)
class Goal:
    """One figure: at most `must` and `aim`, or within them where they are a pair, or with `more` at least.

    form : how the figure is written, such as "{:.3f} cell"
    """

    value: float
    must: float | tuple[float, float]
    aim: float | tuple[float, float]
    form: str = "{:.3f}"
    more: bool = False

    def reaches(self, limit: float | tuple[float, float]) -> bool:
        """Whether the figure, rounded as it is written, is as good as the limit."""
        number = self.form[self.form.index("{") : self.form.index("}") + 1]
        value = float(number.replace(",", "").format(self.value))
        if isinstance(limit, tuple):
            return limit[0] <= value <= limit[1]
        return value >= limit if self.more else value <= limit

    @property
    def verdict(self) -> str:
        """Whether the aim, only the floor, or neither is reached."""
        if np.isnan(self.value):
            return "not run"
        if self.reaches(self.aim):
            return "aim"
        return "yes" if self.reaches(self.must) else "**no**"

    def written(self, limit: float | tuple[float, float]) -> str:
        """A limit as the table writes it."""
        if isinstance(limit, tuple):
            return f"{limit[0]:g} to {limit[1]:g}{self.form[self.form.index('}') + 1 :]}"
        return self.form.format(limit)


@dataclass(frozen=True)
class Line:
    """A row of the summary: what is measured, what peers reach, our figures."""

    what: str
    peers: str
    goals: Sequence[Goal]


def summary(lines: Sequence[Line]) -> str:
    """The summary as a Markdown table.

    >>> print(summary([Line("A", "B 2.0", [Goal(1.04, 1.1, 1.0, "{:.1f} ms")])]))
    | set | peers, same run | must reach | aim | ours | reached |
    |---|---|---|---|---|---|
    | A | B 2.0 | 1.1 ms | 1.0 ms | **1.0 ms** | aim |
    """
    rows = ["| set | peers, same run | must reach | aim | ours | reached |", "|---|---|---|---|---|---|"]
    for line in lines:
        must = ", ".join(goal.written(goal.must) for goal in line.goals)
        aim = ", ".join(goal.written(goal.aim) for goal in line.goals)
        mine = ", ".join("-" if np.isnan(goal.value) else goal.form.format(goal.value) for goal in line.goals)
        reached = ", ".join(goal.verdict for goal in line.goals)
        rows.append(f"| {line.what} | {line.peers} | {must} | {aim} | **{mine}** | {reached} |")
    return "\n".join(rows)


def accuracy(scores: Scores) -> list[Line]:
    """The lines of point forecasts and intervals, as far as their sets were run."""
    lines = []
    if "dev" in scores:
        mine = scores["dev"]
        goals = [
            Goal(mine[ours.CELL].owa, 0.892, 0.885, "{:.3f} cell"),
            Goal(mine[ours.BATCH].owa, 0.880, 0.869, "{:.3f} batch"),
        ]
        lines.append(Line(f"M4 monthly dev, {_count(mine)} series, OWA", _ranked(mine, "owa", "{:.3f}"), goals))
    if "m3" in scores:
        mine = scores["m3"]
        goals = [
            Goal(mine[ours.CELL].smape, 13.45, 13.35, "{:.2f} cell"),
            Goal(mine[ours.BATCH].smape, 13.30, 13.15, "{:.2f} batch"),
        ]
        entries = "; published entries THETA 13.89, ForecastPro 13.90"
        peers = _ranked(mine, "smape", "{:.2f}") + entries
        lines.append(Line(f"M3 monthly, {_count(mine)} series, sMAPE", peers, goals))
    for name, title, must, aim in (("m3", "M3 monthly", 5.9, 5.7), ("dev", "M4 monthly dev", 9.2, 8.9)):
        if name not in scores:
            continue
        mine = scores[name]
        within = (94.0, 96.0)
        goals = [
            Goal(mine[who].msis, must, aim, "{:.2f}" + f" {what}")
            for who, what in ((ours.CELL, "cell"), (ours.BATCH, "batch"))
        ] + [
            Goal(mine[who].coverage, within, within, "{:.1f} %" + f" {what}")
            for who, what in ((ours.CELL, "cell"), (ours.BATCH, "batch"))
        ]
        lines.append(Line(f"95 % interval, {title}, MSIS and coverage", _intervals(mine), goals))
    return lines


RMSSE = {"carparts": (0.815, 0.812), "AUTO": (1.140, 1.136), "MAN": (1.460, 1.460)}
QUANTILE_LOSS = {"carparts": (0.535, 0.525), "AUTO": (0.142, 0.140)}
"""What is to be reached and aimed at on the sets of spare parts."""


def intermittent(frame: pd.DataFrame) -> list[Line]:
    """The lines of spare parts, from the frame that `intermittent.measure` gives."""
    mine = frame[frame["method"].eq("sop_xl.forecast")].set_index("set")
    root, loss, off = (mine[column].astype(float).to_dict() for column in ("RMSSE", "loss own", "bias %"))
    rivals = frame[frame["method"].isin(["MA12", "SBA", "Croston"])]
    scored = rivals[rivals["set"].isin(QUANTILE_LOSS)]
    ten = (-10.0, 10.0)
    return [
        Line(
            "intermittent demand, pooled RMSSE",
            _by_set(rivals, "RMSSE", "{:.3f}"),
            [Goal(root[name], *limits, "{:.3f} " + name) for name, limits in RMSSE.items()],
        ),
        Line(
            "... loss of quantiles of 3 periods",
            "negative binomial around each: " + _by_set(scored, "loss NegBin", "{:.3f}"),
            [Goal(loss[name], *limits, "{:.3f} " + name) for name, limits in QUANTILE_LOSS.items()],
        ),
        Line(
            "... bias",
            _by_set(rivals, "bias %", "{:+.0f} %"),
            [Goal(off[name], ten, ten, "{:+.0f} % " + name) for name in RMSSE],
        ),
    ]


BLIND = ("naive", "moving average of 4", "SES", "median of 26")
"""The rivals that know nothing of price and deal."""


def promotions(frame: pd.DataFrame) -> list[Line]:
    """The line of promotions, from the frame that `promotions.measure` gives."""
    found = frame.set_index("method")["WAPE"].astype(float).to_dict()
    rivals = _listed({name: found[name] for name in BLIND}, "{:.1f}") + ", none of which knows the price"
    goal = Goal(found["both combined"], 48.5, 46.0, "{:.1f} %")
    return [Line("promotions, orange juice, WAPE with known price and deal", rivals, [goal])]


def _by_set(frame: pd.DataFrame, column: str, form: str) -> str:
    parts = []
    for name, rows in frame.groupby("set", sort=False):
        found = dict(zip(rows["method"], rows[column], strict=True))
        parts.append(f"{name} " + _listed(found, form))
    return "; ".join(parts)


def speed(mine: Speed, found: Sequence[Times]) -> list[Line]:
    """The lines of time; `found` are the forecasts of each set, of which every series of a peer was timed."""
    goals = [
        Goal(np.median(mine.one) * 1e3, 5.0, 1.5, "{:.1f} ms cell"),
        Goal(mine.batch * 1e3, 20.0, 7.0, "{:.1f} ms batch"),
    ]
    peers = [name for name in TIMED if found and all(name in times for times in found)]
    cpu = {name: np.concatenate([times[name].cpu for times in found]) for name in peers}
    wall = {name: np.concatenate([times[name].wall for times in found]) for name in peers}
    middle = {name: np.median(taken) * 1e3 for name, taken in cpu.items()}
    a_second = {name: 1 / taken.mean() for name, taken in wall.items()}
    late = {name: np.quantile(taken, 0.95) * 1e3 for name, taken in wall.items()}
    first = "" if np.isnan(mine.first_peer) else f"AutoETS {mine.first_peer:.1f} s"
    warm = np.quantile(mine.wall, 0.95) * 1e3
    return [
        Line("time a series (CPU), one core, warm, point and 95 %", _listed(middle, "{:.1f} ms"), goals),
        Line(
            f"{6000:,} series, wall, whole machine",
            _listed(a_second, "{:,.0f}", most=False) + (" series/s a core" if peers else ""),
            [Goal(mine.many, 400, 1900, "{:,.0f} series/s", more=True)],
        ),
        Line("first forecast in a fresh process, wall", first, [Goal(mine.first, 1.5, 0.5, "{:.2f} s")]),
        Line(
            "one more in a warm process (a cell), 95th percentile",
            _listed(late, "{:.1f} ms"),
            [Goal(warm, 10.0, 4.0, "{:.1f} ms")],
        ),
    ]


def _count(scores: Mapping[str, Score]) -> str:
    return f"{len(next(iter(scores.values())).relative):,}"


def _ranked(scores: Mapping[str, Score], field: str, form: str) -> str:
    return _listed({name: getattr(s, field) for name, s in scores.items() if name in POINT}, form)


def _listed(found: Mapping[str, float], form: str, *, most: bool = True) -> str:
    """Names and figures, the worst first; `most` says that a larger figure is the worse."""
    ordered = sorted(found.items(), key=lambda pair: -pair[1] if most else pair[1])
    return ", ".join(f"{name} {form.format(value)}" for name, value in ordered)


def _intervals(scores: Mapping[str, Score]) -> str:
    ordered = sorted(((n, s) for n, s in scores.items() if n in INTERVAL), key=lambda pair: -pair[1].msis)
    return ", ".join(f"{name} {s.msis:.2f}, {s.coverage:.0f} %" for name, s in ordered)
