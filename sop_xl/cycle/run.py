"""Run steps on a book: read, check, compute, check, write everything, log (law 2)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from sop_xl.cycle import data_gathering, demand_planning, execution, executive_sop, pre_sop, supply_planning
from sop_xl.cycle.data_gathering import checks_table, issues_table, unwaived
from sop_xl.cycle.desk import Desk, open_desk, write
from sop_xl.cycle.keeping import keep_typed, plain
from sop_xl.cycle.registers import register_tables
from sop_xl.cycle.signed import refuse_changes
from sop_xl.cycle.step import Context, Frames, Outcome, Progress, Step, silent
from sop_xl.cycle.versions import Fingerprints, approved_version, fingerprint
from sop_xl.errors import InputError, PlanningError, StoppingIssues
from sop_xl.workbook.book import Book
from sop_xl.workbook.schema import Severity
from sop_xl.workbook.tables import TABLES

STEPS: dict[str, Step] = {
    s.name: s
    for s in (
        data_gathering.STEP,
        demand_planning.STEP,
        supply_planning.STEP,
        pre_sop.STEP,
        executive_sop.STEP,
        execution.STEP,
    )
}
"""The six steps, in the order of the cycle."""

OPEN, DONE, WARNED, OLD = "open", "done", "done with warnings", "out of date"


@dataclass(frozen=True)
class Report:
    """What a run did: a sentence for each step, the tables written, and how long it took [s]."""

    says: dict[str, str]
    written: tuple[str, ...]
    seconds: float


def run(
    book: Book,
    steps: Sequence[str] = (),
    *,
    now: datetime | None = None,
    user: str = "",
    progress: Progress = silent,
    scenario: str = "",
) -> Report:
    """Run steps of the cycle on a book, all of them by default, and write every result at once.

    A stopping issue in what a step reads raises `StoppingIssues`, and nothing at all is written: the book stays as it
    was, byte for byte. Execution is left out of a run of all steps while no plan is approved.
    """
    began = time.monotonic()
    wanted = [_step(name) for name in steps] or list(STEPS.values())
    with book.lock():
        desk = open_desk(book, now=now or datetime.now(), user=user, progress=progress, scenario=scenario)
        tables, after = dict(desk.frames), _quality(desk)
        tables |= after
        prints = Fingerprints()
        says: dict[str, str] = {}
        for n, step in enumerate(wanted):
            context = replace(desk.context, progress=_part(progress, step.title, n, len(wanted)))
            if not steps and step is execution.STEP and not _approved(tables, context):
                says[step.name] = "waits for an approved plan"
                continue
            started = time.monotonic()
            outcome = _one(step, tables, context, desk)
            results = {name: keep_typed(TABLES[name], tables[name], frame) for name, frame in outcome.frames.items()}
            tables |= results
            after |= results
            says[step.name] = outcome.says
            state = WARNED if any(i.severity is Severity.WARNS and i.table in step.reads for i in desk.issues) else DONE
            seconds = time.monotonic() - started
            tables["steps"] = _steps_row(tables, step, state, context, seconds, desk, outcome.says, prints)
        after["steps"] = _with_age(tables, prints)
        due = register_tables({**tables, "steps": after["steps"]}, desk.context)
        after |= {name: keep_typed(TABLES[name], tables[name], frame) for name, frame in due.items()}
        refuse_changes(desk.frames, after, desk.context)
        command = "run " + (" ".join(steps) if steps else "all steps")
        written = write(book, desk.frames, after, desk.context, command, progress)
    return Report(says, written, time.monotonic() - began)


def _step(name: str) -> Step:
    if name not in STEPS:
        raise InputError(f"there is no step {name!r}; the steps are {', '.join(STEPS)}")
    return STEPS[name]


def _approved(tables: Frames, context: Context) -> bool:
    return bool(approved_version(tables["versions"], context.settings.cycle))


def _quality(desk: Desk) -> dict[str, pd.DataFrame]:
    found = keep_typed(TABLES["checks"], desk.frames["checks"], checks_table(desk.issues))
    return {"checks": found, "issues": issues_table(desk.issues)}


def _one(step: Step, tables: Frames, context: Context, desk: Desk) -> Outcome:
    """Run one step, unless its own inputs stop it."""
    stops = [i for i in unwaived(desk.issues, tables["checks"]) if i.table in step.reads]
    if stops:
        raise StoppingIssues(step.title, [i.says for i in stops])
    for name, source in step.needs.items():
        if tables[name].empty:
            raise PlanningError(
                f"{step.title} needs the table on sheet {TABLES[name].sheet}, which is empty; "
                f"run {STEPS[source].title} first"
            )
    context.progress("starting", 0.0)
    return step.run(tables, context)


def _part(progress: Progress, title: str, number: int, of: int) -> Progress:
    def report(doing: str, share: float) -> None:
        progress(f"{title}: {doing}", (number + share) / of * 0.95)

    return report


def inputs_hash(step: Step, tables: Frames, prints: Fingerprints) -> str:
    """Fingerprint of what a step reads, leaving out what it or a later step writes itself."""
    order = list(STEPS)
    later = {t for name in order[order.index(step.name) :] for t in STEPS[name].writes} | {"checks"}
    names = [n for n in ("control", *step.reads) if n not in later]
    return fingerprint(pd.DataFrame({"table": names, "content": [prints.of(tables[n]) for n in names]}))[:16]


def _steps_row(
    tables: Frames,
    step: Step,
    status: str,
    context: Context,
    seconds: float,
    desk: Desk,
    says: str,
    prints: Fingerprints,
) -> pd.DataFrame:
    mine = [i for i in desk.issues if i.table in step.reads]
    row: dict[str, Any] = {
        "status": status,
        "finished": pd.Timestamp(context.now),
        "seconds": round(seconds, 1),
        "stops": float(sum(i.severity is Severity.STOPS for i in mine)),
        "warnings": float(sum(i.severity is Severity.WARNS for i in mine)),
        "says": says.splitlines()[0] if says else "",
        "inputs_hash": inputs_hash(step, tables, prints),
    }
    frame = _all_steps(tables["steps"])
    for column, value in row.items():
        frame.loc[frame["step"].eq(step.title), column] = value
    return frame


def _all_steps(before: pd.DataFrame) -> pd.DataFrame:
    """Table `steps` with a row for each of the six, in order."""
    titles = pd.DataFrame({"step": [s.title for s in STEPS.values()]})
    frame = titles.merge(plain(before), on="step", how="left")
    frame["status"] = frame["status"].astype(object).fillna(OPEN).replace("", OPEN)
    for column in ("says", "inputs_hash"):
        frame[column] = frame[column].astype(object).fillna("")
    return frame


def _with_age(tables: Frames, prints: Fingerprints) -> pd.DataFrame:
    """Table `steps` with `out of date` where what a finished step read has changed since."""
    frame = _all_steps(tables["steps"])
    now = {s.title: inputs_hash(s, tables, prints) for s in STEPS.values()}
    done = frame["status"].isin([DONE, WARNED])
    stale = done & frame["inputs_hash"].ne(frame["step"].map(now))
    frame["status"] = frame["status"].where(~stale, OLD)
    return frame


def status(book: Book, now: datetime | None = None) -> tuple[Desk, pd.DataFrame]:
    """A book as it stands, and the state of each step, without writing anything."""
    desk = open_desk(book, now=now or datetime.now())
    return desk, _with_age(desk.frames, Fingerprints())


def record_checks(book: Book, now: datetime | None = None) -> Desk:
    """Write what the checks find onto the sheets DataQuality and Issues, and nothing else."""
    with book.lock():
        desk = open_desk(book, now=now or datetime.now())
        write(book, desk.frames, _quality(desk), desk.context, "check", silent)
    return desk
