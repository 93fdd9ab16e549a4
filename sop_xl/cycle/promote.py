"""A scenario becomes the plan: its changes are written into the tables that people own, as if they had typed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sop_xl.cycle import scenario
from sop_xl.cycle.change_demand import SERIES, pair
from sop_xl.cycle.keeping import plain, records, shaped
from sop_xl.cycle.step import Context, Frames
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.tables import TABLES

OWNED = (
    "items", "launches", "sources", "capacity", "currencies", "supplier_limits", "receipts", "inventory_policy",
)  # fmt: skip
"""Tables of people that changes are made in; those of demand become overrides and channel shifts."""
CLASS = "class "


@dataclass(frozen=True)
class Promoted:
    """The tables with a scenario made the plan, and what was written where, a line for each change."""

    frames: dict[str, pd.DataFrame]
    says: tuple[str, ...]


def promoted(frames: Frames, context: Context, name: str) -> Promoted:
    """The tables of a workbook with one scenario made the plan.

    Demand and events become rows of `overrides` (reason Management or Promotion, with the scenario as evidence), a
    channel shift a row of `channel_shifts`; all others are made in the table they change. The scenario is marked and no
    longer active. Run Demand Planning to Pre-S&OP afterwards: Base then is what the scenario was.

    Raises
    ------
    InputError
        If there is no such scenario, it is Base, has no changes, has been promoted already, or a change of it cannot be
        made an input.

    """
    listed = plain(frames["scenarios"])
    row = listed["scenario"].eq(name)
    if not row.any():
        raise InputError(f"there is no scenario {name!r}; sheet Scenarios has {', '.join(listed['scenario'])}")
    if name == scenario.BASE:
        raise InputError("Base is the plan already; promote another scenario")
    if (before := listed.loc[row, "promoted"].iloc[0]) != "":
        raise InputError(f"scenario {name!r} has been promoted already ({before}); Undo takes it back")
    changes = plain(frames["scenario_changes"])
    mine = changes[changes["scenario"].eq(name)].sort_values("number")
    if mine.empty:
        raise InputError(f"scenario {name!r} changes nothing: it has no row in table scenario_changes")
    made = scenario.apply(frames, mine, context)
    after, says = dict(frames), []
    for change in records(mine):
        said = scenario.told(pd.DataFrame([change]))
        where, extra = _as_input(after, change, context)
        after |= extra
        says.append(f"{said} -> {where}")
    for table in OWNED:
        if not made[table].equals(plain(frames[table])):
            after[table] = shaped(TABLES[table], made[table])
    mark = f"{context.settings.cycle}, {context.now:%Y-%m-%d}"
    listed.loc[row, "promoted"] = f"{mark}, {context.user}" if context.user else mark
    listed.loc[row, "active"] = False
    listed["promote"] = False
    after["scenarios"] = listed
    return Promoted({n: f for n, f in after.items() if f is not frames.get(n)}, (*says, *_later(after, mine)))


def flagged(scenarios: pd.DataFrame) -> str:
    """The one scenario whose column Promote is TRUE.

    >>> flagged(pd.DataFrame({"scenario": ["Base", "Upside"], "promote": [False, True]}))
    'Upside'
    """
    names = list(scenarios.loc[scenarios["promote"], "scenario"])
    if len(names) == 1:
        return str(names[0])
    if not names:
        raise PlanningError("no scenario is flagged: set Promote to TRUE in one row of sheet Scenarios and press again")
    raise PlanningError(f"one scenario at a time can become the plan; Promote is TRUE for {', '.join(names)}")


def _as_input(frames: dict[str, pd.DataFrame], change: dict[str, Any], context: Context) -> tuple[str, Frames]:
    """Where a change goes, and the tables it is written into here; the others are made by `scenario.apply`."""
    match change["kind"]:
        case "demand" | "event":
            rows = _overrides(frames, change, context)
            return f"sheet Overrides ({len(rows)} row{'s' if len(rows) > 1 else ''})", {
                "overrides": _with_rows("overrides", frames, rows)
            }
        case "channel shift":
            here, there = pair(change["target"], "channel shift", "from channel > to channel")
            first, last = _months(change, context)
            row = {"shift": _free(frames, "channel_shifts", "shift", change), "from_channel": here, "to_channel": there,
                   "share": change["value"], "first_period": first, "last_period": last,
                   "note": f"scenario {change['scenario']}"}  # fmt: skip
            return "sheet Lifecycle, table channel_shifts", {
                "channel_shifts": _with_rows("channel_shifts", frames, [row])
            }
        case scenario.SERVICE_FIRST:
            control = plain(frames["control"])
            if not control["setting"].eq("objective").any():
                raise InputError("sheet Control has no setting objective, so that service first cannot be set")
            value = control["value"].where(control["setting"].ne("objective"), scenario.SERVICE_FIRST)
            return "setting objective on sheet Control", {"control": control.assign(value=value)}
        case kind:
            return _WHERE[kind], {}


_WHERE = {
    "launch delay": "sheets Items and Lifecycle (day of launch)",
    "capacity": "sheet Capacity",
    "overtime": "sheet Capacity",
    "outside purchase": "sheets Sources and SupplyLimits",
    "supplier": "sheets Sources, SupplyLimits and Receipts",
    "supplier limit": "sheet SupplyLimits",
    "supplier out": "sheets SupplyLimits and Receipts",
    "lead time": "sheet Sources",
    "lane delay": "sheets Sources and Receipts",
    "cost": "sheet Sources",
    "currency": "sheet Sourcing, table currencies",
    "price": "sheet Items",
    "service level": "sheet Policy",
}


def _overrides(frames: Frames, change: dict[str, Any], context: Context) -> list[dict[str, Any]]:
    """The overrides that make a change of demand: one, or one for each item of a class."""
    target, percent = change["target"], change["kind"] == "demand"
    first, last = _months(change, context)
    row = {
        "first_period": first,
        "last_period": last,
        "kind": "percent" if percent else "units",
        "value": change["value"],
        "reason": "Management" if percent else "Promotion",
        "owner": context.user or "planner",
        "entered": pd.Timestamp(context.now).normalize(),
        "expires": last + pd.offsets.MonthEnd(0),
        "note": f"scenario {change['scenario']}",
    }
    scopes = _scopes(frames, target, percent, change["scenario"])
    name = _free(frames, "overrides", "override", change)
    many = len(scopes) > 1
    return [row | scope | {"override": f"{name}.{n}" if many else name} for n, scope in enumerate(scopes, start=1)]


def _scopes(frames: Frames, target: str, percent: bool, name: str) -> list[dict[str, str]]:
    if target == "":
        return [{}]
    plan = frames["consensus"]
    segments = frames["segments"]
    if target.startswith(CLASS):
        inside = segments.loc[segments["abc"].eq(target.removeprefix(CLASS)), "item"]
        items = sorted(set(inside) & set(plan["item"]))
        if not percent:
            raise InputError(
                f"scenario {name!r} cannot be promoted: an event of {target!r} is no override; "
                "name an item, family, channel or region"
            )
        return [{"item": item} for item in items]
    found = [column for column in SERIES if plan[column].eq(target).any()]
    found += ["family"] if frames["items"]["family"].eq(target).any() else []
    if len(found) != 1:
        raise InputError(
            f"scenario {name!r} cannot be promoted: {target!r} names {' and '.join(found) or 'nothing'}, "
            "an override only one of them"
        )
    return [{found[0]: target}]


def _months(change: dict[str, Any], context: Context) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last month a change touches."""
    first = int(change["first_period"]) if pd.notna(change["first_period"]) else 1
    last = int(change["last_period"]) if pd.notna(change["last_period"]) else len(context.periods)
    if first > len(context.periods):
        raise InputError(
            f"scenario {change['scenario']!r}, change {change['number']:g}: month {first} lies after the "
            f"{len(context.periods)} months planned"
        )
    return context.periods[first - 1], context.periods[min(last, len(context.periods)) - 1]


