"""Can the plan be made from this master data: prices, stock, sources, bills, capacity, policy?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.checks.check import Finding, check, findings, names, one_per_row, whole_table
from sop_xl.cycle.step import Context, Frames
from sop_xl.workbook.schema import Severity


@check("no items", Severity.STOPS, "There are items, locations, channels and regions")
def empty_master(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Master data without a single row."""
    for table in ("items", "locations", "channels", "regions"):
        if frames[table].empty:
            yield whole_table(table, f"there are no {table}; gather them or type them before planning")


@check("price missing", Severity.WARNS, "Every item sold has a price above zero")
def price_missing(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Sold items without a price: their shortages would cost nothing."""
    items = frames["items"]
    yield from findings(
        "items",
        items[items["sold"] & ~(items["list_price"] > 0)],
        "list_price",
        lambda row: f"item {row['item']} is sold but has no price",
    )


@check("cost missing", Severity.WARNS, "Every item has a standard cost above zero")
def cost_missing(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Items without standard cost: their stock would be worth nothing."""
    items = frames["items"]
    yield from findings(
        "items",
        items[~(items["standard_cost"] > 0)],
        "standard_cost",
        lambda row: f"item {row['item']} has no standard cost",
    )


@check("price below cost", Severity.NOTES, "No item is sold below its standard cost")
def price_below_cost(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Items sold at a loss."""
    items = frames["items"]
    yield from findings(
        "items",
        items[items["sold"] & (items["list_price"] < items["standard_cost"])],
        "list_price",
        lambda row: f"item {row['item']} sells at {row['list_price']:,.2f}, below its cost {row['standard_cost']:,.2f}",
    )


@check("negative stock", Severity.STOPS, "Stock is not negative")
def negative_stock(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Stock below zero: a posting is missing somewhere."""
    stock = frames["stock"]
    yield from findings(
        "stock",
        stock[stock["quantity"] < 0],
        "quantity",
        lambda row: f"stock of item {row['item']} at {row['location']} is {row['quantity']:g}",
    )


@check("overdue receipt", Severity.WARNS, "No receipt under way is overdue")
def overdue_receipt(frames: Frames, context: Context) -> Iterator[Finding]:
    """Receipts due on or before the as-of date: planned as if they came in the first month."""
    receipts = frames["receipts"]
    yield from findings(
        "receipts",
        receipts[receipts["due"] <= context.as_of],
        "due",
        lambda row: f"receipt {row['receipt']} of item {row['item']} was due {row['due']:%Y-%m-%d} and has not come",
    )


@check("long lead time", Severity.WARNS, "No lead time is longer than a year")
def long_lead_time(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Lead times above 365 days: usually a slip of the unit."""
    sources = frames["sources"]
    yield from findings(
        "sources",
        sources[sources["lead_time_days"] > 365],
        "lead_time_days",
        lambda row: f"item {row['item']} takes {row['lead_time_days']:g} days",
    )


@check("minimum above maximum", Severity.STOPS, "No smallest order is larger than the most a month allows")
def minimum_above_maximum(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Sources that contradict themselves."""
    sources = frames["sources"]
    yield from findings(
        "sources",
        sources[sources["minimum"] > sources["maximum"]],
        "minimum",
        lambda row: f"item {row['item']} has minimum {row['minimum']:g} above maximum {row['maximum']:g}",
    )


@check("shares do not add up", Severity.WARNS, "Agreed shares of an item's sources add up to 1")
def shares_do_not_add_up(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Items whose agreed shares at a location do not sum to 100 %."""
    shared = frames["sources"].dropna(subset=["share"])
    total = shared.groupby(["item", "location"])["share"].transform("sum")
    wrong = shared[(total - 1).abs() > 0.001].assign(total=total).drop_duplicates(["item", "location"])
    yield from findings(
        "sources",
        wrong,
        "share",
        lambda row: f"the shares of item {row['item']} at {row['location']} add up to {row['total']:.0%}",
    )


@check("item without source", Severity.WARNS, "Every item sold can be made, bought or moved to where it is sold")
def item_without_source(frames: Frames, context: Context) -> Iterator[Finding]:
    """Items on sale without a source at a location that serves their demand."""
    sold = context.on_sale(frames["items"])
    served = frames["regions"].set_index("region")["served_from"]
    history = frames["demand_history"]
    places = history.assign(location=history["region"].map(served))[["item", "location"]].drop_duplicates()
    has = set(zip(frames["sources"]["item"], frames["sources"]["location"], strict=True))
    missing: dict[str, list[str]] = {}
    for item, location in places.dropna().itertuples(index=False):
        if (item, location) not in has:
            missing.setdefault(item, []).append(location)
    yield from findings(
        "items",
        sold[sold["item"].isin(missing)],
        "item",
        lambda row: f"item {row['item']} has no source at {names(sorted(missing[row['item']]))}",
    )


@check("component without source", Severity.WARNS, "Every component can be made or bought")
def component_without_source(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Components that no source supplies."""
    bom = frames["bom"]
    bare = bom[~bom["component"].isin(frames["sources"]["item"])].drop_duplicates("component")
    yield from findings("bom", bare, "component", lambda row: f"component {row['component']} has no source")


@check("BOM cycle", Severity.STOPS, "No item goes into itself")
def bom_cycle(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Bills of materials that lead back to where they started."""
    children: dict[str, list[str]] = {}
    for assembly, component in zip(frames["bom"]["assembly"], frames["bom"]["component"], strict=True):
        children.setdefault(assembly, []).append(component)
    loop = cycle(children)
    if loop:
        rows = frames["bom"]
        row = rows[rows["assembly"].eq(loop[-2]) & rows["component"].eq(loop[-1])]
        yield from findings(
            "bom", row.head(1), "component", f"the bill of materials runs in a circle: {' -> '.join(loop)}"
        )


def cycle(children: dict[str, list[str]]) -> list[str]:
    """A circle in a graph, first item repeated at the end; empty where there is none.

    >>> cycle({"A": ["B"], "B": ["C"], "C": ["A"]})
    ['A', 'B', 'C', 'A']
    >>> cycle({"A": ["B", "C"], "B": ["C"]})
    []
    """
    done: set[str] = set()
    for start in sorted(children):
        if start in done:
            continue
        path, on_path = [start], {start}
        stack = [iter(sorted(children[start]))]
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
                gone = path.pop()
                on_path.discard(gone)
                done.add(gone)
            elif child in on_path:
                return [*path[path.index(child) :], child]
            elif child not in done:
                path.append(child)
                on_path.add(child)
                stack.append(iter(sorted(children.get(child, []))))
    return []


@check("made item without routing", Severity.NOTES, "Every item made takes hours somewhere")
def made_without_routing(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Made items without routing: they would load no work center."""
    items = frames["items"]
    made = set(frames["sources"].loc[frames["sources"]["kind"].eq("make"), "item"])
    bare = items[items["item"].isin(made) & ~items["item"].isin(frames["routings"]["item"])]
    yield from findings("items", bare, "item", lambda row: f"item {row['item']} is made but has no routing")


@check("capacity missing", Severity.STOPS, "Every work center in use has regular hours in every month planned")
def capacity_missing(frames: Frames, context: Context) -> Iterator[Finding]:
    """Work centers with routings but without hours in months of the horizon."""
    capacity = frames["capacity"]
    regular = capacity[capacity["measure"].eq("regular") & capacity["hours"].notna()]
    have = regular.groupby("resource")["period"].agg(set).to_dict()
    resources = frames["resources"]
    used = set(frames["routings"]["resource"]) - set(frames["workforce"]["resource"])
    for number, row in resources[resources["resource"].isin(used)].iterrows():
        missing = [periods.label(p) for p in context.periods if p not in have.get(row["resource"], set())]
        if missing:
            yield Finding(
                "capacity",
                0,
                missing[0],
                row["resource"],
                f"{row['resource']} (sheet Resources, row {number}) has no regular hours in {names(missing)}",
            )


@check("policy missing", Severity.STOPS, "Classes A, B and C have an inventory policy")
def policy_missing(frames: Frames, _context: Context) -> Iterator[Finding]:
    """ABC classes without a service level."""
    missing = sorted({"A", "B", "C"} - set(frames["inventory_policy"]["abc"]))
    if missing:
        yield whole_table("inventory_policy", f"there is no policy for class {names(missing)}", "abc")


@check("ends before it starts", Severity.STOPS, "Events, overrides, shifts and items end after they start")
def ends_before_start(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Rows whose last day lies before their first."""
    for table, first, last in (
        ("events", "start", "end"),
        ("overrides", "first_period", "last_period"),
        ("channel_shifts", "first_period", "last_period"),
        ("items", "launch", "end"),
        ("scenario_changes", "first_period", "last_period"),
    ):
        frame = frames[table]
        wrong = frame[frame[last].notna() & (frame[last] < frame[first])]
        yield from findings(table, wrong, last, _backwards(first, last))


def _backwards(first: str, last: str) -> Callable[[pd.Series], str]:
    return lambda row: f"it ends ({_point(row[last])}) before it starts ({_point(row[first])})"


def _point(value: object) -> str:
    """A day, or the number of a month of the horizon."""
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else f"{value:g}"


@check("override expired", Severity.NOTES, "No override in the list has expired")
def override_expired(frames: Frames, context: Context) -> Iterator[Finding]:
    """Overrides that no longer count."""
    overrides = frames["overrides"]
    yield from findings(
        "overrides",
        overrides[overrides["expires"].notna() & (overrides["expires"] <= context.as_of)],
        "expires",
        lambda row: f"override {row['override']} expired on {row['expires']:%Y-%m-%d} and is not applied",
    )


@check("waiver without reason", Severity.WARNS, "Whoever waives a check says why")
def waiver_without_reason(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Waivers with a name but no reason."""
    checks = frames["checks"]
    yield from findings(
        "checks",
        one_per_row(checks[checks["waived_by"].ne("") & checks["waiver_reason"].eq("")]),
        "waiver_reason",
        lambda row: f"{row['waived_by']} waived {row['rule']!r} without a reason",
    )
