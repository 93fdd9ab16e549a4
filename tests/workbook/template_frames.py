"""A made-up company for looking at filled workbooks: five families, three work centers, two years of history."""

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.workbook.frames import typed
from sop_xl.workbook.tables import TABLES

AS_OF = pd.Timestamp("2020-02-29")
FAMILIES = ("City bikes", "Gravel bikes", "Helmets", "Road bikes", "Tyres & tubes")
ITEMS = {family: [f"{family[:2].upper()}-{k:03d}" for k in range(1, 4)] for family in FAMILIES}
RESOURCES = ("Assembly", "Frame welding", "Paint shop")
GRID = {
    "demand": ("history", "last year", "budget", "last plan", "statistical", "low", "high", "consensus"),
    "supply": ("production", "purchases", "transfers in", "delivered", "last plan"),
    "inventory": ("opening", "receipts", "shipments", "closing", "target", "days of supply", "stock value", "check"),
    "backlog": ("late", "lost"),
    "money": ("revenue", "budget revenue", "cost", "margin"),
}


def frame(name, rows):
    """Rows as a declared table."""
    table = TABLES[name]
    columns = {}
    for column in table.frame_columns:
        blank = "" if column.kind.is_text else (column.default if column.kind == "flag" else None)
        columns[column.name] = typed(column, [row.get(column.name, blank) for row in rows])
    return pd.DataFrame(columns)


def _options(gaps):
    """Three options of each gap; of the last one nothing pays."""
    rows = []
    for n, gap in enumerate(gaps.itertuples()):
        for rank, (option, unit, worth) in enumerate(
            (("overtime", "hours", 900.0), ("do nothing", "units late", 0.0), ("cut demand", "units", -120.0)), start=1
        ):
            best = option == ("do nothing" if n == len(gaps) - 1 else "overtime")
            rows.append(
                {
                    "family": gap.family, "period": gap.period, "option": option, "recommended": best, "rank": rank,
                    "take": best and n == 0, "target": RESOURCES[n % 3], "first_month": gap.period,
                    "last_month": gap.period, "amount": 40.0 * rank, "unit": unit, "cost": 310.0 if worth else 0.0,
                    "margin_saved": 2 * worth, "net_worth": worth, "recovered": gap.gap if worth > 0 else 0.0,
                    "service": 0.97 + 0.004 / rank, "stock_change": 15.0, "peak_load": 1.08, "days_to_act": 14.0,
                    "decide_by": gap.period - pd.Timedelta(days=14) if worth else None, "basis": "the tables",
                    "says": f"{option} for {gap.family}: worth {worth:g}.", "by": "K. Lind" if best and n == 0 else "",
                    "changes": f"overtime | {RESOURCES[n % 3]} | {periods.label(gap.period)} to {periods.label(gap.period)} | 0.2"
                    if option == "overtime" else "",
                }
            )  # fmt: skip
    return frame("gap_options", rows)


def across(name, lines):
    """Lines of (keys, {period: value}) as a declared table laid across."""
    value = TABLES[name].across.name
    return frame(name, [{**keys, "period": p, value: v} for keys, cells in lines for p, v in cells.items()])


