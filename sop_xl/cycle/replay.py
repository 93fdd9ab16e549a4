"""Rehearsal: past cycles planned again with the settings of today, held against what was sold and what was said then.

Each cycle sees the history up to its own last month, as it stands corrected today; events count as typed today,
frozen overrides as they were. Stock is simulated point by point: orders up to a level each month, lead times in whole
months, sources that always deliver, no lots and no capacity. A sale that was lost then is in no history, so that
service is too good by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.data_gathering import unwaived
from sop_xl.cycle.desk import open_desk, write
from sop_xl.cycle.frozen import FROZEN, OVERRIDE
from sop_xl.cycle.keeping import keep_typed, plain, records
from sop_xl.cycle.rehearsed_stock import Points, simulated
from sop_xl.cycle.statistical import Statistical, statistical
from sop_xl.cycle.step import Context, Frames, Progress, silent
from sop_xl.demand import segments
from sop_xl.demand.cleansing import history as demand_history
from sop_xl.demand.review import accuracy, snapshots
from sop_xl.errors import InputError, StoppingIssues
from sop_xl.workbook.book import Book
from sop_xl.workbook.tables import TABLES

READS = (
    "control", "items", "channels", "regions", "calendar", "demand_history", "adjustments", "events", "succession",
    "launches", "channel_shifts", "sources", "inventory_policy", "error_shape", "snapshots", "frozen_changes",
)  # fmt: skip
TODAY, THEN, NAIVE, SEASONAL = "today's settings", "as planned then", "naive", "seasonal naive"
ALL = "all"
SERIES = ["item", "channel", "region"]
_STEPS = {TODAY: "statistical", THEN: "statistical", NAIVE: "naive", SEASONAL: "seasonal naive"}
"""Whose errors make the safety stock of a plan."""


@dataclass(frozen=True)
class Cycle:
    """A past cycle: its last month of history, the month judged, what each plan forecast, and the classes of items."""

    origin: pd.Timestamp
    judged: pd.Timestamp
    plans: dict[str, pd.DataFrame]
    classes: pd.DataFrame

    @property
    def name(self) -> str:
        """Its first planned month."""
        return periods.label(self.origin + pd.DateOffset(months=1))


@dataclass(frozen=True)
class Replay:
    """Table `replay`, and the sentence of it."""

    table: pd.DataFrame
    says: str


def replay(frames: Frames, context: Context, cycles: int = 6) -> Replay:
    """Plan the last cycles again with the settings of today.

    Parameters
    ----------
    frames
        The tables of `READS`.
    context
        The settings of today; accuracy is judged at the lag on Control.
    cycles
        How many past cycles.

    Raises `InputError` where the history is too short for so many.

    """
    if isinstance(cycles, bool) or cycles < 1:
        raise InputError(f"the number of cycles must be 1 or more, got {cycles}")
    raw = plain(frames["demand_history"])
    raw = raw[raw["period"] <= context.as_of]
    if raw.empty:
        raise InputError("there is no demand history to replay; fill sheet History first")
    months = periods.since(raw["period"].min(), context.as_of)
    lag = context.settings.accuracy_lag
    most = len(months) - 2 * lag - 1
    if cycles > most:
        room = f"at most {most} can be replayed" if most > 0 else "none can be replayed"
        asked = f"{cycles} cycle{'s' if cycles > 1 else ''} at lag {lag}"
        raise InputError(f"the history has {len(months)} months, too few for {asked}: {room}")
    clean = demand_history.adjusted(demand_history.complete(raw, months), plain(frames["adjustments"]))
    context.progress("forecasting with the settings of today", 0.02)
    now = statistical(clean, frames, replace(context, progress=silent))
    past = [_cycle(n, m, cycles, clean, frames, context) for n, m in enumerate(months[-cycles:])]
    context.progress("measuring the errors known then", 0.6)
    errors = _errors(now, frames, context, cycles)
    found = _judged(past, clean)
    stock = _stock(past, clean, errors, frames, context)
    table = _table(found, stock, past)
    return Replay(table, str(table.iloc[0]["says"]))


def _cycle(number: int, judged: pd.Timestamp, of: int, clean: pd.DataFrame, frames: Frames, context: Context) -> Cycle:
    """Plan one cycle as far as was known then."""
    origin = judged - pd.DateOffset(months=context.settings.accuracy_lag)
    context.progress(
        f"planning the cycle of {periods.label(origin + pd.DateOffset(months=1))}", 0.1 + 0.5 * number / of
    )
    settings = replace(context.settings, as_of=(origin + pd.offsets.MonthEnd(0)).date())
    then = replace(context, settings=settings, progress=silent)
    seen = clean[clean["period"] <= origin].reset_index(drop=True)
    items = plain(frames["items"])
    made = statistical(seen, frames, then)
    base = made.forecast[[*SERIES, "period", "forecast"]].rename(columns={"forecast": "quantity"})
    ours = _with_overrides(made.basis.events.applied(base, items), plain(frames["frozen_changes"]), origin)
    sold = seen[seen["item"].isin(ours["item"])]
    naive = snapshots.naive_stage(sold, settings.as_of, then.periods)
    seasonal = snapshots.seasonal_naive_stage(sold, settings.as_of, then.periods)
    plans = {TODAY: ours, NAIVE: naive, SEASONAL: _with_young(seasonal, naive, sold)}
    frozen = _frozen(plain(frames["snapshots"]), ours, origin)
    if frozen is not None:
        plans[THEN] = frozen
    classes = segments.segments(seen, items, then.as_of, settings.abc_a, settings.abc_b)
    return Cycle(origin, judged, plans, classes)


def _with_young(seasonal: pd.DataFrame, naive: pd.DataFrame, sold: pd.DataFrame) -> pd.DataFrame:
    """The plan of a year ago; series that did not sell yet then repeat the last month."""
    first = sold[sold["quantity"].fillna(0.0).ne(0)].groupby(SERIES)["period"].min().rename("first").reset_index()
    both = naive.merge(seasonal, on=[*SERIES, "period"], how="left", suffixes=("", "_ago")).merge(first, how="left")
    old = both["quantity_ago"].notna() & both["first"].le(both["period"] - pd.DateOffset(years=1))
    return both.assign(quantity=both["quantity_ago"].where(old, both["quantity"]))[[*SERIES, "period", "quantity"]]


def _with_overrides(plan: pd.DataFrame, changes: pd.DataFrame, origin: pd.Timestamp) -> pd.DataFrame:
    """The plan with what the overrides frozen in that cycle added, spread over the series of the item."""
    mine = changes[changes["status"].eq(FROZEN) & changes["kind"].eq(OVERRIDE) & changes["as_of"].eq(origin)]
    if mine.empty:
        return plan
    added = (mine["after"] - mine["before"]).groupby([mine["item"], mine["period"]]).sum()
    keys = pd.MultiIndex.from_frame(plan[["item", "period"]])
    whole = plan.groupby(["item", "period"])["quantity"].transform("sum")
    count = plan.groupby(["item", "period"])["quantity"].transform("size")
    share = (plan["quantity"] / whole.where(whole > 0)).fillna(1.0 / count)
    more = added.reindex(keys).fillna(0.0).to_numpy() * share.to_numpy()
    return plan.assign(quantity=(plan["quantity"] + more).clip(lower=0.0))


def _frozen(table: pd.DataFrame, ours: pd.DataFrame, origin: pd.Timestamp) -> pd.DataFrame | None:
    """The plan that was frozen in that cycle, by series; months between the lags kept are interpolated.

    An item's plan is spread over its series as ours is; what was not kept of an item stays as ours.
    """
    mine = table[table["status"].eq(FROZEN) & table["as_of"].eq(origin)]
    if mine.empty:
        return None
    wide = mine.pivot_table(index="item", columns="period", values="consensus", aggfunc="sum")
    whole = ours.pivot_table(index="item", columns="period", values="quantity", aggfunc="sum")
    known = [m for m in wide.columns if m in set(whole.columns)]
    ratio = (wide[known] / whole.reindex(index=wide.index)[known].where(lambda w: w > 0)).reindex(columns=whole.columns)
    ratio = ratio.T.interpolate(limit_direction="both").T.reindex(whole.index).fillna(1.0)
    factor = ratio.stack().reindex(pd.MultiIndex.from_frame(ours[["item", "period"]])).fillna(1.0)
    return ours.assign(quantity=ours["quantity"] * factor.to_numpy())


def _errors(now: Statistical, frames: Frames, context: Context, cycles: int) -> pd.DataFrame:
    """Errors of each step by series and month, with the location that serves it: those of a month before it count."""
    settings, fitted = context.settings, now.basis
    back = accuracy.backtest(
        fitted.panel,
        origins=cycles + settings.backtest_origins,
        lag=settings.accuracy_lag,
        pins=now.pins,
        groups=fitted.groups,
    )
    back = fitted.days.denormalised(back, ["actual", "forecast"], period="ds")
    served = plain(frames["regions"]).set_index("region")["served_from"]
    return back.assign(location=back["region"].map(served))


def _judged(past: list[Cycle], clean: pd.DataFrame) -> pd.DataFrame:
    """Forecast and actual by cycle, plan and item: series that were forecast and have an actual."""
    actual = clean.rename(columns={"quantity": "actual"})
    parts = []
    for cycle in past:
        for name, plan in cycle.plans.items():
            rows = plan[plan["period"].eq(cycle.judged)].merge(actual, on=[*SERIES, "period"])
            rows = rows.dropna(subset=["actual", "quantity"])
            by_item = rows.groupby("item", as_index=False)[["quantity", "actual"]].sum()
            parts.append(by_item.assign(cycle=cycle.name, plan=name))
    return pd.concat(parts, ignore_index=True)


def _stock(
    past: list[Cycle], clean: pd.DataFrame, errors: pd.DataFrame, frames: Frames, context: Context
) -> pd.DataFrame:
    """Demand, units served and stock value by cycle and plan; a plan that not every cycle has borrows ours."""
    names = list(dict.fromkeys(name for cycle in past for name in cycle.plans))
    parts = []
    for number, name in enumerate(names):
        context.progress(f"simulating the stock: {name}", 0.7 + 0.28 * number / len(names))
        own = [cycle.plans.get(name, cycle.plans[TODAY]) for cycle in past]
        mine = errors[errors["step"].eq(_STEPS[name])].assign(step="statistical")
        points = Points.of(frames, context, clean)
        months = simulated(points, own, [c.origin for c in past], [c.classes for c in past], mine)
        months["cycle"] = [periods.label(month) for month in months["month"]]
        parts.append(months.assign(plan=name))
    return pd.concat(parts, ignore_index=True)


def _table(found: pd.DataFrame, stock: pd.DataFrame, past: list[Cycle]) -> pd.DataFrame:
    """Table `replay`: all cycles first, then each, with every plan."""
    both = pd.concat([found.assign(cycle=ALL), found], ignore_index=True)
    both["error"] = (both["actual"] - both["quantity"]).abs()
    sums = both.groupby(["cycle", "plan"]).agg(
        error=("error", "sum"), quantity=("quantity", "sum"), actual=("actual", "sum"), items_judged=("item", "nunique")
    )
    volume = sums["actual"].where(sums["actual"] > 0)
    sums["wmape"], sums["bias"] = sums["error"] / volume, (sums["quantity"] - sums["actual"]) / volume
    months = stock.groupby(["cycle", "plan"])[["demand", "served", "value"]].sum()
    every = (
        stock.groupby("plan").agg({"demand": "sum", "served": "sum", "value": "mean"}).reset_index().assign(cycle=ALL)
    )
    months = pd.concat([months, every.set_index(["cycle", "plan"])])
    rows = sums.join(months, how="left").reset_index()
    rows["service"] = rows["served"] / rows["demand"].where(rows["demand"] > 0)
    judged = {cycle.name: cycle.judged for cycle in past}
    rank = {name: n for n, name in enumerate((TODAY, THEN, NAIVE, SEASONAL))}
    rows = rows.assign(
        month=pd.to_datetime(rows["cycle"].map(judged)),
        stock=rows["value"],
        says=[_says(name, cycle, past) for name, cycle in zip(rows["plan"], rows["cycle"], strict=True)],
        place=rows["plan"].map(rank),
        first=rows["cycle"].ne(ALL),
    )
    rows = rows.sort_values(["first", "cycle", "place"], ignore_index=True)
    columns = ["cycle", "plan", "month", "items_judged", "wmape", "bias", "demand", "service", "stock", "says"]
    table = rows[columns].astype({"items_judged": float})
    first = table["cycle"].eq(ALL) & table["plan"].eq(TODAY)
    said = sentence(table, len(past), _over_frozen(found))
    return table.assign(says=table["says"].mask(first, said))


def _says(plan: str, cycle: str, past: list[Cycle]) -> str:
    if plan == THEN:
        count = sum(THEN in c.plans for c in past)
        if cycle != ALL or count == len(past):
            return "the plan frozen then; between the lags kept it is interpolated"
        return f"{count} of {len(past)} cycles have a frozen plan: accuracy is theirs alone, stock takes ours elsewhere"
    return {
        TODAY: "history up to then, corrections and events as typed today, overrides as frozen then",
        NAIVE: "the last month again",
        SEASONAL: "the same month of the year before",
    }[plan]


def _over_frozen(found: pd.DataFrame) -> float:
    """WMAPE of today's settings over the cycles that have a frozen plan [share]."""
    cycles = found.loc[found["plan"].eq(THEN), "cycle"]
    mine = found[found["plan"].eq(TODAY) & found["cycle"].isin(cycles)]
    return accuracy.wmape(mine["actual"], mine["quantity"]) if len(mine) else float("nan")


