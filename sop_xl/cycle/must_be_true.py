"""What must be true to reach the budget: the set of changes to the plan that closes the gap with the least effort.

Effort is counted in points. A point is one standard deviation of a family's demand, 1 % on its prices or off its
costs, or money spent of 1 % of the plan's margin; an opportunity of the register takes as many as its probability is
standard deviations away. Beyond the forecast interval, and beyond a usual price step, the same way takes twice the
points. Levers are worth what they are worth alone: two of the same family together are worth a little more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from sop_xl.cycle.grid import TOTAL
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.finance.levers import cheapest

REVENUE, MARGIN = "revenue", "margin"
USUAL, MOST = 0.02, 0.05
"""A usual step of prices or costs, and the most that is thought of [share]."""
HARDER = 2.0
"""Points beyond the usual, per point within."""
LEAST_POINTS, LEAST_PROBABILITY = 0.1, 0.001
NEEDED, NO_BUDGET, OPEN, CONDITION = "no change needed", "no budget", "still open", "no loss by"
COLUMNS = [
    "of", "number", "lever", "family", "change", "money", "share_of_gap", "points", "plausible", "left", "says",
]  # fmt: skip


@dataclass(frozen=True)
class Lever:
    """A piece of a change that could be made: pulled to its end it is worth so much [money] for so many points."""

    lever: str
    family: str
    kind: str
    end: float
    """How far it goes [share]."""
    worth: float
    effort: float
    plausible: str
    about: str
    """What stands in its sentence; `{share}` is how far it is pulled."""


def must_be_true(frames: Frames, context: Context, money: pd.DataFrame) -> pd.DataFrame:
    """Table `must_be_true`, over the months that have a budget; `money` is table `financials`."""
    whole = money[money["family"].eq(TOTAL)]
    months = whole.loc[whole["measure"].eq("budget revenue") & whole["money"].ne(0), "period"]
    total = whole[whole["period"].isin(months)].groupby("measure")["money"].sum()
    if months.empty:
        says = "There is no budget of the months planned on sheet Budget to be reached."
        return pd.DataFrame([{"of": of, "number": 1.0, "lever": NO_BUDGET, "says": says} for of in (REVENUE, MARGIN)])
    families = _families(frames, months, context)
    parts = []
    for of in (REVENUE, MARGIN):
        gap = float(total[f"budget {of}"] - total[of])
        levers = [*_of_families(families, of, context), *_gaps_closed(frames, months, of, float(total[MARGIN]))]
        if of == MARGIN:
            levers += _opportunities(frames)
        rows = _taken(levers, gap, of, context)
        parts.append(pd.concat([rows, _conditions(frames, gap)], ignore_index=True) if of == MARGIN else rows)
        parts[-1] = parts[-1].assign(of=of, number=np.arange(1.0, len(parts[-1]) + 1))
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS).round({"money": 2, "left": 2, "points": 2})


def _families(frames: Frames, months: pd.Series, context: Context) -> pd.DataFrame:
    """By family: revenue and cost of what is shipped, of it where nothing is short, demand and its error [units]."""
    master = plain(frames["items"]).drop_duplicates("item").set_index("item")
    keys = ["item", "location", "period"]
    balance = plain(frames["projected_balance"])
    balance = balance[balance["period"].isin(months)]
    wide = balance[balance["measure"].isin(["shipped", "late", "lost"])].pivot_table(
        index=keys, columns="measure", values="quantity", aggfunc="sum"
    )
    item = wide.index.get_level_values("item")
    price, cost = (master[c].reindex(item).to_numpy(dtype=float) for c in ("list_price", "standard_cost"))
    shipped = wide["shipped"].to_numpy()
    free = (wide["late"].to_numpy() + wide["lost"].to_numpy()) <= 0
    made = pd.DataFrame(
        {
            "family": master["family"].reindex(item).to_numpy(),
            REVENUE: shipped * np.nan_to_num(price),
            "cost": shipped * np.nan_to_num(cost),
        }
    )
    made["free revenue"], made["free cost"] = made[REVENUE] * free, made["cost"] * free
    sums = made.groupby("family").sum()
    return sums.join(_errors(plain(frames["baseline"]), master["family"], months, context), how="left").fillna(0.0)


def _errors(baseline: pd.DataFrame, family: pd.Series, months: pd.Series, context: Context) -> pd.DataFrame:
    """Forecast and standard deviation of its error by family over the months [units].

    The months of a series miss together, series apart from each other.
    """
    keys = ["item", "channel", "region"]
    rows = baseline[baseline["measure"].isin(["forecast", "high"]) & baseline["period"].isin(months)]
    wide = rows.pivot_table(index=keys, columns="measure", values="quantity", aggfunc="sum")
    width = (wide["high"] - wide["forecast"]).clip(lower=0.0) / reach(context)
    mine = pd.DataFrame({"forecast": wide["forecast"], "sigma": width**2})
    sums = mine.groupby(family.reindex(wide.index.get_level_values("item")).to_numpy()).sum()
    return sums.assign(sigma=np.sqrt(sums["sigma"])).rename_axis("family")


def reach(context: Context) -> float:
    """How many standard deviations the interval on Control reaches to each side."""
    return NormalDist().inv_cdf(0.5 + context.settings.interval_level / 200)


def _of_families(families: pd.DataFrame, of: str, context: Context) -> Iterator[Lever]:
    """Demand, prices and costs of every family, each in a usual piece and a harder one."""
    level = context.settings.interval_level
    for row in records(families.reset_index()):
        name = str(row["family"])
        if row["forecast"] > 0 and row["sigma"] > 0:
            worth = row["free revenue"] - (row["free cost"] if of == MARGIN else 0.0)
            end = reach(context) * row["sigma"] / row["forecast"]
            about = f"Demand of {name} is {{share}} above plan"
            within, beyond = f"within the {level} % forecast interval", f"beyond the {level} % forecast interval"
            yield from _pieces(name, "demand", (end, 2 * end), worth, reach(context) / end, (within, beyond), about)
        said = (f"up to {USUAL:.0%}".replace("%", " %"), f"more than {USUAL:.0%}, bold".replace("%", " %"))
        about = f"Prices of {name} are {{share}} higher at the same volume"
        yield from _pieces(name, "price", (USUAL, MOST), row[REVENUE], 100.0, said, about)
        if of == MARGIN:
            about = f"Costs of {name} are {{share}} lower"
            yield from _pieces(name, "cost", (USUAL, MOST), row["cost"], 100.0, said, about)


def _pieces(
    family: str, kind: str, ends: tuple[float, float], worth: float, points: float, said: tuple[str, str], about: str
) -> Iterator[Lever]:
    """The usual piece of a lever and the harder one; `worth` [money] and `points` are of a whole share of 1."""
    first, last = ends
    for end, factor, plausible in ((first, 1.0, said[0]), (last - first, HARDER, said[1])):
        gain = max(worth, 0.0) * end
        yield Lever(f"{kind} of {family}", family, kind, end, gain, factor * points * end, plausible, about)


def _gaps_closed(frames: Frames, months: pd.Series, of: str, margin: float) -> Iterator[Lever]:
    """Units that the plan does not deliver at all, by what is short, where a remedy was found."""
    never = plain(frames["late_demand"])
    never = never[never["fate"].isin(["not yet", "lost"]) & never["period"].isin(months)]
    remedies = plain(frames["remedies"])
    best = remedies[remedies["remedy"].ne("")].sort_values("rank").drop_duplicates(["cause", "culprit"])
    cost = plain(frames["items"]).drop_duplicates("item").set_index("item")["standard_cost"]
    goods = never["quantity"] * never["item"].map(cost).fillna(0.0) if of == MARGIN else 0.0
    gains = never.assign(gain=never["money"] - goods).groupby(["cause", "culprit"], as_index=False)[["gain"]].sum()
    for row in records(gains.merge(best, on=["cause", "culprit"], how="inner")):
        spent = max(float(row["cost"] if row["known"] else row["net_worth"]), 0.0)
        worth = row["gain"] - (spent if of == MARGIN and row["known"] else 0.0)
        what = f"{row['culprit']}: {row['remedy']}"
        known = f"costs {spent:,.0f}" if row["known"] else f"nobody knows its cost; it may be up to {spent:,.0f}"
        about = f"{{share}} of what {row['culprit']} leaves undelivered is delivered, by: {row['remedy']}"
        yield Lever(what, "", "gap", 1.0, max(worth, 0.0), max(spent / max(abs(margin) / 100, 1e-9), LEAST_POINTS),
                    known, about)  # fmt: skip


def _opportunities(frames: Frames) -> Iterator[Lever]:
    """Open opportunities of the register, at their whole impact."""
    risks = plain(frames["risks"])
    for row in records(risks[risks["kind"].eq("opportunity") & risks["status"].ne("closed") & risks["impact"].gt(0)]):
        chance = float(np.clip(row["probability"], LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY))
        points = max(NormalDist().inv_cdf(1.0 - chance), LEAST_POINTS)
        about = f"{{share}} of the impact of the opportunity '{row['risk']}' comes true"
        yield Lever(str(row["risk"]), str(row["family"]), "opportunity", 1.0, float(row["impact"]), points,
                    f"{row['probability']:.0%} likely".replace("%", " %"), about)  # fmt: skip


def _taken(levers: list[Lever], gap: float, of: str, context: Context) -> pd.DataFrame:
    """Rows of the levers that close the gap, pieces of one lever together, and what stays open."""
    currency = context.settings.currency
    if gap <= 0:
        says = f"The plan has {-gap:,.0f} {currency} of {of} more than the budget: nothing must change."
        return pd.DataFrame([{"lever": NEEDED, "money": 0.0, "left": gap, "plausible": "true", "says": says}])
    found = cheapest(pd.DataFrame([vars(lever) for lever in levers], columns=list(Lever.__annotations__)), gap)
    found["change"] = found["share"] * found["end"]
    rows = found.groupby("lever", sort=False).agg(
        family=("family", "first"), kind=("kind", "first"), change=("change", "sum"), money=("money", "sum"),
        points=("points", "sum"), plausible=("plausible", "last"), about=("about", "first"),
    )  # fmt: skip
    rows = rows.reset_index()
    rows["share_of_gap"] = rows["money"] / gap
    rows["left"] = (gap - rows["money"].cumsum()).clip(lower=0.0)
    rows["says"] = [_says(row, currency) for row in records(rows)]
    rows["change"] = rows["change"].where(rows["kind"].ne("cost"), -rows["change"])
    left = gap - float(found["money"].sum())
    if left > 0.005:
        says = f"All of it together leaves {left:,.0f} {currency} open: the budget needs more than these changes."
        row = {"lever": OPEN, "family": "", "money": 0.0, "left": left, "share_of_gap": 0.0, "points": 0.0,
               "plausible": "not by these", "says": says}  # fmt: skip
        rows = pd.concat([rows, pd.DataFrame([row])], ignore_index=True)
    return rows.drop(columns=["kind", "about"])


def _says(row: dict[str, object], currency: str) -> str:
    share = f"{row['change']:.1%}".replace("%", " %").replace("100.0", "100")
    about = str(row["about"]).replace("{share}", share)
    return f"{about}: worth {row['money']:,.0f} {currency}; {row['plausible']}"


def _conditions(frames: Frames, gap: float) -> pd.DataFrame:
    """Open risks are not in the plan: none of them may come true."""
    risks = plain(frames["risks"])
    mine = risks[risks["kind"].eq("risk") & risks["status"].ne("closed") & risks["impact"].gt(0)]
    return pd.DataFrame(
        [
            {
                "lever": f"{CONDITION} {row['risk']}",
                "family": row["family"],
                "money": 0.0,
                "share_of_gap": 0.0,
                "points": 0.0,
                "plausible": f"{1 - row['probability']:.0%} likely".replace("%", " %"),
                "left": min(gap, 0.0),
                "says": f"The risk '{row['risk']}' is not in the plan and must not come true: "
                f"it would take {row['impact']:,.0f}",
            }
            for row in records(mine)
        ]
    )
