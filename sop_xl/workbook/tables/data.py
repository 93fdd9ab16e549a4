"""Data Gathering: master data, history, stock and orders, and the checks made on them."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import SERIES, UNITS, calculated, key, result, typed

MASTER = (
    Table(
        "items",
        "Items",
        Group.DATA,
        "Every item planned: what is sold, made and bought.",
        (
            key("item", "Item number, always text: 007 stays 007"),
            typed("description", Kind.TEXT, "What it is"),
            typed("family", Kind.CODE, "Planning family: the level of the S&OP grid", required=True),
            typed("category", Kind.CODE, "Group of families"),
            typed("abc", Kind.CODE, "Class typed by a person; blank lets the run decide", choices=("A", "B", "C")),
            typed("make_or_buy", Kind.CODE, "Where it normally comes from", choices=("make", "buy"), required=True),
            typed("sold", Kind.FLAG, "Has its own demand", default=True),
            typed("unit", Kind.CODE, "Unit of measure", default="EA"),
            typed("standard_cost", Kind.MONEY, "Standard cost", unit="{currency}/unit", low=0),
            typed("list_price", Kind.MONEY, "Net price at budget rate", unit="{currency}/unit", low=0),
            typed("launch", Kind.DATE, "First day of sale", unit="date"),
            typed("end", Kind.DATE, "Last day of sale; blank while it goes on", unit="date"),
            typed("like_item", Kind.CODE, "Item whose history stands in for a new one", refers="items.item"),
            typed("method", Kind.CODE, "Forecast method pinned by a person; blank is automatic"),
            typed(
                "service_level",
                Kind.SHARE,
                "Cycle service level; blank takes its class's",
                low=0,
                high=0.9999,
                unit="share",
            ),
        ),
    ),
    Table(
        "locations",
        "Lists",
        Group.DATA,
        "Plants and warehouses that hold stock.",
        (
            key("location", "Location"),
            typed("description", Kind.TEXT, "What it is"),
            typed("storage_limit", Kind.NUMBER, "Most units it can hold; blank is no limit", unit=UNITS, low=0),
        ),
    ),
    Table(
        "channels",
        "Lists",
        Group.DATA,
        "Ways to the customer.",
        (
            key("channel", "Sales channel"),
            typed("description", Kind.TEXT, "What it is"),
            typed("priority", Kind.INTEGER, "1 is served first", low=1, high=9, default=1),
        ),
    ),
    Table(
        "regions",
        "Lists",
        Group.DATA,
        "Countries or sales regions and the location that serves them.",
        (
            key("region", "Region or country"),
            typed("description", Kind.TEXT, "What it is"),
            typed("served_from", Kind.CODE, "Location that ships to it", refers="locations.location", required=True),
        ),
    ),
    Table(
        "departments",
        "Lists",
        Group.DATA,
        "Who gives a view of demand, and how much it counts in the consensus.",
        (
            key("department", "Department"),
            typed(
                "weight", Kind.NUMBER, "Weight in the consensus where it has submitted", low=0, high=100, default=1.0
            ),
            typed("owner", Kind.TEXT, "Person"),
        ),
        starts=(
            {"department": "statistical", "weight": 2.0, "owner": "Demand planner"},
            {"department": "sales", "weight": 1.0, "owner": "Head of sales"},
            {"department": "marketing", "weight": 1.0, "owner": "Head of marketing"},
            {"department": "finance", "weight": 1.0, "owner": "Controller"},
        ),
    ),
    Table(
        "resources",
        "Resources",
        Group.DATA,
        "Work centers whose hours limit the plan.",
        (
            key("resource", "Work center"),
            typed("location", Kind.CODE, "Where it stands", refers="locations.location", required=True),
            typed("description", Kind.TEXT, "What it does"),
            typed("cost_per_hour", Kind.MONEY, "Cost of a regular hour", unit="{currency}/h", low=0, required=True),
            typed(
                "overtime_cost_per_hour",
                Kind.MONEY,
                "Cost of an overtime hour; blank adds the overtime premium",
                unit="{currency}/h",
                low=0,
            ),
        ),
    ),
    Table(
        "capacity",
        "Capacity",
        Group.DATA,
        "Hours each resource has, by month.",
        (
            key("resource", "Work center", refers="resources.resource"),
            key("measure", "Kind of hours", choices=("regular", "overtime")),
        ),
        across=typed("hours", Kind.NUMBER, "Hours available", unit="h", low=0),
    ),
    Table(
        "routings",
        "Routings",
        Group.DATA,
        "Hours of each resource that one unit takes.",
        (
            key("item", "Item made", refers="items.item"),
            key("resource", "Work center", refers="resources.resource"),
            typed("hours_per_unit", Kind.NUMBER, "Hours for one unit", unit="h/unit", low=0, required=True),
        ),
    ),
    Table(
        "bom",
        "BOM",
        Group.DATA,
        "Bill of materials, one level a row.",
        (
            key("assembly", "Item made", refers="items.item"),
            key("component", "Item that goes into it", refers="items.item"),
            typed(
                "quantity",
                Kind.NUMBER,
                "Units of the component in one assembly",
                unit="units/unit",
                low=0,
                required=True,
            ),
            typed(
                "scrap",
                Kind.SHARE,
                "Share of the component lost on the way",
                unit="share",
                low=0,
                high=0.99,
                default=0.0,
            ),
        ),
    ),
    Table(
        "sources",
        "Sources",
        Group.DATA,
        "How an item comes to a location: made there, bought from a supplier, or moved from another location.",
        (
            key("item", "Item", refers="items.item"),
            key("location", "Where it arrives", refers="locations.location"),
            key("kind", "make, buy or transfer", choices=("make", "buy", "transfer")),
            key("supplier", "Supplier, or the location it is moved from; blank for make", required=False),
            typed("lead_time_days", Kind.NUMBER, "From order to receipt", unit="days", low=0, high=3650, required=True),
            typed(
                "lead_time_sd_days", Kind.NUMBER, "Standard deviation of the lead time", unit="days", low=0, default=0.0
            ),
            typed("minimum", Kind.NUMBER, "Smallest order", unit=UNITS, low=0, default=0.0),
            typed(
                "multiple",
                Kind.NUMBER,
                "Orders come in multiples of this; blank or 0 is any quantity",
                unit=UNITS,
                low=0,
                default=0.0,
            ),
            typed("maximum", Kind.NUMBER, "Most a month; blank is no limit", unit="units/month", low=0),
            typed(
                "cost",
                Kind.MONEY,
                "Price or freight of one unit; for make, cost beside hours and components",
                unit="{currency}/unit",
                low=0,
                default=0.0,
            ),
            typed(
                "share",
                Kind.SHARE,
                "Agreed share of the item's supply; blank leaves it to cost",
                unit="share",
                low=0,
                high=1,
            ),
        ),
    ),
)

TRANSACTIONS = (
    Table(
        "demand_history",
        "History",
        Group.DATA,
        "Demand by month as ordered. Never overwritten: what is corrected stands in Adjustments.",
        SERIES,
        across=typed("quantity", Kind.NUMBER, "Units ordered; blank is unknown, 0 is none", unit=UNITS),
    ),
    Table(
        "adjustments",
        "Adjustments",
        Group.DATA,
        "Corrections beside the raw history: adjusted = history + adjustment, where accepted.",
        (
            *SERIES,
            key("period", "Month", Kind.PERIOD),
            key("reason", "Why", choices=("outlier", "stock-out", "partial month", "promotion", "manual")),
            result("history", Kind.NUMBER, "Raw units", unit=UNITS),
            result("adjustment", Kind.NUMBER, "Units added to the raw history", unit=UNITS),
            typed("decision", Kind.CODE, "accept, reject, or blank to take the proposal", choices=("accept", "reject")),
            typed("note", Kind.TEXT, "Why, in words"),
        ),
    ),
    Table(
        "open_orders",
        "Orders",
        Group.DATA,
        "Customer orders accepted and not yet shipped.",
        (
            key("order", "Order number"),
            key("item", "Item", refers="items.item"),
            typed("channel", Kind.CODE, "Sales channel", refers="channels.channel"),
            typed("region", Kind.CODE, "Region", refers="regions.region"),
            typed("due", Kind.DATE, "Day the customer wants it", unit="date", required=True),
            typed("quantity", Kind.NUMBER, "Units", unit=UNITS, low=0, required=True),
        ),
    ),
    Table(
        "stock",
        "Stock",
        Group.DATA,
        "Stock at the end of the as-of day.",
        (
            key("item", "Item", refers="items.item"),
            key("location", "Location", refers="locations.location"),
            key(
                "status",
                "usable, blocked or consigned; only usable stock is planned",
                choices=("usable", "blocked", "consigned"),
            ),
            typed("quantity", Kind.NUMBER, "Units", unit=UNITS, required=True),
        ),
    ),
    Table(
        "stockouts",
        "Stockouts",
        Group.DATA,
        "Months in which an item could not be delivered all the time.",
        (
            *SERIES,
            key("period", "Month", Kind.PERIOD),
            typed(
                "share_out", Kind.SHARE, "Share of the month without stock", unit="share", low=0, high=1, required=True
            ),
        ),
    ),
    Table(
        "receipts",
        "Receipts",
        Group.DATA,
        "Orders under way: purchases, production and transfers that will still arrive.",
        (
            key("receipt", "Order number"),
            key("item", "Item", refers="items.item"),
            key("location", "Where it arrives", refers="locations.location"),
            typed("due", Kind.DATE, "Day it arrives", unit="date", required=True),
            typed("quantity", Kind.NUMBER, "Units", unit=UNITS, low=0, required=True),
            typed("supplier", Kind.TEXT, "From whom"),
        ),
    ),
    Table(
        "events",
        "Events",
        Group.DATA,
        "Promotions, prices and other known events that move demand. Blank item, family, channel or region means all.",
        (
            key("event", "Event"),
            typed("kind", Kind.CODE, "What kind", choices=("promotion", "price", "other"), default="promotion"),
            typed("item", Kind.CODE, "Item", refers="items.item"),
            typed("family", Kind.CODE, "Family"),
            typed("channel", Kind.CODE, "Channel", refers="channels.channel"),
            typed("region", Kind.CODE, "Region", refers="regions.region"),
            typed("start", Kind.DATE, "First day", unit="date", required=True),
            typed("end", Kind.DATE, "Last day", unit="date", required=True),
            typed("uplift", Kind.SHARE, "Change of demand while it runs; 0.2 is +20 %", unit="share", low=-1, high=20),
            typed(
                "dip", Kind.SHARE, "Change of demand in the month after it", unit="share", low=-1, high=1, default=0.0
            ),
            typed("note", Kind.TEXT, "What happens"),
        ),
    ),
    Table(
        "budget",
        "Budget",
        Group.DATA,
        "Annual operating plan by family.",
        (
            key("family", "Family"),
            key("measure", "What", choices=("units", "revenue", "cost")),
        ),
        across=typed("value", Kind.NUMBER, "Units or money", unit="units or {currency}"),
    ),
    Table(
        "finance_totals",
        "FinanceTotals",
        Group.DATA,
        "Invoiced totals from finance; history must tie to them.",
        (
            key("period", "Month", Kind.PERIOD),
            typed("quantity", Kind.NUMBER, "Units", unit=UNITS, required=True),
        ),
    ),
    Table(
        "actual_demand",
        "ActualDemand",
        Group.EXECUTION,
        "Demand after the as-of date, as it comes in.",
        SERIES,
        across=typed("quantity", Kind.NUMBER, "Units ordered", unit=UNITS),
    ),
    Table(
        "actual_production",
        "ActualProduction",
        Group.EXECUTION,
        "Production after the as-of date, as it is reported.",
        (key("item", "Item made", refers="items.item"), key("location", "Plant", refers="locations.location")),
        across=typed("quantity", Kind.NUMBER, "Units made", unit=UNITS),
    ),
)

QUALITY = (
    Table(
        "checks",
        "DataQuality",
        Group.DATA,
        "Every check made on the data, what it found, and who waived it.",
        (
            key("rule", "Name of the check"),
            result("severity", Kind.TEXT, "stops, warns or notes"),
            result("says", Kind.TEXT, "What must hold"),
            result("found", Kind.INTEGER, "Rows that break it"),
            result("example", Kind.TEXT, "The first of them"),
            typed("waived_by", Kind.TEXT, "Name of who accepts it; a waived check no longer stops a run"),
            typed("waiver_reason", Kind.TEXT, "Why it is accepted"),
            calculated(
                "open",
                Kind.INTEGER,
                "Rows still to be dealt with",
                'IF(tbl_checks[[#This Row],[Waived by]]="",tbl_checks[[#This Row],[Found]],0)',
                lambda frame: frame["found"].where(frame["waived_by"].eq(""), 0.0),
            ),
        ),
    ),
    Table(
        "issues",
        "Issues",
        Group.DATA,
        "The rows behind the checks: where to look and what to mend.",
        (
            key("number", "Running number", Kind.INTEGER),
            result("severity", Kind.TEXT, "stops, warns or notes"),
            result("rule", Kind.CODE, "Check"),
            result("table", Kind.CODE, "Table"),
            result("row", Kind.INTEGER, "Row on its sheet; 0 is the whole table"),
            result("column", Kind.TEXT, "Column"),
            result("value", Kind.TEXT, "Value found"),
            result("says", Kind.TEXT, "What is wrong, in a sentence"),
        ),
    ),
)
