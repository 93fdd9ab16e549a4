"""Keep, re-base or drop an override: what was chosen on sheet OverrideRadar is carried out.

A run never touches what a person typed; these choices do, because the person asks for it. Each is journaled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sop_xl.cycle import journal
from sop_xl.cycle.desk import context_of, write
from sop_xl.cycle.keeping import plain, records, shaped
from sop_xl.cycle.radar import (
    AGAINST,
    AHEAD,
    ENDING,
    EXPIRED,
    KEPT,
    NOW,
    NOWHERE,
    WITH,
    amount,
    asked,
    end_of_cycle,
    last_day,
)
from sop_xl.cycle.step import Context, Frames, silent
from sop_xl.demand.agreement import radar
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.book import Book
from sop_xl.workbook.tables import TABLES

KEEP, REBASE, DROP = "keep", "re-base", "drop"
ACTIONS = (KEEP, REBASE, DROP)
READS = ("overrides", "override_radar", "override_months")


@dataclass(frozen=True)
class Choice:
    """What is to be done with an override, and who says so."""

    override: str
    action: str
    by: str


@dataclass(frozen=True)
class Carried:
    """The tables after the choices, a sentence for each that was carried out, and for each that was not."""

    frames: dict[str, pd.DataFrame]
    done: tuple[str, ...]
    left: tuple[str, ...]


def choose(
    book: Book,
    choices: Mapping[str, str] | None = None,
    *,
    by: str = "",
    locked: bool = False,
    now: datetime | None = None,
    user: str = "",
) -> str:
    """Carry out choices on the overrides of a book, all at once; what was done, in sentences.

    Parameters
    ----------
    book
        a book with the tables `overrides`, `override_radar` and `override_months`
    choices
        keep, re-base or drop by the name of the override; None takes what is typed in column Action of the radar
    by
        who says so; by default who typed it, or who is at the machine
    locked
        whether a locked override may be changed
    now, user
        the moment and the person of the journal; by default the clock, and who is at the machine

    Named choices are carried out all or none. Of typed ones, those that cannot be are told and left alone.

    Raises
    ------
    PlanningError, InputError
        Where nothing is chosen, or a choice cannot be carried out: with the override and the reason.

    """
    with book.lock():
        if "override_radar" not in book.tables():
            raise PlanningError(f"{book.where} was made by an older version and has no sheet OverrideRadar")
        frames = book.read(("control", *READS, *journal.OWN)).frames
        context = context_of(frames["control"], now=now or datetime.now(), user=user)
        wanted = _typed(frames, by or context.user) if choices is None else _named(choices, by or context.user)
        carried = carried_out(frames, context, wanted, locked=locked)
        if carried.left and (choices is not None or not carried.done):
            raise PlanningError("; ".join(carried.left))
        what = ", ".join(f"{choice.action} {choice.override}" for choice in wanted)
        write(book, frames, carried.frames, context, f"overrides: {what}"[:120], silent)
    lines = [*carried.done, *(f"left alone: {says}" for says in carried.left)]
    return "\n".join([*lines, "Demand Planning plans with it at its next run"])


def carried_out(frames: Frames, context: Context, choices: tuple[Choice, ...], *, locked: bool = False) -> Carried:
    """The tables `overrides`, `override_radar` and `override_months` after choices, with what was done and what not."""
    overrides = plain(frames["overrides"]).copy()
    watched, months = plain(frames["override_radar"]).copy(), plain(frames["override_months"])
    done, left = [], []
    for choice in choices:
        reason = next(_refusals(choice, overrides, watched, locked=locked), "")
        if reason:
            left.append(reason)
            continue
        at = overrides.index[overrides["override"].eq(choice.override)][0]
        seen = watched.index[watched["override"].eq(choice.override)][0]
        row: dict[str, Any] = records(overrides.loc[[at]])[0]
        below = _below(months, choice.override)
        changes, says = _carried(choice, row, below, context)
        for column, value in changes.items():
            overrides.loc[at, column] = value
        made, months = _seen(choice, {**row, **changes}, below, months, context)
        stamp = f"{context.now:%Y-%m-%d} by {choice.by}"
        for column, value in (made | {"chosen": f"{says}, {stamp}", "action": "", "by": ""}).items():
            watched.loc[seen, column] = value
        done.append(f"{choice.override}: {says}")
    after = {"overrides": overrides, "override_radar": watched, "override_months": months}
    return Carried({name: shaped(TABLES[name], frame) for name, frame in after.items()}, tuple(done), tuple(left))


def _typed(frames: Frames, user: str) -> tuple[Choice, ...]:
    watched = plain(frames["override_radar"])
    chosen = watched[watched["action"].ne("")]
    if chosen.empty:
        raise PlanningError(
            "nothing is chosen: type keep, re-base or drop in column Action of sheet OverrideRadar, "
            "or name an override with --keep, --rebase or --drop"
        )
    return tuple(Choice(str(r["override"]), str(r["action"]), str(r["by"]) or user) for r in records(chosen))


def _named(choices: Mapping[str, str], by: str) -> tuple[Choice, ...]:
    wrong = [action for action in choices.values() if action not in ACTIONS]
    if wrong:
        raise InputError(f"an override is kept, re-based or dropped ({', '.join(ACTIONS)}), got {wrong[0]!r}")
    return tuple(Choice(name, action, by) for name, action in choices.items())


def _refusals(choice: Choice, overrides: pd.DataFrame, watched: pd.DataFrame, *, locked: bool) -> Iterator[str]:
    """Why a choice cannot be carried out; nothing where it can."""
    name, action = choice.override, choice.action
    typed = records(overrides[overrides["override"].eq(name)])
    seen = records(watched[watched["override"].eq(name) & watched["asks"].ne("")])
    if not typed:
        yield f"there is no override {name} on sheet Overrides"
    elif not seen:
        yield f"override {name} is not on sheet OverrideRadar; run Demand Planning first"
    elif action not in ACTIONS:
        yield f"override {name}: an action is {', '.join(ACTIONS)}, got {action!r}"
    elif seen[0]["status"] == EXPIRED:
        yield f"override {name} has ended already; type a later day in Expires to have it count again"
    elif action == DROP:
        if typed[0]["locked"] and not locked:
            yield f"override {name} is locked and stays; to end it take the tick from Locked, or add --locked"
    else:
        yield from _no_reference(choice, typed[0], seen[0], locked=locked)


def _no_reference(choice: Choice, row: dict[str, Any], seen: dict[str, Any], *, locked: bool) -> Iterator[str]:
    """Why today's plan cannot be the new reference of an override."""
    name, status = choice.override, str(seen["status"])
    if asked(row) != seen["asks"]:
        yield (
            f"override {name} was {seen['asks']} at the last run and is {asked(row)} now; "
            "run Demand Planning, then choose again"
        )
    if status in (AHEAD, NOWHERE):
        yield f"override {name} changes nothing in this plan ({status}), so there is nothing to {choice.action}"
    if choice.action == REBASE and row["kind"] != "percent":
        if row["locked"] and not locked:
            yield f"override {name} is locked and keeps its value; take the tick from Locked, or add --locked"
        if not float(seen["typed_against"]) > 0:
            yield f"override {name} was typed against a plan of 0 units, so it has no share of it to keep"


