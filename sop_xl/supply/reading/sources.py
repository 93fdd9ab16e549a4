"""Sources with their costs, hours and components."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.periods import lead_time_periods
from sop_xl.supply.network import Array, Links, Numbers, Sources
from sop_xl.supply.reading.codes import Codes, Rows
from sop_xl.supply.reading.tables import check_bom, check_numbers, row_name

_ROUNDING = 1e-6

KEY = ["item", "location", "kind", "supplier", "mode"]


def bill_of_materials(rows: Rows) -> pd.DataFrame:
    """Assembly, component, mode, units taken for one assembly (scrap included), months after release."""
    frame = rows["bom"]
    quantity = check_numbers(frame, "bom", "quantity")
    scrap = check_numbers(frame, "bom", "scrap", blank=True, high=0.99).fillna(0.0)
    offset = months(check_numbers(frame, "bom", "offset_days", blank=True, high=3650))
    found = pd.DataFrame(
        {
            "item": frame["assembly"],
            "component": frame["component"],
            "mode": frame["mode"],
            "amount": quantity / (1 - scrap),
            "offset": offset,
        }
    )
    found = found[found["amount"] > 0]
    parts: dict[str, dict[str, None]] = {}
    for assembly, component in zip(found["item"], found["component"], strict=True):
        parts.setdefault(assembly, {})[component] = None
    check_bom({assembly: tuple(names) for assembly, names in parts.items()})
    return found


def months(days: pd.Series) -> Numbers:
    """Lead times in days as whole months."""
    filled = days.fillna(0.0)
    whole = {value: lead_time_periods(float(value)) for value in filled.unique()}
    return np.asarray(filled.map(whole), dtype=np.int64)


def all_sources(rows: Rows) -> pd.DataFrame:
    """The rows of `sources`, and a source for each substitute at each location that may serve with it."""
    frame = rows["sources"]
    given = rows["substitutes"]
    if given.empty:
        return frame.assign(quantity=1.0)
    same = given[given["item"].eq(given["substitute"])]
    if len(same):
        raise InputError(f"{row_name('substitutes', same.iloc[0])}: an item is no substitute of itself")
    quantity = check_numbers(given, "substitutes", "quantity", blank=True).fillna(1.0)
    cost = check_numbers(given, "substitutes", "cost", blank=True).fillna(0.0)
    given = given.assign(quantity=quantity, cost=cost)
    demand = rows["demand"][["item", "location"]].drop_duplicates()
    anywhere = given[given["location"].eq("")].drop(columns="location").merge(demand, on="item")
    made = pd.concat([given[given["location"].ne("")], anywhere]).drop_duplicates(["item", "substitute", "location"])
    rest: dict[str, str | float] = {
        "kind": "substitute", "mode": "", "lead_time_days": 0.0, "minimum": 0.0, "multiple": 0.0, "maximum": np.nan,
        "share": np.nan, "yield": 1.0, "setup_cost": 0.0, "currency": "",
    }  # fmt: skip
    made = made.rename(columns={"substitute": "supplier"}).assign(**rest)
    both = pd.concat([frame.assign(quantity=1.0), made[[*frame.columns, "quantity"]]], ignore_index=True)
    return both.sort_values(KEY, kind="stable", ignore_index=True)


def of_sources(frame: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table for each make source: those of its mode where there are any, else those without one."""
    make = frame.loc[frame["kind"].eq("make"), ["item", "location", "mode"]].rename_axis("source").reset_index()
    own = make.merge(table, on=["item", "mode"])
    other = make[make["mode"].ne("") & ~make["source"].isin(own["source"])]
    usual = other.drop(columns="mode").merge(table[table["mode"].eq("")], on="item")
    return pd.concat([own, usual], ignore_index=True) if len(usual) else own


def read_sources(frame: pd.DataFrame, rows: Rows, codes: Codes) -> Sources:
    """The sources of the plan.

    Raises
    ------
    InputError
        Naming the row: a number that is missing or out of bounds, a purchase without a price, a minimum above the
        maximum.

    """
    days = check_numbers(frame, "sources", "lead_time_days", high=3650)
    minimum, multiple, setup = (
        check_numbers(frame, "sources", c, blank=True).fillna(0.0) for c in ("minimum", "multiple", "setup_cost")
    )
    maximum = check_numbers(frame, "sources", "maximum", blank=True).fillna(np.inf)
    output = check_numbers(frame, "sources", "yield", blank=True, high=1).fillna(1.0)
    if (output <= 0).any():
        raise InputError(f"{row_name('sources', frame[output <= 0].iloc[0])}: yield must be above 0, got 0")
    too_large = (minimum > maximum) & (maximum > 0)
    if too_large.any():
        row = frame[too_large].iloc[0]
        raise InputError(
            f"{row_name('sources', row)}: the smallest order, {minimum[too_large].iloc[0]:g}, is above the most a "
            f"month, {maximum[too_large].iloc[0]:g}"
        )
    share = check_numbers(frame, "sources", "share", blank=True, high=1)
    place = codes.place(frame["item"], frame["location"])
    agreed = np.bincount(place, share.fillna(0.0), len(codes.places))[place]
    if (agreed > 1 + _ROUNDING).any():
        row = frame[agreed > 1 + _ROUNDING].iloc[0]
        raise InputError(
            f"sources: the agreed shares of {row['item']} at {row['location']} add up to "
            f"{agreed[agreed > 1 + _ROUNDING][0]:g}, more than all of it"
        )
    rate = _rates(frame, rows)
    return Sources(
        place=place,
        kind=frame["kind"].to_numpy(dtype=object),
        supplier=frame["supplier"].where(frame["kind"].ne("make"), "").to_numpy(dtype=object),
        mode=frame["mode"].to_numpy(dtype=object),
        lead=months(days),
        lead_days=days.to_numpy(),
        cost=_costs(frame, rows, codes) * rate[:, None],
        minimum=minimum.to_numpy(),
        multiple=multiple.to_numpy(),
        maximum=maximum.to_numpy(),
        share=share.to_numpy(),
        output=output.to_numpy(),
        setup_cost=setup.to_numpy() * rate,
    )


