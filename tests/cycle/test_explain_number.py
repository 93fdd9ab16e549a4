"""Explain this number: the answer's numbers are the tables' numbers, for every result table and any question."""

from __future__ import annotations

import company
import pandas as pd
import pytest

from sop_xl.cycle.explain_number.address import Meant, by_keys, meant
from sop_xl.cycle.explain_number.answer import DEPTH, explain_book, explain_sheet, explained
from sop_xl.cycle.explain_number.lines import ties
from sop_xl.cycle.run import run, status
from sop_xl.cycle.undoing import undo_book
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.reading import Spot
from sop_xl.workbook.tables import TABLES

SERIES = {"item": "BIKE-1", "channel": "shop", "region": "South"}
JULY = pd.Timestamp("2026-07-01")


@pytest.fixture(scope="module")
def told(planned_frames):
    """What every explanation is given: all tables, and the state of the steps."""
    from books import MemoryBook

    desk, steps = status(MemoryBook({n: f.copy() for n, f in planned_frames.items()}), company.NOW)
    return desk.frames, steps


def ask(told, table, **keys):
    frames, steps = told
    return explained(by_keys(table, {k: str(v) for k, v in keys.items()}, frames), frames, steps, "USD")


def values(answer, part):
    return {line.says.split(":")[0]: line.value for line in answer.lines if line.part == part}


@pytest.mark.parametrize("name", [n for n, t in TABLES.items() if t.is_result])
def test_every_result_table_answers(told, name):
    frames, steps = told
    table, rows = TABLES[name], frames[name]
    if rows.empty:
        with pytest.raises(InputError, match=f"table {name} .* has no rows"):
            by_keys(name, {}, frames)
        return
    row = rows.iloc[-1]
    for column in [table.across] if table.across else table.columns:
        answer = explained(Meant(table, {str(k): v for k, v in row.items()}, column), frames, steps, "USD")
        assert table.sheet in answer.title
        assert any(line.part == "Meaning" for line in answer.lines)
        assert any(line.part == "Origin" for line in answer.lines)


def test_the_tables_in_depth_are_those_promised():
    assert set(DEPTH) == {
        "baseline", "consensus", "demand_steps", "override_effects", "inventory_targets", "supply_plan",
        "projected_balance", "resource_load", "shortages", "gaps", "scenario_kpis", "scorecard", "financials", "bridge",
        "sop_grid",
    }  # fmt: skip


def test_a_forecast_has_its_interval_method_and_history(told):
    answer = ask(told, "baseline", **SERIES, measure="forecast", period="2026-07")
    frames = told[0]
    mine = frames["baseline"]
    for name, value in SERIES.items():
        mine = mine[mine[name].eq(value)]
    mine = mine[mine["period"].eq(JULY)].set_index("measure")["quantity"]
    assert {m: v for m, v in values(answer, "Model").items() if m in mine} == mine.to_dict()
    past = frames["demand_history"].query("item == 'BIKE-1' and channel == 'shop' and region == 'South'")
    year = past[past["period"].ge("2025-07-01")]["quantity"].sum()
    assert values(answer, "History")["sum of the last twelve months"] == pytest.approx(year)


def test_an_override_is_told_with_who_why_and_what(told):
    frames = told[0]
    typed = frames["overrides"].iloc[0]
    effect = frames["override_effects"].set_index("override").loc[typed["override"]]
    answer = ask(told, "override_effects", override=typed["override"])
    said = " ".join(line.says for line in answer.lines)
    assert typed["owner"] in said
    assert typed["reason"] in said
    assert effect["after"] in [line.value for line in answer.lines if line.part == "Override"]


def test_consensus_starts_from_the_forecast_and_ends_at_the_plan(told):
    answer = ask(told, "consensus", **SERIES, period="2026-07")
    forecast = ask(told, "baseline", **SERIES, measure="forecast", period="2026-07").value
    moved = next(line.value for line in answer.lines if line.part == "Rounding")
    assert forecast + moved == pytest.approx(answer.value)
    assert forecast in [line.value for line in answer.lines if line.part == "Inputs"]


def test_the_formula_of_a_safety_stock_gives_the_safety_stock(told):
    frames = told[0]
    rows = frames["inventory_targets"]
    usual = rows[
        rows["distribution"].eq("normal") & rows["service_type"].eq("cycle service") & rows["limited_by"].eq("")
    ]
    assert len(usual)
    for row in usual.to_dict("records"):
        answer = ask(told, "inventory_targets", item=row["item"], location=row["location"], column="safety_stock")
        last = next(line for line in answer.lines if line.says.startswith("safety stock = z x that"))
        assert ties(last.value, row["safety_stock"]), row
        assert answer.value == row["safety_stock"]


def test_a_stock_closes(told):
    answer = ask(told, "projected_balance", item="BIKE-1", location="PLANT", measure="closing", period="2026-08")
    parts = values(answer, "Balance")
    assert parts["opening"] + parts["receipts"] - parts["issues"] - parts["shipped"] == pytest.approx(parts["closing"])
    assert any(line.says.startswith("opening + receipts") for line in answer.lines)
    assert answer.value == parts["closing"]


