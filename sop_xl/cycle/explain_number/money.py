"""Where the numbers of the review come from: gaps, scenarios, scorecard, money, bridge and grid."""

from __future__ import annotations

from collections.abc import Iterator

from sop_xl import periods
from sop_xl.cycle.explain_number.lines import NAN, Line, Subject, number, ties

_MOST = 8
_TOTAL = "Total"


def gaps(subject: Subject) -> Iterator[Line]:
    """A gap of a family: demand less supply, what is short in it, what could be done."""
    row = subject.row
    for name in ("demand", "supply", "gap"):
        yield subject.said("Inputs", f"{name}: {number(row[name])}", row[name], "gaps", "units")
    if ties(row["demand"] - row["supply"], row["gap"]):
        yield subject.said("Formula", "gap = demand - supply", row["gap"], "gaps", "units")
    yield subject.said("Cause", row["says"], row["money"], "gaps", subject.currency)
    for short in subject.same("shortages", "family", "period").head(_MOST).to_dict("records"):
        yield subject.said("Shortages", short["says"], short["quantity"], "shortages", "units")
    for option in subject.same("gap_options", "family", "period").to_dict("records"):
        mark = "recommended: " if option["recommended"] else ""
        yield subject.said("Options", f"{mark}{option['says']}", option["net_worth"], "gap_options", subject.currency)
    if row["owner"]:
        yield subject.said("Owner", f"{row['owner']}, {row['status'] or 'open'}")


def scenario_kpis(subject: Subject) -> Iterator[Line]:
    """A KPI of a scenario: what the scenario changes, and the same KPI of Base."""
    row = subject.row
    changes = subject.same("scenario_changes", "scenario")
    if changes.empty:
        yield subject.said("Changes", f"{row['scenario']} changes nothing")
    for change in changes.to_dict("records"):
        months = f" in months {number(change['first_period'])} to {number(change['last_period'])}"
        when = months if change["first_period"] == change["first_period"] else " in every month"
        says = f"{change['kind']} {change['target']} {change['value']:+,.4g}{when}".replace("  ", " ")
        yield subject.said("Changes", says, change["value"], "scenario_changes")
    for other in subject.same("scenario_kpis", "kpi").to_dict("records"):
        yield subject.said("Compare", f"{other['scenario']}: {number(other['value'])}", other["value"], "scenario_kpis",
                           other["unit"])  # fmt: skip
    yield subject.said("Formula", f"difference to Base: {number(row['value'] - row['base'])}",
                       row["value"] - row["base"], "scenario_kpis", row["unit"])  # fmt: skip


def scorecard(subject: Subject) -> Iterator[Line]:
    """A KPI of the scorecard: how it is worked out, its target, and the totals it is made of."""
    row = subject.row
    yield subject.said("Formula", row["says"])
    if row["target"] == row["target"]:
        yield subject.said(
            "Target", f"target {number(row['target'])}: {row['status']}", row["target"], "scorecard", row["unit"]
        )
    accuracy = {"Forecast accuracy": "wmape", "Forecast bias": "bias", "Forecast value added": "wmape"}
    if name := accuracy.get(row["kpi"]):
        for found in subject.rows("accuracy", level="total").to_dict("records"):
            yield subject.said(
                "Inputs", f"{found['step']}: {name} {number(found[name])}", found[name], "accuracy", "share"
            )
    money = {"Revenue against budget": ("revenue", "budget revenue"), "Margin": ("revenue", "cost", "margin"),
             "Stock value": ("stock value",)}  # fmt: skip
    totals = subject.rows("financials", family=_TOTAL).groupby("measure")["money"]
    for measure in money.get(row["kpi"], ()):
        how = totals.mean() if measure == "stock value" else totals.sum()
        if measure in how:
            kind = "mean" if measure == "stock value" else "sum"
            yield subject.said("Inputs", f"{kind} of {measure} over the months: {number(how[measure])}", how[measure],
                               "financials", subject.currency)  # fmt: skip
    if row["kpi"] == "Service level":
        balance = subject.frames["projected_balance"].groupby("measure")["quantity"].sum()
        for measure in ("demand", "shipped", "late", "lost"):
            if measure in balance:
                yield subject.said("Inputs", f"sum of {measure} of all places: {number(balance[measure])}",
                                   balance[measure], "projected_balance", "units")  # fmt: skip
    if row["kpi"] == "Data issues open":
        for check in subject.frames["checks"].query("open > 0 and severity != 'notes'").head(_MOST).to_dict("records"):
            yield subject.said("Inputs", f"{check['rule']}: {number(check['found'])}", check["found"], "checks")


