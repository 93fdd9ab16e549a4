"""From the plan signed last to this one, by cause: of the demand plan, and of what is made and bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle import plan_causes as causes
from sop_xl.cycle.frozen import DRAFT, FROZEN
from sop_xl.cycle.grid import TOTAL
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.cycle.versions import APPROVED, SUPERSEDED, snapshot
from sop_xl.finance.plan_bridge import ACTUALS, LAST, MODEL, THIS, Walk, plan_walk

NONE = "no plan signed before"
ROUNDING = "channels and rounding"
OPENING, SHORT, ABOVE, REST = "opening stock", "late and lost", "stock above target", "under way and substitutes"
DEMAND_BARS = {LAST: 1, ACTUALS: 2, MODEL: 3, causes.EVENTS: 4, causes.INPUTS: 5}
FIRST_REASON, ROUNDING_AT, THIS_AT = 11, 90, 99
"""Places of the bars: reasons of overrides from 11 on, largest first."""
SUPPLY_CAUSES = {
    causes.DEMAND: 102,
    causes.ORDERS: 103,
    causes.USED: 104,
    OPENING: 105,
    causes.ON_ORDER: 106,
    causes.TARGET: 107,
    SHORT: 108,
    causes.BELOW: 109,
    ABOVE: 110,
    REST: 190,
}
SUPPLY_BARS = {LAST: 101, **SUPPLY_CAUSES, THIS: 199}
PARTS = "parts"
"""The supply bridge of what is not sold itself: its units would drown those of what is."""
PARTS_AFTER = 100
"""How much further the bars of parts stand than those of what is sold."""
MADE = {causes.SUPPLY: "Made and bought", PARTS: "Parts made and bought"}
ROWS = 10
"""Items listed under a bar."""
_NAMED = 3
"""Items a sentence names."""
_NAMED_FROM = 0.75
"""An item that moves less is not named [units]."""

SAYS = {
    ACTUALS: "the same model on the months sold since",
    MODEL: "other settings, methods, corrections or items on the same history",
    causes.EVENTS: "promotions and other events",
    causes.INPUTS: "what departments expect",
    ROUNDING: "shifts between channels, and whole units",
    causes.DEMAND: "the demand plan",
    causes.ORDERS: "orders of customers beyond the forecast",
    causes.USED: "what assemblies use",
    OPENING: "stock at the start, against what the last plan expected of it",
    causes.ON_ORDER: "ordered before and still to come",
    causes.TARGET: "target stock at the end",
    SHORT: "what is late or lost, for capacity or another limit",
    causes.BELOW: "stock short of its target at the end: capacity, another limit, or not worth its cost",
    ABOVE: "stock beyond its target at the end: lots, building ahead, and what nobody needs",
    REST: "on its way between places, or standing in for other items",
}


@dataclass(frozen=True)
class Bridges:
    """Tables `plan_bridge` and `plan_bridge_rows`, and a sentence for the step."""

    steps: pd.DataFrame
    rows: pd.DataFrame
    says: str


def plan_bridges(frames: Frames, context: Context) -> Bridges:
    """Both bridges; where no earlier plan was signed, one row that says so."""
    table = plain(frames["plan_causes"])
    cycle = causes.last_signed(table, context)
    months = _months(table, cycle, context)
    if not len(months):
        return _nothing(cycle)
    master = plain(frames["items"]).drop_duplicates("item")
    span = (
        f"from the plan of cycle {cycle} to that of {context.settings.cycle}, "
        f"over the {len(months)} months both cover: {periods.label(months[0])} to {periods.label(months[-1])}"
    )
    found = {causes.DEMAND: _demand(table, cycle, months, master, context)}
    found |= _supply(table, cycle, months, master, frames)
    steps = pd.concat([_steps(part, walk, span) for part, walk in found.items()], ignore_index=True)
    rows = pd.concat([_rows(part, walk) for part, walk in found.items()], ignore_index=True)
    total = steps[steps["part"].eq(causes.DEMAND) & steps["family"].eq(TOTAL)].set_index("number")["units"]
    change = total[THIS_AT] - total[DEMAND_BARS[LAST]]
    return Bridges(steps, rows, f"demand {change:+,.0f} units against the plan of cycle {cycle} over the same months")


def _months(table: pd.DataFrame, cycle: str, context: Context) -> pd.DatetimeIndex:
    """The months both plans cover."""
    mine = table[table["cycle"].eq(cycle) & table["status"].eq(FROZEN) & table["part"].eq(causes.DEMAND)]
    last = mine["period"].max() if cycle and len(mine) else context.periods[0] - pd.DateOffset(months=1)
    return context.periods[context.periods <= last]


def _nothing(cycle: str) -> Bridges:
    why = (
        f"The plan of cycle {cycle} and this one have no month in common."
        if cycle
        else "No plan of an earlier cycle was signed: the bridge begins with the cycle after the first sign-off."
    )
    row = {"part": causes.DEMAND, "family": TOTAL, "number": 0.0, "step": NONE, "says": why}
    return Bridges(pd.DataFrame([row]), pd.DataFrame(), "")


def _demand(table: pd.DataFrame, cycle: str, months: pd.DatetimeIndex, master: pd.DataFrame, context: Context) -> Walk:
    now = _put_in(causes.of(table, causes.DEMAND, context.settings.cycle, DRAFT, FROZEN), months)
    last = _put_in(causes.of(table, causes.DEMAND, cycle, FROZEN), months)
    again = table[table["status"].eq(causes.RESTATED) & table["cycle"].eq(cycle) & table["period"].isin(months)]
    restated = again.groupby("item", as_index=False)[["quantity"]].sum() if len(again) else None
    reasons = sorted(c for c in {*last["cause"], *now["cause"]} if c.startswith(causes.OVERRIDE))
    order = [causes.STATISTICAL, causes.EVENTS, causes.INPUTS, *reasons, ROUNDING]
    return plan_walk(last, now, master.assign(price=master["list_price"]), order, restated)


def _put_in(rows: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Item, cause, quantity: what each cause put into the demand of these months; rounding is what is left."""
    sums = rows[rows["period"].isin(months)].groupby(["item", "cause"])["quantity"].sum()
    plan = sums.xs(causes.CONSENSUS, level="cause") if causes.CONSENSUS in sums.index.unique("cause") else sums[:0]
    put = sums.drop(causes.CONSENSUS, level="cause", errors="ignore")
    left = plan.sub(put.groupby("item").sum(), fill_value=0.0).rename_axis("item")
    rest = left.rename("quantity").reset_index().assign(cause=ROUNDING)
    return pd.concat([put.reset_index(), rest], ignore_index=True)[["item", "cause", "quantity"]]