def _free(frames: Frames, table: str, column: str, change: dict[str, Any]) -> str:
    """A name that no row of the table has yet."""
    names = [str(name) for name in frames[table][column]]
    taken = {*names, *(name.rpartition(".")[0] for name in names)}
    wanted = f"{change['scenario']}-{change['number']:g}"
    name, n = wanted, 2
    while name in taken:
        name, n = f"{wanted} ({n})", n + 1
    return name


def _with_rows(table: str, frames: Frames, rows: list[dict[str, Any]]) -> pd.DataFrame:
    new = shaped(TABLES[table], pd.DataFrame(rows))
    before = plain(frames[table])
    return pd.concat([before, new[list(before.columns)]], ignore_index=True) if len(before) else new


def _later(after: Frames, changes: pd.DataFrame) -> tuple[str, ...]:
    """A warning where overrides of people are applied after the new ones, or locked against them."""
    if not changes["kind"].isin(["demand", "event"]).any():
        return ()
    overrides = after["overrides"]
    note = "scenario " + str(changes["scenario"].iloc[0])
    others = overrides[overrides["note"].ne(note) & (overrides["locked"] | overrides["kind"].eq("absolute"))]
    if others.empty:
        return ()
    names = ", ".join(others["override"].head(5))
    return (f"note: overrides that hold a value or are locked stay as they are ({names}); the scenario moved them too",)
