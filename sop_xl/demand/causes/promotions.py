"""Promotions around the forecast: out of the history before it is fitted, and onto the plan after.

`effects` measures past events; `baseline_without_promotions` takes them out of the history, so that planned events
drive the future; `with_suggestions` gives planned events without an uplift that of their past likes;
`apply_with_sisters` lets the sister items of a family pay for an uplift, or share in it.

References:
    [1] Blattberg, Neslin (1990), Sales Promotion: Concepts, Methods and Strategies, chapters 12 and 13.
    [2] van Heerde, Leeflang, Wittink (2004), Decomposing the sales promotion bump with store data, Marketing Science
        23, 317-334.

"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.causes.event_effects import checked_history, effects
from sop_xl.demand.causes.events import apply_events
from sop_xl.demand.forecasting.smoothing import Floats, Ints
from sop_xl.demand.levels.scope import SCOPE, PlanIndex, Row, is_blank
from sop_xl.errors import InputError

__all__ = [
    "apply_with_sisters", "baseline_without_promotions", "effects", "measured", "sister_shares", "with_suggestions",
]  # fmt: skip

SPREAD = 0.1
"""Events that are alike differ by about so much, however well each was measured [share]."""

EMPTIEST = 0.05
"""Demand left by its events below which a month says nothing about the baseline [share]."""


@dataclass(frozen=True)
class _Sisters:
    """The rows of a plan by family, channel, region and month, the cells within which sister items pay or gain.

    cell : number of each row's cell, shape (rows,)
    related : whether the row's item has a family, shape (rows,)
    size : demand of each row without events, none below 0, shape (rows,) [units]
    """

    index: PlanIndex
    cell: Ints
    related: NDArray[np.bool_]
    size: Floats

    @classmethod
    def of(cls, tidy: pd.DataFrame, items: pd.DataFrame, base: Floats) -> _Sisters:
        index = PlanIndex.of(tidy, items)
        keys = [index.codes[c] for c in ("family", "channel", "region", "period")]
        cell = pd.MultiIndex.from_arrays(keys).factorize()[0].astype(np.int64)
        related = index.codes["family"] != index.names["family"].get("", -1)
        return cls(index, cell, np.asarray(related), np.maximum(base, 0.0))

    def taken(self, event: Row, gained: Floats) -> Floats:
        """An event's gain, shape (rows,), spread over the rows of its sisters in proportion to their size [units]."""
        inside = self.index.rows(event)
        if is_blank(event.get("item", "")):
            return np.zeros(len(gained))
        size = np.where(self.related & ~inside, self.size, 0.0)
        gain = np.bincount(self.cell, weights=np.where(self.related & inside, gained, 0.0))
        whole = np.bincount(self.cell, weights=size)
        return np.asarray(gain[self.cell] * size / np.where(whole > 0, whole, 1.0)[self.cell])


