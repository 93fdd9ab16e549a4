"""From a history with regressors and their known future to arrays: demand, price, deal and their like side by side.

Time runs down the rows and every series has its last row in the same place, so the horizon follows for all at once.
A regressor above zero in every row, such as a price, is taken in logarithms: its coefficient is an elasticity. Others,
such as a deal or the share of stores with a display, stand as they are. What cannot be known (a gap) is NaN.

References:
    [1] Blattberg, Neslin (1990), Sales Promotion: Concepts, Methods and Strategies, chapter 13: models in logarithms.
    [2] Wittink, Addona, Hawkes, Porter (1988), SCAN*PRO: the estimation, validation and use of promotional effects
        based on scanner data, Cornell University.

"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.forecasting.smoothing import LARGEST, Floats, Ints
from sop_xl.demand.panels.cells import rows_of
from sop_xl.demand.panels.panel import Panel, panel_of
from sop_xl.errors import InputError

MOST_PRODUCTS = 12
"""Products of two regressors at most; with more names than that needs, there are none."""

ZERO = 0.1
"""Demand next to which logarithms turn straight where a series has zeros or returns: this share of its mean [share]."""


FAR = 1000.0
"""So many times beyond what history holds, a future value of a regressor is refused."""


@dataclass(frozen=True)
class Causes:
    """Series side by side, right-aligned at their last row, with the known regressors ahead.

    y : demand, shape (time, series), NaN where unknown [units]
    x : regressors of past and horizon, shape (time + horizon, series, regressors), NaN where unknown; logarithms
        where `logs` says so
    logs : which regressors are logarithms, shape (regressors,)
    group : number of each series' group from 0, shape (series,)
    last : running number of each series' last row, shape (series,)
    unit : demand next to which the logarithm turns straight, shape (series,) [units]
    """

    y: Floats
    x: Floats
    logs: NDArray[np.bool_]
    group: Ints
    last: Ints
    unit: Floats

    @property
    def horizon(self) -> int:
        """Periods ahead."""
        return len(self.x) - len(self.y)

    @property
    def z(self) -> Floats:
        """Demand as a logarithm, straight next to zero: the inverse hyperbolic sine, shape (time, series)."""
        return np.asarray(np.arcsinh(self.y / (2.0 * self.unit)))

    def units(self, z: Floats) -> Floats:
        """Demand whose logarithm is `z` [units]."""
        return np.asarray(2.0 * self.unit * np.sinh(np.minimum(z, 600.0)))

    def cut(self, back: int, horizon: int) -> Causes:
        """As it stood `back` periods ago, with `horizon` periods ahead."""
        end = len(self.y) - back
        return replace(self, y=self.y[:end], x=self.x[: end + horizon])


def causes_of(
    history: pd.DataFrame,
    future: pd.DataFrame,
    names: Sequence[str],
    horizon: int,
    groups: Mapping[str, str] | None = None,
) -> tuple[Causes, Panel]:
    """Check the frames and lay them side by side, series in the order of the panel that comes with them.

    Parameters
    ----------
    history
        `unique_id`, `ds`, `y` [units] and the regressors; a row without one of them is left out of the fit
    future
        `unique_id`, `ds` and the regressors for every period of the horizon; other rows are not read
    names
        columns of the regressors
    horizon
        periods ahead
    groups
        group by `unique_id`; series without one form a group of their own, as all do without `groups`

    Raises
    ------
    InputError : a missing column, row or value, named with its series and period.

    >>> sold = pd.DataFrame({"unique_id": "A", "ds": [1, 2, 3], "y": [9.0, 8.0, 20.0], "price": [2.0, 2.0, 1.0]})
    >>> ahead = pd.DataFrame({"unique_id": ["A"], "ds": [4], "price": [2.0]})
    >>> causes_of(sold, ahead, ["price"], 1)[0].x.ravel().round(2)
    array([0.69, 0.69, 0.  , 0.69])

    """
    _check_names(history, future, names)
    panel = panel_of(history)
    group = _groups(panel, groups)
    rows = rows_of(history)
    column = np.empty_like(panel.places)
    column[panel.places] = np.arange(len(panel.places))
    number = panel.calendar.number(rows.times)
    columns = column[rows.codes]
    past = int((panel.last[columns] - number).max()) + 1
    y = np.full((past, len(panel.ids)), np.nan)
    x = np.full((past + horizon, len(panel.ids), len(names)), np.nan)
    place = past - 1 - (panel.last[columns] - number)
    y[place, columns] = rows.y
    for k, name in enumerate(names):
        x[place, columns, k] = _values(history, name, "history")
    x[past:] = _ahead(future, names, panel, horizon)
    known = ~np.isnan(x)
    unseen = ~known[:past].any(axis=(0, 1))
    if unseen.any():
        raise InputError(f"the regressor {names[int(unseen.argmax())]!r} has no value in history")
    _refuse_far(x, past, names, panel)
    logs: NDArray[np.bool_] = np.asarray(np.where(known, x > 0, True).all(axis=(0, 1)))
    x[..., logs] = np.log(x[..., logs])
    return Causes(y, x, logs, group, panel.last, _unit(y)), panel


def _refuse_far(x: Floats, past: int, names: Sequence[str], panel: Panel) -> None:
    """Refuse a future price a thousand times beyond every one in history: a slip of units. Less is bounded later."""
    for k, name in enumerate(names):
        low, high = float(np.nanmin(x[:past, :, k])), float(np.nanmax(x[:past, :, k]))
        far = (x[past:, :, k] < low / FAR) | (x[past:, :, k] > high * FAR)
        if low > 0 and far.any():
            value = x[past:, :, k].T[far.T][0]
            raise InputError(f"future has {name} = {value:g} for {_where(far, panel)}, far outside {low:g} to {high:g}")


def design(causes: Causes) -> Floats:
    """Regressors and their products, centred by series and of spread 1 within series, NaN where unknown.

    A product of a logarithm with one that is none lets a price cut work more, or less, where it is advertised: the
    "feature x price" of [2]. Centre and spread are of the past only. One that never varies is 0.

    Returns an array of shape (time + horizon, series, regressors + products).
    """
    past = len(causes.y)
    centred = causes.x - _mean(causes.x[:past])
    logs, others = np.flatnonzero(causes.logs), np.flatnonzero(~causes.logs)
    if len(logs) * len(others) <= MOST_PRODUCTS:
        products = [causes.x[..., o] * centred[..., k] for k in logs for o in others]
        if products:
            centred = np.concatenate([centred, np.stack(products, axis=-1)], axis=-1)
            centred -= _mean(centred[:past])
    known = ~np.isnan(centred[:past])
    squares = np.where(known, centred[:past], 0.0) ** 2
    spread = np.sqrt(squares.sum(axis=(0, 1)) / np.maximum(known.sum(axis=(0, 1)), 1))
    varies = spread > 1e-9 * np.maximum(1.0, np.abs(np.where(known, centred[:past], 0.0)).max(axis=(0, 1)))
    return np.asarray(
        np.where(varies, centred / np.where(varies, spread, 1.0), np.where(np.isnan(centred), np.nan, 0.0))
    )


def _mean(values: Floats) -> Floats:
    """Mean over time by series; over all series where a series has no value."""
    known = ~np.isnan(values)
    sums, counts = np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0)
    overall = sums.sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), overall))


def _check_names(history: pd.DataFrame, future: pd.DataFrame, names: Sequence[str]) -> None:
    if isinstance(names, str) or not len(names):
        raise InputError(f"give the columns of the regressors as a list, such as ['price', 'deal'], got {names!r}")
    if len(set(names)) < len(names) or set(names) & {"unique_id", "ds", "y"}:
        raise InputError(f"regressors are columns besides unique_id, ds and y, each named once, got {list(names)}")
    for what, frame, needed in (("history", history, names), ("future", future, ("unique_id", "ds", *names))):
        if not isinstance(frame, pd.DataFrame):
            raise InputError(f"{what} must be a pandas DataFrame, got {type(frame).__name__}")
        missing = [name for name in needed if name not in frame.columns]
        if missing:
            raise InputError(f"{what} lacks the columns {', '.join(missing)}")


def _values(frame: pd.DataFrame, name: str, what: str) -> Floats:
    """A regressor's column as numbers, NaN where empty."""
    cells = frame[name]
    number = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = (np.isnan(number) & cells.notna().to_numpy()) | (np.abs(number) > LARGEST)
    if bad.any():
        row = frame.iloc[int(bad.argmax())]
        raise InputError(
            f"series {row['unique_id']!r} has {name} = {row[name]!s} in {row['ds']!s} of {what}, "
            "which is no usable number"
        )
    return number


