"""Classes of items in cells: what they are worth (ABC), how steady they are (XYZ), how their demand comes."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from udfs.cells import Array, Number, counted
from udfs.lines import BLANK, Lines, Numbers, Oriented
from udfs.registry import Example, Explained, function

GROUP = "Demand"

History = Annotated[
    Oriented,
    Lines("Monthly demand, oldest first: a row, a column, or a block with one item a row; a blank is unknown", "units",
          trim=True),
]  # fmt: skip


@function(GROUP, returns="A, B or C, a cell for each value", example=Example(((70, 20, 8, 2),), [["A", "A", "B", "C"]]))
def abc(
    values: Annotated[Array, Numbers("Yearly value of each item: units x price or cost", "money")],
    a_share: Annotated[float, Number("Items up to this share of all value are A", "share", above=0, high=1)] = 0.8,
    b_share: Annotated[
        float, Number("Items up to this share of all value are A or B", "share", above=0, high=1)
    ] = 0.95,
) -> Explained:
    """ABC class of each item by its share of all value; the item that crosses a limit has the better class.

    In the example 70 and 20 of 100 reach 80 %, 8 more reach 95 %. Silver, Pyke and Thomas, section 2.2.
    """
    import pandas as pd

    from sop_xl.demand.segments import abc as classes

    known = ~np.isnan(values)
    out = np.full(values.shape, BLANK, dtype=object)
    found = classes(pd.Series(values[known]), a_share, b_share).to_numpy(dtype=object)
    out[known] = found
    says = [f"{name}: {counted(int((found == name).sum()), 'item')}" for name in "ABC"]
    return Explained(out, (", ".join(says), "an item without value is C, a blank has no class"))


@function(GROUP, returns="X, Y or Z, one for each item", example=Example(((10, 10, 10, 10, 20),), "X"))
def xyz(
    history: History,
    x_limit: Annotated[
        float, Number("Largest coefficient of variation of an X item", "ratio", above=0, high=100)
    ] = 0.5,
    y_limit: Annotated[float, Number("Largest coefficient of variation of a Y item", "ratio", above=0, high=100)] = 1.0,
) -> Explained:
    """XYZ class: how steady demand is, by its coefficient of variation; what a season repeats is no variation.

    The example has a mean of 12 and a deviation of 4, a coefficient of 0.33.
    """
    import pandas as pd

    from sop_xl.demand.segments import xyz as classes

    ratio = _variation(history.rows)
    found = classes(pd.Series(ratio), x_limit, y_limit).to_numpy(dtype=object)
    return Explained(_beside(history, found), _told(ratio))


@function(GROUP, returns="ratio, one for each item", example=Example(((10, 10, 10, 10, 20),), 1 / 3))
def variation(history: History) -> Explained:
    """Coefficient of variation of demand: standard deviation over mean, without what a season repeats (from 24 months).

    The example has a mean of 12 and a deviation of 4.
    """
    found = _variation(history.rows)
    return Explained(_beside(history, found), _told(found))


@function(
    GROUP,
    returns="smooth, erratic, intermittent or lumpy, one for each item",
    example=Example(((0, 5, 0, 5, 0, 5),), "intermittent"),
)
def demand_class(history: History) -> Explained:
    """Kind of demand by how often it comes and how much its sizes vary, after Syntetos, Boylan and Croston (2005).

    Often is a mean interval up to 1.32 periods, alike a squared coefficient of variation up to 0.49.
    """
    import pandas as pd

    from sop_xl.demand.segments import demand_class as classes

    figures = np.array([_pattern(row) for row in history.rows])
    found = classes(pd.Series(figures[:, 0]), pd.Series(figures[:, 1])).to_numpy(dtype=object)
    says = [f"mean interval {adi:.3g} periods, squared variation of sizes {cv2:.3g}" for adi, cv2 in figures[:5]]
    return Explained(_beside(history, found), tuple(says))


def _pattern(row: Array) -> tuple[float, float]:
    """Mean interval between demands since the first one [periods], and squared variation of their sizes."""
    known = row[~np.isnan(row)]
    sold = np.flatnonzero(known)
    if not len(sold):
        return np.nan, np.nan
    sizes = known[sold]
    mean = abs(float(sizes.mean()))
    return (len(known) - sold[0]) / len(sold), float(sizes.std() / mean) ** 2 if mean > 0 else np.inf


def _variation(rows: Array) -> Array:
    """Standard deviation over mean of each row, its season taken out where it shows one."""
    from sop_xl.demand.cleansing.month_factors import month_factors

    season = month_factors(rows.T)
    steady = season.removed(rows.T).T
    found = np.full(len(rows), np.nan)
    for number, row in enumerate(steady):
        known = row[~np.isnan(row)]
        if len(known) and known.mean() > 0:
            found[number] = known.std() / known.mean() / np.sqrt(1.0 - season.taken[number])
    return found


def _beside(history: Oriented, found: Any) -> Any:
    """One result a series, in a column beside a block; #N/A where a row is empty."""
    out = np.array(found, dtype=object)
    out[~history.known] = np.nan
    return out[:, None]


def _told(ratio: Array) -> tuple[str, ...]:
    shown = ", ".join(f"{value:.3g}" for value in ratio[:5])
    return (
        f"coefficient of variation: {shown}" + (" ..." if len(ratio) > 5 else ""),
        "a season is taken out first where at least two years show one",
    )
