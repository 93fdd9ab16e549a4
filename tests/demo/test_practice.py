"""The practice workbook: every problem is made, seen by its marking, and gone when it is put right."""

import company
import pytest

from sop_xl.cli import main
from sop_xl.cycle.data_gathering import unwaived
from sop_xl.cycle.run import run
from sop_xl.cycle.sign import open_desk
from sop_xl.demo import practice
from sop_xl.workbook.book import open_book


@pytest.fixture
def desk(planned):
    return open_desk(planned, now=company.NOW, user="ann")


@pytest.mark.parametrize("problem", practice.PROBLEMS, ids=lambda p: p.number)
def test_each_problem_is_made_and_marked(desk, problem):
    assert problem.right(desk.frames, desk.context)
    made = problem.make(dict(desk.frames), desk.context)
    assert not problem.right({**desk.frames, problem.table: made}, desk.context)


def test_all_together_are_open_and_put_right_one_by_one(desk):
    wrong = {**desk.frames, **practice.seeded(desk.frames, desk.context)}
    assert [right for _, right in practice.marked(wrong, desk.context)] == [False] * len(practice.PROBLEMS)
    assert wrong["actions"]["action"].tolist() == [p.number for p in practice.PROBLEMS]
    said = practice.report(wrong, desk.context)
    assert said[-1] == "0 of 12 put right"
    assert not any(p.answer in line for p in practice.PROBLEMS for line in said)
    for table in {p.table for p in practice.PROBLEMS}:
        wrong[table] = desk.frames[table]
    assert practice.report(wrong, desk.context)[-1] == "12 of 12 put right"


def test_a_practice_workbook_stops_and_runs_when_it_is_put_right(workbook, capsys):
    run(open_book(workbook), now=company.NOW)
    before = open_desk(open_book(workbook), now=company.NOW)
    open_book(workbook).write(practice.seeded(before.frames, before.context))
    assert main(["practice", "--check", str(workbook), "--hints"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("0 of 12 put right")
    wrong = open_desk(open_book(workbook), now=company.NOW)
    assert "stock" in {issue.table for issue in unwaived(wrong.issues, wrong.frames["checks"])}
    assert main(["run", str(workbook), "--quiet"]) == 1
    open_book(workbook).write({p.table: before.frames[p.table] for p in practice.PROBLEMS})
    assert main(["practice", "--check", str(workbook), "--answers"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("12 of 12 put right")
    assert main(["run", str(workbook), "--quiet"]) == 0


def test_a_workbook_in_which_nothing_went_wrong_is_not_marked(workbook, capsys):
    assert main(["practice", "--check", str(workbook)]) == 2
    assert "this is no practice workbook" in capsys.readouterr().err
