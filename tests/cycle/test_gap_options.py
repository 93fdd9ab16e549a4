"""Gaps with options on the small company: what the sheet says, what is recommended, and taking one into a scenario."""

from dataclasses import replace

import company
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cycle import gap_options, taking
from sop_xl.cycle.desk import context_of
from sop_xl.cycle.gap_words import CAUSES
from sop_xl.cycle.run import run
from sop_xl.cycle.scenario import KINDS
from sop_xl.errors import InputError, PlanningError
from sop_xl.supply.explain.gap_lever import DO_NOTHING

STEPS = ("data_gathering", "demand_planning", "supply_planning", "pre_sop")


def tight(policy):
    """The planned small company with a bit more than half of its hours."""
    frames = company.frames()
    frames["capacity"] = frames["capacity"].assign(hours=frames["capacity"]["hours"] * 0.55)
    control = frames["control"]
    frames["control"] = control.assign(value=control["value"].mask(control["setting"].eq("short_policy"), policy))
    book = MemoryBook(frames)
    run(book, STEPS, now=company.NOW)
    return book.frames


@pytest.fixture(scope="module")
def late_frames():
    return tight("backlog")


@pytest.fixture(scope="module")
def lost_frames():
    return tight("lost")


@pytest.fixture
def book(late_frames):
    return MemoryBook(late_frames)


def of_gap(frames, name):
    table = frames["gap_options"]
    return table[table["family"].eq(name[0]) & table["period"].eq(pd.Timestamp(name[1]))].set_index("option")


def kpis(frames):
    return frames["scenario_kpis"].pivot_table(index="scenario", columns="kpi", values="value")


@pytest.mark.parametrize("policy", ["late_frames", "lost_frames"])
def test_each_gap_has_three_options_and_doing_nothing(policy, request):
    frames = request.getfixturevalue(policy)
    table, gaps = frames["gap_options"], frames["gaps"]
    assert len(gaps)
    names = table.groupby(["family", "period"])["option"].agg(list)
    assert len(names) == min(len(gaps), 8)
    assert all(len(options) >= 3 and DO_NOTHING in options for options in names)
    told = set(zip(table["family"], table["period"], strict=True))
    assert told == set(zip(gaps["family"].head(8), gaps["period"].head(8), strict=True))


def test_recommended_is_what_is_worth_most_of_what_is_in_time(late_frames):
    table = late_frames["gap_options"]
    as_of = pd.Timestamp(company.AS_OF)
    for _, mine in table.groupby(["family", "period"]):
        assert mine["recommended"].sum() == 1
        best = mine[mine["recommended"]].iloc[0]
        able = mine[(mine["decide_by"].isna() | (mine["decide_by"] >= as_of)) & mine["option"].ne("raise price")]
        assert best["net_worth"] == pytest.approx(able["net_worth"].max())
        assert best["rank"] == 1


def test_nothing_is_recommended_where_all_else_is_too_late_or_worth_nothing(late_frames):
    from sop_xl.supply.explain.gap_options import Option

    context = context_of(late_frames["control"], now=company.NOW)
    idle = Option("do nothing", "A", 0, 0, 9.0, "units late", 0, 0, 0, 0, 0.9, 0, 0.8, 0.0, "", True)
    slow = replace(idle, name="subcontract", net_worth=500.0, recovered=9.0, days=60.0)
    dear = replace(idle, name="overtime", net_worth=-3.0, recovered=9.0, days=14.0)
    found = gap_options.ranked([slow, idle, dear], 9.0, context)
    assert [judged.option.name for judged in found] == ["do nothing", "overtime", "subcontract"]
    assert found[0].recommended
    assert not found[2].in_time
    assert found[2].decide_by == pd.Timestamp("2026-06-01")


def test_a_gap_is_told_in_plain_words_with_its_first_day(late_frames):
    gap = late_frames["gaps"].iloc[0]
    best = late_frames["gap_options"].iloc[0]
    month = gap["period"]
    assert gap["says"].startswith(f"{month:%B} {month.year}, {gap['family']} short ")
    assert f"h of Assembly ({'USD'} {gap['money']:,.0f})" in gap["says"]
    assert f"best overtime {best['amount']:,.0f} h at Assembly (USD {best['cost']:,.0f})" in gap["says"]
    assert gap["says"].endswith(f"or deliver {gap['gap']:,.0f} units late")
    assert month <= gap["first_day"] <= month + pd.offsets.MonthEnd(0)


def test_every_cause_has_plain_words():
    from sop_xl.supply.explain import causes

    told = {line.split("|")[1].strip() for line in (causes.__doc__ or "").splitlines() if line.startswith("| ")}
    assert told - {"cause"} <= set(CAUSES)