def _carried(choice: Choice, row: dict[str, Any], below: pd.DataFrame, context: Context) -> tuple[dict[str, Any], str]:
    """What changes in the typed row, and what is said of it."""
    now = f"{below[NOW].sum():,.0f} units"
    match choice.action:
        case "drop":
            return {"expires": context.as_of - pd.Timedelta(days=1)}, "dropped"
        case "re-base" if row["kind"] != "percent":
            both = below.dropna(subset=[AGAINST, NOW])
            value = radar.rebased(
                str(row["kind"]), float(row["value"]), float(both[AGAINST].sum()), float(both[NOW].sum())
            )
            was, new = amount(row), amount({**row, "value": value})
            return {"value": value}, f"re-based from {was} to {new} on a plan of {now}"
        case "re-base":
            return {}, f"re-based: {amount(row)} of a plan of {now}"
        case _:
            return {}, f"kept at {amount(row)} on a plan of {now}"


def _seen(
    choice: Choice, row: dict[str, Any], below: pd.DataFrame, months: pd.DataFrame, context: Context
) -> tuple[dict[str, Any], pd.DataFrame]:
    """What the radar shows of it until the next run, and the months it refers to."""
    made: dict[str, Any] = {"asks": asked(row), "ends": last_day(row, context)}
    if choice.action == DROP:
        rest = months[~(months["override"].eq(choice.override) & months["measure"].ne(AGAINST))]
        gone = {"now": np.nan, "move": np.nan, "with_it": np.nan, "status": EXPIRED}
        says = f"dropped on {context.now:%Y-%m-%d} by {choice.by}; the next run plans without it"
        return made | gone | {"says": says}, rest
    now = below[NOW].dropna()
    with_it = pd.Series(radar.wanted(str(row["kind"]), float(row["value"]), now), index=now.index).round(2)
    rest = months[months["override"].ne(choice.override)]
    fresh = [
        pd.DataFrame({"override": choice.override, "measure": name, "period": now.index, "quantity": values.to_numpy()})
        for name, values in ((AGAINST, now), (NOW, now), (WITH, with_it))
    ]
    total = round(float(now.sum()), 1)
    figures = {"typed_against": total, "now": total, "move": 0.0, "with_it": round(float(with_it.sum()), 1)}
    says = f"today's plan of {total:,.0f} units is what it is held against from now on"
    state = ENDING if made["ends"] <= end_of_cycle(context) else KEPT
    return made | figures | {"status": state, "says": says}, pd.concat([rest, *fresh], ignore_index=True)


def _below(months: pd.DataFrame, override: str) -> pd.DataFrame:
    """The measures of an override by month."""
    rows = months[months["override"].eq(override)]
    wide = rows.pivot_table(index="period", columns="measure", values="quantity", aggfunc="sum")
    return wide.reindex(columns=[AGAINST, NOW, WITH])
