"""A command on the demo workbook in a real Calc, compared with the command line on a copy of the same file."""

from __future__ import annotations

import shutil

from test_commands import assert_the_same, frames_of

from sop_xl.cli import main
from sop_xl.demo.company import build
from sop_xl.workbook.book import open_book
from sop_xl.workbook.tables import TABLES


def test_demand_planning_of_the_demo_is_that_of_the_command_line(office, tmp_path):
    made = build(tmp_path / "demo", progress=lambda _doing, _share: None).book
    copy = shutil.copy(made, tmp_path / "cli.xlsx")
    assert main(["run", str(copy), "--step", "demand_planning", "--quiet"]) == 0
    office.open(str(made))
    try:
        says, _ = office.command("demand_planning")
        assert says.startswith("Demand Planning: ")
        assert_the_same(frames_of(office), open_book(copy).read(TABLES).frames)
        assert office.undo_titles() == ["S&OP: Plan demand"]
    finally:
        office.close()
