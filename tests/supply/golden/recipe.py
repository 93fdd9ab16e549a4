"""How the golden files were made: the rows every constraint writes for a small plan, as a solver reads them.

A bike is made at the plant on a line that people run, from 2 frames (a tenth of them scrap), or by a subcontractor a
tenth of whose bikes are bad; a dealer sells it too, in at most 30 a month and an agreed quarter. It goes by road to a
warehouse a month away, which holds 40, where key accounts wait for it and others do not, and where a racer may stand in
for it. Frames come from WELDCO, paid in euros, under a contract. Paint keeps for a month and is mixed of red and white
in a booth that may run an extra shift. Money, a locked order and the plan of last month bind as well. Three months, the
first one frozen. Run this file to write the golden files again, then read the difference.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from sop_xl.supply.model import constraints
from sop_xl.supply.model.model import Constraint, build_model, names_of
from sop_xl.supply.model.prices import Prices, unit_prices
from sop_xl.supply.network import Network
from sop_xl.supply.plan import planned_network
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.readable import readable
from sop_xl.supply.settings import PlanSettings

HERE = Path(__file__).parent

CONSTRAINTS: dict[str, Constraint] = {
    c.__name__: c for kinds in constraints.STRATEGY_CONSTRAINTS.values() for c in kinds
}

MONTHS = pd.date_range("2020-03-01", periods=3, freq="MS", unit="ns")

SETTINGS = PlanSettings(change_rate=0.02, slushy_months=1, slushy_rate=0.03, fair_sharing=True, discount_rate=0.12)

EXACT = replace(SETTINGS, lots="exact")

FACES = {
    "hours_balance_exact": ("hours_balance", "optimal", EXACT),
    "whole_lots": ("whole_lots", "optimal", EXACT),
    "largest_order": ("largest_order", "optimal", EXACT),
    "minimum_order": ("minimum_order", "optimal", EXACT),
    "level_production": ("level_production", "level", SETTINGS),
    "hybrid_production": ("level_production", "hybrid", SETTINGS),
    "chase_production": ("chase_production", "chase", SETTINGS),
}
"""Golden files of another strategy or setting: the kind of row they show."""


def table(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    """A table of rows; None is blank."""
    return pd.DataFrame([[np.nan if v is None else v for v in row] for row in rows], columns=columns.split())


def tables() -> dict[str, pd.DataFrame]:
    """The plan."""
    return {
        "items": table(
            "item family standard_cost list_price volume shelf_life_days",
            ("BIKE", "Bikes", 200.0, 400.0, 2.0, None),
            ("RACER", "Bikes", 300.0, 600.0, None, None),
            ("FRAME", "Parts", 50.0, None, None, None),
            ("PAINT", "Paints", 4.0, 12.0, None, 30.0),
            ("RED", "Paints", 5.0, None, None, None),
            ("WHITE", "Paints", 2.0, None, None, None),
        ),
        "locations": table("location storage_limit", ("PLANT", None), ("DC", 40.0)),
        "sources": table(
            "item location kind supplier mode lead_time_days minimum multiple maximum cost share yield setup_cost currency",
            ("BIKE", "PLANT", "make", "", "", 0, 10.0, 5.0, None, 20.0, None, None, 60.0, ""),
            ("BIKE", "PLANT", "subcontract", "HELPER", "", 30, None, None, None, 230.0, None, 0.9, None, ""),
            ("BIKE", "PLANT", "buy", "DEALER", "", 30, None, None, 30.0, 260.0, 0.25, None, None, ""),
            ("BIKE", "DC", "transfer", "PLANT", "road", 30, None, None, None, 5.0, None, None, None, ""),
            ("FRAME", "PLANT", "buy", "WELDCO", "", 0, None, 8.0, None, 45.0, None, None, None, "EUR"),
            ("PAINT", "PLANT", "make", "", "red", 0, None, None, None, 0.5, None, None, None, ""),
            ("PAINT", "PLANT", "make", "", "white", 0, None, None, None, 0.5, None, None, None, ""),
            ("RED", "PLANT", "buy", "DYECO", "", 0, None, None, None, 5.0, None, None, None, ""),
            ("WHITE", "PLANT", "buy", "DYECO", "", 0, None, None, None, 2.0, None, None, None, ""),
        ),
        "source_prices": table(
            "item location kind supplier period cost", ("RED", "PLANT", "buy", "DYECO", MONTHS[2], 6.0)
        ),
        "currencies": table("currency rate", ("EUR", 1.1)),
        "bom": table(
            "assembly component mode quantity scrap offset_days",
            ("BIKE", "FRAME", "", 1.8, 0.1, None),
            ("PAINT", "RED", "red", 1.0, None, None),
            ("PAINT", "WHITE", "white", 1.0, None, None),
        ),
        "substitutes": table("item substitute location quantity cost", ("BIKE", "RACER", "DC", 1.0, 8.0)),
        "resources": table(
            "resource location cost_per_hour shift_cost", ("LINE", "PLANT", 24.0, None), ("BOOTH", "PLANT", 10.0, 70.0)
        ),
        "routings": table(
            "item resource mode hours_per_unit setup_hours offset_days",
            ("BIKE", "LINE", "", 0.5, 2.0, None),
            ("PAINT", "BOOTH", "", 0.1, None, None),
        ),
        "capacity": table(
            "resource measure period hours",
            *(("LINE", "regular", month, hours) for month, hours in zip(MONTHS, (16.0, 20.0, 24.0), strict=True)),
            *(("BOOTH", "regular", month, 4.0) for month in MONTHS),
            ("BOOTH", "shift", MONTHS[1], 6.0),
            ("BOOTH", "shifts", MONTHS[1], 2.0),
        ),
        "workforce": table(
            "resource workers hours_per_worker wage hiring_cost layoff_cost overtime_hours_per_worker minimum maximum",
            ("LINE", 3.0, 8.0, 180.0, 100.0, 150.0, 2.0, 1.0, 5.0),
        ),
        "stock": table("item location quantity", ("BIKE", "DC", 35.0), ("RACER", "DC", 6.0), ("PAINT", "PLANT", 9.0)),
        "receipts": table("item location due quantity", ("FRAME", "PLANT", MONTHS[1] + pd.Timedelta(days=9), 60.0)),
        "inventory_targets": table("item location target", ("BIKE", "DC", 10.0)),
        "stock_limits": table(
            "item location measure period quantity",
            ("BIKE", "DC", "minimum", MONTHS[2], 4.0),
            ("FRAME", "PLANT", "maximum", None, 80.0),
        ),
        "supplier_limits": table(
            "supplier measure period quantity",
            ("WELDCO", "maximum", None, 50.0),
            ("WELDCO", "contract", MONTHS[1], 20.0),
        ),
        "lanes": table(
            "supplier location mode maximum truck_load cost_per_truck", ("PLANT", "DC", "road", 64.0, 24.0, 90.0)
        ),
        "spend_limits": table("kind period amount", ("buy", None, 5000.0), ("stock", MONTHS[2], 9000.0)),
        "locks": table(
            "item location kind supplier mode period quantity",
            ("BIKE", "PLANT", "make", "", "", MONTHS[1], 25.0),
        ),
        "last_plan": table(
            "item location kind supplier mode period quantity",
            ("BIKE", "PLANT", "make", "", "", MONTHS[1], 20.0),
            ("BIKE", "PLANT", "make", "", "", MONTHS[2], 30.0),
        ),
        "qualities": table("item quality value", ("RED", "redness", 1.0), ("WHITE", "redness", 0.0)),
        "blends": table("item location quality minimum maximum", ("PAINT", "PLANT", "redness", 0.25, 0.5)),
        "customer_classes": table(
            "class priority short_policy backlog_rate lost_rate",
            ("KEY", 1.0, "backlog", 0.2, None),
            ("OTHER", 2.0, "lost", None, 1.0),
        ),
        "demand": table(
            "item location period quantity class",
            *(
                ("BIKE", "DC", month, units, name)
                for name, wanted in (("KEY", (20.0, 22.0, 24.0)), ("OTHER", (10.0, 10.0, 10.0)))
                for month, units in zip(MONTHS, wanted, strict=True)
            ),
            *(("PAINT", "PLANT", month, 15.0, "KEY") for month in MONTHS),
        ),
    }


@cache
def planned(settings: PlanSettings) -> tuple[Network, Prices]:
    """The network of the plan and its prices."""
    network = planned_network(tables(), settings)
    return network, unit_prices(network)


def built(
    strategy: str = "optimal", settings: PlanSettings = SETTINGS, kinds: tuple[Constraint, ...] | None = None
) -> tuple[Programme, dict[str, list[str]]]:
    """The programme of the plan, whole or with some of the constraints, and the names of its things."""
    network, prices = planned(settings)
    chosen = constraints.STRATEGY_CONSTRAINTS[strategy] if kinds is None else kinds
    return build_model(network, prices, chosen), names_of(network)


def text_of(programme: Programme, names: dict[str, list[str]]) -> str:
    """A programme as a solver reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.lp"
        readable(programme, names).writeLP(str(path), max_length=300)
        return path.read_text(encoding="utf-8")


