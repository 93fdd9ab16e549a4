"""Bills of capacity and resource profiles: hours of one unit with everything made for it, and when they are worked.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 10: capacity planning using overall factors, capacity bills, resource profiles.
[2] Berry, Schmitt & Vollmann, Capacity planning techniques for manufacturing control systems, Journal of Operations
    Management 3(1), 1982.

"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.columns import Number, read_columns


def capacity_bill(routings: pd.DataFrame, bom: pd.DataFrame) -> pd.DataFrame:
    """Hours of each resource for one unit with everything made for it: the bill of capacity of [1].

    Parameters
    ----------
    routings, bom
        As for `resource_profile`.

    Returns
    -------
    DataFrame
        Columns `item`, `resource`, `hours_per_unit` [h/unit], `setup_hours` [h/order], as in `resource_profile`.

    Raises
    ------
    InputError
        As for `resource_profile`.

    >>> routings = pd.DataFrame({"item": ["A", "B"], "resource": ["W", "W"], "hours_per_unit": [0.5, 0.1]})
    >>> capacity_bill(routings, pd.DataFrame({"assembly": ["A"], "component": ["B"], "quantity": [2.0]}))
      item resource  hours_per_unit  setup_hours
    0    A        W             0.7          0.0
    1    B        W             0.1          0.0

    """
    profile = resource_profile(routings, bom)
    return profile.groupby(["item", "resource"], sort=True)[["hours_per_unit", "setup_hours"]].sum().reset_index()


def resource_profile(routings: pd.DataFrame, bom: pd.DataFrame, lead_times: pd.DataFrame | None = None) -> pd.DataFrame:
    """Hours of each resource for one unit, by how long before the unit is due they are worked: the profile of [1].

    A component is due its assembly's lead time before the assembly; its operations are worked in the period it is due,
    or `offset` periods earlier.

    Parameters
    ----------
    routings
        Columns `item`, `resource`, `hours_per_unit` [h/unit]; and where they are set up `setup_hours` [h/lot],
        `lot_size` [units/lot] (setup / lot is added to each unit; blank: one setup for each order), and `offset`
        [periods], how long before the item is due the operation is worked (blank: 0).
    bom
        Columns `assembly`, `component`, `quantity` [units/unit] and, where components are lost, `scrap` [share].
    lead_times
        Columns `item`, `lead_time` [periods]; an item without a row has 0.

    Returns
    -------
    DataFrame
        Columns `item`, `resource`, `offset` [periods], `hours_per_unit` [h/unit], `setup_hours` [h/order]: hours for
        each unit of the item, and hours for each order of it however large.

    Raises
    ------
    InputError
        If the bill of materials runs in a circle, a lot is not above 0, a lead time is no whole number, or a number is
        negative or missing.

    Product B of [1]: assembled of D and two E in one period, E of two F in the period before.

    >>> routings = pd.DataFrame({
    ...     "item": ["B", "D", "E", "F"], "resource": ["100", "200", "200", "200"],
    ...     "hours_per_unit": [1.25, 0.2 / 3, 0.08, 0.0425],
    ...     "setup_hours": [1, 2, 2, 2], "lot_size": [20, 60, 100, 100],
    ... })
    >>> bom = pd.DataFrame({"assembly": ["B", "B", "E"], "component": ["D", "E", "F"], "quantity": [1, 2, 2]})
    >>> lead_times = pd.DataFrame({"item": ["B", "E"], "lead_time": [1, 1]})
    >>> resource_profile(routings, bom, lead_times).query("item == 'B'")[["resource", "offset", "hours_per_unit"]]
      resource  offset  hours_per_unit
    0      100       0            1.30
    1      200       1            0.30
    2      200       2            0.25

    """
    work = read_columns(
        routings, "routings", ["item", "resource"],
        {"hours_per_unit": Number(), "setup_hours": Number(blank=0.0), "lot_size": Number(blank=np.nan),
         "offset": Number(blank=0.0)},
        unique=False,
    )  # fmt: skip
    empty = work["lot_size"] == 0
    if empty.any():
        row = work[empty].iloc[0]
        raise InputError(f"routings, row {row['item']} / {row['resource']}: lot size must be above 0, got 0")
    in_lots = work["lot_size"].notna()
    work["hours_per_unit"] += (work["setup_hours"] / work["lot_size"]).where(in_lots, 0.0)
    work["setup_hours"] = work["setup_hours"].where(~in_lots, 0.0)
    _check_whole(work, "routings", "offset")
    parts = _exploded(_gross(bom), _lead_times(lead_times), work["item"])
    rows = parts.merge(work, left_on="part", right_on="item", suffixes=("", "_work"))
    rows = pd.DataFrame(
        {
            "item": rows["item"],
            "resource": rows["resource"],
            "offset": (rows["offset"] + rows["offset_work"]).astype("int64"),
            "hours_per_unit": rows["units"] * rows["hours_per_unit"],
            "setup_hours": rows["setup_hours"],
        }
    )
    return (
        rows.groupby(["item", "resource", "offset"], sort=True)[["hours_per_unit", "setup_hours"]].sum().reset_index()
    )


def _gross(bom: pd.DataFrame) -> pd.DataFrame:
    """Units of each component that go into one assembly, with what is lost on the way."""
    read = read_columns(
        bom, "bom", ["assembly", "component"], {"quantity": Number(), "scrap": Number(high=0.99, blank=0.0)}
    )
    return read.assign(units=read["quantity"] / (1 - read["scrap"]))[["assembly", "component", "units"]]


def _lead_times(lead_times: pd.DataFrame | None) -> pd.Series:
    if lead_times is None:
        return pd.Series(dtype="float64")
    read = read_columns(lead_times, "lead_times", ["item"], {"lead_time": Number()})
    _check_whole(read, "lead_times", "lead_time")
    return read.set_index("item")["lead_time"]


def _check_whole(read: pd.DataFrame, table: str, column: str) -> None:
    wrong = read[column] % 1 != 0
    if wrong.any():
        row = read[wrong].iloc[0]
        raise InputError(
            f"{table}, row {row['item']}: {column.replace('_', ' ')} must be a whole number of periods, "
            f"got {row[column]:g}"
        )


def _exploded(gross: pd.DataFrame, lead_times: pd.Series, worked: pd.Series) -> pd.DataFrame:
    """Every part of every item, itself included: `item`, `part`, `offset`, `units`; one round for each level."""
    items = pd.unique(pd.concat([worked, gross["assembly"], gross["component"]]).astype(object))
    level = pd.DataFrame({"item": items, "part": items, "offset": 0.0, "units": 1.0})
    levels = [level]
    step = gross.assign(lead=gross["assembly"].map(lead_times).astype("float64").fillna(0.0))
    while len(level):
        if len(levels) > len(items):
            raise InputError(f"the bill of materials runs in a circle: {' -> '.join(_circle(gross, level['part']))}")
        level = level.merge(step, left_on="part", right_on="assembly", suffixes=("", "_of"))
        level["offset"] += level["lead"]
        level["units"] *= level["units_of"]
        level["part"] = level["component"]
        level = level.groupby(["item", "part", "offset"], sort=False)["units"].sum().reset_index()
        levels.append(level)
    return pd.concat(levels, ignore_index=True).groupby(["item", "part", "offset"])["units"].sum().reset_index()


def _circle(gross: pd.DataFrame, reached: pd.Series) -> list[str]:
    """The items of a circle, the first again at the end."""
    above = gross.groupby("component")["assembly"].min()
    path = [reached.min()]
    while path.count(path[-1]) == 1:
        path.append(above[path[-1]])
    ring = path[path.index(path[-1]) :][::-1]
    return [str(item) for item in ring]
