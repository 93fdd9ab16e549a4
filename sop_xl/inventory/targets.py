"""Inventory targets: what to hold of every item at every location that stocks it.

Each stocking point plans for the demand it sees: customers, and the points it supplies (see `network`). Their forecast
errors are taken as independent, so variances add. Each point covers its own lead time; stock held elsewhere is not
counted on, which is on the safe side of a multi-echelon optimum.

Each class has one service measure, cycle service or fill rate, and a distribution of demand (`protection`). Where
demand swings with the season the target does too: its safety stock is as many days of the demand to come as on average.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, floats
from sop_xl.inventory.cover import within_cover
from sop_xl.inventory.distributions import Empirical
from sop_xl.inventory.network import PLACE, Network, best_class, carried, network, usual_sources
from sop_xl.inventory.policies import order_quantity, order_up_to, reorder_point
from sop_xl.inventory.protection import AUTO, CYCLE_SERVICE, Exposure, chosen, expected_service, protection
from sop_xl.inventory.safety_stock import error_over_risk
from sop_xl.periods import DAYS_PER_MONTH

CLASSES = ("A", "B", "C")
COLUMNS = [
    "item", "location", "abc", "service_type", "service_level", "distribution", "demand", "sigma", "lead_time",
    "lead_time_sd", "safety_stock", "cycle_stock", "target", "peak_target", "reorder_point", "order_up_to",
    "days_of_cover", "cycle_service", "fill_rate", "limited_by", "value",
]  # fmt: skip
SEASONAL = 0.2
"""Demand to come that is this share above or below its mean makes the target follow it."""


@dataclass(frozen=True)
class Targets:
    """What to hold: `table` has one row a stocking point, `by_month` its target in each month [units]."""

    table: pd.DataFrame
    by_month: pd.DataFrame


def targets(
    items: pd.DataFrame,
    segments: pd.DataFrame,
    forecast_error: pd.DataFrame,
    demand: pd.DataFrame,
    sources: pd.DataFrame,
    bom: pd.DataFrame,
    inventory_policy: pd.DataFrame,
    *,
    review: float,
    error_shape: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Table `inventory_targets`: safety and cycle stock of every item at every location that stocks it.

    Parameters and errors as in `stock_targets`.
    """
    return stock_targets(
        items, segments, forecast_error, demand, sources, bom, inventory_policy, review=review, error_shape=error_shape
    ).table


def stock_targets(
    items: pd.DataFrame,
    segments: pd.DataFrame,
    forecast_error: pd.DataFrame,
    demand: pd.DataFrame,
    sources: pd.DataFrame,
    bom: pd.DataFrame,
    inventory_policy: pd.DataFrame,
    *,
    review: float,
    error_shape: pd.DataFrame | None = None,
    periods: pd.DatetimeIndex | None = None,
) -> Targets:
    """Safety and cycle stock of every item at every location that stocks it, on average and month by month.

    Parameters
    ----------
    items, segments, sources, bom, inventory_policy
        The tables of that name.
    forecast_error
        `item`, `location`, `sigma`: standard deviation of the monthly error [units]. Where demand has none, it is taken
        as Poisson: the root of its mean.
    demand
        `item`, `location`, `period`, `quantity`: customers' demand over the horizon [units].
    review
        Time between two plans [months].
    error_shape
        `demand_class`, `share`, `error`: errors as they were seen, in standard deviations, for an empirical
        distribution; blank class is all.
    periods
        The months of `by_month`; by default those of the demand.

    The class is the one typed in `items`, else the best of the one found in `segments` and those of what the item goes
    into; without any it is C. The service level is the item's own, else its class's; the measure, the distribution and
    the limits are its class's. Safety stock covers demand over lead time and review, whose standard deviation is
    sqrt((L+R) sigma^2 + D^2 sigma_L^2), and is kept within the least and most days of cover, and within shelf life.
    Cycle stock is half a usual order: the demand of a review period, the minimum, and in multiples. The lead time is
    that of the usual source.

    Raises InputError for a class without policy, PlanningError for a bill of materials that goes round in a circle.

    """
    usual = usual_sources(sources, items)
    months = max(demand["period"].nunique(), 1)
    own_mean = demand.groupby(PLACE)["quantity"].sum() / months
    own_sigma = _sigma(forecast_error, own_mean)
    net = network(usual, _of_usual_mode(bom, usual), pd.MultiIndex.from_frame(own_mean.index.to_frame(index=False)))

    points = net.points
    mean = carried(net, own_mean.reindex(points).fillna(0.0).to_numpy())
    sigma = np.sqrt(carried(net, own_sigma.reindex(points).fillna(0.0).to_numpy() ** 2, power=2))
    rows = points.to_frame(index=False).assign(demand=mean, sigma=sigma)
    rows["abc"] = _classes(net, items, segments)
    rows = _with_policy(rows, items, inventory_policy)
    source = usual.set_index(PLACE).reindex(points)
    rows["lead_time"] = source["lead_time_days"].fillna(0.0).to_numpy() / DAYS_PER_MONTH
    rows["lead_time_sd"] = source["lead_time_sd_days"].fillna(0.0).to_numpy() / DAYS_PER_MONTH

    lots = _Lots(source, review)
    order = lots.of(mean)
    exposure = _exposure(rows, review, segments, _shapes(error_shape))
    wanted = protection(exposure, order, *(rows[c].to_numpy() for c in ("service_type", "service_level")))
    held, limited_by = _limited(rows, wanted, mean, order)
    cycle, fill = expected_service(exposure, order, held)
    every = pd.DatetimeIndex(np.sort(demand["period"].unique())) if periods is None else periods
    in_month = _by_month(rows, net, demand, every, wanted, held + order / 2.0, lots, mean, review)
    cost = items.drop_duplicates("item").set_index("item")["standard_cost"]
    rows = rows.assign(
        distribution=exposure.distribution,
        safety_stock=held,
        cycle_stock=order / 2.0,
        target=held + order / 2.0,
        peak_target=in_month.max(axis=1, initial=0.0),
        reorder_point=reorder_point(mean, rows["lead_time"], held),
        order_up_to=order_up_to(mean, rows["lead_time"], review, held),
        days_of_cover=np.divide(held * DAYS_PER_MONTH, mean, out=np.full(len(rows), np.nan), where=mean > 0),
        cycle_service=np.where(mean > 0, cycle, np.nan),
        fill_rate=np.where(mean > 0, fill, np.nan),
        limited_by=limited_by,
    )
    rows["value"] = rows["target"] * rows["item"].map(cost).fillna(0.0)
    long = points.to_frame(index=False).loc[np.repeat(np.arange(len(points)), len(every))].reset_index(drop=True)
    long = long.assign(period=np.tile(every.to_numpy(), len(points)), target=in_month.reshape(-1))
    return Targets(rows[COLUMNS].reset_index(drop=True), long)


