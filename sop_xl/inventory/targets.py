"""Inventory targets: what to hold of every item at every location that stocks it.

Each stocking point plans for the demand it sees: customers, and the points it supplies (see `network`). Their forecast
errors are taken as independent, so variances add. Each point covers its own lead time; stock held elsewhere is not
counted on, which is on the safe side of a multi-echelon optimum.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.inventory.cover import within_cover
from sop_xl.inventory.network import PLACE, Network, best_class, carried, network, usual_sources
from sop_xl.inventory.policies import order_quantity, order_up_to, reorder_point
from sop_xl.inventory.safety_stock import safety_stock
from sop_xl.periods import DAYS_PER_MONTH

CLASSES = ("A", "B", "C")
COLUMNS = [
    "item", "location", "abc", "service_level", "demand", "sigma", "lead_time", "lead_time_sd", "safety_stock",
    "cycle_stock", "target", "reorder_point", "order_up_to", "days_of_cover", "limited_by", "value",
]  # fmt: skip


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
) -> pd.DataFrame:
    """Table `inventory_targets`: safety and cycle stock of every item at every location that stocks it.

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

    The class is the one typed in `items`, else the best of the one found in `segments` and those of what the item goes
    into; without any it is C. The service level is the item's own, else its class's. Safety stock is z sqrt((L+R)
    sigma^2 + D^2 sigma_L^2), kept within the least and most days of cover of its class. Cycle stock is half a usual
    order: the demand of a review period, the minimum, and in multiples. The lead time is that of the usual source.

    Raises InputError for a class without policy, PlanningError for a bill of materials that goes round in a circle.

    """
    usual = usual_sources(sources, items)
    months = max(demand["period"].nunique(), 1)
    own_mean = demand.groupby(PLACE)["quantity"].sum() / months
    own_sigma = _sigma(forecast_error, own_mean)
    net = network(usual, bom, pd.MultiIndex.from_frame(own_mean.index.to_frame(index=False)))

    points = net.points
    mean = carried(net, own_mean.reindex(points).fillna(0.0).to_numpy())
    sigma = np.sqrt(carried(net, own_sigma.reindex(points).fillna(0.0).to_numpy() ** 2, power=2))
    rows = points.to_frame(index=False).assign(demand=mean, sigma=sigma)
    rows["abc"] = _classes(net, items, segments)
    rows = _with_policy(rows, items, inventory_policy)

    source = usual.set_index(PLACE).reindex(points)
    lead_time = source["lead_time_days"].fillna(0.0).to_numpy() / DAYS_PER_MONTH
    lead_time_sd = source["lead_time_sd_days"].fillna(0.0).to_numpy() / DAYS_PER_MONTH
    wanted = safety_stock(sigma, lead_time, review, rows["service_level"], mean, lead_time_sd)
    held = within_cover(wanted, mean / DAYS_PER_MONTH, rows["min_days"], rows["max_days"])
    order = order_quantity(mean * review, source["minimum"].fillna(0.0), source["multiple"].fillna(0.0))
    cost = items.drop_duplicates("item").set_index("item")["standard_cost"]
    rows = rows.assign(
        lead_time=lead_time,
        lead_time_sd=lead_time_sd,
        safety_stock=held,
        cycle_stock=order / 2.0,
        target=held + order / 2.0,
        reorder_point=reorder_point(mean, lead_time, held),
        order_up_to=order_up_to(mean, lead_time, review, held),
        days_of_cover=np.divide(held * DAYS_PER_MONTH, mean, out=np.full(len(rows), np.nan), where=mean > 0),
        limited_by=np.select([held > wanted, held < wanted], ["min days", "max days"], ""),
    )
    rows["value"] = rows["target"] * rows["item"].map(cost).fillna(0.0)
    return rows[COLUMNS].reset_index(drop=True)


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
    chosen = np.where(np.isnan(typed), best_class(net, own), typed)
    named: npt.NDArray[np.str_] = np.array(CLASSES)[chosen.astype(int)]
    return named


def _with_policy(rows: pd.DataFrame, items: pd.DataFrame, inventory_policy: pd.DataFrame) -> pd.DataFrame:
    """Service level (the item's own first) and days of cover of each row's class."""
    policy = inventory_policy.drop_duplicates("abc").set_index("abc")
    missing = sorted(set(rows["abc"]) - set(policy.index))
    if missing:
        raise InputError(f"sheet Policy has no row for class {missing[0]}")
    own = rows["item"].map(items.drop_duplicates("item").set_index("item")["service_level"])
    return rows.assign(
        service_level=own.astype(float).fillna(rows["abc"].map(policy["service_level"])),
        min_days=rows["abc"].map(policy["min_days"]).fillna(0.0),
        max_days=rows["abc"].map(policy["max_days"]).fillna(np.inf),
    )
