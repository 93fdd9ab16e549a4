"""Price elasticity of each item, drawn to that of its family by how certain it is.

Log demand is regressed on log price with a trend, a yearly wave and the events that run. The estimates of a family are
a random-effects meta-analysis: the family's elasticity, and how much its items truly differ, say how far an uncertain
item is drawn to it.

References:
    [1] Tellis (1988), The price elasticity of selective demand, Journal of Marketing Research 25, 331-341: on average
        -1.76.
    [2] DerSimonian, Laird (1986), Meta-analysis in clinical trials, Controlled Clinical Trials 7, 177-188.
    [3] Efron, Morris (1975), Data analysis using Stein's estimator and its generalizations, Journal of the American
        Statistical Association 70, 311-319.

"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.demand.causes.events import apply_events
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.scope import families
from sop_xl.errors import InputError

COLUMNS = ("item", "family", "months", "own", "own_error", "elasticity", "error", "says")
"""Columns of the elasticities."""

FEWEST = 8
"""Months with demand and price below which an item has no elasticity of its own [months]."""

STEADY = 0.005
"""Spread of the log price below which it never moved enough to tell [log]."""

USUAL, USUAL_ERROR = -1.76, 1.0
"""Elasticity where nothing is known, and its spread over products: the mean of 367 published ones in [1]."""

YEAR = 12


def price_elasticity(
    history: pd.DataFrame, prices: pd.DataFrame, items: pd.DataFrame, events: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Percent of demand for one percent of price, by item.

    Parameters
    ----------
    history
        item, channel, region, period, quantity [units]
    prices
        item, period, price [money per unit], the mean price of the month
    items
        item and family
    events
        the table `events`, so that a promotion is not taken for its price; None for none

    Returns
    -------
    A row per item with demand: `family`, `months` used, `own` elasticity and `own_error` by the item's regression
    (NaN where its price hardly moved), `elasticity` and `error` after drawing it to the family, and a sentence.

    Raises
    ------
    InputError : a missing column, or a price that is not above 0.

    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> price = np.tile([10.0, 9.0, 11.0], 8)
    >>> sold = pd.DataFrame({"item": "A", "channel": "", "region": "", "period": months, "quantity": 1e4 * price**-2.0})
    >>> paid = pd.DataFrame({"item": "A", "period": months, "price": price})
    >>> price_elasticity(sold, paid, pd.DataFrame({"item": ["A"], "family": ["F"]}))["elasticity"].round(4).tolist()
    [-2.0]

    """
    for what, frame, needed in (
        ("history", history, ("item", "period", "quantity")),
        ("prices", prices, ("item", "period", "price")),
    ):
        missing = [c for c in needed if c not in frame.columns]
        if missing:
            raise InputError(f"{what} lacks the columns {', '.join(missing)}")
    bad = ~(prices["price"] > 0) & prices["price"].notna()
    if bad.any():
        row = prices[bad].iloc[0]
        raise InputError(
            f"the price of item {row['item']!r} in {row['period']:%Y-%m} must be above 0, got {row['price']}"
        )
    demand = history.groupby(["item", "period"], as_index=False)["quantity"].sum(min_count=1)
    paid = prices.groupby(["item", "period"], as_index=False)["price"].mean()
    both = demand.merge(paid, on=["item", "period"])
    both = both[(both["quantity"] > 0) & both["price"].notna()]
    both = both.assign(lift=_lift(both, items, events))
    rows = [_own(str(item), part) for item, part in both.groupby("item")]
    quiet = sorted(set(demand["item"]) - set(both["item"]))
    rows += [{"item": str(item), "months": 0, "own": np.nan, "own_error": np.nan} for item in quiet]
    found = pd.DataFrame(rows).sort_values("item", ignore_index=True)
    found = found.assign(family=families(found["item"], items))
    parts = [_drawn(part) for _, part in found.groupby("family")]
    out = pd.concat(parts).sort_values("item", ignore_index=True)
    says = [_sentence(*cells) for cells in zip(out["item"], out["own"], out["elasticity"], out["error"], strict=True)]
    return out.assign(says=says)[list(COLUMNS)]