def _supply(
    table: pd.DataFrame, cycle: str, months: pd.DatetimeIndex, master: pd.DataFrame, frames: Frames
) -> dict[str, Walk]:
    """The supply bridges of what is sold and of parts, where the plan signed last is kept.

    Where this plan ends before the last one did, nobody knows the targets of then: all stock at the end is one bar.
    """
    versions, stored = plain(frames["versions"]), plain(frames["approved_plan"])
    signed = versions[versions["cycle"].eq(cycle) & versions["status"].isin([APPROVED, SUPERSEDED])]
    signed = signed[signed["version"].isin(stored["version"])]
    signed = signed.sort_values(["status", "created"], ascending=[False, True])
    then = causes.of(table, causes.SUPPLY, cycle, FROZEN)
    if signed.empty or then.empty:
        return {}
    plan = stored[stored["version"].eq(signed.iloc[-1]["version"])]
    before = months[0] - pd.DateOffset(months=1)
    expected = plan[plan["measure"].eq("stock") & plan["period"].eq(before)].groupby("item")["quantity"].sum()
    balance = plain(frames["projected_balance"])
    now = causes.supply_causes(plain(frames["consensus"]), plain(frames["supply_plan"]), balance)
    if not (then["cause"].eq(causes.TARGET) & then["period"].eq(months[-1])).any():
        then, now = (f[~f["cause"].isin([causes.TARGET, causes.BELOW])] for f in (then, now))
    there = balance[balance["measure"].eq("opening") & balance["period"].eq(months[0])]
    last = supply_parts(plan, then, expected, months)
    this = supply_parts(snapshot(frames), now, there.groupby("item")["quantity"].sum(), months)
    parts = set(master.loc[~master["sold"], "item"])
    valued = master.assign(price=master["standard_cost"])
    made = {}
    for part, mine in ((causes.SUPPLY, False), (PARTS, True)):
        then_, now_ = (f[f["item"].isin(parts).eq(mine)] for f in (last, this))
        made[part] = plan_walk(then_, now_, valued, list(SUPPLY_CAUSES))
    return made


