"""Where the numbers of the demand plan come from: model, history, corrections, events, inputs, overrides, rounding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.explain_number.lines import Line, Subject, number

SERIES = ("item", "channel", "region")
_SCOPE = ("item", "family", "channel", "region")
_STEPS = ("statistical", "events", "inputs", "overrides", "consensus")


def baseline(subject: Subject) -> Iterator[Line]:
    """A statistical forecast: its method, interval, history, and what was corrected in the history."""
    row = subject.row
    typed = subject.same("items", "item")
    method = row["method"] or "no method"
    asked = str(typed["method"].iloc[0]) if len(typed) else ""
    chosen = f"asked for on sheet Items: {asked}" if asked else "chosen by its error on past months it had not seen"
    yield subject.said("Model", f"{method}; {chosen}")
    same = subject.same("baseline", *SERIES, "period").set_index("measure")["quantity"]
    for measure, value in same.items():
        yield subject.said("Model", f"{measure}: {number(value)}", value, "baseline", "units")
    yield from _history(subject)
    yield from _class(subject)


def consensus(subject: Subject) -> Iterator[Line]:
    """The agreed demand of a series: forecast, events, inputs and overrides that reach it, whole units."""
    row = subject.row
    forecast = subject.same("baseline", *SERIES, "period", measure="forecast")
    start = float(forecast["quantity"].sum())
    if len(forecast):
        method = forecast.iloc[0]["method"]
        yield subject.said("Inputs", f"statistical forecast {number(start)} ({method})", start, "baseline", "units")
    else:
        yield subject.said("Inputs", "there is no statistical forecast of this series in this month")
    yield from _reaching(subject)
    moved = float(row["quantity"]) - start
    says = f"consensus less statistical forecast: {moved:+,.4g} units, by the lines above and whole units"
    yield subject.said("Rounding", says, moved, "consensus", "units")
    if cells := _cells_changed(subject):
        rest = float(row["quantity"]) - float(cells[-1]["after"])
        says = f"{rest:+,.4g} of it to whole units and to what the other lines above left"
        yield subject.said("Rounding", says, rest, "consensus", "units")
    yield from _item_causes(subject)
    yield from _history(subject)
    yield from _class(subject)


def demand_steps(subject: Subject) -> Iterator[Line]:
    """A step of a family's demand plan: what the step before it held, and what moved it."""
    row = subject.row
    same = subject.same("demand_steps", "family", "period").set_index("step")["quantity"]
    for step in (s for s in _STEPS if s in same):
        yield subject.said("Steps", f"{step}: {number(same[step])}", same[step], "demand_steps", "units")
    at = _STEPS.index(row["step"]) if row["step"] in _STEPS else 0
    if at and _STEPS[at - 1] in same:
        moved = float(same[row["step"]] - same[_STEPS[at - 1]])
        yield subject.said("Steps", f"{row['step']} moved it by {moved:+,.4g} units", moved, "demand_steps", "units")
    items = subject.rows("items", family=row["family"])["item"]
    agreed = subject.rows("consensus", period=row["period"])
    total = float(agreed.loc[agreed["item"].isin(items), "quantity"].sum())
    yield subject.said(
        "Inputs", f"sum of consensus over the items of the family: {number(total)}", total, "consensus", "units"
    )
    yield from _reaching(subject)


def override_effects(subject: Subject) -> Iterator[Line]:
    """What became of an override: what was typed, by whom and why, and the months it moved."""
    row = subject.row
    for typed in subject.same("overrides", "override").to_dict("records"):
        yield subject.said("Override", _override(typed), typed["value"], "overrides")
    yield subject.said("Override", f"{row['status']}: {number(row['before'])} before, {number(row['after'])} after",
                       row["after"], "override_effects", "units")  # fmt: skip
    if row["says"]:
        yield subject.said("Override", row["says"])
    for month in subject.same("override_months", "override").to_dict("records"):
        says = f"{periods.label(month['period'])} {month['measure']}: {number(month['quantity'])}"
        yield subject.said("Months", says, month["quantity"], "override_months", "units")


def _reaching(subject: Subject) -> Iterator[Line]:
    """Events, inputs and overrides whose scope reaches the row asked about."""
    period = subject.row["period"]
    end = period + pd.offsets.MonthEnd(0)
    events = subject.frames["events"]
    for event in events[_in_scope(subject, events)].to_dict("records"):
        if event["start"] <= end and (pd.isna(event["end"]) or event["end"] >= period):
            uplift = f"uplift {event['uplift']:+.0%}" if not pd.isna(event["uplift"]) else "its learned uplift"
            says = f"event {event['event']} ({event['kind']}): {uplift}"
            yield subject.said("Events", says, event["uplift"], "events", "share")
    inputs = subject.frames["inputs"]
    for told in inputs[_in_scope(subject, inputs) & inputs["period"].eq(period)].to_dict("records"):
        by = f" ({told['owner']})" if told["owner"] else ""
        says = f"input of {told['department']}{by} for {_scope(told)}: {number(told['quantity'])}"
        yield subject.said("Inputs", f"{says}{_reason(told)}", told["quantity"], "inputs", "units")
    overrides = subject.frames["overrides"]
    for typed in overrides[_in_scope(subject, overrides)].to_dict("records"):
        if typed["first_period"] <= period and (pd.isna(typed["last_period"]) or typed["last_period"] >= period):
            yield subject.said("Override", _override(typed), typed["value"], "overrides")
            for effect in subject.rows("override_effects", override=typed["override"]).to_dict("records"):
                says = f"{typed['override']} {effect['status']}: {effect['says']}"
                yield subject.said("Override", says, effect["after"], "override_effects", "units")
    for cell in _cells_changed(subject):
        says = f"{cell['kind']} {cell['name']} here: {number(cell['before'])} before, {number(cell['after'])} after"
        part = "Override" if cell["kind"] == "override" else "Inputs"
        yield subject.said(part, says, cell["after"], "frozen_changes", "units")