def made_up(horizon=12, shown=12, seed=7):
    """Frames of a whole cycle; grid rows add up and stock balances."""
    rng = np.random.default_rng(seed)
    plan = list(periods.horizon(AS_OF, horizon))
    past = list(periods.past(AS_OF, shown))
    grid, totals, shortages, gaps = [], {}, [], []
    for size, family in enumerate(FAMILIES, 1):
        season = [1 + 0.35 * np.sin((m.month - 3) / 12 * 2 * np.pi) for m in past + plan]
        level = 900 * size * np.array(season)
        history = dict(zip(past, np.round(level[:shown] * rng.uniform(0.9, 1.1, shown)), strict=True))
        statistical = np.round(level[shown:] * rng.uniform(0.97, 1.08, horizon))
        consensus = np.round(statistical * rng.uniform(1.0, 1.09))
        made = {
            "history": history,
            "last year": dict(zip(past + plan, np.round(level * 0.93), strict=True)),
            "budget": dict(zip(past + plan, np.round(level * 1.02), strict=True)),
            "last plan": dict(zip(plan[:-1], np.round(statistical[:-1] * 0.98), strict=True)),
            "statistical": dict(zip(plan, statistical, strict=True)),
            "low": dict(zip(plan, np.round(statistical * 0.8), strict=True)),
            "high": dict(zip(plan, np.round(statistical * 1.22), strict=True)),
            "consensus": dict(zip(plan, consensus, strict=True)),
        }
        late = np.zeros(horizon)
        if size == 4:
            late[3:6] = (120, 310, 90)
        opening = 700.0 * size
        stock = {k: {} for k in ("opening", "receipts", "shipments", "closing", "target", "days of supply", "check")}
        supply = {k: {} for k in ("production", "purchases", "transfers in", "delivered", "last plan")}
        for m, month in enumerate(plan):
            shipped = consensus[m] - late[m] + (late[m - 1] if m else 0)
            bought = 0.0 if size % 2 else round(shipped * 0.4)
            target = round(consensus[m] * 0.6)
            made_here = max(0.0, shipped + target - opening - bought)
            receipts = made_here + bought
            closing = opening + receipts - shipped
            for key, value in zip(
                stock,
                (opening, receipts, shipped, closing, target, closing / consensus[m] * 30, 0.0),
                strict=True,
            ):
                stock[key][month] = value
            for key, value in zip(supply, (made_here, bought, 0.0, shipped, made_here * 0.97), strict=True):
                supply[key][month] = value
            if late[m]:
                money = late[m] * 640.0
                cause = ("capacity", "component")[m % 2]
                shortages.append(
                    {
                        "item": ITEMS[family][0], "location": "Plant", "period": month, "kind": "late", "family": family,
                        "quantity": late[m], "money": money, "cause": cause, "culprit": RESOURCES[m % 3],
                        "culprit_period": month,
                        "says": f"{late[m]:g} units of {ITEMS[family][0]} are late: {cause} binds; one more hour is worth 18.",
                    }
                )  # fmt: skip
                gaps.append(
                    {
                        "family": family, "period": month, "demand": consensus[m], "supply": consensus[m] - late[m],
                        "gap": late[m], "money": money, "cause": f"{cause}: {RESOURCES[m % 3]}",
                        "first_day": month + pd.Timedelta(days=20),
                        "says": f"{family} is {late[m]:g} units short in {periods.label(month)}.",
                        "owner": "" if m == 3 else "K. Lind", "due": plan[0] if m == 4 else None,
                        "status": "open" if m == 3 else "in work",
                    }
                )  # fmt: skip
            opening = closing
        price = 640.0 if "bikes" in family else 40.0
        stock["stock value"] = {p: v * price * 0.6 for p, v in stock["closing"].items()}
        money = {
            "revenue": {p: v * price for p, v in supply["delivered"].items()},
            "budget revenue": {p: v * price for p, v in made["budget"].items() if p in plan},
            "cost": {p: v * price * 0.62 for p, v in supply["delivered"].items()},
        }
        money["margin"] = {p: money["revenue"][p] - money["cost"][p] for p in plan}
        blocks = {
            "demand": made, "supply": supply, "inventory": stock, "money": money,
            "backlog": {"late": dict(zip(plan, late, strict=True)), "lost": dict.fromkeys(plan, 0.0)},
        }  # fmt: skip
        for block, measures in GRID.items():
            unit = "currency" if block == "money" else "units"
            for measure in measures:
                unit_here = {"days of supply": "days", "stock value": "USD"}.get(measure, unit)
                cells = blocks[block][measure]
                grid.append(({"family": family, "block": block, "measure": measure, "unit": unit_here}, cells))
                sums = totals.setdefault((block, measure, unit_here), {})
                for p, v in cells.items():
                    sums[p] = sums.get(p, 0.0) + (v / len(FAMILIES) if measure == "days of supply" else v)
    for (block, measure, unit), cells in totals.items():
        grid.append(({"family": "Total", "block": block, "measure": measure, "unit": unit}, cells))
    by_key = {(k["family"], k["block"], k["measure"]): c for k, c in grid}
    grid += _worth(by_key) + _last_month(by_key, past[-1])
    out = {"sop_grid": across("sop_grid", grid), "shortages": frame("shortages", shortages)}
    out["gaps"] = frame("gaps", sorted(gaps, key=lambda g: -g["money"]))
    out |= _data(rng, past, plan)
    out |= _demand(rng, by_key, plan) | _changes(plan)
    out |= _capacity(rng, plan) | _of_items(rng, past, plan)
    return out | {"gap_options": _options(out["gaps"])} | _review(by_key, plan)


