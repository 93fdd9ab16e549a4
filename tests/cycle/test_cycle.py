"""The whole cycle on the small company, in memory: order, repetition, and what a stop leaves alone."""

import company
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cycle import sign, undoing
from sop_xl.cycle.images import from_text, image, restored, to_text
from sop_xl.cycle.run import STEPS, inputs_hash, record_checks, run, status
from sop_xl.cycle.versions import Fingerprints, fingerprint
from sop_xl.errors import InputError, PlanningError, StoppingIssues
from sop_xl.workbook.tables import TABLES

RESULTS = sorted({t for s in STEPS.values() for t in s.writes})
MAY_BE_EMPTY = (
    "shortages",
    "gaps",
    "constraint_prices",
    "approved_plan",
    "anomalies",
    "accuracy_lags",
    "event_effects",
    "last_buy",
    "error_shape",
    "overloads",
    "late_demand",
    "remedies",
    "gave_way",
    "gap_options",
    "plan_bridge_rows",
)
SIGNED = {"VP Sales": "S", "VP Operations": "O", "CFO": "F", "General manager": "G"}


def statuses(book):
    return book.frames["steps"].set_index("step")["status"].to_dict()


def test_every_step_fills_its_tables(planned):
    for step in list(STEPS.values())[:5]:
        for name in step.writes:
            if name not in MAY_BE_EMPTY:
                assert len(planned.frames[name]), name
    assert statuses(planned)["Executive S&OP"].startswith("done")
    assert statuses(planned)["Execution"] == "open"


def test_running_again_gives_the_same_result(planned):
    before = {name: fingerprint(planned.frames[name]) for name in RESULTS}
    run(planned, now=company.NOW)
    assert {name: fingerprint(planned.frames[name]) for name in RESULTS} == before


def test_steps_one_by_one_give_what_all_at_once_gives(planned, memory):
    for name in list(STEPS)[:5]:
        run(memory, [name], now=company.NOW)
    differing = [n for n in RESULTS if fingerprint(memory.frames[n]) != fingerprint(planned.frames[n])]
    assert differing == []


def test_a_step_says_what_it_needs(memory):
    with pytest.raises(
        PlanningError, match=r"Supply Planning needs the table on sheet \w+, which is empty; run Demand"
    ):
        run(memory, ["supply_planning"], now=company.NOW)


def test_an_unknown_step_is_refused(memory):
    with pytest.raises(InputError, match="there is no step 'sales'"):
        run(memory, ["sales"])


def test_a_stopping_issue_writes_nothing_at_all(planned):
    planned.frames["stock"].loc[0, "quantity"] = -5.0
    before, planned.writes = dict(planned.frames), 0
    with pytest.raises(StoppingIssues, match="stock of item BIKE-1 at PLANT is -5"):
        run(planned, now=company.NOW)
    assert planned.writes == 0
    for name, frame in before.items():
        pd.testing.assert_frame_equal(planned.frames[name], frame)


def test_a_stop_in_a_late_step_leaves_the_early_ones_too(planned):
    planned.frames["capacity"] = planned.frames["capacity"].iloc[:1]
    planned.frames["overrides"].loc[0, "value"] = 0.9
    planned.writes = 0
    with pytest.raises(StoppingIssues, match="1 issue stops Supply Planning"):
        run(planned, ["demand_planning", "supply_planning"], now=company.NOW)
    assert planned.writes == 0


def test_findings_can_be_recorded(memory):
    memory.frames["stock"].loc[0, "quantity"] = -5.0
    record_checks(memory, company.NOW)
    assert memory.frames["checks"].set_index("rule").loc["negative stock", "open"] == 1
    assert memory.frames["issues"].iloc[0]["rule"] == "negative stock"
    assert memory.frames["consensus"].empty


def test_a_waived_check_no_longer_stops(planned):
    planned.frames["stock"].loc[0, "quantity"] = -5.0
    checks = planned.frames["checks"]
    checks.loc[checks["rule"].eq("negative stock"), ["waived_by", "waiver_reason"]] = ["Ann", "posting on Monday"]
    run(planned, ["data_gathering"], now=company.NOW)
    kept = planned.frames["checks"].set_index("rule").loc["negative stock"]
    assert (kept["waived_by"], kept["open"], kept["found"]) == ("Ann", 0.0, 1.0)


def test_a_step_not_touched_by_an_issue_still_runs(planned):
    planned.frames["stock"].loc[0, "quantity"] = -5.0
    run(planned, ["demand_planning"], now=company.NOW)
    assert statuses(planned)["Demand Planning"].startswith("done")


def test_a_changed_input_makes_later_steps_out_of_date(planned):
    planned.frames["overrides"].loc[0, "value"] = 0.9
    _, steps = status(planned, company.NOW)
    found = steps.set_index("step")["status"]
    assert found["Demand Planning"] == "out of date"
    assert found["Supply Planning"].startswith("done")
    run(planned, ["demand_planning"], now=company.NOW)
    assert statuses(planned)["Supply Planning"] == "out of date"


