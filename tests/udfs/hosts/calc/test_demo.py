"""Every command on the demo workbook in a real Calc, compared with the terminal on a copy of the same file.

One order that a month could have: both begin with the same file, whatever a person types is typed into both, and after
each command that writes every table is compared. A command of the registry that the order does not name is run before
the cycle is closed, and compared with the same command on the file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pytest
from test_commands import assert_the_same, frames_of

from sop_xl.cli import main
from sop_xl.cycle.desk import user_name
from sop_xl.cycle.freeze import check_frozen
from sop_xl.demo.company import build
from sop_xl.errors import PlanningError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.tables import TABLES, table
from udfs.registry import COMMANDS

ROLES = ("VP Sales", "VP Operations", "CFO", "General manager")
WHY = "a tender was won"
CLOCKS = re.compile(r"\d+\.\d s\b|\d\d:\d\d(:\d\d)?")
"""Times, which no two runs have in common."""


class Both:
    """The demo open in Calc, and a copy of its file for the terminal."""

    def __init__(self, calc, in_calc, at_terminal, home):
        self.calc, self.in_calc, self.at_terminal, self.home = calc, in_calc, at_terminal, home
        self.beside = ThreadPoolExecutor(1)

    def type(self, name, values, *, row=None, **where):
        """Type values into a row of a table, in Calc and in the file; a new row where none is named."""
        declared = table(name)
        label = {column.name: column.label for column in declared.columns}
        frame = open_book(self.at_terminal).read([name]).frames[name].reset_index(drop=True)
        if row is None and not where:
            self.calc.add_row(declared.excel_name, {label[n]: v for n, v in values.items()})
            row = len(frame)
        else:
            keys = {label[n]: v for n, v in where.items()}
            at = self.calc.row_where(declared.excel_name, **keys)
            self.calc.type_into(declared.excel_name, at, {label[n]: v for n, v in values.items()})
            row = next(i for i, r in frame.iterrows() if all(r[n] == v for n, v in where.items()))
        for column, value in values.items():
            kind = declared.column(column).kind
            frame.loc[row, column] = pd.Timestamp(value) if kind.is_time else value
        open_book(self.at_terminal).write({name: frame})

    def press(self, name, words):
        """A button in Calc, and meanwhile what the terminal does: what Calc says, and what came of the other."""
        pressed = self.beside.submit(self.calc.command, name)
        asked = (*words[:1], str(self.at_terminal), *words[1:], "--quiet")
        made = main(asked) if words else self.button_on_the_file(name)
        return pressed.result()[0], made

    def button_on_the_file(self, name):
        """What the same command says of the file."""
        try:
            return COMMANDS[name].run(open_book(self.at_terminal), lambda _doing, _share: None)
        except PlanningError as error:
            return str(error)

    def frames(self):
        """The tables of both."""
        filed = self.beside.submit(lambda: open_book(self.at_terminal).read(TABLES).frames)
        return frames_of(self.calc), filed.result()

    def compare(self):
        """Fail where the two differ; what Execution was made from holds the second in which the version was named."""
        pair = self.frames()
        for frames in pair:
            steps = frames["steps"]
            frames["steps"] = steps.assign(inputs_hash=steps["inputs_hash"].mask(steps["step"].eq("Execution"), ""))
        assert_the_same(*pair)


@dataclass(frozen=True)
class Step:
    """A command of the order: what is typed before, what the terminal does, and what is looked at afterwards."""

    name: str
    words: tuple[str, ...] = ()
    """Words for the terminal after `sop-xl COMMAND BOOK`; without any the command itself is run on the file."""
    types: Callable[[Both], None] | None = None
    writes: bool = True
    looks: Callable[[Both], None] | None = None


def step_of(name: str) -> tuple[str, ...]:
    return ("run", "--step", name)


def one_override(both: Both) -> None:
    """An override of a family, and a choice about one that stands on the radar."""
    entered = date.today().isoformat()
    both.type("overrides", {
        "override": "A-1", "family": "Mountain Bikes", "first_period": "2020-05-01", "last_period": "2020-06-01",
        "kind": "percent", "value": 0.3, "reason": "Promotion", "owner": "Ann", "entered": entered, "expires": "2020-06-30",
    })  # fmt: skip


def a_choice(both: Both) -> None:
    both.type("override_radar", {"action": "keep", "by": "Ann"}, override="A-1")


def an_option(both: Both) -> None:
    """The option that pays best for one of the gaps."""
    options = open_book(both.at_terminal).read(["gap_options"]).frames["gap_options"]
    best = options[options["recommended"] & options["changes"].ne("")].iloc[0]
    where = {name: best[name] for name in ("family", "option", "rank")}
    both.type("gap_options", {"take": True, "by": "Bob"}, **where)


def a_template(both: Both) -> None:
    both.type("scenario_library", {"add": True}, template="Demand surge")


def a_promotion(both: Both) -> None:
    both.type("scenarios", {"promote": True}, scenario="Demand surge")


def why(both: Both) -> None:
    versions = open_book(both.at_terminal).read(["versions"]).frames["versions"]
    both.type("versions", {"note": WHY}, version=versions["version"].iloc[-1])


def a_question(both: Both) -> None:
    sheet, left, top, _, _ = both.calc.range_of("tbl_consensus")
    cell = f"{sheet}!{chr(ord('A') + left + 6)}{top + 3}"
    both.type("questions", {"question": cell}, number=1.0)


def signatures(both: Both) -> None:
    """One role is the person at the machine; the others typed theirs already."""
    version = open_book(both.at_terminal).read(["versions"]).frames["versions"]["version"].iloc[-1]
    today = date.today().isoformat()
    for role in ROLES:
        mine = role == "CFO"
        typed = {"name": user_name()} if mine else {"name": "O. Example", "decision": "approve", "date": today}
        both.type("approvals", typed, version=version, role=role)


def the_frozen_copies(both: Both) -> None:
    """What Calc's button froze holds the same tables as what the terminal freezes."""
    (ours,) = both.in_calc.parent.glob("* frozen *.xlsx")
    assert main(["freeze", str(both.at_terminal), "--out", str(both.at_terminal.with_name("t.xlsx")), "--quiet"]) == 0
    stamps = [check_frozen(path).stamp for path in (ours, both.at_terminal.with_name("t.xlsx"))]
    assert stamps[0].tables == stamps[1].tables