def _rates(frame: pd.DataFrame, rows: Rows) -> Array:
    """What one unit of the currency of each source is worth in that of the plan."""
    rate = check_numbers(rows["currencies"], "currencies", "rate")
    if (rate == 0).any():
        raise InputError(
            f"{row_name('currencies', rows['currencies'][rate == 0].iloc[0])}: rate must be above 0, got 0"
        )
    known = dict(zip(rows["currencies"]["currency"], rate, strict=True)) | {"": 1.0}
    return np.asarray(frame["currency"].map(known), dtype="float64")


def _costs(frame: pd.DataFrame, rows: Rows, codes: Codes) -> Array:
    """Cost of one unit by source and month: its own, or that of the month where `source_prices` has one.

    A purchase without a price costs the standard cost; other kinds cost nothing beside what they take.
    """
    cost = check_numbers(frame, "sources", "cost", blank=True)
    standard = _standard(frame, rows)
    bought = frame["kind"].isin(["buy", "subcontract"])
    listed = rows["source_prices"]
    priced = match_sources(frame, listed, "source_prices")
    has_price = np.zeros(len(frame), dtype=bool)
    has_price[priced] = True
    unknown = bought & cost.isna() & standard.isna() & ~has_price
    if unknown.any():
        raise InputError(f"{row_name('sources', frame[unknown].iloc[0])}: cost is missing, and so is a standard cost")
    own = cost.where(~(bought & cost.fillna(0.0).eq(0.0)), standard).fillna(0.0).to_numpy()
    found = np.repeat(own[:, None], len(codes.periods), axis=1)
    month = codes.month(listed["period"])
    inside = month >= 0
    found[priced[inside], month[inside]] = check_numbers(listed, "source_prices", "cost").to_numpy()[inside]
    return found


def _standard(frame: pd.DataFrame, rows: Rows) -> pd.Series:
    cost = check_numbers(rows["items"], "items", "standard_cost", blank=True)
    return frame["item"].map(dict(zip(rows["items"]["item"], cost, strict=True))).astype("float64")


def match_sources(frame: pd.DataFrame, rows: pd.DataFrame, table: str) -> Numbers:
    """Numbers of the sources that rows of another table name; a source that is not there is refused."""
    if rows.empty:
        return np.empty(0, dtype=np.int64)
    keys = pd.MultiIndex.from_frame(frame[KEY])
    found = keys.get_indexer(pd.MultiIndex.from_frame(rows[KEY]))
    if (found < 0).any():
        row = rows[found < 0].iloc[0]
        raise InputError(f"{row_name(table, row)}: the table sources has no such source")
    return np.asarray(found, dtype=np.int64)


def read_hours(frame: pd.DataFrame, rows: Rows, codes: Codes, notes: list[str]) -> Links:
    """Hours of resources that make sources take: those of work centers at their own location."""
    routings, resources = rows["routings"], rows["resources"]
    where = dict(zip(resources["resource"], resources["location"], strict=True))
    table = pd.DataFrame(
        {
            "item": routings["item"],
            "mode": routings["mode"],
            "of": codes.resources.get_indexer(pd.Index(routings["resource"])),
            "at": routings["resource"].map(where),
            "amount": check_numbers(routings, "routings", "hours_per_unit"),
            "setup": check_numbers(routings, "routings", "setup_hours", blank=True).fillna(0.0),
            "offset": months(check_numbers(routings, "routings", "offset_days", blank=True, high=3650)),
        }
    )
    taken = of_sources(frame, table)
    here = taken[taken["at"].eq(taken["location"])]
    without = taken[~taken["source"].isin(here["source"])].drop_duplicates("source")
    notes += [
        f"{item} is made at {location} without hours: none of its work centers stands there"
        for item, location in zip(without["item"], without["location"], strict=True)
    ]
    return _links(here[(here["amount"] > 0) | (here["setup"] > 0)])


def read_uses(frame: pd.DataFrame, parts: pd.DataFrame, codes: Codes) -> Links:
    """What sources take from stock: components of a make, the item at the donor, the substitute at the place."""
    taken = parts.assign(of=codes.place(parts["component"], parts["location"]), setup=0.0)
    moved = frame[frame["kind"].eq("transfer")]
    stands_in = frame[frame["kind"].eq("substitute")]
    other = [
        pd.DataFrame(
            {
                "source": given.index.to_numpy(),
                "of": codes.place(given[item], given[location]),
                "amount": given["quantity"],
                "offset": 0,
                "setup": 0.0,
            }
        )
        for given, item, location in ((moved, "item", "supplier"), (stands_in, "supplier", "location"))
        if len(given)
    ]
    columns = ["source", "of", "amount", "offset", "setup"]
    return _links(pd.concat([taken[columns], *other], ignore_index=True))


def _links(frame: pd.DataFrame) -> Links:
    ordered = frame.sort_values(["source", "of"], kind="stable")
    return Links(
        source=ordered["source"].to_numpy(dtype=np.int64),
        of=ordered["of"].to_numpy(dtype=np.int64),
        amount=ordered["amount"].to_numpy(dtype="float64"),
        offset=ordered["offset"].to_numpy(dtype=np.int64),
        setup=ordered["setup"].to_numpy(dtype="float64"),
    )
