"""Demand Planning: baseline, events, department inputs, overrides, consensus; accuracy, value added and anomalies."""

from __future__ import annotations

import pandas as pd

from sop_xl import periods
from sop_xl.cycle import channel_plan, frozen, judgement
from sop_xl.cycle.error_shape import error_shape
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.lifecycle import undecided
from sop_xl.cycle.statistical import MEASURES, statistical
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.demand import segments
from sop_xl.demand.agreement import consensus, overrides
from sop_xl.demand.cleansing import history as demand_history
from sop_xl.demand.review import accuracy, snapshots

SERIES = ["item", "channel", "region"]


def demand_planning(frames: Frames, context: Context) -> Outcome:
    """Forecast every series on sale and lead it, step by step, to the consensus."""
    settings, items = context.settings, plain(frames["items"])
    raw = plain(frames["demand_history"])
    raw = raw[raw["period"] <= context.as_of]
    context.progress("correcting the history", 0.02)
    complete = demand_history.complete(raw, periods.since(raw["period"].min(), context.as_of))
    clean = demand_history.adjusted(complete, plain(frames["adjustments"]))
    on_sale = context.on_sale(items)
    made = statistical(clean, frames, context)
    fitted, pins, forecast = made.basis, made.pins, made.forecast
    panel, series, groups = fitted.panel, fitted.series, fitted.groups

    context.progress("leading it to the consensus", 0.4)
    base = forecast[[*SERIES, "period", "forecast"]].rename(columns={"forecast": "quantity"})
    with_events = fitted.events.applied(base, items)
    past = judgement.Past.of(frames, context, raw)
    departments, weights = judgement.weights(plain(frames["departments"]), past)
    inputs = plain(frames["inputs"])
    with_inputs = consensus.blend_inputs(with_events, inputs, departments, items)
    planned = inputs[inputs["period"].isin(context.periods)]
    lost = len(consensus.unmatched_inputs(with_events, planned, items))
    typed = plain(frames["overrides"])
    done = overrides.overridden(with_inputs, typed, items, context.as_of, context.periods, last_year=clean)
    agreed = consensus.consensus_at_every_level(channel_plan.shifted(done.plan, frames), items)
    stages = {
        "statistical": base,
        "events": with_events,
        "inputs": with_inputs,
        "overrides": done.plan,
        "consensus": agreed,
    }
    sold = raw[raw["item"].isin(on_sale["item"])]
    simple = {
        "naive": snapshots.naive_stage(sold, context.as_of, context.periods),
        "seasonal naive": snapshots.seasonal_naive_stage(sold, context.as_of, context.periods),
    }

    context.progress("measuring accuracy over rolling origins", 0.5)
    back = accuracy.backtest(
        panel, origins=settings.backtest_origins, lag=settings.accuracy_lag, pins=pins, groups=groups
    )
    back = fitted.days.denormalised(back[back["unique_id"].isin(series.index)], ["actual", "forecast"], period="ds")
    table = accuracy.accuracy_table(back, items, panel[panel["unique_id"].isin(series.index)])
    served = plain(frames["regions"]).set_index("region")["served_from"]
    at_places = back.assign(location=back["region"].map(served))
    errors = accuracy.forecast_sigma(at_places, keys=("item", "location")).drop(columns="demand")

    context.progress("judging what was said, and looking for anomalies", 0.9)
    drafts = {
        "snapshots": frozen.snapshot(simple | stages, forecast, context),
        "frozen_changes": frozen.changes(done.changes, inputs, with_events, items, context),
    }
    odd = judgement.anomalies(undecided(agreed, frames, context), clean, done.changes, back, past, frames, context)

    classes = segments.segments(clean, items, context.as_of, settings.abc_a, settings.abc_b)
    total = table[table["level"].eq("total")].set_index("step")["wmape"].to_dict()
    counted = done.effects["status"].eq("applied").sum()
    return Outcome(
        {
            "segments": classes,
            "segment_matrix": segments.segment_matrix(classes),
            "event_effects": fitted.events.effects,
            "net_demand": channel_plan.net_demand_table(agreed, frames),
            "baseline": baseline_table(forecast),
            "override_effects": done.effects,
            "demand_steps": consensus.demand_steps(stages, items),
            "consensus": agreed,
            "accuracy": table,
            "forecast_error": errors.rename(columns={"errors": "months"}),
            "error_shape": error_shape(at_places, classes),
            "accuracy_lags": judgement.accuracy_lags(past, items, frozen.lags(context)),
            "fva": judgement.fva(past, back, items),
            "department_weights": weights,
            "anomalies": odd.head(judgement.ANOMALIES_SHOWN),
        }
        | {name: frozen.with_draft(frames[name], draft, context) for name, draft in drafts.items()},
        f"{len(series):,} series forecast; WMAPE {total['statistical']:.1%} at lag {settings.accuracy_lag} "
        f"(naive {total['naive']:.1%}); {counted} of {len(typed)} overrides applied, "
        f"{agreed['quantity'].sum():,.0f} units agreed; {judgement.counted(odd, settings.currency)}"
        + (f"; {lost} department inputs match no series" if lost else "")
        + fitted.days.says,
    )


def baseline_table(forecast: pd.DataFrame) -> pd.DataFrame:
    """Table `baseline`: forecast, low and high as rows, and those of the wide interval where that is another."""
    measures = [m for m in MEASURES if m in forecast]
    long = forecast.melt(
        id_vars=[*SERIES, "method", "period"],
        value_vars=measures,
        var_name="measure",
        value_name="quantity",
    )
    rank = long["measure"].map({measure: n for n, measure in enumerate(MEASURES)})
    long = long.assign(rank=rank).sort_values([*SERIES, "rank", "period"], ignore_index=True)
    return long[[*SERIES, "measure", "method", "period", "quantity"]].round({"quantity": 2})


STEP = Step(
    "demand_planning",
    "Demand Planning",
    reads=(
        "items", "channels", "regions", "departments", "calendar", "demand_history", "adjustments", "events",
        "inputs", "overrides", "succession", "launches", "channel_shifts", "versions", "approved_plan",
    ),
    writes=(
        "segments", "baseline", "override_effects", "demand_steps", "consensus", "accuracy", "forecast_error",
        "error_shape", "segment_matrix", "event_effects", "net_demand", "accuracy_lags", "fva", "department_weights",
        "anomalies", "snapshots", "frozen_changes",
    ),
    run=demand_planning,
)  # fmt: skip
