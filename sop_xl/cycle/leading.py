"""From the history to the plan after overrides, step by step: what Demand Planning judges and tells afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.judgement import Past, weights
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.statistical import Statistical, statistical
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand.agreement import consensus, overrides
from sop_xl.demand.cleansing import history as demand_history

SERIES = ["item", "channel", "region"]


@dataclass(frozen=True)
class Led:
    """The history as sold and as corrected, the forecast, the plan after each step, and what overrides did to it.

    `weights` is the table `department_weights`; plans have item, channel, region, period and quantity [units].
    """

    raw: pd.DataFrame
    clean: pd.DataFrame
    made: Statistical
    past: Past
    weights: pd.DataFrame
    statistical: pd.DataFrame
    events: pd.DataFrame
    inputs: pd.DataFrame
    done: overrides.Overridden


def led(frames: Frames, context: Context) -> Led:
    """Forecast every series on sale and lead it through events, departments' inputs and overrides."""
    items = plain(frames["items"])
    raw = plain(frames["demand_history"])
    raw = raw[raw["period"] <= context.as_of]
    context.progress("correcting the history", 0.02)
    complete = demand_history.complete(raw, periods.since(raw["period"].min(), context.as_of))
    clean = demand_history.adjusted(complete, plain(frames["adjustments"]))
    made = statistical(clean, frames, context)

    context.progress("leading it to the consensus", 0.4)
    base = made.forecast[[*SERIES, "period", "forecast"]].rename(columns={"forecast": "quantity"})
    with_events = made.basis.events.applied(base, items)
    past = Past.of(frames, context, raw)
    departments, earned = weights(plain(frames["departments"]), past)
    with_inputs = consensus.blend_inputs(with_events, plain(frames["inputs"]), departments, items)
    typed = plain(frames["overrides"])
    done = overrides.overridden(with_inputs, typed, items, context.as_of, context.periods, last_year=clean)
    return Led(raw, clean, made, past, earned, base, with_events, with_inputs, done)
