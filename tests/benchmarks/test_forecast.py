"""The benchmark's own parts: how series are cut, what the table says, that it runs without any data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.forecast import data, goals, ours, peers, report, speed
from benchmarks.forecast.__main__ import main, parser
from benchmarks.forecast.forecasts import Forecasts, median
from benchmarks.machine import described


def long_frame(lengths, horizon=3):
    parts = [
        pd.DataFrame({"unique_id": name, "ds": pd.date_range("2015-01-01", periods=n, freq="MS"), "y": np.arange(n) + 1.0})
        for name, n in lengths.items()
    ]  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    ahead = frame.groupby("unique_id").cumcount(ascending=False) < horizon
    return frame.assign(split=np.where(ahead, "test", "train"))


def forecasts(point):
    point = np.asarray(point, dtype=float)
    return Forecasts(point, point - 1, point + 1, np.full(len(point), 0.1), np.full(len(point), 0.2))


@pytest.fixture
def folder(tmp_path):
    long_frame({"B": 60, "A": 50}, 18).to_parquet(tmp_path / "m3_monthly.parquet")
    return tmp_path


def test_the_test_part_is_what_is_marked(folder):
    chosen = data.load(data.SOURCES["m3"], folder)
    cases = chosen.cases()
    assert [len(y) for y in cases.train] == [32, 42]  # sorted: A, B
    assert cases.actual[0].tolist() == list(range(33, 51))


def test_origins_lie_inside_the_training_part_and_never_see_what_they_are_scored_on(folder):
    chosen = data.load(data.SOURCES["m3"], folder, origins=2)
    assert chosen.series == 1  # what is left of A would be under two years
    (part,) = chosen.parts
    assert part.train["unique_id"].unique().tolist() == ["B @1"]
    assert part.train["y"].max() == 24
    assert part.test["y"].tolist() == list(range(25, 43))


def test_origins_that_leave_no_history_are_refused(tmp_path):
    long_frame({"A": 50}, 18).to_parquet(tmp_path / "m3_monthly.parquet")
    with pytest.raises(SystemExit, match="too short"):
        data.load(data.SOURCES["m3"], tmp_path, origins=1)


def test_a_sample_is_spread_evenly(folder):
    assert data.load(data.SOURCES["m3"], folder, most=1).series == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"M3 monthly: .*m3_monthly.parquet is not there"):
        data.load(data.SOURCES["m3"], tmp_path)


def test_the_demo_company_needs_no_folder():
    chosen = data.load(data.DEMO, Path())
    cases = chosen.cases()
    assert chosen.series == len(cases.train) > 20
    assert min(len(y) for y in cases.train) >= data.LEAST - data.DEMO.horizon
    assert np.isfinite(cases.actual).all()


def test_tiling_makes_as_many_series_as_asked_for():
    frame = long_frame({"A": 5, "B": 4})
    tiled = speed.tile([frame, frame], 7)
    assert tiled["unique_id"].nunique() == 7
    assert not tiled.duplicated(["unique_id", "ds"]).any()


def test_the_median_of_methods_adds_their_times():
    found = median([forecasts([[1.0, 5.0]]), forecasts([[2.0, 3.0]]), forecasts([[9.0, 4.0]])])
    assert found.point.tolist() == [[2.0, 4.0]]
    assert found.cpu == pytest.approx([0.3])


@pytest.mark.parametrize(
    ("goal", "verdict"),
    [
        (goals.Goal(0.8849, 0.892, 0.885, "{:.3f} cell"), "aim"),
        (goals.Goal(0.8854, 0.892, 0.885, "{:.3f} cell"), "aim"),  # as it is written: 0.885
        (goals.Goal(0.8856, 0.892, 0.885, "{:.3f} cell"), "yes"),
        (goals.Goal(0.893, 0.892, 0.885, "{:.3f} cell"), "**no**"),
        (goals.Goal(1950.0, 400, 1900, "{:,.0f} series/s", more=True), "aim"),
        (goals.Goal(399.0, 400, 1900, "{:,.0f} series/s", more=True), "**no**"),
        (goals.Goal(96.3, (94.0, 96.0), (94.0, 96.0), "{:.1f} %"), "**no**"),
        (goals.Goal(np.nan, 1.0, 0.5), "not run"),
    ],
)
def test_a_goal_is_judged_as_it_is_written(goal, verdict):
    assert goal.verdict == verdict


def test_a_range_is_written_as_one():
    assert goals.Goal(95.0, (94.0, 96.0), (94.0, 96.0), "{:.1f} % cell").written((94.0, 96.0)) == "94 to 96 % cell"


def test_any_frame_becomes_a_table():
    text = report.frame_detail("Parts", pd.DataFrame({"method": ["MA12"], "RMSSE": [0.8134], "loss": [np.nan]}))
    assert text.splitlines()[2:] == ["| method | RMSSE | loss |", "|---|---|---|", "| MA12 | 0.8134 | - |"]


def test_both_doors_of_the_product_are_finite_and_ordered(folder):
    chosen = data.load(data.SOURCES["m3"], folder)
    for found in (ours.cell(chosen, lambda _: None), ours.batch(chosen, lambda _: None)):
        assert found.point.shape == (2, 18)
        assert (found.low <= found.point).all()
        assert (found.point <= found.high).all()
        assert (found.cpu > 0).all()


def test_the_peers_are_pinned():
    lines = [x for x in peers.REQUIREMENTS.read_text(encoding="utf-8").splitlines() if not x.startswith("#")]
    assert "statsforecast==2.1.1" in lines
    assert all("==" in line for line in lines)


def test_versions_of_the_peers_stand_beside_ours():
    assert described(("numpy",), {"statsforecast": "2.1.1"}).endswith("; peers: statsforecast 2.1.1")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sets", "m3"], "--data names the folder"),
        (["--data", "no-such-folder"], "there is no folder"),
        (["--origins", "-1"], "--origins counts origins"),
        (["--peers", "no-such-python"], "there is no Python"),
    ],
)
def test_a_wrong_command_line_is_answered_in_a_sentence(arguments, says):
    with pytest.raises(SystemExit, match=says):
        main([*([] if "--peers" in arguments else ["--no-peers"]), *arguments])


def test_help_reads_like_a_manual(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    assert "Choose methods with --origins" in capsys.readouterr().out


def test_the_report_of_a_set(folder, tmp_path):
    out, scores = tmp_path / "report.md", tmp_path / "scores.json"
    main(["--data", str(folder), "--sets", "m3", "--no-peers", "--out", str(out), "--scores", str(scores)])
    text = out.read_text(encoding="utf-8")
    assert "| M3 monthly, 2 series, sMAPE |" in text
    assert "### M3 monthly: 2 series, 18 months ahead, test part" in text
    assert '"ours, cell"' in scores.read_text(encoding="utf-8")


def spare_parts():
    rows = [
        {"set": name, "method": method, "RMSSE": 0.8, "bias %": 4.0, "loss NegBin": 0.5, "loss own": 0.13}
        for name in ("carparts", "AUTO", "MAN")
        for method in ("MA12", "SBA", "Croston", "sop_xl.forecast")
    ]
    return pd.DataFrame(rows)


def test_the_lines_of_spare_parts_name_every_set():
    root, loss, off = goals.intermittent(spare_parts())
    assert [goal.verdict for goal in (*root.goals, *loss.goals, *off.goals)] == ["aim"] * 8
    assert root.peers.startswith("carparts MA12 0.800, SBA 0.800, Croston 0.800; AUTO")
    assert off.goals[0].written(off.goals[0].must) == "-10 to 10 % carparts"


def test_the_line_of_promotions():
    names = ["naive", "SES", "moving average of 4", "median of 26", "both combined"]
    (line,) = goals.promotions(pd.DataFrame({"method": names, "WAPE": [64.8, 80.4, 76.0, 58.8, 46.2]}))
    assert line.peers.startswith("SES 80.4, moving average of 4 76.0, naive 64.8, median of 26 58.8")
    assert [goal.verdict for goal in line.goals] == ["yes"]


def test_the_lines_of_time_compare_medians_of_the_same_sets():
    one = np.array([0.004, 0.006, 0.005])
    mine = speed.Speed(one, one, one, None, np.nan, 0.006, 2000.0, 60.0, 0.4, 0.9, 6.2)
    each, many, first, late = goals.speed(
        mine, [{"AutoETS": forecasts([[1.0], [2.0]])}, {"AutoETS": forecasts([[3.0]])}]
    )
    assert each.peers == "AutoETS 100.0 ms"
    assert [goal.verdict for goal in each.goals] == ["yes", "aim"]
    assert (many.peers, many.goals[0].verdict) == ("AutoETS 5 series/s a core", "aim")
    assert first.peers == "AutoETS 6.2 s"
    assert late.goals[0].verdict == "yes"
    assert "| ... AutoETS | 6.20 s |" in report.speed_detail(mine)


def test_the_accuracy_chart_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    from benchmarks.forecast import pictures

    scores = {"m3": {"AutoETS": {"owa": 0.84}, "ours, cell": {"owa": 0.8}, "ours, batch": {"owa": 0.79}}}
    assert pictures.accuracy(scores, tmp_path).read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SystemExit, match="public sets"):
        pictures.accuracy({"demo": {}}, tmp_path)
