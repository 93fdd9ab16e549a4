"""The stock of a rehearsal: levels by the targets that the settings of today would have given, against demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand.review.accuracy import forecast_sigma
from sop_xl.inventory.bounds import Floats
from sop_xl.inventory.network import usual_sources
from sop_xl.inventory.rehearsal import rehearse
from sop_xl.inventory.targets import targets
from sop_xl.workbook.frames import empty_frame
from sop_xl.workbook.tables import TABLES

PLACE = ["item", "location"]


@dataclass(frozen=True)
class Points:
    """Where customers are served from: demand by item, location and month, and what their targets need."""

    demand: pd.DataFrame
    served: pd.Series[str]
    items: pd.DataFrame
    sources: pd.DataFrame
    policy: pd.DataFrame
    shape: pd.DataFrame
    review: float
    errors: int

    @classmethod
    def of(cls, frames: Frames, context: Context, clean: pd.DataFrame) -> Points:
        """As the tables of a book say; each place is supplied by a source that always delivers."""
        served = plain(frames["regions"]).set_index("region")["served_from"]
        items = plain(frames["items"])
        sources = usual_sources(plain(frames["sources"]), items)
        sources = sources.assign(kind="buy", supplier="always delivers")
        settings = context.settings
        return cls(
            at_places(clean, served), served, items, sources, plain(frames["inventory_policy"]),
            plain(frames["error_shape"]), settings.review_months, settings.backtest_origins,
        )  # fmt: skip


def at_places(plan: pd.DataFrame, served: pd.Series[str]) -> pd.DataFrame:
    """A plan by item, location and month [units]."""
    rows = plan.assign(location=plan["region"].map(served))
    return rows.groupby([*PLACE, "period"], as_index=False)[["quantity"]].sum()


def simulated(
    points: Points,
    plans: list[pd.DataFrame],
    origins: list[pd.Timestamp],
    classes: list[pd.DataFrame],
    errors: pd.DataFrame,
) -> pd.DataFrame:
    """The first month of each cycle, one after the other: month, demand, served [units], value [money].

    `plans` is what each cycle forecast by series, `classes` its segments; `errors` are those of rolling origins, of
    which a cycle knows the months up to its own last. Points that any cycle forecasts are simulated through all.
    """
    forecasts = [at_places(plan, points.served) for plan in plans]
    every = pd.MultiIndex.from_frame(pd.concat([f[PLACE] for f in forecasts]).drop_duplicates().sort_values(PLACE))
    source = points.sources.drop_duplicates(PLACE).set_index(PLACE).reindex(every)
    wait = np.array([periods.lead_time_periods(d) for d in source["lead_time_days"].fillna(0.0)])
    span = wait + max(round(points.review), 1)
    levels, ahead = [], []
    for forecast, origin, kinds in zip(forecasts, origins, classes, strict=True):
        wide = forecast.pivot_table(index=PLACE, columns="period", values="quantity", aggfunc="sum").reindex(every)
        planned = wide.fillna(0.0).clip(lower=0.0).to_numpy()
        held = _safety(points, forecast, kinds, errors[errors["ds"] <= origin])
        levels.append(_coming(planned, span) + held.reindex(every).fillna(0.0).to_numpy())
        ahead.append(planned)
    months = pd.DatetimeIndex([origin + pd.DateOffset(months=1) for origin in origins])
    wanted = points.demand.pivot_table(index=PLACE, columns="period", values="quantity", aggfunc="sum")
    wanted = wanted.reindex(index=every, columns=months).fillna(0.0).clip(lower=0.0)
    under_way = np.where(np.arange(max(int(wait.max(initial=0)), 1)) < wait[:, None], ahead[0][:, :1], 0.0)
    opening = np.maximum(levels[0] - under_way.sum(axis=1), 0.0)
    done = rehearse(wanted.to_numpy(), np.column_stack(levels), wait, opening, under_way)
    cost = points.items.drop_duplicates("item").set_index("item")["standard_cost"]
    price = every.get_level_values("item").to_series().map(cost).fillna(0.0).to_numpy()
    return pd.DataFrame(
        {
            "month": months,
            "demand": wanted.to_numpy().sum(axis=0),
            "served": done.served.sum(axis=0),
            "value": (done.stock * price[:, None]).sum(axis=0),
        }
    )


def _safety(points: Points, forecast: pd.DataFrame, kinds: pd.DataFrame, known: pd.DataFrame) -> pd.Series[float]:
    """Safety stock of each point by the targets of today, from the errors known then [units]."""
    last = known["ds"].drop_duplicates().nlargest(points.errors)
    sigma = forecast_sigma(known[known["ds"].isin(last)], keys=tuple(PLACE))
    none = empty_frame(TABLES["bom"])
    table = targets(
        points.items, kinds, sigma, forecast, points.sources, none, points.policy, review=points.review,
        error_shape=points.shape,
    )  # fmt: skip
    return table.set_index(PLACE)["safety_stock"]


def _coming(months: Floats, span: np.ndarray) -> Floats:
    """Demand of the first `span` months of each point; beyond the last month the mean goes on.

    >>> _coming(np.array([[10.0, 20.0], [6.0, 6.0]]), np.array([1, 4])).tolist()
    [10.0, 24.0]
    """
    reach = int(span.max(initial=1))
    beyond = np.repeat(months.mean(axis=1, keepdims=True), max(reach - months.shape[1], 0), axis=1)
    longer = np.hstack([months, beyond])
    total: Floats = np.where(np.arange(longer.shape[1]) < span[:, None], longer, 0.0).sum(axis=1)
    return total