def test_an_option_taken_is_a_scenario_that_closes_the_gap_as_promised(book):
    worst = book.frames["gaps"].iloc[0]
    name = (worst["family"], worst["period"])
    promised = of_gap(book.frames, name).loc["overtime"]
    says = taking.take(book, f"{name[0]} {name[1]:%Y-%m}", "overtime", now=company.NOW, user="Ann")
    assert says.startswith("scenario Agreed options now has")
    assert book.frames["scenarios"].iloc[-1][["scenario", "active", "owner"]].tolist() == [
        "Agreed options",
        True,
        "Ann",
    ]
    run(book, ["pre_sop"], now=company.NOW)
    found = kpis(book.frames)
    change = found.loc["Agreed options"] - found.loc["Base"]
    assert found.loc["Agreed options", "Service level"] == pytest.approx(promised["service"], abs=1e-3)
    assert change["Overtime"] == pytest.approx(promised["amount"], rel=1e-3)
    assert change["Total cost"] == pytest.approx(-promised["net_worth"], rel=0.01)
    assert found.loc["Agreed options", "Peak load"] == pytest.approx(promised["peak_load"], rel=1e-3)
    assert of_gap(book.frames, name).loc["overtime", ["take", "by"]].tolist() == [True, "Ann"]


def test_the_margin_saved_is_that_of_the_scenario(lost_frames):
    """Where sales are lost the margin of the plan grows by what was promised."""
    book = MemoryBook(lost_frames)
    worst = book.frames["gaps"].iloc[0]
    name = (worst["family"], worst["period"])
    promised = of_gap(book.frames, name).loc["overtime"]
    taking.take(book, f"{name[0]} {name[1]:%Y-%m}", "overtime", now=company.NOW)
    run(book, ["pre_sop"], now=company.NOW)
    found = kpis(book.frames)
    saved = found.loc["Agreed options", "Margin"] - found.loc["Base", "Margin"]
    assert promised["margin_saved"] > 0
    assert saved == pytest.approx(promised["margin_saved"], rel=0.01)


def test_demand_cut_is_a_scenario_too(book):
    table = book.frames["gap_options"]
    row = table[table["option"].eq("cut demand")].iloc[0]
    taking.take(book, f"{row['family']} {row['period']:%Y-%m}", "cut demand", now=company.NOW)
    run(book, ["pre_sop"], now=company.NOW)
    found = kpis(book.frames)
    assert found.loc["Agreed options", "Service level"] == pytest.approx(row["service"], abs=2e-3)
    assert found.loc["Agreed options", "Service level"] > found.loc["Base", "Service level"]


def test_undo_takes_it_back(book):
    from sop_xl.cycle import undoing

    before = {name: book.frames[name].copy() for name in ("scenarios", "scenario_changes", "gap_options")}
    row = book.frames["gap_options"].query("option == 'overtime'").iloc[0]
    taking.take(book, f"{row['family']} {row['period']:%Y-%m}", "overtime", now=company.NOW)
    assert len(book.frames["scenario_changes"]) > len(before["scenario_changes"])
    undoing.undo_book(book)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(book.frames[name].reset_index(drop=True), frame.reset_index(drop=True))


def test_ticks_are_written_and_what_is_ticked_no_more_is_taken_out(book):
    changes = book.frames["scenario_changes"]
    own = changes.iloc[:1].assign(scenario="Agreed options", number=7.0, kind="cost", target="Steelco", value=0.1)
    book.frames["scenario_changes"] = pd.concat([changes, own], ignore_index=True)
    table = book.frames["gap_options"]
    overtime = table["option"].eq("overtime") & table["rank"].eq(1)
    book.frames["gap_options"] = table.assign(take=overtime)
    says = taking.apply(book, now=company.NOW, user="Ann")
    mine = book.frames["scenario_changes"].query("scenario == 'Agreed options'")
    assert set(mine["kind"]) == {"cost", "overtime"}
    assert not mine.duplicated(["kind", "target", "first_period", "last_period"]).any()
    assert mine.loc[mine["kind"].eq("overtime"), "value"].max() <= 0.5 + 1e-9
    assert mine["number"].is_unique
    assert f"now has {len(mine)} changes" in says
    assert set(book.frames["gap_options"].loc[overtime, "by"]) == {"Ann"}
    book.frames["gap_options"] = book.frames["gap_options"].assign(take=False)
    taking.apply(book, now=company.NOW)
    assert set(book.frames["scenario_changes"].query("scenario == 'Agreed options'")["kind"]) == {"cost"}


