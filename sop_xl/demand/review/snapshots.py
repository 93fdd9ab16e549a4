"""Frozen snapshots: what was forecast, typed and changed in each cycle, and how it fared at a lag.

Accuracy is only honest against the forecast that was there when it was needed: at sign-off the plan after each step is
frozen with its cycle, and a month is judged by what was said of it `lag` months before. The lag counts the months from
the as-of month of the cycle to the month judged: lag 1 is the first month planned.

Reference: [1] Gilliland (2010), The Business Forecasting Deal, Wiley, chapters 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from sop_xl.demand.agreement.consensus import STEPS
from sop_xl.demand.cleansing.history import KEYS, complete
from sop_xl.demand.levels.scope import families, sorted_plan
from sop_xl.demand.review.accuracy import accuracy_table
from sop_xl.errors import InputError
from sop_xl.periods import label, month_of

LAGS = (1, 3, 6)
"""Lags at which accuracy is usually told [months]."""

SNAPSHOT = ("cycle", "as_of", "step", *KEYS, "period", "quantity")
"""Columns of the table of snapshots; `as_of` is the first day of the cycle's as-of month."""

RECORD = (*KEYS, "cycle", "origin", "ds", "lag", "step", "actual", "forecast")
"""Columns of judged snapshots: those of a `backtest`, so that its functions take them."""


def naive_stage(history: pd.DataFrame, as_of: date, periods: pd.DatetimeIndex) -> pd.DataFrame:
    """The plan that repeats the last month of history: the step every other one has to beat.

    Parameters
    ----------
    history
        item, channel, region, period, quantity [units]; a month without a row sold nothing
    as_of
        last day of history
    periods
        the months planned

    >>> month = pd.date_range("2020-01-01", periods=3, freq="MS")
    >>> sold = pd.DataFrame({"item": "A", "channel": "", "region": "", "period": month[:2], "quantity": [3.0, 5.0]})
    >>> naive_stage(sold, date(2020, 2, 29), month[2:])["quantity"].tolist()
    [5.0]

    """
    past = history[history["period"] <= pd.Timestamp(as_of)]
    if past.empty:
        raise InputError(f"there is no history up to {as_of:%Y-%m-%d} to repeat")
    last = past.loc[past["quantity"].notna(), "period"].max()
    months = pd.DataFrame({"period": periods, "source": last})
    return _repeated(past, months)


