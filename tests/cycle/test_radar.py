"""Overrides that live: held against the plan they were typed against, over re-forecasts and cycles."""

import company
import numpy as np
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl import cli
from sop_xl.cycle import sign
from sop_xl.cycle.desk import context_of
from sop_xl.cycle.keeping import keep_typed, shaped
from sop_xl.cycle.leading import led
from sop_xl.cycle.override_choices import choose
from sop_xl.cycle.radar import told
from sop_xl.cycle.run import run
from sop_xl.demand.agreement.consensus import consensus_at_every_level
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.tables import TABLES
from udfs import commands  # noqa: F401 (the buttons are declared there)
from udfs.registry import COMMANDS

SIGNED = {"VP Sales": "S", "VP Operations": "O", "CFO": "F", "General manager": "G"}
M = company.PLANNED


def typed(name, kind, value, **more):
    usual = {"override": name, "kind": kind, "value": float(value), "first_period": M[1], "last_period": M[3]}
    usual |= {"reason": "Promotion", "owner": "Ann", "expires": pd.Timestamp("2026-12-31"), "item": "BIKE-2"}
    return usual | more


def put(book, *rows):
    book.frames["overrides"] = shaped(TABLES["overrides"], pd.DataFrame(list(rows)))


def plan(book):
    """Lead the plan up to its overrides, as Demand Planning does before it judges; the radar of it."""
    frames = book.frames
    context = context_of(frames["control"], now=company.NOW)
    plan = led(frames, context)
    agreed = consensus_at_every_level(plan.done.plan, frames["items"])
    after = told(plan.done, plan.past.overrides, frames, context) | {"consensus": agreed}
    book.frames |= {name: keep_typed(TABLES[name], frames[name], frame) for name, frame in after.items()}
    return radar(book)


def radar(book):
    return book.frames["override_radar"].set_index("override")


def scale(book, factor, item="BIKE-2"):
    """Another history: the whole level of an item is another."""
    history = book.frames["demand_history"].copy()
    history.loc[history["item"].eq(item), "quantity"] *= factor
    book.frames["demand_history"] = history


def months(book, name, measure):
    rows = book.frames["override_months"].query("override == @name and measure == @measure")
    return rows.set_index("period")["quantity"]


def agreed(book, **scope):
    rows = book.frames["consensus"].merge(book.frames["items"][["item", "family"]], on="item")
    for field, value in scope.items():
        rows = rows[rows[field].eq(value)]
    return rows.groupby("period")["quantity"].sum()


# --- what the radar says ---------------------------------------------------------------------------------------------


def test_a_first_run_keeps_what_the_override_was_typed_against(memory):
    run(memory, ["demand_planning"], now=company.NOW)
    row = radar(memory).loc["O-1"]
    assert (row["status"], row["since"], row["move"]) == ("new", "2026-07", 0.0)
    effect = memory.frames["override_effects"].iloc[0]
    assert row["typed_against"] == row["now"] == pytest.approx(effect["before"], abs=0.1)
    assert row["with_it"] == pytest.approx(effect["after"], abs=0.1)
    assert row["asks"] == "+20 % of BIKE-2; 2026-08 to 2026-09"
    assert row["record"] == "too few judged yet (0 of Ann's, 4 needed)"


def test_a_re_forecast_that_moves_the_plan_is_told_and_the_reference_stays(memory):
    put(memory, typed("P", "percent", 0.2), typed("U", "units", 15, item="BIKE-1"))
    before = plan(memory)
    was = months(memory, "P", "typed against")
    scale(memory, 1.5)
    after = plan(memory)
    assert after.loc["P", "status"] == "baseline moved"
    assert after.loc["U", "status"] == "new"
    assert after.loc["P", "typed_against"] == before.loc["P", "typed_against"]
    pd.testing.assert_series_equal(months(memory, "P", "typed against"), was)
    assert after.loc["P", "move"] == pytest.approx(after.loc["P", "now"] / before.loc["P", "now"] - 1, abs=1e-3)
    assert "the plan below it went from" in after.loc["P", "says"]
    assert list(after.index) == ["P", "U"], "what asks for a choice stands first"