def _lift(both: pd.DataFrame, items: pd.DataFrame, events: pd.DataFrame | None) -> Floats:
    """How much of each month events cover that lift it, else 0: a column of the regression."""
    if events is None or events.empty:
        return np.zeros(len(both))
    ones = pd.DataFrame({"item": both["item"], "channel": "", "region": "", "period": both["period"], "quantity": 1.0})
    touching = events.assign(uplift=1.0, dip=0.0, **dict.fromkeys(("channel", "region"), ""))
    lifted = apply_events(ones, touching, items).set_index(["item", "period"])["quantity"]
    return np.asarray(np.log(lifted.reindex(pd.MultiIndex.from_frame(both[["item", "period"]])).to_numpy(float)))


def _own(item: str, part: pd.DataFrame) -> dict[str, object]:
    """The regression of one item."""
    from statsmodels.api import OLS

    price = np.log(part["price"].to_numpy(float))
    row: dict[str, object] = {"item": item, "months": len(part), "own": np.nan, "own_error": np.nan}
    if len(part) < FEWEST or price.std() < STEADY:
        return row
    month = part["period"].dt.year.to_numpy() * YEAR + part["period"].dt.month.to_numpy()
    columns = [np.ones(len(part)), price]
    if len(part) >= YEAR:
        columns.append((month - month.mean()) / YEAR)
    if len(part) >= 2 * YEAR:
        columns += [np.sin(2 * np.pi * month / YEAR), np.cos(2 * np.pi * month / YEAR)]
    if part["lift"].std(ddof=0) > 0:
        columns.append(part["lift"].to_numpy(float))
    x = np.column_stack(columns)
    if np.linalg.matrix_rank(x) < x.shape[1]:  # the price moves with something else: the plain slope is left
        x = x[:, :2]
    fit = OLS(np.log(part["quantity"].to_numpy(float)), x).fit()
    return row | {"own": float(fit.params[1]), "own_error": max(float(fit.bse[1]), 1e-6)}


def _drawn(part: pd.DataFrame) -> pd.DataFrame:
    """Own elasticities drawn to their family's, by random effects [2] and Stein's rule [3]."""
    known = part["own"].notna()
    effect, error = part.loc[known, "own"].to_numpy(float), part.loc[known, "own_error"].to_numpy(float)
    if len(effect) == 0:
        return part.assign(elasticity=USUAL, error=USUAL_ERROR)
    mean, mean_error, between = _family(effect, error)
    own = part["own"].fillna(mean).to_numpy(float)
    squared = part["own_error"].fillna(np.inf).to_numpy(float) ** 2
    weight = np.where(np.isinf(squared), 0.0, between / (between + np.where(np.isinf(squared), 1.0, squared)))
    drawn = weight * own + (1.0 - weight) * mean
    left = weight * np.where(np.isinf(squared), 0.0, squared) + (1.0 - weight) * between * (weight == 0)
    return part.assign(elasticity=drawn, error=np.sqrt(left + (1.0 - weight) ** 2 * mean_error**2))


def _family(effect: Floats, error: Floats) -> tuple[float, float, float]:
    """Elasticity of a family, its error, and the variance of the true ones between its items."""
    usual = USUAL_ERROR**2
    if len(effect) == 1:  # one item cannot say how items differ: the spread over products stands in
        weight = usual / (usual + error[0] ** 2)
        return float(weight * effect[0] + (1 - weight) * USUAL), float(np.sqrt(weight) * error[0]), usual
    from statsmodels.stats.meta_analysis import combine_effects

    found = combine_effects(effect, error**2, method_re="dl")
    return float(found.mean_effect_re), float(found.sd_eff_w_re), max(float(found.tau2), 0.0)


def _sentence(item: str, own: float, elasticity: float, error: float) -> str:
    text = f"1 % more price changes demand of {item} by {elasticity:+.1f} % (give or take {error:.1f})"
    return text + (", as in its family." if np.isnan(own) else ".")
