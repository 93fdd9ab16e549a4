"""The demand side of the demo company: open orders, promotions, the budget and what departments expect."""

from __future__ import annotations

import pandas as pd

from sop_xl.demo.extracts import Extracts, last_months

DAYS_TO_SHIP = 7
DAYS_TO_DUE = 12
"""The source ships every order after 7 days and promises it for 12 days after its date."""

PRICE_ELASTICITY = 1.5
"""Assumed: a discount of 40 % lifts demand by 60 %."""

AFTER_PROMOTION = -0.10
"""Assumed change of demand in the month after a promotion."""

BUDGET_GROWTH = {"Reseller": 1.05, "Internet": 1.10}
BUDGET_PRICE_RISE = 1.02

EXPECTATIONS: tuple[tuple[str, str, str, float, str], ...] = (
    ("sales", "Road Bikes", "Reseller", 1.04, "Spring orders announced by key accounts"),
    ("sales", "Touring Bikes", "Reseller", 0.94, "Dealers still have last year's touring bikes"),
    ("marketing", "Tires and Tubes", "Internet", 1.12, "Online campaign planned for spring"),
    ("marketing", "Helmets", "Internet", 1.08, "Online campaign planned for spring"),
    ("finance", "Jerseys", "", 1.00, "Holds the budget"),
)
"""Examples of what departments expect: department, family, channel, share of the budget's units, reason."""


def open_orders(extracts: Extracts, as_of: pd.Timestamp) -> pd.DataFrame:
    """Order lines accepted and not yet shipped on the as-of date, one row an order and item."""
    lines = extracts.order_lines
    waiting = (lines["order_date"] <= as_of) & (lines["order_date"] > as_of - pd.Timedelta(days=DAYS_TO_SHIP))
    rows = lines[waiting].sort_values(["order", "item"])
    return pd.DataFrame(
        {
            "order": rows["order"] + "-" + rows["item"],
            "item": rows["item"],
            "channel": rows["channel"],
            "region": rows["country"],
            "due": rows["order_date"] + pd.Timedelta(days=DAYS_TO_DUE),
            "quantity": rows["quantity"],
        }
    ).reset_index(drop=True)


def events(extracts: Extracts, items: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Promotions still ahead, one row an item: the items whose description holds the first two words of the name.

    Volume discounts run all the time and are in the history; they are no events.
    """
    ahead = extracts.promotions
    ahead = ahead[(ahead["end"] > as_of) & ~ahead["type"].isin(["No Discount", "Volume Discount"])]
    selling = items[items["end"].isna() & (items["sold"] == "TRUE")]
    rows = []
    for promotion in ahead.to_dict("records"):
        name, discount = str(promotion["name"]), float(promotion["discount"])
        model, colour = name.split()[:2]
        matched = selling[selling["description"].str.startswith(f"{model} {colour},")]
        rows.append(
            pd.DataFrame(
                {
                    "event": f"{name}: " + matched["item"],
                    "kind": "promotion",
                    "item": matched["item"],
                    "channel": promotion["audience"],
                    "start": promotion["start"],
                    "end": promotion["end"],
                    "uplift": round(discount * PRICE_ELASTICITY, 2),
                    "dip": AFTER_PROMOTION,
                    "note": f"{discount:.0%} off; assumes a price elasticity of -{PRICE_ELASTICITY:g}",
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def budget_units(
    extracts: Extracts, items: pd.DataFrame, as_of: pd.Timestamp, count: int, horizon: pd.DatetimeIndex
) -> pd.DataFrame:
    """Budget units by family, channel and month of `horizon`.

    Level: units of the last `count` [months] of the items still on sale, over the season of these months. Season: that
    of the resellers; none for Internet, which is less than a year past its start. Units = level x season x growth.
    """
    season = {"Reseller": _season(extracts, as_of), "Internet": pd.Series(1.0, index=range(1, 13))}
    family = items[items["end"].isna()].set_index("item")["family"]
    lines = last_months(extracts.order_lines, as_of, count)
    lines = lines.assign(family=lines["item"].map(family)).dropna(subset="family")
    sold = lines.groupby(["family", "channel"], as_index=False)["quantity"].sum()
    past = pd.Series(sorted(lines["period"].unique())).dt.month
    rows = sold.merge(pd.DataFrame({"period": horizon}), how="cross")
    rows["season"] = [
        season[channel][month] for channel, month in zip(rows["channel"], rows["period"].dt.month, strict=True)
    ]
    rows["past"] = rows["channel"].map({channel: factors[past].sum() for channel, factors in season.items()})
    rows["units"] = rows["quantity"] / rows["past"] * rows["season"] * rows["channel"].map(BUDGET_GROWTH)
    return pd.DataFrame(rows[["family", "channel", "period", "units"]])


def _season(extracts: Extracts, as_of: pd.Timestamp) -> pd.Series:
    """Season factor of each month of the year: the resellers' last two years, half way to 1.

    Each July a new model year lifts the level; half of the difference between spring and autumn is taken to be that.
    """
    lines = last_months(extracts.order_lines, as_of, 24)
    units = lines[lines["channel"] == "Reseller"].groupby("period")["quantity"].sum()
    year = pd.Series([*["first"] * 12, *["second"] * 12], index=units.index)
    of_year = units / units.groupby(year).transform("mean")
    month = of_year.index.to_series().dt.month
    return (of_year.groupby(month).mean() + 1.0) / 2.0


def budget(
    extracts: Extracts, items: pd.DataFrame, units: pd.DataFrame, as_of: pd.Timestamp, count: int
) -> pd.DataFrame:
    """The annual operating plan by family: units, revenue at last prices + a rise, cost at standard cost.

    Price and cost of a family are the means over its units of the last `count` [months].
    """
    chosen = items.set_index("item")
    lines = last_months(extracts.order_lines, as_of, count)
    lines = lines[lines["item"].map(chosen["end"]).isna()]
    lines = lines.assign(
        family=lines["item"].map(chosen["family"]),
        cost=lines["item"].map(chosen["standard_cost"]) * lines["quantity"],
        revenue=lines["item"].map(chosen["list_price"]) * lines["quantity"] * BUDGET_PRICE_RISE,
    )
    sums = lines.groupby("family")[["revenue", "cost", "quantity"]].sum()
    total = units.groupby(["family", "period"], as_index=False)["units"].sum()
    total["units"] = total["units"].round()
    for measure in ("revenue", "cost"):
        total[measure] = (total["units"] * total["family"].map(sums[measure] / sums["quantity"])).round(2)
    rows = total.melt(["family", "period"], ["units", "revenue", "cost"], "measure", "value")
    return pd.DataFrame(rows.sort_values(["family", "measure", "period"]).reset_index(drop=True))


def expectations(units: pd.DataFrame, first: pd.Timestamp, count: int) -> pd.DataFrame:
    """Examples of departments' inputs for `count` [months] from `first`: a share of the budget's units."""
    near = units[units["period"] < first + pd.DateOffset(months=count)]
    rows = []
    for department, family, channel, share, reason in EXPECTATIONS:
        part = near[
            (near["family"] == family) & near["channel"].isin([channel] if channel else near["channel"].unique())
        ]
        expected = (part.groupby("period")["units"].sum() * share).round().rename("quantity").reset_index()
        rows.append(
            expected.assign(
                department=department, family=family, channel=channel, owner="", reason=f"Example: {reason}"
            )
        )
    return pd.concat(rows, ignore_index=True)
