"""Undo and redo: what commands wrote goes and comes back, what people typed is kept or named, never lost."""

from __future__ import annotations

import shutil

import company
import pandas as pd
import pytest
from books import MemoryBook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sop_xl.cycle import journal, sign
from sop_xl.cycle.images import from_text, image, restored, to_text
from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.run import run
from sop_xl.cycle.seal import edits, seal
from sop_xl.cycle.undoing import redo_book, undo_book, undo_list
from sop_xl.cycle.versions import fingerprint
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.csvbook import CsvBook
from sop_xl.workbook.tables import TABLES

SIGNED = {"VP Sales": "S", "VP Operations": "O", "CFO": "F", "General manager": "G"}
PLAIN = [n for n in TABLES if n not in journal.OWN]


def content(book):
    return {n: fingerprint(f) for n, f in book.read(PLAIN).frames.items()}


def rows(book):
    """Every table in its order, for comparing more than content."""
    return {n: shaped(TABLES[n], f) for n, f in book.read(PLAIN).frames.items()}


def same(one, other):
    for name in PLAIN:
        pd.testing.assert_frame_equal(one[name], other[name], obj=name)


def typed(book, table, column, value, row=0):
    """What a person types into a cell, between commands."""
    frame = book.read((table,)).frames[table].reset_index(drop=True)
    frame.loc[row, column] = value
    book.write({table: frame})


@pytest.fixture
def books(memory, workbook, tmp_path):
    """The same small company in memory, in a workbook and in a folder."""
    folder = tmp_path / "tables"
    folder.mkdir()
    CsvBook(folder).write(memory.frames)
    return {"workbook": lambda: open_book(workbook), "folder": lambda: open_book(folder)}


@pytest.mark.parametrize("kind", ["workbook", "folder"])
def test_all_commands_undone_and_done_again_in_files(books, kind):
    fresh = books[kind]
    stages = [rows(fresh())]
    for steps in (["data_gathering"], ["demand_planning"]):
        run(fresh(), steps, now=company.NOW)
        stages.append(rows(fresh()))
    typed(fresh(), "overrides", "value", 0.5)
    run(fresh(), ["demand_planning"], now=company.NOW)
    last = rows(fresh())
    assert undo_book(fresh()).startswith("run demand_planning of")
    again = rows(fresh())
    assert again["overrides"].loc[0, "value"] == 0.5  # typed in a table that no command wrote
    same({**again, "overrides": stages[2]["overrides"]}, stages[2])
    undo_book(fresh(), steps=2)
    assert fresh().read(("consensus",)).frames["consensus"].empty
    back = rows(fresh())
    same({**back, "overrides": stages[0]["overrides"]}, stages[0])
    redo_book(fresh(), steps=3)
    same(rows(fresh()), last)
    with pytest.raises(PlanningError, match="nothing to do again"):
        redo_book(fresh())


def test_the_log_tells_of_undo_and_redo(memory):
    run(memory, ["data_gathering"], now=company.NOW)
    before = memory.frames["audit_log"].copy()
    undo_book(memory, now=company.NOW)
    redo_book(memory, now=company.NOW)
    log = memory.frames["audit_log"]
    pd.testing.assert_frame_equal(log.iloc[: len(before)], before)
    assert list(dict.fromkeys(log["command"])) == ["run data_gathering", "undo", "redo"]
    assert log["number"].tolist() == list(range(1, len(log) + 1))
    assert log["says"].iloc[-1].startswith("run data_gathering of 2026-07-03 09:00; sop-xl")


def test_an_edit_that_would_be_lost_is_named_and_nothing_is_written(planned):
    typed(planned, "approvals", "name", "Ann")
    row = planned.frames["approvals"].iloc[0]
    before = {n: f.copy() for n, f in planned.frames.items()}
    says = f"sheet Decisions, {row['version']} {row['role']}: column Name was changed from blank to Ann after it"
    with pytest.raises(PlanningError, match=says) as refused:
        undo_book(planned)
    assert "--force" in str(refused.value)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(planned.frames[name], frame)
    said = undo_book(planned, force=True)
    assert "given up: sheet Decisions" in said
    assert planned.frames["consensus"].empty


def test_an_edit_in_a_row_that_stays_is_kept(planned):
    planned.frames["calendar"]["fence"] = ""
    run(planned, ["data_gathering"], now=company.NOW)
    assert "slushy" in set(planned.frames["calendar"]["fence"])
    typed(planned, "calendar", "working_days", 7.0, 1)
    undo_book(planned)
    assert planned.frames["calendar"].loc[1, "working_days"] == 7.0
    assert set(planned.frames["calendar"]["fence"]) == {""}


