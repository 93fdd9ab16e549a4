"""The benchmark of the supply plan: its networks are whole, every peer states the same programme as the product."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks.supply import audit, changes, large, measure, ours, peers, peers_worker, plan, rebalance
from benchmarks.supply.__main__ import SIZES, main, parser, sizes
from benchmarks.supply.description import describe, load
from benchmarks.supply.instance import Size, make
from benchmarks.supply.report import Line
from sop_xl.supply.plan import balance

KEYS = {
    "items": ["item"],
    "locations": ["location"],
    "sources": ["item", "location", "kind", "supplier"],
    "routings": ["item", "resource"],
    "bom": ["assembly", "component"],
    "resources": ["resource"],
    "capacity": ["resource", "measure", "period"],
    "supplier_limits": ["supplier", "period", "measure"],
    "stock": ["item", "location", "status"],
    "inventory_targets": ["item", "location", "period"],
    "demand": ["item", "location", "period"],
}


@pytest.fixture(scope="module")
def tables():
    return make(40, 6, 8, seed=3)


@pytest.fixture(scope="module")
def description(tables):
    return describe(tables, ours.prices(tables))


@pytest.fixture(scope="module")
def best(tables):
    return balance(tables, settings=ours.SETTINGS).objective


def test_the_same_seed_gives_the_same_tables(tables):
    for name, frame in make(40, 6, 8, seed=3).items():
        pd.testing.assert_frame_equal(frame, tables[name])
    assert not make(40, 6, 8, seed=4)["demand"].equals(tables["demand"])


def test_no_row_stands_twice_and_no_number_is_negative(tables):
    assert set(tables) == set(KEYS)
    for name, keys in KEYS.items():
        assert not tables[name].duplicated(keys).any()
        assert not (tables[name].select_dtypes("number") < 0).any(axis=None)


def test_every_demand_has_a_lane_from_every_plant_that_makes_the_item(tables):
    sources = tables["sources"]
    lanes = sources[sources["kind"].eq("transfer")]
    made = sources[sources["kind"].eq("make")].groupby("item").size()
    served = tables["demand"].drop_duplicates(["item", "location"])
    arrive = lanes.groupby(["item", "location"]).size()
    assert (
        arrive.loc[pd.MultiIndex.from_frame(served[["item", "location"]])].to_numpy() == made[served["item"]].to_numpy()
    ).all()


def test_what_is_made_has_hours_at_its_plant_and_components_bought_there(tables):
    sources = tables["sources"]
    made = sources[sources["kind"].eq("make")]
    plant = tables["resources"].set_index("resource")["location"]
    routed = set(zip(tables["routings"]["item"], tables["routings"]["resource"].map(plant), strict=True))
    assert routed == set(zip(made["item"], made["location"], strict=True))
    needed = made.merge(tables["bom"], left_on="item", right_on="assembly")[["component", "location"]]
    bought = sources[sources["kind"].eq("buy")]
    assert set(map(tuple, needed.to_numpy())) == set(map(tuple, bought[["item", "location"]].to_numpy()))


def test_the_large_network_of_the_goals_is_as_large_as_they_say():
    tables = make(500, 6, 18)
    of = tables["sources"]["kind"].value_counts()
    sold, lines = len(tables["demand"]) // 18, len(tables["resources"])
    centers, suppliers = 4, tables["supplier_limits"]["supplier"].nunique()
    columns = 2 * of["make"] + of["subcontract"] + of["transfer"] + 3 * sold + lines + centers + 2 * of["buy"]
    rows = of["make"] + sold + lines + centers + of["buy"] + suppliers
    assert 18 * columns == pytest.approx(166_000, rel=0.03)
    assert 18 * rows == pytest.approx(46_000, rel=0.03)


@pytest.mark.parametrize("wrong", [(0, 6, 18), (10, 2, 18), (10, 6, 0)])
def test_a_network_of_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="a network needs an item, three sites and a month"):
        make(*wrong)


@pytest.mark.filterwarnings("ignore:PULP_CBC_CMD is deprecated")  # the CBC that comes with PuLP 3 is what is measured
@pytest.mark.parametrize("peer", [p for p in peers.PLAN if p != "linopy" or find_spec("linopy")])
def test_a_peer_finds_our_optimum(peer, description, best):
    module, function = peers_worker.PLAN[peer]
    stated = import_module(f"benchmarks.supply.{module}")
    found = getattr(stated, function)(stated.build(description))
    assert found.objective == pytest.approx(best, rel=1e-7)
    assert found.broken < 1e-6


def test_peers_and_workers_have_the_same_names():
    assert tuple(peers_worker.PLAN) == peers.PLAN
    assert tuple(peers_worker.LARGE) == (peers.FIRST_ORDER, peers.SIMPLEX)


def test_arrays_are_read_as_they_were_written(description, tmp_path):
    description.save(tmp_path / "arrays.npz")
    again = load(tmp_path / "arrays.npz")
    assert (again.demand == description.demand).all()
    assert again.given == description.given > 0


def test_a_change_changes_what_it_says(tables):
    one = changes.one_cell(tables)["demand"]["quantity"] - tables["demand"]["quantity"]
    assert one.gt(0).sum() == 1
    assert one.max() == pytest.approx(0.5 * tables["demand"].loc[one.idxmax(), "quantity"])
    fewer = changes.line_down(tables)["capacity"]["hours"] / tables["capacity"]["hours"]
    assert sorted(fewer.round(6).value_counts().items()) == [(0.6, 1), (1.0, len(fewer) - 1)]
    more = changes.all_demand(tables)["demand"]["quantity"].sum()
    assert more == pytest.approx(1.02 * tables["demand"]["quantity"].sum())


def test_a_kept_plan_ends_where_a_new_one_does(tables):
    kept = ours._rebalance(tables, SimpleNamespace(seconds=0.0))
    for name, change in changes.CHANGES.items():
        new = balance(change(tables), settings=ours.SETTINGS).objective
        assert kept[name]["found"]["objective"] == pytest.approx(new, rel=1e-7)
    assert kept[ours.ANEW]["found"]["objective"] == pytest.approx(kept[changes.ONE_CELL]["found"]["objective"])


def test_a_kept_solver_ends_where_a_new_one_does(tables, description, tmp_path):
    down = changes.line_down(tables)
    paths = [tmp_path / "small.npz", tmp_path / "first.npz", tmp_path / "down.npz"]
    for path, arrays in zip(paths, (description, description, describe(down, ours.prices(down))), strict=True):
        arrays.save(path)
    _, after = peers_worker.rebalance(paths[0], paths[1:])["changes"]
    assert after["objective"] == pytest.approx(balance(down, settings=ours.SETTINGS).objective, rel=1e-7)


def test_a_large_plan_lies_above_the_best_and_its_bound_below(tables, best):
    found = ours._large(tables, SimpleNamespace(seconds=0.0), gap=1e-3, seconds=20.0)
    assert found["bound"] <= best * (1 + 1e-9)
    assert found["found"]["objective"] >= best * (1 - 1e-9)
    assert found["found"]["objective"] <= found["bound"] * (1 + 2e-3)
    assert found["found"]["broken"] <= large.FEASIBLE


def test_the_best_prices_prove_the_best_cost_and_no_others_more(tables, best):
    built = ours._built(ours.planned_network(tables, ours.SETTINGS))
    solved, _ = ours._solve(built)
    bound = audit.proven(built.programme, solved.prices, 1e7) * built.prices.scale
    assert bound == pytest.approx(best, rel=1e-6)
    assert audit.proven(built.programme, solved.prices * 0.9, 1e7) <= solved.objective
    assert audit.broken(built.programme, solved.values) < 1e-7
    assert audit.broken(built.programme, solved.values + 1.0) > 1e-3


@pytest.mark.parametrize(
    ("value", "must", "aim", "verdict"),
    [
        (0.5, 1.0, 0.3, "met, aim missed"),
        (0.3, 1.0, 0.3, "met, aim met"),
        (1.5, 1.0, 0.3, "**missed**"),
        (0.5, 1.0, np.nan, "met"),
        (0.5, np.nan, np.nan, ""),
        (np.nan, 1.0, 0.3, "not measured"),
    ],
)
def test_the_summary_says_what_is_met(value, must, aim, verdict):
    assert Line("time", "", value, must, aim, "{:.1f} s").verdict == verdict


def test_goals_are_for_the_sizes_measured_by_default():
    assert all(size.is_(plan.GOAL_SIZE) for name in ("build", "plan") for size in SIZES[name])
    assert all(size.is_(rebalance.GOAL_SIZE) for size in SIZES["rebalance"])
    assert [(s.items, s.sites, s.months) for s in SIZES["large"]] == list(large.GOALS)


def test_sizes_given_replace_those_of_the_goals():
    options = parser().parse_args(["--only", "large", "--items", "60", "80", "--months", "6"])
    assert sizes(options) == {"large": (Size(60, 10, 6), Size(80, 10, 6))}
    with pytest.raises(SystemExit, match="--sites must be 3 or more, got 2"):
        sizes(parser().parse_args(["--sites", "2"]))
    with pytest.raises(SystemExit, match="--seconds must be more than 0, got 0"):
        sizes(parser().parse_args(["--seconds", "0"]))


def test_memory_and_time_are_told():
    made, spent = measure.timed(lambda: sum(range(100_000)))
    assert made == 4999950000
    assert spent.wall > 0
    assert sys.platform == "win32" or measure.peak_megabytes() > 10


def test_the_report_runs_without_peers(capsys):
    size = ["--items", "20", "--sites", "6", "--months", "4"]
    assert main(["--only", "build", "plan", "--no-peers", "--rounds", "1", "--quiet", *size]) == 0
    text = capsys.readouterr().out
    assert "### Building, 20 items x 6 sites x 4 months" in text
    assert "### The same plan, 20 items x 6 sites x 4 months" in text


def test_a_peer_that_stops_says_why(tmp_path):
    with pytest.raises(SystemExit, match="there is no Python at"):
        main(["--peers", str(tmp_path / "python"), "--only", "build"])


def test_the_requirements_pin_every_package():
    lines = peers.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    assert all("==" in line for line in lines if not line.startswith("#"))
    assert Path(peers.REQUIREMENTS).name == "requirements-peers.txt"
