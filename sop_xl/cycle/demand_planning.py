"""Demand Planning: baseline, events, department inputs, overrides, consensus; accuracy, value added and anomalies."""

from __future__ import annotations

import pandas as pd

from sop_xl.cycle import channel_plan, frozen, judgement, plan_causes, radar
from sop_xl.cycle.error_shape import error_shape
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.leading import SERIES, led
from sop_xl.cycle.lifecycle import undecided
from sop_xl.cycle.statistical import MEASURES
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.demand import segments
from sop_xl.demand.agreement import consensus
from sop_xl.demand.review import accuracy, snapshots


def demand_planning(frames: Frames, context: Context) -> Outcome:
    """Forecast every series on sale and lead it, step by step, to the consensus."""
    settings, items = context.settings, plain(frames["items"])
    plan = led(frames, context)
    raw, clean, past, done = plan.raw, plan.clean, plan.past, plan.done
    fitted, pins, forecast = plan.made.basis, plan.made.pins, plan.made.forecast
    panel, series, groups = fitted.panel, fitted.series, fitted.groups
    on_sale = context.on_sale(items)
    inputs = plain(frames["inputs"])
    planned = inputs[inputs["period"].isin(context.periods)]
    lost = len(consensus.unmatched_inputs(plan.events, planned, items))
    agreed = consensus.consensus_at_every_level(channel_plan.shifted(done.plan, frames), items)
    stages = {
        "statistical": plan.statistical,
        "events": plan.events,
        "inputs": plan.inputs,
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
        "frozen_changes": frozen.changes(done.changes, inputs, plan.events, items, context),
    }
    watched = radar.told(done, past.overrides, frames, context)
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
            "department_weights": plan.weights,
            "anomalies": odd.head(judgement.ANOMALIES_SHOWN),
        }
        | watched
        | {"plan_causes": plan_causes.demand(stages, done.changes, clean, frames, context)}
        | {name: frozen.with_draft(frames[name], draft, context) for name, draft in drafts.items()},
        f"{len(series):,} series forecast; WMAPE {total['statistical']:.1%} at lag {settings.accuracy_lag} "
        f"(naive {total['naive']:.1%}); {counted} of {len(done.effects)} overrides applied"
        f"{radar.counted(watched['override_radar'])}, "
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
        "segments", "baseline", "override_effects", "override_radar", "override_months",
        "demand_steps", "consensus", "accuracy", "forecast_error",
        "error_shape", "segment_matrix", "event_effects", "net_demand", "accuracy_lags", "fva", "department_weights",
        "anomalies", "snapshots", "frozen_changes", "plan_causes",
    ),
    run=demand_planning,
)  # fmt: skip
