"""Forecasts of one method for one set: what ours and the peers hand to the scorer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.forecast.score import Floats


@dataclass(frozen=True)
class Forecasts:
    """Point and 95 % interval, shapes (series, horizon) [units], in the order of the set's parts.

    cpu, wall : time of each series on one core [s], shape (series,); the mean where series were forecast together
    stood_in : series for which the method failed and the naive one stood in
    """

    point: Floats
    low: Floats
    high: Floats
    cpu: Floats
    wall: Floats
    stood_in: int = 0


def stacked(parts: list[Forecasts]) -> Forecasts:
    """The forecasts of several parts under each other."""
    return Forecasts(
        np.vstack([p.point for p in parts]),
        np.vstack([p.low for p in parts]),
        np.vstack([p.high for p in parts]),
        np.concatenate([p.cpu for p in parts]),
        np.concatenate([p.wall for p in parts]),
        sum(p.stood_in for p in parts),
    )


def median(members: list[Forecasts]) -> Forecasts:
    """The median of several methods, step by step; their times add up."""
    return Forecasts(
        np.median([m.point for m in members], axis=0),
        np.median([m.low for m in members], axis=0),
        np.median([m.high for m in members], axis=0),
        np.sum([m.cpu for m in members], axis=0),
        np.sum([m.wall for m in members], axis=0),
        sum(m.stood_in for m in members),
    )
