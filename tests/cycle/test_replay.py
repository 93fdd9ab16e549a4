"""The rehearsal: what past cycles would have been with the settings of today."""

from dataclasses import replace
from datetime import datetime

import company
import numpy as np
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cli import main
from sop_xl.cycle.desk import context_of
from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.replay import ALL, NAIVE, SEASONAL, THEN, TODAY, replay, replay_book
from sop_xl.cycle.run import run
from sop_xl.cycle.undoing import undo_book
from sop_xl.errors import InputError, StoppingIssues
from sop_xl.workbook.csvbook import CsvBook
from sop_xl.workbook.tables import TABLES

NOW = datetime(2026, 7, 3, 9, 0)


def with_settings(frames, **given):
    control = frames["control"].copy()
    for name, value in given.items():
        control.loc[control["setting"].eq(name), "value"] = str(value)
    return frames | {"control": control}


def rehearsed(frames, cycles=6):
    return replay(frames, context_of(frames["control"], now=NOW), cycles)


@pytest.fixture(scope="module")
def planned():
    book = MemoryBook(with_settings(company.frames(), working_day_rule="never"))
    run(book, ["data_gathering", "demand_planning"], now=NOW)
    return book.frames


@pytest.fixture(scope="module")
def done(planned):
    return rehearsed(planned).table.set_index(["cycle", "plan"])


def test_accuracy_is_that_of_the_backtest(planned, done):
    """Same settings, no frozen overrides, nothing corrected: sheet Accuracy measures the same thing."""
    told = planned["accuracy"].query("level == 'total'").set_index("step")
    for plan, step in ((TODAY, "statistical"), (NAIVE, "naive"), (SEASONAL, "seasonal naive")):
        assert done.loc[(ALL, plan), "wmape"] == pytest.approx(told.loc[step, "wmape"], rel=1e-9), plan
        assert done.loc[(ALL, plan), "bias"] == pytest.approx(told.loc[step, "bias"], rel=1e-9), plan


def test_one_row_a_cycle_and_plan_the_sum_first(planned, done):
    cycles = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
    assert done.index.tolist() == [(c, p) for c in (ALL, *cycles) for p in (TODAY, NAIVE, SEASONAL)]
    history = planned["demand_history"]
    asked = history[history["period"].eq(pd.Timestamp("2026-03-01"))]["quantity"].sum()
    assert done.loc[("2026-03", TODAY), "demand"] == pytest.approx(asked)
    months = done.loc[cycles].xs(TODAY, level="plan")
    assert done.loc[(ALL, TODAY), "demand"] == pytest.approx(months["demand"].sum())
    assert done.loc[(ALL, TODAY), "stock"] == pytest.approx(months["stock"].mean())


def test_what_was_not_known_then_changes_nothing(planned, done):
    """The month after the last origin may be anything: forecasts, targets and stock of earlier cycles stay."""
    history = planned["demand_history"].copy()
    history.loc[history["period"].eq(pd.Timestamp("2026-06-01")), "quantity"] *= 5
    other = rehearsed(planned | {"demand_history": history}).table.set_index(["cycle", "plan"])
    for cycle in ("2026-01", "2026-03", "2026-05"):
        for column in ("wmape", "bias", "service", "stock"):
            before, after = done.loc[(cycle, TODAY), column], other.loc[(cycle, TODAY), column]
            assert after == pytest.approx(before, rel=1e-9), (cycle, column)
    assert other.loc[("2026-06", TODAY), "wmape"] > done.loc[("2026-06", TODAY), "wmape"]


def test_more_service_asked_never_serves_less(planned, done):
    services, stocks = [], []
    for level in (0.5, 0.8, 0.95, 0.999):
        policy = planned["inventory_policy"].assign(service_level=level, max_days=np.nan)
        row = rehearsed(planned | {"inventory_policy": policy}, 4).table.iloc[0]
        services.append(row["service"])
        stocks.append(row["stock"])
    assert services == sorted(services)
    assert stocks == sorted(stocks)
    assert stocks[-1] > stocks[0]


