"""The radar of overrides: each against the plan it was typed against, and beside it how its owner's changes fared.

The plan that an override changed at the first run that saw it is kept, month by month, over every re-forecast. It
starts anew when the override itself asks for something else; an owner, a reason, a note or an expiry may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand.agreement import radar
from sop_xl.demand.agreement.overrides import Overridden
from sop_xl.demand.levels.scope import SCOPE, is_blank

NEW, KEPT, MOVED, AGREES = "new", "kept", "baseline moved", "now agrees"
ENDING, EXPIRED = "expires this cycle", "expired"
NOWHERE, AHEAD = "nothing matched", "outside the horizon"
ORDER = (MOVED, AGREES, ENDING, NOWHERE, NEW, KEPT, AHEAD, EXPIRED)
"""Statuses, what asks for a choice first."""

AGAINST, NOW, WITH = "typed against", "now", "with it"
"""Measures of table `override_months`."""
EVIDENCE = "evidence asked"

Row = Mapping[str, Any]
_MONTHS = ["override", "measure", "period", "quantity"]


def told(done: Overridden, decisions: pd.DataFrame, frames: Frames, context: Context) -> dict[str, pd.DataFrame]:
    """Tables `override_radar` and `override_months`.

    `done` is what the overrides made of the plan, `decisions` what earlier ones made of months that are closed
    (`decisions.changes_at_lag`). What both tables held before is read from `frames`.
    """
    before = {str(row["override"]): row for row in records(plain(frames["override_radar"]))}
    references = _by_override(frames["override_months"], AGAINST)
    # as it is kept, so that a plan is held against itself to the last digit
    kept = done.scopes.round({"before": 2, "after": 2}).sort_values("period")
    scopes = {str(name): rows.set_index("period") for name, rows in kept.groupby("override")}
    status = dict(zip(done.effects["override"].astype(str), done.effects["status"], strict=True))
    rows, months = [], []
    for row in records(plain(frames["overrides"])):
        name = str(row["override"])
        if last_month(row) < context.periods[0]:
            continue
        known = before.get(name)
        if known is not None and known["asks"] != asked(row):
            known = None
        typed_against = references.get(name, _nothing()) if known is not None else _nothing()
        scope = scopes.get(name)
        if scope is not None:
            typed_against = typed_against.combine_first(scope["before"])
        typed_against = typed_against[typed_against.index >= context.periods[0]].sort_index()
        months += _month_rows(name, {AGAINST: typed_against})
        if scope is not None:
            months += _month_rows(name, {NOW: scope["before"], WITH: scope["after"]})
        rows.append(_row(row, known, typed_against, scope, status[name], decisions, context))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    rank = table["status"].map({word: n for n, word in enumerate(ORDER)})
    size = -(table["with_it"] - table["now"]).abs()
    table = table.assign(rank=rank, size=size).sort_values(["rank", "size"], kind="stable", ignore_index=True)
    return {"override_radar": table[_COLUMNS], "override_months": pd.DataFrame(months, columns=_MONTHS)}


_COLUMNS = [
    "override", "asks", "status", "typed_against", "now", "move", "with_it", "ends", "says", "record", "evidence",
    "since", "chosen",
]  # fmt: skip


def _row(
    row: Row,
    known: Row | None,
    against: pd.Series[float],
    scope: pd.DataFrame | None,
    effect: str,
    decisions: pd.DataFrame,
    context: Context,
) -> dict[str, Any]:
    """One row of the radar."""
    cycle = context.settings.cycle
    since, chosen = (str(known["since"]), str(known["chosen"])) if known is not None else (cycle, "")
    ends = last_day(row, context)
    made: dict[str, Any] = {"override": row["override"], "asks": asked(row), "ends": ends, "since": since}
    made["chosen"] = chosen
    if effect == EXPIRED or scope is None:
        state = effect if effect in (EXPIRED, AHEAD) else NOWHERE
        return made | _nudge(row, float(row["value"]) >= 0, decisions) | {"status": state, "says": _idle(row, state)}
    now = scope["before"]
    move = radar.compared(
        str(row["kind"]), float(row["value"]), against.reindex(now.index), now, context.settings.stale_override
    )
    state = _state(move, ends, since == cycle and chosen == "", context)
    with_it = float(scope["after"].sum())
    figures = {"typed_against": round(move.against, 1), "now": round(move.now, 1), "with_it": round(with_it, 1)}
    share = move.share if np.isnan(move.share) else round(move.share, 4)
    up = with_it > move.now or (with_it == move.now and float(row["value"]) > 0)
    says = sentence(row, state, move, with_it, ends)
    return made | figures | {"move": share, "status": state, "says": says} | _nudge(row, up, decisions)


def _state(move: radar.Move, ends: pd.Timestamp, first_seen: bool, context: Context) -> str:
    if ends <= end_of_cycle(context):
        return ENDING
    if move.agrees:
        return AGREES
    if move.moved:
        return MOVED
    return NEW if first_seen else KEPT


def _nudge(row: Row, up: bool, decisions: pd.DataFrame) -> dict[str, str]:
    """How the owner's and the reason's past changes fared, and whether evidence is asked for."""
    owner = str(row["owner"])
    found = radar.records(decisions, owner, str(row["reason"]), up=up)
    if not found:
        few = radar.counted(decisions, owner)
        return {"record": f"too few judged yet ({few} of {owner}'s, {radar.ENOUGH} needed)", "evidence": ""}
    asks = any(record.fva < 0 for record in found) and is_blank(row.get("note"))
    says = "; ".join(record.says for record in found)
    return {"record": says + ("; ask for evidence" if asks else ""), "evidence": EVIDENCE if asks else ""}


def sentence(row: Row, state: str, move: radar.Move, with_it: float, ends: pd.Timestamp) -> str:
    """What the radar says of an override that counts."""
    makes = f"{amount(row)} makes {_number(with_it)} of {_units(move.now)}"
    if move.agrees:
        about = (
            f"the plan says {_units(move.now)} by itself now, {_units(move.wanted)} were asked for: it can be dropped"
        )
    elif move.moved:
        about = f"the plan below it {_went(move)}; {makes}{_otherwise(row, move)}"
    elif move.share and abs(move.share) >= 0.005:
        about = f"the plan below it {_went(move)}; {makes}"
    else:
        about = f"the plan below it has not moved; {makes}" if state == KEPT else makes
    if state == ENDING:
        about += f"; it counts until {ends:%Y-%m-%d} and ends with this cycle unless a later day is typed in Expires"
    return about


def _went(move: radar.Move) -> str:
    if np.isnan(move.share):
        return f"was 0 units and is {_units(move.now)} now"
    if abs(move.share) < 0.005:
        return f"says as much in all ({_units(move.now)}), but in other months"
    return f"went from {_number(move.against)} to {_units(move.now)} ({move.share:+.0%})".replace("%", " %")


def _otherwise(row: Row, move: radar.Move) -> str:
    if row["kind"] == "percent" or not move.against > 0:
        return ""
    value = radar.rebased(str(row["kind"]), float(row["value"]), move.against, move.now)
    return f"; re-based it would be {amount({**row, 'value': value})}"


def _idle(row: Row, state: str) -> str:
    first = periods.label(row["first_period"])
    if state == EXPIRED:
        return f"ended on {row['expires']:%Y-%m-%d}; its months from {first} are planned without it"
    if state == AHEAD:
        return f"waits: its months from {first} are not planned yet"
    return "the plan has nothing to change there; check item, family, channel and region, and locks before it"


def counted(table: pd.DataFrame) -> str:
    """How many overrides ask for a choice, for the sentence of the step.

    >>> counted(pd.DataFrame({"status": [MOVED, KEPT, ENDING]}))
    ' (2 to look at on sheet OverrideRadar)'
    """
    count = int(table["status"].isin([MOVED, AGREES, ENDING, NOWHERE]).sum())
    return f" ({count} to look at on sheet OverrideRadar)" if count else ""


def asked(row: Row) -> str:
    """What an override asks for, of what, in which months: the same text is the same override.

    >>> asked({"kind": "percent", "value": 0.15, "item": "A", "family": "", "channel": "web", "region": "",
    ...        "first_period": pd.Timestamp("2020-05-01"), "last_period": pd.Timestamp("2020-06-01")})
    '+15 % of A, web; 2020-05 to 2020-06'
    """
    scope = ", ".join(str(row[field]) for field in SCOPE if not is_blank(row.get(field))) or "everything"
    first, last = (periods.label(month) for month in (row["first_period"], last_month(row)))
    return f"{amount(row)} of {scope}; {first if first == last else f'{first} to {last}'}"


def amount(row: Row) -> str:
    """The kind and value of an override in words.

    >>> amount({"kind": "units", "value": -40.0}), amount({"kind": "absolute", "value": 30.0})
    ('-40 units a month', '30 units a month in all')
    """
    value = float(row["value"])
    if row["kind"] == "percent":
        return f"{value * 100:+.10g} %"
    return f"{value:+.10g} units a month" if row["kind"] == "units" else f"{value:.10g} units a month in all"


def last_month(row: Row) -> pd.Timestamp:
    """The last month of an override: blank is the first."""
    last = row.get("last_period")
    return pd.Timestamp(row["first_period"] if last is None or pd.isna(last) else last)


def last_day(row: Row, context: Context) -> pd.Timestamp:
    """The last day an override counts: blank is the end of the cycle."""
    return end_of_cycle(context) if pd.isna(row["expires"]) else pd.Timestamp(row["expires"])


def end_of_cycle(context: Context) -> pd.Timestamp:
    """The day with which the cycle ends: the last of the first planned month."""
    return context.periods[0] + pd.offsets.MonthEnd(0)


def _by_override(table: pd.DataFrame, measure: str) -> dict[str, pd.Series[float]]:
    rows = plain(table)
    rows = rows[rows["measure"].eq(measure)]
    return {str(name): part.set_index("period")["quantity"].sort_index() for name, part in rows.groupby("override")}


def _month_rows(name: str, measures: Mapping[str, pd.Series[float]]) -> list[tuple[str, str, pd.Timestamp, float]]:
    return [
        (name, measure, pd.Timestamp(month), float(quantity))
        for measure, values in measures.items()
        for month, quantity in zip(values.index, values, strict=True)
    ]


def _nothing() -> pd.Series[float]:
    return pd.Series(dtype=float, index=pd.DatetimeIndex([]))


def _units(quantity: float) -> str:
    return "1 unit" if quantity == 1 else f"{_number(quantity)} units"


def _number(quantity: float) -> str:
    """A quantity in words: tenths where it is small."""
    return f"{quantity:,.0f}" if abs(quantity) >= 10 or float(quantity).is_integer() else f"{quantity:.1f}"
