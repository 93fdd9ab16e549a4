"""Who wrote a number: the step, the tables it reads, the run in the log, and whether it is out of date."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sop_xl.cycle.explain_number.lines import Line, Subject
from sop_xl.cycle.run import OLD, STEPS
from sop_xl.workbook.schema import Role
from sop_xl.workbook.tables import TABLES

_MOST = 12


def origin(subject: Subject, steps: pd.DataFrame) -> Iterator[Line]:
    """The lines that say where a number was written; `steps` has the state of each step today."""
    name = subject.table.name
    role = subject.column.role
    if role in (Role.KEY, Role.INPUT):
        yield subject.said("Origin", "a person or a data source typed it; runs never write into this column")
    if role is Role.CALCULATED:
        yield subject.said("Origin", f"the sheet calculates it: {subject.column.formula}")
    yield from _written(subject)
    for step in (s for s in STEPS.values() if name in s.writes):
        sheets = dict.fromkeys(TABLES[t].sheet for t in step.reads if len(subject.frames[t]))
        listed = ", ".join(list(sheets)[:_MOST]) + (f" and {len(sheets) - _MOST} more" if len(sheets) > _MOST else "")
        yield subject.said(
            "Origin", f"step {step.title} writes this table; it reads the sheets {listed or 'that are filled'}"
        )
        state = steps.loc[steps["step"].eq(step.title), "status"]
        if len(state) and state.iloc[0] == OLD:
            says = f"{step.title} is out of date: something it reads was changed since; run it again for today's number"
            yield subject.said("Out of date", says)
        elif len(state):
            yield subject.said("Origin", f"{step.title} is {state.iloc[0]}")
    yield from _version(subject)


def _written(subject: Subject) -> Iterator[Line]:
    log = subject.rows("audit_log", table=subject.table.name)
    if log.empty:
        if subject.table.is_result:
            yield subject.said("Origin", "the log on sheet AuditLog has no run that wrote this table")
        return
    last = log.iloc[-1]
    by = last["user"] or "somebody unnamed"
    says = f"written {last['when']:%Y-%m-%d %H:%M} by {by}: {last['command']}; {last['says']}"
    yield subject.said("Origin", says, last["number"], "audit_log")


def _version(subject: Subject) -> Iterator[Line]:
    versions = subject.frames["versions"]
    if subject.table.is_result and len(versions):
        last = versions.iloc[-1]
        yield subject.said("Version", f"the latest plan version is {last['version']}, {last['status']}")
