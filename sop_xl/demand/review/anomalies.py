"""Anomalies: what a planner should look at before the meeting, dearest first, each in a sentence.

Every check takes frames and gives rows (`ANOMALY`): where and when, what is (value) and what was to be expected, the
money between them at list price, and a sentence. Months of one series that fail the same check are one row: the
dearest month is named, money is that of all. Blank channel and region means all of them.

Spreads are medians of absolute deviations x 1.4826, which single odd months do not move.

References: [1] Iglewicz, Hoaglin (1993), How to Detect and Handle Outliers, ASQC (3.5 robust deviations); [2] Trigg
(1964), Monitoring a forecasting system, Operational Research Quarterly 15, 271-274 (tracking signal); [3] Fildes,
Goodwin (2007), Against your better judgment?, Interfaces 37, 570-576 (overrides against the evidence).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.review.evidence import (
    USUAL,
    YEAR,
    Evidence,
    Limits,
    middle_and_spread,
    months_back,
    of_items,
    sold_range,
)
from sop_xl.errors import InputError
from sop_xl.periods import label

ANOMALY = (*KEYS, "period", "kind", "value", "expected", "months", "money", "says")
"""Columns: value and expected in units (shares where accuracy is told), money [money], months (how many fail)."""


def anomalies(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """All checks that there is evidence for, dearest first.

    Parameters
    ----------
    evidence
        frames of the cycle
    limits
        from where on something is odd

    Returns the columns `ANOMALY`, one row per series and kind.

    >>> months = pd.date_range("2019-01-01", periods=15, freq="MS")
    >>> key = {"item": "A", "channel": "web", "region": "DE"}
    >>> sold = pd.DataFrame({**key, "period": months[:12], "quantity": [100.0, 110, 90, 100, 95, 105] * 2})
    >>> plan = pd.DataFrame({**key, "period": months[12:], "quantity": [100.0, 400.0, 95.0]})
    >>> items = pd.DataFrame({"item": ["A"], "list_price": [2.0]})
    >>> anomalies(Evidence(plan, sold, items))[["kind", "period", "value", "expected", "money"]]
                        kind     period  value  expected  money
    0  far from recent level 2020-02-01  400.0     100.0  600.0
    1     far from last year 2020-02-01  400.0     110.0  580.0
    >>> anomalies(Evidence(plan, sold, items))["says"][1]
    'plan of 400 for 2020-02 is 3.6 times the 110 of last year'

    """
    parts = [check(evidence, limits) for check in CHECKS.values()]
    found = [part for part in parts if len(part)]
    if not found:
        return _nothing()
    rows = pd.concat(found, ignore_index=True)
    rows["money"] = rows["weight"] * of_items(rows["item"], evidence.items, "list_price").astype(float).fillna(0.0)
    rows = rows.sort_values([*KEYS, "kind", "money", "period"], ascending=[True] * 4 + [False, True])
    groups = rows.groupby([*KEYS, "kind"], sort=False)
    total, months = groups["money"].transform("sum"), groups["period"].transform("size")
    table = rows.assign(money=total, months=months.astype(float))[~rows.duplicated([*KEYS, "kind"])]
    more = table["months"] - 1
    tail = ["" if n < 1 else f"; {n:.0f} more months like it" if n > 1 else "; 1 more month like it" for n in more]
    table = table.assign(says=table["says"] + pd.Series(tail, index=table.index, dtype="str"))
    table = table[table["money"] >= limits.money]
    order = ["money", *KEYS, "kind"]
    return table.sort_values(order, ascending=[False] + [True] * 4, ignore_index=True)[list(ANOMALY)]


def far_from_last_year(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Months planned far from the same month a year before, further than the years usually differ."""
    plan, known = evidence.plan, evidence.known
    moved = known.assign(period=known["period"] + pd.DateOffset(years=1))
    change = known.merge(moved, on=[*KEYS, "period"], suffixes=("", "_before"))
    change["change"] = change["quantity"] - change["quantity_before"]
    usual = middle_and_spread(change, "change")
    rows = plan.merge(moved.rename(columns={"quantity": "expected"}), on=[*KEYS, "period"])
    rows = rows.merge(usual, on=list(KEYS), how="left").fillna({"middle": 0.0, "spread": 0.0})
    off = rows["quantity"] - rows["expected"]
    odd = off.abs().gt(limits.share * rows["expected"].abs())
    odd &= (off - rows["middle"]).abs().gt(limits.spreads * rows["spread"])
    return _rows(
        "far from last year", rows[odd], lambda m, v, e: f"plan of {_units(v)} for {m} {_times(v, e)} of last year"
    )