def _ahead(future: pd.DataFrame, names: Sequence[str], panel: Panel, horizon: int) -> Floats:
    """The regressors of the horizon, shape (horizon, series, regressors)."""
    x = np.full((horizon, len(panel.ids), len(names)), np.nan)
    there = np.zeros((horizon, len(panel.ids)), dtype=bool)
    if len(future):
        column = panel.ids.get_indexer(pd.Index(future["unique_id"]))
        wanted = future[column >= 0]
        rows = rows_of(wanted[["unique_id", "ds"]].assign(y=0.0)) if len(wanted) else None
        if rows is not None:
            column = column[column >= 0]
            step = panel.calendar.number(rows.times) - panel.last[column] - 1
            inside = (step >= 0) & (step < horizon)
            wanted, column, step = wanted[inside], column[inside], step[inside]
            np.add.at(count := np.zeros(there.shape, dtype=int), (step, column), 1)
            if (count > 1).any():
                raise InputError(f"future has two rows for {_where(count > 1, panel)}; keep one")
            there[step, column] = True
            for k, name in enumerate(names):
                x[step, column, k] = _values(wanted, name, "future")
    if not there.all():
        raise InputError(f"future has no row for {_where(~there, panel)}; the horizon is {horizon} periods")
    for k, name in enumerate(names):
        if np.isnan(x[..., k]).any():
            raise InputError(f"future has no {name} for {_where(np.isnan(x[..., k]), panel)}")
    return x


