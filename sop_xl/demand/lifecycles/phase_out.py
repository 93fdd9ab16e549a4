"""The end of an item: demand ramped down, the last buy, and the month the stock runs out.

References:
    [1] Silver, Pyke, Thomas (2017), Inventory and Production Management in Supply Chains, 4th ed.
    [2] Teunter, Fortuin (1999), End-of-life service, International Journal of Production Economics 59, 487-497.

"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.errors import InputError

YEAR = 12


def ramped_down(plan: pd.DataFrame, ends: pd.DataFrame, months: float = 3.0) -> pd.DataFrame:
    """The plan led to nothing by the end dates: in a straight line over the last months before each.

    Parameters
    ----------
    plan
        `item`, `period`, `quantity` [units] and whatever else names the series
    ends
        `item`, `end` (last day of sale; blank is none) and if there is such a column `ramp_months` of the item
    months
        length of the ramp where an item has none of its own; 0 is a sudden end [months]

    A month takes the mean of the line over its days; nothing is sold after the end.

    >>> months = pd.date_range("2021-01-01", periods=4, freq="MS")
    >>> plan = pd.DataFrame({"item": "A", "period": months, "quantity": 90.0})
    >>> ends = pd.DataFrame({"item": ["A"], "end": [pd.Timestamp("2021-03-31")]})
    >>> ramped_down(plan, ends)["quantity"].round(1).tolist()
    [73.4, 44.4, 15.3, 0.0]

    """
    _need(plan, ("item", "period", "quantity"), "plan")
    _need(ends, ("item", "end"), "ends")
    typed = ends["ramp_months"] if "ramp_months" in ends.columns else pd.Series(np.nan, index=ends.index)
    length = pd.to_numeric(typed).fillna(months)
    if (length < 0).any():
        item = ends.loc[length < 0, "item"].iloc[0]
        raise InputError(f"the ramp of {item} must be 0 months or more, got {length[length < 0].iloc[0]:g}")
    of_item = ends.assign(length=length, end=pd.to_datetime(ends["end"])).dropna(subset="end")
    of_item = of_item.drop_duplicates("item").set_index("item")
    mine = of_item.reindex(plan["item"]).reset_index(drop=True)
    ramp = mine["length"].to_numpy(dtype=float) * 365.25 / YEAR
    left = (mine["end"].to_numpy() - plan["period"].to_numpy()) / np.timedelta64(1, "D") + 1.0
    days = plan["period"].dt.days_in_month.to_numpy(dtype=float)
    share = (_line(left, ramp) - _line(np.asarray(left - days, dtype=np.float64), ramp)) / days
    return plan.assign(quantity=plan["quantity"] * np.where(np.isnan(left), 1.0, share))


def _line(left: Floats, ramp: Floats) -> Floats:
    """Integral over the days left of the line that falls to 0 over the last `ramp` days."""
    left = np.maximum(left, 0.0)
    within = left**2 / (2.0 * np.maximum(ramp, 1e-9))
    return np.where(left < ramp, within, left - ramp / 2.0)


def last_buy(
    forecast: pd.DataFrame,
    stock: pd.DataFrame,
    supply: pd.DataFrame,
    ends: pd.DataFrame,
    *,
    level: float = 0.95,
    correlation: float = 0.5,
    decline: float = 0.0,
) -> pd.DataFrame:
    """What to order the last time it can be ordered, to serve demand until the end of service.

    Parameters
    ----------
    forecast
        `item`, `period`, `quantity` [units], `sigma`, standard deviation of the month's error [units]
    stock
        `item`, `stock` on hand [units]
    supply
        `item`, `quantity` on order [units]
    ends
        `item`, `end` of service (date)
    level
        chance that the buy lasts until the end [share]; the critical ratio where costs are known, `critical_ratio`
    correlation
        of the errors of two months: a level once wrong stays wrong; 0 is independent, 1 the same error throughout
    decline
        fall of demand a year after the last month of the forecast, from the mean of its last twelve months [share]

    The total until the end has mean m and variance v = (1 - correlation) sum of sigma^2 + correlation (sum of
    sigma)^2; its quantile is that of a negative binomial (a Poisson where v <= m), so it is whole and never
    negative. The month of the end counts by its days. Source: the final order of [2].

    Returns `item`, `end`, `demand`, `sigma`, `needed`, `stock`, `supply`, `last_buy` [units].

    Raises
    ------
    InputError : a service that ends before the forecast begins, an item without a forecast.

    >>> months = pd.date_range("2021-01-01", periods=12, freq="MS")
    >>> forecast = pd.DataFrame({"item": "A", "period": months, "quantity": 10.0, "sigma": 4.0})
    >>> stock = pd.DataFrame({"item": ["A"], "stock": [30.0]})
    >>> supply = pd.DataFrame({"item": ["A"], "quantity": [20.0]})
    >>> ends = pd.DataFrame({"item": ["A"], "end": [pd.Timestamp("2021-12-31")]})
    >>> last_buy(forecast, stock, supply, ends)[["demand", "needed", "last_buy"]].to_numpy().tolist()
    [[120.0, 183.0, 133.0]]

    """
    _need(forecast, ("item", "period", "quantity", "sigma"), "forecast")
    _need(stock, ("item", "stock"), "stock")
    _need(supply, ("item", "quantity"), "supply")
    _need(ends, ("item", "end"), "ends")
    for name, value, low, high in (("level", level, 0, 1), ("correlation", correlation, -1e-9, 1 + 1e-9)):
        if not low < value < high:
            raise InputError(f"the {name} of a last buy must lie between 0 and 1, got {value:g}")
    if not 0 <= decline < 1:
        raise InputError(f"the decline a year must be 0 or more and below 1, got {decline:g}")
    asked = ends.drop_duplicates("item").dropna(subset="end").sort_values("item", ignore_index=True)
    asked = asked.assign(end=pd.to_datetime(asked["end"]))
    if asked.empty:
        none = dict.fromkeys(("demand", "sigma", "needed", "stock", "supply", "last_buy"), 0.0)
        return asked[["item", "end"]].assign(**none)
    service = _service(forecast, asked, decline)
    sums = (
        service.groupby("item")
        .agg(demand=("quantity", "sum"), squares=("squares", "sum"), straight=("sigma", "sum"))
        .reindex(asked["item"])
    )
    mean = sums["demand"].to_numpy(dtype=float)
    variance = ((1 - correlation) * sums["squares"] + correlation * sums["straight"] ** 2).to_numpy(dtype=float)
    needed = _quantile(level, mean, variance)
    on_hand = asked["item"].map(stock.groupby("item")["stock"].sum()).fillna(0.0)
    ordered = asked["item"].map(supply.groupby("item")["quantity"].sum()).fillna(0.0)
    buy = np.ceil(np.maximum(needed - on_hand.to_numpy() - ordered.to_numpy(), 0.0) - 1e-9)
    figures = {"demand": mean, "sigma": np.sqrt(variance), "needed": needed, "stock": on_hand, "supply": ordered}
    return asked[["item", "end"]].assign(**figures, last_buy=np.maximum(buy, 0.0))


def _quantile(level: float, mean: Floats, variance: Floats) -> Floats:
    """Quantile of a negative binomial of that mean and variance, of a Poisson where the variance is no larger."""
    from scipy.stats import nbinom, poisson

    some = mean > 1e-6
    wide = (variance > mean * (1 + 1e-9)) & some
    size = np.maximum(np.where(wide, mean**2 / np.where(wide, variance - mean, 1.0), 1.0), 1e-6)
    chance = np.where(wide, mean / np.where(wide, variance, 1.0), 0.5)
    out = np.where(wide, nbinom.ppf(level, size, chance), poisson.ppf(level, np.where(some, mean, 1.0)))
    return np.where(some, out, 0.0)


def critical_ratio(shortage: float, surplus: float) -> float:
    """Chance of lasting that costs least: shortage / (shortage + surplus), the newsvendor's ratio in [1].

    Parameters
    ----------
    shortage
        cost of a unit that lacks: penalty or a dearer way to serve, less what the unit costs [money/unit]
    surplus
        cost of a unit left over: what it costs and its keeping, less its scrap value [money/unit]

    >>> critical_ratio(90.0, 10.0)
    0.9

    """
    if not (shortage > 0 and surplus > 0):
        raise InputError(f"costs of shortage and surplus must be above 0, got {shortage:g} and {surplus:g}")
    return shortage / (shortage + surplus)


def run_out(forecast: pd.DataFrame, stock: pd.DataFrame, supply: pd.DataFrame) -> pd.DataFrame:
    """When stock and open supply no longer cover the forecast.

    Parameters
    ----------
    forecast
        `item`, `period`, `quantity` [units]; the first month is the one after the stock was counted
    stock
        `item`, `stock` on hand [units]
    supply
        `item`, `period`, `quantity` on order [units]; overdue orders count in the first month

    The run-out month is the first t in which stock + supply up to t - forecast up to t is below 0; the day within it
    is found as if demand came evenly and the month's supply at its start.

    Returns `item`, `run_out` (month, blank if not within the forecast), `day`, `left` after the last month [units].

    >>> months = pd.date_range("2021-01-01", periods=4, freq="MS")
    >>> forecast = pd.DataFrame({"item": "A", "period": months, "quantity": 30.0})
    >>> stock = pd.DataFrame({"item": ["A"], "stock": [50.0]})
    >>> supply = pd.DataFrame({"item": ["A"], "period": months[1:2], "quantity": [25.0]})
    >>> run_out(forecast, stock, supply)[["run_out", "day", "left"]].astype(str).to_numpy().tolist()
    [['2021-03-01', '2021-03-16', '-45.0']]

    """
    _need(forecast, ("item", "period", "quantity"), "forecast")
    _need(stock, ("item", "stock"), "stock")
    _need(supply, ("item", "period", "quantity"), "supply")
    demand = forecast.pivot_table(index="period", columns="item", values="quantity", aggfunc="sum", fill_value=0.0)
    if demand.empty:
        return pd.DataFrame({"item": [], "run_out": pd.DatetimeIndex([]), "day": pd.DatetimeIndex([]), "left": []})
    months = pd.DatetimeIndex(demand.index)
    due = supply[supply["period"] < months[-1] + pd.DateOffset(months=1)]
    on_time = due["period"].where(due["period"] >= months[0], months[0])
    due = due.assign(period=on_time.dt.to_period("M").dt.to_timestamp())
    coming = due.pivot_table(index="period", columns="item", values="quantity", aggfunc="sum", fill_value=0.0)
    coming = coming.reindex(index=months, columns=demand.columns, fill_value=0.0).fillna(0.0)
    on_hand = stock.groupby("item")["stock"].sum().reindex(demand.columns).fillna(0.0)
    after = on_hand.to_numpy() + coming.to_numpy().cumsum(axis=0) - demand.to_numpy().cumsum(axis=0)
    short = after < -1e-9
    ever: NDArray[np.bool_] = np.asarray(short.any(axis=0))
    first = short.argmax(axis=0)
    columns = np.arange(demand.shape[1])
    need = demand.to_numpy()[first, columns]
    before = np.clip(after[first, columns] + need, 0.0, need)
    covered = np.floor(before / np.where(ever, need, 1.0) * months.days_in_month.to_numpy()[first])
    month = pd.Series(months[first]).where(ever)
    day = month + pd.to_timedelta(np.minimum(covered, months.days_in_month.to_numpy()[first] - 1), unit="D")
    return pd.DataFrame({"item": demand.columns.to_numpy(), "run_out": month, "day": day, "left": after[-1]})


def _service(forecast: pd.DataFrame, ends: pd.DataFrame, decline: float) -> pd.DataFrame:
    """Demand and error of each month until the end of service: the forecast, and beyond it its last year, falling."""
    columns = {"quantity": ("quantity", "sum"), "squares": ("squares", "sum")}
    squared = forecast.assign(squares=forecast["sigma"].astype(float) ** 2)
    monthly = squared.groupby(["item", "period"], as_index=False).agg(**columns)
    lacking = ends.loc[~ends["item"].isin(monthly["item"]), "item"]
    if len(lacking):
        raise InputError(f"{lacking.iloc[0]} has an end of service but no forecast")
    by_item = monthly.groupby("item")["period"]
    first, last = ends["item"].map(by_item.min()), ends["item"].map(by_item.max())
    early = ends["end"] < first
    if early.any():
        item, end = ends.loc[early, ["item", "end"]].iloc[0]
        begins = first[early].iloc[0]
        raise InputError(f"service of {item} ends on {end:%Y-%m-%d}, before its forecast begins in {begins:%Y-%m}")
    beyond = np.maximum((ends["end"].dt.year - last.dt.year) * YEAR + ends["end"].dt.month - last.dt.month, 0)
    recent = monthly[monthly["period"] > monthly["item"].map(by_item.max()) - pd.DateOffset(months=YEAR)]
    mean = recent.groupby("item")[["quantity", "squares"]].mean()
    extra = ends[["item"]].assign(last=last).loc[ends.index.repeat(beyond)]
    ahead = extra.groupby(level=0).cumcount() + 1
    fall = (1 - decline) ** (ahead / YEAR)
    period = extra["last"].dt.to_period("M") + ahead
    extra = pd.DataFrame(
        {
            "item": extra["item"],
            "period": pd.PeriodIndex(period, freq="M").to_timestamp(),
            "quantity": extra["item"].map(mean["quantity"]) * fall,
            "squares": extra["item"].map(mean["squares"]) * fall**2,
        }
    )
    whole = pd.concat([monthly, extra], ignore_index=True) if len(extra) else monthly
    end = whole["item"].map(ends.set_index("item")["end"])
    share = (((end - whole["period"]).dt.days + 1) / whole["period"].dt.days_in_month).clip(0.0, 1.0).fillna(0.0)
    out = whole.assign(quantity=whole["quantity"].clip(lower=0.0) * share, squares=whole["squares"] * share**2)
    return out.assign(sigma=np.sqrt(out["squares"]))


def _need(frame: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise InputError(f"{name} lacks the columns {', '.join(missing)}")