def far_from_recent_level(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Months planned beyond everything of the last two years and far from the middle of the last one."""
    known = evidence.known
    usual = middle_and_spread(known[known["period"] > months_back(known, YEAR)], "quantity")
    span = sold_range(known)
    rows = evidence.plan.merge(span, on=list(KEYS)).merge(usual, on=list(KEYS))
    off = (rows["quantity"] - rows["middle"]).abs()
    beyond = rows["quantity"].gt(rows["most"]) | rows["quantity"].lt(rows["least"])
    odd = beyond & off.gt(limits.share * rows["middle"].abs()) & off.gt(limits.spreads * rows["spread"])
    rows = rows.assign(expected=rows["middle"])[odd]
    return _rows(
        "far from recent level",
        rows,
        lambda m, v, e: f"plan of {_units(v)} for {m} is beyond all of the last two years, usually {_units(e)}",
    )


def outside_last_interval(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Months planned outside the interval that the cycle before gave them."""
    if evidence.last_baseline is None:
        return _nothing()
    del limits  # the interval is the limit
    rows = _outside(evidence.plan, evidence.last_baseline)
    return _rows(
        "outside last interval",
        rows,
        lambda m, v, e: f"plan of {_units(v)} for {m} lies outside last cycle's interval around {_units(e)}",
    )


def jump_from_last_plan(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Months whose plan has jumped since the cycle before, and series that came into or fell out of the plan."""
    if evidence.last_plan is None:
        return _nothing()
    plan, before = evidence.plan, evidence.last_plan
    shared = set(plan["period"]) & set(before["period"])
    columns = [*KEYS, "period", "quantity"]
    rows = plan[columns].merge(before[columns], on=columns[:-1], how="outer", suffixes=("", "_before"))
    rows = rows[rows["period"].isin(shared)].fillna({"quantity": 0.0, "quantity_before": 0.0})
    rows = rows.rename(columns={"quantity_before": "expected"})
    odd = (rows["quantity"] - rows["expected"]).abs().gt(limits.jump * rows["expected"].abs())
    return _rows(
        "jump from last plan",
        rows[odd],
        lambda m, v, e: f"plan for {m} went from {_units(e)} last cycle to {_units(v)}",
    )


def actual_outside_interval(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Months that sold outside the interval forecast for them."""
    if evidence.last_baseline is None:
        return _nothing()
    del limits  # the interval is the limit
    rows = _outside(evidence.known, evidence.last_baseline)
    return _rows(
        "actual outside interval",
        rows,
        lambda m, v, e: f"sold {_units(v)} in {m}, outside the interval around the {_units(e)} forecast",
    )


def tracking_signal_beyond_limit(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Items whose forecast has been too high or too low for months: [2].

    Over n months without any bias the signal strays by about 1.25 sqrt(n), so that a fixed limit of 4 would call every
    third fair item of a year; it must also go beyond `chance` times that.
    """
    judged = evidence.judged
    if judged.empty:
        return _nothing()
    last = judged[judged["ds"] > judged["ds"].max() - pd.DateOffset(months=YEAR)]
    last = last.assign(error=last["actual"] - last["forecast"])
    last["absolute"] = last["error"].abs()
    sums = last.groupby("item", as_index=False).agg(
        actual=("actual", "sum"), forecast=("forecast", "sum"), error=("error", "sum"),
        deviation=("absolute", "mean"), count=("ds", "size"), period=("ds", "max"),
    )  # fmt: skip
    signal = sums["error"] / sums["deviation"].where(sums["deviation"] > 0)
    usual = np.sqrt(np.pi / 2 * sums["count"])  # deviation of a sum of normal errors, in mean absolute deviations
    odd = signal.abs().gt(limits.signal) & signal.abs().gt(limits.chance * usual)
    rows = sums.assign(signal=signal)[odd]
    rows = rows.assign(quantity=rows["forecast"], expected=rows["actual"], channel="", region="")
    says = [
        f"forecast too {'high' if s < 0 else 'low'} for {n:.0f} months to {label(p)}: {_units(f)} against {_units(a)} "
        f"sold, tracking signal {s:+.1f}"
        for s, n, p, f, a in zip(rows.signal, rows["count"], rows.period, rows.forecast, rows.actual, strict=True)
    ]
    return _rows("tracking signal", rows, says)


def dead_item_planned(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Items that have ended, or that nobody has bought for long, and are planned all the same."""
    known = evidence.known
    sold = known[known["quantity"] > 0].groupby("item")["period"].max()
    plan = evidence.plan[evidence.plan["quantity"] > 0]
    end = pd.to_datetime(of_items(plan["item"], evidence.items, "end"))
    last = pd.Series(sold.reindex(plan["item"]).to_numpy(), index=plan.index)
    ended = end.notna() & plan["period"].gt(end)
    quiet = last.notna() & last.le(months_back(known, limits.quiet))
    rows = plan.assign(expected=0.0, end=end, last=last, ended=ended)[ended | quiet]
    says = [
        f"plan of {_units(v)} for {label(p)}, but the item ended on {e:%Y-%m-%d}"
        if out
        else f"plan of {_units(v)} for {label(p)}, but nothing was sold since {label(s)}"
        for v, p, e, s, out in zip(rows.quantity, rows.period, rows.end, rows["last"], rows.ended, strict=True)
    ]
    return _rows("dead item planned", rows, says)


def new_item_without_like_item(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Items with little or no history and no like-item to lend them one."""
    items = evidence.items
    known = evidence.known
    first_sold = known[known["quantity"].ne(0)].groupby("item")["period"].min()
    age = pd.Series(pd.DatetimeIndex(first_sold.reindex(items["item"])), index=items.index)
    newest = known["period"].max()
    months = (newest.year - age.dt.year) * 12 + newest.month - age.dt.month + 1
    like = items["like_item"] if "like_item" in items.columns else pd.Series("", index=items.index)
    on_sale = items["sold"].astype(bool) if "sold" in items.columns else pd.Series(True, index=items.index)
    end = pd.to_datetime(of_items(items["item"], items, "end"))
    first = evidence.plan["period"].min()
    alone = (like.isna() | like.eq("")) & on_sale & ~(end.notna() & end.lt(first))
    new = items.assign(months=months.fillna(0.0))[alone & (months.fillna(0.0) < limits.young)]
    planned = evidence.plan.groupby("item")["quantity"].sum()
    rows = new.assign(quantity=new["item"].map(planned).fillna(0.0), expected=0.0, channel="", region="", period=first)
    says = [
        f"{'no history' if n < 1 else f'{n:.0f} months of history'} and no like-item; {_units(v)} planned in all"
        for n, v in zip(rows.months, rows.quantity, strict=True)
    ]
    return _rows("new item without like-item", rows, says)


def override_against_history(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Overrides that take a plan from within what the last two years sold to beyond it: [3]."""
    if evidence.changes is None or evidence.changes.empty:
        return _nothing()
    del limits  # what was sold is the limit
    groups = evidence.changes.groupby([*KEYS, "period"], as_index=False)
    moved = groups.agg(expected=("before", "first"), quantity=("after", "last"), override=("override", "last"))
    rows = moved.merge(sold_range(evidence.known), on=list(KEYS))
    within = rows["expected"].between(rows["least"], rows["most"])
    rows = rows[within & ~rows["quantity"].between(rows["least"], rows["most"])]
    says = [
        f"override {name} took {label(p)} from {_units(e)} to {_units(v)}; the last two years sold "
        f"{_units(low)} to {_units(high)} a month"
        for name, p, e, v, low, high in zip(
            rows.override, rows.period, rows.expected, rows.quantity, rows.least, rows.most, strict=True
        )
    ]
    return _rows("override against history", rows, says)


def accuracy_worse(evidence: Evidence, limits: Limits = USUAL) -> pd.DataFrame:
    """Items whose WMAPE of the last months is well above that of the year before them; value and expected [share]."""
    judged = evidence.judged
    if judged.empty:
        return _nothing()
    newest = judged["ds"].max()
    split = newest - pd.DateOffset(months=limits.recent)
    judged = judged[judged["ds"] > split - pd.DateOffset(months=YEAR)]
    judged = judged.assign(error=(judged["actual"] - judged["forecast"]).abs(), sold=judged["actual"].abs())
    last = judged["ds"] > split
    sums = [judged[part].groupby("item")[["error", "sold"]].sum() for part in (last, ~last)]
    months = judged[~last].groupby("item")["ds"].nunique()
    stray = judged[~last].groupby("item")["error"].std() * np.sqrt(limits.recent)
    both = sums[0].join(sums[1], rsuffix="_before", how="inner")
    both = both[(both["sold"] > 0) & (both["sold_before"] > 0) & (months.reindex(both.index) >= limits.recent)]
    now, before = both["error"] / both["sold"], both["error_before"] / both["sold_before"]
    rows = both.assign(
        quantity=now, expected=before, weight=(now - before) * both["sold"], channel="", region="", period=newest
    )
    beyond_chance = rows["weight"] > limits.chance * stray.reindex(rows.index).fillna(0.0)
    rows = rows[((now - before) > limits.worse) & beyond_chance].reset_index()
    says = [
        f"WMAPE of the {limits.recent} months to {label(p)} is {v:.0%}, it was {e:.0%} in the months before"
        for p, v, e in zip(rows.period, rows.quantity, rows.expected, strict=True)
    ]
    return _rows("accuracy worse", rows, says)


CHECKS: dict[str, Callable[[Evidence, Limits], pd.DataFrame]] = {
    "far from last year": far_from_last_year,
    "far from recent level": far_from_recent_level,
    "outside last interval": outside_last_interval,
    "jump from last plan": jump_from_last_plan,
    "actual outside interval": actual_outside_interval,
    "tracking signal": tracking_signal_beyond_limit,
    "dead item planned": dead_item_planned,
    "new item without like-item": new_item_without_like_item,
    "override against history": override_against_history,
    "accuracy worse": accuracy_worse,
}
"""Every check by the kind it reports."""


def _rows(kind: str, rows: pd.DataFrame, says: list[str] | Callable[[str, float, float], str]) -> pd.DataFrame:
    """Rows of a check; `weight` is the units at stake, value less expected where the check does not say."""
    value, expected = rows["quantity"].astype(float), rows["expected"].astype(float)
    told = says
    if callable(says):
        months = [label(period) for period in rows["period"]]
        told = [says(*row) for row in zip(months, value, expected, strict=True)]
    weight = rows["weight"] if "weight" in rows.columns else (value - expected).abs()
    table = rows[[*KEYS, "period"]].assign(kind=kind, value=value, expected=expected, weight=weight)
    return table.assign(says=pd.Series(told, index=table.index, dtype="str")).reset_index(drop=True)


def _nothing() -> pd.DataFrame:
    text = (*KEYS, "kind", "says")
    empty = {column: pd.Series(dtype="str" if column in text else float) for column in ANOMALY}
    return pd.DataFrame(empty | {"period": pd.Series(dtype="datetime64[ns]")})


def _outside(figures: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Figures outside the interval of a forecast for their month."""
    missing = [column for column in ("forecast", "low", "high") if column not in baseline.columns]
    if missing:
        raise InputError(f"last cycle's baseline lacks the column {missing[0]}")
    wanted = baseline[[*KEYS, "period", "forecast", "low", "high"]].rename(columns={"forecast": "expected"})
    rows = figures.merge(wanted, on=[*KEYS, "period"])
    return rows[rows["quantity"].lt(rows["low"]) | rows["quantity"].gt(rows["high"])]


def _units(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == round(value) else f"{value:.1f}"


def _times(value: float, expected: float) -> str:
    if expected <= 0:
        return f"stands against the {_units(expected)}"
    ratio = value / expected
    return f"is {ratio:.1f} times the {_units(expected)}" if ratio >= 1 else f"is {ratio:.0%} of the {_units(expected)}"
