"""What else a plan may have to respect: currencies, substitutes, prices by month, limits, and orders a person fixes."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import PLACE, SOURCE, UNITS, key, typed

_MONTH = key("period", "Month; blank is every month", Kind.PERIOD, required=False)

SOURCING = (
    Table(
        "currencies",
        "Sourcing",
        Group.DATA,
        "Currencies sources are paid in.",
        (
            key("currency", "Currency"),
            typed("rate", Kind.NUMBER, "What one unit of it is worth", unit="{currency}", low=0, required=True),
        ),
        optional=True,
    ),
    Table(
        "substitutes",
        "Sourcing",
        Group.DATA,
        "Items that may be delivered in place of another, where that is better than being late.",
        (
            key("item", "Item wanted", refers="items.item"),
            key("substitute", "Item delivered in its place", refers="items.item"),
            key("location", "Where; blank is everywhere", refers="locations.location", required=False),
            typed(
                "quantity",
                Kind.NUMBER,
                "Units of it for one unit; blank is 1",
                unit="units/unit",
                low=0.000001,
            ),
            typed("cost", Kind.MONEY, "Beside what it costs itself", unit="{currency}/unit", low=0),
        ),
        optional=True,
    ),
    Table(
        "source_prices",
        "Sourcing",
        Group.DATA,
        "Prices of a source in single months, in its currency: a contract that changes, a price that rises.",
        SOURCE,
        across=typed("cost", Kind.MONEY, "Price of one unit", unit="currency of the source/unit", low=0),
        optional=True,
    ),
    Table(
        "supplier_limits",
        "SupplyLimits",
        Group.DATA,
        "Over all items of a supplier: the most it delivers, or what a contract binds us to.",
        (
            key("supplier", "Supplier"),
            key("measure", "maximum or contract", choices=("maximum", "contract")),
            _MONTH,
            typed("quantity", Kind.NUMBER, "Units", unit="units/month", low=0, required=True),
        ),
        optional=True,
    ),
    Table(
        "lanes",
        "SupplyLimits",
        Group.DATA,
        "What a lane carries, and what its trucks hold and cost.",
        (
            key("supplier", "From", refers="locations.location"),
            key("location", "To", refers="locations.location"),
            key("mode", "Way it is moved, as on Sources", required=False),
            typed("maximum", Kind.NUMBER, "Most load; blank is no limit", unit="load/month", low=0),
            typed("truck_load", Kind.NUMBER, "A truck holds; blank is freight by the unit", unit="load", low=0.000001),
            typed("cost_per_truck", Kind.MONEY, "A truck costs", unit="{currency}", low=0),
        ),
        optional=True,
    ),
    Table(
        "stock_limits",
        "SupplyLimits",
        Group.DATA,
        "Least or most stock of an item, whatever its target is.",
        (
            *PLACE,
            key("measure", "minimum or maximum", choices=("minimum", "maximum")),
            _MONTH,
            typed("quantity", Kind.NUMBER, "Units", unit=UNITS, low=0, required=True),
        ),
        optional=True,
    ),
    Table(
        "spend_limits",
        "SupplyLimits",
        Group.DATA,
        "Money that may be spent in a month, or bound in stock.",
        (
            key("kind", "What for", choices=("make", "buy", "transfer", "subcontract", "stock")),
            _MONTH,
            typed("amount", Kind.MONEY, "Most", unit="{currency}", low=0, required=True),
        ),
        optional=True,
    ),
)

LOCKS = (
    Table(
        "locks",
        "Locks",
        Group.SUPPLY,
        "Orders a person fixes: every run plans around them, and never changes one. An expired lock no longer counts.",
        (
            *SOURCE,
            key("period", "Month in which the order is released", Kind.PERIOD),
            typed("quantity", Kind.NUMBER, "Units ordered; 0 is none", unit=UNITS, low=0, required=True),
            typed("owner", Kind.TEXT, "Who fixed it", required=True),
            typed("reason", Kind.TEXT, "Why", required=True),
            typed("expires", Kind.DATE, "Last as-of date it counts on; blank stays", unit="date"),
        ),
        optional=True,
    ),
)