def test_what_no_scenario_can_say_is_refused_with_the_reason(book):
    row = book.frames["gap_options"].query("option == 'raise price'").iloc[0]
    gap = f"{row['family']} {row['period']:%Y-%m}"
    before, book.writes = dict(book.frames), 0
    with pytest.raises(PlanningError, match=r"raise price for .* prices change for all months"):
        taking.take(book, gap, "raise price", now=company.NOW)
    with pytest.raises(InputError, match="has no option 'hope'; it has overtime"):
        taking.take(book, gap, "hope", now=company.NOW)
    with pytest.raises(InputError, match="gap 'Hats 2026-08' has no options; there are some for Bikes"):
        taking.take(book, "Hats 2026-08", "overtime", now=company.NOW)
    with pytest.raises(InputError, match="named by family and month"):
        taking.take(book, "Bikes", "overtime", now=company.NOW)
    with pytest.raises(InputError, match="Base is the plan itself"):
        taking.take(book, gap, "overtime", to="Base", now=company.NOW)
    with pytest.raises(PlanningError, match="no option is ticked"):
        taking.apply(book, now=company.NOW)
    assert book.writes == 0
    assert book.frames == before


def test_an_old_table_of_options_is_not_written_into_other_months(book):
    control = book.frames["control"]
    later = control["value"].mask(control["setting"].eq("as_of"), "2026-12-31")
    book.frames["control"] = control.assign(value=later)
    row = book.frames["gap_options"].query("option == 'overtime'").iloc[0]
    with pytest.raises(PlanningError, match="which is no longer planned; run Pre-S&OP"):
        taking.take(book, f"{row['family']} {row['period']:%Y-%m}", "overtime", now=company.NOW)


def test_changes_are_of_kinds_a_scenario_knows(late_frames):
    context = context_of(late_frames["control"], now=company.NOW)
    for text in late_frames["gap_options"]["changes"]:
        for kind, _, first, last in taking.changes_of(text, context):
            assert kind in KINDS
            assert 1 <= first <= last <= len(context.periods)


def test_promotions_of_the_months_planned_are_known(late_frames):
    context = context_of(late_frames["control"], now=company.NOW)
    start = company.PLANNED[1]
    events = pd.DataFrame(
        {"event": ["Spring", "Gone", "Shop"], "kind": "promotion", "item": "", "family": "Bikes", "channel": ["", "", "shop"],
         "start": [start, start - pd.DateOffset(years=1), start],
         "end": [start + pd.Timedelta(days=40), start - pd.DateOffset(months=11), start],
         "uplift": 0.3}
    )  # fmt: skip
    frames = {**late_frames, "events": events, "event_effects": late_frames["event_effects"].iloc[:0]}
    (found,) = gap_options.promotions(frames, context)
    assert (found.name, found.first, found.last, found.uplift) == ("Spring", 1, 2, 0.3)
    assert found.items == {"BIKE-1", "BIKE-2"}


def test_none_are_computed_where_none_are_wanted(late_frames):
    book = MemoryBook(late_frames)
    control = book.frames["control"]
    book.frames["control"] = control.assign(
        value=control["value"].mask(control["setting"].eq("gaps_with_options"), "0")
    )
    run(book, ["pre_sop"], now=company.NOW)
    assert book.frames["gap_options"].empty
    assert book.frames["gaps"]["first_day"].notna().all()


@pytest.fixture
def folder(late_frames, tmp_path):
    """The planned company as a folder of CSV files."""
    from sop_xl.workbook.csvbook import CsvBook

    place = tmp_path / "plan"
    place.mkdir()
    CsvBook(place).write(late_frames)
    return place


def test_the_command_lists_options_and_takes_one(folder, late_frames, capsys):
    from sop_xl.cli import main
    from sop_xl.workbook.book import open_book

    worst = late_frames["gaps"].iloc[0]
    gap = f"{worst['family']} {worst['period']:%Y-%m}"
    assert main(["options", str(folder)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{gap}\n  {worst['says']}\n")
    assert "  *  overtime" in told
    assert "no scenario" in told.split("raise price")[1].splitlines()[0]
    assert main(["options", str(folder), "--take", gap, "--option", "overtime", "--scenario", "July"]) == 0
    assert "scenario July now has" in capsys.readouterr().out
    changes = open_book(folder).read(["scenario_changes"]).frames["scenario_changes"]
    assert set(changes.loc[changes["scenario"].eq("July"), "kind"]) == {"overtime"}
    assert main(["options", str(folder)]) == 0
    assert "taken" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--take", "Bikes 2026-12"], "--take GAP and --option NAME belong together"),
        (["--scenario", "July"], "--scenario goes with --take or --apply"),
        (["--family", "Hats"], "there are no options for family 'Hats'; the families are Bikes"),
        (["--apply"], "no option is ticked on sheet GapOptions"),
    ],
)
def test_the_command_refuses_in_a_sentence(folder, capsys, given, says):
    from sop_xl.cli import main

    assert main(["options", str(folder), *given]) == 2
    assert says in capsys.readouterr().err


def test_the_button_writes_what_is_ticked(book):
    from udfs.commands import take_options

    table = book.frames["gap_options"]
    book.frames["gap_options"] = table.assign(take=table["option"].eq("overtime") & table["recommended"])
    assert take_options(book, lambda _doing, _share: None).startswith("scenario Agreed options now has")
