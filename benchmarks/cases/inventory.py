"""Adapters of the inventory and lot-sizing cases: field by field to the functions of `sop_xl.inventory`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.cases.case import Adapters, Answer
from sop_xl.inventory import continuous_review, lot_sizing, order_quantities
from sop_xl.inventory.distributions import Demand, Empirical, Gamma, Lognormal, NegativeBinomial, Normal, Poisson
from sop_xl.inventory.guaranteed_service import guaranteed_service
from sop_xl.inventory.newsvendor import base_stock, newsvendor_of
from sop_xl.inventory.periodic_review import ss_cost, ss_optimal, ss_power_approximation
from sop_xl.inventory.policies import eoq, order_cost_rate
from sop_xl.inventory.pooling import pooling
from sop_xl.inventory.safety_stock import (
    cycle_service_level,
    error_over_risk,
    fill_rate,
    safety_stock,
    safety_stock_for_fill_rate,
    unit_normal_loss,
    z_value,
)
from sop_xl.inventory.service import reorder_point_for_cycle_service
from sop_xl.inventory.stochastic_service import serial_optimal

Inputs = Mapping[str, Any]
ADAPTERS = Adapters()


def given(inputs: Inputs, *names: str, default: Any = None) -> Any:
    """The first of these fields that is there and not empty; KeyError naming them where none is."""
    for name in names:
        if inputs.get(name) is not None:
            return inputs[name]
    if default is None:
        raise KeyError(f"the case gives none of {', '.join(names)}")
    return default


@ADAPTERS.kind("eoq")
def _eoq(i: Inputs) -> dict[str, Any]:
    rate, fixed, held = given(i, "demand_rate", "D"), given(i, "fixed_cost", "K"), given(i, "holding_cost", "h")
    quantity = eoq(rate, fixed, held)
    return {"Q": float(quantity), "cost": float(order_cost_rate(quantity, rate, fixed, held))}


@ADAPTERS.kind("eoqb", "eoq_backorders")
def _eoqb(i: Inputs) -> dict[str, Any]:
    found = order_quantities.eoq_with_backorders(
        i["demand_rate"], i["fixed_cost"], i["holding_cost"], i["stockout_cost"]
    )
    return {"Q": float(found.quantity), "x": float(found.backordered), "cost": float(found.cost)}


@ADAPTERS.kind("epq", "eoq_production")
def _epq(i: Inputs) -> dict[str, Any]:
    found = order_quantities.production_quantity(
        i["demand_rate"], i["production_rate"], i["fixed_cost"], i["holding_cost"]
    )
    return {"Q": float(found.quantity), "cost": float(found.cost)}


@ADAPTERS.kind("eoq_all_units", "eoq_discount")
def _all_units(i: Inputs) -> dict[str, Any]:
    return _discount(order_quantities.eoq_all_units_discount, i)


@ADAPTERS.kind("eoq_incremental")
def _incremental(i: Inputs) -> dict[str, Any]:
    return _discount(order_quantities.eoq_incremental_discount, i)


def _discount(rule: Any, i: Inputs) -> dict[str, Any]:
    found = rule(i["demand_rate"], i["fixed_cost"], i["holding_cost_rate"], i["breakpoints"], i["unit_costs"])
    return {"Q": float(found.quantity), "region": int(found.region), "cost": float(found.cost)}


@ADAPTERS.kind("jrp")
def _jrp(i: Inputs) -> dict[str, Any]:
    found = order_quantities.joint_replenishment(
        i["demand_rates"], i["shared_fixed_cost"], i["individual_fixed_costs"], i["holding_costs"]
    )
    return {"T": found.cycle, "cost": found.cost, "m": found.multiples.tolist()}


@ADAPTERS.kind("newsvendor", "newsvendor_normal", "newsvendor_poisson", "newsvendor_discrete")
def _newsvendor(i: Inputs) -> Answer:
    over = given(i, "holding_cost", "overage_cost", "h")
    under = given(i, "stockout_cost", "underage_cost", "p")
    if i.get("lead_time") and "demand_sd" in i:
        found = base_stock(i["demand_mean"], i["demand_sd"], i["lead_time"], over, under)
    else:
        found = newsvendor_of(demand_of(i, periods=1.0 + float(i.get("lead_time") or 0.0)), over, under)
    return {"S": float(found.stock), "cost": float(found.cost)}


@ADAPTERS.kind("newsvendor_lognormal")
def _newsvendor_lognormal(i: Inputs) -> Answer:
    return _newsvendor({**i, "distribution": "lognormal"})


@ADAPTERS.kind("newsvendor_gamma")
def _newsvendor_gamma(i: Inputs) -> Answer:
    return _newsvendor({**i, "distribution": "gamma"})


@ADAPTERS.kind("newsvendor_negative_binomial")
def _newsvendor_negative_binomial(i: Inputs) -> Answer:
    return _newsvendor({**i, "distribution": "negative_binomial"})


def demand_of(i: Inputs, *, periods: float = 1.0) -> Demand:
    """Demand of so many periods as the fields of a case give it."""
    if "demand_pmf" in i or "pmf" in i or "probabilities" in i:
        return _listed(given(i, "demand_pmf", "pmf", "probabilities"), i.get("demand_list", i.get("values")))
    kind = str(i.get("distribution", "normal"))
    if any(name in i for name in ("mu", "log_mean")) and any(name in i for name in ("sigma", "log_sd")):
        if kind == "normal" and "mu" in i and "log_sd" not in i and "distribution" in i:
            return Normal(i["mu"] * periods, i["sigma"] * periods**0.5)
        return Lognormal(given(i, "mu", "log_mean"), given(i, "sigma", "log_sd"))
    mean, sd = given(i, "demand_mean", "mean", "mu"), i.get("demand_sd", i.get("sd"))
    if sd is None:
        return Poisson(mean * periods)
    kinds: dict[str, Callable[..., Demand]] = {
        "gamma": Gamma,
        "negative_binomial": NegativeBinomial,
        "lognormal": Lognormal.of,
    }
    return kinds.get(kind, Normal)(mean * periods, sd * periods**0.5)


def _listed(chances: Any, values: Any) -> Empirical:
    if isinstance(chances, Mapping):
        return Empirical([float(v) for v in chances], list(chances.values()))
    return Empirical(list(range(len(chances))) if values is None else values, chances)


@ADAPTERS.kind("rq_eil", "rq_hadley_whitin")
def _rq_eil(i: Inputs) -> dict[str, Any]:
    return _rq(continuous_review.rq_hadley_whitin, i)


@ADAPTERS.kind("rq_poisson", "rq_exact", "rq_optimal", "rq_normal")
def _rq_exact(i: Inputs) -> dict[str, Any]:
    return _rq(continuous_review.rq_optimal, i)


@ADAPTERS.kind("rq_eoqb")
def _rq_eoqb(i: Inputs) -> dict[str, Any]:
    return _rq(continuous_review.rq_eoq_with_backorders, i)


@ADAPTERS.kind("rq_eoqss", "rq_eoq_ss")
def _rq_eoqss(i: Inputs) -> dict[str, Any]:
    return _rq(continuous_review.rq_eoq_with_safety_stock, i)


@ADAPTERS.kind("rq_loss", "rq_loss_function", "rq_lf")
def _rq_loss(i: Inputs) -> dict[str, Any]:
    return _rq(continuous_review.rq_loss_function, i)


def _rq(rule: Any, i: Inputs) -> dict[str, Any]:
    time = float(given(i, "lead_time", "L"))
    demand = demand_of(i, periods=time)
    found = rule(demand, i["demand_mean"], i["fixed_cost"], i["holding_cost"], i["stockout_cost"])
    return {"r": found.reorder_point, "Q": found.order_quantity, "cost": found.cost}


@ADAPTERS.kind("nahmias_rq")
def _nahmias_rq(i: Inputs) -> dict[str, Any]:
    found = continuous_review.rq_hadley_whitin(Normal(i["mu"], i["sd"]), i["lam"], i["K"], i["h"], i["p"])
    return {"Q": found.order_quantity, "R": found.reorder_point}


@ADAPTERS.kind("nahmias_type1")
def _type_1(i: Inputs) -> dict[str, Any]:
    return {"R": float(reorder_point_for_cycle_service(Normal(i["mu"], i["sd"]), i["service"]))}


@ADAPTERS.kind("nahmias_type2")
def _type_2(i: Inputs) -> dict[str, Any]:
    met = given(i, "service", "beta", "fill_rate", "fr")
    lot = i["Q"] if i.get("Q") else float(eoq(i["lam"], i["K"], i["h"]))
    return {"Q": lot, "R": i["mu"] + float(safety_stock_for_fill_rate(i["sd"], 1, 0, met, lot))}


@ADAPTERS.kind("nahmias_rq_service", "nahmias_type2_iterated")
def _type_2_together(i: Inputs) -> dict[str, Any]:
    met = given(i, "service", "beta", "fill_rate", "fr")
    found = continuous_review.rq_for_fill_rate(Normal(i["mu"], i["sd"]), i["lam"], i["K"], i["h"], met)
    return {"Q": found.order_quantity, "R": found.reorder_point}


@ADAPTERS.kind("ss_poisson", "ss_exact")
def _ss(i: Inputs) -> dict[str, Any]:
    demand, exposed = Poisson(i["demand_mean"]), Poisson(i["demand_mean"] * (1.0 + float(i.get("lead_time") or 0)))
    found = ss_optimal(demand, i["fixed_cost"], i["holding_cost"], i["stockout_cost"], exposed)
    return {"s": found.s, "S": found.S, "cost": found.cost}


@ADAPTERS.kind("ss_power", "ss_power_approximation")
def _ss_power(i: Inputs) -> dict[str, Any]:
    found = ss_power_approximation(
        i["demand_mean"],
        i["demand_sd"],
        i.get("lead_time") or 0,
        i["fixed_cost"],
        i["holding_cost"],
        i["stockout_cost"],
    )
    return {"s": float(found.s), "S": float(found.S)}


@ADAPTERS.kind("ss_poisson_table")
def _ss_table(i: Inputs) -> dict[str, Any]:
    found = [ss_optimal(Poisson(mean), i["K"], i["h"], i["p"]) for mean in i["mu"]]
    return {"s": [f.s for f in found], "S": [f.S for f in found], "cost": [f.cost for f in found]}


def _ss_tie(i: Inputs, published: Inputs) -> bool:
    """Whether the published levels cost what ours do: then both are optimal."""
    levels = zip(i["mu"], published["s"], published["S"], strict=True)
    theirs = np.array([ss_cost(int(s), int(up), Poisson(mean), i["K"], i["h"], i["p"]) for mean, s, up in levels])
    return bool(np.allclose(theirs, _ss_table(i)["cost"], rtol=1e-9))


ADAPTERS.ties["ss_poisson_table"] = _ss_tie


@ADAPTERS.kind("safety_formula")
def _safety(i: Inputs) -> dict[str, Any]:
    """Chopra and Meindl's formulas: `mode` says which; what is in the case decides about lead time and review."""
    lead, review = float(given(i, "L", "lead_time", default=1.0)), float(given(i, "T", "R", "review", default=0.0))
    sd, mean = float(given(i, "sd", "sigma", "sd_D")), float(given(i, "D", "mean", "mu", default=0.0))
    varies = float(given(i, "sL", "s_L", "sdL", "sd_L", "sigma_L", "sd_lead", "lead_time_sd", default=0.0))
    level = given(i, "csl", "CSL", "service", "alpha", default=0.5)
    spread = float(error_over_risk(sd, lead, review, mean, varies))
    if "k" in i:
        found = pooling([sd] * int(i["k"]), lead, review, level, float(i.get("rho", 0.0)))
        return {"ss_decentral": found.apart, "ss_central": found.together}
    if "ROP" in i:
        held, lot = i["ROP"] - mean * lead, i["Q"]
        return {
            "ss": held,
            "cycle_service": float(cycle_service_level(held, spread)),
            "csl": float(cycle_service_level(held, spread)),
            "esc": spread * float(unit_normal_loss(held / spread)),
            "fill_rate": float(fill_rate(held, spread, lot)),
            "fr": float(fill_rate(held, spread, lot)),
        }
    wanted = next((float(i[name]) for name in ("fr", "fill_rate", "beta") if name in i), None)
    if wanted is not None:
        held = float(safety_stock_for_fill_rate(sd, lead, review, wanted, i["Q"], mean, varies))
    else:
        held = float(safety_stock(sd, lead, review, level, mean, varies))
    answer = {"ss": held, "sigma_L": spread, "sd_L": spread}
    return answer | {"rop": mean * lead + held, "oul": mean * (lead + review) + held}


