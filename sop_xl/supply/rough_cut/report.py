"""Load against the hours there: bands, and overloads in sentences.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 10: capacity planning using overall factors, capacity bills, resource profiles.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.columns import Number, check_codes, named, read_columns

_TINY = 1e-9


@dataclass(frozen=True)
class LoadBands:
    """From which load a resource is amber, and above which it is red [share of the hours there].

    >>> LoadBands(amber=1.2)
    Traceback (most recent call last):
        ...
    sop_xl.errors.InputError: the amber band must begin between 0 and the red one at 1, got 1.2
    """

    amber: float = 0.85
    red: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.amber <= self.red < np.inf:
            raise InputError(f"the amber band must begin between 0 and the red one at {self.red:g}, got {self.amber:g}")


def available_hours(resources: pd.DataFrame, calendar: pd.DataFrame) -> pd.DataFrame:
    """Hours a resource has: lines x shifts x hours of a shift x working days x OEE.

    Parameters
    ----------
    resources
        Columns `resource`, `lines`, `shifts` [1/day], `hours_per_shift` [h], `oee` [share].
    calendar
        Columns `period`, `days` [days], and `resource` where their working days or shutdowns differ.

    Returns
    -------
    DataFrame
        Columns `resource`, `period`, `hours` [h].

    Raises
    ------
    InputError
        If a resource has no calendar, the OEE is not between 0 and 1, or a number is negative or missing.

    >>> resources = pd.DataFrame({"resource": ["W"], "lines": 2, "shifts": 2, "hours_per_shift": 8, "oee": 0.75})
    >>> available_hours(resources, pd.DataFrame({"period": [1, 2], "days": [20, 10]}))["hours"].tolist()
    [480.0, 240.0]

    """
    there = read_columns(
        resources, "resources", ["resource"],
        {"lines": Number(), "shifts": Number(), "hours_per_shift": Number(high=24.0), "oee": Number(high=1.0)},
    )  # fmt: skip
    own = "resource" in calendar.columns
    keys = ["resource", "period"] if own else ["period"]
    days = read_columns(calendar, "calendar", keys, {"days": Number()})
    if own:
        check_codes(there, "calendar", "resource", days["resource"].tolist(), "row for resource")
    rows = there.merge(days, on="resource") if own else there.merge(days, how="cross")
    rows["hours"] = rows[["lines", "shifts", "hours_per_shift", "days", "oee"]].prod(axis=1)
    return rows[["resource", "period", "hours"]].sort_values(["resource", "period"], ignore_index=True)


def load_report(load: pd.DataFrame, available: pd.DataFrame, bands: LoadBands | None = None) -> pd.DataFrame:
    """Load of each resource and period, with its band.

    Parameters
    ----------
    load
        Columns `resource`, `period`, `hours` [h], as from one of the three depths.
    available
        Columns `resource`, `period`, `hours` [h], as from `available_hours`.
    bands
        Where amber and red begin.

    Returns
    -------
    DataFrame
        Columns `resource`, `period`, `hours`, `available` [h], `load` [share; infinite where hours are needed and none
        are there], `band` (`green`, `amber`, `red`). Hours needed before the first period or beside the calendar have
        none available.

    Raises
    ------
    InputError
        If a number is negative or missing, or a loaded resource has no hours in any period.

    >>> load = pd.DataFrame({"resource": "W", "period": [1, 2, 3], "hours": [40.0, 88.0, 120.0]})
    >>> available = pd.DataFrame({"resource": "W", "period": [1, 2, 3], "hours": 100.0})
    >>> load_report(load, available)[["load", "band"]].to_numpy().tolist()
    [[0.4, 'green'], [0.88, 'amber'], [1.2, 'red']]

    """
    bands = bands or LoadBands()
    needed = read_columns(load, "load", ["resource", "period"], {"hours": Number()}, unique=False)
    there = read_columns(available, "available", ["resource", "period"], {"hours": Number()})
    check_codes(needed, "available", "resource", there["resource"].tolist(), "row for resource")
    hours = needed.groupby(["resource", "period"])["hours"].sum()
    both = pd.concat([hours, there.set_index(["resource", "period"])["hours"].rename("available")], axis=1)
    report = both.fillna(0.0).sort_index().reset_index()
    none = report["available"] <= 0
    share = report["hours"] / report["available"].where(~none, 1.0)
    report["load"] = share.mask(none, np.where(report["hours"] > 0, np.inf, 0.0))
    high = report["load"].to_numpy()
    report["band"] = np.select([high > bands.red + _TINY, high >= bands.amber - _TINY], ["red", "amber"], "green")
    return report


def overloads(
    load: pd.DataFrame, available: pd.DataFrame, bands: LoadBands | None = None, *, named_items: int = 3
) -> pd.DataFrame:
    """Where a schedule asks for more than the red band allows, worst first, with the items that make it.

    Parameters
    ----------
    load
        Columns `resource`, `period`, `item`, `hours` [h].
    available, bands
        As for `load_report`.
    named_items
        How many items are named.

    Returns
    -------
    DataFrame
        Columns `resource`, `period`, `over` [h above the red band], `load` [share], `items` (those with
        most of its hours, as `A 40 h, B 10 h and 2 more`), `says`.

    Raises
    ------
    InputError
        As for `load_report`.

    >>> load = pd.DataFrame({"resource": "Paint", "period": 7, "item": ["A", "B"], "hours": [90.0, 30.0]})
    >>> overloads(load, pd.DataFrame({"resource": ["Paint"], "period": [7], "hours": [100.0]}))["says"].item()
    'Paint in 7 needs 120 h and has 100 h: 20 h too many (120 %), made by A 90 h, B 30 h'

    """
    bands = bands or LoadBands()
    report = load_report(load, available, bands)
    over = report[report["band"] == "red"].copy()
    over["over"] = over["hours"] - over["available"] * bands.red
    over = over.sort_values(["over", "resource", "period"], ascending=[False, True, True], ignore_index=True)
    over["items"] = _makers(load, over, named_items)
    start = available["period"].min()
    over["says"] = [_sentence(row, start, bands) for _, row in over.iterrows()]
    return over[["resource", "period", "over", "load", "items", "says"]]


def _makers(load: pd.DataFrame, over: pd.DataFrame, most: int) -> list[str]:
    """The items with most hours of each overload, and how many more there are."""
    keys = ["resource", "period"]
    of = load[load["hours"] > _TINY].merge(over[keys], on=keys)
    of = of.groupby([*keys, "item"])["hours"].sum().reset_index()
    of = of.sort_values(["hours", "item"], ascending=[False, True])
    more = (of.groupby(keys).size() - most).clip(lower=0)
    of = of.groupby(keys).head(most)
    of["says"] = [f"{item} {hours:,.6g} h" for item, hours in zip(of["item"], of["hours"], strict=True)]
    said = of.groupby(keys)["says"].agg(", ".join)
    said += [f" and {count} more" if count else "" for count in more[said.index]]
    return [said[key] for key in zip(over["resource"], over["period"], strict=True)]


def _sentence(row: pd.Series, start: object, bands: LoadBands) -> str:
    resource, period, hours, made = row["resource"], row["period"], f"{row['hours']:,.6g}", row["items"]
    if period < start:
        return f"{resource} should have worked {hours} h in {named(period)}, before the plan starts, for {made}"
    limit = f" at a limit of {100 * bands.red:g} %" if bands.red != 1 else ""
    loaded = f" ({100 * row['load']:.0f} %)" if np.isfinite(row["load"]) else ""
    return (
        f"{resource} in {named(period)} needs {hours} h and has {row['available']:,.6g} h{limit}: "
        f"{row['over']:,.6g} h too many{loaded}, made by {made}"
    )