def test_a_frozen_plan_and_its_overrides_are_held_against_todays(planned):
    origin, month = pd.Timestamp("2026-05-01"), pd.Timestamp("2026-06-01")
    history = planned["demand_history"]
    actual = history[history["period"].eq(month)].groupby("item")["quantity"].sum()
    rows = pd.DataFrame({"item": actual.index, "consensus": actual.to_numpy() * 1.2})
    frozen = shaped(TABLES["snapshots"], rows.assign(cycle="2026-06", period=month, as_of=origin, status="frozen"))
    found = rehearsed(planned | {"snapshots": frozen})
    table = found.table.set_index(["cycle", "plan"])
    assert table.loc[("2026-06", THEN), "wmape"] == pytest.approx(0.2, abs=1e-9)
    assert table.loc[("2026-06", THEN), "bias"] == pytest.approx(0.2, abs=1e-9)
    assert table.loc[(ALL, THEN), "wmape"] == pytest.approx(0.2, abs=1e-9)
    assert "as planned then" in found.says
    assert "in the 1 with a frozen plan" in found.says
    assert found.says.count("20.0 %") == 1

    change = pd.DataFrame([{"cycle": "2026-06", "kind": "override", "name": "O", "item": "BIKE-1", "period": month,
                            "status": "frozen", "as_of": origin, "before": 90.0, "after": 190.0}])  # fmt: skip
    moved = rehearsed(planned | {"frozen_changes": shaped(TABLES["frozen_changes"], change)}).table
    plain = rehearsed(planned).table
    both = [t.set_index(["cycle", "plan"]).loc[("2026-06", TODAY)] for t in (plain, moved)]
    volume = actual.sum()
    assert (both[1]["bias"] - both[0]["bias"]) * volume == pytest.approx(100.0)


def test_the_sentence_says_what_the_table_says(planned):
    found = rehearsed(planned, 3)
    first = found.table.iloc[0]
    assert first["says"] == found.says
    assert f"WMAPE {100 * first['wmape']:.1f} % instead of" in found.says
    assert f"service {100 * first['service']:.1f} % instead of" in found.says
    assert "the last 3 cycles" in found.says
    assert found.says.endswith((f"(with {NAIVE}).", f"(with {SEASONAL})."))


@pytest.mark.parametrize(("lag", "cycles", "most"), [(1, 40, 33), (3, 30, 29)])
def test_more_cycles_than_history_is_one_sentence(planned, lag, cycles, most):
    frames = with_settings(planned, accuracy_lag=lag)
    with pytest.raises(InputError, match=f"36 months, too few for {cycles} cycles at lag {lag}: at most {most} can"):
        rehearsed(frames, cycles)


def test_no_cycles_and_no_history_are_refused(planned):
    with pytest.raises(InputError, match="must be 1 or more, got 0"):
        rehearsed(planned, 0)
    with pytest.raises(InputError, match="no demand history to replay"):
        rehearsed(planned | {"demand_history": planned["demand_history"].iloc[:0]})


def test_the_book_gets_the_table_only_and_undo_takes_it_back(planned):
    book = MemoryBook(planned)
    before = {name: frame.copy() for name, frame in book.frames.items()}
    said = replay_book(book, 2, now=NOW)
    changed = {n for n in before if not before[n].equals(book.frames[n])}
    assert changed == {"replay", "journal", "audit_log"}
    assert len(book.frames["replay"]) == 9
    assert book.frames["audit_log"].iloc[-1]["command"] == "replay 2 cycles"
    assert said.says.startswith("With today's settings the last 2 cycles")
    undo_book(book)
    assert book.frames["replay"].empty


def test_a_stopping_issue_writes_nothing(planned):
    history = planned["demand_history"].copy()
    history.loc[0, "item"] = "NOBODY"
    book = MemoryBook(planned | {"demand_history": history})
    with pytest.raises(StoppingIssues, match="NOBODY"):
        replay_book(book, 2, now=NOW)
    assert book.writes == 0


def test_command_prints_the_table_and_the_sentence(planned, tmp_path, capsys):
    CsvBook(tmp_path).write(planned)
    assert main(["replay", str(tmp_path), "--cycles", "2"]) == 0
    out = capsys.readouterr().out
    assert "2026-06" in out
    assert "mean stock" in out
    assert "With today's settings the last 2 cycles would have had WMAPE" in out
    assert main(["replay", str(tmp_path), "--cycles", "99"]) == 2
    assert "at most" in capsys.readouterr().err


def test_button_says_the_sentence(planned):
    from udfs import commands

    book = MemoryBook(planned)
    assert "the last 6 cycles" in commands.rehearse(book, lambda *_: None)


def test_progress_goes_forward(planned):
    heard = []
    context = replace(context_of(planned["control"], now=NOW), progress=lambda doing, share: heard.append(share))
    replay(planned, context, 2)
    assert heard == sorted(heard)
    assert 0 <= heard[0] <= heard[-1] <= 1
