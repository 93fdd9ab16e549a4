"""What the demo's overrides were typed against: the plan of the month before, led up to them as any cycle leads it.

The examples were typed at the end of the last cycle. Its plan is computed from the history there was then, so that
sheet OverrideRadar has a true past to hold them against.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pandas as pd

from sop_xl import periods
from sop_xl.cycle import journal, radar
from sop_xl.cycle.demand_planning import STEP
from sop_xl.cycle.desk import context_of, write
from sop_xl.cycle.keeping import plain, shaped
from sop_xl.cycle.leading import led
from sop_xl.cycle.step import silent
from sop_xl.workbook.book import Book
from sop_xl.workbook.frames import with_defaults
from sop_xl.workbook.tables import TABLES


def play(book: Book, now: datetime) -> None:
    """Let the last cycle see the overrides that had been typed by its end."""
    read = book.read(("control", *STEP.reads, *STEP.writes, *journal.OWN)).frames
    frames = {name: with_defaults(TABLES[name], frame) for name, frame in read.items()}
    context = context_of(frames["control"], now=now)
    before = (periods.month_of(context.as_of) - pd.Timedelta(days=1)).date()
    last = replace(context, settings=replace(context.settings, as_of=before, cycle=periods.label(context.as_of)))
    typed = plain(frames["overrides"])
    then = {**frames, "overrides": typed[typed["entered"] <= context.as_of].reset_index(drop=True)}
    plan = led(then, last)
    seen = radar.told(plan.done, plan.past.overrides, then, last)
    after = {name: shaped(TABLES[name], frame) for name, frame in seen.items()}
    write(book, frames, after, context, "overrides of the last cycle", silent)
