"""Rough-cut capacity planning: hours a master schedule needs of each resource against the hours there.

Three depths, from what little is known of the products to their routings and lead times; each makes the same *load*, a
table of hours by resource, period and scheduled item:

    overall_factors_load     direct hours of a product, spread over resources by their historical shares (CPOF)
    capacity_bill_load       hours of each resource for a unit with everything made for it, setups included
    resource_profile_load    the same, each level of the bill of materials in the period it is worked in

`profiles` makes the bills and profiles, `report` sets the load against the hours there and says what is too much.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 10: capacity planning using overall factors, capacity bills, resource profiles.
[2] Berry, Schmitt & Vollmann, Capacity planning techniques for manufacturing control systems, Journal of Operations
    Management 3(1), 1982.

"""

from __future__ import annotations

import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.columns import Number, check_codes, read_columns


def historical_shares(hours: pd.DataFrame) -> pd.DataFrame:
    """Share of each resource in all hours worked in the past: the overall factors of [1].

    Parameters
    ----------
    hours
        Columns `resource`, `hours` [h], several rows a resource where there are several periods.

    Returns
    -------
    DataFrame
        Columns `resource`, `share` [share]; the shares add up to 1.

    Raises
    ------
    InputError
        If hours are negative or missing, or there are none.

    >>> historical_shares(pd.DataFrame({"resource": ["W", "V", "W"], "hours": [40.0, 25.0, 35.0]}))
      resource  share
    0        V   0.25
    1        W   0.75

    """
    read = read_columns(hours, "hours", ["resource"], {"hours": Number()}, unique=False)
    total = read["hours"].sum()
    if not total > 0:
        raise InputError("overall factors need hours worked in the past, got none")
    shares = read.groupby("resource")["hours"].sum() / total
    return shares.rename("share").reset_index()


def overall_factors_load(schedule: pd.DataFrame, hours_per_unit: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Capacity planning using overall factors (CPOF), [1]: all direct hours, spread by historical shares.

    Blind to changes of the mix: a product that never sees a resource loads it too.

    Parameters
    ----------
    schedule
        Columns `item`, `period`, `quantity` [units]: the master schedule.
    hours_per_unit
        Columns `item`, `hours_per_unit` [h/unit]: direct hours of a product with everything made for it.
    shares
        Columns `resource`, `share` [share], as from `historical_shares`.

    Returns
    -------
    DataFrame
        Columns `resource`, `period`, `item`, `hours` [h].

    Raises
    ------
    InputError
        If the shares do not add up to 1, a scheduled item has no hours, or a number is negative or missing.

    The first period of [1]: 33 A at 0.95 h and 17 B at 1.85 h are 62.80 h.

    >>> schedule = pd.DataFrame({"item": ["A", "B"], "period": [1, 1], "quantity": [33, 17]})
    >>> hours = pd.DataFrame({"item": ["A", "B"], "hours_per_unit": [0.95, 1.85]})
    >>> shares = pd.DataFrame({"resource": ["100", "200", "300"], "share": [0.603, 0.304, 0.093]})
    >>> overall_factors_load(schedule, hours, shares).groupby("resource")["hours"].sum().round(2).tolist()
    [37.87, 19.09, 5.84]

    """
    planned = _schedule(schedule)
    direct = read_columns(hours_per_unit, "hours_per_unit", ["item"], {"hours_per_unit": Number()})
    factors = read_columns(shares, "shares", ["resource"], {"share": Number(high=1.0)})
    if abs(factors["share"].sum() - 1) > 1e-6:
        raise InputError(f"the shares of the resources must add up to 1, got {factors['share'].sum():.6g}")
    check_codes(planned, "hours_per_unit", "item", direct["item"].tolist(), "row for item")
    spread = planned.merge(direct, on="item").merge(factors, how="cross")
    return _summed(spread.assign(hours=spread["quantity"] * spread["hours_per_unit"] * spread["share"]))


def capacity_bill_load(schedule: pd.DataFrame, bill: pd.DataFrame) -> pd.DataFrame:
    """Hours of a master schedule by its capacity bills, all in the period the product is due, [1].

    Parameters
    ----------
    schedule
        Columns `item`, `period`, `quantity` [units], a row an order.
    bill
        As from `capacity_bill`; `setup_hours` may be missing.

    Returns
    -------
    DataFrame
        Columns `resource`, `period`, `item`, `hours` [h].

    Raises
    ------
    InputError
        If a number is negative or missing, or a row of the bill stands twice.

    The boom box of Walnut Hill in the problems of [1]: 0.2 h of circuit boards and 0.3 h of assembly.

    >>> bill = pd.DataFrame({"item": "XYZ", "resource": ["boards", "assembly"], "hours_per_unit": [0.2, 0.3]})
    >>> schedule = pd.DataFrame({"item": "XYZ", "period": [1, 2], "quantity": [450, 300]})
    >>> capacity_bill_load(schedule, bill)["hours"].tolist()
    [135.0, 90.0, 90.0, 60.0]

    """
    return resource_profile_load(schedule, bill.assign(offset=0))


def resource_profile_load(schedule: pd.DataFrame, profile: pd.DataFrame) -> pd.DataFrame:
    """Hours of a master schedule by its resource profiles, each in the period it is worked in, [1].

    Hours may fall before the first scheduled period: that work is past due, or should have been done already.

    Parameters
    ----------
    schedule
        Columns `item`, `period`, `quantity` [units], a row an order; a period is a number or the first day of a month.
    profile
        As from `resource_profile`; `setup_hours` may be missing.

    Returns
    -------
    DataFrame
        Columns `resource`, `period`, `item`, `hours` [h].

    Raises
    ------
    InputError
        If a number is negative or missing, or a row of the profile stands twice.

    >>> profile = pd.DataFrame({"item": "A", "resource": ["W", "V"], "offset": [0, 1], "hours_per_unit": [0.5, 0.2]})
    >>> schedule = pd.DataFrame({"item": ["A"], "period": [pd.Timestamp("2020-03-01")], "quantity": [100.0]})
    >>> resource_profile_load(schedule, profile)
      resource     period item  hours
    0        V 2020-02-01    A   20.0
    1        W 2020-03-01    A   50.0

    """
    planned = _schedule(schedule)
    of = read_columns(
        profile,
        "profile",
        ["item", "resource", "offset"],
        {"hours_per_unit": Number(), "setup_hours": Number(blank=0.0)},
    )
    rows = planned[planned["quantity"] > 0].merge(of, on="item")
    rows["hours"] = rows["quantity"] * rows["hours_per_unit"] + rows["setup_hours"]
    return _summed(rows.assign(period=_earlier(rows["period"], rows["offset"])))


def _schedule(schedule: pd.DataFrame) -> pd.DataFrame:
    return read_columns(schedule, "schedule", ["item", "period"], {"quantity": Number()}, unique=False)


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    return (
        rows.groupby(["resource", "period", "item"], sort=True)["hours"]
        .sum()
        .reset_index()[["resource", "period", "item", "hours"]]
    )


def _earlier(period: pd.Series, offset: pd.Series) -> pd.Series:
    """Periods so many before: numbers as numbers, days as months."""
    if not pd.api.types.is_datetime64_any_dtype(period):
        return period - offset.astype("int64")
    months = period.to_numpy().astype("datetime64[M]") - offset.to_numpy().astype("timedelta64[M]")
    return pd.Series(months, index=period.index).astype(period.dtype)
