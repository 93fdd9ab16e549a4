"""A realistic supply network from a seed, as the tables `sop_xl.balance` takes.

A maker of consumer goods: items on shared lines in a few plants, half of them in two plants; components bought from
suppliers that deliver so much a month over all their items; lanes to distribution centers that take this month or the
next; overtime, subcontractors with a cap, a shutdown every August; more demand in season than the lines can make, so
that stock is built ahead and some demand is late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Tables = dict[str, pd.DataFrame]

START = pd.Timestamp("2027-01-01")
"""First month planned."""

LINES = 8
"""Lines of a plant."""

FAMILIES = 4 * LINES
"""Families of items; four of them share a line."""

SUPPLIERS = 40
SUBCONTRACTED = 0.3
"""Share of made items a subcontractor delivers too."""

TIGHT = 1.22
"""Mean load of a line over its regular hours, before some lines are larger and others smaller."""

NOW, NEXT_MONTH = 5.0, 30.0
"""Lead times that arrive in the month of release and in the month after [days]."""


@dataclass(frozen=True)
class Size:
    """How large a network is: items sold, plants and distribution centers, months, and the seed it is made from."""

    items: int
    sites: int
    months: int
    seed: int = 7

    def is_(self, shape: tuple[int, int, int]) -> bool:
        """Whether it has so many items, sites and months."""
        return (self.items, self.sites, self.months) == shape

    def __str__(self) -> str:
        return f"{self.items:,} items x {self.sites} sites x {self.months} months"


@dataclass(frozen=True)
class _Made:
    """Items and the plants that make them: one entry a pair, and the share of the item's demand it would carry."""

    item: Codes
    plant: Codes
    line: Codes
    hours: Array
    share: Array


@dataclass(frozen=True)
class _Sold:
    """Items and the distribution centers that sell them, with their demand and target, shape (pairs, months)."""

    item: Codes
    center: Codes
    demand: Array
    target: Array


def make(items: int, sites: int, months: int, seed: int = 7) -> Tables:
    """The tables of a network.

    Parameters
    ----------
    items
        Items sold; a fifth as many components are bought.
    sites
        Plants and distribution centers: three of ten are plants, at least two.
    months
        Horizon [months].
    seed
        Same seed, same tables.

    Raises
    ------
    ValueError
        If there is nothing to plan with: no item, fewer than three sites, no month.

    >>> tables = make(20, 6, 4)
    >>> tables["locations"]["location"].tolist()
    ['P1', 'P2', 'DC1', 'DC2', 'DC3', 'DC4']
    >>> sorted(tables["sources"]["kind"].unique())
    ['buy', 'make', 'subcontract', 'transfer']

    """
    if items < 1 or sites < 3 or months < 1:
        raise ValueError(f"a network needs an item, three sites and a month, got {items}, {sites} and {months}")
    rng = np.random.default_rng(seed)
    plants = max(2, round(0.3 * sites))
    centers = sites - plants
    family = rng.integers(0, FAMILIES, items)
    names = _names(family, plants, centers)
    price = np.round(12.0 + rng.lognormal(3.2, 0.7, items), 2)
    volume = np.round(rng.uniform(0.5, 3.0, items), 2)
    made = _made(rng, family, plants)
    sold = _sold(rng, items, centers, months)
    wanted = _summed(sold.item, sold.demand, items)
    load = wanted[made.item] * made.share[:, None]
    bom = _bom(rng, items)
    parts, part_use = _parts(bom, made, load, items)
    need = load[:, 0]
    stock = [
        (names.item[made.item], names.plant[made.plant], np.round(need * rng.uniform(0.2, 1.0, len(need)))),
        (
            names.item[sold.item],
            names.center[sold.center],
            np.round(sold.target[:, 0] * rng.uniform(0.3, 1.6, len(sold.item))),
        ),
        (
            names.part[parts["part"]],
            names.plant[parts["plant"]],
            np.round(part_use[:, 0] * rng.uniform(0.6, 1.3, len(parts))),
        ),
    ]
    part_cost = np.round(rng.uniform(0.2, 1.5, len(names.part)), 3)
    return {
        "items": pd.DataFrame(
            {
                "item": np.concatenate([names.item, names.part]),
                "family": np.concatenate([names.family, np.full(len(names.part), "Components", dtype=object)]),
                "standard_cost": np.concatenate([np.round(0.6 * price, 3), part_cost]),
                "list_price": np.concatenate([price, np.full(len(names.part), np.nan)]),
                "volume": np.concatenate([volume, np.full(len(names.part), 0.01)]),
            }
        ),
        "locations": _locations(rng, names, sold, volume),
        "sources": _sources(rng, names, made, sold, parts, part_cost, price, volume, need),
        "routings": pd.DataFrame(
            {"item": names.item[made.item], "resource": names.line[made.line], "hours_per_unit": made.hours}
        ),
        "bom": pd.DataFrame(
            {"assembly": names.item[bom["item"]], "component": names.part[bom["part"]], "quantity": bom["quantity"]}
        ),
        "resources": pd.DataFrame(
            {
                "resource": names.line,
                "location": np.repeat(names.plant, LINES),
                "cost_per_hour": 20.0,
                "overtime_cost_per_hour": 45.0,
            }
        ),
        "capacity": _capacity(rng, names, _summed(made.line, made.hours[:, None] * load, plants * LINES)),
        "supplier_limits": _supplier_limits(rng, names, _summed(_supplier(parts["part"]), part_use, SUPPLIERS)),
        "stock": pd.concat(
            [pd.DataFrame({"item": i, "location": at, "status": "usable", "quantity": n}) for i, at, n in stock],
            ignore_index=True,
        ),
        "inventory_targets": _by_month(names, sold, "target", sold.target),
        "demand": _by_month(names, sold, "quantity", sold.demand),
    }