def _worth(by_key):
    """The rows of the grid in money: demand and supply at 640, stock at 396.8."""
    lines = []
    for (family, block, measure), cells in by_key.items():
        price = {"demand": 640.0, "supply": 640.0, "backlog": 640.0, "inventory": 396.8}.get(block)
        if price and measure not in ("low", "high", "check", "days of supply", "stock value"):
            keys = {"family": family, "block": f"{block} value", "measure": measure, "unit": "USD"}
            lines.append((keys, {p: v * price for p, v in cells.items()}))
    return lines


def _last_month(by_key, month):
    """Actuals, orders and hours, where few months have them."""
    lines = []
    for family in (*FAMILIES, "Total"):
        first = min(by_key[family, "demand", "consensus"])
        rows = {
            ("demand", "actual"): {first: 1.1 * by_key[family, "demand", "consensus"][first]},
            ("demand", "open orders"): {first: 25.0},
            ("supply", "actual"): {first: 0.9 * by_key[family, "supply", "production"][first]},
            ("supply", "highest load"): {first: 1.2},
            ("supply", "capacity"): {first: 1600.0},
            ("inventory", "actual"): {month: by_key[family, "inventory", "opening"][first]},
            ("inventory", "last plan"): {month: 500.0, first: 600.0},
            ("backlog", "opening"): {first: 0.0},
            ("backlog", "wanted"): dict(by_key[family, "demand", "consensus"]),
        }
        keys = {"family": family, "unit": "units"}
        lines += [({**keys, "block": b, "measure": m}, cells) for (b, m), cells in rows.items()]
    return lines


def _of_items(rng, past, plan):
    """What the tables say of three items; one of them is called 007, as a number might be."""
    balance, receipts, base, agreed = [], [], [], []
    for item in ("RO-001", "RO-002", "007"):
        stock = 300.0
        cells = {
            m: {} for m in ("opening", "demand", "receipts", "issues", "shipped", "late", "lost", "closing", "target")
        }
        made, bought = {}, {}
        for p in plan:
            wanted, made[p], bought[p] = (float(v) for v in rng.poisson((90, 60, 30)))
            closing = stock + made[p] + bought[p] - wanted
            row = (stock, wanted, made[p] + bought[p], 0.0, wanted, 0.0, 0.0, closing, 250.0)
            for measure, value in zip(cells, row, strict=True):
                cells[measure][p] = value
            stock = closing
        balance += [({"item": item, "location": "Plant", "measure": m}, c) for m, c in cells.items()]
        for kind, units in (("make", made), ("buy", bought)):
            keys = {"item": item, "location": "Plant", "kind": kind, "supplier": "", "mode": ""}
            receipts += [({**keys, "measure": m}, units) for m in ("receipt", "order")]
        for channel, region in (("Web", "Germany"), ("Retail", "France")):
            series = {"item": item, "channel": channel, "region": region}
            base += [
                ({**series, "measure": m, "method": "mean"}, dict.fromkeys(plan, v))
                for m, v in (("forecast", 45.5), ("low", 30.0))
            ]
            agreed.append((series, dict.fromkeys(plan, 46.0)))
    actual = [({"item": "RO-001", "channel": "Web", "region": "Germany"}, {plan[0]: 51.0, plan[1]: 40.0})]
    return {
        "projected_balance": across("projected_balance", balance),
        "supply_plan": across("supply_plan", receipts),
        "baseline": across("baseline", base),
        "consensus": across("consensus", agreed),
        "actual_demand": across("actual_demand", actual),
        "actual_production": across("actual_production", [({"item": "RO-001", "location": "Plant"}, {plan[0]: 77.0})]),
    }


