"""Quantiles of demand of every series of a history: of each period, and of the total over a lead time.

A mean does not set a safety stock; a quantile of demand until the next delivery does. Intermittent demand in whole
units is negative binomial, in broken units a gamma with the chance of no demand set apart; regular demand is gamma, or
normal where returns made it negative.

References: [1] of `distribution`, section 6.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.distributions.distribution import DemandDistribution, checked_shares, lead_time_total
from sop_xl.demand.forecasting.combination import AUTO
from sop_xl.demand.forecasting.intermittent_mean import INTERMITTENT, Rates, rates
from sop_xl.demand.forecasting.prediction import predict
from sop_xl.demand.forecasting.smoothing import Floats, Ints
from sop_xl.demand.panels.panel import Panel, panel_of
from sop_xl.errors import InputError

LONGEST = 600
"""Periods a total may span, at most [periods]."""

TOTALS = (0.5, 0.8, 0.9, 0.95, 0.99)
PERIODS = (0.1, 0.5, 0.9)


def total_quantiles(
    history: pd.DataFrame, periods: int | Mapping[str, int], quantiles: Sequence[float] = TOTALS
) -> pd.DataFrame:
    """Quantiles of the total demand over the next periods, such as a lead time and a review, of every series.

    Parameters
    ----------
    history
        one row per series and period: `unique_id`, `ds`, `y` [units], as for `forecast`
    periods
        periods in the total, 1 to 600, or such a number for each `unique_id` [periods]
    quantiles
        chances that the total is not exceeded [share]

    Returns
    -------
    One row per series, sorted: `unique_id`, `periods`, `mean`, `deviation`, `q50`, `q80`, ... [units].

    Raises
    ------
    InputError : history, periods or quantiles that cannot be used.

    Errors of one forecast last from period to period, so the variance of a total is more than the sum of variances:
    section 6.6 in [1] for regular demand, `Rates.moments` for intermittent demand.

    >>> months = pd.date_range("2023-01-01", periods=24, freq="MS")
    >>> spare = pd.DataFrame({"unique_id": "pump", "ds": months, "y": [0, 0, 2.0, 0, 1, 0, 0, 3] * 3})
    >>> total_quantiles(spare, 3, (0.5, 0.95))[["unique_id", "periods", "q50", "q95"]]
      unique_id  periods  q50  q95
    0      pump        3  2.0  7.0

    """
    shares = checked_shares(quantiles)
    panel = panel_of(history)
    spans = _spans(panel.ids, periods)
    belief = _Belief.of(panel, int(spans.max() + panel.waiting.max()))
    table = np.empty((len(shares) + 2, len(spans)))
    for span in np.unique(spans):
        some = spans == span
        total = belief.total(0, int(span)).take(some)
        table[:, some] = [total.mean, np.sqrt(total.variance), *total.quantiles(shares)]
    order = np.argsort(panel.places)
    out = pd.DataFrame({"unique_id": panel.ids[order], "periods": spans[order]})
    return out.assign(**dict(zip(("mean", "deviation", *_names(shares)), table[:, order], strict=True)))


def period_quantiles(history: pd.DataFrame, horizon: int, quantiles: Sequence[float] = PERIODS) -> pd.DataFrame:
    """Quantiles of the demand of each coming period, P10, P50 and P90 unless others are asked for.

    Parameters
    ----------
    history
        one row per series and period: `unique_id`, `ds`, `y` [units], as for `forecast`
    horizon
        periods ahead, 1 to 600
    quantiles
        chances that demand is not exceeded [share]

    Returns one row per series and period, sorted: `unique_id`, `ds`, `mean`, `q10`, `q50`, `q90` [units]. Raises
    `InputError` for a history, horizon or quantiles that cannot be used.

    >>> months = pd.date_range("2023-01-01", periods=24, freq="MS")
    >>> spare = pd.DataFrame({"unique_id": "pump", "ds": months, "y": [0, 0, 2.0, 0, 1, 0, 0, 3] * 3})
    >>> period_quantiles(spare, 1)[["ds", "q10", "q50", "q90"]]
              ds  q10  q50  q90
    0 2025-01-01  0.0  0.0  2.0

    """
    shares = checked_shares(quantiles)
    panel = panel_of(history)
    _spans(panel.ids, horizon)
    belief = _Belief.of(panel, int(horizon + panel.waiting.max()))
    steps = [belief.total(step, 1) for step in range(horizon)]
    order = np.argsort(panel.places)
    values = np.array([[one.mean, *one.quantiles(shares)] for one in steps])[:, :, order]
    dates = panel.calendar.stamp((panel.last[order, None] + 1 + np.arange(horizon)).ravel())
    out = pd.DataFrame({"unique_id": panel.ids[np.repeat(order, horizon)], "ds": dates})
    columns = values.transpose(1, 2, 0).reshape(len(shares) + 1, -1)
    return out.assign(**dict(zip(("mean", *_names(shares)), columns, strict=True)))


@dataclass(frozen=True)
class _Belief:
    """What the panel's demand is expected to do: regular series by period ahead, intermittent ones by rates."""

    panel: Panel
    mean: Floats
    variance: Floats
    spaced: NDArray[np.bool_]
    rates: Rates
    whole: NDArray[np.bool_]

    @classmethod
    def of(cls, panel: Panel, reach: int) -> _Belief:
        block = panel.block
        pins, ends = [AUTO] * block.y.shape[1], panel.last - panel.waiting
        found = predict(block, reach, panel.calendar.seasons, pins, ends=ends).bridged(panel.known)
        named = np.array([str(name).startswith(INTERMITTENT) for name in found.method], dtype=bool)
        spaced = named & panel.nonnegative
        units = block.y * panel.scale
        whole = (units == np.rint(units)).all(axis=0)
        mean, variance = found.mean, found.variance
        return cls(panel, mean, variance, spaced, rates(block.take(spaced)), whole)

    def total(self, after: int, periods: int) -> DemandDistribution:
        """Distribution of the total of `periods` periods that begin `after` periods from now."""
        at = self.panel.waiting[None, :] + after + np.arange(periods)[:, None]
        mean, variance = (np.take_along_axis(v, at, axis=0) for v in (self.mean, self.variance))
        plain = self.panel.nonnegative
        mean, variance = lead_time_total(np.where(plain, np.maximum(mean, 0.0), mean), variance)
        empty = np.zeros(len(mean))
        if self.spaced.any():
            growth = self.rates.growth(int(at.max()) + 1)[at[:, self.spaced]].mean(axis=0)
            each, noise, doubt = self.rates.moments(growth)
            mean[self.spaced] = periods * each
            variance[self.spaced] = periods * noise + periods**2 * doubt
            empty[self.spaced] = self._nothing(growth, periods)
        names = np.where(plain, "gamma", "normal").astype(object)
        names[self.spaced & self.whole] = "negative binomial"
        scale = self.panel.scale
        return DemandDistribution(mean * scale, variance * scale * scale, names, empty, self.whole)

    def _nothing(self, growth: Floats, periods: int) -> Floats:
        """Chance of no demand in so many periods: the Beta-binomial of the belief in the chance of one."""
        from scipy.special import betaln

        chance = np.clip(self.rates.grown(growth)[0], 1e-9, 1.0 - 1e-9)
        hits, misses = chance * self.rates.evidence, (1.0 - chance) * self.rates.evidence
        return np.asarray(np.exp(betaln(hits, misses + periods) - betaln(hits, misses)))


def _spans(ids: pd.Index, periods: int | Mapping[str, int]) -> Ints:
    """Periods of each series' total."""
    if isinstance(periods, Mapping):
        unknown = [name for name in periods if name not in ids]
        if unknown:
            raise InputError(f"a number of periods is given for {unknown[0]!r}, which has no history")
        absent = [name for name in ids if name not in periods]
        if absent:
            raise InputError(f"series {absent[0]!r} has no number of periods")
        given = [periods[name] for name in ids]
    else:
        given = [periods] * len(ids)
    for name, number in zip(ids, given, strict=True):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 1 <= number <= LONGEST:
            raise InputError(f"series {name!r}: periods must be a whole number from 1 to {LONGEST}, got {number!r}")
    return np.array(given, dtype=np.int64)


def _names(shares: Sequence[float]) -> list[str]:
    return [f"q{100 * share:.6g}" for share in shares]