def test_the_threshold_is_a_setting(memory):
    plan(memory)
    scale(memory, 1.3)
    control = memory.frames["control"]
    control.loc[control["setting"].eq("stale_override"), "value"] = "0.6"
    assert plan(memory).loc["O-1", "status"] == "new"
    control.loc[control["setting"].eq("stale_override"), "value"] = "0.2"
    assert plan(memory).loc["O-1", "status"] == "baseline moved"


@pytest.mark.parametrize(
    ("column", "value"),
    [("value", 0.3), ("kind", "units"), ("item", "BIKE-1"), ("last_period", M[4]), ("channel", "shop")],
)
def test_an_override_that_asks_for_something_else_starts_anew(memory, column, value):
    plan(memory)
    scale(memory, 1.5)
    memory.frames["overrides"].loc[0, column] = value
    row = plan(memory).loc["O-1"]
    assert (row["status"], row["move"]) == ("new", 0.0)
    assert row["typed_against"] == row["now"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reason", "Tender"),
        ("owner", "Bo"),
        ("note", "mail"),
        ("expires", pd.Timestamp("2027-01-31")),
        ("locked", True),
    ],
)
def test_another_reason_owner_note_or_expiry_is_the_same_override(memory, column, value):
    plan(memory)
    scale(memory, 1.5)
    memory.frames["overrides"].loc[0, column] = value
    row = plan(memory).loc["O-1"]
    assert row["status"] == "baseline moved"
    assert row["typed_against"] != row["now"]


def test_what_the_plan_says_by_itself_is_no_longer_needed(memory):
    put(
        memory,
        typed("P", "percent", 0.5),
        typed("U", "units", 150, item="BIKE-1"),
        typed("A", "absolute", 300, item="007"),
    )
    plan(memory)
    scale(memory, 1.5)
    scale(memory, 1.2, "BIKE-1")
    after = plan(memory)
    assert after["status"].to_dict() == {"P": "now agrees", "U": "baseline moved", "A": "new"}
    assert "can be dropped" in after.loc["P", "says"]
    assert after.loc["P", "now"] == pytest.approx(1.5 * after.loc["P", "typed_against"], rel=0.1)


def test_an_override_that_ends_this_cycle_says_so(memory):
    put(
        memory,
        typed("blank", "percent", 0.1, expires=pd.NaT),
        typed("last", "percent", 0.1, expires=pd.Timestamp("2026-07-31")),
        typed("next", "percent", 0.1, expires=pd.Timestamp("2026-08-01")),
        typed("over", "percent", 0.1, expires=pd.Timestamp("2026-06-30")),
        typed("gone", "percent", 0.1, expires=pd.Timestamp("2026-06-30"), first_period=MONTHS_AGO, last_period=pd.NaT),
        typed("nobody", "percent", 0.1, item="BIKE-1", region="East"),
        typed("later", "percent", 0.1, first_period=M[5] + pd.DateOffset(months=1), last_period=pd.NaT),
    )  # fmt: skip
    after = plan(memory)
    assert after["status"].to_dict() == {
        "blank": "expires this cycle", "last": "expires this cycle", "next": "new", "over": "expired",
        "nobody": "nothing matched", "later": "outside the horizon",
    }  # fmt: skip
    assert (after.loc[["blank", "last"], "ends"] == pd.Timestamp("2026-07-31")).all()
    assert "ends with this cycle" in after.loc["blank", "says"]


MONTHS_AGO = pd.Timestamp("2026-03-01")


# --- two cycles ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def first_cycle():
    """The company after all steps of its first cycle, with capacity for the next."""
    frames = company.frames()
    hours = frames["capacity"]
    later = hours[hours["period"].eq(M[0])].assign(period=M[5] + pd.DateOffset(months=1))
    frames["capacity"] = pd.concat([hours, later], ignore_index=True)
    book = MemoryBook(frames)
    put(
        book,
        typed("U", "units", 30),
        typed("blank", "percent", 0.5, item="007", expires=pd.NaT),
        typed("P", "percent", 0.2, item="BIKE-1", first_period=M[0]),
    )
    run(book, now=company.NOW)
    return book.frames


