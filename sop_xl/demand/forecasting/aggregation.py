"""Multiple temporal aggregation: sums over longer buckets are steadier, and show the trend a month hides.

References: [1] Kourentzes, Petropoulos, Trapero (2014), Improving forecasting by estimating time series structural
components across multiple frequencies, IJF 30, 291-302; [2] Nikolopoulos et al. (2011), An aggregate-disaggregate
intermittent demand approach (ADIDA), JORS 62, 544-554.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sop_xl.demand.forecasting import exponential
from sop_xl.demand.forecasting.smoothing import Block, Floats, bucketed, interpolated

BUCKETS = (3, 6, 12)
"""Lengths of the buckets [periods]."""

TRENDED = 6
"""From so many buckets on a damped trend is fitted, below simple smoothing [buckets]."""

FEWEST = 4
"""A bucket length that leaves a series fewer is not used for it [buckets]."""


def aggregated(block: Block, horizon: int, buckets: Sequence[int] = BUCKETS) -> Floats:
    """Mean over bucket lengths of the forecasts of bucket means, read back between them, shape (horizon, series).

    Parameters
    ----------
    block
        the series, best deseasonalised [units]
    horizon
        periods ahead
    buckets
        lengths [periods]

    Buckets are counted from the end of a series. One too short for every length has NaN. Source: [1].

    >>> aggregated(Block(np.full((24, 1), 5.0), np.array([24])), 2).round(6).ravel().tolist()
    [5.0, 5.0]

    """
    total = np.zeros((horizon, block.y.shape[1]))
    count = np.zeros(block.y.shape[1])
    simple, _, damped = exponential.PLAIN
    for size in buckets:
        coarse = block.lengths // size
        for chosen, form in (
            (coarse >= TRENDED, damped),
            ((coarse >= FEWEST) & (coarse < TRENDED), simple),
        ):
            if not chosen.any():
                continue
            part = bucketed(block.take(chosen), size)
            ahead = -(-horizon // size) + 1  # one more, so that no step depends on how far is asked
            fit = exponential.fitted(part, form, 1, None)
            known = exponential.predicted(fit, form, part.lengths.astype(float), 1, ahead).mean
            knots = np.r_[-size / 2 - 0.5, (np.arange(ahead) + 0.5) * size - 0.5]
            total[:, chosen] += interpolated(knots, np.vstack([part.y[-1], known]), horizon)
            count[chosen] += 1
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
