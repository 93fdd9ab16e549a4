"""Nothing planners put around a plan is lost, whatever command writes into their workbook (law 4).

One workbook with slicers, sparklines, spilled formulas, threaded comments, shapes, a picture, a pivot table, queries,
a data model, macros and columns of the planner's own goes through a whole month. After each command its parts and
features are counted, and every part that is not ours is compared byte for byte.
"""

from __future__ import annotations

import argparse
import re
import shutil
import zipfile
from pathlib import Path

import company
import pytest
import rich_book as rich

from sop_xl.cli import main, parser
from sop_xl.errors import PlanningError
from sop_xl.workbook.book import open_book
from udfs.registry import COMMANDS

MONTH = (
    ("gather", "--from", "{extracts}"),
    ("check", "--write"),
    ("run",),
    ("scenario", "--add", "Demand surge"),
    ("overrides", "--keep", "O-1"),
    ("options", "--apply"),
    ("undo",),
    ("redo",),
    ("run", "--step", "pre_sop"),
    ("approve", "--role", "CFO", "--name", "X"),
    ("run", "--step", "executive_sop", "--step", "execution"),
    ("reopen", "--why", "a tender was won"),
    ("undo",),
    ("replay", "--cycles", "2"),
    ("roll",),
    ("undo",),
    ("freeze", "--out", "{out}", "--blank"),
    ("health", "--repair", "all"),
)
"""A month of every command of the terminal that writes; `{extracts}` and `{out}` are places beside the workbook."""

MUST_WORK = {"gather", "check", "run", "approve", "roll", "undo", "freeze", "health"}
"""Commands that must do what they are asked here; others may say why not."""

NOT_INTO_A_BOOK = {
    *("demo", "new", "practice", "forecast", "balance", "serve", "addin", "calc"),
    *("status", "export", "bridge", "pack", "explain", "renew"),
}
"""Commands that make something of their own, or only read."""

OWN = re.compile(
    r"xl/worksheets/.*|xl/tables/.*|xl/(_rels/)?workbook\.xml(\.rels)?|\[Content_Types\]\.xml|xl/calcChain\.xml"
)
"""Parts a command may write: sheets, tables, and the workbook's list of them."""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The small company's workbook with everything around it."""
    from sop_xl.cycle.start import start

    path = tmp_path_factory.mktemp("fidelity") / "plan.xlsx"
    start(path, {"as_of": company.AS_OF, "horizon": 6, "company": "Small", "frozen_months": 0, "approvers": "CFO"})
    open_book(path).write({n: f for n, f in company.frames().items() if n != "control"})
    return rich.enrich(path)


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class Watched:
    """A workbook whose features are compared with what it began with."""

    def __init__(self, path):
        self.path = path
        self.features = rich.features(path)
        self.strangers = {n: d for n, d in parts_of(path).items() if not OWN.fullmatch(n)}
        self.formulas = self._formulas_of_mine()
        self.before = path.read_bytes()
        self.writes = 0

    def compare(self, command):
        """Fail where a command lost something."""
        data = self.path.read_bytes()
        if data == self.before:
            return
        self.before = data
        self.writes += 1
        now = rich.features(self.path)
        lost = {name: (count, now[name]) for name, count in self.features.items() if now[name] < count}
        assert not lost, f"{command} lost {lost}"
        parts = parts_of(self.path)
        changed = [n for n, d in self.strangers.items() if parts.get(n) != d]
        assert not changed, f"{command} wrote {changed}"
        assert self._formulas_of_mine() == self.formulas, f"{command} changed the planner's own sheet"
        doubles = b"".join(parts.values()).count(b"<f>LEN(tbl_items")
        items = open_book(self.path).read(["items"]).frames["items"]
        assert doubles == max(len(items), 1), f"{command} lost formulas of the planner's own column"

    def _formulas_of_mine(self):
        sheet = parts_of(self.path)["xl/worksheets/mine_sheet1.xml"]
        return re.findall(rb"<f[ />].*?(?:</f>|/>)", sheet)


def test_every_command_that_writes_is_tried():
    """A new command of the terminal belongs into `MONTH`, or into `NOT_INTO_A_BOOK` if it writes into no workbook."""
    made = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    assert {words[0] for words in MONTH} | NOT_INTO_A_BOOK == set(made.choices)


def test_the_workbook_has_what_planners_put_around_a_plan(source):
    features = rich.features(source)
    for mark in (
        *("<x14:sparkline>", ' cm="1"', "x14:cfRule", "slicer r:id", "<pivotCache ", "<threadedComment ", "<comment "),
        *("<xdr:sp ", "<xdr:pic>", "<externalReference ", "<hyperlink ", "<calculatedColumnFormula", "ObjectType="),
        *("part xl/connections.xml", "part xl/model/item.data", "part customXml/item.xml", "part xl/mine_metadata.xml"),
        *("part xl/slicers/slicer.xml", "part xl/pivotTables/pivotTable.xml", "part xl/persons/person.xml"),
        *("part xl/media/mine_image.png", "part xl/charts/mine_chart.xml", "part customUI/customUI.xml"),
    ):
        assert features[mark], mark


def test_a_month_at_the_terminal_loses_nothing(source, tmp_path, capsys):
    path = tmp_path / "plan.xlsx"
    shutil.copy(source, path)
    assert main(["export", str(path), "--out", str(tmp_path / "extracts"), "--table", "stock", "--quiet"]) == 0
    (tmp_path / "extracts" / "mapping.toml").write_text('[stock]\nfrom = "stock"\n', encoding="utf-8")
    places = {"extracts": tmp_path / "extracts", "out": tmp_path / "copy.xlsx"}
    watched = Watched(path)
    for command, *words in MONTH:
        asked = [command, str(path), *(word.format(**places) for word in words)]
        code = main(asked)
        said = capsys.readouterr()
        assert code == 0 or command not in MUST_WORK, f"{asked}: {said.err}"
        watched.compare(" ".join(asked))
    assert watched.writes >= 10


def test_no_button_loses_anything(source, tmp_path, monkeypatch):
    """Every button there is, in the order of the ribbon, on a workbook with macros; some say why they cannot."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    path = tmp_path / "plan.xlsm"
    shutil.copy(source, path)
    rich.add_macros(path)
    watched = Watched(path)
    for name, spec in COMMANDS.items():
        if not spec.needs_book or name == "pack":  # the pack is a file of its own, and takes long
            continue
        try:
            spec.run(open_book(path), lambda _doing, _share: None)
        except PlanningError as error:
            assert str(error)
        watched.compare(spec.label)
    assert watched.writes >= 5
    assert "xl/vbaProject.bin" in parts_of(path)