def _cells_changed(subject: Subject) -> list[dict[str, Any]]:
    if "item" not in subject.row:
        return []
    found = subject.same("frozen_changes", *SERIES, "period")
    last = found["cycle"].max() if len(found) else ""
    return [{str(k): v for k, v in r.items()} for r in found[found["cycle"].eq(last)].to_dict("records")]


def _in_scope(subject: Subject, typed: pd.DataFrame) -> pd.Series[bool]:
    """Which typed rows reach the row asked about: a blank field reaches all; a family reaches its items."""
    inside = pd.Series(data=True, index=typed.index)
    row = dict(subject.row)
    items = subject.frames["items"]
    if "family" not in row and "item" in row:
        families = items.loc[items["item"].eq(row["item"]), "family"]
        row["family"] = families.iloc[0] if len(families) else ""
    for field in _SCOPE:
        if field in row and field in typed:
            inside &= typed[field].eq("") | typed[field].eq(row[field])
        elif field == "item" and field in typed:
            inside &= typed[field].eq("") | typed[field].isin(items.loc[items["family"].eq(row["family"]), "item"])
    return inside


def _override(typed: dict[Any, Any]) -> str:
    value = f"{typed['value']:+.0%}" if typed["kind"] == "percent" else f"{typed['value']:+,.4g} units"
    by = typed["owner"] or "nobody named"
    on = f" on {typed['entered']:%Y-%m-%d}" if not pd.isna(typed["entered"]) else ""
    return f"override {typed['override']} by {by}{on}: {typed['kind']} {value} for {_scope(typed)}{_reason(typed)}"


def _scope(typed: dict[Any, Any]) -> str:
    return ", ".join(str(typed[f]) for f in _SCOPE if typed.get(f)) or "everything"


def _reason(typed: dict[Any, Any]) -> str:
    return f"; reason: {typed['reason']}" if typed.get("reason") else "; no reason given"


def _item_causes(subject: Subject) -> Iterator[Line]:
    """What the plan of the item, over all channels and regions, is made of."""
    causes = subject.same("plan_causes", "item", "period", part="demand")
    last = causes["cycle"].max() if len(causes) else ""
    for cause in causes[causes["cycle"].eq(last)].to_dict("records"):
        says = f"item {subject.row['item']} in all channels and regions, {cause['cause']}: {number(cause['quantity'])}"
        yield subject.said("Item", says, cause["quantity"], "plan_causes", "units")


def _history(subject: Subject) -> Iterator[Line]:
    past = subject.same("demand_history", *SERIES).sort_values("period")
    if past.empty:
        yield subject.said("History", "this series has no history")
        return
    last = past.iloc[-1]
    year = past[past["period"].gt(last["period"] - pd.DateOffset(years=1))]["quantity"]
    yield subject.said("History", f"{len(past)} months from {periods.label(past.iloc[0]['period'])} to "
                       f"{periods.label(last['period'])}, the last of them {number(last['quantity'])}",
                       last["quantity"], "demand_history", "units")  # fmt: skip
    yield subject.said(
        "History", f"sum of the last twelve months: {number(year.sum())}", year.sum(), "demand_history", "units"
    )
    ago = past[past["period"].eq(subject.row["period"] - pd.DateOffset(years=1))]["quantity"]
    if len(ago):
        yield subject.said(
            "History", f"same month a year before: {number(ago.iloc[0])}", ago.iloc[0], "demand_history", "units"
        )
    for change in subject.same("adjustments", *SERIES).to_dict("records"):
        what = f"{number(change['history'])} {change['adjustment']:+,.4g} ({change['reason']})"
        decided = f", {change['decision']} by a person" if change["decision"] else ", nobody has decided on it"
        says = f"{periods.label(change['period'])}: {what}{decided}"
        yield subject.said("Corrections", says, change["adjustment"], "adjustments", "units")


def _class(subject: Subject) -> Iterator[Line]:
    for found in subject.same("segments", "item").to_dict("records"):
        kind = f", {found['demand_class']} demand" if found["demand_class"] else ""
        yield subject.said(
            "Class", f"item {found['item']} is {found['abc']}{found['xyz']}{kind}", found["revenue"], "segments"
        )
