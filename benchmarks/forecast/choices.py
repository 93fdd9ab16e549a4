"""What the automatic forecast is made of, and what each part is worth, on origins inside the training parts only.

    python -m benchmarks.forecast.choices --data FOLDER

Each member alone, their weighted mean, the mean without each member, and the mean with one choice changed: what
`sop_xl.demand.forecasting.members` and `sop_xl.demand.forecasting.portfolio` were settled by. The test parts are not read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

import sop_xl
from benchmarks.forecast.data import SEASON, SOURCES, Set, grid, load
from benchmarks.forecast.score import Floats, score
from benchmarks.machine import described
from sop_xl.demand.forecasting import members, seasonality
from sop_xl.demand.forecasting.seasonality import seasonally_adjusted
from sop_xl.demand.panels.panel import panel_of


def members_of(chosen: Set) -> dict[str, Floats]:
    """What each member says for every series of a set, shape (series, horizon), never below 0."""
    stacked: dict[str, list[Floats]] = {name: [] for name in members.WEIGHTS}
    for part in chosen.parts:
        panel = panel_of(part.train)
        known = seasonally_adjusted(panel.block, chosen.source.horizon, panel.calendar.seasons)
        said = members.members(panel.block, known, chosen.source.horizon, SEASON).mean
        order = np.argsort(panel.places)
        for name, mean in zip(stacked, said, strict=True):
            stacked[name].append(np.maximum(mean * panel.scale, 0.0)[:, order].T)
    return {name: np.vstack(parts) for name, parts in stacked.items()}


def through_the_door(chosen: Set, method: str) -> Floats:
    """`sop_xl.forecast` of every part, shape (series, horizon)."""
    made = [sop_xl.forecast(part.train, chosen.source.horizon, level=(), method=method) for part in chosen.parts]
    return np.vstack([grid(frame.sort_values(["unique_id", "ds"]), "forecast") for frame in made])


@contextmanager
def changed(module: object, name: str, value: object) -> Iterator[None]:
    """One constant of a module changed for a while."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def mean_of(said: dict[str, Floats], weights: dict[str, float]) -> Floats:
    """Weighted mean of the members."""
    total: Floats = np.sum([weight * said[name] for name, weight in weights.items()], axis=0)
    return total / sum(weights.values())


def measured(chosen: Set, tell: Callable[[str], None]) -> dict[str, float]:
    """OWA of every choice on one set."""
    cases = chosen.cases()

    def owa(point: Floats) -> float:
        return float(score(cases, point).owa)

    tell(chosen.source.title)
    said = members_of(chosen)
    rows = {f"{name} alone": owa(mean) for name, mean in said.items()}
    rows["weighted mean of all: a cell"] = owa(mean_of(said, members.WEIGHTS))
    for name in members.WEIGHTS:
        rest = {other: weight for other, weight in members.WEIGHTS.items() if other != name}
        rows[f"... without {name}"] = owa(mean_of(said, rest))
    rows["... median instead of mean"] = owa(np.median(list(said.values()), axis=0))
    with changed(seasonality, "DISCOUNT", 1.0):
        rows["... all seasons alike in the indices"] = owa(mean_of(members_of(chosen), members.WEIGHTS))
    rows["as `combination`"] = owa(through_the_door(chosen, "combination"))
    rows["as `auto`, the portfolio's correction included"] = owa(through_the_door(chosen, "auto"))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.forecast.choices", description=__doc__)
    made.add_argument("--data", type=Path, metavar="FOLDER", required=True, help="folder of the public sets")
    made.add_argument(
        "--origins", type=int, default=2, metavar="N", help="origins inside the training part (default 2)"
    )
    options = made.parse_args(arguments)
    columns = {
        source.title: measured(
            load(source, options.data, origins=options.origins), lambda doing: print(doing, file=sys.stderr)
        )
        for source in SOURCES.values()
    }
    table = pd.DataFrame(columns)
    print(f"{described(('sop-xl', 'numpy', 'pandas', 'scikit-learn'))}\n")
    print(f"| OWA, {options.origins} origins inside the training part | {' | '.join(table.columns)} | mean |")
    print("|---|" + "---|" * (len(table.columns) + 1))
    for name, values in table.iterrows():
        print(f"| {name} | {' | '.join(f'{v:.4f}' for v in values)} | {values.mean():.4f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
