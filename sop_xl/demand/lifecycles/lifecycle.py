"""New items: what others have sold stands in until they have a history of their own.

A like-item lends its whole history [`with_like_items`], or several lend the shape of their first months
[`launch_profile`], which a volume and a launch date turn into a forecast. As own months come in, the forecast passes
over to them by credibility. Successors are in `succession`, the end of an item in `phase_out`.

References:
    [1] Kahn (2006), New Product Forecasting: An Applied Approach, M. E. Sharpe (looks-like analysis).
    [2] Buehlmann, Gisler (2005), A Course in Credibility Theory and its Applications, Springer, chapters 2 and 3.

"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.errors import InputError

SETTLED = 3
"""Last months of a profile whose mean goes on after it [months]."""

CREDIBILITY = 6.0
"""Own months that weigh as much as the profile [months]."""

_ENOUGH = 3
"""Months of own history from which a like-item is no longer needed [months]."""


def with_like_items(history: pd.DataFrame, items: pd.DataFrame, donors: pd.DataFrame) -> pd.DataFrame:
    """The history with, for each new item that names a like-item, the like-item's months in place of its own.

    `history` and `donors` are frames item, channel, region, period, quantity [units]; `items` has item and like_item.
    An item with at least 3 months of its own keeps its own; so does one whose like-item has no history.

    >>> months = pd.date_range("2020-01-01", periods=3, freq="MS")
    >>> old = pd.DataFrame({"item": "OLD", "channel": "web", "region": "UK", "period": months, "quantity": [1.0, 2, 3]})
    >>> items = pd.DataFrame({"item": ["OLD", "NEW"], "like_item": ["", "OLD"]})
    >>> with_like_items(old, items, old).groupby("item")["quantity"].sum().to_dict()
    {'NEW': 6.0, 'OLD': 6.0}
    """
    months = history.groupby("item")["period"].nunique()
    asks = items[items["like_item"].ne("") & items["like_item"].isin(donors["item"])]
    new = asks[asks["item"].map(months).fillna(0) < _ENOUGH]
    if new.empty:
        return history
    lent = donors.merge(new[["item", "like_item"]], left_on="item", right_on="like_item", suffixes=("_donor", ""))
    kept = history[~history["item"].isin(new["item"])]
    return pd.concat([kept, lent[list(history.columns)]], ignore_index=True)


def launch_profile(
    history: pd.DataFrame,
    like_items: Sequence[str],
    months: int = 12,
    season: Mapping[int, float] | None = None,
) -> pd.DataFrame:
    """The shape of the first months of like-items: their demand since launch as shares, averaged over the items.

    Parameters
    ----------
    history
        item, period, quantity [units]; channels and regions are summed
    like_items
        items that are alike; each counts the same, however much it sold
    months
        length of the profile [months]
    season
        factor of each month of the year, 1 to 12, taken out before [share]; none leaves the seasons in

    A launch is the first month with demand. An item sold in the first month of the history was launched before it,
    and one sold for fewer months has no such profile yet: neither counts. Source: [1].

    Returns `age` from 0 [months], `share` (sum 1), `spread` (standard deviation over the items), `items`.

    Raises
    ------
    InputError : none of the items can tell.

    >>> year = pd.date_range("2020-01-01", periods=4, freq="MS")
    >>> base = pd.DataFrame({"item": "OLD", "period": year, "quantity": 9.0})
    >>> like = pd.DataFrame({"item": "P", "period": year[1:], "quantity": [20.0, 50.0, 30.0]})
    >>> launch_profile(pd.concat([base, like]), ["P", "OLD"], 3)["share"].tolist()
    [0.2, 0.5, 0.3]

    """
    _need(history, ("item", "period", "quantity"), "history")
    if months < 1:
        raise InputError(f"a launch profile needs at least 1 month, got {months}")
    sums = history[history["item"].isin([*like_items])].groupby(["item", "period"], as_index=False)["quantity"].sum()
    if season is not None:
        sums["quantity"] /= sums["period"].dt.month.map(_factors(season))
    first = sums[sums["quantity"] > 0].groupby("item")["period"].min()
    begin, end = history["period"].min(), history["period"].max()
    whole = (_month(end) - first.map(_month).astype(int) + 1 >= months) & (first > begin)
    told = first[whole]
    if told.empty:
        raise InputError(
            f"no like-item of {', '.join(map(str, like_items))} was launched within the history and sold {months} "
            "months since"
        )
    rows = sums[sums["item"].isin(told.index)]
    age = rows["period"].map(_month) - rows["item"].map(told).map(_month)
    inside = age.between(0, months - 1)
    wide = rows[inside].assign(age=age[inside]).pivot_table(index="age", columns="item", values="quantity")
    wide = wide.reindex(range(months)).fillna(0.0).clip(lower=0.0)
    shares = wide / wide.sum()
    spread = shares.std(axis=1, ddof=1) if len(told) > 1 else pd.Series(np.nan, index=shares.index)
    profile = {"age": np.arange(months), "share": shares.mean(axis=1).to_numpy(), "spread": spread.to_numpy()}
    return pd.DataFrame(profile | {"items": len(told)})


def profile_forecast(
    items: pd.DataFrame,
    profiles: Mapping[str, pd.DataFrame],
    periods: pd.DatetimeIndex,
    season: Mapping[int, float] | None = None,
) -> pd.DataFrame:
    """Forecast of launches: shape x volume x ramp from the launch date on.

    Parameters
    ----------
    items
        `item` (and `channel`, `region` if there are such columns), `profile` (a name of `profiles`), `launch` (date),
        `volume` over the months of the profile [units], and if there is such a column `ramp`, what is reached of the
        volume [share]; blank is 1
    profiles
        `age` and `share` by name, as of `launch_profile`
    periods
        months to forecast
    season
        factor of each month of the year, 1 to 12, put in after [share]

    A launch within a month shifts the profile by days: the month holds the part of each month of age that falls in
    it. After the profile its last three months go on. A new launch date moves everything. Source: [1].

    Returns the keys, `period` and `quantity` [units].

    >>> shape = pd.DataFrame({"age": [0, 1, 2], "share": [0.2, 0.5, 0.3]})
    >>> new = pd.DataFrame({"item": ["N"], "profile": "p", "launch": pd.Timestamp("2020-06-16"), "volume": 100.0})
    >>> plan = profile_forecast(new, {"p": shape}, pd.date_range("2020-05-01", periods=4, freq="MS"))
    >>> plan["quantity"].round(6).tolist()
    [0.0, 10.0, 35.0, 40.0]

    """
    _need(items, ("item", "profile", "launch", "volume"), "launches")
    unknown = items.loc[~items["profile"].isin([*profiles]), ["item", "profile"]]
    if len(unknown):
        raise InputError(f"the launch of {unknown['item'].iloc[0]} has no profile {unknown['profile'].iloc[0]!r}")
    launch = pd.to_datetime(items["launch"])
    ramp = items["ramp"].fillna(1.0) if "ramp" in items.columns else pd.Series(1.0, index=items.index)
    for name, column, bad in (
        ("launch", items["launch"], launch.isna()),
        ("volume", items["volume"], ~(items["volume"].astype(float) >= 0)),
        ("ramp", ramp, ~(ramp.astype(float) >= 0)),
    ):
        if bad.any():
            raise InputError(
                f"{name} of {items.loc[bad, 'item'].iloc[0]} must be given and not below 0, got {column[bad].iloc[0]}"
            )
    months = pd.DatetimeIndex(periods)
    into = ((launch.dt.day - 1) / launch.dt.days_in_month).to_numpy()
    start = np.array([_month(p) for p in months])[:, None] - launch.map(_month).to_numpy() - into
    factor = np.ones(len(months)) if season is None else months.month.map(_factors(season)).to_numpy(dtype=float)
    quantity = np.zeros((len(months), len(items)))
    for name, profile in profiles.items():
        chosen = items["profile"].eq(name).to_numpy()
        if chosen.any():
            quantity[:, chosen] = _upto(profile, start[:, chosen] + 1) - _upto(profile, start[:, chosen])
    quantity = quantity * (items["volume"] * ramp).to_numpy(dtype=float) * factor[:, None]
    keys = [key for key in KEYS if key in items.columns]
    rows = items[keys].loc[items.index.repeat(len(months))].reset_index(drop=True)
    return rows.assign(period=np.tile(months, len(items)), quantity=quantity.T.ravel())


def credibility(months: pd.Series, k: float = CREDIBILITY) -> pd.Series:
    """Weight of own history: n / (n + k), the credibility of chapter 3 in [2].

    Parameters
    ----------
    months
        own months by item [months]
    k
        own months that weigh as much as the profile: variance within an item over that between items [months]

    >>> credibility(pd.Series({"A": 0, "B": 6, "C": 18})).tolist()
    [0.0, 0.5, 0.75]

    """
    if not k > 0:
        raise InputError(f"the months that weigh as much as a profile must be above 0, got {k:g}")
    if (months < 0).any():
        raise InputError(f"own months must be 0 or more, got {months.min():g}")
    return months / (months + k)


def hand_over(profile: pd.DataFrame, own: pd.DataFrame, months: pd.Series, k: float = CREDIBILITY) -> pd.DataFrame:
    """From the forecast of the profile to that of the own history, by credibility.

    Parameters
    ----------
    profile, own
        item, channel, region, period, quantity [units]: the two forecasts
    months
        own months by item [months]
    k
        as in `credibility` [months]

    A row that only one of them has is taken as it is. Returns the same columns and `weight` of the own history.

    >>> row = {"item": "A", "channel": "", "region": "", "period": pd.Timestamp("2020-01-01")}
    >>> two = [pd.DataFrame([{**row, "quantity": q}]) for q in (100.0, 60.0)]
    >>> hand_over(*two, pd.Series({"A": 6}))["quantity"].tolist()
    [80.0]

    """
    where = [*KEYS, "period"]
    _need(profile, (*where, "quantity"), "the forecast of the profile")
    _need(own, (*where, "quantity"), "the own forecast")
    columns = [*where, "quantity"]
    both = profile[columns].merge(own[columns], on=where, how="outer", suffixes=("_profile", "_own"))
    weight = both["item"].map(credibility(months, k)).fillna(0.0)
    weight = weight.mask(both["quantity_own"].isna(), 0.0).mask(both["quantity_profile"].isna(), 1.0)
    mixed = (1 - weight) * both["quantity_profile"].fillna(0.0) + weight * both["quantity_own"].fillna(0.0)
    return both[where].assign(quantity=mixed, weight=weight)


def launch_volume(profile: pd.DataFrame, sales: pd.DataFrame, k: float = CREDIBILITY) -> pd.DataFrame:
    """How a launch does against its profile: what to multiply the months to come by.

    Parameters
    ----------
    profile, sales
        item, period, quantity [units]: what the profile said of the months gone, and what was sold in them; channels
        and regions are summed
    k
        as in `credibility` [months]

    The credibility estimate of the volume, (k p + sold) / (k p + expected) with p the mean month of the profile, is
    that of a Poisson volume with a gamma prior: chapter 2 in [2]. Only months with both figures count.

    Returns `item`, `months`, `expected`, `sold` [units], `multiplier`.

    >>> months = pd.date_range("2020-01-01", periods=6, freq="MS")
    >>> said = pd.DataFrame({"item": "A", "period": months, "quantity": 10.0})
    >>> launch_volume(said, said.assign(quantity=15.0))["multiplier"].tolist()
    [1.25]

    """
    if not k > 0:
        raise InputError(f"the months that weigh as much as a profile must be above 0, got {k:g}")
    sums = []
    for name, frame in (("expected", profile), ("sold", sales)):
        _need(frame, ("item", "period", "quantity"), name)
        sums.append(frame.groupby(["item", "period"])["quantity"].sum(min_count=1).rename(name))
    both = pd.concat(sums, axis=1).dropna().reset_index()
    by_item = (
        both.groupby("item")
        .agg(months=("period", "size"), expected=("expected", "sum"), sold=("sold", "sum"))
        .reset_index()
    )
    prior = k * by_item["expected"] / by_item["months"]
    multiplier = (prior + by_item["sold"]) / (prior + by_item["expected"]).where(by_item["expected"] > 0)
    return by_item.assign(multiplier=multiplier.fillna(1.0).clip(lower=0.0))


def _upto(profile: pd.DataFrame, age: Floats) -> Floats:
    """Share of the profile reached at an age [months]; beyond it, the mean of its last months goes on."""
    share = profile.sort_values("age")["share"].to_numpy(dtype=float)
    reached = np.append(0.0, np.cumsum(share))
    beyond = np.maximum(age - len(share), 0.0) * share[-SETTLED:].mean()
    return np.asarray(np.interp(age, np.arange(len(reached)), reached) + beyond)


def _factors(season: Mapping[int, float]) -> dict[int, float]:
    lacking = [m for m in range(1, 13) if not season.get(m, 0) > 0]
    if lacking:
        found = season.get(lacking[0])
        raise InputError(f"a season needs a factor above 0 for each month, month {lacking[0]} has {found}")
    return dict(season)


def _month(period: pd.Timestamp) -> int:
    return period.year * 12 + period.month


def _need(frame: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise InputError(f"{name} lacks the columns {', '.join(missing)}")
