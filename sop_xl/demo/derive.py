"""Derive the demo company's planning data from its extracts: `python -m sop_xl.demo.derive [FOLDER]`.

Every rule is a function of `products`, `supplies` or `demands`, and is described in README_DATA.md beside the data. The
files written are `plan_*.csv`; the extracts are never changed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sop_xl import periods
from sop_xl.demo import SETTINGS, demands, folder, products, supplies
from sop_xl.demo.extracts import read_extracts

RATE_MONTHS = 6
"""Past months that rates are means of: the internet channel has grown tenfold, a whole year is too long a mean."""

ACTUAL_MONTHS = 3
EXPECTED_MONTHS = 6
LONGEST_HORIZON = 18


def derive(source: Path) -> dict[str, pd.DataFrame]:
    """The derived files by name, from the extracts in a folder."""
    as_of, frozen = pd.Timestamp(SETTINGS["as_of"]), int(SETTINGS["frozen_months"])
    ahead = periods.horizon(as_of, LONGEST_HORIZON)
    extracts = read_extracts(source)

    planned = products.planned_items(extracts, as_of)
    needs = products.requirements(extracts, planned, as_of, RATE_MONTHS)
    routings = products.routings(extracts, planned, as_of)
    vendors = products.active_vendors(extracts, planned)
    costs = products.costs(extracts, planned, routings, vendors)
    items = products.items(extracts, planned, costs.standard, as_of)
    first_history = periods.month_of(extracts.order_lines["order_date"].min())
    calendar = products.working_days(first_history, ahead[-1])

    stock = supplies.stock(extracts, items, planned, as_of)
    units = demands.budget_units(extracts, items, as_of, RATE_MONTHS, ahead)
    return {
        "plan_items": items,
        "plan_routings": routings,
        "plan_capacity": products.capacity(extracts, routings, needs, calendar[ahead]),
        "plan_calendar": calendar.rename("working_days").rename_axis("period").reset_index(),
        "plan_sources": supplies.sources(extracts, planned, vendors, costs.purchase, costs.standard),
        "plan_stock": stock,
        "plan_receipts": supplies.receipts(extracts, planned, vendors, needs, stock, as_of, frozen),
        "plan_production": supplies.production(extracts, planned, ahead[0], ACTUAL_MONTHS),
        "plan_open_orders": demands.open_orders(extracts, as_of),
        "plan_events": demands.events(extracts, items, as_of),
        "plan_budget": demands.budget(extracts, items, units, as_of, RATE_MONTHS),
        "plan_inputs": demands.expectations(units, ahead[0], EXPECTED_MONTHS),
    }


def write(frames: dict[str, pd.DataFrame], target: Path) -> None:
    """Write the derived files as CSV: UTF-8, a line feed ends a line, days as 2020-02-29."""
    for name, frame in frames.items():
        text = frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
        (target / f"{name}.csv").write_bytes(text.encode())


def main(arguments: Sequence[str]) -> None:
    """Derive from, and into, the folder named, or the packed one."""
    place = Path(arguments[0]) if arguments else folder()
    write(derive(place), place)


if __name__ == "__main__":
    main(sys.argv[1:])