def test_rows_typed_since_are_kept(planned):
    sign.sign(planned, SIGNED, now=company.NOW)
    run(planned, ["executive_sop"], now=company.NOW)
    before = content(planned)
    sign.roll_book(planned, now=company.NOW)
    new = planned.frames["overrides"].iloc[[0]].assign(override="mine", reason="typed since")
    planned.frames["overrides"] = pd.concat([planned.frames["overrides"], new], ignore_index=True)
    undo_book(planned)
    assert planned.frames["overrides"]["override"].tolist()[-1] == "mine"
    after = content(planned)
    assert {n for n in PLAIN if after[n] != before[n]} == {"overrides"}


def test_redo_refuses_when_the_book_changed_in_between(planned):
    sign.sign(planned, SIGNED, now=company.NOW)
    undo_book(planned)
    planned.frames["approvals"].loc[0, "name"] = "Someone else"
    with pytest.raises(PlanningError, match=r"cannot be done again.*sheet Decisions.*column Name .*to Someone else"):
        redo_book(planned)


def test_a_new_command_leaves_nothing_to_do_again(planned):
    sign.sign(planned, SIGNED, now=company.NOW)
    undo_book(planned)
    sign.sign(planned, {"CFO": "F"}, now=company.NOW)
    with pytest.raises(PlanningError, match="nothing to do again"):
        redo_book(planned)
    assert [e.undone for e in undo_list(planned)] == [False] * len(undo_list(planned))


def test_fewer_than_one_command_cannot_be_undone(planned):
    with pytest.raises(InputError, match="1 or more, got 0"):
        undo_book(planned, steps=0)


def test_more_commands_than_there_are_says_how_many_there_are(planned):
    before = content(planned)
    with pytest.raises(PlanningError, match="only 1 command can be undone, not 5; nothing was written"):
        undo_book(planned, steps=5, now=company.NOW)
    assert content(planned) == before
    undo_book(planned, now=company.NOW)
    with pytest.raises(PlanningError, match="only 1 command can be done again, not 2"):
        redo_book(planned, steps=2, now=company.NOW)


def test_twenty_commands_are_kept(planned):
    for n in range(23):
        sign.sign(planned, {"CFO": "F"}, note=str(n), now=company.NOW)
    kept = undo_list(planned)
    assert len(kept) == journal.RUNS_KEPT
    assert (kept[0].number, kept[-1].number) == (5, 24)
    undo_book(planned, steps=20)
    assert [e.undone for e in undo_list(planned)] == [True] * 20
    assert "2" in set(planned.frames["approvals"]["note"])
    redo_book(planned, steps=20)
    assert "22" in set(planned.frames["approvals"]["note"])


def test_a_journal_of_an_earlier_version_is_undone_as_before(planned):
    before = planned.frames["scorecard"].copy()
    text = old_image(before)
    row = {"number": 1.0, "table": "scorecard", "part": 1.0, "when": company.NOW, "command": "run", "image": text}
    planned.frames["journal"] = shaped(TABLES["journal"], pd.DataFrame([row]))
    planned.frames["scorecard"] = before.assign(value=1.0)
    assert undo_book(planned).startswith("run of 2026-07-03")
    pd.testing.assert_frame_equal(planned.frames["scorecard"], before)
    redo_book(planned)
    assert planned.frames["scorecard"]["value"].eq(1.0).all()


def old_image(frame):
    import base64
    import zlib

    text = frame.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%S.%f")
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


@pytest.mark.parametrize("text", ["u|nonsense", "", "u|" + "QUJD" * 20])
def test_a_spoilt_journal_is_said_to_be_one(planned, text):
    planned.frames["journal"].loc[0, "image"] = text
    with pytest.raises(PlanningError, match=r"sheet Journal: the image of table tbl_\w+ cannot be read"):
        undo_book(planned)


def test_what_libreoffice_saves_is_no_edit(workbook, soffice, tmp_path):
    import os
    import subprocess

    run(open_book(workbook), ["data_gathering", "demand_planning"], now=company.NOW)
    out = tmp_path / "saved"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(workbook)]
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        timeout=180,
        env={**os.environ, "PATH": f"/usr/bin:{os.environ['PATH']}"},
    )
    saved = open_book(shutil.move(str(out / "plan.xlsx"), tmp_path / "again.xlsx"))
    assert undo_book(saved).startswith("run data_gathering")
    assert saved.read(("consensus",)).frames["consensus"].empty


# --- properties -----------------------------------------------------------------------------------------------------