def financials(subject: Subject) -> Iterator[Line]:
    """An amount of a family's month: the identities it stands in, and the units behind it."""
    row = subject.row
    same = subject.same("financials", "family", "period").set_index("measure")["money"]
    for measure, value in same.items():
        yield subject.said("Inputs", f"{measure}: {number(value)}", value, "financials", subject.currency)
    for left, first, second in (("margin", "revenue", "cost"), ("budget margin", "budget revenue", "budget cost"),
                                ("gap", "revenue", "budget revenue")):  # fmt: skip
        if {left, first, second} <= set(same.index) and ties(same[first] - same[second], same[left]):
            yield subject.said("Formula", f"{left} = {first} - {second}", same[left], "financials", subject.currency)
    if row["family"] == _TOTAL:
        parts = subject.same("financials", "measure", "period")
        parts = parts[parts["family"].ne(_TOTAL)]
        says = f"sum of {len(parts)} families: {number(parts['money'].sum())}"
        yield subject.said("Formula", says, parts["money"].sum(), "financials", subject.currency)
        for family in parts.sort_values("money", ascending=False).head(_MOST).to_dict("records"):
            yield subject.said("Families", f"{family['family']}: {number(family['money'])}", family["money"],
                               "financials", subject.currency)  # fmt: skip
        return
    items = subject.rows("items", family=row["family"])["item"]
    agreed = subject.rows("consensus", period=row["period"])
    total = float(agreed.loc[agreed["item"].isin(items), "quantity"].sum())
    yield subject.said("Units", f"consensus demand of the family: {number(total)}", total, "consensus", "units")
    grid = subject.rows("sop_grid", family=row["family"], period=row["period"], block="backlog", measure="shipped")
    for shipped in grid.to_dict("records"):
        yield subject.said(
            "Units", f"of it delivered: {number(shipped['value'])}", shipped["value"], "sop_grid", "units"
        )


def bridge(subject: Subject) -> Iterator[Line]:
    """A step of the bridge from budget to plan: the steps before and after it, and that they add up."""
    steps = subject.same("bridge", "of", "family")
    for step in steps.to_dict("records"):
        yield subject.said(
            "Steps", f"{step['step']}: {number(step['money'])}", step["money"], "bridge", subject.currency
        )
    by_step = steps.set_index("step")["money"]
    if {"budget", "plan"} <= set(by_step.index):
        moved = float(by_step.drop(["budget", "plan"]).sum())
        if ties(by_step["budget"] + moved, by_step["plan"]):
            says = f"budget {number(by_step['budget'])} + steps {number(moved)} = plan {number(by_step['plan'])}"
            yield subject.said("Formula", says, by_step["plan"], "bridge", subject.currency)
    others = subject.same("bridge", "of", "step")
    others = others[others["family"].ne(_TOTAL)].assign(size=lambda rows: rows["money"].abs())
    for other in others.sort_values("size", ascending=False).head(_MOST).to_dict("records"):
        yield subject.said("Families", f"{other['family']}: {number(other['money'])}", other["money"], "bridge",
                           subject.currency)  # fmt: skip


def sop_grid(subject: Subject) -> Iterator[Line]:
    """A number of the S&OP grid: its block of the month, and the table it is the sum of."""
    row = subject.row
    for same in subject.same("sop_grid", "family", "block", "period").to_dict("records"):
        yield subject.said(
            "Block", f"{same['measure']}: {number(same['value'])}", same["value"], "sop_grid", same["unit"]
        )
    yield from _summed(subject)
    yield from (subject.said("Gap", gap["says"], gap["gap"], "gaps", "units")
                for gap in subject.same("gaps", "family", "period").to_dict("records"))  # fmt: skip
    before = subject.same("sop_grid", "family", "block", "measure")
    before = before[before["period"].lt(row["period"])].sort_values("period").tail(1)
    for last in before.to_dict("records"):
        says = f"{periods.label(last['period'])}: {number(last['value'])}"
        yield subject.said("Before", says, last["value"], "sop_grid", row["unit"])


def _summed(subject: Subject) -> Iterator[Line]:
    row = subject.row
    items = subject.frames["items"]
    if row["family"] != _TOTAL:
        items = items[items["family"].eq(row["family"])]
    source = {"consensus": ("consensus", {}), "statistical": ("baseline", {"measure": "forecast"}),
              "history": ("demand_history", {}), "actual": ("actual_demand", {})}.get(row["measure"])  # fmt: skip
    if source is None or row["block"] != "demand":
        return
    table, more = source
    rows = subject.same(table, "period", **more)
    total = float(rows.loc[rows["item"].isin(items["item"]), "quantity"].sum()) if len(rows) else NAN
    if total == total:  # noqa: PLR0124 (NaN differs from itself)
        yield subject.said("Inputs", f"sum over the items of {row['family']}: {number(total)}", total, table, "units")
