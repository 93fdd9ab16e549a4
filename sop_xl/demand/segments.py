"""Segments: what an item is worth (ABC), how steady it is (XYZ), and how its demand comes.

References: [1] Silver, Pyke, Thomas (2017), Inventory and Production Management in Supply Chains, section 2.2;
[2] Syntetos, Boylan, Croston (2005), On the categorization of demand patterns, JORS 56, 495-503.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from sop_xl.demand.cleansing.history import complete
from sop_xl.demand.cleansing.month_factors import month_factors
from sop_xl.errors import InputError
from sop_xl.periods import month_of, past

ADI_LIMIT = 1.32
CV2_LIMIT = 0.49

YOUNG = 6
"""An item is new while its first demand is less than this ago [months]."""

QUIET = 12
"""An item has ended when this long nothing was ordered [months]."""


def abc(value: pd.Series, a: float = 0.8, b: float = 0.95) -> pd.Series:
    """Class by cumulative share of value: A up to `a`, B up to `b`, C the rest.

    Parameters
    ----------
    value
        yearly value by item [money]
    a, b
        cumulative shares at which A and B end [share]

    The item that crosses a limit still belongs to the better class; an item without value is C. Source: [1].

    >>> abc(pd.Series({"x": 70.0, "y": 20.0, "z": 8.0, "w": 2.0})).to_dict()
    {'x': 'A', 'y': 'A', 'z': 'B', 'w': 'C'}

    """
    if not 0 < a <= b <= 1:
        raise InputError(f"ABC limits must satisfy 0 < a <= b <= 1, got a = {a:g} and b = {b:g}")
    worth = value.fillna(0.0).clip(lower=0.0).sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    total = worth.sum()
    if total <= 0:
        return pd.Series("C", index=value.index, dtype="str")
    before = (worth.cumsum() - worth) / total
    # shares are sums of floats: 0.8 reached within rounding is reached
    names = np.select([worth <= 0, before < a - 1e-12, before < b - 1e-12], ["C", "A", "B"], "C")
    return pd.Series(names, index=worth.index, dtype="str").reindex(value.index)


def xyz(cv: pd.Series, x: float = 0.5, y: float = 1.0) -> pd.Series:
    """Class by coefficient of variation: X up to `x`, Y up to `y`, Z above or unknown.

    Parameters
    ----------
    cv
        standard deviation over mean of monthly demand, by item
    x, y
        limits of the coefficient

    >>> xyz(pd.Series([0.2, 0.7, 3.0, np.nan])).tolist()
    ['X', 'Y', 'Z', 'Z']

    """
    if not 0 < x <= y:
        raise InputError(f"XYZ limits must satisfy 0 < x <= y, got x = {x:g} and y = {y:g}")
    return pd.Series(np.select([cv <= x, cv <= y], ["X", "Y"], "Z"), index=cv.index, dtype="str")


def demand_class(adi: pd.Series, cv2: pd.Series) -> pd.Series:
    """Kind of demand after Syntetos and Boylan: smooth, erratic, intermittent or lumpy.

    Parameters
    ----------
    adi
        mean interval between months with demand [months]
    cv2
        squared coefficient of variation of the demands that are not 0

    Source: [2]. Unknown figures give a blank.

    >>> demand_class(pd.Series([1.0, 1.0, 2.0, 2.0]), pd.Series([0.1, 0.9, 0.1, 0.9])).tolist()
    ['smooth', 'erratic', 'intermittent', 'lumpy']

    """
    often, alike = adi <= ADI_LIMIT, cv2 <= CV2_LIMIT
    names = np.select([adi.isna(), often & alike, often, alike], ["", "smooth", "erratic", "intermittent"], "lumpy")
    return pd.Series(names, index=adi.index, dtype="str")


def segments(history: pd.DataFrame, items: pd.DataFrame, as_of: date, a: float = 0.8, b: float = 0.95) -> pd.DataFrame:
    """The table `segments`: one row per item.

    Parameters
    ----------
    history
        item, channel, region, period, quantity [units]
    items
        item, `list_price` [money/unit], and if there are such columns `abc` typed by a person, `launch`, `end`,
        `sold`
    as_of
        last day of history
    a, b
        cumulative shares at which A and B end [share]

    Revenue is units of the last 12 months x list price. The variation behind XYZ is that of the last 12 months (or
    fewer since the first demand) without their season, where the item shows one: what a season repeats is no surprise.
    An item is new for 6 months from its first demand, and ended after its end date or when nothing
    was ordered for 12 months; an item that is not sold has no class of demand.

    """
    periods = past(as_of, 1)
    if len(history):
        months = (periods[0].year - history["period"].min().year) * 12 + periods[0].month
        periods = past(as_of, max(1, months - history["period"].min().month + 1))
    full = complete(history, periods, keys=["item"])
    full["quantity"] = full["quantity"].fillna(0.0)
    last_year = full[full["period"].isin(past(as_of, 12))]
    by_item, recent = full.groupby("item")["quantity"], last_year.groupby("item")["quantity"]
    steady = _without_season(full)
    usual = steady[steady["period"].isin(past(as_of, 12))].groupby("item")["quantity"]
    spread = usual.std(ddof=0) * steady.groupby("item")["inflation"].first()
    demands = full[full["quantity"].ne(0)]
    sizes = demands.groupby("item")["quantity"]
    age = by_item.size()
    figures = pd.DataFrame(
        {
            "adi": age / sizes.size(),
            "cv2": (sizes.std(ddof=0) / sizes.mean().abs()) ** 2,
            "cv": spread / usual.mean().where(usual.mean() > 0),
            "units": recent.sum(),
            "age": age,
            "last": demands.groupby("item")["period"].max(),
        }
    )
    table = items.drop_duplicates("item").sort_values("item", ignore_index=True)
    facts = figures.reindex(table["item"]).reset_index(drop=True)
    table["revenue"] = (facts["units"].fillna(0.0) * table["list_price"].fillna(0.0)).astype(float)
    classes = abc(table.set_index("item")["revenue"], a, b).reset_index(drop=True)
    if "abc" in table.columns:
        typed = table["abc"].isin(["A", "B", "C"])
        classes = classes.mask(typed, table["abc"])
    kind = demand_class(facts["adi"], facts["cv2"])
    sold = table["sold"].astype(bool) if "sold" in table.columns else pd.Series(True, index=table.index)
    end = pd.to_datetime(table["end"]) if "end" in table.columns else pd.Series(pd.NaT, index=table.index)
    quiet_from = month_of(as_of) - pd.DateOffset(months=QUIET)
    ended = (end <= pd.Timestamp(as_of)) | (facts["last"] <= quiet_from)
    new = facts["age"].isna() | (facts["age"] < YOUNG)
    kind = kind.mask(new & sold, "new").mask(ended & sold, "ended").mask(~sold & facts["age"].isna(), "")
    return pd.DataFrame(
        {
            "item": table["item"],
            "abc": classes,
            "xyz": xyz(facts["cv"]),
            "demand_class": kind,
            "adi": facts["adi"],
            "cv2": facts["cv2"],
            "revenue": table["revenue"],
        }
    )


def _without_season(full: pd.DataFrame) -> pd.DataFrame:
    """Demand without the season of its month, and by how much the spread is to be raised for the indices fitted."""
    wide = full.pivot_table(index="period", columns="item", values="quantity", dropna=False)
    if wide.empty:
        return full.assign(inflation=1.0)
    wide = wide.asfreq("MS") if len(wide) > 1 else wide
    season = month_factors(wide.to_numpy(dtype=float))
    base = pd.DataFrame(season.removed(wide.to_numpy(dtype=float)), index=wide.index, columns=wide.columns)
    long = base.melt(ignore_index=False, value_name="quantity").reset_index().dropna(subset="quantity")
    inflation = pd.Series(1.0 / np.sqrt(1.0 - season.taken), index=wide.columns)
    return long.assign(inflation=long["item"].map(inflation))


POLICIES = pd.DataFrame(
    [
        ("A", "X", "planner, on exceptions", "automatic", 0.98),
        ("A", "Y", "planner, each month", "automatic, with events and overrides", 0.97),
        ("A", "Z", "planner and sales, each month", "automatic, with customer inputs; consider making to order", 0.95),
        ("B", "X", "nobody, alerts only", "automatic", 0.97),
        ("B", "Y", "planner, on exceptions", "automatic", 0.95),
        ("B", "Z", "planner, on exceptions", "automatic; consider making to order", 0.92),
        ("C", "X", "nobody, alerts only", "automatic", 0.95),
        ("C", "Y", "nobody, alerts only", "automatic", 0.92),
        ("C", "Z", "nobody; review the range each quarter", "automatic; consider delisting", 0.90),
    ],
    columns=["abc", "xyz", "review", "method", "service_level"],
)
"""What is usual in each cell: who reviews, how it is forecast, the service level to start from [share]."""


def segment_matrix(table: pd.DataFrame, policies: pd.DataFrame = POLICIES) -> pd.DataFrame:
    """The ABC/XYZ matrix as rows: how many items and how much revenue each cell holds, and its policy.

    Parameters
    ----------
    table
        of `segments`: item, abc, xyz, revenue [money]
    policies
        abc, xyz, `review`, `method`, `service_level` [share], one row a cell; the usual ones are `POLICIES`

    Returns abc, xyz, `items`, `revenue` [money], `share` of the revenue [share], review, method, service_level, a row
    for each cell of the policies. Source: section 2.2 in [1].

    >>> table = pd.DataFrame({"item": ["p", "q"], "abc": ["A", "C"], "xyz": ["X", "Z"], "revenue": [90.0, 10.0]})
    >>> matrix = segment_matrix(table)
    >>> matrix.loc[matrix["items"] > 0, ["abc", "xyz", "share", "service_level"]].to_numpy().tolist()
    [['A', 'X', 0.9, 0.98], ['C', 'Z', 0.1, 0.9]]

    """
    twice = policies[policies.duplicated(["abc", "xyz"])]
    if len(twice):
        raise InputError(f"the cell {twice['abc'].iloc[0]}{twice['xyz'].iloc[0]} has two policies")
    wrong = policies[~policies["service_level"].between(0, 1, inclusive="neither")]
    if len(wrong):
        cell, level = wrong["abc"].iloc[0] + wrong["xyz"].iloc[0], wrong["service_level"].iloc[0]
        raise InputError(f"service level of the cell {cell} must lie between 0 and 1, got {level:g}")
    cells = table.groupby(["abc", "xyz"], as_index=False).agg(items=("item", "size"), revenue=("revenue", "sum"))
    out = policies.merge(cells, on=["abc", "xyz"], how="left").fillna({"items": 0, "revenue": 0.0})
    total = out["revenue"].sum()
    out = out.assign(items=out["items"].astype(int), share=out["revenue"] / total if total > 0 else 0.0)
    return out[["abc", "xyz", "items", "revenue", "share", "review", "method", "service_level"]]
