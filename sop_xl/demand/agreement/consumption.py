"""Forecast consumption: what of the forecast is left once customer orders are in, and the total to be planned.

The plan of a period is its orders and its net forecast: an order that was forecast is not planned twice. An order
consumes the forecast of its own period first, then earlier ones (nearest first), then later ones, inside its window
[due - early, due + late].

References: [1] Vollmann, Berry, Whybark, Jacobs (2005), Manufacturing Planning and Control, 5th ed., chapter 6
(consuming the forecast); [2] Microsoft, Dynamics AX documentation, "Example: use reduction keys"; [3] Oracle, JD
Edwards EnterpriseOne Requirements Planning, planning fence rules (greater of forecast and orders before the fence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.scope import PLAN, sorted_plan
from sop_xl.errors import InputError

DYNAMICS_KEY = (1.0, 0.75, 0.5, 0.25)
"""Share of the forecast taken off the first, second ... period: example 1 of [2]."""

COLUMNS = (
    *KEYS, "period", "forecast", "orders", "abnormal", "overdue", "consumed", "net", "unmatched", "total",
)  # fmt: skip
"""Columns of a consumed forecast: see `consume`."""


def consumed(forecast: ArrayLike, orders: ArrayLike, early: int = 0, late: int = 0) -> tuple[Floats, Floats]:
    """Units of the forecast used up in each period, and units of the orders that found forecast.

    Parameters
    ----------
    forecast, orders
        0 or more, shape (periods,) or (series, periods) [units]
    early, late
        how far before and after its period an order may use forecast [periods]

    Every order takes from its own period before any order takes from another; then from the period before, and so on
    to `early` before; then from 1 after to `late` after. What orders find does not depend on their sequence.

    >>> consumed([100, 100, 100], [0, 150, 20], early=1)
    (array([ 50., 100.,  20.]), array([  0., 150.,  20.]))

    """
    plan, demand = np.asarray(forecast, dtype=float), np.asarray(orders, dtype=float)
    if plan.shape != demand.shape:
        raise InputError(f"forecast and orders must be of one shape, got {plan.shape} and {demand.shape}")
    for name, value in (("forecast", plan), ("orders", demand)):
        if not np.isfinite(value).all() or (value < 0).any():
            raise InputError(f"the {name} to be consumed must be 0 or more in every period")
    for name, window in (("early", early), ("late", late)):
        if isinstance(window, bool) or not isinstance(window, int | np.integer) or window < 0:
            raise InputError(f"the window {name} must be a whole number of periods from 0, got {window!r}")
    left, open_ = plan.copy(), demand.copy()
    periods = plan.shape[-1]
    for step in (0, *(-n for n in range(1, early + 1)), *range(1, late + 1)):
        due = slice(max(-step, 0), periods - max(step, 0))
        used = slice(max(step, 0), periods - max(-step, 0))
        if abs(step) < periods:
            taken = np.minimum(open_[..., due], left[..., used])
            open_[..., due] -= taken
            left[..., used] -= taken
    return plan - left, demand - open_


def consume(forecast: pd.DataFrame, orders: pd.DataFrame, *, early: int = 1, late: int = 1) -> pd.DataFrame:
    """Orders matched with the forecast inside their windows, series by series: [1].

    Parameters
    ----------
    forecast
        item, channel, region, period, quantity [units]
    orders
        item, channel, region, period (that of the due day), quantity [units], and, where given, `abnormal`: a flag for
        orders nobody could forecast; they are planned in full and consume nothing
    early, late
        window [periods]

    Returns a row for each series and period, those with orders only among them: forecast, orders (normal, due in the
    period), abnormal, overdue (due before the first period of the forecast: they stand in the first and consume
    nothing, their forecast has passed), consumed (forecast used up), net = forecast - consumed, unmatched (orders
    beyond the forecast of their window), total = orders + abnormal + overdue + net [units].

    >>> months = pd.date_range("2020-03-01", periods=2, freq="MS")
    >>> key = {"item": "A", "channel": "web", "region": "DE"}
    >>> forecast = pd.DataFrame({**key, "period": months, "quantity": [100.0, 100.0]})
    >>> orders = pd.DataFrame({**key, "period": months[[1]], "quantity": [130.0]})
    >>> consume(forecast, orders)[["period", "forecast", "orders", "consumed", "net", "total"]]
          period  forecast  orders  consumed    net  total
    0 2020-03-01     100.0     0.0      30.0   70.0   70.0
    1 2020-04-01     100.0   130.0     100.0    0.0  130.0

    """
    grid = _Grid.of(forecast, orders)
    used, matched = consumed(grid.forecast, grid.orders, early, late)
    return grid.frame(used, grid.orders - matched)


def greater_of_forecast_and_orders(forecast: pd.DataFrame, orders: pd.DataFrame, fence: int) -> pd.DataFrame:
    """The greater of forecast and orders in each of the first `fence` periods, the forecast alone after them: [3].

    Parameters
    ----------
    forecast, orders
        as in `consume`
    fence
        periods in which orders count [periods]

    Beyond the fence orders are taken to be in the forecast: they use it up, and where they exceed it the excess is
    not planned but stands as unmatched. Abnormal and overdue orders are planned wherever they are.
    Returns the columns of `consume`; beyond the fence total = forecast + abnormal.

    >>> months = pd.date_range("2020-03-01", periods=2, freq="MS")
    >>> key = {"item": "A", "channel": "web", "region": "DE", "period": months}
    >>> forecast = pd.DataFrame({**key, "quantity": [100.0, 100.0]})
    >>> orders = pd.DataFrame({**key, "quantity": [130.0, 130.0]})
    >>> greater_of_forecast_and_orders(forecast, orders, fence=1)["total"].tolist()
    [130.0, 100.0]

    """
    if isinstance(fence, bool) or not isinstance(fence, int | np.integer) or fence < 0:
        raise InputError(f"the fence must be a whole number of periods from 0, got {fence!r}")
    grid = _Grid.of(forecast, orders)
    used, matched = consumed(grid.forecast, grid.orders)
    table = grid.frame(used, grid.orders - matched)
    beyond = table["period"].isin(grid.periods[fence:])
    outside = table["forecast"] + table["abnormal"] + table["overdue"]
    return table.assign(total=table["total"].where(~beyond, outside))


def percent_reduction(
    forecast: pd.DataFrame, orders: pd.DataFrame, key: Sequence[float] = DYNAMICS_KEY
) -> pd.DataFrame:
    """The forecast reduced by fixed shares in the first periods, whatever the orders: example 1 of [2].

    Parameters
    ----------
    forecast, orders
        as in `consume`
    key
        share of the forecast taken off the first, second ... period [share]; later periods keep theirs

    Where orders come in late the first months of the forecast are too low with it, where they come early too high: a
    rule for demand whose orders are known a fixed time ahead. Returns the columns of `consume`; unmatched is what of
    a period's orders exceeds the forecast taken off it.

    >>> months = pd.date_range("2020-01-01", periods=5, freq="MS")
    >>> forecast = pd.DataFrame({"item": "A", "channel": "", "region": "", "period": months, "quantity": 1000.0})
    >>> percent_reduction(forecast, forecast.iloc[:0])["net"].tolist()
    [0.0, 250.0, 500.0, 750.0, 1000.0]

    """
    share = np.asarray(key, dtype=float)
    if share.ndim != 1 or not ((share >= 0) & (share <= 1)).all():
        raise InputError(f"a reduction key is a row of shares between 0 and 1, got {list(key)}")
    grid = _Grid.of(forecast, orders)
    reduced = np.zeros(len(grid.periods))
    reduced[: len(share)] = share[: len(grid.periods)]
    used = grid.forecast * reduced
    return grid.frame(used, np.maximum(grid.orders - used, 0.0))


@dataclass(frozen=True)
class _Grid:
    """Forecast and orders as arrays (series, periods)."""

    series: pd.DataFrame
    periods: pd.DatetimeIndex
    forecast: Floats
    orders: Floats
    abnormal: Floats
    overdue: Floats

    @classmethod
    def of(cls, forecast: pd.DataFrame, orders: pd.DataFrame) -> _Grid:
        plan = sorted_plan(forecast)
        if plan.empty:
            raise InputError("there is no forecast to be consumed")
        _refuse_negative(plan, "forecast")
        taken = _orders(orders)
        first = plan["period"].min()
        late = (taken["period"] < first).to_numpy()
        taken = taken.assign(period=taken["period"].where(~late, first))
        both = pd.concat([plan, taken], ignore_index=True)
        periods = pd.DatetimeIndex(np.sort(both["period"].unique()))
        groups = both.groupby(list(KEYS), sort=True)
        row, column = groups.ngroup().to_numpy(), periods.get_indexer(pd.DatetimeIndex(both["period"]))
        series = both.loc[~both.duplicated(list(KEYS)), list(KEYS)].sort_values(list(KEYS), ignore_index=True)
        quantity = both["quantity"].to_numpy(dtype=float)
        ordered = np.arange(len(both)) >= len(plan)
        overdue = np.concatenate([np.zeros(len(plan), dtype=bool), late])
        odd = np.concatenate([np.zeros(len(plan), dtype=bool), taken["abnormal"].to_numpy(dtype=bool)])

        def laid_out(chosen: np.ndarray) -> Floats:
            out = np.zeros((len(series), len(periods)))
            np.add.at(out, (row[chosen], column[chosen]), quantity[chosen])
            return out

        return cls(
            series,
            periods,
            forecast=laid_out(~ordered),
            orders=laid_out(ordered & ~odd & ~overdue),
            abnormal=laid_out(odd & ~overdue),
            overdue=laid_out(overdue),
        )

    def frame(self, used: Floats, unmatched: Floats) -> pd.DataFrame:
        net = self.forecast - used
        values = {
            "forecast": self.forecast,
            "orders": self.orders,
            "abnormal": self.abnormal,
            "overdue": self.overdue,
            "consumed": used,
            "net": net,
            "unmatched": unmatched,
            "total": self.orders + self.abnormal + self.overdue + net,
        }
        rows = self.series.loc[np.repeat(np.arange(len(self.series)), len(self.periods))].reset_index(drop=True)
        table = rows.assign(
            period=np.tile(self.periods.to_numpy(), len(self.series)), **{name: v.ravel() for name, v in values.items()}
        )
        return table[list(COLUMNS)]


def _orders(orders: pd.DataFrame) -> pd.DataFrame:
    missing = [column for column in PLAN if column not in orders.columns]
    if missing:
        raise InputError(f"the orders lack the columns {', '.join(missing)}")
    _refuse_negative(orders, "order")
    flag = orders["abnormal"] if "abnormal" in orders.columns else pd.Series(False, index=orders.index)
    marked = flag.astype(object).where(flag.notna(), False).astype(bool)
    taken = orders[list(PLAN)].assign(abnormal=marked)
    return taken.astype({"period": "datetime64[ns]", "quantity": float})


def _refuse_negative(frame: pd.DataFrame, noun: str) -> None:
    quantity = frame["quantity"].to_numpy(dtype=float)
    wrong = ~np.isfinite(quantity) | (quantity < 0)
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise InputError(
            f"the {noun} of {row['item']}, {row['channel']}, {row['region']} must be 0 or more units, "
            f"got {row['quantity']}"
        )
