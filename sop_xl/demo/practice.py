"""A practice workbook: a planned company in which twelve things went wrong, to be found and put right.

Each problem is a story a planner might hear, a change made to the planned workbook, and a test of whether it is put
right, so that the workbook can be marked. The stories stand on sheet Actions; where to look and what it was is told by
`sop-xl practice --check`, step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from sop_xl.cycle.desk import open_desk
from sop_xl.cycle.keeping import plain, shaped
from sop_xl.cycle.step import Context, Frames
from sop_xl.demo import company
from sop_xl.errors import InputError
from sop_xl.workbook.tables import TABLES

FILE = "SOP_practice.xlsx"
SLIP = 10.0
"""How far a decimal point slipped."""
TOO_FAR = 4.0
"""A month this many times its neighbours is a slip."""
NAMED = "You"

Change = Callable[[dict[str, pd.DataFrame], Context], pd.DataFrame]
Test = Callable[[Frames, Context], bool]


@dataclass(frozen=True)
class Problem:
    """One thing that went wrong: its story, where to look, what it was, how it is made and when it is put right."""

    number: str
    story: str
    hint: str
    answer: str
    table: str
    make: Change
    right: Test


def _largest(frames: Frames) -> str:
    """The item on sale with the most revenue in the history."""
    items = plain(frames["items"]).drop_duplicates("item").set_index("item")
    alive = items[items["sold"] & items["end"].isna()]
    units = plain(frames["demand_history"]).groupby("item")["quantity"].sum()
    return str((units * alive["list_price"]).dropna().sort_values(kind="stable").index[-1])


def _where(frame: pd.DataFrame, rows: pd.Series[bool], column: str, value: float | str | pd.Timestamp) -> pd.DataFrame:
    """A frame with a value in the first of some rows."""
    made = frame.copy()
    made.loc[rows.idxmax(), column] = value
    return made


def _negative_stock(frames: dict[str, pd.DataFrame], _context: Context) -> pd.DataFrame:
    stock = plain(frames["stock"])
    return _where(stock, stock["quantity"].eq(stock["quantity"].max()), "quantity", -stock["quantity"].max())


def _slipped(history: pd.DataFrame, context: Context) -> pd.Series:
    """How many times its item's median each item's last month is."""
    months = pd.date_range(end=context.periods[0], periods=14, freq="MS")[:-1]
    wide = history[history["period"].isin(months)].groupby(["item", "period"])["quantity"].sum().unstack().fillna(0.0)
    last = wide.reindex(columns=[months[-1]]).fillna(0.0).iloc[:, 0]
    usual = wide.reindex(columns=months[:-1]).fillna(0.0).median(axis=1)
    return last[usual > 1] / usual[usual > 1]


def _slip(frames: dict[str, pd.DataFrame], context: Context) -> pd.DataFrame:
    history = plain(frames["demand_history"])
    last = history["item"].eq(_largest(frames)) & history["period"].eq(history["period"].max())
    return history.assign(quantity=history["quantity"].mask(last, history["quantity"] * SLIP))


def _no_slip(frames: Frames, context: Context) -> bool:
    wrong = _slipped(plain(frames["demand_history"]), context)
    wrong = wrong[wrong > TOO_FAR]
    decided = plain(frames["adjustments"])
    decided = decided[
        decided["decision"].eq("accept") & decided["period"].eq(context.periods[0] - pd.DateOffset(months=1))
    ]
    return set(wrong.index) <= set(decided["item"])


def _ended(frames: dict[str, pd.DataFrame], context: Context) -> pd.DataFrame:
    items = plain(frames["items"])
    return _where(items, items["item"].eq(_second(frames)), "end", context.as_of - pd.Timedelta(days=20))


def _second(frames: Frames) -> str:
    items = plain(frames["items"])
    rest = {**frames, "items": items[items["item"].ne(_largest(frames))]}
    return _largest(rest)


def _none_ended_that_sells(frames: Frames, context: Context) -> bool:
    items = plain(frames["items"])
    ended = set(items.loc[items["end"].notna() & (items["end"] <= context.as_of) & items["sold"], "item"])
    history = plain(frames["demand_history"])
    recent = history[history["period"].eq(history["period"].max()) & history["quantity"].gt(0)]
    return not (ended & set(recent["item"]))


def _cheap(frames: dict[str, pd.DataFrame], _context: Context) -> pd.DataFrame:
    items = plain(frames["items"])
    rows = items["item"].eq(_largest(frames))
    return _where(items, rows, "list_price", float(items.loc[rows, "list_price"].iloc[0]) / 100)


def _prices_cover_a_tenth(frames: Frames, _context: Context) -> bool:
    items = plain(frames["items"])
    return not (items["sold"] & items["list_price"].lt(items["standard_cost"] / 10)).any()


def _late(frames: dict[str, pd.DataFrame], _context: Context) -> pd.DataFrame:
    sources = plain(frames["sources"])
    bought = sources["kind"].eq("buy")
    return _where(sources, bought & sources["lead_time_days"].eq(sources.loc[bought, "lead_time_days"].max()),
                  "lead_time_days", 720.0)  # fmt: skip


def _small_capacity(frames: dict[str, pd.DataFrame], _context: Context) -> pd.DataFrame:
    capacity = plain(frames["capacity"])
    load = plain(frames["resource_load"])
    mean = load[load["measure"].eq("load")].groupby("resource")["hours"].mean()
    name = str(mean.sort_index().idxmax())
    rows = capacity["resource"].eq(name) & capacity["measure"].eq("regular")
    third = sorted(capacity.loc[rows, "period"].unique())[2]
    mine = rows & capacity["period"].eq(third)
    return capacity.assign(hours=capacity["hours"].mask(mine, capacity["hours"] / SLIP))


def _capacity_even(frames: Frames, context: Context) -> bool:
    rows = plain(frames["capacity"])
    rows = rows[rows["measure"].eq("regular") & rows["period"].isin(context.periods)]
    usual = rows.groupby("resource")["hours"].transform("median")
    return not rows["hours"].lt(usual / 4).any()


def _boss(frames: dict[str, pd.DataFrame], context: Context) -> pd.DataFrame:
    items = plain(frames["items"]).drop_duplicates("item").set_index("item")
    new = {
        "override": "O-99", "item": "", "family": items.loc[_largest(frames), "family"], "channel": "", "region": "",
        "first_period": context.periods[0], "last_period": context.periods[-1], "kind": "percent", "value": 0.8,
        "reason": "Management", "owner": "nobody", "entered": context.as_of - pd.Timedelta(days=200),
        "expires": context.periods[-1] + pd.DateOffset(years=5), "locked": False, "note": "",
    }  # fmt: skip
    return _added(frames, "overrides", new)


def _no_wild_override(frames: Frames, context: Context) -> bool:
    rows = plain(frames["overrides"])
    alive = rows["expires"].isna() | (rows["expires"] > context.as_of)
    wild = rows["kind"].eq("percent") & rows["value"].gt(0.5) & rows["note"].eq("")
    return not (alive & wild).any()


def _old_assumption(frames: dict[str, pd.DataFrame], context: Context) -> pd.DataFrame:
    new = {"assumption": "Freight stays at last year's rates", "says": "Contract with the carrier", "value": "fixed",
           "owner": "Logistics", "evidence": "contract", "expires": context.as_of - pd.Timedelta(days=60)}  # fmt: skip
    return _added(frames, "assumptions", new)


def _no_old_assumption(frames: Frames, context: Context) -> bool:
    rows = plain(frames["assumptions"])
    return not (rows["expires"].notna() & (rows["expires"] < context.as_of)).any()


def _overdue(frames: dict[str, pd.DataFrame], context: Context) -> pd.DataFrame:
    rows = plain(frames["receipts"])
    return _where(rows, rows["quantity"].eq(rows["quantity"].max()), "due", context.as_of - pd.Timedelta(days=120))


def _none_overdue(frames: Frames, context: Context) -> bool:
    rows = plain(frames["receipts"])
    return not (rows["due"] < context.as_of - pd.Timedelta(days=90)).any()


def _misspelt(frames: dict[str, pd.DataFrame], _context: Context) -> pd.DataFrame:
    rows = plain(frames["scenario_changes"])
    first = rows[rows["kind"].eq("demand")]
    return _where(rows, rows.index.to_series().eq(first.index[0]), "target", "Bycicles")


def _scenarios_name_something(frames: Frames, context: Context) -> bool:
    from sop_xl.cycle import scenario
    from sop_xl.errors import PlanningError

    changes = plain(frames["scenario_changes"])
    try:
        for _, mine in changes.groupby("scenario"):
            scenario.apply(frames, mine, context)
    except PlanningError:
        return False
    return True


def _risk_twice(frames: dict[str, pd.DataFrame], _context: Context) -> pd.DataFrame:
    new = {"risk": "Everything may go wrong", "kind": "risk", "family": "", "probability": 1.0, "impact": 5_000_000.0,
           "owner": "", "status": "open"}  # fmt: skip
    return _added(frames, "risks", new)


def _risks_are_owned(frames: Frames, _context: Context) -> bool:
    rows = plain(frames["risks"])
    return not (rows["status"].ne("closed") & (rows["owner"].eq("") | rows["probability"].ge(1.0))).any()


def _easy_service(frames: dict[str, pd.DataFrame], _context: Context) -> pd.DataFrame:
    rows = plain(frames["inventory_policy"])
    return rows.assign(service_level=rows["service_level"].mask(rows["abc"].eq("A"), 0.5))


def _service_in_order(frames: Frames, _context: Context) -> bool:
    rows = plain(frames["inventory_policy"])
    level = rows.groupby("abc")["service_level"].min()
    return bool(level.get("A", 1.0) >= level.drop("A", errors="ignore").max())


def _added(frames: Frames, table: str, new: Mapping[str, object]) -> pd.DataFrame:
    rows = plain(frames[table])
    return pd.concat([rows, shaped(TABLES[table], pd.DataFrame([dict(new)]))[list(rows.columns)]], ignore_index=True)


def _no_negative_stock(frames: Frames, _context: Context) -> bool:
    return not plain(frames["stock"])["quantity"].lt(0).any()


def _lead_times_short(frames: Frames, _context: Context) -> bool:
    return not plain(frames["sources"])["lead_time_days"].gt(365).any()


PROBLEMS = (
    Problem("P01", "The stock count was typed in a hurry", "Button Check data, then sheet Issues",
            "A stock on hand was negative; stock can be 0, not less", "stock", _negative_stock, _no_negative_stock),
    Problem("P02", "Sales says last month was a normal month, not a record", "Sheets Adjustments and Anomalies, last month of the best seller",
            "Demand of the best seller was ten times too high in the last month: a decimal point; correct the history or accept the correction",
            "demand_history", _slip, _no_slip),
    Problem("P03", "A good item has vanished from the forecast, though customers order it", "Sheet Items, column End",
            "An item that sells had an end date in the past, so it was not planned", "items", _ended, _none_ended_that_sells),
    Problem("P04", "Revenue of the plan is far below budget, units are not", "Sheet Items, list price against standard cost",
            "A list price was typed in cents: a hundredth of the right one", "items", _cheap, _prices_cover_a_tenth),
    Problem("P05", "Safety stock of one bought item has exploded", "Sheet Sources, lead time",
            "A lead time was 720 days; nothing takes two years", "sources", _late, _lead_times_short),
    Problem("P06", "One work center is red in a single month, and nobody knows of a shutdown", "Sheets Load and Capacity, the month that differs",
            "Regular hours of a month were a tenth of the others", "capacity", _small_capacity, _capacity_even),
    Problem("P07", "A whole family runs 80 % above its forecast, and nobody remembers why", "Sheets Overrides and OverrideRadar",
            "An override without evidence, typed half a year ago by nobody, with five years to run", "overrides", _boss, _no_wild_override),
    Problem("P08", "The carrier has sent a new price list", "Sheet Risks, table Assumptions, column Expires",
            "An assumption had ended two months ago: renew it with evidence, or take it out", "assumptions", _old_assumption, _no_old_assumption),
    Problem("P09", "A delivery the plan counts on has not been seen for months", "Sheet Receipts, column Due",
            "An order under way was due four months ago: ask the supplier, move or delete it", "receipts", _overdue, _none_overdue),
    Problem("P10", "Pre-S&OP does not run any more", "Its message names the scenario; sheet Scenarios",
            "A scenario changed the demand of a family that does not exist: a slip of the pen", "scenario_changes", _misspelt, _scenarios_name_something),
    Problem("P11", "The risk register says we lose five millions for certain", "Sheet Risks",
            "A risk with probability 1 and no owner: what is certain belongs in the plan, and a risk has an owner", "risks", _risk_twice, _risks_are_owned),
    Problem("P12", "The best items are out of stock half of the time, the worst never", "Sheet Policy, service levels by class",
            "Service level of class A was 50 %, below that of B and C", "inventory_policy", _easy_service, _service_in_order),
)  # fmt: skip
"""The problems, easiest door first."""


def seeded(frames: Frames, context: Context) -> dict[str, pd.DataFrame]:
    """The tables of a planned company with every problem made, and the stories on sheet Actions."""
    made = {name: plain(frame) for name, frame in frames.items()}
    changed: dict[str, pd.DataFrame] = {}
    for problem in PROBLEMS:
        changed[problem.table] = problem.make({**made, **changed}, context)
    stories = pd.DataFrame(
        {
            "action": [p.number for p in PROBLEMS],
            "says": [p.story for p in PROBLEMS],
            "owner": NAMED,
            "status": "open",
            "raised": context.settings.cycle,
        }
    )
    return changed | {"actions": shaped(TABLES["actions"], stories)}


def marked(frames: Frames, context: Context) -> list[tuple[Problem, bool]]:
    """Each problem and whether it is put right."""
    return [(problem, problem.right(frames, context)) for problem in PROBLEMS]


def build(folder: Path, *, progress: Callable[[str, float], None], now: datetime | None = None) -> company.Demo:
    """Plan the demo company into `folder`/SOP_practice.xlsx, then let things go wrong in it."""
    now = now or datetime.now()

    def work(part: Path) -> None:
        book = company.planned(part, progress, now)
        desk = open_desk(book, now=now)
        book.write(seeded(desk.frames, desk.context))
        book.flush()

    _, kept = company.put(folder / FILE, work, now)
    return company.Demo(
        folder / FILE, f"{len(PROBLEMS)} things went wrong in it; their stories are on sheet Actions", kept
    )


def report(frames: Frames, context: Context, *, hints: bool = False, answers: bool = False) -> list[str]:
    """What is put right, and what is not yet: its story, and if wanted where to look and what it was.

    A workbook that has none of the stories on sheet Actions is not marked: in it nothing went wrong.
    """
    if not frames["actions"]["action"].isin([problem.number for problem in PROBLEMS]).any():
        raise InputError(
            f"this is no practice workbook: sheet Actions has none of its stories "
            f"({PROBLEMS[0].number} to {PROBLEMS[-1].number}); make one with: sop-xl practice"
        )
    lines = []
    for problem, right in marked(frames, context):
        lines.append(f"{problem.number}  {'put right' if right else 'open':<9}  {problem.story}")
        if hints and not right:
            lines.append(f"{'':16}look at: {problem.hint}")
        if answers or right:
            lines.append(f"{'':16}it was: {problem.answer}")
    done = sum(right for _, right in marked(frames, context))
    return [*lines, f"{done} of {len(PROBLEMS)} put right"]
