"""`sop-xl balance`: demand and supply of a folder of tables, without a workbook."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sop_xl.cli.parts import command, say
from sop_xl.errors import InputError
from sop_xl.terminal import columns, progress

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan
    from sop_xl.supply.settings import PlanSettings

MANUAL = """
FOLDER has one CSV file a table, named after it: items.csv, sources.csv and
demand.csv are needed; locations, routings, bom, resources, capacity, stock,
receipts, inventory_targets and others may stand beside them (--tables lists
every table and column). Months are written 2026-11 or 2026-11-01, codes such as
007 stay text, cells may be parted by comma, semicolon, tab or bar.

OUT gets the plan: supply_plan, projected_balance, resource_load, shortages,
constraint_prices and costs, all of them or none.
"""
RESULTS = ("supply_plan", "projected_balance", "resource_load", "shortages", "constraint_prices")
READABLE = 20_000
"""Variables up to which a programme is worth reading."""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    balance = command(commands, "balance", _balance, "balance demand and supply of a folder of tables",
        "sop-xl balance tables/ --out plan/\n"
        "  sop-xl balance tables/ --out plan/ --strategy level --set frozen_months=2 --set short_policy=lost\n"
        "  sop-xl balance tables/ --out plan/ --scenario upside.csv\n"
        "  sop-xl balance tables/ --lp plan.lp",
        MANUAL)  # fmt: skip
    balance.add_argument("folder", type=Path, metavar="FOLDER", nargs="?", help="the tables, one CSV file each")
    balance.add_argument("--out", type=Path, metavar="OUT", help="the folder the plan goes to")
    balance.add_argument(
        "--strategy", default="optimal", metavar="NAME", help="optimal, level, chase or hybrid (default: optimal)"
    )
    balance.add_argument("--scenario", type=Path, metavar="FILE",
        help="changes made first: a CSV file with kind, target, value and, if wanted, first_period, last_period")  # fmt: skip
    balance.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
        help="a setting of the plan; may be repeated (--settings lists them)")  # fmt: skip
    balance.add_argument("--lp", type=Path, metavar="FILE", help="write the programme with readable names instead")
    balance.add_argument("--tables", action="store_true", help="list every table and column, and stop")
    balance.add_argument("--settings", action="store_true", help="list every setting with its default, and stop")


def _balance(given: argparse.Namespace) -> None:
    from sop_xl.store.tables import read_folder, read_frame
    from sop_xl.supply.plan import balance
    from sop_xl.supply.reading.tables import COLUMNS

    if given.tables or given.settings:
        print(_tables() if given.tables else _settings_list())
        return
    if given.folder is None or (given.out is None and given.lp is None):
        raise InputError("balance needs a FOLDER of tables, and --out for the plan (or --lp for the programme)")
    with progress("balancing", quiet=given.quiet) as report:
        report(f"reading {given.folder}", 0.0)
        tables = read_folder(given.folder, COLUMNS)
        changes = read_frame(given.scenario) if given.scenario else None
        settings = _settings(given.set)
        if given.lp:
            _write_programme(tables, settings, given)
            return
        report("solving", 0.2)
        plan = balance(tables, settings=settings, scenario=changes, strategy=given.strategy)
        report(f"writing {given.out}", 0.9)
        _write(plan, given.out)
    say(given, _summary(plan))
    say(given, f"written to {given.out}")


def _settings(given: list[str]) -> PlanSettings:
    """Settings from NAME=VALUE."""
    from sop_xl.supply.settings import PlanSettings

    usual = PlanSettings()
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in _typed_settings():
            raise InputError(f"there is no setting {name!r}; sop-xl balance --settings lists them")
        found[name] = _value(name, value, getattr(usual, name))
    return PlanSettings(**found)


def _value(name: str, text: str, usual: object) -> Any:
    try:
        if isinstance(usual, bool):
            return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[text.lower()]
        if isinstance(usual, int):
            return int(text)
        return float(text) if isinstance(usual, float) else text
    except (ValueError, KeyError):
        kind = "yes or no" if isinstance(usual, bool) else "a number"
        raise InputError(f"the setting {name} must be {kind}, got {text!r}") from None


def _typed_settings() -> list[str]:
    """Settings that a value on a line can give."""
    from sop_xl.supply.settings import PlanSettings

    return [f.name for f in fields(PlanSettings) if f.name not in ("as_of", "periods")]


def _settings_list() -> str:
    from sop_xl.supply.settings import PlanSettings

    usual = PlanSettings()
    return columns([["setting", "default"], *([name, str(getattr(usual, name))] for name in _typed_settings())])


def _tables() -> str:
    from sop_xl.supply.reading.tables import FORMS, NEEDED

    rows = [["table", "key", "needed", "may be left out"]]
    for name, form in FORMS.items():
        blank = form.blank or {}
        key = ", ".join(form.key)
        rest = ", ".join(c for c in blank if c not in form.key)
        rows.append([f"{name}{' *' if name in NEEDED else ''}", key, ", ".join(form.needs), rest])
    return columns(rows) + "\n  * is needed"


def _write_programme(tables: Any, settings: PlanSettings, given: argparse.Namespace) -> None:
    from sop_xl.errors import BookError
    from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
    from sop_xl.supply.model.model import build_model, names_of
    from sop_xl.supply.model.prices import unit_prices
    from sop_xl.supply.plan import check_strategy, planned_network
    from sop_xl.supply.programme.readable import readable

    check_strategy(given.strategy)
    network = planned_network(tables, settings)
    programme = build_model(network, unit_prices(network), STRATEGY_CONSTRAINTS[given.strategy])
    if programme.shape[1] > READABLE:
        raise InputError(f"a programme of {programme.shape[1]:,} variables cannot be read; take fewer items or months")
    try:
        readable(programme, names_of(network)).writeLP(str(given.lp), max_length=300)
    except OSError as error:
        raise BookError(f"{given.lp} cannot be written ({error.strerror or error})") from error
    rows, variables = programme.shape
    say(given, f"{variables:,} variables and {rows:,} rows written to {given.lp}")


def _write(plan: Plan, folder: Path) -> None:
    from sop_xl.errors import BookError
    from sop_xl.workbook.disk.atomic import replace_files

    frames = {name: getattr(plan, name) for name in RESULTS}
    frames["costs"] = plan.costs.rename_axis("kind").reset_index()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BookError(f"{folder} is no folder the plan can go to ({error.strerror or error})") from error
    replace_files({folder / f"{name}.csv": frame.to_csv(index=False).encode("utf-8") for name, frame in frames.items()})


def _summary(plan: Plan) -> str:
    """The plan in a few lines: service, cost by kind, the worst shortages, what limits are worth, what gave way."""
    kpis, currency = plan.kpis, plan.settings.currency
    lines = [
        f"{kpis.service_share:.1%} of demand on time, cost {kpis.total_cost:,.0f} {currency} ({plan.status}); "
        f"mean stock {kpis.mean_stock_value:,.0f} {currency}"
        + (f"; most load {kpis.peak_load:.0%} at {kpis.peak_resource}" if kpis.peak_resource else "")
    ]
    costs = plan.costs[plan.costs.abs() > 0.5]
    lines.append(columns([[f"  {kind}", f"{cost:,.0f}"] for kind, cost in costs.items()], right=(1,)))
    short = plan.shortages.sort_values("money", ascending=False, kind="stable")
    lines += [f"  {says}" for says in short["says"].head(3)]
    if len(short) > 3:
        lines.append(f"  and {len(short) - 3} more months of items short: shortages.csv")
    worth = plan.constraint_prices.sort_values("price", ascending=False, kind="stable")
    lines += [f"  {says}" for says in worth["says"].head(3)]
    lines += [f"  note: {note}" for note in plan.notes]
    return "\n".join(lines)