@pytest.fixture(scope="module")
def second_cycle(first_cycle):
    """The next cycle after its demand planning; BIKE-2 turned out to sell 40 % more than its history said."""
    book = MemoryBook({name: frame.copy() for name, frame in first_cycle.items()})
    sign.sign(book, SIGNED, now=company.NOW)
    run(book, ["executive_sop"], now=company.NOW)
    sign.roll_book(book, now=company.NOW)
    scale(book, 1.4)
    run(book, ["data_gathering", "demand_planning"], now=company.NOW)
    return book.frames


def test_what_ends_with_the_cycle_is_not_planned_with_in_the_next(first_cycle, second_cycle):
    assert radar(MemoryBook(first_cycle)).loc["blank", "status"] == "expires this cycle"
    assert radar(MemoryBook(second_cycle)).loc["blank", "status"] == "expired"
    effects = second_cycle["override_effects"].set_index("override")["status"]
    assert effects.to_dict() == {"U": "applied", "blank": "expired", "P": "applied"}


def test_a_month_that_is_over_is_no_longer_compared(first_cycle, second_cycle):
    was, kept = (months(MemoryBook(frames), "P", "typed against") for frames in (first_cycle, second_cycle))
    assert M[0] in was.index
    pd.testing.assert_series_equal(kept, was[was.index > M[0]])
    row = radar(MemoryBook(second_cycle)).loc["P"]
    assert row["typed_against"] == pytest.approx(kept.sum(), abs=0.1)
    assert (row["since"], row["status"]) == ("2026-07", "kept")


def test_the_baseline_moves_it_is_re_based_and_then_kept(first_cycle, second_cycle):
    assert radar(MemoryBook(first_cycle)).loc["U", "status"] == "new"
    book = MemoryBook({name: frame.copy() for name, frame in second_cycle.items()})
    moved = radar(book).loc["U"]
    assert moved["status"] == "baseline moved"
    says = choose(book, {"U": "re-base"}, by="Bo", now=company.NOW)
    value = book.frames["overrides"].loc[0, "value"]
    assert value == round(30 * moved["now"] / moved["typed_against"])
    assert "U: re-based from +30 units a month to" in says
    run(book, ["demand_planning"], now=company.NOW)
    row = radar(book).loc["U"]
    assert (row["status"], row["move"], row["action"]) == ("kept", 0.0, "")
    assert row["with_it"] == pytest.approx(row["now"] + 3 * value, abs=0.1)
    assert row["chosen"].endswith("2026-07-03 by Bo")
    assert row["with_it"] / row["now"] == pytest.approx(1 + 90 / moved["typed_against"], abs=0.02)


# --- carrying out ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stale_frames():
    book = MemoryBook(company.frames())
    put(
        book,
        typed("P", "percent", 0.2, channel="shop"),
        typed("U", "units", 15, item="BIKE-1"),
        typed("A", "absolute", 260, item="007", locked=True),
    )
    plan(book)
    for item in ("BIKE-1", "BIKE-2", "007"):
        scale(book, 1.4, item)
    plan(book)
    return book.frames


@pytest.fixture
def stale(stale_frames):
    """Three overrides whose plan has moved by half; the last is locked."""
    return MemoryBook({name: frame.copy() for name, frame in stale_frames.items()})


def test_keep_accepts_todays_plan_and_changes_nothing_typed(stale):
    before = stale.frames["overrides"].copy()
    choose(stale, {"U": "keep", "A": "keep"}, now=company.NOW)
    pd.testing.assert_frame_equal(stale.frames["overrides"], before)
    after = plan(stale)
    assert after.loc[["U", "A"], "status"].tolist() == ["kept", "kept"]
    assert after.loc["P", "status"] == "baseline moved"


def test_re_basing_a_percentage_only_takes_the_new_reference(stale):
    choose(stale, {"P": "re-base"}, now=company.NOW)
    assert stale.frames["overrides"].loc[0, "value"] == 0.2
    assert plan(stale).loc["P", "status"] == "kept"


def test_a_dropped_override_ends_and_stays_with_its_reason(stale):
    choose(stale, {"U": "drop"}, now=company.NOW)
    row = stale.frames["overrides"].set_index("override").loc["U"]
    assert (row["expires"], row["reason"], row["value"]) == (pd.Timestamp("2026-06-29"), "Promotion", 15.0)
    after = plan(stale)
    assert after.loc["U", "status"] == "expired"
    assert after.loc["U", "chosen"].startswith("dropped, 2026-07-03 by ")
    with pytest.raises(PlanningError, match="override U has ended already"):
        choose(stale, {"U": "keep"}, now=company.NOW)


