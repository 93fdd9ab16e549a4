"""Segments: what an item is worth (ABC), how steady it is (XYZ), and how its demand comes.

References: [1] Silver, Pyke, Thomas (2017), Inventory and Production Management in Supply Chains, section 2.2;
[2] Syntetos, Boylan, Croston (2005), On the categorization of demand patterns, JORS 56, 495-503.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from sop_xl.demand.history import complete
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

    Revenue is units of the last 12 months x list price. The variation is that of the last 12 months (or fewer since
    the first demand). An item is new for 6 months from its first demand, and ended after its end date or when nothing
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
    demands = full[full["quantity"].ne(0)]
    sizes = demands.groupby("item")["quantity"]
    age = by_item.size()
    figures = pd.DataFrame(
        {
            "adi": age / sizes.size(),
            "cv2": (sizes.std(ddof=0) / sizes.mean().abs()) ** 2,
            "cv": recent.std(ddof=0) / recent.mean().where(recent.mean() > 0),
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
