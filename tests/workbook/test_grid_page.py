"""The page of the S&OP grid: what it shows of a family and of an item adds up, in units and in money."""

import importlib.util
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from sop_xl import periods
from sop_xl.workbook.template.build import new_workbook, starting_frames
from sop_xl.workbook.template.pages import grid_totals, sop_grid
from sop_xl.workbook.template.pages.grid_shown import SECTIONS, shown_rows
from sop_xl.workbook.template.pages.values import NA
from sop_xl.workbook.template.twins import TWINS

AGREED = 12


@pytest.fixture(scope="module")
def frames():
    spec = importlib.util.spec_from_file_location("template_frames", Path(__file__).with_name("template_frames.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return starting_frames() | module.made_up()


def cells(family="Road bikes", show="units", item=""):
    return {
        "page_past": 12, "page_months": 12, "pick_grid_family": family, "pick_grid_show": show, "pick_grid_item": item,
    }  # fmt: skip


def numbers(line):
    return [v for v in line if isinstance(v, float)]


STATES = [
    cells("Total"), cells(), cells("Helmets", "money"), cells(item="RO-001"), cells(item="RO-002", show="money"),
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda s: "-".join(str(v) for v in list(s.values())[2:]))
def test_what_follows_from_other_rows_adds_up(frames, state):
    rows = shown_rows(frames, state)
    assert numbers(rows["stock check"]) == [0.0] * AGREED
    assert set(numbers(rows["backlog check"])) <= {0.0}
    for k in range(24):
        if rows["variance"][k] != NA:
            assert rows["variance"][k] == pytest.approx(rows["actual"][k] - rows["variance plan"][k])
        if rows["against target"][k] != NA:
            assert rows["against target"][k] == pytest.approx(rows["closing"][k] - rows["target"][k])
        assert rows["outlook"][k] == (rows["consensus"][k] if rows["actual"][k] == NA else rows["actual"][k])
    assert numbers(rows["variance so far"])[-1:] == pytest.approx(
        [sum(numbers(rows["variance"]))][: len(numbers(rows["variance"]))]
    )
    assert len(numbers(rows["outlook"])) == 24


def test_money_is_units_at_price_and_stock_at_cost(frames):
    for item in ("", "RO-001"):
        units, worth = (shown_rows(frames, cells(show=show, item=item)) for show in ("units", "money"))
        for key, price in (("consensus", 640.0), ("delivered", 640.0), ("closing", 396.8), ("target", 396.8)):
            assert numbers(worth[key]) == pytest.approx([v * price for v in numbers(units[key])])
            assert numbers(units[key])
        assert worth["revenue"] == units["revenue"]  # money whatever the page is read in
        assert worth["highest load"] == units["highest load"]


def test_an_item_is_read_from_its_own_tables(frames):
    rows = shown_rows(frames, cells(item="RO-001"))
    past = periods.past(pd.Timestamp("2020-02-29"), 12)
    history = frames["demand_history"].query("item == 'RO-001'").groupby("period")["quantity"].sum()
    assert rows["actual"][:12] == history[past].tolist()
    assert rows["actual"][12:15] == [51.0, 40.0, NA]
    assert rows["statistical"][12:] == [91.0] * 12
    assert rows["last year"][12] == history[pd.Timestamp("2019-03-01")]
    receipts = frames["supply_plan"].query("item == 'RO-001' and measure == 'receipt'")
    bought = receipts[receipts["kind"].eq("buy")].groupby("period")["quantity"].sum()
    assert rows["purchases"][12:] == bought.tolist()
    assert rows["budget"] == [NA] * 24


def test_an_item_of_another_family_is_not_shown(frames):
    state = cells("Helmets", item="RO-001")
    assert shown_rows(frames, state) == shown_rows(frames, cells("Helmets"))
    assert TWINS["says_grid_item"].value(frames, state) == "RO-001 is no item of Helmets: the whole family is shown"
    assert shown_rows(frames, cells("Total", item="007"))["closing"] != shown_rows(frames, cells("Total"))["closing"]


def test_quarters_add_their_months_and_the_year_is_actual_and_plan(frames):
    state = cells()
    rows = shown_rows(frames, state)
    heads = TWINS["grid_total_headings"].value(frames, state)[0]
    assert heads == ["2020 Q1", "2020 Q2", "2020 Q3", "2020 Q4", "Year 2020", "Past"]
    totals = dict(
        zip((r.key for r in SECTIONS["Demand"]), TWINS["grid_demand_totals"].value(frames, state), strict=True)
    )
    days = [d.month for d in pd.date_range("2019-03-01", periods=24, freq="MS")]
    assert days[10] == 1
    assert totals["outlook"][0] == pytest.approx(sum(rows["outlook"][10:13]))
    assert (
        totals["outlook"][4] == pytest.approx(sum(rows["outlook"][10:22])) == pytest.approx(sum(totals["outlook"][:4]))
    )
    stock = dict(
        zip((r.key for r in SECTIONS["Inventory"]), TWINS["grid_inventory_totals"].value(frames, state), strict=True)
    )
    assert stock["closing"][1] == rows["closing"][15]
    assert stock["opening"][1] == rows["opening"][13]
    plan = TWINS["grid_supply_plan"].value(frames, state)
    assert plan[1] == [pytest.approx(sum(rows["production"][12:]))]


def test_the_sentences_say_what_the_rows_hold(frames):
    said = TWINS["says_grid"].value(frames, cells())
    assert said == "Road bikes: demand level with budget, 3 % above last plan, 10 % above last year"
    rows = shown_rows(frames, cells())
    assert abs(sum(rows["consensus"][12:]) / sum(rows["budget"][12:]) - 1) < 0.005
    assert sum(rows["consensus"][12:]) / sum(rows["last year"][12:]) == pytest.approx(1.10, abs=0.005)
    low = sum(v < -0.5 for v in numbers(rows["against target"]))
    words = f"Stock below target in {low} of 12 months" if low else "Stock at or above its target in all 12 months"
    assert TWINS["says_grid_stock"].value(frames, cells()).startswith(words)
    other = frames | {
        "sop_grid": frames["sop_grid"].assign(value=lambda f: f["value"].where(f["measure"].ne("closing"), 0.0))
    }
    assert TWINS["says_grid_stock"].value(other, cells()).startswith("Stock below target in 12 of 12 months")


def test_an_empty_workbook_and_a_short_horizon_have_the_page(tmp_path):
    path = tmp_path / "short.xlsx"
    new_workbook(path, settings={"horizon": 3, "history_shown": 1})
    book = openpyxl.load_workbook(path, data_only=True)
    sheet = book[sop_grid.SHEET]
    values = [c.value for row in sheet.iter_rows() for c in row]
    assert "Total: nothing planned to compare yet" in values
    assert "No stock is projected yet" in values
    assert not {"#NAME?", "#REF!", "#VALUE!"} & set(values)
    assert grid_totals.last_total(grid_totals.Window(1, 3)) == 4 + 4 + 1 + 2
    assert sheet.page_setup.fitToHeight in (None, 1)  # one sheet of paper
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_the_items_of_the_family_are_in_the_drop_down(frames):
    listed = [text for (text,) in TWINS["grid_items"].value(frames, cells("Helmets")) if text]
    assert listed == ["HE-001", "HE-002", "HE-003"]
    assert [t for (t,) in TWINS["grid_items"].value(frames, cells("Total")) if t] == []
