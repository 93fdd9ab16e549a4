"""What falls due: everything with an end or a date before the first planned month is over, and the calendar's days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.radar import asked
from sop_xl.cycle.step import Context, Frames

DONE, DUE, OVERDUE, AHEAD, ENDS = "done", "due", "overdue", "ahead", "ends"
_COLUMNS = ["register", "name", "owner", "due", "state", "about"]


@dataclass(frozen=True)
class Register:
    """A table whose rows end or fall due: the column with the day, with the owner, and a sentence of a row."""

    table: str
    name: str
    day: str
    owner: str
    says: Callable[[dict[str, object]], str]
    ends: bool = False
    blank_ends: bool = False


def _of(column: str) -> Callable[[dict[str, object]], str]:
    return lambda row: str(row[column] or "")


def _override(row: dict[str, object]) -> str:
    """What an override asks for and why, as far as it is typed."""
    reason = str(row["reason"] or "")
    if pd.isna(row["first_period"]) or pd.isna(row["value"]):  # type: ignore[call-overload]
        return reason
    return asked(row) + (f" ({reason})" if reason else "")


REGISTERS = {
    "override": Register("overrides", "override", "expires", "owner", _override, ends=True, blank_ends=True),
    "assumption": Register("assumptions", "assumption", "expires", "owner", _of("says"), ends=True),
    "order fixed by a person": Register("locks", "item", "expires", "owner", _of("reason"), ends=True),
    "risk": Register("risks", "risk", "trigger", "owner", lambda row: f"by then we know: {row['kind']}"),
    "decision": Register("decisions", "decision", "review", "who", _of("issue")),
    "action": Register("actions", "action", "due", "owner", _of("says")),
}
"""The registers by what a row of each is called."""


def due_this_cycle(frames: Frames, context: Context) -> pd.DataFrame:
    """Table `due_this_cycle`: what ends or is due by the end of the first planned month, the earliest first.

    What has ended before the as-of day counts no more and is left out; what is due and not closed stays, as overdue.
    """
    end = context.periods[0] + pd.offsets.MonthEnd(0)
    rows = []
    for kind, register in REGISTERS.items():
        frame = plain(frames[register.table])
        if "status" in frame:
            frame = frame[frame["status"].ne("closed")]
        for row in records(frame[frame[register.name].ne("")]):
            day = row[register.day]
            if pd.isna(day) and not register.blank_ends:
                continue
            gone = pd.notna(day) and day <= context.as_of
            if (register.ends and gone) or (pd.notna(day) and day > end):
                continue
            state = ENDS if register.ends else OVERDUE if gone else DUE
            rows.append((kind, str(row[register.name]), row[register.owner], day, state, register.says(row)))
    found = pd.DataFrame(rows, columns=_COLUMNS)
    found["due"] = pd.to_datetime(found["due"])
    found = found.drop_duplicates(["register", "name"])
    return found.sort_values("due", kind="stable", na_position="last", ignore_index=True)


def cycle_calendar(frames: Frames, context: Context) -> pd.DataFrame:
    """Table `cycle_calendar` with the date of each milestone in this cycle and how it stands.

    Working days are Monday to Friday after the as-of day. A milestone is done when its step is.
    """
    rows = plain(frames["cycle_calendar"])
    counts = rows["day"].notna()
    number = rows["day"].where(counts, 1.0).clip(lower=1).astype(int).to_numpy()
    first = np.datetime64(context.as_of.date()) + 1
    days = pd.Series(pd.to_datetime(np.busday_offset(first, number - 1, roll="forward")), index=rows.index)
    days = days.where(counts).astype("datetime64[ns]")
    steps = plain(frames["steps"])
    done = set(steps.loc[steps["status"].str.startswith(DONE), "step"])
    today = pd.Timestamp(context.now).normalize()
    state = pd.Series(np.select([days < today, days == today], [OVERDUE, DUE], AHEAD), index=rows.index)
    state = state.mask(rows["step"].isin(done), DONE).where(counts, "")
    return rows.assign(date=days, state=state)


def register_tables(frames: Frames, context: Context) -> dict[str, pd.DataFrame]:
    """The tables every run brings up to date, whatever step it runs."""
    return {"due_this_cycle": due_this_cycle(frames, context), "cycle_calendar": cycle_calendar(frames, context)}