def seasonal_naive_stage(history: pd.DataFrame, as_of: date, periods: pd.DatetimeIndex) -> pd.DataFrame:
    """The plan that repeats the same month of the last year known; parameters as in `naive_stage`.

    >>> month = pd.date_range("2019-03-01", periods=13, freq="MS")
    >>> sold = pd.DataFrame({"item": "A", "channel": "", "region": "", "period": month[:12], "quantity": 1.0})
    >>> seasonal_naive_stage(sold.assign(quantity=range(12)), date(2020, 2, 29), month[12:])["quantity"].tolist()
    [0.0]

    """
    past = history[history["period"] <= pd.Timestamp(as_of)]
    if past.empty:
        raise InputError(f"there is no history up to {as_of:%Y-%m-%d} to repeat")
    ahead = months_between(month_of(as_of), pd.Series(periods)).to_numpy()
    back = 12 * np.maximum(-(-ahead // 12), 1)
    sources = periods.to_numpy(dtype="datetime64[M]") - back.astype("timedelta64[M]")
    return _repeated(past, pd.DataFrame({"period": periods, "source": sources.astype("datetime64[ns]")}))


def freeze(
    stages: Mapping[str, pd.DataFrame], cycle: str, as_of: date, lags: Sequence[int] | None = LAGS
) -> pd.DataFrame:
    """The snapshot of a cycle: the plan after each step, to be kept as it is from sign-off on.

    Parameters
    ----------
    stages
        plan (item, channel, region, period, quantity [units]) after each step, by the step's name; `naive` among them
        makes value added over naive known
    cycle
        name of the cycle
    as_of
        last day of history in the cycle
    lags
        months kept [months]; None keeps the whole horizon

    Returns the columns `SNAPSHOT`.

    >>> plan = pd.DataFrame({"item": "A", "channel": "", "region": "", "quantity": 7.0,
    ...     "period": pd.date_range("2020-03-01", periods=4, freq="MS")})
    >>> freeze({"consensus": plan}, "2020-03", date(2020, 2, 29), lags=(1, 3))[["step", "period", "quantity"]]
            step     period  quantity
    0  consensus 2020-03-01       7.0
    1  consensus 2020-05-01       7.0

    """
    if not stages:
        raise InputError("a snapshot needs the plan of at least one step")
    parts = [sorted_plan(plan).assign(step=step) for step, plan in stages.items()]
    return _frozen(pd.concat(parts, ignore_index=True), cycle, as_of, lags)[list(SNAPSHOT)]


def freeze_changes(changes: pd.DataFrame, cycle: str, as_of: date, lags: Sequence[int] | None = LAGS) -> pd.DataFrame:
    """The snapshot of what overrides changed (`overrides.Overridden.changes`), with cycle and as-of month before it."""
    frozen = _frozen(changes, cycle, as_of, lags)
    return frozen[["cycle", "as_of", *changes.columns]]


def freeze_inputs(inputs: pd.DataFrame, cycle: str, as_of: date, lags: Sequence[int] | None = LAGS) -> pd.DataFrame:
    """The snapshot of what departments submitted (the table `inputs`), blanks left out."""
    given = inputs[inputs["quantity"].notna()]
    return _frozen(given, cycle, as_of, lags)[["cycle", "as_of", *inputs.columns]]


def with_frozen(snapshots: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Snapshots with those of a new cycle; a cycle that is frozen is never frozen again.

    >>> old = pd.DataFrame({"cycle": ["2020-03"], "quantity": [1.0]})
    >>> len(with_frozen(old, old.assign(cycle="2020-04")))
    2

    """
    again = sorted(set(fresh["cycle"]) & set(snapshots["cycle"]))
    if again:
        raise InputError(f"cycle {again[0]} is frozen already; what was signed cannot change")
    return pd.concat([part for part in (snapshots, fresh) if len(part)] or [fresh], ignore_index=True)


def records_at_lag(snapshots: pd.DataFrame, actuals: pd.DataFrame, lag: int) -> pd.DataFrame:
    """What each step said of each closed month `lag` months before, beside what was sold.

    Parameters
    ----------
    snapshots
        the table of snapshots
    actuals
        item, channel, region, period, quantity [units]; a month in which anything has a figure is closed
    lag
        months from the as-of month of the cycle to the one judged

    Every step of a cycle is judged on the same series: those of any step, and those that sold though nobody planned
    them. A series that a step does not have was forecast as 0 by it; one that did not sell sold 0. Returns the
    columns `RECORD`.

    >>> plan = pd.DataFrame({"item": "A", "channel": "", "region": "", "quantity": [7.0],
    ...     "period": [pd.Timestamp("2020-03-01")]})
    >>> frozen = freeze({"statistical": plan}, "2020-03", date(2020, 2, 29))
    >>> records_at_lag(frozen, plan.assign(quantity=9.0), lag=1)[["lag", "step", "actual", "forecast"]]
       lag         step  actual  forecast
    0    1  statistical     9.0       7.0

    """
    check_lag(lag)
    frozen = at_lag(snapshots, lag)
    sold = closed(actuals)
    frozen = frozen[frozen["period"].isin(sold["period"])]
    runs = frozen[["cycle", "as_of", "period"]].drop_duplicates()
    if runs["period"].duplicated().any():
        month = runs.loc[runs["period"].duplicated(), "period"].iloc[0]
        raise InputError(f"two cycles with the same as-of month judge {label(month)} at lag {lag}")
    cells = pd.concat([frozen[[*KEYS, "period"]], sold[[*KEYS, "period"]]], ignore_index=True).drop_duplicates()
    steps = frozen[["cycle", "step"]].drop_duplicates().merge(runs, on="cycle")
    full = cells.merge(steps, on="period")
    keys = ["cycle", "step", *KEYS, "period"]
    full = full.merge(frozen[[*keys, "quantity"]].rename(columns={"quantity": "forecast"}), on=keys, how="left")
    full = full.merge(sold.rename(columns={"quantity": "actual"}), on=[*KEYS, "period"], how="left")
    full = full.fillna({"forecast": 0.0, "actual": 0.0}).assign(lag=lag)
    full = full.rename(columns={"as_of": "origin", "period": "ds"})
    ordered = full.sort_values([*KEYS, "ds", "step"], kind="stable", ignore_index=True)
    return ordered[list(RECORD)]


def accuracy_at_lag(
    snapshots: pd.DataFrame,
    actuals: pd.DataFrame,
    items: pd.DataFrame,
    lags: Sequence[int] = LAGS,
    season: int = 12,
) -> pd.DataFrame:
    """Accuracy of the frozen forecasts: total, families and items, by lag and step.

    Parameters
    ----------
    snapshots, actuals
        as in `records_at_lag`; actuals reach back for the scale of MASE
    items
        item and family
    lags
        lags told [months]; one for which no month is closed yet has no rows
    season
        length of the season [periods]

    Returns lag, level, name, step, wmape, bias [share], mase, tracking_signal [MAD], fva over naive [share], months
    (how many are judged) and forecasts (item-months judged): the measures of `accuracy.accuracy_table`.

    """
    known = complete(actuals, _span(actuals), keys=["item"]).rename(columns={"period": "ds", "quantity": "y"})
    tables = []
    for lag in lags:
        records = records_at_lag(snapshots, actuals, lag)
        if records.empty:
            continue
        table = accuracy_table(records, items, known, season)
        counts = _counts(records, items)
        tables.append(table.merge(counts, on=["level", "name", "step"], how="left").assign(lag=lag))
    columns = [
        "lag", "level", "name", "step", "wmape", "bias", "mase", "tracking_signal", "fva", "months", "forecasts",
    ]  # fmt: skip
    if not tables:
        return pd.DataFrame({c: pd.Series(dtype="str" if c in ("level", "name", "step") else float) for c in columns})
    table = pd.concat(tables, ignore_index=True)
    order = {step: rank for rank, step in enumerate(("naive", "seasonal naive", *STEPS))}
    table = table.assign(
        rank=table["step"].map(order).fillna(len(order)),
        place=table["level"].map({"total": 0, "family": 1, "item": 2}),
    )
    return table.sort_values(["lag", "place", "name", "rank"], ignore_index=True)[columns]


def months_between(start: pd.Series | pd.Timestamp, end: pd.Series) -> pd.Series:
    """Whole months from the first period to each other one [months].

    >>> months_between(pd.Timestamp("2019-12-01"), pd.Series(pd.to_datetime(["2020-01-01", "2021-02-01"]))).tolist()
    [1, 14]

    """
    first = pd.DatetimeIndex(start) if isinstance(start, pd.Series) else pd.DatetimeIndex([start])
    months = (end.dt.year.to_numpy() - first.year.to_numpy()) * 12 + end.dt.month.to_numpy() - first.month.to_numpy()
    return pd.Series(months, index=end.index)


def _repeated(past: pd.DataFrame, months: pd.DataFrame) -> pd.DataFrame:
    sold = past.groupby([*KEYS, "period"], as_index=False).agg(quantity=("quantity", "sum"))
    sold = sold.rename(columns={"period": "source"}).astype({"source": "datetime64[ns]", "quantity": float})
    full = past[list(KEYS)].drop_duplicates().merge(months.astype({"source": "datetime64[ns]"}), how="cross")
    return sorted_plan(full.merge(sold, on=[*KEYS, "source"], how="left").fillna({"quantity": 0.0}))


def _frozen(frame: pd.DataFrame, cycle: str, as_of: date, lags: Sequence[int] | None) -> pd.DataFrame:
    month = month_of(as_of)
    ahead = months_between(month, frame["period"])
    for lag in lags or ():
        check_lag(lag)
    kept = frame[ahead >= 1] if lags is None else frame[ahead.isin(list(lags))]
    return kept.assign(cycle=cycle, as_of=month).reset_index(drop=True)


def at_lag(frozen: pd.DataFrame, lag: int) -> pd.DataFrame:
    """The rows of a table of snapshots that speak of the month `lag` months ahead."""
    ahead = months_between(frozen["as_of"], frozen["period"])
    return frozen[ahead.eq(lag)]


def closed(actuals: pd.DataFrame) -> pd.DataFrame:
    """Sold units of each series in the months that have any figure."""
    known = actuals[actuals["quantity"].notna()]
    return known.groupby([*KEYS, "period"], as_index=False).agg(quantity=("quantity", "sum"))


def _span(actuals: pd.DataFrame) -> pd.DatetimeIndex:
    if actuals.empty:
        raise InputError("accuracy at a lag needs actuals; there are none")
    return pd.date_range(actuals["period"].min(), actuals["period"].max(), freq="MS", unit="ns")


def _counts(records: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Item-months judged by level, name and step."""
    judged = records[["item", "ds", "step"]].drop_duplicates()
    judged = judged.assign(family=families(judged["item"], items), Total="Total")
    levels = {"total": "Total", "family": "family", "item": "item"}
    parts = [
        judged.groupby([column, "step"]).size().rename_axis(["name", "step"]).reset_index(name="forecasts")
        for column in levels.values()
    ]
    counted = [part.assign(level=level) for part, level in zip(parts, levels, strict=True)]
    return pd.concat(counted, ignore_index=True).astype({"forecasts": float})


def check_lag(lag: int) -> None:
    """Refuse a lag that is not a whole number of months from 1."""
    if isinstance(lag, bool) or not isinstance(lag, int | np.integer) or lag < 1:
        raise InputError(f"a lag must be a whole number of months from 1, got {lag!r}")
