"""What a plan costs, by kind, item or work center, location and month, from the tables of the plan alone.

| kind | equation |
|---|---|
| make | units ordered x cost beside hours and components, and regular hours x cost of an hour |
| overtime | overtime hours x cost of an overtime hour |
| buy, move | units ordered x price, freight |
| setup | months with an order x cost of a setup or an order (`setup_cost` of the source) |
| hold | (stock at the end of the month + units under way + components in work) x standard cost x holding rate / 12 |
| late | units late at the end of the month x price x backlog rate; in the last month the lost rate if that is more |
| lost | units lost x price x lost rate |

Make, overtime, buy, move and setup are paid. Hold is the cost of capital and space, late and lost are what falling
short is held to cost: reckoned, not paid.

References
----------
[1] E. Silver, D. Pyke, D. Thomas: Inventory and Production Management in Supply Chains, 4th ed.: the cost
    factors of a plan.

"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.finance.cents import Cents, cents, money

KINDS = ("make", "buy", "move", "setup", "overtime", "hold", "late", "lost")
PAID = ("make", "buy", "move", "setup", "overtime")
_OF_SOURCE = {"make": "make", "buy": "buy", "transfer": "move"}
_KEYS = ["kind", "what", "location", "period"]


@dataclass(frozen=True)
class CostRates:
    """What holding and falling short cost; names and meaning are those of the settings of a supply plan.

    `holding_rate` [share/year], `backlog_rate` [share/month], `lost_rate` [share], `overtime_premium` [share].
    """

    holding_rate: float = 0.24
    backlog_rate: float = 0.10
    lost_rate: float = 1.5
    overtime_premium: float = 0.50

    def __post_init__(self) -> None:
        for name, rate in vars(self).items():
            if not (np.isfinite(rate) and rate >= 0):
                raise InputError(f"the {name.replace('_', ' ')} must be 0 or more, got {rate:g}")


@dataclass(frozen=True)
class PlanCost:
    """Cost of a plan in whole cents: `keys` are `kind`, `what` (item or work center), `location`, `period`.

    Every figure is a sum of the same cents, so that figures of any level add up to those above.
    """

    keys: pd.DataFrame
    cents: Cents

    def at(self, *level: str) -> pd.DataFrame:
        """Money by columns of the keys; every kind stands there, with 0 where there is none.

        Raises InputError for a column that is not there.
        """
        unknown = [column for column in level if column not in self.keys]
        if unknown:
            raise InputError(f"the cost has no column {unknown[0]!r}; it has {', '.join(map(str, self.keys))}")
        if not level:
            return pd.DataFrame({"money": [self.total]})
        summed = self.keys.assign(money=self.cents).groupby(list(level))["money"].sum()
        if level == ("kind",):
            summed = summed.reindex(pd.Index(KINDS, name="kind"), fill_value=0)
        return summed.reset_index().assign(money=lambda frame: money(frame["money"]))

    @property
    def total(self) -> float:
        """Money of everything."""
        return float(money(self.cents.sum()))

    @property
    def paid(self) -> float:
        """Money that is paid: without hold, late and lost."""
        return float(money(self.cents[self.keys["kind"].isin(PAID).to_numpy()].sum()))


def plan_cost(tables: Mapping[str, pd.DataFrame], rates: CostRates | None = None) -> PlanCost:
    """Cost of a plan by kind, item or work center, location and month.

    Parameters
    ----------
    tables
        `items`, `sources`, `supply_plan`, `projected_balance`, and where there are any `resources`, `resource_load`,
        `bom`: long frames, as a supply plan is made from and gives.
    rates
        Of holding and falling short.

    Every row is rounded to the cent, and every total is the sum of the rows. A blank price is the standard cost, a
    blank standard cost 0. Units of different priority count alike. Units under way are those ordered and not received
    within the horizon.

    Raises InputError where the plan orders from a source, or uses a work center, that the tables do not have.

    Two units made for 5 in an hour each of 8, one held for a year's 24 % of 10, one sold late at 30:

    >>> month = pd.Timestamp("2020-03-01")
    >>> at = {"location": "P", "period": month}
    >>> tables = {
    ...     "items": pd.DataFrame({"item": ["A"], "standard_cost": [10.0], "list_price": [30.0]}),
    ...     "sources": pd.DataFrame({"item": ["A"], "location": "P", "kind": "make", "supplier": "", "cost": [5.0]}),
    ...     "supply_plan": pd.DataFrame({"item": "A", "kind": "make", "supplier": "", "measure": ["order", "receipt"],
    ...                                  "quantity": [2.0, 2.0], **at}),
    ...     "projected_balance": pd.DataFrame({"item": "A", "measure": ["closing", "late"], "quantity": [1.0, 1.0],
    ...                                        **at}),
    ...     "resources": pd.DataFrame({"resource": ["Line"], "location": ["P"], "cost_per_hour": [8.0]}),
    ...     "resource_load": pd.DataFrame({"resource": ["Line"], "measure": ["regular used"], "hours": [2.0],
    ...                                    "period": [month]}),
    ... }
    >>> plan_cost(tables).at("kind").set_index("kind")["money"].loc[["make", "hold", "late"]].tolist()
    [26.0, 0.2, 45.0]

    """
    rates = rates or CostRates()
    rows = [
        _ordered(tables["supply_plan"], tables["sources"]),
        _hours(tables.get("resource_load"), tables.get("resources"), rates),
        _held(tables, rates),
        _short(tables["projected_balance"], tables["items"], rates),
    ]
    every = pd.concat([frame[[*_KEYS, "money"]] for frame in rows if not frame.empty] or [rows[0]], ignore_index=True)
    every = every.groupby(_KEYS, dropna=False)["money"].sum().reset_index()
    every = every[every["money"] != 0].reset_index(drop=True)
    every = every.iloc[every["kind"].map({k: n for n, k in enumerate(KINDS)}).argsort(kind="stable")]
    every = every.reset_index(drop=True)
    return PlanCost(every[_KEYS], cents("the cost", every["money"]))


def _ordered(supply: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """What is paid for orders and for setting up."""
    on = ["item", "location", "kind", "supplier"]
    known = sources.assign(
        supplier=sources["supplier"].fillna("") if "supplier" in sources else "",
        setup_cost=sources["setup_cost"].fillna(0.0) if "setup_cost" in sources else 0.0,
        cost=sources["cost"].fillna(0.0),
        found=True,
    )[[*on, "cost", "setup_cost", "found"]].drop_duplicates(on)
    orders = supply[supply["measure"].eq("order") & supply["quantity"].ne(0)]
    rows = orders.assign(supplier=orders["supplier"].fillna("")).merge(known, on=on, how="left")
    if rows["found"].isna().any():
        row = rows[rows["found"].isna()].iloc[0]
        raise InputError(f"the plan orders {row['item']} at {row['location']} by {row['kind']}, no source does")
    rows = rows.assign(what=rows["item"], kind=rows["kind"].map(_OF_SOURCE).fillna(rows["kind"]))
    setups = rows.assign(kind="setup", money=rows["setup_cost"])
    return pd.concat([rows.assign(money=rows["quantity"] * rows["cost"]), setups])


def _hours(load: pd.DataFrame | None, resources: pd.DataFrame | None, rates: CostRates) -> pd.DataFrame:
    """Regular and overtime hours of the work centers."""
    if load is None or load.empty:
        return pd.DataFrame(columns=[*_KEYS, "money"])
    rows = load[load["measure"].isin(["regular used", "overtime used"]) & load["hours"].ne(0)]
    known = (
        pd.DataFrame(columns=["location", "cost_per_hour"]) if resources is None else resources.set_index("resource")
    )
    strange = ~rows["resource"].isin(known.index)
    if strange.any():
        raise InputError(
            f"the plan uses {rows.loc[strange, 'resource'].iloc[0]!r}, no work center of that name is known"
        )
    regular = rows["resource"].map(known["cost_per_hour"]).astype("float64")
    premium = regular * (1 + rates.overtime_premium)
    if "overtime_cost_per_hour" in known:
        premium = rows["resource"].map(known["overtime_cost_per_hour"]).astype("float64").fillna(premium)
    normal = rows["measure"].eq("regular used")
    return rows.assign(
        kind=normal.map({True: "make", False: "overtime"}),
        what=rows["resource"],
        location=rows["resource"].map(known["location"]),
        money=rows["hours"] * regular.where(normal, premium),
    )


def _held(tables: Mapping[str, pd.DataFrame], rates: CostRates) -> pd.DataFrame:
    """Stock at the end of each month, units under way and components in work, at standard cost."""
    standard = _by_item(tables["items"], "standard_cost")
    a_month = rates.holding_rate / 12
    balance = tables["projected_balance"]
    closing = balance[balance["measure"].eq("closing")]
    stock = closing.assign(what=closing["item"], kind="hold")
    stock = stock.assign(money=stock["quantity"] * _mapped(stock["item"], standard) * a_month)
    supply = tables["supply_plan"]
    moving = supply[supply["kind"].isin(["make", "transfer"])]
    sign = moving["measure"].map({"order": 1.0, "receipt": -1.0}).fillna(0.0)
    keys = ["item", "location", "kind", "supplier"]
    moving = moving.assign(supplier=moving["supplier"].fillna(""), net=moving["quantity"] * sign)
    moving = moving.groupby([*keys, "period"])["net"].sum().reset_index()
    moving["left"] = moving.groupby(keys)["net"].cumsum()
    value = _mapped(moving["item"], standard)
    inside = _mapped(moving["item"], _components(tables.get("bom"), standard))
    worth = value.where(moving["kind"].eq("transfer"), inside)
    way = moving.assign(what=moving["item"], kind="hold", money=moving["left"] * worth * a_month)
    return pd.concat([stock[[*_KEYS, "money"]], way[[*_KEYS, "money"]]])


def _components(bom: pd.DataFrame | None, standard: pd.Series) -> pd.Series:
    """Standard cost of the components in one unit of each assembly, scrap included [money/unit]."""
    if bom is None or bom.empty:
        return pd.Series(dtype="float64")
    scrap = bom["scrap"].fillna(0.0) if "scrap" in bom else 0.0
    worth = bom["quantity"] / (1 - scrap) * _mapped(bom["component"], standard)
    return worth.groupby(bom["assembly"]).sum()


def _short(balance: pd.DataFrame, items: pd.DataFrame, rates: CostRates) -> pd.DataFrame:
    """Units late and lost at what falling short is held to cost."""
    rows = balance[balance["measure"].isin(["late", "lost"]) & balance["quantity"].ne(0)]
    price, standard = _by_item(items, "list_price"), _by_item(items, "standard_cost")
    value = price.where(price > 0, standard)
    last = rows["period"].eq(balance["period"].max())
    late = np.where(last, max(rates.backlog_rate, rates.lost_rate), rates.backlog_rate)
    rate = np.where(rows["measure"].eq("late"), late, rates.lost_rate)
    worth = rows["quantity"] * _mapped(rows["item"], value) * rate
    return rows.assign(kind=rows["measure"], what=rows["item"], money=worth)


def _by_item(items: pd.DataFrame, column: str) -> pd.Series:
    return items.drop_duplicates("item").set_index("item")[column].astype("float64").fillna(0.0)


def _mapped(items: Sequence[str] | pd.Series, values: pd.Series) -> pd.Series:
    return pd.Series(items).map(values).astype("float64").fillna(0.0)