def test_hours_are_followed_to_the_items(told):
    answer = ask(told, "resource_load", resource="Assembly", measure="regular used", period="2026-07")
    made = told[0]["supply_plan"].query("kind == 'make' and measure == 'receipt' and item == 'BIKE-1'")
    made = made[made["period"].eq(JULY)]["quantity"].sum()
    work = [line.value for line in answer.lines if line.part == "Work" and line.says.startswith("BIKE-1")]
    assert work == ([pytest.approx(2.0 * made)] if made else [])
    assert values(answer, "Inputs")["capacity regular"] == 300.0


def test_money_ties(told):
    answer = ask(told, "financials", family="Bikes", measure="margin", period="2026-07")
    parts = values(answer, "Inputs")
    assert parts["revenue"] - parts["cost"] == pytest.approx(answer.value)
    assert any(line.says == "margin = revenue - cost" for line in answer.lines)
    total = ask(told, "financials", family="Total", measure="revenue", period="2026-07")
    assert any(ties(line.value, total.value) for line in total.lines if line.says.startswith("sum of"))


def test_the_grid_is_followed_to_its_table(told):
    answer = ask(told, "sop_grid", family="Bikes", block="demand", measure="consensus", period="2026-07")
    assert answer.value in [line.value for line in answer.lines if line.sheet == "Consensus"]


def test_the_run_is_named_and_what_is_out_of_date(planned):
    keys = {**SERIES, "period": "2026-07"}
    fresh = explain_book(planned, table="consensus", keys=keys)
    assert "Out of date" not in [line.part for line in fresh.lines]
    planned.frames["overrides"].loc[0, "value"] = 0.5
    answer = explain_book(planned, table="consensus", keys=keys)
    said = [line.says for line in answer.lines if line.part == "Origin"]
    assert any("run all steps; sop-xl" in s and "2026-07-03 09:00" in s for s in said)
    assert [line.part for line in answer.lines].count("Out of date") == 1


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("", "name a cell, such as Consensus!H12"),
        ("H12", "H12 names no sheet; write it with its sheet"),
        ("Nowhere!A1", "no sheet Nowhere of this book has a planning table"),
        ("Consensu!A1", "did you mean Consensus"),
        ("Consensus!A1", "lies in no table; on sheet Consensus stands table consensus from B7"),
        ("Consensus!B7", "is the heading of table consensus"),
        ("Consensus!B900", "is blank: table consensus has no filled row 900"),
        ("Consensus!F8", 'stands in the column "My note", which a planner added'),
        ("consensu item=A", "there is no table consensu; did you mean consensus"),
        ("Lists", "sheet Lists has the tables locations, channels"),
        ("consensus colour=red", "table consensus has no key colour; its keys are item, channel, region, period"),
        ("consensus item=BIKE-9", "no row with item BIKE-9; near it: BIKE-"),
        ("consensus item=BIKE-1 channel=shop", "rows of table consensus have these keys; say also period"),
        ("consensus item", "'item' is not column=value"),
        ("consensus item='A", "has a quote that does not close"),
        ("consensus column=colour", "table consensus has no column colour"),
    ],
)
def test_a_bad_question_gets_a_clear_sentence(told, question, says):
    frames = dict(told[0])
    frames["consensus"] = frames["consensus"].set_axis(range(8, 8 + len(frames["consensus"])))
    spots = {"consensus": Spot("Consensus", 7, 2, ("Item", "Channel", "Region", "2026-07", "My note"))}
    with pytest.raises(InputError) as refused:
        meant(question, frames, spots)
    assert says in str(refused.value)


def test_a_folder_has_no_cells(told):
    with pytest.raises(InputError, match="cells cannot be found here; name the table and its keys"):
        meant("Consensus!H12", told[0], {})


def test_cells_and_the_sheet_explain_of_a_workbook(workbook):
    run(open_book(workbook), ["data_gathering", "demand_planning"], now=company.NOW)
    book = open_book(workbook)
    spot = book.spots()["consensus"]
    frame = book.read(("consensus",)).frames["consensus"]
    month = spot.column + spot.header.index("2026-08")
    row = frame[frame["period"].eq("2026-08-01")].iloc[0]
    cell = f"Consensus!{chr(64 + month)}{frame.index[1]}"
    found = meant(cell, {"consensus": frame}, book.spots())
    assert found.row["period"] == pd.Timestamp("2026-08-01")
    cell = f"Consensus!${chr(64 + month)}${row.name}"
    asked = book.read(("questions",)).frames["questions"].reset_index(drop=True)
    asked.loc[[0, 2], "question"] = [cell, "Consensus!A1"]
    book.write({"questions": asked})
    said = explain_sheet(open_book(workbook), now=company.NOW)
    assert said.startswith("1 of 2 numbers are explained on sheet Explain; not found: Consensus!A1 lies in no table")
    after = open_book(workbook).read(("questions", "answers")).frames
    assert after["questions"]["question"].tolist()[:3] == [cell, "", "Consensus!A1"]
    assert after["questions"]["value"].iloc[0] == row["quantity"]
    assert set(after["answers"]["number"]) == {1.0}
    assert undo_book(open_book(workbook)).startswith("explain of")
    assert open_book(workbook).read(("answers",)).frames["answers"].empty


def test_nothing_asked_is_said(memory):
    with pytest.raises(PlanningError, match="type a cell such as Consensus!H12 into column Question"):
        explain_sheet(memory)