def _data(rng, past, plan):
    months = list(periods.past(AS_OF, 36))
    items = [
        {
            "item": item, "description": f"{family[:-1]}, model {k}", "family": family, "category": "Bikes",
            "make_or_buy": "make", "sold": True, "unit": "EA", "standard_cost": 396.8, "list_price": 640.0,
            "launch": pd.Timestamp("2015-01-01"),
        }
        for family in FAMILIES
        for k, item in enumerate(ITEMS[family], 1)
    ]  # fmt: skip
    items.append({**items[-1], "item": "007", "description": "Gloves, model 7", "family": "Road bikes"})
    history = [
        ({"item": i["item"], "channel": channel, "region": region}, dict(zip(months, rng.poisson(80, 36), strict=True)))
        for i in items
        for channel, region in (("Web", "Germany"), ("Retail", "France"))
    ]
    return {
        "items": frame("items", items),
        "locations": frame("locations", [{"location": "Plant", "description": "Plant and warehouse"}]),
        "channels": frame("channels", [{"channel": c, "priority": 1 + k} for k, c in enumerate(("Web", "Retail"))]),
        "regions": frame("regions", [{"region": r, "served_from": "Plant"} for r in ("Germany", "France")]),
        "resources": frame(
            "resources", [{"resource": r, "location": "Plant", "cost_per_hour": 25 + k} for k, r in enumerate(RESOURCES)]
        ),
        "calendar": frame(
            "calendar",
            [{"period": m, "working_days": periods.working_days(m), "fence": "history"} for m in past]
            + [
                {"period": m, "working_days": periods.working_days(m), "fence": ("frozen", "slushy")[min(k, 1)]}
                for k, m in enumerate(plan[:3])
            ]
            + [{"period": m, "working_days": periods.working_days(m), "fence": "liquid"} for m in plan[3:]],
        ),
        "demand_history": across("demand_history", history),
        "stock": frame(
            "stock", [{"item": i["item"], "location": "Plant", "status": "usable", "quantity": 120.0} for i in items]
        ),
        "checks": frame(
            "checks",
            [
                {"rule": "item known", "severity": "stops", "says": "Every item is in Items", "found": 0},
                {
                    "rule": "price there", "severity": "warns", "says": "Sold items have a price", "found": 2,
                    "example": "Sheet Items, row 9: no list price", "waived_by": "K. Lind", "waiver_reason": "sample",
                },
                {"rule": "cost there", "severity": "warns", "says": "Items have a cost", "found": 3},
            ],
        ),
        "steps": frame(
            "steps",
            [
                {
                    "step": step, "status": status, "finished": pd.Timestamp("2020-03-05 09:30"), "seconds": 3.2 + k,
                    "stops": 0, "warnings": k % 3, "says": "All series forecast; 2 items are short of history",
                    "inputs_hash": "9f2c51aa03",
                }
                for k, (step, status) in enumerate(
                    {
                        "Data Gathering": "done with warnings", "Demand Planning": "done", "Supply Planning": "done",
                        "Pre-S&OP": "out of date", "Executive S&OP": "open", "Execution": "open",
                    }.items()
                )
            ],
        ),
    }  # fmt: skip