TABLE = TABLES["gaps"]
FAMILIES = ["Bikes", "Gloves", "Helmets", "Wear"]
MONTHS = pd.date_range("2026-07-01", periods=3, freq="MS")
FEW = settings(max_examples=60, deadline=None)
_texts = st.sampled_from(["", "Ann", "Bo"])
_keys = st.tuples(st.sampled_from(FAMILIES), st.sampled_from(list(MONTHS)))
_rows = st.dictionaries(_keys, st.tuples(st.sampled_from([1.0, 2.5, 0.1 + 0.2]), _texts), max_size=8)


def gaps(made):
    frame = pd.DataFrame(
        [{"family": f, "period": m, "gap": gap, "owner": owner} for (f, m), (gap, owner) in made.items()],
        columns=["family", "period", "gap", "owner"],
    )
    return shaped(TABLE, frame)


def by_key(frame):
    return {(r.family, r.period): (r.gap, r.owner) for r in frame.itertuples()}


@FEW
@given(_rows, _rows)
def test_an_image_puts_back_exactly_what_stood(before, after):
    kept = from_text(to_text(image(TABLE, gaps(before), gaps(after))), TABLE)
    back, lost = restored(TABLE, kept, gaps(after))
    assert lost == ()
    pd.testing.assert_frame_equal(back, gaps(before))


@FEW
@given(_rows, _rows, st.randoms())
def test_a_sorted_table_is_no_edit(before, after, chance):
    kept = image(TABLE, gaps(before), gaps(after))
    order = list(range(len(after)))
    chance.shuffle(order)
    back, lost = restored(TABLE, kept, gaps(after).iloc[order])
    assert lost == ()
    assert by_key(back) == by_key(gaps(before))


@FEW
@given(_rows, _rows, _rows)
def test_an_edit_is_kept_or_refused(before, after, now):
    """Whatever a person turned `after` into: undo keeps every cell they changed, or names an edit."""
    kept = image(TABLE, gaps(before), gaps(after))
    back, lost = restored(TABLE, kept, gaps(now))
    if lost:
        assert all(item.says for item in lost)
        return
    got = by_key(back)
    for key, values in now.items():
        was = after.get(key)
        if was is None:
            assert got[key] == values
            continue
        for n in range(2):
            if values[n] != was[n]:
                assert got[key][n] == values[n]
    for key in after.keys() - now.keys():
        assert key not in got or (key in before and key not in after)


@FEW
@given(_rows, _rows)
def test_a_seal_names_every_edited_cell(was, now):
    found = edits(seal(TABLE, gaps(was)), TABLE, gaps(now))
    frame = gaps(now)
    assert {(frame.family[r], frame.period[r]) for r in found.added} == now.keys() - was.keys()
    assert len(found.removed) == len(was.keys() - now.keys())
    expected = {
        (key, name)
        for key in now.keys() & was.keys()
        for n, name in enumerate(("gap", "owner"))
        if now[key][n] != was[key][n]
    }
    assert {((frame.family[r], frame.period[r]), c) for r, c in found.cells} == expected


def test_a_seal_of_a_large_table_names_a_few_edits_and_says_when_there_are_more():
    table = TABLES["projected_balance"]
    frame = shaped(
        table,
        pd.DataFrame(
            {"item": [f"I{n}" for n in range(3000)], "location": "L", "measure": "closing", "period": MONTHS[0],
             "quantity": [n / 7 for n in range(3000)]}
        ),
    )  # fmt: skip
    kept = seal(table, frame)
    assert kept.folded
    few = frame.copy()
    few.loc[[5, 77, 2999], "quantity"] = 1e6
    assert edits(kept, table, few).cells == ((5, "quantity"), (77, "quantity"), (2999, "quantity"))
    assert edits(kept, table, frame.assign(quantity=0.0)).unclear


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["checks", "demand", "sign", "edit"]), max_size=4), st.data())
def test_any_commands_undone_and_done_again_give_the_same_tables(planned_frames, commands, data):
    book = MemoryBook({n: f.copy() for n, f in planned_frames.items()})
    for n, name in enumerate(commands):
        now = company.NOW.replace(minute=n)
        if name == "sign":
            sign.sign(book, {"CFO": "F"}, note=str(n), now=now)
        elif name == "edit":
            book.frames["overrides"] = book.frames["overrides"].assign(value=0.1 * n)
        elif name == "demand":
            run(book, ["demand_planning"], now=now)
        else:
            run(book, ["data_gathering"], now=now)
    end = rows(book)
    steps = data.draw(st.integers(1, len(undo_list(book))))
    undo_book(book, steps=steps)
    redo_book(book, steps=steps)
    same(rows(book), end)
