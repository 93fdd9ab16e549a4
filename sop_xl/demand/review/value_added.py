"""Forecast value added: whether each step, person, reason and kind of change made the frozen forecasts better.

Value added of a step is the WMAPE before it minus the WMAPE after it, on the same months and items; the stairs lead
from naive to the consensus. What cannot be told from noise is not judged: a change must move enough volume in enough
months, and the months' gains must differ from 0 by the test of Diebold and Mariano.

References: [1] Gilliland (2010), The Business Forecasting Deal, Wiley, chapter 4 (stair-step report); [2] Fildes,
Goodwin, Lawrence, Nikolopoulos (2009), Effective forecasting and judgmental adjustments, IJF 25, 3-23 (size and
direction: small adjustments and wishful upward ones hurt); [3] Diebold, Mariano (1995), Comparing predictive accuracy,
J. of Business and Economic Statistics 13, 253-263; [4] Harvey, Leybourne, Newbold (1997), Testing the equality of
prediction mean squared errors, IJF 13, 281-291 (few errors).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.scope import families
from sop_xl.errors import InputError

STAIRS = ("naive", "statistical", "events", "inputs", "overrides", "consensus")
"""Steps of the stairs, in order."""

PROCESS = "whole process"
"""Name of the row that compares the last step with the first."""

ADDS, SAME, COSTS, FEW, START = "adds value", "no difference", "costs accuracy", "too few months", ""
"""Verdicts."""

COLUMNS = (
    "level", "name", "step", "months", "changes", "error_before", "error_after", "fva", "verdict", "says",
)  # fmt: skip
"""Columns of every table here; errors and fva are WMAPE [share], changes is how many forecasts were changed."""

SMALL = 0.10
"""Change below which an adjustment is small [share]."""


@dataclass(frozen=True)
class DeadZone:
    """What is left unjudged.

    Fewer months with a change than `months`, less volume moved than `share`, and gains that differ from 0 with less
    than `confidence` [share].
    """

    months: int = 6
    share: float = 0.01
    confidence: float = 0.9

    def __post_init__(self) -> None:
        if self.months < 2 or not 0 <= self.share < 1 or not 0 < self.confidence < 1:
            raise InputError(
                "a dead zone needs 2 or more months, a share from 0 and a confidence between 0 and 1, got "
                f"{self.months}, {self.share:g} and {self.confidence:g}"
            )


USUAL = DeadZone()


def stair_step(
    records: pd.DataFrame,
    items: pd.DataFrame,
    *,
    levels: Sequence[str] = ("total", "family"),
    dead_zone: DeadZone = USUAL,
    stairs: Sequence[str] = STAIRS,
) -> pd.DataFrame:
    """The stairs from naive to consensus, for the total, families and items: [1].

    Parameters
    ----------
    records
        item, ds, lag, step, actual, forecast [units]: result of `snapshots.records_at_lag`
    items
        item and family
    levels
        which of total, family and item are told
    dead_zone
        what is left unjudged
    stairs
        the steps, the first the yardstick of the whole

    An error is that of an item in a month over all its channels and regions, as in `accuracy.accuracy_table`. Each
    step is compared with the last one there is before it, over the months that have both; the last row of a level
    compares the last step with the first. Returns `COLUMNS`.

    """
    unknown = [level for level in levels if level not in ("total", "family", "item")]
    if unknown:
        raise InputError(f"value added is told for total, family and item, got {unknown[0]!r}")
    lag = _lag(records)
    by_item = records.groupby(["item", "ds", "step"], as_index=False)[["actual", "forecast"]].sum()
    steps = [step for step in stairs if (by_item["step"] == step).any()]
    if not steps:
        raise InputError(f"the records have none of the steps {', '.join(stairs)}")
    wide = by_item.pivot_table(index=["item", "ds"], columns="step", values="forecast")
    actual = by_item.groupby(["item", "ds"])["actual"].first()
    pairs = [*pairwise(steps), *([(steps[0], steps[-1])] if len(steps) > 2 else [])]
    names = [*steps[1:], PROCESS]
    parts = [_compared(actual, wide[steps[0]], wide[steps[0]], steps[0])]
    parts += [
        _compared(actual, wide[before], wide[after], name)
        for (before, after), name in zip(pairs, names[: len(pairs)], strict=True)
    ]
    told = pd.concat(parts, ignore_index=True)
    told = told.assign(total="Total", family=families(told["item"], items))
    tables = [_judged(told.assign(level=level, name=told[level].to_numpy()), lag, dead_zone) for level in levels]
    table = pd.concat(tables, ignore_index=True)
    first = table["step"].eq(steps[0])
    table.loc[first, ["error_before", "fva"]] = np.nan
    table.loc[first, "verdict"] = START
    table.loc[first, "says"] = [f"{steps[0]} missed by {_percent(e)}" for e in table.loc[first, "error_after"]]
    rank = table["step"].map({step: n for n, step in enumerate([*steps, PROCESS])})
    place = table["level"].map({level: n for n, level in enumerate(levels)})
    table = table.assign(rank=rank, place=place).sort_values(["place", "name", "rank"], ignore_index=True)
    return table[list(COLUMNS)]


def with_size_and_direction(decisions: pd.DataFrame, small: float = SMALL) -> pd.DataFrame:
    """Decisions with `size` (small, large), `direction` (up, down) and both as `size and direction`: [2].

    Parameters
    ----------
    decisions
        before, after [units]: result of `decisions.changes_at_lag` or `decisions.inputs_at_lag`
    small
        change relative to the figure before, below which an adjustment is small [share]

    Decisions that changed nothing are left out; one that starts from 0 is large.

    >>> made = pd.DataFrame({"before": [100.0, 100.0, 0.0, 5.0], "after": [105.0, 60.0, 10.0, 5.0]})
    >>> with_size_and_direction(made)["size and direction"].tolist()
    ['small up', 'large down', 'large up']

    """
    moved = decisions[decisions["after"].ne(decisions["before"])]
    change = (moved["after"] - moved["before"]).to_numpy(dtype=float)
    table = moved.assign(
        size=np.where(np.abs(change) < small * moved["before"].abs().to_numpy(), "small", "large"),
        direction=np.where(change > 0, "up", "down"),
    )
    table["size and direction"] = table["size"].astype("str") + " " + table["direction"].astype("str")
    return table


def decision_value(
    decisions: pd.DataFrame,
    by: str | Sequence[str] = ("owner", "reason", "size and direction"),
    *,
    step: str = "overrides",
    small: float = SMALL,
    dead_zone: DeadZone = USUAL,
) -> pd.DataFrame:
    """Value added by whoever or whatever a decision is told by: person, department, reason, size, direction.

    Parameters
    ----------
    decisions
        period, lag, before, after, actual [units] and the columns told by: result of `decisions.changes_at_lag`
        (override, owner, reason) or `decisions.inputs_at_lag` (department, owner, reason)
    by
        columns, or size, direction, `size and direction`; all is everything together
    step
        what the decisions are: overrides or inputs
    small
        change below which an adjustment is small [share]
    dead_zone
        what is left unjudged

    A decision is judged at its own level: |actual - before| against |actual - after| of the sum it changed. Where
    several changed the same figure each is judged on what it found. Returns `COLUMNS`: the level is what is told by.

    >>> month = pd.date_range("2019-01-01", periods=8, freq="MS")
    >>> made = pd.DataFrame({"owner": "Ann", "period": month, "lag": 1, "before": 90.0, "actual": 100.0})
    >>> told = decision_value(made.assign(after=[99.0, 100, 98, 99, 101, 97, 99, 100]), by="owner")
    >>> told[["level", "name", "months", "verdict"]]
       level name  months     verdict
    0  owner  Ann     8.0  adds value
    >>> told["says"][0]
    'cut the error from 10.0% to 1.1% over 8 months'

    """
    columns = [by] if isinstance(by, str) else list(by)
    made = with_size_and_direction(decisions, small)
    made = made.assign(all="all", step=step)
    missing = [column for column in columns if column not in made.columns]
    if missing:
        raise InputError(f"the decisions have no column {missing[0]!r} to be told by")
    losses = made.assign(
        before=(made["actual"] - made["before"]).abs(),
        after=(made["actual"] - made["after"]).abs(),
        volume=made["actual"].abs(),
        moved=(made["after"] - made["before"]).abs(),
        changes=1.0,
        ds=made["period"],
    )
    if losses.empty:
        return _empty()
    lag = _lag(losses)
    tables = [
        _judged(losses.assign(level=column, name=losses[column].replace("", "(none)")), lag, dead_zone)
        for column in columns
    ]
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def diebold_mariano(gains: ArrayLike, lag: int = 1) -> Floats:
    """Statistic of Diebold and Mariano with the correction for few errors, one for each row.

    Parameters
    ----------
    gains
        loss before minus loss after in successive months, shape (series, months); NaN is a month without
    lag
        lag of the forecasts [months]: their errors are related over lag - 1 months

    Positive where losses fell; compare with Student's t of n - 1 degrees of freedom. Gains that are all the same are
    infinitely sure, and 0 where they are 0. Sources: [3], [4].

    >>> diebold_mariano([[1.0, 2.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0]]).round(3)
    array([4.899, 0.   ])

    """
    gain = np.atleast_2d(np.asarray(gains, dtype=float))
    known = ~np.isnan(gain)
    n = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, gain, 0.0).sum(axis=1) / n
    rest = np.where(known, gain - mean[:, None], 0.0)
    at_once = (rest**2).sum(axis=1) / n
    spread = at_once.copy()
    for apart in range(1, min(lag, gain.shape[1])):
        spread += 2.0 * (rest[:, apart:] * rest[:, :-apart]).sum(axis=1) / n
    spread = np.where(spread > 0, spread, at_once)
    few = np.maximum((n + 1 - 2 * lag + lag * (lag - 1) / n) / n, 0.0)
    sure = at_once <= 1e-18 * mean**2
    usual = mean / np.sqrt(np.where(sure, 1.0, spread) / n) * np.sqrt(few)
    return np.asarray(np.where(sure, np.where(mean == 0, 0.0, np.copysign(np.inf, mean)), usual))


def _compared(actual: pd.Series, before: pd.Series, after: pd.Series, step: str) -> pd.DataFrame:
    """Losses of two forecasts where both are there, by item and month."""
    both = before.notna() & after.notna()
    a, b, f = actual[both], before[both], after[both]
    moved = (f - b).abs()
    losses = {"before": (a - b).abs(), "after": (a - f).abs(), "volume": a.abs(), "moved": moved}
    return pd.DataFrame({**losses, "changes": (moved > 0).astype(float)}).reset_index().assign(step=step)


def _judged(losses: pd.DataFrame, lag: int, dead_zone: DeadZone) -> pd.DataFrame:
    """One row with its verdict for each level, name and step."""
    from scipy.special import stdtr

    keys = ["level", "name", "step"]
    figures = ["before", "after", "volume", "moved", "changes"]
    monthly = losses.groupby([*keys, "ds"], as_index=False)[figures].sum()
    monthly["gain"] = monthly["before"] - monthly["after"]
    monthly["changed"] = (monthly["moved"] > 0).astype(float)
    sums = monthly.groupby(keys)[[*figures, "changed"]].sum()
    gains = monthly.set_index([*keys, "ds"])["gain"].unstack("ds").reindex(sums.index)
    months = gains.notna().sum(axis=1)
    statistic = diebold_mariano(gains.to_numpy(dtype=float), lag)
    chance = stdtr(np.maximum(months.to_numpy(dtype=float) - 1.0, 1.0), np.abs(statistic))
    sure = 2.0 * chance - 1.0 >= dead_zone.confidence
    volume = sums["volume"].where(sums["volume"] > 0)
    slight = (sums["moved"] < dead_zone.share * sums["volume"]).to_numpy()
    few = (sums["changed"] < dead_zone.months).to_numpy() & (sums["changed"] > 0).to_numpy()
    verdict = np.select([few, slight | ~sure, statistic > 0], [FEW, SAME, ADDS], COSTS)
    table = pd.DataFrame(
        {
            "months": months.astype(float),
            "changes": sums["changes"],
            "error_before": sums["before"] / volume,
            "error_after": sums["after"] / volume,
            "fva": (sums["before"] - sums["after"]) / volume,
            "verdict": verdict,
        },
        index=sums.index,
    ).reset_index()
    rows = zip(verdict, table.error_before, table.error_after, table.months, sums.changed, slight, strict=True)
    table["says"] = [_says(v, b, a, n, changed, s, dead_zone) for v, b, a, n, changed, s in rows]
    return table


def _says(
    verdict: str, before: float, after: float, months: float, changed: float, slight: bool, dead_zone: DeadZone
) -> str:
    span = f"from {_percent(before)} to {_percent(after)} over {_months(months)}"
    if verdict == ADDS:
        return f"cut the error {span}"
    if verdict == COSTS:
        return f"raised the error {span}"
    if verdict == FEW:
        return f"changed something in {_months(changed)}; {dead_zone.months} are needed to tell"
    if changed == 0:
        return f"changed nothing in {_months(months)}"
    if slight:
        return f"moved less than {dead_zone.share:.0%} of the volume in {_months(months)}"
    return f"the error went {span}: no more than chance"


def _months(count: float) -> str:
    return "1 month" if count == 1 else f"{count:g} months"


def _percent(share: float) -> str:
    return "an unknown share (nothing sold)" if np.isnan(share) else f"{share:.1%}"


def _lag(frame: pd.DataFrame) -> int:
    """The one lag that a frame of records or decisions is taken at."""
    lags = frame["lag"].unique()
    if len(lags) != 1:
        told = ", ".join(map(str, sorted(lags))) or "none"
        raise InputError(f"value added is judged at one lag at a time, got {told}")
    return int(lags[0])


def _empty() -> pd.DataFrame:
    text = ("level", "name", "step", "verdict", "says")
    return pd.DataFrame({column: pd.Series(dtype="str" if column in text else float) for column in COLUMNS})
