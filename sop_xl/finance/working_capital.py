"""Working capital and the timing of cash: stock + receivables - payables, and when money comes and goes.

Money flows evenly over the days of a month and is paid a number of days later. What is open at the end of a month is
then the flow of the last days before it (the count-back method), and what is paid in a month is its flow + what was
open before - what is open after. So cash and balances tie: cash = revenue - outlays - rise of receivables + rise of
payables.

References
----------
[1] V. Richards, E. Laughlin (1980): A cash conversion cycle approach to liquidity analysis, Financial Management 9(1).
[2] R. Brealey, S. Myers, F. Allen: Principles of Corporate Finance, chapters on working capital.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PaymentTerms:
    """Days from invoice to payment: of customers (DSO) and to suppliers (DPO) [days].

    >>> PaymentTerms(customer_days=-1, supplier_days=30)
    Traceback (most recent call last):
        ...
    sop_xl.errors.InputError: customer days must be 0 or more, got -1

    """

    customer_days: float
    supplier_days: float

    def __post_init__(self) -> None:
        for name in ("customer_days", "supplier_days"):
            days = getattr(self, name)
            if not (np.isfinite(days) and days >= 0):
                raise InputError(f"{name.replace('_', ' ')} must be 0 or more, got {days:g}")


@dataclass(frozen=True)
class WorkingCapital:
    """Balances at the end of each month and the cash of the month [money], one row a month.

    `months`: `stock`, `receivables`, `payables`, `working capital` = stock + receivables - payables, `cash in`, `cash
    out`, `cash` = in - out, `running cash`. `cash_conversion_days` = days of stock + customer days - supplier days over
    the horizon [1], NaN without cost of sales [days].
    """

    months: pd.DataFrame
    cash_conversion_days: float


def outstanding(
    amounts: npt.ArrayLike, days: float, month_days: npt.ArrayLike, before: npt.ArrayLike | None = None
) -> Array:
    """What of a flow is not yet paid at the end of each month: the flow of the last `days` days.

    Parameters
    ----------
    amounts
        Invoiced in each month [money], shape (..., months).
    days
        From invoice to payment [days].
    month_days
        Days of each month [days], shape (months,).
    before
        Invoiced a month before the first, shape (...,) [money]; it stands for all that lies before the first month, at
        the days of that. By default the first month does.

    Raises InputError for negative days and months without days.

    Sales of 300, 600 and 900 in months of 30 days, paid after 45:

    >>> outstanding([300.0, 600.0, 900.0], 45, [30, 30, 30], before=0.0).tolist()
    [300.0, 750.0, 1200.0]

    """
    flow, length = _flow(amounts, days, month_days)
    return _open(flow, days, length, _before(flow, before), np.cumsum(length))


def paid(amounts: npt.ArrayLike, days: float, month_days: npt.ArrayLike, before: npt.ArrayLike | None = None) -> Array:
    """Cash of a flow in each month when it is paid `days` days after invoice: flow + open before - open after.

    Parameters and errors as in `outstanding`.

    >>> paid([300.0, 600.0, 900.0], 45, [30, 30, 30], before=0.0).tolist()
    [0.0, 150.0, 450.0]

    """
    flow, length = _flow(amounts, days, month_days)
    early = _before(flow, before)
    ends = np.concatenate([[0.0], np.cumsum(length)])
    left = _open(flow, days, length, early, ends)
    found: Array = flow + left[..., :-1] - left[..., 1:]
    return found


def working_capital(
    revenue: npt.ArrayLike,
    purchases: npt.ArrayLike,
    stock_value: npt.ArrayLike,
    terms: PaymentTerms,
    periods: pd.DatetimeIndex,
    *,
    other_outlays: npt.ArrayLike = 0.0,
    cost_of_sales: npt.ArrayLike | None = None,
    revenue_before: float | None = None,
    purchases_before: float | None = None,
) -> WorkingCapital:
    """Working capital by days and the cash of a plan, month by month.

    Parameters
    ----------
    revenue, purchases
        Invoiced to customers and by suppliers in each month [money], shape (months,).
    stock_value
        At the end of each month [money].
    terms
        Days of customers and suppliers.
    periods
        The months.
    other_outlays
        Paid in the month itself, such as wages and freight [money].
    cost_of_sales
        For the days of stock [money]; by default purchases + other outlays.
    revenue_before, purchases_before
        Those of the month before the first; by default as in the first.

    Raises InputError where the lengths differ or a number is missing.

    >>> months = pd.date_range("2021-04-01", periods=2, freq="MS")
    >>> found = working_capital([300, 620], [150, 310], [500, 400], PaymentTerms(30, 60), months)
    >>> found.months[["receivables", "payables", "working capital", "cash"]].values.tolist()
    [[300.0, 300.0, 500.0, 150.0], [600.0, 455.0, 545.0, 165.0]]

    """
    n = len(periods)
    money = {"revenue": revenue, "purchases": purchases, "stock value": stock_value, "other outlays": other_outlays}
    month = {name: _months(name, values, n) for name, values in money.items()}
    length = np.asarray(periods.days_in_month, dtype="float64")
    sold, bought = month["revenue"], month["purchases"]
    receivables = outstanding(sold, terms.customer_days, length, revenue_before)
    payables = outstanding(bought, terms.supplier_days, length, purchases_before)
    came = paid(sold, terms.customer_days, length, revenue_before)
    went = paid(bought, terms.supplier_days, length, purchases_before) + month["other outlays"]
    frame = pd.DataFrame(
        {
            "period": periods,
            "stock": month["stock value"],
            "receivables": receivables,
            "payables": payables,
            "working capital": month["stock value"] + receivables - payables,
            "cash in": came,
            "cash out": went,
            "cash": came - went,
            "running cash": np.cumsum(came - went),
        }
    )
    cost = bought + month["other outlays"] if cost_of_sales is None else _months("cost of sales", cost_of_sales, n)
    a_day = cost.sum() / length.sum() if n else 0.0
    held = month["stock value"].mean() / a_day if a_day > 0 else np.nan
    return WorkingCapital(frame, float(held + terms.customer_days - terms.supplier_days))


def _flow(amounts: npt.ArrayLike, days: float, month_days: npt.ArrayLike) -> tuple[Array, Array]:
    flow, length = np.asarray(amounts, dtype="float64"), np.asarray(month_days, dtype="float64")
    if flow.ndim == 0 or length.shape != flow.shape[-1:]:
        raise InputError(
            f"{flow.shape[-1] if flow.ndim else 1} months of money need as many lengths, got {length.size}"
        )
    if not (length > 0).all():
        raise InputError(f"a month must have days, got {length.min():g}")
    if not (np.isfinite(days) and days >= 0):
        raise InputError(f"days to payment must be 0 or more, got {days:g}")
    if not np.isfinite(flow).all():
        raise InputError("an amount of a month is missing")
    return flow, length


def _before(flow: Array, before: npt.ArrayLike | None) -> Array:
    if before is None:
        return flow[..., 0] if flow.shape[-1] else np.zeros(flow.shape[:-1])
    return np.broadcast_to(np.asarray(before, dtype="float64"), flow.shape[:-1])


def _open(flow: Array, days: float, length: Array, early: Array, ends: Array) -> Array:
    """Flow of the last days before each of the ends [days from the start], by months and their share in the window."""
    if not flow.shape[-1]:
        return np.zeros((*flow.shape[:-1], len(ends)))
    start = np.cumsum(length) - length
    inside = np.minimum(ends[:, None], start + length) - np.maximum(ends[:, None] - days, start)
    share = np.maximum(inside, 0.0) / length
    earlier = np.maximum(days - ends, 0.0) / length[0]
    found: Array = flow @ share.T + early[..., None] * earlier
    return found


def _months(name: str, values: npt.ArrayLike, n: int) -> Array:
    given = np.asarray(values, dtype="float64")
    if given.ndim and given.shape != (n,):
        raise InputError(f"{name} must have {n} months, got {given.size}")
    if not np.isfinite(given).all():
        raise InputError(f"{name} must be a number in every month")
    return np.broadcast_to(given, (n,)).astype("float64")
