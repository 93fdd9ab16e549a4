"""What fitting a recursion gives: parameters and final states of every series."""

from __future__ import annotations

from dataclasses import dataclass

from sop_xl.demand.forecasting.smoothing import Floats


@dataclass(frozen=True)
class EtsFit:
    """A form of exponential smoothing fitted to every series.

    x : alpha, beta / alpha, gamma / (1 - alpha), phi, shape (4, series) [share]
    level, trend : final states, shape (series,) [units]
    season : final states by periods to the first future one, shape (season, series) [units or share]
    sse : sum of squared errors, of relative ones where the error multiplies, shape (series,)
    logs : sum of the logarithms of the one-step forecasts where the error multiplies, else 0, shape (series,)
    """

    x: Floats
    level: Floats
    trend: Floats
    season: Floats
    sse: Floats
    logs: Floats


@dataclass(frozen=True)
class CesFit:
    """A kind of complex exponential smoothing fitted to every series.

    x : a0, a1, b0, b1, shape (4, series)
    states : level, potential, season and its potential by periods to the first future one, (4, season, series)
    sse : sum of squared errors, shape (series,)
    """

    x: Floats
    states: Floats
    sse: Floats


@dataclass(frozen=True)
class ThetaFit:
    """Dynamic optimised Theta fitted to every series.

    x : first level [ranges from the first value], alpha, 1 - 1 / theta, unused, shape (4, series)
    level : final level, shape (series,) [units]
    decay : (1 - alpha) to the power of the length, shape (series,)
    sse : sum of squared errors, shape (series,)
    """

    x: Floats
    level: Floats
    decay: Floats
    sse: Floats
