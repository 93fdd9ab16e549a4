"""What will be other than the past: successors, launches, moves between channels, and what events did."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import UNITS, key, result, typed

LIFECYCLE = (
    Table(
        "succession",
        "Lifecycle",
        Group.DEMAND,
        "Items that replace others. The successor inherits the demand of the item it replaces; the total stays.",
        (
            key("old", "Item that is replaced", refers="items.item"),
            key("new", "Item that takes its place", refers="items.item"),
            typed("from", Kind.PERIOD, "First month the new item sells", required=True),
            typed("share", Kind.SHARE, "Share of the demand that goes over", unit="share", low=0, high=1, default=1.0),
            typed("note", Kind.TEXT, "Why"),
        ),
    ),
    Table(
        "launches",
        "Lifecycle",
        Group.DEMAND,
        "New items: the first year of items that are alike gives the shape, a volume the size; own months take over.",
        (
            key("item", "New item", refers="items.item"),
            key("channel", "Channel; blank is split as the like-items sell", refers="channels.channel", required=False),
            key("region", "Region; blank is split as the like-items sell", refers="regions.region", required=False),
            typed("like_1", Kind.CODE, "Item that started alike; none is even months", refers="items.item"),
            typed("like_2", Kind.CODE, "Another one", refers="items.item"),
            typed("like_3", Kind.CODE, "Another one", refers="items.item"),
            typed("launch", Kind.DATE, "First day of sale; blank takes that of the item", unit="date"),
            typed("volume", Kind.NUMBER, "Units of the first 12 months", unit=UNITS, low=0, required=True),
            typed("ramp", Kind.SHARE, "What is reached of the volume", unit="share", low=0, high=10, default=1.0),
            typed("note", Kind.TEXT, "Where the volume comes from"),
        ),
    ),
    Table(
        "channel_shifts",
        "Lifecycle",
        Group.DEMAND,
        "Demand that moves from one channel to another; the total stays. Blank item, family or region means all.",
        (
            key("shift", "Name or number of the shift"),
            typed("from_channel", Kind.CODE, "Channel that loses", refers="channels.channel", required=True),
            typed("to_channel", Kind.CODE, "Channel that gains", refers="channels.channel", required=True),
            typed("share", Kind.SHARE, "Share that moves", unit="share", low=0, high=1, required=True),
            typed("first_period", Kind.PERIOD, "First month", required=True),
            typed("last_period", Kind.PERIOD, "Last month; blank goes on"),
            typed("item", Kind.CODE, "Item; blank is all", refers="items.item"),
            typed("family", Kind.CODE, "Family; blank is all"),
            typed("region", Kind.CODE, "Region; blank is all", refers="regions.region"),
            typed("note", Kind.TEXT, "Why"),
        ),
    ),
    Table(
        "event_effects",
        "EventEffects",
        Group.DEMAND,
        "What each event did to demand, against a baseline that never saw it, and the uplift the plan counts with.",
        (
            key("event", "Event", refers="events.event"),
            result("first_month", Kind.PERIOD, "First month measured"),
            result("last_month", Kind.PERIOD, "Last month measured"),
            result("months", Kind.INTEGER, "Months measured", unit="months"),
            result("baseline", Kind.NUMBER, "Units without it", unit=UNITS),
            result("actual", Kind.NUMBER, "Units sold", unit=UNITS),
            result("uplift", Kind.SHARE, "Measured change of demand while it ran", unit="share"),
            result("error", Kind.SHARE, "Standard error of the uplift", unit="share"),
            result("dip", Kind.SHARE, "Measured change in the month after", unit="share"),
            result("cannibalised", Kind.SHARE, "Part of the gain that sister items lost", unit="share"),
            result("planned_uplift", Kind.SHARE, "Uplift typed in Events", unit="share"),
            result("uplift_used", Kind.SHARE, "Uplift the plan counts with: typed, else measured", unit="share"),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
    Table(
        "net_demand",
        "NetDemand",
        Group.DEMAND,
        "The consensus by channel: what is shipped, what comes back, what stays sold. Supply plans what is shipped.",
        (
            key("channel", "Sales channel", refers="channels.channel"),
            key("measure", "gross, returns or net", choices=("gross", "returns", "net")),
        ),
        across=result("quantity", Kind.NUMBER, "Units", unit=UNITS),
    ),
    Table(
        "segment_matrix",
        "SegmentMatrix",
        Group.DEMAND,
        "The cells of ABC and XYZ: what they hold, and who usually reviews them, how, and to which service level.",
        (
            key("abc", "A, B or C"),
            key("xyz", "X, Y or Z"),
            result("items", Kind.INTEGER, "Items in it"),
            result("revenue", Kind.MONEY, "Revenue of the last 12 months", unit="{currency}"),
            result("share", Kind.SHARE, "Share of the revenue", unit="share"),
            result("review", Kind.TEXT, "Who looks at the forecast, and when"),
            result("method", Kind.TEXT, "How it is forecast"),
            result("service_level", Kind.SHARE, "Service level to start from", unit="share"),
        ),
    ),
)

LAST_BUYS = (
    Table(
        "last_buy",
        "LastBuy",
        Group.SUPPLY,
        "Items that end: what to order the last time, to serve demand until the end with the chance set on Control.",
        (
            key("item", "Item", refers="items.item"),
            result("end", Kind.DATE, "Last day of sale", unit="date"),
            result("demand", Kind.NUMBER, "Units still to be sold, orders owed included", unit=UNITS),
            result("sigma", Kind.NUMBER, "Standard deviation of that total", unit=UNITS),
            result("needed", Kind.NUMBER, "Units that last until the end with the chance wanted", unit=UNITS),
            result("stock", Kind.NUMBER, "Usable stock", unit=UNITS),
            result("supply", Kind.NUMBER, "Under way", unit=UNITS),
            result("last_buy", Kind.NUMBER, "Units to order", unit=UNITS),
            result("run_out", Kind.PERIOD, "Month in which stock and what is under way run out; blank if they last"),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
)
