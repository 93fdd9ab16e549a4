"""Intermittent demand: means and quantiles of stock on three public sets of spare parts, rivals and ours.

The sets are those of the folder `--data`; sources: carparts (Hyndman et al. 2008, chapter 16, monthly), AUTO (Syntetos
and Boylan 2005, monthly), MAN (a maintenance company's items, weekly).

Croston here spreads a single demand over the series; taken as its size over the wait for it, as textbooks do, its RMSSE
is 0.892 on carparts, 1.147 on AUTO and 1.480 on MAN (SBA 0.885, 1.143, 1.477).

Measures: pooled RMSSE, the root of the mean over series of squared error over the mean squared change of the training
part since its first demand; bias, sum of forecasts over sum of demand less 1; and the pinball loss of the quantiles 50,
80, 90, 95 and 99 % of the total of the first 3 periods, over 3 times the mean of the training part - that is the
scale with which the empirical quantiles of the training part's own 3-period totals give 0.580 on carparts and 0.152 on
AUTO. Series without a scale are left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.forecast.score import Floats, pooled_rmsse, quantile_loss, rmsse_scale
from sop_xl.demand.baseline import forecast
from sop_xl.demand.distributions import distribution
from sop_xl.demand.distributions.quantiles import total_quantiles
from sop_xl.demand.forecasting import intermittent
from sop_xl.demand.forecasting.intermittent_mean import intermittent_mean, rates
from sop_xl.demand.forecasting.smoothing import SIMPLE, Block, smooth

QUANTILES = (0.5, 0.8, 0.9, 0.95, 0.99)
PERIODS = 3
"""Periods in the total whose quantiles are scored."""


@dataclass(frozen=True)
class Parts:
    """A set of spare parts: training and test part, shapes (time, series), and the training part in long format."""

    name: str
    train: Floats
    test: Floats
    long: pd.DataFrame

    @property
    def block(self) -> Block:
        """The training part side by side."""
        return Block(self.train, np.full(self.train.shape[1], len(self.train)))


SETS = {"carparts": "carparts_monthly", "AUTO": "auto_monthly", "MAN": "man_weekly"}


def load(data: Path, name: str) -> Parts:
    """Read a set; every series of it has the same periods."""
    frame = pd.read_parquet(data / f"{SETS[name]}.parquet")
    frame["unique_id"] = frame["unique_id"].astype(str)
    frame = frame.sort_values(["unique_id", "ds"], ignore_index=True)
    values = frame["y"].to_numpy(dtype=float).reshape(frame["unique_id"].nunique(), -1).T
    ahead = frame["split"].astype(str).eq("test")
    trained = len(values) - int(ahead.sum()) // values.shape[1]
    return Parts(name, values[:trained], values[trained:], frame.loc[~ahead, ["unique_id", "ds", "y"]])


def _ensemble(block: Block) -> Floats:
    """The mean of simple smoothing, TSB, ADIDA, the 12-period average and the mean."""
    plain = [smooth(block, SIMPLE).level, intermittent.tsb(block), intermittent.adida(block)]
    return np.asarray(np.mean([*plain, intermittent.moving_average(block, 12), block.mean], axis=0))


MEANS: dict[str, Callable[[Block], Floats]] = {
    "naive": lambda block: block.y[-1],
    "zero": lambda block: np.zeros(block.y.shape[1]),
    "MA12": lambda block: intermittent.moving_average(block, 12),
    "SES": lambda block: smooth(block, SIMPLE).level,
    "Croston": intermittent.croston,
    "SBA": intermittent.sba,
    "TSB": intermittent.tsb,
    "ADIDA": intermittent.adida,
    "mean of SES, TSB, ADIDA, MA12, mean": _ensemble,
}
"""Rivals: a block to the forecast of every period to come, shape (series,)."""


def measure(data: Path) -> pd.DataFrame:
    """One row per set and method, `data` being the folder of the sets.

    Columns: set, method, RMSSE, bias [%], loss normal, loss Poisson, loss NegBin, loss empirical (quantiles around the
    method's mean and the variance of the training part; the empirical ones know no mean), loss own (ours: the quantiles
    of `intermittent_mean`, and those of `total_quantiles` beside `forecast`), ms a series.
    """
    rows = []
    for name, file in SETS.items():
        if not (data / f"{file}.parquet").exists():
            raise SystemExit(f"{name}: {data / file}.parquet is not there; --sets leaves intermittent out")
        parts = load(data, name)
        for method, function in MEANS.items():
            began = time.perf_counter()
            level = function(parts.block)
            rows.append(_row(parts, method, np.repeat(level[None], len(parts.test), axis=0), began))
        began = time.perf_counter()
        ours = intermittent_mean(parts.block, len(parts.test)).mean
        row = _row(parts, "intermittent_mean", ours, began)
        rows.append({**row, "loss own": loss(parts, pooled(parts))})
        began = time.perf_counter()
        whole = forecast(parts.long, len(parts.test))
        mean = whole["forecast"].to_numpy().reshape(-1, len(parts.test)).T
        row = _row(parts, "sop_xl.forecast", mean, began)
        table = total_quantiles(parts.long, PERIODS, QUANTILES)
        rows.append({**row, "loss own": loss(parts, table.filter(regex="^q").to_numpy().T)})
    return pd.DataFrame(rows)


def pooled(parts: Parts) -> Floats:
    """Quantiles of the total by the belief of `intermittent_mean`, all series taken as intermittent."""
    belief = rates(parts.block)
    each, noise, doubt = belief.moments(np.asarray(belief.growth(PERIODS).mean()))
    variance = PERIODS * noise + PERIODS**2 * doubt
    return distribution.negative_binomial(PERIODS * each, variance, QUANTILES)


def loss(parts: Parts, quantiles: Floats) -> float:
    """Pinball loss over 3 times the mean of the training part, mean over quantiles and series."""
    scale = PERIODS * parts.train.mean(axis=0)
    lost = quantile_loss(parts.test[:PERIODS].sum(axis=0)[:, None], quantiles[:, :, None], QUANTILES)
    return float((lost[scale > 0] / scale[scale > 0]).mean())


def _row(parts: Parts, method: str, mean: Floats, began: float) -> dict[str, object]:
    taken = time.perf_counter() - began
    total, variance = mean[:PERIODS].sum(axis=0), PERIODS * parts.train.var(axis=0, ddof=1)
    windows = np.lib.stride_tricks.sliding_window_view(parts.train, PERIODS, axis=0).sum(axis=-1)
    scale = np.array([rmsse_scale(values) for values in parts.train.T])
    return {
        "set": parts.name,
        "method": method,
        "RMSSE": pooled_rmsse(parts.test.T, mean.T, scale),
        "bias %": 100 * float((mean.sum() - parts.test.sum()) / parts.test.sum()),
        "loss normal": loss(parts, distribution.normal(total, variance, QUANTILES)),
        "loss Poisson": loss(parts, distribution.poisson(total, variance, QUANTILES)),
        "loss NegBin": loss(parts, distribution.negative_binomial(total, variance, QUANTILES)),
        "loss empirical": loss(parts, distribution.empirical(windows, QUANTILES)),
        "loss own": np.nan,
        "ms a series": 1e3 * taken / parts.train.shape[1],
    }