def sentence(table: pd.DataFrame, cycles: int, over_frozen: float) -> str:
    """What came of the rehearsal: accuracy, service and stock against what was planned then, else the better naive.

    `over_frozen` is the WMAPE of today's settings over the cycles that have a frozen plan.
    """
    figures = {str(row["plan"]): row for row in records(table[table["cycle"].eq(ALL)])}
    other = THEN if THEN in figures else min((n for n in figures if n != TODAY), key=lambda n: figures[n]["wmape"])
    ours, theirs = figures[TODAY], figures[other]
    frozen = int((table["plan"].eq(THEN) & table["cycle"].ne(ALL)).sum())
    accurate = f"WMAPE {_percent(ours['wmape'])} instead of {_percent(theirs['wmape'])}"
    if 0 < frozen < cycles:
        both = f"{_percent(over_frozen)} instead of {_percent(theirs['wmape'])}"
        accurate = f"WMAPE {_percent(ours['wmape'])} (in the {frozen} with a frozen plan: {both})"
    change = ours["stock"] / theirs["stock"] - 1.0 if theirs["stock"] > 0 else 0.0
    stock = f"stock {_percent(abs(change))} {'higher' if change > 0 else 'lower'}"
    span = "the last cycle" if cycles == 1 else f"the last {cycles} cycles"
    return (
        f"With today's settings {span} would have had {accurate}, service {_percent(ours['service'])} instead of "
        f"{_percent(theirs['service'])}, {stock if abs(change) >= 5e-4 else 'the same stock'} "
        f"({other if other == THEN else f'with {other}'})."
    )


def _percent(value: float) -> str:
    return "unknown" if pd.isna(value) else f"{100 * value:.1f} %"


def replay_book(
    book: Book, cycles: int = 6, *, now: datetime | None = None, user: str = "", progress: Progress = silent
) -> Replay:
    """Replay the last cycles of a book and write table `replay`, where the book has it; undo takes it back.

    Raises `StoppingIssues` where the data has issues that stop Demand Planning, `InputError` where the history is too
    short for so many cycles.
    """
    with book.lock():
        desk = open_desk(book, now=now or datetime.now(), user=user, progress=lambda d, s: progress(d, 0.05 * s))
        stops = [i.says for i in unwaived(desk.issues, desk.frames["checks"]) if i.table in READS]
        if stops:
            raise StoppingIssues("the rehearsal", stops)
        context = replace(desk.context, progress=lambda doing, share: progress(doing, 0.05 + 0.9 * share))
        done = replay(desk.frames, context, cycles)
        table = keep_typed(TABLES["replay"], desk.frames["replay"], done.table)
        write(book, desk.frames, {"replay": table}, context, f"replay {cycles} cycles", progress)
    return Replay(table, done.says)