def measured(events: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The events, with the uplift and dip that were measured where they were.

    >>> plans = pd.DataFrame({"event": ["Fair", "Next"], "uplift": [0.3, 0.3], "dip": [0.0, 0.0]})
    >>> seen = pd.DataFrame({"event": ["Fair", "Next"], "uplift": [0.5, np.nan], "dip": [-0.1, np.nan]})
    >>> measured(plans, seen)[["uplift", "dip"]].to_numpy().tolist()
    [[0.5, -0.1], [0.3, 0.0]]

    """
    if len(events) != len(found) or (events["event"].astype(str).to_numpy() != found["event"].to_numpy(str)).any():
        raise InputError("measured effects must have one row for each event, in the order of the events")
    out = events.copy()
    for column in ("uplift", "dip"):
        planned = pd.to_numeric(out[column]).to_numpy(float) if column in out else np.zeros(len(out))
        seen = found[column].to_numpy(float)
        out[column] = np.where(np.isnan(seen), planned, np.maximum(seen, -1.0))
    return out


def baseline_without_promotions(
    history: pd.DataFrame,
    events: pd.DataFrame,
    items: pd.DataFrame,
    *,
    found: pd.DataFrame | None = None,
    shares: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """The history as it would have been without its events: what the statistical forecast is fitted to.

    Parameters
    ----------
    history, events, items
        as in `effects`
    found
        their effects, row by row; None measures them
    shares
        share of each event's gain that came from sister items, by event, as of `sister_shares`; None takes what was
        measured, an empty one leaves sister items alone

    Returns
    -------
    item, channel, region, period, quantity [units], sorted. Each month is divided by its events' measured effects, by
    the planned ones where nothing could be measured; sister items are given back what they lost. A month of which
    its events left next to nothing is unknown (NaN).

    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> sold = pd.DataFrame({"item": "A", "channel": "", "region": "", "period": months, "quantity": 100.0})
    >>> sold.loc[20, "quantity"] = 150.0
    >>> promo = {"event": "Fair", "start": months[20], "end": pd.Timestamp("2021-09-30"), "uplift": 0.3, "dip": 0.0}
    >>> families = pd.DataFrame({"item": ["A"], "family": ["F"]})
    >>> baseline_without_promotions(sold, pd.DataFrame([promo]), families)["quantity"].round(6).unique().tolist()
    [100.0]

    """
    tidy = checked_history(history)
    if events.empty:
        return tidy
    found = effects(tidy, events, items) if found is None else found
    known = measured(events, found)
    factor = apply_events(tidy.assign(quantity=1.0), known, items)["quantity"].to_numpy()
    quantity = tidy["quantity"].to_numpy()
    base = np.where(factor >= EMPTIEST, quantity / np.where(factor >= EMPTIEST, factor, 1.0), np.nan)
    shares = sister_shares(found) if shares is None else shares
    if shares:
        sisters = _Sisters.of(tidy, items, np.nan_to_num(base))
        gained, month = np.nan_to_num(quantity - base), tidy["period"].dt.to_period("M")
        for event in known.to_dict("records"):
            share = shares.get(str(event["event"]), 0.0)
            if share:
                days = pd.Timestamp(event["start"]).to_period("M"), pd.Timestamp(event["end"]).to_period("M")
                running = month.between(*days).to_numpy()
                base = base + share * sisters.taken(event, np.where(running, gained, 0.0))
    return tidy.assign(quantity=base)


def sister_shares(found: pd.DataFrame) -> dict[str, float]:
    """Share of each event's uplift that comes from its sister items, by event; below 0 where they gain from it.

    >>> seen = pd.DataFrame({"event": ["Fair", "Day"], "cannibalised": [0.4, 0.0], "halo": [0.0, 0.1]})
    >>> sister_shares(seen)
    {'Fair': 0.4, 'Day': -0.1}

    """
    share = found["cannibalised"].fillna(0.0) - found["halo"].fillna(0.0)
    return {str(event): float(value) for event, value in zip(found["event"], share, strict=True) if value}


def apply_with_sisters(
    plan: pd.DataFrame, events: pd.DataFrame, items: pd.DataFrame, shares: Mapping[str, float]
) -> pd.DataFrame:
    """Lift the plan by its events and let the sister items of each family pay for it, or gain with it.

    Parameters
    ----------
    plan, events, items
        as in `events.apply_events`
    shares
        share of the uplift taken from sister items, by event, such as `sister_shares` gives; below 0 they gain

    Sisters are the items of the same family, in the same channel, region and month, outside the event's scope. They
    pay in proportion to their plan, and never more than they have.

    >>> month = pd.Timestamp("2020-04-01")
    >>> plan = pd.DataFrame({"item": ["A", "B"], "channel": "", "region": "", "period": month, "quantity": 100.0})
    >>> promo = {"event": "Fair", "item": "A", "start": month, "end": pd.Timestamp("2020-04-30"), "uplift": 0.5}
    >>> families = pd.DataFrame({"item": ["A", "B"], "family": "F"})
    >>> apply_with_sisters(plan, pd.DataFrame([promo]), families, {"Fair": 0.4})["quantity"].tolist()
    [150.0, 80.0]

    """
    wrong = [name for name, share in shares.items() if not -1.0 <= share <= 1.0]
    if wrong:
        raise InputError(
            f"the share that {wrong[0]!r} takes from sisters must lie from -1 to 1, got {shares[wrong[0]]}"
        )
    lifted = apply_events(plan, events, items)
    tidy = apply_events(plan, events.iloc[:0], items)
    base, quantity = tidy["quantity"].to_numpy(), lifted["quantity"].to_numpy().copy()
    sisters = _Sisters.of(tidy, items, base)
    for event in events.to_dict("records"):
        share = shares.get(str(event.get("event", "")), 0.0)
        inside = sisters.index.rows(event)
        if not share or not inside.any():
            continue
        gained = np.zeros(len(base))
        alone = apply_events(tidy[inside], pd.DataFrame([event]).assign(dip=0.0), items)
        gained[inside] = alone["quantity"].to_numpy() - base[inside]
        quantity -= share * sisters.taken(event, gained)
    return tidy.assign(quantity=np.maximum(quantity, np.minimum(lifted["quantity"], 0.0)))


def with_suggestions(events: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The events, those without an uplift given that of their past likes.

    Parameters
    ----------
    events
        the table `events`
    found
        their `effects`, row by row

    Likes are measured events of the same kind and scope, else of the same kind and item or family, else of the same
    kind; their uplifts and dips are weighted by certainty, and drawn to 0 as far as they could be noise: an effect no
    larger than its error is none (positive-part James and Stein). A past event gets its own. One without likes stays
    blank.

    >>> table = pd.DataFrame({"event": ["One", "Two", "Next"], "kind": "promotion", "item": "A", "uplift": np.nan})
    >>> seen = table.assign(uplift=[0.2, 0.4, np.nan], error=[0.1, 0.1, np.nan], dip=[0.0, -0.1, np.nan])
    >>> with_suggestions(table, seen)["uplift"].round(3).tolist()
    [0.2, 0.4, 0.283]

    """
    seen, error = measured(events, found)["uplift"].to_numpy(float), found["error"].to_numpy(float)
    seen = np.where(np.isnan(found["uplift"].to_numpy(float)), np.nan, seen)
    seen_dip = np.nan_to_num(found["dip"].to_numpy(float))
    uplift = _numbers(events, "uplift")
    blank = np.isnan(uplift)
    uplift = np.where(blank, seen, uplift)
    dip = _numbers(events, "dip")
    dip = np.where(np.isnan(dip), np.where(np.isnan(seen), np.nan, seen_dip), dip)
    usable = ~np.isnan(seen) & ~np.isnan(error)
    weight = 1.0 / (np.where(usable, error, 0.0) ** 2 + SPREAD**2)
    scopes = {
        c: (events[c].fillna("").astype(str) if c in events else pd.Series("", events.index)).to_numpy()
        for c in ("kind", *SCOPE)
    }
    for row in np.flatnonzero(np.isnan(uplift)):
        for level in (("kind", *SCOPE), ("kind", "item", "family"), ("kind",)):
            alike = usable & np.all([scopes[c] == scopes[c][row] for c in level], axis=0)
            if alike.any():
                share = weight[alike] / weight[alike].sum()
                doubt = float(np.sqrt((share**2 * error[alike] ** 2).sum()))
                uplift[row] = clear_of_noise(float(share @ seen[alike]), doubt)
                if np.isnan(dip[row]):
                    dip[row] = clear_of_noise(float(share @ seen_dip[alike]), doubt)
                break
    return events.assign(uplift=uplift, dip=dip)


def clear_of_noise(effect: float, error: float) -> float:
    """An effect drawn to 0 by how much of it could be noise: nothing where its error is as large [share].

    >>> clear_of_noise(-0.21, 0.26), round(clear_of_noise(0.4, 0.1), 3)
    (0.0, 0.375)
    """
    return 0.0 if abs(effect) <= error or effect == 0 else effect * (1 - (error / effect) ** 2)


def _numbers(events: pd.DataFrame, column: str) -> Floats:
    if column not in events:
        return np.full(len(events), np.nan)
    return np.asarray(pd.to_numeric(events[column]), dtype=np.float64)