@ADAPTERS.kind("ww", "wagner_whitin")
def _wagner_whitin(i: Inputs) -> dict[str, Any]:
    return {"cost": lot_sizing.wagner_whitin(i["demand"], i["setup"], i["hold"], i.get("unit", 0.0)).cost}


@ADAPTERS.kind("silver_meal", "least_unit_cost", "part_period", "lot_for_lot")
def _heuristic(i: Inputs) -> dict[str, Any]:
    rule = lot_sizing.RULES[str(i.get("rule", "silver_meal"))]
    return {"cost": rule(i["demand"], i["setup"], i["hold"], i.get("unit", 0.0)).cost}


@ADAPTERS.kind("gsm_tree", "gsm", "gsm_general", "willems_chain")
def _guaranteed(i: Inputs) -> dict[str, Any]:
    rows = pd.DataFrame(i["stages"])

    def numbers(name: str) -> pd.Series:
        return pd.to_numeric(rows[name]).astype(float) if name in rows else pd.Series(np.nan, rows.index)

    stages = pd.DataFrame(
        {
            "stage": rows["id"],
            "lead_time": numbers("lead"),
            "added_cost": numbers("added_cost"),
            "max_service_time": numbers("max_s"),
            "inbound_time": numbers("inbound"),
            "sd": numbers("sd").where(numbers("mean").notna()),
            "z": numbers("z").fillna(numbers("service").map(z_value, na_action="ignore")),
            "pooling": numbers("risk_pool"),
        }
    )
    for stage, most in (i.get("fix_max_s") or {}).items():
        stages.loc[stages["stage"].eq(stage), "max_service_time"] = float(most)
    arcs = pd.DataFrame(
        [(up, stage["id"], quantity) for stage in i["stages"] for up, quantity in stage["up"]],
        columns=["supplier", "customer", "quantity"],
    )
    return _plan(guaranteed_service(stages, arcs, holding_rate=float(i.get("holding_rate", 1.0))))