def _where(cells: NDArray[np.bool_], panel: Panel) -> str:
    """The first marked cell of (horizon, series), in words."""
    series, step = (int(found[0]) for found in np.nonzero(cells.T))
    when = panel.calendar.stamp(panel.last[series : series + 1] + 1 + step)[0]
    name = panel.ids[series]
    quoted = repr(name.item() if isinstance(name, np.generic) else name)
    return f"series {quoted} in {str(when).removesuffix(' 00:00:00')}"


def _groups(panel: Panel, groups: Mapping[str, str] | None) -> Ints:
    if groups is None:
        return np.zeros(len(panel.ids), dtype=np.int64)
    unknown = [name for name in groups if name not in panel.ids]
    if unknown:
        raise InputError(f"a group is given to {unknown[0]!r}, which has no history")
    named = pd.Series([str(groups.get(name, "")) for name in panel.ids])
    return np.asarray(pd.factorize(named)[0], dtype=np.int64)


def _unit(y: Floats) -> Floats:
    """Next to nothing where all demand is above zero, else `ZERO` of its mean size [units]."""
    size = np.where(np.isnan(y), 0.0, np.abs(y))
    counts = np.maximum((~np.isnan(y)).sum(axis=0), 1)
    lowest = np.where(np.isnan(y), np.inf, y).min(axis=0)
    unit = np.where((lowest > 0) & np.isfinite(lowest), 1e-2 * lowest, ZERO * size.sum(axis=0) / counts)
    largest = size.max(axis=0, initial=0.0)
    return np.asarray(np.where(unit > 0, np.maximum(unit, 1e-12 * largest), 1.0))