def _demand(rng, by_key, plan):
    steps, accuracy, fva = [], [], []
    for family in (*FAMILIES, "Total"):
        start = by_key[family, "demand", "statistical"]
        end = by_key[family, "demand", "consensus"]
        share = {"statistical": 0.0, "events": 0.3, "inputs": 0.8, "overrides": 1.0, "consensus": 1.0}
        for step, part in share.items():
            cells = {p: start[p] + part * (end[p] - start[p]) for p in plan}
            steps.append(({"family": family, "step": step}, cells))
        for step, wmape in (("naive", 0.31), ("seasonal naive", 0.25), ("statistical", 0.19)):
            accuracy.append(
                {
                    "level": "total" if family == "Total" else "family", "name": family, "step": step,
                    "wmape": wmape + rng.uniform(0, 0.02), "bias": 0.03, "mase": 0.8, "tracking_signal": 4.4,
                    "fva": 0.31 - wmape, "months": 6,
                }
            )  # fmt: skip
        basis = "rolling origins" if family == "Helmets" else "frozen plans"
        rungs = ("naive", "statistical", "events", "inputs", "overrides", "consensus")
        for rung, error in zip(rungs, (0.31, 0.19, 0.19, 0.18, 0.2, 0.2), strict=True):
            added = None if rung == "naive" else 0.31 - error
            row = {"told_by": "step", "name": family, "step": rung, "error_after": error, "fva": added, "months": 7}
            fva += [{"basis": basis, **row}, {"basis": "rolling origins", **row, "name": f"{family} (replayed)"}]
    fva.append({"basis": "frozen plans", "told_by": "person", "name": "Road bikes", "step": "overrides", "fva": 9.0})
    overrides = [
        {
            "override": f"OV-{k}", "family": FAMILIES[k % 5], "first_period": plan[0], "last_period": plan[2],
            "kind": "percent", "value": 0.1, "reason": "Tender", "owner": "K. Lind",
            "entered": pd.Timestamp("2020-02-20"),
            "expires": (None, pd.Timestamp("2020-03-15"), pd.Timestamp("2020-08-31"))[k % 3],
        }
        for k in range(6)
    ]  # fmt: skip
    return {
        "demand_steps": across("demand_steps", steps),
        "accuracy": frame("accuracy", accuracy),
        "fva": frame("fva", fva),
        "overrides": frame("overrides", overrides),
        "assumptions": frame(
            "assumptions",
            [
                {
                    "assumption": "Steel price",
                    "says": "Stays flat",
                    "expires": pd.Timestamp("2020-03-31"),
                    "owner": "CFO",
                },
                {
                    "assumption": "New line",
                    "says": "Starts in May",
                    "expires": pd.Timestamp("2020-06-30"),
                    "owner": "Ops",
                },
            ],
        ),
    }


def _changes(plan):
    """What is other than the past."""
    old, new = ITEMS["Helmets"][:2]
    shift = {"shift": "S1", "from_channel": "shop", "to_channel": "web", "share": 0.1, "first_period": plan[2]}
    rows = {
        "succession": [{"old": old, "new": new, "from": plan[3], "share": 1.0}],
        "launches": [{"item": new, "like_1": old, "launch": pd.Timestamp("2020-06-15"), "volume": 1200.0, "ramp": 1.0}],
        "channel_shifts": [shift],
        "event_effects": [
            {
                "event": "Spring", "first_month": pd.Timestamp("2019-04-01"), "months": 1, "baseline": 400.0,
                "actual": 520.0, "uplift": 0.3, "error": 0.05, "dip": -0.1, "cannibalised": 0.0, "uplift_used": 0.3,
                "says": "Spring sold 30 % over its baseline of 400 units, and 10 % less the month after.",
            },
        ],
        "segment_matrix": [{"abc": "A", "xyz": "X", "items": 3, "revenue": 9e6, "share": 0.6, "service_level": 0.98}],
        "last_buy": [
            {
                "item": old, "end": pd.Timestamp("2020-06-30"), "demand": 300.0, "sigma": 40.0, "needed": 370.0,
                "stock": 120.0, "supply": 0.0, "last_buy": 250.0, "run_out": plan[1],
                "says": f"{old} ends on 2020-06-30: 300 units to come, 370 are enough with a chance of 95 %; the last buy is 250",
            },
        ],
    }  # fmt: skip
    net = [({"channel": "web", "measure": m}, dict.fromkeys(plan, v)) for m, v in (("gross", 90.0), ("net", 80.0))]
    return {name: frame(name, lines) for name, lines in rows.items()} | {"net_demand": across("net_demand", net)}


def _capacity(rng, plan):
    lines, hours = [], []
    for k, resource in enumerate(RESOURCES):
        regular = dict.fromkeys(plan, 1600.0)
        overtime = dict.fromkeys(plan, 320.0)
        required = {p: round(1600 * (0.62 + 0.15 * k + 0.25 * np.sin(m / 11 * np.pi))) for m, p in enumerate(plan)}
        used = {p: min(required[p], 1600.0) for p in plan}
        extra = {p: min(max(required[p] - 1600.0, 0.0), 320.0) for p in plan}
        load = {p: required[p] / 1600.0 for p in plan}
        measures = {
            "regular capacity": regular, "overtime capacity": overtime, "required": required, "regular used": used,
            "overtime used": extra, "load": load,
        }  # fmt: skip
        lines += [({"resource": resource, "measure": m}, cells) for m, cells in measures.items()]
        hours += [({"resource": resource, "measure": m}, c) for m, c in (("regular", regular), ("overtime", overtime))]
    return {"resource_load": across("resource_load", lines), "capacity": across("capacity", hours)}