def supply_parts(plan: pd.DataFrame, kept: pd.DataFrame, opening: pd.Series, months: pd.DatetimeIndex) -> pd.DataFrame:
    """What each cause puts into what is made and bought in these months: item, cause, quantity [units].

    `plan` has measure, item, period, quantity (`versions.snapshot`), `kept` item, cause, period, quantity
    (`plan_causes.supply_causes`), `opening` the stock of each item before the first of the months [units]. Made and
    bought = demand + customer orders + used - opening stock - on order + target - late and lost - below target + above
    target + what is under way or stands in; the last is what is left.
    """

    def flow(name: str) -> pd.Series:
        mine = kept[kept["cause"].eq(name) & kept["period"].isin(months)]
        return mine.groupby("item")["quantity"].sum()

    def level(name: str, month: pd.Timestamp) -> pd.Series:
        mine = kept[kept["cause"].eq(name) & kept["period"].eq(month)]
        return mine.groupby("item")["quantity"].sum()

    def signed(*measures: str, month: pd.Timestamp | None = None) -> pd.Series:
        mine = plan[plan["measure"].isin(measures)]
        mine = mine[mine["period"].isin(months)] if month is None else mine[mine["period"].eq(month)]
        return mine.groupby("item")["quantity"].sum()

    end, before = months[-1], months[0] - pd.DateOffset(months=1)
    made = signed("production", "purchases")
    closing = signed("stock", month=end)
    target, below = level(causes.TARGET, end), level(causes.BELOW, end)
    short = flow(causes.LOST).add(level(causes.LATE, end), fill_value=0.0)
    short = short.sub(level(causes.LATE, before), fill_value=0.0)
    above = closing.sub(target, fill_value=0.0).add(below, fill_value=0.0)
    parts = pd.DataFrame(
        {
            causes.DEMAND: signed("demand"),
            causes.ORDERS: flow(causes.ORDERS),
            causes.USED: flow(causes.USED),
            OPENING: -opening,
            causes.ON_ORDER: -flow(causes.ON_ORDER),
            causes.TARGET: target,
            SHORT: -short,
            causes.BELOW: -below,
            ABOVE: above,
        }
    ).fillna(0.0)
    parts[REST] = made.reindex(parts.index, fill_value=0.0) - parts.sum(axis=1)
    long = parts.rename_axis("item").reset_index().melt("item", var_name="cause", value_name="quantity")
    return long[long["quantity"].ne(0)].reset_index(drop=True)


def _places(part: str, walk: Walk) -> dict[str, int]:
    """The place of every step; reasons of overrides by the units they move, largest first."""
    if part == causes.SUPPLY:
        return SUPPLY_BARS
    if part == PARTS:
        return {step: place + PARTS_AFTER for step, place in SUPPLY_BARS.items()}
    moved = dict(zip(walk.steps, abs(walk.units.sum(axis=0)), strict=True))
    reasons = sorted((s for s in walk.bars if s.startswith(causes.OVERRIDE)), key=lambda step: (-moved[step], step))
    ranked = {step: FIRST_REASON + n for n, step in enumerate(reasons)}
    return {**DEMAND_BARS, **ranked, ROUNDING: ROUNDING_AT, THIS: THIS_AT}


def _steps(part: str, walk: Walk, span: str) -> pd.DataFrame:
    """Rows of table `plan_bridge` of one part; the total after the families."""
    steps = walk.by_family(TOTAL)
    steps = steps.assign(part=part, number=steps["step"].map(_places(part, walk)).astype(float))
    moved = steps.groupby("family")["units"].transform(lambda units: units.abs().max())
    steps = steps[moved.gt(0) | steps["family"].eq(TOTAL)]
    steps = steps.assign(says=[_says(row, part, walk, span) for row in records(steps)])
    steps = steps.assign(_last=steps["family"].eq(TOTAL)).sort_values(["_last", "family", "number"], kind="stable")
    return steps[["part", "family", "number", "step", "units", "money", "says"]].reset_index(drop=True)


def _says(row: dict[str, object], part: str, walk: Walk, span: str) -> str:
    """What a bar is, and the items that move it most; of a family the items alone."""
    step, total = str(row["step"]), row["family"] == TOTAL
    if step in (LAST, THIS):
        return f"{MADE.get(part, 'Demand')}, {span}" if total else ""
    units = walk.units[:, walk.steps.index(step)]
    if not total:
        units = np.where(walk.items["family"].eq(str(row["family"])), units, 0)
    first = [n for n in np.argsort(-abs(units), kind="stable")[:_NAMED] if abs(units[n]) >= 100 * _NAMED_FROM]
    named = ", ".join(f"{walk.items['item'].iloc[n]} {units[n] / 100:+,.0f}" for n in first)
    what = SAYS.get(step, "changes a person typed, with this reason")
    return f"{what[0].upper()}{what[1:]}: {named or 'no change'}" if total else named


def _rows(part: str, walk: Walk) -> pd.DataFrame:
    """Rows of table `plan_bridge_rows` of one part."""
    rows = walk.largest(ROWS)
    rows = rows.assign(part=part, number=rows["step"].map(_places(part, walk)).astype(float))
    ordered = rows.sort_values(["number", "rank"], kind="stable")
    return ordered[["part", "number", "rank", "step", "item", "family", "units", "money"]].reset_index(drop=True)