def test_a_locked_override_is_touched_only_when_asked_to(stale):
    before = {name: frame.copy() for name, frame in stale.frames.items()}
    for action in ("re-base", "drop"):
        with pytest.raises(PlanningError, match="override A is locked"):
            choose(stale, {"U": "keep", "A": action}, now=company.NOW)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(stale.frames[name], frame)
    choose(stale, {"A": "re-base"}, locked=True, now=company.NOW)
    value = stale.frames["overrides"].set_index("override").loc["A", "value"]
    assert value == pytest.approx(260 * 1.4, rel=0.1)


def test_typed_choices_are_carried_out_and_a_locked_one_is_told(stale):
    at = stale.frames["override_radar"].set_index("override").index
    for name, action, by in (("U", "drop", "Cy"), ("A", "drop", "")):
        stale.frames["override_radar"].loc[at == name, ["action", "by"]] = [action, by]
    says = choose(stale, now=company.NOW)
    assert "U: dropped" in says
    assert "left alone: override A is locked" in says
    watched = radar(stale)
    assert watched["action"].to_dict() == {"P": "", "U": "", "A": "drop"}
    assert watched.loc["U", "chosen"] == "dropped, 2026-07-03 by Cy"
    with pytest.raises(PlanningError, match="override A is locked"):
        choose(stale, now=company.NOW)
    assert plan(stale).loc["A", "action"] == "drop", "what is typed stays over a run"


def test_choices_can_be_undone(stale):
    before = {name: stale.frames[name].copy() for name in ("overrides", "override_radar", "override_months")}
    choose(stale, {"U": "re-base", "P": "drop"}, now=company.NOW)
    assert stale.frames["overrides"].loc[1, "value"] != 15
    undone = COMMANDS["undo"].run(stale, lambda _doing, _share: None)
    assert "overrides: re-base U, drop P" in undone
    for name, frame in before.items():
        pd.testing.assert_frame_equal(stale.frames[name].reset_index(drop=True), frame.reset_index(drop=True))


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"Z": "keep"}, "there is no override Z"),
        ({"U": "forget"}, "kept, re-based or dropped .* got 'forget'"),
        (None, "nothing is chosen: type keep, re-base or drop"),
    ],
)
def test_a_choice_that_cannot_be_carried_out_is_a_sentence(stale, choices, says):
    writes = stale.writes
    with pytest.raises((PlanningError, InputError), match=says):
        choose(stale, choices, now=company.NOW)
    assert stale.writes == writes


def test_what_was_typed_after_the_run_is_not_re_based_by_old_figures(stale):
    stale.frames["overrides"].loc[1, "value"] = 20.0
    with pytest.raises(PlanningError, match=r"override U was \+15 units .* at the last run and is \+20 units"):
        choose(stale, {"U": "re-base"}, now=company.NOW)


def test_an_override_of_a_plan_of_nothing_has_no_share_to_keep(memory):
    put(memory, typed("N", "absolute", 20, item="BIKE-1", channel="web", region="South"))
    assert plan(memory).loc["N", "typed_against"] == 0.0
    with pytest.raises(PlanningError, match="typed against a plan of 0 units"):
        choose(memory, {"N": "re-base"}, now=company.NOW)


# --- how past changes fared ------------------------------------------------------------------------------------------


def judged(book, after):
    """Frozen changes of Ann over five closed months: the plan said 30, she made it `after`."""
    rows = [
        {"cycle": f"2026-0{k}", "kind": "override", "name": f"old {k}", "item": "BIKE-2", "channel": "shop",
         "region": "North", "period": pd.Timestamp(2026, k, 1), "as_of": pd.Timestamp(2026, k - 1, 1),
         "status": "frozen", "owner": "Ann", "reason": "Promotion", "before": 30.0, "after": after}
        for k in range(2, 7)
    ]  # fmt: skip
    book.frames["frozen_changes"] = shaped(TABLES["frozen_changes"], pd.DataFrame(rows))