def part_of(text: str, start: str, *ends: str) -> str:
    """What stands between two headings."""
    part = text.partition(f"{start}\n")[2]
    for end in ends:
        part = part.partition(f"{end}\n")[0]
    return part


def rows_of(text: str, kind: str) -> str:
    """The rows of a kind, one below the other; a row goes on in lines that begin with a blank."""
    found, mine = [], False
    for line in part_of(text, "Subject To", "Bounds").splitlines(keepends=True):
        mine = line.startswith(f"{kind}(") if not line.startswith(" ") else mine
        if mine:
            found.append(line)
    return "".join(found)


def goldens() -> dict[str, str]:
    """Every golden file by name: the rows of each kind, what is minimised, bounds, and what is whole."""
    programme, names = built()
    text = text_of(programme, names)
    found = {kind: rows_of(text, kind) for kind in programme.rows}
    for name, (kind, strategy, settings) in FACES.items():
        found[name] = rows_of(text_of(*built(strategy, settings)), kind)
    found["objective"] = text.partition("Subject To\n")[0]
    found["bounds"] = part_of(text, "Bounds", "End")
    found["whole_numbers"] = part_of(text_of(*built(settings=EXACT)), "Generals", "End")
    return found


if __name__ == "__main__":
    for old in HERE.glob("*.lp"):
        old.unlink()
    for file, content in goldens().items():
        (HERE / f"{file}.lp").write_text(content, encoding="utf-8")
