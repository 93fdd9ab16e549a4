"""Where the numbers of the supply plan come from: demand served, sources, limits and their prices, stock targets."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.explain_number.lines import Line, Subject, number, ties
from sop_xl.inventory.safety_stock import error_over_risk, z_value
from sop_xl.workbook.tables import Settings

PLACE = ("item", "location")
_SOURCE = (*PLACE, "kind", "supplier", "mode")
_MOST = 6
"""Rows of one kind that are listed; of more their number is said."""


def inventory_targets(subject: Subject) -> Iterator[Line]:
    """A stock target: the formula of the safety stock with its numbers, and what limits the target."""
    row = subject.row
    for name, says in (
        ("service_level", f"service level ({row['service_type']}), class {row['abc']}"),
        ("demand", "mean demand a month"),
        ("sigma", "standard deviation of the forecast error of a month"),
        ("lead_time", "lead time [months]"),
        ("lead_time_sd", "standard deviation of the lead time [months]"),
    ):
        yield subject.said("Inputs", f"{says}: {number(row[name])}", row[name], "inventory_targets")
    yield from _formula(subject)
    parts = f"{number(row['safety_stock'])} safety + {number(row['cycle_stock'])} cycle stock"
    yield subject.said(
        "Formula", f"target {number(row['target'])}: {parts}", row["target"], "inventory_targets", "units"
    )
    says = f"order up to {number(row['order_up_to'])}, reorder point {number(row['reorder_point'])}"
    yield subject.said("Formula", says, row["order_up_to"], "inventory_targets", "units")
    if row["limited_by"]:
        yield subject.said("Limits", f"the wanted stock is kept within {row['limited_by']} (sheet Policy, shelf life)")
    for policy in subject.rows("inventory_policy", abc=row["abc"]).to_dict("records"):
        yield subject.said("Policy", f"class {row['abc']}: {policy['service_type'] or 'default service type'}",
                           policy["service_level"], "inventory_policy", "share")  # fmt: skip
    for error in subject.same("forecast_error", *PLACE).to_dict("records"):
        says = f"error measured over {number(error['months'])} months: {number(error['sigma'])}"
        yield subject.said("Inputs", says, error["sigma"], "forecast_error", "units")


def _formula(subject: Subject) -> Iterator[Line]:
    row = subject.row
    level = float(row["service_level"])
    if row["distribution"] != "normal" or row["service_type"] != "cycle service" or not 0 < level < 1:
        says = f"safety stock from the {row['distribution']} distribution of demand over the lead time and a review"
        yield subject.said(
            "Formula", f"{says}: {number(row['safety_stock'])}", row["safety_stock"], "inventory_targets", "units"
        )
        return
    z = float(z_value(level))
    review = _review(subject)
    spread = float(error_over_risk(row["sigma"], row["lead_time"], review, row["demand"], row["lead_time_sd"]))
    yield subject.said("Formula", f"z of {level:.1%}: {z:.3f}", z)
    says = f"sqrt((lead time + review of {number(review)}) x sigma^2 + demand^2 x sd of lead time^2)"
    yield subject.said("Formula", f"{says} = {number(spread)}", spread, unit="units")
    safety = float(row["safety_stock"])
    differs = "" if ties(z * spread, safety) else f"; the table says {number(safety)}, for a limit holds"
    yield subject.said("Formula", f"safety stock = z x that = {number(z * spread)}{differs}", z * spread, unit="units")


def _review(subject: Subject) -> float:
    typed = subject.rows("control", setting="review_months")["value"]
    return float(typed.iloc[0]) if len(typed) and typed.iloc[0] else Settings().review_months


def supply_plan(subject: Subject) -> Iterator[Line]:
    """An order or a receipt: its source, the demand of its item and place it serves, the limits that bind."""
    row = subject.row
    for source in subject.same("sources", *_SOURCE).to_dict("records"):
        says = f"lead time {number(source['lead_time_days'])} days, least {number(source['minimum'])}, in steps of "
        says += f"{number(source['multiple'])}, at most {number(source['maximum'])}, cost {number(source['cost'])}"
        yield subject.said("Source", says, source["lead_time_days"], "sources", "days")
    both = subject.same("supply_plan", *_SOURCE, "period")
    for other in both[both["measure"].ne(row["measure"])].to_dict("records"):
        yield subject.said("Source", f"{other['measure']} of the same month: {number(other['quantity'])}",
                           other["quantity"], "supply_plan", "units")  # fmt: skip
    for lock in subject.same("locks", *_SOURCE, "period").to_dict("records"):
        says = (
            f"locked by {lock['owner'] or 'nobody named'}: {number(lock['quantity'])}; {lock['reason'] or 'no reason'}"
        )
        yield subject.said("Override", says, lock["quantity"], "locks", "units")
    yield from _served(subject)
    yield from _balance(subject)
    yield from _limits(subject)


def projected_balance(subject: Subject) -> Iterator[Line]:
    """A measure of stock: the identity it stands in, the receipts by source, who asks for the stock."""
    yield from _balance(subject)
    receipts = subject.same("supply_plan", *PLACE, "period", measure="receipt")
    for receipt in receipts[receipts["quantity"].gt(0)].head(_MOST).to_dict("records"):
        source = " ".join(x for x in (receipt["kind"], receipt["supplier"], receipt["mode"]) if x)
        yield subject.said("Receipts", f"planned, {source}: {number(receipt['quantity'])}",
                           receipt["quantity"], "supply_plan", "units")  # fmt: skip
    coming = subject.same("receipts", *PLACE)
    coming = coming[coming["due"].dt.to_period("M").eq(subject.row["period"].to_period("M"))]
    for order in coming.head(_MOST).to_dict("records"):
        yield subject.said("Receipts", f"under way, {order['receipt']}: {number(order['quantity'])}",
                           order["quantity"], "receipts", "units")  # fmt: skip
    yield from _served(subject)
    yield from _targets(subject)
    yield from _limits(subject)


def resource_load(subject: Subject) -> Iterator[Line]:
    """The load of a work center: its capacity, the other measures of the month, the items that use it most."""
    row = subject.row
    for same in subject.same("resource_load", "resource", "period").to_dict("records"):
        says = f"{same['measure']}: {number(same['hours'])}"
        yield subject.said("Load", says, same["hours"], "resource_load", "share" if same["measure"] == "load" else "h")
    for typed in subject.same("capacity", "resource", "period").to_dict("records"):
        yield subject.said(
            "Inputs", f"capacity {typed['measure']}: {number(typed['hours'])} h", typed["hours"], "capacity", "h"
        )
    routings = subject.same("routings", "resource")
    made = subject.rows("supply_plan", kind="make", measure="receipt", period=row["period"])
    work = made.merge(routings, on=["item", "mode"], how="inner")
    work = work.assign(hours=work["quantity"] * work["hours_per_unit"]).sort_values("hours", ascending=False)
    for use in work[work["hours"].gt(0)].head(_MOST).to_dict("records"):
        says = f"{use['item']} received this month: {number(use['quantity'])} x {number(use['hours_per_unit'])} h"
        yield subject.said("Work", says, use["hours"], "supply_plan", "h")
    for over in subject.same("overloads", "resource", "period").to_dict("records"):
        yield subject.said("Limits", over["says"], over["over"], "overloads", "h")
    yield from _prices(subject, {row["resource"]})


def shortages(subject: Subject) -> Iterator[Line]:
    """A shortage: its cause and culprit, the demand it makes late, what could be done."""
    row = subject.row
    yield subject.said("Cause", f"{row['cause']}: {row['culprit'] or 'no single culprit'}" + (
        f" in {periods.label(row['culprit_period'])}" if not pd.isna(row["culprit_period"]) else ""))  # fmt: skip
    yield subject.said("Cause", row["says"], row["quantity"], "shortages", "units")
    yield from _served(subject)
    yield from _balance(subject)
    remedies = subject.rows("remedies", culprit=row["culprit"], cause=row["cause"])
    for remedy in remedies.head(_MOST).to_dict("records"):
        yield subject.said("Remedies", remedy["says"], remedy["recovered"], "remedies", "units")
    yield from _limits(subject)


def _balance(subject: Subject) -> Iterator[Line]:
    same = subject.same("projected_balance", *PLACE, "period").set_index("measure")["quantity"]
    for measure, value in same.items():
        unit = "days" if measure == "days of supply" else "units"
        yield subject.said("Balance", f"{measure}: {number(value)}", value, "projected_balance", unit)
    parts = {m: float(same.get(m, 0.0)) for m in ("opening", "receipts", "issues", "shipped", "closing")}
    if "closing" in same and ties(
        parts["opening"] + parts["receipts"] - parts["issues"] - parts["shipped"], parts["closing"]
    ):
        yield subject.said("Balance", "opening + receipts - issues - shipped = closing", parts["closing"], unit="units")


def _served(subject: Subject) -> Iterator[Line]:
    """Which demand asks for this item at this place in this month, and what of it is late."""
    row = subject.row
    regions = subject.rows("regions", served_from=row["location"])["region"]
    asked = subject.same("consensus", "item", "period")
    asked = asked[asked["region"].isin(regions) & asked["quantity"].gt(0)].sort_values("quantity", ascending=False)
    for demand in asked.head(_MOST).to_dict("records"):
        says = f"{demand['channel']} in {demand['region']}: {number(demand['quantity'])}"
        yield subject.said("Serves", says, demand["quantity"], "consensus", "units")
    if len(asked) > _MOST:
        rest = float(asked["quantity"].iloc[_MOST:].sum())
        yield subject.said("Serves", f"{len(asked) - _MOST} more: {number(rest)}", rest, "consensus", "units")
    uses = subject.rows("bom", component=row["item"])["assembly"]
    made = subject.rows("supply_plan", kind="make", measure="order", period=row["period"], location=row["location"])
    made = made[made["item"].isin(uses) & made["quantity"].gt(0)].sort_values("quantity", ascending=False)
    for use in made.head(_MOST).to_dict("records"):
        yield subject.said("Serves", f"goes into {use['item']}, {number(use['quantity'])} started this month",
                           use["quantity"], "supply_plan", "units")  # fmt: skip
    moved = subject.same("supply_plan", "item", "period", kind="transfer", measure="order", supplier=row["location"])
    for move in moved[moved["quantity"].gt(0)].head(_MOST).to_dict("records"):
        says = f"moved to {move['location']}: {number(move['quantity'])} sent this month"
        yield subject.said("Serves", says, move["quantity"], "supply_plan", "units")
    for late in subject.same("late_demand", *PLACE, "period").head(_MOST).to_dict("records"):
        yield subject.said("Late", late["says"], late["quantity"], "late_demand", "units")


def _targets(subject: Subject) -> Iterator[Line]:
    for found in subject.same("inventory_targets", *PLACE).to_dict("records"):
        says = f"stock target {number(found['target'])}, {number(found['safety_stock'])} of it safety stock"
        yield subject.said("Target", says, found["target"], "inventory_targets", "units")


def _limits(subject: Subject) -> Iterator[Line]:
    """The limits in the way of this item: prices of its work centers and suppliers, and limits that gave way."""
    row = subject.row
    names = {row["item"], *subject.rows("routings", item=row["item"])["resource"]}
    names |= set(subject.same("sources", "item")["supplier"]) - {""}
    yield from _prices(subject, names)


def _prices(subject: Subject, names: set[str]) -> Iterator[Line]:
    prices = subject.same("constraint_prices", "period")
    for price in prices[prices["name"].isin(names)].to_dict("records"):
        yield subject.said("Limits", price["says"], price["price"], "constraint_prices", f"per {price['unit']}")
    gave = subject.same("gave_way", "period")
    for limit in gave[gave["name"].isin(names)].to_dict("records"):
        yield subject.said("Limits", limit["says"], limit["beyond"], "gave_way", limit["unit"])
