"""What limits a plan beside its sources: hours, people, suppliers, lanes, budgets, locked cells, blends."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.periods import label
from sop_xl.supply.network import Array, Blends, Budgets, Crews, Limits, Locks, Numbers, Resource, Trucks
from sop_xl.supply.reading.codes import Codes, Rows
from sop_xl.supply.reading.sources import match_sources
from sop_xl.supply.reading.tables import check_known, check_numbers, row_name
from sop_xl.supply.settings import PlanSettings


def read_resources(rows: pd.DataFrame, settings: PlanSettings) -> tuple[Resource, ...]:
    """Work centers with what their hours cost; overtime without a cost of its own adds the overtime premium."""
    cost = check_numbers(rows, "resources", "cost_per_hour")
    overtime = check_numbers(rows, "resources", "overtime_cost_per_hour", blank=True)
    overtime = overtime.fillna(cost * (1 + settings.overtime_premium))
    shift = check_numbers(rows, "resources", "shift_cost", blank=True).fillna(0.0)
    columns = zip(rows["resource"], rows["location"], cost, overtime, shift, strict=True)
    return tuple(Resource(name, location, float(c), float(o), float(s)) for name, location, c, o, s in columns)


def read_hours_there(rows: Rows, codes: Codes, settings: PlanSettings) -> dict[str, Array]:
    """Hours by (resource, month): regular, overtime, of an extra shift, and how many shifts there may be.

    A resource people run (`workforce`) may do without regular hours: its people give them. Where shifts are not
    counted, one may be run.
    """
    frame = rows["capacity"]
    hours = check_numbers(frame, "capacity", "hours", blank=True).to_numpy()
    found = {}
    for measure in ("regular", "overtime", "shift", "shifts"):
        part = frame["measure"].eq(measure).to_numpy()
        number = codes.resources.get_indexer(pd.Index(frame["resource"][part]))
        found[measure] = codes.by_month(frame[part], number, hours[part], len(codes.resources), np.nan)
    crewed = set(rows["workforce"]["resource"])
    used = set(rows["routings"]["resource"]) - crewed
    for row, name in enumerate(codes.resources.tolist()):
        gaps = np.flatnonzero(np.isnan(found["regular"][row]))
        if name in used and len(gaps):
            raise InputError(f"capacity: {name} has no regular hours for {label(codes.periods[gaps[0]])}")
        if name in crewed and len(gaps) == len(codes.periods):
            found["regular"][row] = np.inf
    regular = np.nan_to_num(found["regular"], nan=0.0, posinf=np.inf)
    share = settings.overtime_share * np.where(np.isinf(regular), 0.0, regular)
    return {
        "regular": regular,
        "overtime": np.where(np.isnan(found["overtime"]), share, found["overtime"]),
        "shift": np.nan_to_num(found["shift"]),
        "shifts": np.where(np.isnan(found["shifts"]), 1.0, found["shifts"]),
    }


def read_crews(rows: Rows, codes: Codes, settings: PlanSettings) -> Crews:
    """People by resource; their hours may follow the working days of the month (`capacity`, measure `worker`)."""
    frame = rows["workforce"]
    numbers = {
        column: check_numbers(frame, "workforce", column, blank=blank is not None).fillna(blank or 0.0).to_numpy()
        for column, blank in (
            ("workers", None), ("hours_per_worker", None), ("wage", 0.0), ("hourly_wage", 0.0), ("hiring_cost", 0.0),
            ("layoff_cost", 0.0), ("overtime_hours_per_worker", np.inf), ("minimum", 0.0), ("maximum", np.inf),
        )
    }  # fmt: skip
    least, most = numbers["minimum"], numbers["maximum"]
    none = np.ceil(least) > most if settings.exact_lots else least > most
    if none.any():
        row, of = frame[none].iloc[0], int(none.argmax())
        raise InputError(
            f"{row_name('workforce', row)}: no {'whole ' if settings.exact_lots else ''}number of people is "
            f"at least {least[of]:g} and at most {most[of]:g}"
        )
    resource = codes.resources.get_indexer(pd.Index(frame["resource"])).astype(np.int64)
    own = rows["capacity"][rows["capacity"]["measure"].eq("worker")].reset_index(drop=True)
    check_known(own, "capacity", "resource", set(frame["resource"]), "resource that people run")
    in_month = codes.by_month(
        own, codes.resources.get_indexer(pd.Index(own["resource"])),
        check_numbers(own, "capacity", "hours").to_numpy(), len(codes.resources), np.nan,
    )[resource]  # fmt: skip
    hours = np.where(np.isnan(in_month), numbers["hours_per_worker"][:, None], in_month)
    return Crews(
        resource=resource,
        workers=numbers["workers"],
        hours=hours,
        overtime=numbers["overtime_hours_per_worker"],
        wage=numbers["wage"][:, None] + numbers["hourly_wage"][:, None] * hours,
        hiring=numbers["hiring_cost"],
        layoff=numbers["layoff_cost"],
        most=numbers["maximum"],
        least=numbers["minimum"],
    )


def read_supplier_limits(rows: Rows, frame: pd.DataFrame, codes: Codes) -> Limits:
    """Most units a supplier delivers in a month over all items, and the units a contract binds us to."""
    limits = rows["supplier_limits"]
    quantity = check_numbers(limits, "supplier_limits", "quantity").to_numpy()
    bought = frame["kind"].isin(["buy", "subcontract"])
    unknown = limits[~limits["supplier"].isin(frame.loc[bought, "supplier"])]
    if len(unknown):
        raise InputError(f"{row_name('supplier_limits', unknown.iloc[0])}: nothing is bought from this supplier")
    names = pd.Index(sorted(set(limits["supplier"])))
    number = names.get_indexer(pd.Index(limits["supplier"]))
    most, least = (
        codes.by_month(limits[part], number[part], quantity[part], len(names), blank)
        for part, blank in (
            (limits["measure"].eq("maximum").to_numpy(), np.inf),
            (limits["measure"].eq("contract").to_numpy(), 0.0),
        )
    )
    if (least > most).any():
        n, t = (int(x[0]) for x in np.nonzero(least > most))
        raise InputError(
            f"supplier_limits: the contract with {names[n]} asks for {least[n, t]:g} units in "
            f"{label(codes.periods[t])}, more than the {most[n, t]:g} it can deliver"
        )
    of = np.where(bought, names.get_indexer(pd.Index(frame["supplier"])), -1).astype(np.int64)
    return Limits(tuple(names), most, least, of, np.ones(len(frame)))


def read_lanes(rows: Rows, frame: pd.DataFrame, volume: Array, codes: Codes) -> tuple[Limits, Trucks]:
    """Load that a lane carries in a month over all items, and what its trucks hold and cost."""
    lanes = rows["lanes"]
    most = check_numbers(lanes, "lanes", "maximum", blank=True).fillna(np.inf).to_numpy()
    load = check_numbers(lanes, "lanes", "truck_load", blank=True)
    if (load == 0).any():
        raise InputError(f"{row_name('lanes', lanes[load == 0].iloc[0])}: truck load must be above 0, got 0")
    key = ["supplier", "location", "mode"]
    index = pd.MultiIndex.from_frame(lanes[key].astype(object))
    moved = frame["kind"].eq("transfer").to_numpy()
    of = (
        index.get_indexer(pd.MultiIndex.from_frame(frame[key].astype(object)))
        if len(lanes)
        else np.full(len(frame), -1)
    )
    of = np.where(moved, of, -1).astype(np.int64)
    unused = np.setdiff1d(np.arange(len(lanes)), of)
    if len(unused):
        raise InputError(
            f"{row_name('lanes', lanes.iloc[unused[0]])}: no transfer of the table sources takes this lane"
        )
    names = tuple(
        f"{supplier} to {location}{f' by {mode}' if mode else ''}"
        for supplier, location, mode in zip(lanes["supplier"], lanes["location"], lanes["mode"], strict=True)
    )
    months = len(codes.periods)
    cost = check_numbers(lanes, "lanes", "cost_per_truck", blank=True).fillna(0.0).to_numpy()
    limits = Limits(names, np.repeat(most[:, None], months, axis=1), np.zeros((len(lanes), months)), of, volume)
    return limits, Trucks(load.to_numpy(), cost)


def read_budgets(rows: Rows, codes: Codes) -> Budgets:
    """Money by kind and month."""
    frame = rows["spend_limits"]
    amount = check_numbers(frame, "spend_limits", "amount").to_numpy()
    kinds = pd.Index(sorted(set(frame["kind"])))
    number = kinds.get_indexer(pd.Index(frame["kind"]))
    return Budgets(tuple(kinds), codes.by_month(frame, number, amount, len(kinds), np.inf))


def read_locks(rows: Rows, frame: pd.DataFrame, codes: Codes, lead: Numbers) -> Locks:
    """Orders a person fixed; one that would arrive after the horizon, or is not of it, is refused."""
    locks = rows["locks"]
    source = match_sources(frame, locks, "locks")
    quantity = check_numbers(locks, "locks", "quantity").to_numpy()
    month = codes.month(locks["period"])
    outside = (month < 0) | (month + lead[source] >= len(codes.periods)) if len(locks) else np.empty(0, dtype=bool)
    if outside.any():
        row = locks[outside].iloc[0]
        raise InputError(
            f"{row_name('locks', row)}: an order of this month does not arrive between "
            f"{label(codes.periods[0])} and {label(codes.periods[-1])}"
        )
    return Locks(source, month, quantity)


def read_last_plan(rows: Rows, frame: pd.DataFrame, codes: Codes) -> Array | None:
    """Orders of the last plan by (source, month of release); sources that are gone are passed over."""
    last = rows["last_plan"]
    if last.empty:
        return None
    from sop_xl.supply.reading.sources import KEY

    number = pd.MultiIndex.from_frame(frame[KEY]).get_indexer(pd.MultiIndex.from_frame(last[KEY]))
    month = codes.month(last["period"])
    quantity = check_numbers(last, "last_plan", "quantity").to_numpy()
    known = (number >= 0) & (month >= 0)
    found = np.zeros((len(frame), len(codes.periods)))
    np.add.at(found, (number[known], month[known]), quantity[known])
    return found


def read_blends(rows: Rows, frame: pd.DataFrame, parts: pd.DataFrame, codes: Codes) -> Blends:
    """Bounds of the qualities of blended items, and what each make source brings to them: that of its component."""
    blends = rows["blends"]
    least = check_numbers(blends, "blends", "minimum", blank=True, low=-np.inf).fillna(-np.inf).to_numpy()
    most = check_numbers(blends, "blends", "maximum", blank=True, low=-np.inf).fillna(np.inf).to_numpy()
    if (least > most).any():
        row = blends[least > most].iloc[0]
        raise InputError(f"{row_name('blends', row)}: the least is above the most")
    values = check_numbers(rows["qualities"], "qualities", "value", low=-np.inf)
    known = {
        (item, quality): value
        for item, quality, value in zip(rows["qualities"]["item"], rows["qualities"]["quality"], values, strict=True)
    }
    brings = np.zeros((len(blends), len(frame)))
    rows_of = zip(blends["item"], blends["location"], blends["quality"], strict=True)
    for number, (item, where, quality) in enumerate(rows_of):
        mine = parts[parts["item"].eq(item) & parts["location"].eq(where)]
        if mine.empty:
            raise InputError(f"{row_name('blends', blends.iloc[number])}: nothing is blended of it")
        for source, component, amount in zip(mine["source"], mine["component"], mine["amount"], strict=True):
            if (component, quality) not in known:
                raise InputError(f"qualities: {component} has no {quality}, which {item} is bound by")
            brings[number, source] += known[component, quality] * amount
    names = tuple(
        f"{item},{where},{q}"
        for item, where, q in zip(blends["item"], blends["location"], blends["quality"], strict=True)
    )
    return Blends(names, codes.place(blends["item"], blends["location"]), least, most, brings)