@ADAPTERS.kind("gsm_stockpyl")
def _guaranteed_nodes(i: Inputs) -> dict[str, Any]:
    """Nodes without arcs: those without demand follow each other as listed, those with demand follow the last."""
    nodes = i["net"]["nodes"]
    stages = pd.DataFrame(
        {
            "stage": [str(n["_index"]) for n in nodes],
            "lead_time": [float(n["processing_time"] or 0) for n in nodes],
            "holding_cost": [float(n["local_holding_cost"]) for n in nodes],
            "inbound_time": [float(n["external_inbound_cst"] or 0) for n in nodes],
            "max_service_time": [n["external_outbound_cst"] for n in nodes],
            "sd": [n["demand"]["standard_deviation"] for n in nodes],
            "z": [float(n["demand_bound_constant"] or 1) for n in nodes],
        }
    )
    stages[["max_service_time", "sd"]] = stages[["max_service_time", "sd"]].astype(float)
    arcs = pd.DataFrame(_arcs(i["net"]), columns=["supplier", "customer"])
    return _plan(guaranteed_service(stages, arcs))


def _arcs(net: Inputs) -> list[tuple[str, str]]:
    nodes = net["nodes"]
    given_arcs = net.get("edges") or [
        (n["_index"], successor) for n in nodes for successor in n.get("_successors") or []
    ]
    if given_arcs:
        return [(str(a), str(b)) for a, b in given_arcs]
    inner = [str(n["_index"]) for n in nodes if n["demand"]["type"] is None]
    ends = [str(n["_index"]) for n in nodes if n["demand"]["type"] is not None]
    return [*pairwise(inner), *((inner[-1], end) for end in ends if inner)]


def _plan(found: Any) -> dict[str, Any]:
    return {"cost": found.cost, "bound": found.bound, "proved": found.proved}


@ADAPTERS.kind("ssm_serial")
def _stochastic(i: Inputs) -> dict[str, Any]:
    """Nodes as listed, from upstream or from the customers' end; echelon holding costs given or from the local ones."""
    nodes = list(i["net"]["nodes"])
    if nodes[0]["demand"]["type"] is None:
        nodes.reverse()
    own = [n["echelon_holding_cost"] for n in nodes]
    if any(cost is None for cost in own):
        local = [float(n["local_holding_cost"]) for n in nodes]
        own = [here - above for here, above in zip(local, [*local[1:], 0.0], strict=True)]
    end = nodes[0]
    demand = end["demand"]
    sd = demand["standard_deviation"] if demand["type"] == "N" else None
    times = [float(n["shipment_lead_time"] or 0) + float(n.get("processing_time") or 0) for n in nodes]
    found = serial_optimal(demand["mean"], sd, times, own, end["stockout_cost"])
    return {"cost": found.cost, "levels": np.round(found.levels, 4).tolist()}