def _review(by_key, plan):
    money, bridge, monitor = [], [], []
    for family in (*FAMILIES, "Total"):
        cells = {m: by_key[family, "money", m] for m in ("revenue", "cost", "margin")}
        cells["stock value"] = by_key[family, "inventory", "stock value"]
        cells["budget revenue"] = by_key[family, "money", "budget revenue"]
        cells["gap"] = {p: cells["revenue"][p] - cells["budget revenue"][p] for p in plan}
        money += [({"family": family, "measure": m}, c) for m, c in cells.items()]
        budget, revenue = sum(cells["budget revenue"].values()), sum(cells["revenue"].values())
        gap = revenue - budget
        parts = {"budget": budget, "volume": 1.4 * gap, "mix": -0.7 * gap, "price": 0.3 * gap, "plan": revenue}
        bridge += [{"of": "revenue", "family": family, "step": s, "money": v} for s, v in parts.items()]
        for measure in ("demand", "production"):
            running = 0.0
            for m, p in enumerate(plan[:3]):
                wanted = by_key[family, "demand", "consensus"][p]
                actual = round(wanted * (1.12, 0.94, 0.7)[m])
                running += actual - wanted
                status = ("in band", "in band", "out of band")[m]
                monitor.append(
                    {
                        "measure": measure, "family": family, "period": p, "plan": wanted, "actual": actual,
                        "cumulative": running, "adherence": 0.83, "attainment": actual / wanted, "status": status,
                    }
                )  # fmt: skip
    total = {k: sum(by_key["Total", "money", k].values()) for k in ("revenue", "cost", "margin")}
    kpis = {
        "Service level": ("share", 0.965), "Revenue": ("USD", total["revenue"]), "Total cost": ("USD", total["cost"]),
        "Margin": ("USD", total["margin"]), "Stock value": ("USD", 3_100_000.0), "Peak load": ("share", 1.17),
        "Late units": ("units", 520.0), "Lost units": ("units", 0.0), "Overtime": ("h", 410.0),
        "Gap to budget": ("USD", -250_000.0),
    }  # fmt: skip
    scenarios = [
        {"scenario": s, "kpi": k, "unit": u, "value": v * factor, "base": v}
        for s, factor in (("Base", 1.0), ("Upside", 1.12), ("Disruption", 0.93))
        for k, (u, v) in kpis.items()
    ]
    scorecard = [
        ("Forecast accuracy", "share", 0.81, 0.8, "good"), ("Forecast bias", "share", 0.03, 0.05, "good"),
        ("Forecast value added", "share", 0.12, 0.0, "good"), ("Service level", "share", 0.965, 0.97, "watch"),
        ("Stock value", "USD", 3_100_000.0, None, "-"), ("Days of supply", "days", 19.4, 25.0, "good"),
        ("Peak load", "share", 1.17, 1.0, "bad"), ("Revenue against budget", "share", 0.013, 0.0, "good"),
        ("Margin", "USD", total["margin"], None, "-"), ("Data issues open", "count", 3.0, 0.0, "watch"),
        ("Production plan units", "units", sum(by_key["Total", "supply", "production"].values()), None, "-"),
        ("Purchases plan units", "units", sum(by_key["Total", "supply", "purchases"].values()), None, "-"),
    ]  # fmt: skip
    return {
        "financials": across("financials", money),
        "bridge": frame("bridge", bridge),
        **plan_bridges(),
        "monitor": frame("monitor", monitor),
        "alerts": frame(
            "alerts",
            [
                {
                    "kind": "variance", "name": FAMILIES[3], "period": plan[2], "value": 14.0, "limit": 10.0, "replan": True,
                    "says": "Road bikes run 14 days of demand behind plan", "owner": "K. Lind", "status": "open",
                },
                {"kind": "bias", "name": FAMILIES[0], "period": plan[2], "value": 4.6, "limit": 4.0, "status": "open"},
            ],
        ),
        "scenario_kpis": frame("scenario_kpis", scenarios),
        "scorecard": frame(
            "scorecard", [dict(zip(("kpi", "unit", "value", "target", "status"), r, strict=True)) for r in scorecard]
        ),
        "risks": frame(
            "risks",
            [
                {"risk": "Strike at supplier", "kind": "risk", "probability": 0.2, "impact": 400_000.0, "owner": "CPO", "status": "open"},
                {"risk": "City tender", "kind": "opportunity", "probability": 0.5, "impact": 150_000.0, "status": "open"},
                {"risk": "Old case", "kind": "risk", "probability": 0.5, "impact": 90_000.0, "status": "closed"},
            ],
        ),
        "decisions": frame(
            "decisions",
            [
                {"decision": "D-1", "issue": "Second shift in the paint shop", "who": "GM", "effect": 120_000.0, "status": "open"},
                {"decision": "D-2", "issue": "Air freight for frames", "status": "closed"},
                {"decision": "D-3", "issue": "Lower the target of tyres", "status": "in work", "review": plan[1]},
            ],
        ),
        "versions": frame(
            "versions",
            [
                {"version": "2020-02.2", "status": "superseded", "cycle": "2020-02"},
                {"version": "2020-03.1", "status": "draft", "cycle": "2020-03"},
            ],
        ),
        "approvals": frame(
            "approvals",
            [
                {"version": "2020-03.1", "role": "CFO", "decision": "approve", "status": "approved"},
                {"version": "2020-03.1", "role": "VP Sales", "status": "asked"},
            ],
        ),
        "audit_log": frame(
            "audit_log",
            [{"number": 1, "when": pd.Timestamp("2020-03-05 09:31"), "user": "K. Lind", "command": "balance", "table": "supply_plan"}],
        ),
    }  # fmt: skip


