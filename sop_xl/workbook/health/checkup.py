"""The health check: every finding in order, numbered, and the repair of those that are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sop_xl.errors import BookError, InputError
from sop_xl.workbook.disk.atomic import refuse_read_only, replace_file
from sop_xl.workbook.disk.locks import locked, refuse_open
from sop_xl.workbook.file.package import Package
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.file.stale import refresh
from sop_xl.workbook.file.xlsx import opened, opens
from sop_xl.workbook.health import book, formulas, rules, sheets, tables, values
from sop_xl.workbook.health.finding import Finding, Patient, many
from sop_xl.workbook.template.twins import TWINS

LOOKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    tables.missing,
    tables.columns,
    tables.grown_short,
    tables.merged,
    formulas.pages,
    formulas.calculated_columns,
    values.wrong_kinds,
    values.errors_shown,
    rules.validation,
    rules.colours,
    book.links,
    book.names,
    book.calculation,
    sheets.hidden,
    sheets.passwords,
    sheets.oversized,
    sheets.volatile,
)
"""What is looked at, in the order of the list."""


@dataclass(frozen=True)
class Repaired:
    """What a repair did: the file, the copy of the file as it was, what was mended and what is left to do by hand."""

    file: Path
    backup: Path | None
    mended: tuple[Finding, ...]
    left: tuple[Finding, ...]

    @property
    def says(self) -> str:
        """What was done, in sentences."""
        lines = [f"mended: {_place(f)}: {f.says}" for f in self.mended]
        if not self.mended:
            return "nothing was mended: " + (
                "the workbook is healthy" if not self.left else "what is found must be mended by hand"
            )
        lines.append(f"{many(len(self.mended), 'finding')} mended in {self.file.name}")
        if self.backup is not None:
            lines.append(f"the file as it was: {self.backup.name}")
        if self.left:
            lines.append(f"{many(len(self.left), 'finding')} left; list them with: sop-xl health {self.file.name}")
        return "\n".join(lines)


def examine(workbook: Workbook) -> tuple[Finding, ...]:
    """Everything wrong with an open workbook, in a lasting order; `BookError` where it is no planning workbook."""
    return _findings(Patient(workbook))


def checkup(path: Path) -> tuple[Finding, ...]:
    """Everything wrong with a workbook file, which is only read.

    Raises `BookError` where it cannot be read or is no planning workbook.
    """
    path = path.expanduser().resolve()
    return examine(Workbook(Package(opened(path), path.name)))


def listed(findings: Sequence[Finding], name: str) -> str:
    """Findings as a numbered list.

    >>> listed([], "plan.xlsx")
    'plan.xlsx is healthy: nothing to mend'
    """
    if not findings:
        return f"{name} is healthy: nothing to mend"
    width = len(str(len(findings)))
    lines = [f"{n:>{width}}  {finding.line}" for n, finding in enumerate(findings, 1)]
    able = sum(f.mend is not None for f in findings)
    return "\n".join([*lines, f"{many(len(findings), 'finding')}, {able} can be repaired"])


def repair(path: Path, numbers: Sequence[int] | None = None, *, out: Path | None = None) -> Repaired:
    """Mend the findings with these numbers, or all that can be mended; everything else stays byte for byte.

    Parameters
    ----------
    path
        The workbook.
    numbers
        Numbers of findings as `listed` shows them; `None` is all that can be mended.
    out
        Where the mended workbook goes; by default in the place of the workbook, which is kept as a copy beside it.

    Raises
    ------
    InputError
        A number that no finding has, or of one that must be mended by hand; an `out` that is there already.
    BookError
        A file that cannot be read or written.

    """
    path = path.expanduser().resolve()
    target = path if out is None else out.expanduser().resolve()
    if target != path and target.exists():
        raise InputError(f"{target.name} is there already; give --out another name, so that nothing is lost")
    with locked(target):
        refuse_open(target)
        refuse_read_only(target)
        data = opened(path)
        workbook = Workbook(Package(data, path.name))
        if workbook.package.signed:
            raise BookError(f"{path.name} is signed; a repair would break the signature, so save an unsigned copy")
        patient = Patient(workbook)
        findings = _findings(patient)
        chosen = _chosen(findings, numbers)
        if not chosen and target == path:
            return Repaired(target, None, (), findings)
        _mend(patient, chosen)
        backup = None
        if target == path:
            backup = _free(path)
            replace_file(backup, _writing(data), opens)
        replace_file(target, workbook.package.save, opens)
    return Repaired(target, backup, tuple(chosen), tuple(f for f in findings if f not in chosen))


def _findings(patient: Patient) -> tuple[Finding, ...]:
    if not patient.workbook.declared:
        where = patient.workbook.where
        raise BookError(f"{where} is no planning workbook; make one with: sop-xl new plan.xlsx")
    return tuple(finding for look in LOOKS for finding in look(patient))


def _chosen(findings: Sequence[Finding], numbers: Sequence[int] | None) -> list[Finding]:
    if numbers is None:
        return [f for f in findings if f.mend is not None]
    chosen = []
    for number in sorted(set(numbers)):
        if not 1 <= number <= len(findings):
            raise InputError(f"there is no finding {number}; the list has {len(findings)}")
        finding = findings[number - 1]
        if finding.mend is None:
            raise InputError(f"finding {number} ({_place(finding)}) is mended by hand: {finding.repair}")
        chosen.append(finding)
    return chosen


def _mend(patient: Patient, findings: Sequence[Finding]) -> None:
    workbook = patient.workbook
    for finding in findings:
        if finding.mend is not None:
            finding.mend(patient)
            patient.forget(finding.touches)
    touched = frozenset(name for f in findings for name in f.touches)
    if touched:
        refresh(workbook, touched, TWINS, patient.frame)
    if touched or any(f.formulas for f in findings):
        workbook.recalculate_on_load()


def _place(finding: Finding) -> str:
    return f"{finding.sheet}!{finding.where}" if finding.sheet and finding.where else finding.sheet or finding.where


def _free(path: Path) -> Path:
    """A name beside a workbook for the file as it was."""
    names = (path.with_name(f"{path.stem}.before-repair{n}{path.suffix}") for n in ("", *range(2, 10_000)))
    return next(name for name in names if not name.exists())


def _writing(data: bytes) -> Callable[[IO[bytes]], None]:
    def write(stream: IO[bytes]) -> None:
        stream.write(data)

    return write
