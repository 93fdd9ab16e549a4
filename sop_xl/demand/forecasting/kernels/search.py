"""How the parameters of a recursion are searched: the same declaration for the compiled kernels and their numpy twins.

A coarse grid is tried first; then eight neighbours of the best point, again and again, the step halved where none is
better (a compass search, Hooke and Jeeves 1961). Eight points are tried side by side, which is what a processor does
best, and the number of rounds is fixed, so that a panel of series moves in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sop_xl.demand.forecasting.smoothing import Floats

LANES = 8
"""Points tried side by side."""

DIMS = 4
"""Parameters of a recursion, at most."""

_COMPASS = {
    1: ((-1,), (1,), (-0.5,), (0.5,), (-0.25,), (0.25,), (-2,), (2,)),
    2: ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)),
    3: ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), (1, 1, 1), (-1, -1, -1)),
    4: tuple(tuple(sign if d == axis else 0 for d in range(4)) for axis in range(4) for sign in (1, -1)),
}


@dataclass(frozen=True)
class Search:
    """A search in up to four parameters.

    grid : points tried first, shape (batches, DIMS, LANES)
    direction : of the eight neighbours, shape (DIMS, LANES)
    lower, upper, step : bounds and first step of each parameter, shape (DIMS,)
    rounds : of eight neighbours
    """

    grid: Floats
    direction: Floats
    lower: Floats
    upper: Floats
    step: Floats
    rounds: int

    @classmethod
    def over(
        cls,
        axes: Sequence[Sequence[float]],
        bounds: Sequence[tuple[float, float]],
        step: Sequence[float],
        rounds: int,
    ) -> Search:
        """A search from every combination of the values on `axes`.

        Parameters
        ----------
        axes
            values to try first, for each parameter; their combinations should be a multiple of eight
        bounds, step
            of each parameter; one with a step of 0 stays at the value of the grid
        rounds
            of eight neighbours

        """
        points = np.array(list(product(*axes)), dtype=float)
        points = np.vstack([points, np.repeat(points[-1:], -len(points) % LANES, axis=0)])
        grid = np.zeros((len(points) // LANES, DIMS, LANES))
        grid[:, : len(axes)] = points.reshape(-1, LANES, len(axes)).transpose(0, 2, 1)
        free = np.flatnonzero(step)
        direction, (lower, upper, first) = np.zeros((DIMS, LANES)), np.zeros((3, DIMS))
        direction[free] = np.array(_COMPASS[len(free)], dtype=float).T
        lower[: len(axes)], upper[: len(axes)] = np.array(bounds, dtype=float).T
        first[: len(axes)] = step
        return cls(grid, direction, lower, upper, first, rounds)