def plan_bridges():
    """Bars of two families and their total, the items behind them, and what must be true."""
    bars = {
        1: "last plan",
        2: "actuals",
        3: "model",
        5: "inputs",
        11: "override: Tender",
        12: "override: Promotion",
        13: "override: Management",
        14: "override: Competitor",
        90: "channels and rounding",
        99: "this plan",
        101: "last plan",
        102: "demand",
        105: "opening stock",
        190: "under way and substitutes",
        199: "this plan",
    }
    moved = (9000.0, -120.5, 40.0, 0.0, 300.0, 80.0, -35.0, 12.0, 0.5, 9277.0, 8000.0, 277.0, -90.0, 0.25, 8187.25)
    steps = [
        {
            "part": "demand" if number < 100 else "supply",
            "family": family,
            "number": float(number),
            "step": step,
            "units": share * units,
            "money": 11.5 * share * units,
            "says": f"Why {step}" if family == "Total" else "",
        }
        for family, share in ((FAMILIES[0], 0.5), (FAMILIES[3], 0.5), ("Total", 1.0))
        for (number, step), units in zip(bars.items(), moved, strict=True)
    ]
    rows = [
        {
            "part": "demand",
            "number": 2.0,
            "rank": float(k),
            "step": "actuals",
            "item": f"RO-00{k}",
            "family": FAMILIES[3],
            "units": -60.25,
            "money": -692.9,
        }
        for k in (1, 2, 3)
    ]
    true = [
        {
            "of": of,
            "number": float(k),
            "lever": lever,
            "change": 0.021 * k,
            "money": 50_000.0,
            "share_of_gap": 0.5,
            "points": 1.0,
            "plausible": "up to 2 %",
            "left": 50_000.0 * (2 - k),
            "says": f"{lever} is up",
        }
        for of in ("revenue", "margin")
        for k, lever in ((1, "demand of Road bikes"), (2, "price of Helmets"))
    ]
    return {
        "plan_bridge": frame("plan_bridge", steps),
        "plan_bridge_rows": frame("plan_bridge_rows", rows),
        "must_be_true": frame("must_be_true", true),
    }