def the_exports(both: Both) -> None:
    """Every file has the same bytes as the terminal's."""
    out = both.at_terminal.parent / "tables"
    assert main(["export", str(both.at_terminal), "--out", str(out), "--quiet"]) == 0
    home = both.calc.home / "S&OP exports" / both.in_calc.stem
    files = sorted(path.name for path in out.iterdir())
    assert files == sorted(path.name for path in home.iterdir())
    assert [n for n in files if (out / n).read_bytes() != (home / n).read_bytes()] == []


def the_packs(both: Both) -> None:
    assert len(list(both.in_calc.parent.glob("*.pdf"))) == len(list(both.at_terminal.parent.glob("*.pdf"))) == 2


ORDER = (
    Step("about", writes=False),
    Step("status", writes=False),
    Step("summary", writes=False),
    Step("health_check", writes=False),
    Step("freeze_copy", writes=False, looks=the_frozen_copies),
    Step("export_tables", writes=False, looks=the_exports),
    Step("pack", writes=False, looks=the_packs),
    Step("check_data", ("check", "--write")),
    Step("reopen", ("reopen", "--why", WHY), why),
    Step("data_gathering", step_of("data_gathering")),
    Step("demand_planning", step_of("demand_planning"), one_override),
    Step("undo", ("undo",)),
    Step("redo", ("redo",)),
    Step("apply_override_choices", ("overrides", "--apply"), a_choice),
    Step("supply_planning", step_of("supply_planning")),
    Step("pre_sop", step_of("pre_sop")),
    Step("take_options", ("options", "--apply"), an_option),
    Step("add_scenarios", (), a_template),
    Step("promote_scenario", ("scenario", "--promote", "Demand surge"), a_promotion),
    Step("run_all", ("run",)),
    Step("rehearse", ("replay",)),
    Step("explain_number", ("explain", "--sheet"), a_question),
    Step("approve", ("approve", "--role", "CFO", "--name", user_name()), signatures),
    Step("executive_sop", step_of("executive_sop")),
    Step("execution", step_of("execution")),
    Step("status", writes=False),
    Step("next_cycle", ("roll",)),
)
"""A month of every command there is; `next_cycle` is the last."""


def order() -> list[Step]:
    """The order, with commands that it does not name before the cycle is closed."""
    named = {step.name for step in ORDER}
    new = [Step(name) for name in COMMANDS if name not in named]
    return [*ORDER[:-1], *new, ORDER[-1]]


@pytest.fixture(scope="module")
def both(office, tmp_path_factory):
    """The demo, built once: open in Calc, and a copy of it for the terminal."""
    folder = tmp_path_factory.mktemp("demo")
    made = build(folder / "calc", progress=lambda _doing, _share: None).book
    (folder / "terminal").mkdir()
    copy = shutil.copy(made, folder / "terminal" / made.name)
    office.open(str(made))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder / "home"))
        pair = Both(office, made, copy, folder / "home")
        yield pair
        pair.beside.shutdown()
    office.close()


def plainly(says: Any, *folders: Any) -> str:
    """Words without what two machines, or two moments, have not in common."""
    for folder in folders:
        says = str(says).replace(str(folder), "FOLDER")
    return CLOCKS.sub("...", says)


def test_every_command_on_the_demo_is_that_of_the_terminal(both, capsys):
    both.compare()
    for step in order():
        if step.types is not None:
            step.types(both)
        says, made = both.press(step.name, step.words)
        assert "sop_xl failed" not in says, (step.name, says)
        if step.words:
            assert made in (0, 1), (step.name, capsys.readouterr().err)
        else:
            wanted = plainly(made, both.at_terminal.parent, both.home)
            assert plainly(says, both.in_calc.parent, both.calc.home) == wanted, step.name
        if step.looks is not None:
            step.looks(both)
        if step.writes:
            try:
                both.compare()
            except AssertionError as error:
                raise AssertionError(f"{step.name}, which says {says!r}: {error}") from None
    assert any(title.startswith("S&OP: ") for title in both.calc.undo_titles())
