"""The pre-S&OP pack: its numbers are the tables', it has no empty page, and nothing leaves the paper."""

import io
import re
from datetime import datetime

import company
import pandas as pd
import pytest
from books import MemoryBook
from pypdf import PdfReader

from sop_xl.cli import main
from sop_xl.cycle.run import run
from sop_xl.errors import InputError, PlanningError
from sop_xl.pack import build, letters
from sop_xl.pack.pages import cash, decide, demand, gaps, outlook, score, signals, supply
from sop_xl.pack.paper import HEIGHT, WIDTH, Paper
from sop_xl.workbook.csvbook import CsvBook

NOW = datetime(2026, 7, 3, 9, 0)


@pytest.fixture(scope="module")
def planned():
    frames = company.frames()
    book = MemoryBook(frames | {name: frames[name].iloc[:0] for name in ("stock", "receipts")})
    run(book, now=NOW)
    return book.frames


@pytest.fixture
def facts(planned):
    return facts_of(planned)


def facts_of(frames):
    book = MemoryBook(frames)
    book.where = "/somewhere/plan.xlsx"
    return build.facts_of(book, NOW)


def texts(content):
    """The words of each page, spaces made one."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]


def test_a_planned_company_has_ten_to_fifteen_pages_with_a_message_each(facts):
    pages = build.pages_of(facts)
    found = texts(build.pack(facts))
    assert len(found) == len(pages) + 1
    assert 10 <= len(found) <= build.MOST_PAGES
    for number, (page, words) in enumerate(zip(pages, found[1:], strict=True), 2):
        assert page.headline in words.replace("- ", "-") or page.headline[:40] in words
        assert page.section.upper() in words
        assert f"{number} / {len(found)}" in words
        assert len(words) > 250, f"page {page.section} is all but empty: {words}"


def test_the_same_plan_and_clock_give_the_same_bytes(facts, planned):
    assert build.pack(facts) == build.pack(facts_of(planned))
    assert build.executive_page(facts) == build.executive_page(facts_of(planned))


def test_cover_names_cycle_version_hash_and_the_state_of_every_step(facts, planned):
    cover = texts(build.pack(facts))[0]
    version = planned["versions"].iloc[-1]
    assert "Small" in cover
    assert f"Version {version['version']}" in cover
    assert version["hash"][:16] in cover
    for step, status in zip(planned["steps"]["step"], planned["steps"]["status"], strict=True):
        assert step in cover
        assert status in cover
    for role in facts.settings.approvers.split(", "):
        assert role in cover


def test_numbers_on_the_pages_are_those_of_the_tables(facts, planned):
    words = " ".join(texts(build.pack(facts)))
    months = facts.horizon
    plan = planned["consensus"]
    total = plan.loc[plan["period"].isin(months), "quantity"].sum()
    assert f"Demand of {total:,.0f} units" in words
    card = planned["scorecard"].set_index("kpi")["value"]
    assert f"serves {100 * card['Service level']:.1f} % on time" in words
    accuracy = planned["accuracy"].query("level == 'total'").set_index("step")["wmape"]
    assert f"misses by {100 * accuracy['statistical']:.1f} %" in words
    for _, gap in planned["gaps"].head(10).iterrows():
        assert f"{gap['gap']:,.0f} {gap['demand']:,.0f} {gap['money']:,.0f}" in words
    for _, risk in planned["risks"].iterrows():
        assert risk["risk"] in words


def test_demand_against_budget_is_computed_from_both(facts, planned):
    plan, budget = planned["consensus"], planned["budget"]
    planned_units = plan["quantity"].sum()
    budgeted = budget.loc[budget["measure"].eq("units"), "value"].sum()
    share = planned_units / budgeted - 1
    way = "above" if share > 0 else "below"
    assert f"{abs(100 * share):.1f} % {way} budget" in demand.headline(facts)


def test_bridge_closes(facts):
    for of in ("revenue", "margin"):
        steps = cash.bridge(facts, of)
        assert sum(value for _, value in steps[:-1]) == pytest.approx(steps[-1][1], abs=3)


def test_executive_page_is_one_page_and_asks_for_the_decisions(facts):
    (words,) = texts(build.executive_page(facts))
    assert "Executive" in words.title()
    assert facts.version[0] in words
    assert decide.headline(facts)[:20] in words


def test_a_draft_asks_for_its_approval_first_and_an_approved_plan_does_not(facts, planned):
    first = decide.asked(facts)[0]
    assert first.proposal.startswith(f"Approve version {facts.version[0]}")
    approved = planned["versions"].assign(status="approved")
    assert not any("Approve" in a.proposal for a in decide.asked(facts_of(planned | {"versions": approved})))


def test_an_open_decision_is_asked_and_a_decided_one_is_not(planned):
    rows = pd.DataFrame(
        {"decision": ["D-1", "D-2"], "issue": ["Second shift in paint?", "Close the store?"], "options": ["yes; no", ""],
         "decided": ["", "no"], "status": ["open", "open"], "effect": [-5000.0, 0.0]}
    )  # fmt: skip
    from sop_xl.cycle.keeping import shaped
    from sop_xl.workbook.tables import TABLES

    asked = decide.asked(facts_of(planned | {"decisions": shaped(TABLES["decisions"], rows)}))
    assert [a.about for a in asked if a.about.startswith("Decision")] == ["Decision D-1"]


def test_assumptions_that_ended_come_first(planned):
    from sop_xl.cycle.keeping import shaped
    from sop_xl.workbook.tables import TABLES

    rows = pd.DataFrame(
        {"assumption": ["holds", "gone", "new", "soon"], "changed": [False, False, True, False],
         "expires": pd.to_datetime(["2030-01-01", "2026-05-31", "2030-01-01", "2026-07-31"])}
    )  # fmt: skip
    facts = facts_of(planned | {"assumptions": shaped(TABLES["assumptions"], rows)})
    assert outlook.assumptions(facts)["assumption"].tolist() == ["gone", "new", "soon", "holds"]
    assert "3 assumptions ask for a new answer" in outlook.headline(facts).replace("A", "a")


def test_an_empty_book_says_what_to_do_first():
    with pytest.raises(PlanningError, match="no plan to show yet; run the cycle first"):
        facts_of(company.frames())


def test_a_half_run_book_has_a_shorter_pack():
    book = MemoryBook(company.frames())
    run(book, ["data_gathering", "demand_planning"], now=NOW)
    facts = facts_of(book.frames)
    found = texts(build.pack(facts))
    assert 3 <= len(found) < 10
    assert "The plan has not been scored yet" in found[1]
    sections = [page.section for page in build.pages_of(facts)]
    assert "Demand: accuracy" in sections
    assert "Scenarios" not in sections
    assert sections[-1] == "Decisions asked"


def many(planned, count=30):
    """The planned company with the rows of its families repeated under long names."""
    long = "Trekking and expedition bicycles with electric assistance, series"
    frames = dict(planned)
    for name, frame in planned.items():
        if "family" not in frame or frame.empty or name in ("risks", "overrides", "inputs"):
            continue
        copies = [
            frame.assign(family=[f if f in ("Total", "") else f"{long} {f} {n:02d}" for f in frame["family"]])
            for n in range(count)
        ]
        keys = [c for c in ("item", "location", "period", "kind", "family", "measure", "block", "step", "of", "option",
                            "part", "number") if c in frame]  # fmt: skip
        frames[name] = pd.concat(copies, ignore_index=True).drop_duplicates(keys, ignore_index=True)
    wide = planned["resource_load"]
    frames["resource_load"] = pd.concat(
        [wide.assign(resource=f"Powder coating and final inspection line number {n}") for n in range(25)]
    )
    frames["risks"] = pd.concat([planned["risks"].assign(risk=f"{long} {n}: " + "may be late " * 9) for n in range(40)])
    return frames


def test_thirty_long_families_stay_on_the_paper(planned, monkeypatch):
    drawn = []
    plain = Paper.text

    def text(self, x, y, words, size=9, color="", *, bold=False, align="left"):
        wide = letters.width(words, size, bold)
        left = x - {"left": 0, "right": wide, "center": wide / 2}[align]
        drawn.append((self.number, left, left + wide, y, size, words))
        plain(self, x, y, words, size, color or "#000000", bold=bold, align=align)

    monkeypatch.setattr(Paper, "text", text)
    content = build.pack(facts_of(many(planned)))
    assert 10 <= len(PdfReader(io.BytesIO(content)).pages) <= build.MOST_PAGES
    for page, left, right, y, size, words in drawn:
        assert left >= 9, f"page {page}: {words}"
        assert right <= WIDTH - 6, f"page {page}: {words}"
        assert size <= y <= HEIGHT - 6, f"page {page}: {words}"
    body = [(p, y, words) for p, *_, y, size, words in drawn if p > 1 and size > 7.5 and y > 90]
    assert max(y for _, y, _ in body) <= 562, max(body, key=lambda row: row[1])


def test_letters_that_helvetica_lacks_are_shown_by_another_font_or_as_a_question_mark(planned):
    items = planned["control"].assign(
        value=planned["control"]["value"].mask(planned["control"]["setting"].eq("company"), "Škoda Łódź Ελλάς")
    )
    cover = texts(build.pack(facts_of(planned | {"control": items})))[0]
    assert "Škoda" in cover
    assert "Ελλάς" in cover or "?????" in cover


def test_headlines_name_what_is_worst(facts, planned):
    card = planned["scorecard"]
    bad = card.loc[card["status"].eq("bad"), "kpi"]
    assert all(name.casefold() in score.headline(facts).casefold() for name in bad.head(3))
    load = planned["resource_load"].query("measure == 'load'")
    peak = load.loc[load["hours"].idxmax()]
    assert supply.load_headline(facts).startswith(f"{peak['resource']} is loaded to {100 * peak['hours']:.0f} %")
    worst = planned["gaps"].groupby("family")["money"].sum().idxmax()
    assert gaps.largest(facts)[0] == worst
    assert "1 override move" in signals.headline(facts)


def test_command_writes_the_file_and_names_its_pages(planned, tmp_path, capsys):
    folder = tmp_path / "plan"
    folder.mkdir()
    CsvBook(folder).write(planned)
    assert main(["pack", str(folder)]) == 0
    made = tmp_path / "plan pack.pdf"
    assert f"{made}: " in capsys.readouterr().out
    assert made.read_bytes().startswith(b"%PDF")
    out = tmp_path / "new" / "exec.pdf"
    assert main(["pack", str(folder), "--executive", "--out", str(out)]) == 0
    assert len(PdfReader(out).pages) == 1
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_place_that_cannot_be_written_is_said(planned, tmp_path, capsys):
    folder = tmp_path / "plan"
    folder.mkdir()
    CsvBook(folder).write(planned)
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert main(["pack", str(folder), "--out", str(blocked / "pack.pdf")]) == 3
    assert "cannot be made" in capsys.readouterr().err


def test_the_button_writes_both_files_where_the_planner_finds_them(planned, tmp_path, monkeypatch):
    from udfs import commands

    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    said = commands.pack(MemoryBook(planned), lambda *_: None)
    made = sorted(p.name for p in (tmp_path / "S&OP exports" / "memory").iterdir())
    assert made == ["memory executive.pdf", "memory pack.pdf"]
    assert "pages are in" in said


def test_the_way_from_the_last_plan_is_drawn_where_there_was_one(planned):
    from sop_xl.cycle.keeping import shaped
    from sop_xl.workbook.tables import TABLES

    steps = {"last plan": 1000.0, "actuals": -40.0, "override: Tender": 90.0, "nothing": 0.0, "this plan": 1050.0}
    rows = pd.DataFrame({"number": range(len(steps)), "step": list(steps), "units": list(steps.values())})
    bridge = shaped(TABLES["plan_bridge"], rows.assign(part="demand", family="Total"))
    facts = facts_of(planned | {"plan_bridge": bridge})
    assert [name for name, _ in cash.last_plan(facts)] == ["last plan", "actuals", "override: Tender", "this plan"]
    words = " ".join(texts(build.pack(facts)))
    assert "This plan stands +50 units against the last one" in words


def test_the_sentence_of_a_rehearsal_is_told_beside_accuracy(planned):
    from sop_xl.cycle.keeping import shaped
    from sop_xl.workbook.tables import TABLES

    rows = pd.DataFrame(
        {"cycle": ["all"], "plan": ["today's settings"], "says": ["With today's settings all is well."]}
    )
    facts = facts_of(planned | {"replay": shaped(TABLES["replay"], rows)})
    page = next(words for words in texts(build.pack(facts)) if "DEMAND: ACCURACY" in words)
    assert "Rehearsal: With today's settings all is well." in page


def test_a_pack_takes_no_workbook_s_place(planned, tmp_path):
    book = tmp_path / "plan.xlsx"
    book.write_bytes(b"a workbook")
    with pytest.raises(InputError, match=r"the pack is a \.pdf; plan\.xlsx would not be one"):
        build.write_pack(MemoryBook(planned), book)
    assert book.read_bytes() == b"a workbook"
