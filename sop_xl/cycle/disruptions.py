"""A library of disruptions and chances: named scenarios whose targets are found in the workbook's own data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from sop_xl.cycle import change_demand, scenario
from sop_xl.cycle.change_supply import BOUGHT
from sop_xl.cycle.step import Frames
from sop_xl.errors import InputError

Finder = Callable[[Frames], Sequence[str]]
"""The targets a change of a template has in a workbook; a change is made for each."""
_ONLINE = ("online", "internet", "web", "e-commerce", "ecommerce", "digital", "shop online")


@dataclass(frozen=True)
class Part:
    """One change of a template: its kind, how its targets are found, its value and its months.

    `of_mean` makes the value a share of the units the target sells in a month.
    """

    kind: str
    target: str | Finder
    value: float
    first: int = 1
    last: int | None = None
    of_mean: bool = False


@dataclass(frozen=True)
class Template:
    """A scenario to be tried: what happens, and the changes that make it."""

    name: str
    story: str
    parts: tuple[Part, ...]


def largest_supplier(frames: Frames) -> list[str]:
    """The supplier from whom the plan buys for most money."""
    plan, sources = frames["supply_plan"], frames["sources"]
    bought = plan[plan["kind"].isin(BOUGHT) & plan["measure"].eq("order") & plan["supplier"].ne("")]
    key = ["item", "location", "kind", "supplier", "mode"]
    cost = sources.groupby(key)["cost"].first().rename("cost").reset_index()
    priced = bought.groupby(key)["quantity"].sum().reset_index().merge(cost, on=key, how="left")
    spend = (priced["quantity"] * priced["cost"].fillna(0.0)).groupby(priced["supplier"]).sum()
    return [_largest(spend, "the plan buys nothing from a supplier; run Supply Planning first")]


def busiest(frames: Frames) -> list[str]:
    """The resource with the highest mean load."""
    return [scenario.busiest(frames["resource_load"])]


def largest_family(frames: Frames) -> list[str]:
    """The family with most revenue in the demand plan."""
    return [_largest(_revenue(frames, "family"), "there is no demand plan yet; run Demand Planning first")]


def largest_channel(frames: Frames) -> list[str]:
    """The channel with most revenue in the demand plan."""
    return [_largest(_revenue(frames, "channel"), "there is no demand plan yet; run Demand Planning first")]


def to_online(frames: Frames) -> list[str]:
    """From the largest channel that is not online to the one that is, as the target of a channel shift."""
    revenue = _revenue(frames, "channel")
    names = pd.Series(frames["channels"]["channel"].astype(str).unique())
    online = names[names.str.casefold().map(lambda name: any(word in name for word in _ONLINE))]
    if online.empty:
        raise InputError("no channel is named online, internet or web")
    other = revenue.drop(labels=[n for n in online if n in revenue.index])
    return [f"{_largest(other, 'every channel is online')} {change_demand.ARROW} {online.iloc[0]}"]


def busiest_lane_end(frames: Frames) -> list[str]:
    """The location that receives most units from other locations."""
    plan = frames["supply_plan"]
    moved = plan[plan["kind"].eq("transfer") & plan["measure"].eq("order")]
    return [_largest(moved.groupby("location")["quantity"].sum(), "nothing is moved between locations")]


def resources_of_largest_plant(frames: Frames) -> list[str]:
    """Every resource of the location with most regular hours."""
    capacity = frames["capacity"]
    regular = capacity[capacity["measure"].eq("regular")]
    where = frames["resources"].drop_duplicates("resource").set_index("resource")["location"]
    hours = regular.groupby("resource")["hours"].sum()
    plant = _largest(hours.groupby(hours.index.to_series().map(where)).sum(), "no resource has hours on sheet Capacity")
    return sorted(name for name in hours.index if where.get(name) == plant)


def foreign(frames: Frames) -> list[str]:
    """Every foreign currency, which is a blank target."""
    if frames["currencies"].empty:
        raise InputError("nothing is paid in a foreign currency: table Currencies on sheet Sourcing is empty")
    return [""]


def any_launch(frames: Frames) -> list[str]:
    """Every launch, which is a blank target."""
    if change_demand.launched({name: frames[name] for name in ("consensus", "launches", "items")}).empty:
        raise InputError("no item is launched in the months planned")
    return [""]


LIBRARY: tuple[Template, ...] = (
    Template("Largest supplier out", "The supplier we spend most with delivers nothing for two months.",
        (Part("supplier out", largest_supplier, 1.0, 2, 3),)),
    Template("Largest supplier halved", "The supplier we spend most with sends half of what it usually does.",
        (Part("supplier", largest_supplier, -0.5, 1, 6),)),
    Template("Late deliveries", "The supplier we spend most with takes a month longer.",
        (Part("lead time", largest_supplier, 30.0),)),
    Template("Machine down", "The busiest work center loses 40 % of its hours for three months.",
        (Part("capacity", busiest, -0.4, 2, 4),)),
    Template("Strike", "Nobody works for a month at the largest plant.",
        (Part("capacity", resources_of_largest_plant, -1.0, 3, 3),)),
    Template("Port closure", "Transfers to the busiest destination take three weeks longer, also those under way.",
        (Part("lane delay", busiest_lane_end, 21.0, 1, 3),)),
    Template("Demand surge", "The largest family sells 20 % more for six months.",
        (Part("demand", largest_family, 0.20, 2, 7),)),
    Template("Demand slump", "Everything sells 15 % less from the second month on.",
        (Part("demand", "", -0.15, 2),)),
    Template("Competitor exit", "A competitor gives up: the largest family gains 10 % at prices 3 % higher.",
        (Part("demand", largest_family, 0.10, 3), Part("price", largest_family, 0.03))),
    Template("Price war", "Prices of the largest family fall 8 %, and its demand grows 5 %.",
        (Part("price", largest_family, -0.08), Part("demand", largest_family, 0.05, 2))),
    Template("Tender won", "A tender adds a quarter of a usual month to the largest family, three months long.",
        (Part("event", largest_family, 0.25, 3, 5, of_mean=True),)),
    Template("Key customer lost", "The largest channel sells 20 % less from the third month on.",
        (Part("demand", largest_channel, -0.20, 3),)),
    Template("Shift to online", "A tenth of the demand of the largest other channel goes online.",
        (Part("channel shift", to_online, 0.10, 2),)),
    Template("Tail not served", "Items of class C sell no more from the second month on.",
        (Part("demand", "class C", -1.0, 2),)),
    Template("Launch delayed", "Every launch of the horizon comes two months later.",
        (Part("launch delay", any_launch, 2.0),)),
    Template("Currency +10 %", "Foreign currencies get 10 % dearer.",
        (Part("currency", foreign, 0.10),)),
    Template("Materials +15 %", "Everything bought costs 15 % more.",
        (Part("cost", "buy", 0.15),)),
    Template("Freight +25 %", "Moving goods between locations costs a quarter more.",
        (Part("cost", "transfer", 0.25),)),
    Template("Service level 99 %", "A items are to be there in 99 of 100 cycles.",
        (Part("service level", "A", 0.99),)),
    Template("Overtime agreed", "Overtime of a tenth of the regular hours more, everywhere.",
        (Part("overtime", "", 0.10),)),
)  # fmt: skip
"""The templates, in the order of the sheet."""


def template(name: str) -> Template:
    """A template by its name, in whatever case.

    >>> template("port closure").story
    'Transfers to the busiest destination take three weeks longer, also those under way.'
    """
    for found in LIBRARY:
        if found.name.casefold() == name.strip().casefold():
            return found
    raise InputError(f"there is no template {name!r}; the library has {', '.join(t.name for t in LIBRARY)}")


def changes(of: Template, frames: Frames, name: str) -> pd.DataFrame:
    """Rows of table `scenario_changes` that make a template a scenario of this workbook.

    Raises `InputError` where its target does not exist here: no foreign currency, no launch, nothing moved.
    """
    rows: list[dict[str, object]] = []
    for part in of.parts:
        targets = [part.target] if isinstance(part.target, str) else part.target(frames)
        for target in targets:
            value = part.value * _mean_month(frames, target) if part.of_mean else part.value
            rows.append(
                {"scenario": name, "number": float(len(rows) + 1), "kind": part.kind, "target": target,
                 "first_period": float(part.first), "last_period": float(part.last or "nan"),
                 "value": float(round(value)) if part.of_mean else value}
            )  # fmt: skip
    return pd.DataFrame(rows)


def library(frames: Frames) -> pd.DataFrame:
    """Table `scenario_library`: each template, and what it would change in this workbook or why it cannot."""
    rows = []
    for each in LIBRARY:
        try:
            says = scenario.told(changes(each, frames, each.name))
        except InputError as error:
            says = f"not here: {error}"
        rows.append((each.name, each.story, says))
    return pd.DataFrame(rows, columns=["template", "story", "would_change"])


def _revenue(frames: Frames, by: str) -> pd.Series:
    plan, items = frames["consensus"], frames["items"].drop_duplicates("item").set_index("item")
    money = plan["quantity"] * plan["item"].map(items["list_price"]).fillna(0.0)
    group = plan["item"].map(items["family"]) if by == "family" else plan[by]
    return money.groupby(group).sum()


def _mean_month(frames: Frames, family: str) -> float:
    """Units a month of a family in the demand plan."""
    plan, items = frames["consensus"], frames["items"].drop_duplicates("item").set_index("item")
    mine = plan[plan["item"].map(items["family"]).eq(family)]
    return float(mine.groupby("period")["quantity"].sum().mean())


def _largest(totals: pd.Series, otherwise: str) -> str:
    """The name with the largest total, the first of equal ones."""
    if totals.empty or not totals.max() > 0:
        raise InputError(otherwise)
    return str(totals.sort_index().idxmax())