def test_what_people_type_is_never_written_to(planned):
    typed = ("overrides", "inputs", "items", "demand_history", "control", "risks", "stock", "budget")
    before = {name: planned.frames[name].copy() for name in typed}
    run(planned, now=company.NOW)
    for name in typed:
        pd.testing.assert_frame_equal(planned.frames[name], before[name])


def test_undo_puts_back_what_stood_there(memory):
    before = {name: fingerprint(memory.frames[name]) for name in RESULTS}
    run(memory, ["data_gathering", "demand_planning"], now=company.NOW)
    assert fingerprint(memory.frames["consensus"]) != before["consensus"]
    said = undoing.undo_book(memory)
    assert said == "run data_gathering demand_planning of 2026-07-03 09:00"
    assert {name: fingerprint(memory.frames[name]) for name in RESULTS} == before
    with pytest.raises(PlanningError, match="nothing to undo"):
        undoing.undo_book(memory)


def test_the_log_only_grows(memory):
    run(memory, ["data_gathering"], now=company.NOW)
    first = memory.frames["audit_log"].copy()
    run(memory, ["demand_planning"], now=company.NOW)
    pd.testing.assert_frame_equal(memory.frames["audit_log"].iloc[: len(first)], first)
    assert set(memory.frames["audit_log"]["command"]) == {"run data_gathering", "run demand_planning"}
    assert memory.frames["journal"]["number"].max() == 2
    assert memory.writes == 2


def test_images_survive_the_journal(planned):
    table, frame = TABLES["projected_balance"], planned.frames["projected_balance"]
    kept = from_text(to_text(image(table, frame, frame.iloc[:0])), table)
    back, lost = restored(table, kept, frame.iloc[:0])
    assert lost == ()
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


def test_signing_freezes_a_version_and_execution_follows_it(planned):
    with pytest.raises(PlanningError, match="no plan of cycle 2026-07 is approved yet"):
        run(planned, ["execution"], now=company.NOW)
    assert sign.sign(planned, SIGNED, now=company.NOW).endswith("version 2026-07 v1 approved")
    run(planned, ["executive_sop", "execution"], now=company.NOW)
    versions = planned.frames["versions"].set_index("version")
    assert versions.loc["2026-07 v1", "status"] == "approved"
    demand = planned.frames["monitor"].query("measure == 'demand' and family == 'Total'").iloc[0]
    assert demand["actual"] == pytest.approx(330 * 1.1)
    assert demand["variance"] == pytest.approx(demand["actual"] - demand["plan"])


def test_only_the_roles_asked_may_sign(planned):
    with pytest.raises(InputError, match="'Intern' does not sign plans here"):
        sign.sign(planned, {"Intern": "I"}, now=company.NOW)


def test_a_rejected_plan_is_not_frozen(planned):
    sign.sign(planned, SIGNED, now=company.NOW)
    sign.sign(planned, {"CFO": "F"}, approve=False, now=company.NOW)
    run(planned, ["executive_sop"], now=company.NOW)
    assert planned.frames["approved_plan"].empty
    assert "was rejected" in planned.frames["steps"].set_index("step").loc["Executive S&OP", "says"]


def test_rolling_keeps_everything_typed_and_reports_it(planned):
    sign.sign(planned, SIGNED, now=company.NOW)
    run(planned, ["executive_sop", "execution"], now=company.NOW)
    before = len(planned.frames["demand_history"])
    said = sign.roll_book(planned, now=company.NOW)
    assert said.startswith("cycle 2026-08 is open, as of 2026-07-31")
    assert len(planned.frames["demand_history"]) == before + 4
    assert planned.frames["actual_demand"].empty
    settings = planned.frames["control"].set_index("setting")["value"]
    assert (settings["as_of"], settings["cycle"]) == ("2026-07-31", "2026-08")
    report = planned.frames["rollover"].set_index("name")["outcome"].to_dict()
    assert report == {"2026-07 v1": "kept", "2026-07": "kept", "O-1": "carried", "Tender": "carried"}
    assert statuses(planned) == dict.fromkeys((s.title for s in STEPS.values()), "open")


def test_a_cycle_without_actuals_cannot_be_closed(planned):
    sign.sign(planned, SIGNED, now=company.NOW)
    run(planned, ["executive_sop"], now=company.NOW)
    planned.frames["actual_demand"] = planned.frames["actual_demand"].iloc[:0]
    with pytest.raises(PlanningError, match="sheet ActualDemand has no demand of 2026-07"):
        sign.roll_book(planned, now=company.NOW)


def test_the_order_of_rows_does_not_matter_to_a_fingerprint(planned):
    frame = planned.frames["consensus"]
    assert fingerprint(frame.sample(frac=1, random_state=1)) == fingerprint(frame)
    hashes = {inputs_hash(step, planned.frames, Fingerprints()) for step in STEPS.values()}
    assert len(hashes) == len(STEPS)


def test_two_books_do_not_share_anything(small):
    first, second = MemoryBook(small), MemoryBook(company.frames())
    run(first, ["data_gathering"], now=company.NOW)
    assert second.frames["checks"].empty
