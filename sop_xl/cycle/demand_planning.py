"""Demand Planning: baseline, events, department inputs, overrides, consensus; accuracy and value added."""

from __future__ import annotations

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.demand import accuracy, baseline, consensus, events, lifecycle, overrides, segments
from sop_xl.demand import history as demand_history
from sop_xl.errors import InputError

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
    live = lifecycle.with_like_items(clean[clean["item"].isin(on_sale["item"])], on_sale, clean)
    if live.empty:
        raise InputError("no item on sale has demand history; check the end dates on sheet Items")
    series = demand_history.to_series(live).drop_duplicates("unique_id").set_index("unique_id")[SERIES]
    # young items borrow the season of their channel, to which the ended ones testify
    ended = clean[~clean["item"].isin(on_sale["item"])]
    panel = demand_history.to_series(pd.concat([live, ended], ignore_index=True))
    groups = {str(name): str(channel) for name, channel in panel.groupby("unique_id")["channel"].first().items()}

    context.progress(f"forecasting {len(series):,} series", 0.1)
    pinned = on_sale[on_sale["method"].ne("")].set_index("item")["method"]
    pins = {str(name): str(method) for name, method in series["item"].map(pinned).dropna().items()}
    level = settings.interval_level
    forecast = baseline.forecast(panel, settings.horizon, level=(level,), method=pins or "auto", groups=groups)
    forecast = forecast.join(series, on="unique_id", how="inner").reset_index(drop=True)
    forecast = forecast.rename(columns={"ds": "period", f"lo_{level}": "low", f"hi_{level}": "high"})

    context.progress("leading it to the consensus", 0.4)
    statistical = forecast[[*SERIES, "period", "forecast"]].rename(columns={"forecast": "quantity"})
    with_events = events.apply_events(statistical, plain(frames["events"]), items)
    inputs = plain(frames["inputs"])
    with_inputs = consensus.blend_inputs(with_events, inputs, plain(frames["departments"]), items)
    lost = len(consensus.unmatched_inputs(with_events, inputs, items))
    typed = plain(frames["overrides"])
    overridden, effects = overrides.apply_overrides(with_inputs, typed, items, context.as_of, context.periods)
    agreed = consensus.consensus(overridden, items)
    stages = {
        "statistical": statistical,
        "events": with_events,
        "inputs": with_inputs,
        "overrides": overridden,
        "consensus": agreed,
    }

    context.progress("measuring accuracy over rolling origins", 0.5)
    back = accuracy.backtest(
        panel, origins=settings.backtest_origins, lag=settings.accuracy_lag, pins=pins, groups=groups
    )
    back = back[back["unique_id"].isin(series.index)]
    table = accuracy.accuracy_table(back, items, panel[panel["unique_id"].isin(series.index)])
    served = plain(frames["regions"]).set_index("region")["served_from"]
    errors = accuracy.forecast_sigma(back.assign(location=back["region"].map(served)), keys=("item", "location"))
    errors = errors.rename(columns={"errors": "months"}).drop(columns="demand")

    total = table[table["level"].eq("total")].set_index("step")["wmape"].to_dict()
    counted = effects["status"].eq("applied").sum()
    return Outcome(
        {
            "segments": segments.segments(clean, items, context.as_of, settings.abc_a, settings.abc_b),
            "baseline": baseline_table(forecast),
            "override_effects": effects,
            "demand_steps": consensus.demand_steps(stages, items),
            "consensus": agreed,
            "accuracy": table,
            "forecast_error": errors,
        },
        f"{len(series):,} series forecast; WMAPE {total['statistical']:.1%} at lag {settings.accuracy_lag} "
        f"(naive {total['naive']:.1%}); {counted} of {len(typed)} overrides applied, "
        f"{agreed['quantity'].sum():,.0f} units agreed"
        + (f"; {lost} department inputs match no series" if lost else ""),
    )


def baseline_table(forecast: pd.DataFrame) -> pd.DataFrame:
    """Table `baseline`: forecast, low and high as rows."""
    long = forecast.melt(
        id_vars=[*SERIES, "method", "period"],
        value_vars=["forecast", "low", "high"],
        var_name="measure",
        value_name="quantity",
    )
    rank = long["measure"].map({"forecast": 0, "low": 1, "high": 2})
    long = long.assign(rank=rank).sort_values([*SERIES, "rank", "period"], ignore_index=True)
    return long[[*SERIES, "measure", "method", "period", "quantity"]].round({"quantity": 2})


STEP = Step(
    "demand_planning",
    "Demand Planning",
    reads=(
        "items", "channels", "regions", "departments", "calendar", "demand_history", "adjustments", "events",
        "inputs", "overrides",
    ),
    writes=(
        "segments", "baseline", "override_effects", "demand_steps", "consensus", "accuracy", "forecast_error",
    ),
    run=demand_planning,
)  # fmt: skip