def test_evidence_is_asked_where_such_changes_have_cost_accuracy(memory):
    judged(memory, 90.0)
    row = plan(memory).loc["O-1"]
    assert row["record"].startswith("Ann's last 5 upward changes for Promotion cost ")
    assert row["record"].endswith("ask for evidence")
    assert row["evidence"] == "evidence asked"
    memory.frames["overrides"].loc[0, "note"] = "order in hand"
    assert plan(memory).loc["O-1", "evidence"] == ""


def test_a_good_record_asks_nothing(memory):
    sold = memory.frames["demand_history"].query("item == 'BIKE-2'").tail(5)["quantity"].mean()
    judged(memory, float(sold))
    row = plan(memory).loc["O-1"]
    assert "upward changes for Promotion gained " in row["record"] or "changes for Promotion" in row["record"]
    assert row["evidence"] == ""


# --- levels ----------------------------------------------------------------------------------------------------------

LEVELS = {
    "item": {"item": "BIKE-1"},
    "family": {"family": "Bikes"},
    "channel": {"channel": "shop"},
    "region": {"region": "South"},
    "family, channel": {"family": "Bikes", "channel": "shop"},
    "item, channel, region": {"item": "BIKE-1", "channel": "web", "region": "North"},
    "channel, region": {"channel": "shop", "region": "South"},
    "everything": {},
}


@pytest.mark.parametrize("level", LEVELS)
def test_an_override_survives_a_re_forecast_at_every_level(memory, level):
    scope = LEVELS[level]
    blank = {"item": "", "family": "", "channel": "", "region": ""}
    rows = [
        typed("A", "absolute", 500, **blank | scope, first_period=M[0], last_period=M[1]),
        typed("U", "units", 50, **blank | scope, first_period=M[2], last_period=M[3]),
        typed("P", "percent", 0.5, **blank | scope, first_period=M[4], last_period=pd.NaT),
    ]
    put(memory, *rows)
    typed_table = memory.frames["overrides"].copy()
    for seed in (1, 2):
        plan(memory)
        pd.testing.assert_frame_equal(memory.frames["overrides"], typed_table, check_exact=True)
        got = agreed(memory, **scope)
        assert got[M[:2]].tolist() == pytest.approx([500, 500], abs=1.01)
        for name, of in (("U", lambda below: below + 50), ("P", lambda below: below * 1.5)):
            below = months(memory, name, "now")
            assert got.reindex(below.index).tolist() == pytest.approx(of(below).tolist(), abs=1.01)
        noise = np.random.default_rng(seed).uniform(0.5, 2.0, len(memory.frames["demand_history"]))
        history = memory.frames["demand_history"]
        memory.frames["demand_history"] = history.assign(quantity=(history["quantity"] * noise).round())
    assert radar(memory).loc["A", "since"] == "2026-07"


# --- the command and the button --------------------------------------------------------------------------------------


def test_the_command_lists_and_carries_out(workbook, capsys):
    assert cli.main(["overrides", str(workbook)]) == 2
    assert "run Demand Planning first" in capsys.readouterr().err
    assert cli.main(["run", str(workbook), "--step", "data_gathering", "--step", "demand_planning", "-q"]) == 0
    assert cli.main(["overrides", str(workbook)]) == 0
    shown = capsys.readouterr().out
    assert "typed against" in shown
    assert "+20 % of BIKE-2; 2026-08 to 2026-09" in shown
    assert cli.main(["overrides", str(workbook), "--drop", "O-1", "--keep", "O-1"]) == 2
    assert "named twice" in capsys.readouterr().err
    assert cli.main(["overrides", str(workbook), "--drop", "O-1", "--by", "Bo"]) == 0
    assert "O-1: dropped" in capsys.readouterr().out
    frames = open_book(workbook).read(["overrides", "override_radar"]).frames
    assert frames["overrides"]["expires"].tolist() == [pd.Timestamp("2026-06-29")]
    assert frames["override_radar"]["chosen"].str.endswith("by Bo").all()
    assert cli.main(["overrides", str(workbook), "--apply"]) == 2


def test_the_button_carries_out_what_is_typed(stale):
    stale.frames["override_radar"].loc[stale.frames["override_radar"]["override"].eq("P"), "action"] = "keep"
    says = COMMANDS["apply_override_choices"].run(stale, lambda _doing, _share: None)
    assert says.startswith("P: kept at +20 % on a plan of ")
    assert COMMANDS["apply_override_choices"].group == "Demand"