@dataclass(frozen=True)
class _Names:
    item: npt.NDArray[np.object_]
    family: npt.NDArray[np.object_]
    part: npt.NDArray[np.object_]
    plant: npt.NDArray[np.object_]
    center: npt.NDArray[np.object_]
    line: npt.NDArray[np.object_]
    supplier: npt.NDArray[np.object_]


def _names(family: Codes, plants: int, centers: int) -> _Names:
    def numbered(form: str, count: int) -> npt.NDArray[np.object_]:
        return np.array([form.format(n + 1) for n in range(count)], dtype=object)

    plant = numbered("P{}", plants)
    return _Names(
        item=numbered("I{:05d}", len(family)),
        family=numbered("Family {:02d}", FAMILIES)[family],
        part=numbered("C{:05d}", max(5, len(family) // 5)),
        plant=plant,
        center=numbered("DC{}", centers),
        line=np.array([f"{at}-L{n + 1}" for at in plant for n in range(LINES)], dtype=object),
        supplier=numbered("S{:02d}", SUPPLIERS),
    )


def _made(rng: np.random.Generator, family: Codes, plants: int) -> _Made:
    """Each item at one plant or, half of them, at two; the line follows the family."""
    items = len(family)
    twice = rng.random(items) < 0.5
    first = rng.integers(0, plants, items)
    item = np.concatenate([np.arange(items), np.flatnonzero(twice)])
    plant = np.concatenate([first, (first[twice] + 1) % plants])
    base = rng.uniform(0.02, 0.2, items)
    return _Made(
        item=item,
        plant=plant,
        line=plant * LINES + family[item] * LINES // FAMILIES,
        hours=np.round(base[item] * rng.uniform(0.9, 1.15, len(item)), 4),
        share=np.where(twice, 0.5, 1.0)[item],
    )


def _sold(rng: np.random.Generator, items: int, centers: int, months: int) -> _Sold:
    """Demand with level, season, trend and noise; a target of 95 % service on next month's demand."""
    carried = rng.random((items, centers)) < 0.7
    carried[np.arange(items), rng.integers(0, centers, items)] = True
    item, center = np.nonzero(carried)
    month = np.arange(months)
    season = rng.uniform(0.0, 0.4, items)[:, None] * np.sin(
        2 * np.pi * (month + rng.integers(0, 12, items)[:, None]) / 12
    )
    path = (1 + season) * (1 + rng.normal(0.0, 0.006, items)[:, None] * month)
    level = rng.lognormal(4.5, 1.0, len(item))
    noise = rng.lognormal(0.0, 0.15, (len(item), months))
    demand = np.asarray(np.round(np.maximum(level[:, None] * path[item] * noise, 0.0)), dtype="float64")
    ahead = np.column_stack([demand[:, 1:], demand[:, -1:]])
    variation = rng.uniform(0.15, 0.5, items)
    target: Array = np.round(1.645 * variation[item][:, None] * np.maximum(ahead, 1.0))
    return _Sold(item, center, demand, target)


def _bom(rng: np.random.Generator, items: int) -> pd.DataFrame:
    """One to three components an item; half of them are shared widely."""
    count = rng.integers(1, 4, items)
    item = np.repeat(np.arange(items), count)
    parts = max(5, items // 5)
    part = (item * 3 + rng.integers(0, 5, len(item)) * 11) % parts
    rows = pd.DataFrame({"item": item, "part": part, "quantity": np.round(rng.uniform(0.5, 2.0, len(item)), 2)})
    return rows.drop_duplicates(["item", "part"], ignore_index=True)


def _parts(bom: pd.DataFrame, made: _Made, load: Array, items: int) -> tuple[pd.DataFrame, Array]:
    """Components by the plant that uses them, and the units it would use by month."""
    pairs = pd.DataFrame({"item": made.item, "plant": made.plant, "made": np.arange(len(made.item))}).merge(
        bom, on="item"
    )
    key = pairs["plant"].to_numpy() * items + pairs["part"].to_numpy()
    found, number = np.unique(key, return_inverse=True)
    use = _summed(number, pairs["quantity"].to_numpy()[:, None] * load[pairs["made"].to_numpy()], len(found))
    return pd.DataFrame({"part": found % items, "plant": found // items}), use


def _supplier(part: pd.Series) -> Codes:
    return np.asarray(part, dtype=np.int64) % SUPPLIERS


def _sources(
    rng: np.random.Generator,
    names: _Names,
    made: _Made,
    sold: _Sold,
    parts: pd.DataFrame,
    part_cost: Array,
    price: Array,
    volume: Array,
    need: Array,
) -> pd.DataFrame:
    """What makes, what a subcontractor delivers, what is bought and what is moved."""
    cost = np.round(price[made.item] * rng.uniform(0.35, 0.5, len(made.item)), 3)
    item, plant = names.item[made.item], names.plant[made.plant]
    making = pd.DataFrame({"item": item, "location": plant, "kind": "make", "lead_time_days": NOW, "cost": cost})
    some = np.flatnonzero(rng.random(len(made.item)) < SUBCONTRACTED)
    subcontract = pd.DataFrame(
        {
            "item": item[some],
            "location": plant[some],
            "kind": "subcontract",
            "supplier": "Subcontractor",
            "lead_time_days": NEXT_MONTH,
            "maximum": np.round(0.4 * need[some]),
            "cost": np.round(1.35 * cost[some], 3),
        }
    )
    slow = rng.random(len(part_cost)) < 0.5
    buying = pd.DataFrame(
        {
            "item": names.part[parts["part"]],
            "location": names.plant[parts["plant"]],
            "kind": "buy",
            "supplier": names.supplier[_supplier(parts["part"])],
            "lead_time_days": np.where(slow, NEXT_MONTH, NOW)[parts["part"]],
            "cost": part_cost[parts["part"]],
        }
    )
    lanes = pd.DataFrame({"item": made.item, "plant": made.plant}).merge(
        pd.DataFrame({"item": sold.item, "center": sold.center}), on="item"
    )
    shape = (len(names.plant), len(names.center))
    far, freight = rng.random(shape) < 0.35, rng.uniform(0.4, 2.0, shape)
    at = (lanes["plant"].to_numpy(), lanes["center"].to_numpy())
    moving = pd.DataFrame(
        {
            "item": names.item[lanes["item"]],
            "location": names.center[at[1]],
            "kind": "transfer",
            "supplier": names.plant[at[0]],
            "lead_time_days": np.where(far[at], NEXT_MONTH, NOW),
            "cost": np.round(0.3 * freight[at] * volume[lanes["item"]], 4),
        }
    )
    every = pd.concat([making, subcontract, buying, moving], ignore_index=True)
    return every.assign(supplier=every["supplier"].fillna(""))


def _capacity(rng: np.random.Generator, names: _Names, load: Array) -> pd.DataFrame:
    """Regular hours short of the load, a quarter less in August, and a fifth of them in overtime."""
    months = load.shape[1]
    periods = _periods(months)
    regular = load.mean(axis=1, keepdims=True) / TIGHT * rng.uniform(0.9, 1.15, (len(load), 1)) + 1.0
    regular = np.round(regular * np.where(periods.month == 8, 0.75, 1.0), 1)
    frames = [
        pd.DataFrame(
            {
                "resource": np.repeat(names.line, months),
                "measure": measure,
                "period": np.tile(periods, len(load)),
                "hours": hours.ravel(),
            }
        )
        for measure, hours in (("regular", regular), ("overtime", np.round(0.2 * regular, 1)))
    ]
    return pd.concat(frames, ignore_index=True)


def _supplier_limits(rng: np.random.Generator, names: _Names, use: Array) -> pd.DataFrame:
    """Somewhat more than the mean a supplier would be asked for."""
    months = use.shape[1]
    limit = np.round(use.mean(axis=1) * rng.uniform(1.12, 1.5, len(use)) + 1.0)
    there = np.flatnonzero(use.any(axis=1))
    return pd.DataFrame(
        {
            "supplier": np.repeat(names.supplier[there], months),
            "period": np.tile(_periods(months), len(there)),
            "measure": "maximum",
            "quantity": np.repeat(limit[there], months),
        }
    )


def _locations(rng: np.random.Generator, names: _Names, sold: _Sold, volume: Array) -> pd.DataFrame:
    """Plants without a limit; centers with about the room their targets take in their fullest month."""
    room = _summed(sold.center, sold.target * volume[sold.item][:, None], len(names.center)).max(axis=1)
    limit = np.round(room * rng.uniform(0.8, 1.1, len(room)))
    return pd.DataFrame(
        {
            "location": np.concatenate([names.plant, names.center]),
            "storage_limit": np.concatenate([np.full(len(names.plant), np.nan), limit]),
        }
    )


def _by_month(names: _Names, sold: _Sold, column: str, values: Array) -> pd.DataFrame:
    months = values.shape[1]
    return pd.DataFrame(
        {
            "item": np.repeat(names.item[sold.item], months),
            "location": np.repeat(names.center[sold.center], months),
            "period": np.tile(_periods(months), len(values)),
            column: values.ravel(),
        }
    )


def _periods(months: int) -> pd.DatetimeIndex:
    return pd.date_range(START, periods=months, freq="MS", unit="ns")


def _summed(group: npt.ArrayLike, values: Array, count: int) -> Array:
    """The rows of an array summed by group, shape (groups, months)."""
    total = np.zeros((count, values.shape[1]))
    np.add.at(total, np.asarray(group, dtype=np.int64), values)
    return total
