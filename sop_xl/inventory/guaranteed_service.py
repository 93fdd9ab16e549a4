"""Where to hold safety stock in a network: the guaranteed-service model, exact on any network without circles.

Each stage j quotes a service time S_j to those it supplies, waits at most SI_j = max of its suppliers' S, and takes
T_j. It holds stock for its net replenishment time tau_j = SI_j + T_j - S_j: safety stock k_j sqrt(tau_j), where k_j is
z sigma at the customers' end and pooled above it. The plan minimises the sum of h_j k_j sqrt(tau_j). Demand beyond the
bound is met by other means (overtime, expediting): it is outside of the model.

How it is solved. S_j may be taken as min(SI_j + T_j, least SI of those it supplies), so only the SI of each set of
suppliers that stages share, and the service times of stages with several sorts of customers, are open. Costs are
concave between points where a tau is 0 or two times are equal, so some optimum has every time at a signed sum of lead
times that ends in 0 or in a promised time: a short list per variable (`_candidates`). Over these lists
`label_search.minimise` finds the proved minimum: on a tree it is the dynamic program of [1], on other networks
elimination, bounds and splits.

References
----------
[1] S. Graves, S. Willems (2000): Optimizing strategic safety stock placement in supply chains, M&SOM 2(1), 68-83.
[2] S. Humair, S. Willems (2011): Optimizing strategic safety stock placement in general acyclic networks, Operations
    Research 59(3), 781-787.
[3] S. Willems (2008): Data set: real-world multiechelon supply chains used for inventory optimization, M&SOM 10(1).
[4] E. Lesnaia (2004): Optimizing safety stock placement in general network supply chains, MIT thesis.
[5] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., section 6.3.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError, PlanningError
from sop_xl.inventory.bounds import Floats
from sop_xl.inventory.label_search import minimise

_DIGITS = 9
_MOST_LABELS = 2_000

STAGE_COLUMNS = ["stage", "inbound_time", "service_time", "net_time", "unit_cost", "sigma", "safety_stock", "cost"]


@dataclass(frozen=True)
class GuaranteedService:
    """The plan by stage (`STAGE_COLUMNS`), its cost and a bound that no plan goes below [money/period].

    `inbound_time` is SI, `service_time` S, `net_time` tau [periods]; `sigma` is k, the bound's standard deviations of a
    period [units]; `safety_stock` k sqrt(tau) [units]; `cost` that of holding it.
    """

    stages: pd.DataFrame
    cost: float
    bound: float
    splits: int

    @property
    def proved(self) -> bool:
        """Whether no plan is cheaper, to 1e-9 of the cost."""
        return self.cost <= self.bound + 1e-9 * max(1.0, self.cost)


@dataclass(frozen=True)
class _Chain:
    """The network as arrays: one entry per stage, in the order of the frame."""

    names: list[str]
    suppliers: list[list[int]]
    customers: list[list[int]]
    order: list[int]
    lead_time: Floats
    promised: Floats
    inbound: Floats
    weight: Floats
    sigma: Floats
    unit_cost: Floats


def guaranteed_service(
    stages: pd.DataFrame, arcs: pd.DataFrame, *, holding_rate: float = 1.0, seconds: float = 60.0
) -> GuaranteedService:
    """The service times of every stage that make safety stock cheapest. Problem P in [1]; general networks as in [2].

    Parameters
    ----------
    stages
        One row per stage: `stage`, `lead_time` [periods]; `added_cost`, what the stage adds to the cost of a unit, or
        `holding_cost` of a unit there, per period [money/unit]; where customers are served `sd` of their demand of a
        period [units] and `z`, the standard deviations it is guaranteed against. If wanted `max_service_time`, the most
        a stage may quote [periods] (0 where customers are served and none is given), `inbound_time`, that of suppliers
        outside [periods], and `pooling`: sigma_j = (sum of (units sigma)^p)^(1/p), 2 unless given; 1 is no pooling.
    arcs
        `supplier`, `customer`, and if wanted `quantity`, units of the first in one of the second (1).
    holding_rate
        Cost of holding, as a share of the cost of a unit [1/period]; not used with `holding_cost`.
    seconds
        Time after which the best plan so far is given with its bound [s].

    Demand that reaches a stage by several ways is added before it is pooled, as it comes from the same customer.

    Raises InputError for a stage that is missing, twice there, negative or serves nobody; PlanningError for a circle.

    Example 6.5 in [5]:

    >>> stages = pd.DataFrame({"stage": ["1", "3", "2", "4"], "lead_time": [2, 1, 1, 1], "holding_cost": [1, 2, 3, 3],
    ...     "inbound_time": [1, 0, 0, 0], "max_service_time": [None, None, 0, 1], "sd": [None, None, 1, 1], "z": 1})
    >>> arcs = pd.DataFrame({"supplier": ["1", "3", "3"], "customer": ["3", "2", "4"]})
    >>> plan = guaranteed_service(stages, arcs)
    >>> print(f"{plan.cost:.4f}", plan.proved, plan.stages["service_time"].tolist())
    8.2779 True [0.0, 0.0, 0.0, 1.0]

    """
    chain = _chain(stages, arcs, holding_rate)
    outward, inward, count = _variables(chain)
    supplied = {(outward[i], inward[j]) for i, made in enumerate(chain.customers) for j in made}
    equal_or_less = {(quoted, allowed) for quoted, allowed in supplied if quoted != allowed}
    times = _candidates(chain, outward, inward, count, equal_or_less)
    unary, pairs, constant = _costs(chain, outward, inward, times, equal_or_less)
    found = minimise(unary, pairs, seconds=seconds)
    quoted = np.array([times[v][label] for v, label in enumerate(found.labels)])
    plan = _plan(chain, np.array([quoted[v] if v >= 0 else 0.0 for v in inward]))
    cost = float(plan["cost"].sum())
    return GuaranteedService(plan, cost, min(found.bound + constant, cost), found.splits)


def _chain(stages: pd.DataFrame, arcs: pd.DataFrame, holding_rate: float) -> _Chain:
    names = stages["stage"].astype(str).tolist()
    place = {name: k for k, name in enumerate(names)}
    if len(place) < len(names):
        twice = stages["stage"].astype(str)[stages["stage"].astype(str).duplicated()].iloc[0]
        raise InputError(f"stage {twice} is there twice")
    if not names:
        raise InputError("a network needs a stage")
    suppliers: list[list[int]] = [[] for _ in names]
    customers: list[list[int]] = [[] for _ in names]
    usage: list[dict[int, float]] = [{} for _ in names]
    quantity = arcs["quantity"].fillna(1.0).tolist() if "quantity" in arcs else [1.0] * len(arcs)
    for source, target, units in zip(arcs["supplier"].astype(str), arcs["customer"].astype(str), quantity, strict=True):
        for name in (source, target):
            if name not in place:
                raise InputError(f"an arc from {source} to {target} names stage {name}, which is not among the stages")
        if not units > 0:
            raise InputError(f"the quantity of the arc from {source} to {target} must be above 0, got {units:g}")
        i, j = place[source], place[target]
        if j not in usage[i]:
            suppliers[j].append(i)
            customers[i].append(j)
        usage[i][j] = usage[i].get(j, 0.0) + float(units)
    order = _downstream(names, suppliers, customers)
    lead_time = _column(stages, "lead_time", np.nan)
    inbound = _column(stages, "inbound_time", 0.0)
    sd, z = _column(stages, "sd", 0.0), _column(stages, "z", 1.0)
    unit_cost = _unit_cost(stages, suppliers, usage, order, holding_rate)
    sigma = _pooled(sd * z, _column(stages, "pooling", 2.0), usage, order)
    served = (pd.to_numeric(stages["sd"]).notna() if "sd" in stages else pd.Series(False, stages.index)).to_numpy()
    promised = _column(stages, "max_service_time", np.inf)
    promised = np.where(served & np.isinf(promised), 0.0, promised)
    for j, name in enumerate(names):
        if not served[j] and not customers[j]:
            raise InputError(f"stage {name} supplies no other stage and has no demand of its own (sd)")
    return _Chain(names, suppliers, customers, order, lead_time, promised, inbound, unit_cost * sigma, sigma, unit_cost)


def _column(stages: pd.DataFrame, name: str, missing: float) -> Floats:
    """A column as numbers, 0 or more; `missing` where it is not given, which must not be for NaN."""
    values = (
        pd.to_numeric(stages[name]).astype(float).fillna(missing).to_numpy()
        if name in stages
        else np.full(len(stages), missing)
    )
    for stage, value in zip(stages["stage"], values, strict=True):
        if not value >= 0:
            raise InputError(f"{name} of stage {stage} must be 0 or more, got {value:g}")
    return np.asarray(values, dtype=float)


def _unit_cost(
    stages: pd.DataFrame, suppliers: list[list[int]], usage: list[dict[int, float]], order: list[int], rate: float
) -> Floats:
    """Cost of holding a unit for a period at each stage: its own, or the rate of what it has cost so far."""
    if "holding_cost" in stages:
        return _column(stages, "holding_cost", np.nan)
    cost = _column(stages, "added_cost", np.nan).copy()
    for j in order:
        cost[j] += sum(usage[i][j] * cost[i] for i in suppliers[j])
    return cost * rate


def _pooled(own: Floats, power: Floats, usage: list[dict[int, float]], order: list[int]) -> Floats:
    """K of each stage: demand of each customer through all ways to it, then pooled over customers."""
    ends = np.flatnonzero(own > 0)
    units = np.zeros((len(own), len(ends)))
    units[ends, np.arange(len(ends))] = 1.0
    for i in reversed(order):
        for j, quantity in usage[i].items():
            units[i] += quantity * units[j]
    scale = (units * own[ends]).max(axis=1, initial=0.0)
    parts = units * own[ends] / np.where(scale > 0, scale, 1.0)[:, np.newaxis]
    pooled: Floats = scale * (parts ** power[:, np.newaxis]).sum(axis=1) ** (1.0 / power)
    return pooled


def _downstream(names: list[str], suppliers: list[list[int]], customers: list[list[int]]) -> list[int]:
    """The stages, each after those that supply it."""
    lacking = [len(s) for s in suppliers]
    ready = [j for j, number in enumerate(lacking) if number == 0]
    order = []
    while ready:
        i = ready.pop()
        order.append(i)
        for j in customers[i]:
            lacking[j] -= 1
            if lacking[j] == 0:
                ready.append(j)
    if len(order) < len(names):
        stuck = next(name for name, number in zip(names, lacking, strict=True) if number > 0)
        raise PlanningError(f"stage {stuck} supplies itself: the arcs go round in a circle")
    return order


def _variables(chain: _Chain) -> tuple[list[int], list[int], int]:
    """The variable that is each stage's quoted time, and the one that is its inbound time; -1 where there is none.

    All stages with the same set of suppliers share an inbound time; a stage whose customers all share one quotes it.
    """
    numbers: dict[object, int] = {}
    sets = [frozenset(s) for s in chain.suppliers]

    def number(key: object) -> int:
        return numbers.setdefault(key, len(numbers))

    outward = []
    for i, made in enumerate(chain.customers):
        groups = {sets[j] for j in made}
        shared = len(groups) == 1 and len(next(iter(groups))) > 1
        outward.append((number(next(iter(groups))) if shared else number(i)) if made else -1)
    inward = [-1 if not own else (outward[next(iter(own))] if len(own) == 1 else number(own)) for own in sets]
    return outward, inward, len(numbers)


def _candidates(
    chain: _Chain, outward: list[int], inward: list[int], count: int, equal_or_less: set[tuple[int, int]]
) -> list[Floats]:
    """The times each variable may have at some optimum: closed under every way one time fixes another.

    Counted in whole steps of 1e-9, so that sums of decimals meet.
    """
    lead, promised, inbound = (_steps(v) for v in (chain.lead_time, chain.promised, chain.inbound))
    longest = [0] * len(chain.names)
    for j in chain.order:
        longest[j] = max([inbound[j], *(longest[i] for i in chain.suppliers[j])]) + lead[j]
    most = [0] * count
    fixes: list[set[tuple[int, int]]] = [set() for _ in range(count)]
    fresh = [(v, 0) for v in range(count)]
    for j in range(len(chain.names)):
        out, into = outward[j], inward[j]
        if out >= 0:
            most[out] = max(most[out], longest[j])
            fresh += [(out, promised[j]), (out, inbound[j] + lead[j])]
        if into >= 0:
            most[into] = max([most[into], *(longest[i] for i in chain.suppliers[j])])
            fresh += [(into, promised[j] - lead[j]), (into, inbound[j])]
        if out >= 0 and into >= 0 and out != into:
            fixes[into].add((out, lead[j]))
            fixes[out].add((into, -lead[j]))
    for quoted, allowed in equal_or_less:
        fixes[quoted].add((allowed, 0))
        fixes[allowed].add((quoted, 0))
    times: list[set[int]] = [set() for _ in range(count)]
    while fresh:
        v, time = fresh.pop()
        if 0 <= time <= most[v] and time not in times[v]:
            times[v].add(time)
            if len(times[v]) > _MOST_LABELS:
                raise PlanningError(
                    "the lead times have too many different decimals to be exact: round them, as to tenths of a day"
                )
            fresh += [(other, time + shift) for other, shift in fixes[v]]
    return [np.array(sorted(found)) / 10.0**_DIGITS for found in times]


def _steps(times: Floats) -> list[int]:
    """Times in whole steps of 1e-9; one that is not limited as a time beyond all others."""
    return [round(float(t) * 10**_DIGITS) if np.isfinite(t) else 10**30 for t in times]


def _costs(
    chain: _Chain,
    outward: list[int],
    inward: list[int],
    times: list[Floats],
    equal_or_less: set[tuple[int, int]],
) -> tuple[list[Floats], dict[tuple[int, int], Floats], float]:
    """The cost of every stage as tables over the candidate times; a constant where nothing is open."""
    unary = [np.zeros(len(t)) for t in times]
    pairs: dict[tuple[int, int], Floats] = {}
    constant, forbidden = 0.0, 1.0

    def add(u: int, v: int, table: Floats) -> None:
        key, table = ((u, v), table) if u < v else ((v, u), table.T)
        pairs[key] = pairs[key] + table if key in pairs else table

    def price(j: int, waits: npt.ArrayLike, quotes: npt.ArrayLike) -> Floats:
        net = np.maximum(waits, chain.inbound[j]) + chain.lead_time[j] - np.minimum(quotes, chain.promised[j])
        costs: Floats = chain.weight[j] * np.sqrt(np.maximum(np.round(net, _DIGITS), 0.0))
        return costs

    for j in range(len(chain.names)):
        out, into = outward[j], inward[j]
        if out < 0 and into < 0:
            constant += float(price(j, 0.0, np.inf))
        elif out < 0:
            unary[into] = unary[into] + price(j, times[into], np.inf)
        elif into < 0:
            unary[out] = unary[out] + price(j, 0.0, times[out])
        elif out == into:
            unary[out] = unary[out] + price(j, times[out], times[out])
        else:
            add(into, out, price(j, times[into][:, np.newaxis], times[out]))
    for costs in [*unary, *pairs.values()]:
        forbidden += float(costs.max())
    for m, si in sorted(equal_or_less):
        late = times[m][:, np.newaxis] > times[si] + 10.0**-_DIGITS
        add(m, si, np.where(late, forbidden, 0.0))
    return unary, pairs, constant


def _plan(chain: _Chain, allowed: Floats) -> pd.DataFrame:
    """Times, stock and cost of each stage when no inbound time is above the one allowed."""
    size = len(chain.names)
    waits, quotes = chain.inbound.copy(), np.zeros(size)
    for j in chain.order:
        waits[j] = max([chain.inbound[j], *(quotes[i] for i in chain.suppliers[j])])
        asked = min((allowed[k] for k in chain.customers[j]), default=np.inf)
        quotes[j] = min(chain.promised[j], waits[j] + chain.lead_time[j], asked)
    net = np.maximum(np.round(waits + chain.lead_time - quotes, _DIGITS), 0.0)
    stock = chain.sigma * np.sqrt(net)
    columns = [chain.names, waits, quotes, net, chain.unit_cost, chain.sigma, stock, chain.unit_cost * stock]
    return pd.DataFrame(dict(zip(STAGE_COLUMNS, columns, strict=True)))