@dataclass(frozen=True)
class _Lots:
    """A usual order of each point [units]: what a review period needs, in the lots of its source."""

    source: pd.DataFrame
    review: float

    def of(self, mean: Floats) -> Floats:
        """Of a mean demand, shape (points,) or (points, months) [units/month]."""
        minimum, multiple = (self.source[c].fillna(0.0).to_numpy() for c in ("minimum", "multiple"))
        if mean.ndim > 1:
            minimum, multiple = minimum[:, None], multiple[:, None]
        return floats(order_quantity(mean * self.review, minimum, multiple))


def _of_usual_mode(bom: pd.DataFrame, usual: pd.DataFrame) -> pd.DataFrame:
    """The bill of materials of the way an item is usually made: its own rows, else those of every way."""
    if "mode" not in bom or not bom["mode"].ne("").any():
        return bom
    made = usual[usual["kind"].eq("make")].drop_duplicates("item").set_index("item")["mode"]
    mode = bom["assembly"].map(made).fillna("")
    own = bom["mode"].eq(mode) & mode.ne("")
    has_own = bom["assembly"].isin(bom.loc[own, "assembly"])
    return bom[own | (~has_own & bom["mode"].eq(""))].drop_duplicates(["assembly", "component"])


def _exposure(rows: pd.DataFrame, review: float, segments: pd.DataFrame, shapes: Mapping[str, Empirical]) -> Exposure:
    """Demand over lead time and review of each point, in its distribution."""
    mean, sigma, lead, spread = (rows[c].to_numpy() for c in ("demand", "sigma", "lead_time", "lead_time_sd"))
    if "demand_class" in segments:
        kind = rows["item"].map(segments.drop_duplicates("item").set_index("item")["demand_class"])
    else:
        kind = pd.Series("", index=rows.index)
    words = kind.astype(object).where(kind.notna(), "").to_numpy(dtype=object)
    sd = error_over_risk(sigma, lead, review, mean, spread)
    exposed = floats(mean * (lead + review))
    distribution, shape = chosen(rows["distribution"].to_numpy(dtype=object), words, exposed, shapes)
    return Exposure(exposed, sd, distribution, shape, shapes)


def _shapes(error_shape: pd.DataFrame | None) -> dict[str, Empirical]:
    if error_shape is None or error_shape.empty:
        return {}
    return {str(name): Empirical(part["error"].to_numpy()) for name, part in error_shape.groupby("demand_class")}


def _limited(rows: pd.DataFrame, wanted: Floats, mean: Floats, order: Floats) -> tuple[Floats, npt.NDArray[np.str_]]:
    """Safety stock within cover and shelf life, and what limits it."""
    held = within_cover(wanted, mean / DAYS_PER_MONTH, rows["min_days"], rows["max_days"])
    life = rows["shelf_life_days"].to_numpy()
    sold = np.where(np.isfinite(life), np.where(np.isfinite(life), life, 0.0) * mean / DAYS_PER_MONTH, np.inf)
    kept = np.minimum(held, np.maximum(sold - order / 2.0, 0.0))
    names = np.select([kept < held, held > wanted, held < wanted], ["shelf life", "min days", "max days"], "")
    return floats(kept), names


