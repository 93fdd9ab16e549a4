"""What demand would have been without an event: a regression on the months around it that no event touches.

The logarithm of demand on a level, a trend, a first harmonic of the year or all its months, whichever the corrected
Akaike criterion prefers for the months at hand.

References:
    [1] Blattberg, Neslin (1990), Sales Promotion: Concepts, Methods and Strategies, chapter 12: baselines.
    [2] Hurvich, Tsai (1989), Regression and time series model selection in small samples, Biometrika 76, 297-307.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.forecasting.smoothing import Floats, Ints

AROUND = 24
"""Months looked at before an event and after it [months]."""

YEAR = 12

FEWEST = 3
"""Months without events below which there is no baseline [months]."""


@dataclass(frozen=True)
class Expected:
    """Demand expected without events.

    mean : of every month, shape (months,) [units]
    error : standard error of a single month, baseline and noise, shape (months,) [share]
    """

    mean: Floats
    error: Floats


def expected(actual: Floats, clean: NDArray[np.bool_], at: Ints) -> Expected | None:
    """The baseline of a demand in the months around `at`; None where too few months are clean.

    Parameters
    ----------
    actual
        demand by month, NaN where unknown [units]
    clean
        months that no event touches, shape (months,)
    at
        months of the event

    >>> demand = np.r_[100.0 * 1.02 ** np.arange(20), 400.0]
    >>> expected(demand, np.arange(21) < 20, np.array([20])).mean[20].round(1).item()
    148.6

    """
    number = np.arange(len(actual))
    near = (number >= at.min() - AROUND) & (number <= at.max() + AROUND)
    used = near & clean & (np.nan_to_num(actual) > 0)
    if used.sum() < FEWEST:
        return None
    from statsmodels.api import OLS

    logs = np.log(actual[used])
    best, score, chosen = None, np.inf, np.empty((0, 0))
    for x in _designs(number, int(used.sum())):
        part = x[used]
        if np.linalg.matrix_rank(part) < part.shape[1]:
            continue
        fit = OLS(logs, part).fit()
        n, k = len(logs), part.shape[1] + 1
        mse = max(float((fit.resid**2).mean()), 1e-12)
        corrected = n * np.log(mse) + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 0.5)
        if corrected < score - 1e-9:
            best, score, chosen = fit, corrected, x
    if best is None:
        return None
    freedom = max(len(logs) - chosen.shape[1], 1)
    variance = float((best.resid**2).sum()) / freedom
    spread = np.einsum("ti,ij,tj->t", chosen, best.normalized_cov_params, chosen)
    z = np.clip(chosen @ best.params, logs.min() - 1.0, logs.max() + 1.0)
    # half the variance turns the median of a lognormal into its mean
    return Expected(np.exp(z + min(variance, 1.0) / 2.0), np.sqrt(variance * (1.0 + spread)))


def _designs(number: Ints, months: int) -> list[Floats]:
    """Level; with a trend; with a yearly wave; with both; with a trend and every month of the year."""
    one = np.ones((len(number), 1))
    trend = (number - number.mean())[:, None] / YEAR
    angle = 2 * np.pi * number / YEAR
    wave = np.column_stack([np.sin(angle), np.cos(angle)])
    phases = np.asarray(number[:, None] % YEAR == np.arange(1, YEAR), dtype=np.float64)
    designs = [one]
    if months >= 6:
        designs.append(np.hstack([one, trend]))
    if months >= YEAR:
        designs += [np.hstack([one, wave]), np.hstack([one, trend, wave])]
    if months >= 2 * YEAR:
        designs += [np.hstack([one, phases]), np.hstack([one, trend, phases])]
    return [np.asarray(x) for x in designs]
