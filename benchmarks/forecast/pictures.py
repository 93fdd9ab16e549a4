"""Pictures of the forecast: ten real items of the demo company, and accuracy beside the peers'.

    python -m benchmarks.forecast.pictures --out docs/pictures/forecast

draws the items; `python -m benchmarks.forecast ... --pictures FOLDER` draws the accuracy of that run, and so does
`--scores FILE` here for a run that kept its scores. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import dates, ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import blended_transform_factory

import sop_xl
from benchmarks.forecast.data import SOURCES, demand
from benchmarks.forecast.score import Score
from sop_xl.demo import folder

AHEAD = 12

ITEMS = (
    *("HL-U509-R", "LJ-0192-L", "CA-1098", "FR-M94B-42"),  # years of history, a season
    *("BK-M68B-38", "BK-R64Y-40"),  # bikes: dealers order by the quarter
    *("HB-R956", "HB-R504"),  # months without demand
    *("BC-M005", "TI-R092"),  # eight months old
)
"""The items drawn, long histories first."""

INK, QUIET, RULE = "#1f2933", "#7b8794", "#e4e7eb"
BAR = "#c3ccd5"
ACCENT, BAND_80, BAND_95 = "#0b6e99", "#a9d3e5", "#dcedf4"

MARGIN = 0.055
"""Left edge of text [share of the width]."""

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "savefig.facecolor": "white",
}


def items(target: Path) -> Path:
    """Draw the contact sheet of ten items into a folder: history, forecast with its band, and what came."""
    history, sold = demand("demand_history"), demand("actual_demand")
    wide = sold.pivot_table(index="ds", columns="unique_id", values="y").reindex(columns=ITEMS)
    came = wide.fillna(0.0).melt(value_name="y", ignore_index=False).reset_index()
    ahead = sop_xl.forecast(history, AHEAD, level=(80, 95))
    names = pd.read_csv(folder() / "plan_items.csv").set_index("item")["description"]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 14.4), dpi=120)
        axes = figure.subplots(5, 2, sharex=True, gridspec_kw={"hspace": 0.5, "wspace": 0.14})
        figure.subplots_adjust(left=0.055, right=0.97, top=0.872, bottom=0.035)
        for ax, item in zip(axes.flat, ITEMS, strict=True):
            known, next_year, later = (frame[frame["unique_id"].eq(item)] for frame in (history, ahead, came))
            _item(ax, known, next_year, later, str(names[item]))
        _heading(
            figure,
            "Twelve months ahead for ten items",
            "Demand of Adventure Works Cycles by month [units]. The forecast saw only the line; the circles came afterwards.",
        )
        keys = [
            Line2D([], [], color=INK, linewidth=1.3, label="history"),
            Line2D([], [], color=ACCENT, linewidth=2, label="forecast"),
            Patch(color=BAND_80, label="80 % of outcomes"),
            Patch(color=BAND_95, label="95 %"),
            Line2D(
                [], [], color=INK, marker="o", markerfacecolor="white", linestyle="", markersize=4.5, label="what came"
            ),
        ]
        figure.legend(
            handles=keys, loc="upper left", bbox_to_anchor=(0.045, 0.9375), ncols=5, frameon=False, fontsize=9
        )
        return _saved(figure, target / "items.png")


def _item(ax: Axes, history: pd.DataFrame, ahead: pd.DataFrame, came: pd.DataFrame, title: str) -> None:
    start = history.iloc[-1]
    when = [start["ds"], *ahead["ds"]]
    for width, colour in ((95, BAND_95), (80, BAND_80)):
        low, high = ([start["y"], *ahead[f"{side}_{width}"]] for side in ("lo", "hi"))
        ax.fill_between(when, low, high, color=colour, linewidth=0)
    ax.plot(history["ds"], history["y"], color=INK, linewidth=1.3, solid_capstyle="round")
    ax.plot(when, [start["y"], *ahead["forecast"]], color=ACCENT, linewidth=2, solid_capstyle="round")
    circle: dict[str, Any] = {"color": INK, "markerfacecolor": "white", "markersize": 4.5, "markeredgewidth": 1.1}
    ax.plot(came["ds"], came["y"], "o", clip_on=False, zorder=5, **circle)
    ax.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=17)
    ax.text(0, 1.045, f"{start['unique_id']}  ·  {ahead['method'].iloc[0]}", transform=ax.transAxes, color=QUIET)
    ax.set_ylim(0, None)
    ax.yaxis.set_major_locator(ticker.MaxNLocator(3, integer=True))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.grid(axis="y", color=RULE, linewidth=0.8)
    ax.xaxis.set_major_locator(dates.MonthLocator((1, 7)))
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(_month))
    ax.tick_params(labelbottom=True)
    ax.margins(x=0.01)


def _month(number: float, _place: int | None) -> str:
    day = dates.num2date(number)
    return f"{day:%b}\n{day:%Y}" if day.month == 1 else f"{day:%b}"


SHOWN = (
    "Excel-like AAA ETS",
    "AutoETS",
    "AutoTheta",
    "Theta",
    "DynamicOptimizedTheta",
    "median ETS+CES+DOT",
    "ours, cell",
    "ours, batch",
)
"""Methods of the accuracy chart, where they were run."""


def accuracy(scores: Mapping[str, Mapping[str, Score | Mapping[str, float]]], target: Path) -> Path:
    """Draw the OWA of each set and method as bars into a folder."""
    sets = [name for name in SOURCES if name in scores]
    if not sets:
        raise SystemExit("the accuracy chart needs a run of the public sets")
    order = [name for name in SHOWN if all(name in scores[chosen] for chosen in sets)]
    better = {chosen: [100 * (1 - _owa(scores[chosen][name])) for name in order] for chosen in sets}
    shown = [value for values in better.values() for value in values]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 4.3), dpi=120)
        axes = np.atleast_1d(figure.subplots(1, len(sets), sharex=True, sharey=True, gridspec_kw={"wspace": 0.12}))
        figure.subplots_adjust(left=0.235, right=0.97, top=0.7, bottom=0.05)
        axes[0].set(xlim=(min(0, *shown), 1.18 * max(shown)), ylim=(len(order) - 0.5, -0.6), xticks=[], yticks=[])
        for ax, chosen in zip(axes, sets, strict=True):
            _bars(ax, dict(zip(order, better[chosen], strict=True)))
            ax.set_title(SOURCES[chosen].title, loc="left", fontsize=10, fontweight="bold", pad=8)
        margin = blended_transform_factory(figure.transFigure, axes[0].transData)
        for place, name in enumerate(order):
            mine = name.startswith("ours")
            style: dict[str, Any] = {"color": ACCENT, "fontweight": "bold"} if mine else {}
            axes[0].text(MARGIN, place, name, transform=margin, va="center", fontsize=9.5, **style)
        _heading(
            figure,
            "How much smaller the error is than Naive2's",
            "Per cent by which OWA, the error measure of the M4 competition, is below that of its yardstick; longer is better.",
        )
        return _saved(figure, target / "accuracy.png")


def _bars(ax: Axes, better: Mapping[str, float]) -> None:
    colours = [ACCENT if name.startswith("ours") else BAR for name in better]
    ax.barh(range(len(better)), list(better.values()), color=colours, height=0.66)
    for place, (name, value) in enumerate(better.items()):
        style: dict[str, Any] = {"color": ACCENT, "fontweight": "bold"} if name.startswith("ours") else {"color": INK}
        ax.text(
            max(value, 0) + 0.4, place, f"{value:.1f}".replace("-", "\N{MINUS SIGN}"), va="center", fontsize=9, **style
        )
    ax.axvline(0, color=INK, linewidth=0.9)
    ax.spines["bottom"].set_visible(False)


def _owa(found: Score | Mapping[str, float]) -> float:
    return found.owa if isinstance(found, Score) else found["owa"]


def _heading(figure: Figure, title: str, says: str) -> None:
    """Title and one sentence, at the same distance from the top of every picture."""
    height = figure.get_figheight()
    figure.text(MARGIN, 1 - 0.42 / height, title, fontsize=16, fontweight="bold", va="center")
    figure.text(MARGIN, 1 - 0.76 / height, says, fontsize=9.5, color=QUIET, va="center")


def _saved(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    return path


def main() -> None:
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/forecast"), help="folder of the pictures")
    parser.add_argument("--scores", type=Path, help="scores that `python -m benchmarks.forecast --scores FILE` wrote")
    options = parser.parse_args()
    print(items(options.out))
    if options.scores is not None:
        print(accuracy(json.loads(options.scores.read_text(encoding="utf-8")), options.out))


if __name__ == "__main__":
    main()