def _by_month(
    rows: pd.DataFrame,
    net: Network,
    demand: pd.DataFrame,
    periods: pd.DatetimeIndex,
    wanted: Floats,
    usual: Floats,
    lots: _Lots,
    mean: Floats,
    review: float,
) -> Floats:
    """The target of each point at the end of each month [units], shape (points, months)."""
    if not len(periods):
        return floats(np.repeat(usual[:, None], 0, axis=1))
    own = demand.pivot_table(index=PLACE, columns="period", values="quantity", aggfunc="sum", observed=True)
    flow = carried(net, own.reindex(index=net.points, columns=periods).fillna(0.0).to_numpy())
    ahead = _to_come(flow, mean, rows["lead_time"].to_numpy() + review)
    ratio = np.divide(ahead, mean[:, None], out=np.ones_like(ahead), where=mean[:, None] > 0)
    swings = np.abs(ratio - 1.0).max(axis=1) > SEASONAL
    limits = {c: rows[c].to_numpy()[:, None] for c in ("min_days", "max_days", "shelf_life_days")}
    held = within_cover(wanted[:, None] * ratio, ahead / DAYS_PER_MONTH, limits["min_days"], limits["max_days"])
    cycle = lots.of(ahead) / 2.0
    life = limits["shelf_life_days"]
    sold = np.where(np.isfinite(life), np.where(np.isfinite(life), life, 0.0) * ahead / DAYS_PER_MONTH, np.inf)
    moving = np.minimum(held, np.maximum(sold - cycle, 0.0)) + cycle
    return floats(np.where(swings[:, None], moving, usual[:, None]))


def _to_come(flow: Floats, mean: Floats, span: Floats) -> Floats:
    """Mean demand a month over the `span` months after the end of each month; beyond the horizon the mean goes on.

    >>> _to_come(np.array([[10.0, 20.0, 30.0]]), np.array([20.0]), np.array([1.5])).round(2).tolist()
    [[23.33, 26.67, 20.0]]
    """
    points, months = flow.shape
    total = np.hstack([np.zeros((points, 1)), np.cumsum(flow, axis=1)])
    width = np.maximum(span, 1.0)[:, None]

    def until(x: Floats) -> Floats:
        inside = np.minimum(x, months)
        whole = np.minimum(np.floor(inside).astype(int), months - 1)
        rows = np.arange(points)[:, None]
        part = total[rows, whole] + (inside - whole) * flow[rows, whole]
        return floats(part + np.maximum(x - months, 0.0) * mean[:, None])

    ends = np.broadcast_to(np.arange(1, months + 1, dtype=float), flow.shape)
    return floats((until(ends + width) - until(ends)) / width)


def _sigma(forecast_error: pd.DataFrame, mean: pd.Series) -> pd.Series:
    """Standard deviation of the error of each point with demand of its own; Poisson where none was measured."""
    measured = forecast_error.groupby(PLACE)["sigma"].first().reindex(mean.index)
    return measured.fillna(np.sqrt(mean))


def _classes(net: Network, items: pd.DataFrame, segments: pd.DataFrame) -> npt.NDArray[np.str_]:
    """The class of each point: typed, else the best of its own and those of all it goes into, else the last."""
    item = net.points.get_level_values("item").to_series()
    rank = {name: float(number) for number, name in enumerate(CLASSES)}
    typed, found = (
        item.map(frame.drop_duplicates("item").set_index("item")["abc"]).map(rank).to_numpy(dtype=float)
        for frame in (items, segments)
    )
    last = float(len(CLASSES) - 1)
    own = np.where(np.isnan(typed), np.where(np.isnan(found), last, found), typed)
    chosen_rank = np.where(np.isnan(typed), best_class(net, own), typed)
    named: npt.NDArray[np.str_] = np.array(CLASSES)[chosen_rank.astype(int)]
    return named


def _with_policy(rows: pd.DataFrame, items: pd.DataFrame, inventory_policy: pd.DataFrame) -> pd.DataFrame:
    """Service measure and level (the item's own first), distribution, cover and shelf life of each row."""
    policy = inventory_policy.drop_duplicates("abc").set_index("abc")
    missing = sorted(set(rows["abc"]) - set(policy.index))
    if missing:
        raise InputError(f"sheet Policy has no row for class {missing[0]}")
    master = items.drop_duplicates("item").set_index("item")

    def said(column: str, blank: str) -> pd.Series:
        given = policy[column] if column in policy else pd.Series(blank, index=policy.index)
        return rows["abc"].map(given.replace("", blank)).astype(object)

    life = rows["item"].map(master["shelf_life_days"]) if "shelf_life_days" in master else np.nan
    return rows.assign(
        service_type=said("service_type", CYCLE_SERVICE),
        service_level=rows["item"]
        .map(master["service_level"])
        .astype(float)
        .fillna(rows["abc"].map(policy["service_level"])),
        distribution=said("distribution", AUTO),
        min_days=rows["abc"].map(policy["min_days"]).fillna(0.0),
        max_days=rows["abc"].map(policy["max_days"]).fillna(np.inf),
        shelf_life_days=pd.Series(life, index=rows.index).astype(float).fillna(np.inf),
    )
