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
_JOIN = "\x1f"


def demand_planning(frames: Frames, context: Context) -> Outcome:
    """Forecast every series on sale and lead it, step by step, to the consensus."""
    settings, items = context.settings, plain(frames["items"])
    raw = plain(frames["demand_history"])
    raw = raw[raw["period"] <= context.as_of]
    context.progress("correcting the history", 0.02)
    first = raw["period"].min()
    months = periods.past(context.as_of, 1 + (context.as_of.year - first.year) * 12 + context.as_of.month - first.month)
    complete = demand_history.complete(raw, months)
    clean = demand_history.adjusted(complete, plain(frames["adjustments"]))
    on_sale = items[items["sold"] & (items["end"].isna() | (items["end"] > context.as_of))]
    live = lifecycle.with_like_items(clean[clean["item"].isin(on_sale["item"])], on_sale, clean)
    if live.empty:
        raise InputError("no item on sale has demand history; check the end dates on sheet Items")
    panel = live.assign(unique_id=live[SERIES].agg(_JOIN.join, axis=1), ds=live["period"], y=live["quantity"])
    panel = panel[["unique_id", "ds", "y"]]

    context.progress(f"forecasting {panel['unique_id'].nunique():,} series", 0.1)
    pinned = on_sale.loc[on_sale["method"].ne(""), ["item", "method"]].set_index("item")["method"].to_dict()
    level = settings.interval_level
    ids = panel["unique_id"].drop_duplicates()
    methods = {u: pinned[u.split(_JOIN)[0]] for u in ids if u.split(_JOIN)[0] in pinned}
    forecast = baseline.forecast(panel, settings.horizon, season=12, level=(level,), method=methods or "auto")
    forecast[SERIES] = forecast["unique_id"].str.split(_JOIN, expand=True).to_numpy()
    forecast = forecast.rename(columns={"ds": "period", f"lo_{level}": "low", f"hi_{level}": "high"})

    context.progress("leading it to the consensus", 0.4)
    statistical = forecast[[*SERIES, "period", "forecast"]].rename(columns={"forecast": "quantity"})
    with_events = events.apply_events(statistical, plain(frames["events"]), items)
    with_inputs = consensus.blend_inputs(with_events, plain(frames["inputs"]), plain(frames["departments"]), items)
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
    back = accuracy.backtest(panel, origins=settings.backtest_origins, lag=settings.accuracy_lag)
    back[SERIES] = back["unique_id"].str.split(_JOIN, expand=True).to_numpy()
    table = accuracy.accuracy_table(back, items)
    served = plain(frames["regions"]).set_index("region")["served_from"]
    errors = accuracy.forecast_sigma(back.assign(location=back["region"].map(served)), keys=("item", "location"))

    total = table[table["level"].eq("total")].set_index("step")
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
        f"{len(ids):,} series forecast; WMAPE {total.loc['statistical', 'wmape']:.1%} at lag {settings.accuracy_lag} "
        f"(naive {total.loc['naive', 'wmape']:.1%}); {counted} of {len(typed)} overrides applied; "
        f"{agreed['quantity'].sum():,.0f} units agreed",
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
