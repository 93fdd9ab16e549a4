"""Hierarchies: one coherent forecast from forecasts made at several levels, of any set of key columns.

A structure holds the nodes of every level (total, families, items, items by region ...) and says which bottom series
each of them sums. Levels may be nested (total - family - item) or crossed (item by channel beside item by region).
Values are arrays of shape (nodes,) or (nodes, periods) in the order of `Structure.nodes` [units].

References: [1] Gross, Sohl (1990), Disaggregation methods to expedite product line forecasting, J. of Forecasting 9,
233-254; [2] Athanasopoulos, Ahmed, Hyndman (2009), Hierarchical forecasts for Australian domestic tourism, IJF 25,
146-166; [3] Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., chapter 11; [4] Di Fonzo,
Girolimetto (2023), Spatio-temporal reconciliation of solar forecasts, Solar Energy 251, 13-29 (negatives set to 0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.hierarchy import round_nested
from sop_xl.errors import InputError

SEPARATOR = " x "
"""Between the columns in the name of a level."""


@dataclass(frozen=True)
class Structure:
    """The nodes of every level, broadest first, and the node of each level in which a bottom series lies."""

    levels: tuple[str, ...]
    nodes: pd.DataFrame
    member: NDArray[np.int64]

    @property
    def bottom(self) -> int:
        """How many bottom series there are: the last nodes."""
        return int(self.member.shape[1])

    def at(self, level: str) -> NDArray[np.int64]:
        """The nodes of a level."""
        if level not in self.levels:
            raise InputError(f"there is no level {level!r}; the levels are {', '.join(self.levels)}")
        return np.flatnonzero(self.nodes["level"].eq(level).to_numpy())

    def parents(self, level: int) -> NDArray[np.int64]:
        """For each node of a level (counted from 0), its parent in the level before; crossed levels are refused."""
        broad, narrow = self.member[level - 1], self.member[level]
        first = int(narrow.min())
        parent = np.zeros(int(narrow.max()) - first + 1, dtype=np.int64)
        parent[narrow - first] = broad
        if (parent[narrow - first] != broad).any():
            raise InputError(
                f"{self.levels[level]} is not nested in {self.levels[level - 1]}: "
                "top-down and middle-out need levels that split one another"
            )
        return parent


def structure(keys: pd.DataFrame, levels: Sequence[Sequence[str]]) -> Structure:
    """The summing structure of a set of series.

    Parameters
    ----------
    keys
        one row per bottom series, columns such as item, family, channel, region, location
    levels
        columns of each level, broadest first; `()` is the total and the last level tells the bottom series apart

    Raises `InputError` where the last level has two rows of one name or a column is not there.

    >>> keys = pd.DataFrame({"family": ["F", "F", "G"], "item": ["A", "B", "C"]})
    >>> tree = structure(keys, [(), ("family",), ("family", "item")])
    >>> tree.nodes["family"].tolist(), tree.member.tolist()
    (['', 'F', 'G', 'F', 'F', 'G'], [[0, 0, 0], [1, 1, 2], [3, 4, 5]])

    """
    columns = list(dict.fromkeys(column for level in levels for column in level))
    missing = [column for column in columns if column not in keys.columns]
    if missing:
        raise InputError(f"the series have no column {', '.join(missing)} for a level")
    if keys.empty or not levels:
        raise InputError("a hierarchy needs at least one series and one level")
    tidy = keys[columns].sort_values(list(levels[-1]) or columns, ignore_index=True)
    if tidy.duplicated(list(levels[-1])).any() or (not levels[-1] and len(tidy) > 1):
        row = tidy[tidy.duplicated(list(levels[-1]))].iloc[0] if levels[-1] else tidy.iloc[1]
        raise InputError(f"the last level does not tell the series apart: {', '.join(map(str, row))} is there twice")
    tables, members, start = [], [], 0
    for level in levels:
        name = SEPARATOR.join(level) or "total"
        if level:
            groups = tidy.groupby(list(level), sort=True, dropna=False)
            code = groups.ngroup().to_numpy(dtype=np.int64)
            rows = tidy.loc[~tidy.duplicated(list(level)), list(level)].sort_values(list(level), ignore_index=True)
        else:
            code, rows = np.zeros(len(tidy), dtype=np.int64), pd.DataFrame(index=[0])
        blank = {column: "" for column in columns if column not in level}
        tables.append(rows.assign(level=name, **blank)[["level", *columns]])
        members.append(code + start)
        start += len(rows)
    nodes = pd.concat(tables, ignore_index=True)
    return Structure(tuple(SEPARATOR.join(level) or "total" for level in levels), nodes, np.array(members))


def node_values(tree: Structure, frame: pd.DataFrame, value: str = "quantity") -> tuple[Floats, pd.DatetimeIndex]:
    """The values of a long frame as an array (nodes, periods), and its periods; what is not there is 0.

    Parameters
    ----------
    tree
        the structure
    frame
        level, the key columns (blank where summed over), period and the value [units]
    value
        name of the value's column

    >>> tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    >>> node_values(tree, node_frame(tree, [[5.0], [2.0], [3.0]], [pd.Timestamp("2020-03-01")]))[0].ravel()
    array([5., 2., 3.])

    """
    keys = list(tree.nodes.columns)
    periods = pd.DatetimeIndex(np.sort(frame["period"].unique()))
    place = tree.nodes.assign(node=np.arange(len(tree.nodes)))
    joined = frame.merge(place, on=keys, how="left")
    if joined["node"].isna().any():
        row = joined[joined["node"].isna()].iloc[0]
        raise InputError(f"the hierarchy has no node for {', '.join(str(row[k]) for k in keys if row[k] != '')}")
    out = np.zeros((len(tree.nodes), len(periods)))
    columns = periods.get_indexer(pd.DatetimeIndex(joined["period"]))
    np.add.at(out, (joined["node"].to_numpy(dtype=np.int64), columns), joined[value].to_numpy(dtype=float))
    return out, periods


def node_frame(
    tree: Structure, values: ArrayLike, periods: Sequence[pd.Timestamp] | pd.DatetimeIndex, value: str = "quantity"
) -> pd.DataFrame:
    """An array (nodes, periods) as a long frame: level, the key columns, period and the value."""
    array = np.asarray(values, dtype=float).reshape(len(tree.nodes), -1)
    if array.shape[1] != len(periods):
        raise InputError(f"values of {array.shape[1]} periods cannot be laid out over {len(periods)}")
    rows = tree.nodes.loc[np.repeat(np.arange(len(tree.nodes)), len(periods))].reset_index(drop=True)
    return rows.assign(
        period=np.tile(pd.DatetimeIndex(list(periods)).to_numpy(), len(tree.nodes)), **{value: array.ravel()}
    )


def summed(tree: Structure, bottom: ArrayLike) -> Floats:
    """The values of every node from those of the bottom series: y = S b, equation 11.5 in [3].

    >>> summed(structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)]), [2.0, 3.0])
    array([5., 2., 3.])

    """
    value = np.asarray(bottom, dtype=float)
    if value.shape[:1] != (tree.bottom,) or not np.isfinite(value).all():
        raise InputError(f"there are {tree.bottom} bottom series; each needs a finite number")
    out = np.zeros((len(tree.nodes), *value.shape[1:]))
    for member in tree.member:
        np.add.at(out, member, value)
    return out


def bottom_up(tree: Structure, base: ArrayLike) -> Floats:
    """Coherent forecasts that keep the bottom series' own and sum them: section 11.2 of [3].

    >>> bottom_up(structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)]), [9.0, 2.0, 3.0])
    array([5., 2., 3.])

    """
    return summed(tree, checked_base(tree, base)[tree.member[-1]])


def average_historical_proportions(tree: Structure, history: ArrayLike) -> Floats:
    """Mean over the periods of each bottom series' share of its top node [share], shape (bottom,): method A of [1].

    Parameters
    ----------
    tree
        the structure
    history
        past values of the bottom series, shape (bottom, periods) [units]

    Periods in which the top node is 0 are left out; where it always is, its series share equally.

    >>> tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    >>> average_historical_proportions(tree, [[1, 3], [1, 1]])
    array([0.625, 0.375])

    """
    past = _history(tree, history)
    top = summed(tree, past)[tree.member[0]]
    known = top > 0
    share = np.divide(past, top, out=np.zeros_like(past), where=known)
    return _filled(tree, share.sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def proportions_of_averages(tree: Structure, history: ArrayLike) -> Floats:
    """Mean of each bottom series over the mean of its top node [share], shape (bottom,): method F of [1].

    Parameters as in `average_historical_proportions`.

    >>> tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    >>> proportions_of_averages(tree, [[1, 3], [1, 1]]).round(4)
    array([0.6667, 0.3333])

    """
    past = _history(tree, history).sum(axis=1)
    top = summed(tree, past)[tree.member[0]]
    return _filled(tree, np.divide(past, top, out=np.zeros_like(past), where=top > 0))


def forecast_proportions(tree: Structure, base: ArrayLike) -> Floats:
    """Shares by the forecasts themselves, level by level [share], shape (bottom,) or (bottom, periods).

    Parameters
    ----------
    tree
        the structure, its levels nested
    base
        base forecasts of every node, 0 or more [units]

    The share of a node in its parent is its forecast over that of its siblings and itself; the share of a bottom
    series is the product down its branch. Siblings whose forecasts are all 0 share equally. Source: [2], and the
    formula for p_j in section 11.2 of [3].

    >>> tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    >>> forecast_proportions(tree, [100.0, 30.0, 10.0])
    array([0.75, 0.25])

    """
    ones = np.ones_like(checked_base(tree, base))
    share = _split_down(tree, checked_base(tree, base), ones, 0)[tree.member[-1]]
    return np.asarray(share.reshape(tree.bottom, *np.shape(base)[1:]))


def top_down(tree: Structure, base: ArrayLike, proportions: ArrayLike) -> Floats:
    """Coherent forecasts that keep those of the broadest level and split them by given proportions: [1].

    Parameters
    ----------
    tree
        the structure
    base
        base forecasts of every node; only the broadest level counts [units]
    proportions
        of the bottom series in their top node [share], shape (bottom,) or (bottom, periods)

    >>> tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    >>> top_down(tree, [100.0, 30.0, 10.0], forecast_proportions(tree, [100.0, 30.0, 10.0]))
    array([100.,  75.,  25.])

    """
    value = checked_base(tree, base)
    share = np.asarray(proportions, dtype=float)
    top = summed(tree, share)[tree.member[0]] if share.shape[:1] == (tree.bottom,) else np.array([np.nan])
    if not np.allclose(top, 1.0, atol=1e-6):
        raise InputError(f"proportions need one share for each of the {tree.bottom} bottom series, summing to 1 a top")
    split = value[tree.member[0]].reshape(tree.bottom, -1) * share.reshape(tree.bottom, -1)
    return summed(tree, split).reshape(np.shape(base))


def middle_out(tree: Structure, base: ArrayLike, level: str) -> Floats:
    """Coherent forecasts that keep those of one level, sum them above and split them by forecast proportions below.

    Parameters
    ----------
    tree
        the structure, its levels nested from `level` down
    base
        base forecasts of every node [units]
    level
        name of the level kept, such as "family"

    Source: section 11.2 of [3].

    >>> keys = pd.DataFrame({"family": ["F", "F", "G"], "item": ["A", "B", "C"]})
    >>> middle_out(structure(keys, [(), ("family",), ("item",)]), [9.0, 8.0, 4.0, 1.0, 3.0, 5.0], "family")
    array([12.,  8.,  4.,  2.,  6.,  4.])

    """
    value = checked_base(tree, base)
    start = tree.levels.index(level) if tree.at(level).size else 0
    bottom = _split_down(tree, value, value, start)[tree.member[-1]]
    return summed(tree, bottom).reshape(np.shape(base))


def negatives_to_zero(tree: Structure, coherent: ArrayLike) -> Floats:
    """Coherent forecasts without negatives: negative bottom series become 0 and everything is summed again: [4].

    Any structure; the totals above a negative rise by what was missing.

    >>> tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    >>> negatives_to_zero(tree, [9.0, -1.0, 10.0])
    array([10.,  0., 10.])

    """
    return summed(tree, np.maximum(checked_base(tree, coherent)[tree.member[-1]], 0.0))


def negatives_spread(tree: Structure, coherent: ArrayLike) -> Floats:
    """Coherent forecasts without negatives and with the broadest level as it was: siblings bear what is missing.

    Nested levels. From the top down every node's value, 0 at least, is split in proportion to the positive values of
    its children, so that a negative item takes from its own family first.

    >>> tree = structure(pd.DataFrame({"item": ["A", "B", "C"]}), [(), ("item",)])
    >>> negatives_spread(tree, [9.0, -1.0, 8.0, 2.0])
    array([9. , 0. , 7.2, 1.8])

    """
    value = np.maximum(checked_base(tree, coherent), 0.0)
    return summed(tree, _split_down(tree, value, value, 0)[tree.member[-1]]).reshape(np.shape(coherent))


def rounded(tree: Structure, coherent: ArrayLike) -> Floats:
    """Coherent forecasts in whole units, every node next to its value and the sum of its children.

    Nested levels; the broadest level is rounded to the nearest, the rest by largest remainder (`round_nested`).

    >>> tree = structure(pd.DataFrame({"item": ["A", "B", "C"]}), [(), ("item",)])
    >>> rounded(tree, [4.2, 1.4, 1.4, 1.4])
    array([4., 2., 1., 1.])

    """
    bottom = checked_base(tree, coherent)[tree.member[-1]].reshape(tree.bottom, -1)
    periods = bottom.shape[1]
    levels = [(member[:, None] * periods + np.arange(periods)).ravel() for member in tree.member]
    whole = round_nested(bottom.ravel(), levels)
    return summed(tree, whole.reshape(bottom.shape)).reshape(np.shape(coherent))


def checked_base(tree: Structure, base: ArrayLike) -> Floats:
    """Values of every node as an array of floats, refused where one is missing or not finite."""
    value = np.asarray(base, dtype=float)
    if value.shape[:1] != (len(tree.nodes),):
        raise InputError(f"there are {len(tree.nodes)} nodes, but values for {value.shape[0] if value.ndim else 1}")
    if not np.isfinite(value).all():
        row = tree.nodes.iloc[int(np.argwhere(~np.isfinite(value))[0][0])]
        raise InputError(f"the forecast of {' '.join(str(v) for v in row if v != '')} is not a finite number")
    return value


def _history(tree: Structure, history: ArrayLike) -> Floats:
    past = np.asarray(history, dtype=float)
    if past.ndim != 2 or past.shape[0] != tree.bottom or not past.shape[1] or not np.isfinite(past).all():
        raise InputError(f"proportions need a finite history of shape ({tree.bottom} series, periods)")
    return past


def _filled(tree: Structure, share: Floats) -> Floats:
    """Shares that sum to 1 for each top node: equal ones where it never sold."""
    total = summed(tree, share)[tree.member[0]]
    count = summed(tree, np.ones(tree.bottom))[tree.member[0]]
    return np.where(total > 0, share / np.where(total > 0, total, 1.0), 1.0 / count)


def _split_down(tree: Structure, weights: Floats, values: Floats, start: int) -> Floats:
    """Values of the level `start` split down to the bottom by the weights of the nodes in between."""
    if (weights < 0).any():
        raise InputError("forecast proportions need forecasts of 0 or more")
    out = values.copy()
    for level in range(start + 1, len(tree.levels)):
        parent = tree.parents(level)
        first = int(tree.member[level].min())
        child = np.arange(first, first + len(parent))
        total, count = np.zeros_like(weights), np.zeros(len(tree.nodes))
        np.add.at(total, parent, weights[child])
        np.add.at(count, parent, 1.0)
        even = total[parent] <= 0
        equal = np.broadcast_to((1.0 / count[parent]).reshape(-1, *[1] * (weights.ndim - 1)), even.shape)
        share = np.where(even, equal, weights[child] / np.where(even, 1.0, total[parent]))
        out[child] = out[parent] * share
    return out
