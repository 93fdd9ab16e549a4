"""A published case, the adapters that answer one, and how an answer is compared with what was published."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sop_xl.errors import PlanningError

Answer = Mapping[str, Any]
Adapter = Callable[[Mapping[str, Any]], Answer]

_WRONG = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, PlanningError)
"""What a case told otherwise than its adapter expects may raise: it is not answered, and the others still are."""

_ROUNDED = 1e-3
"""Cases with a tolerance of this or more were printed rounded."""


@dataclass(frozen=True)
class Case:
    """One problem: `inputs` as in the source, `published` its answers, `tolerance` relative."""

    name: str
    kind: str
    source: str
    inputs: Mapping[str, Any]
    published: Mapping[str, Any]
    tolerance: float
    note: str = ""


@dataclass(frozen=True)
class Compared:
    """One answer beside the published one; `agrees` is None where nothing was published."""

    what: str
    published: Any
    ours: Any
    difference: float
    agrees: bool | None


@dataclass(frozen=True)
class Outcome:
    """What became of a case; `says` is a sentence where there is no answer."""

    case: Case
    rows: tuple[Compared, ...] = ()
    seconds: float = 0.0
    says: str = ""

    @property
    def agrees(self) -> bool:
        """Whether everything published was met."""
        return not self.says and all(row.agrees is not False for row in self.rows)


@dataclass
class Adapters:
    """The adapters by kind of case, and for a kind where several answers are equally good, how to tell one."""

    by_kind: dict[str, Adapter] = field(default_factory=dict)
    ties: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], bool]] = field(default_factory=dict)

    def kind(self, *kinds: str) -> Callable[[Adapter], Adapter]:
        """Register a function as the adapter of these kinds."""

        def register(adapter: Adapter) -> Adapter:
            self.by_kind.update(dict.fromkeys(kinds, adapter))
            return adapter

        return register

    def answer(self, case: Case) -> Outcome:
        """Answer a case and compare."""
        adapter = self.by_kind.get(case.kind)
        if adapter is None:
            known = ", ".join(sorted(self.by_kind))
            return Outcome(case, says=f"no function answers cases of kind {case.kind!r} yet; known kinds: {known}")
        began = time.perf_counter()
        try:
            ours = adapter(case.inputs)
        except _WRONG as wrong:
            return Outcome(case, says=f"{type(wrong).__name__}: {wrong}")
        taken = time.perf_counter() - began
        rows = [
            compare(what, case.published.get(what), _found(ours, what), case.tolerance)
            for what in case.published or ours
        ]
        tie = self.ties.get(case.kind)
        if tie and any(row.agrees is False for row in rows) and tie(case.inputs, case.published):
            rows = [
                Compared(f"{r.what} (tie)", r.published, r.ours, r.difference, True)
                if r.agrees is False and r.what in "sS"
                else r
                for r in rows
            ]
        return Outcome(case, tuple(rows), taken)


def _found(ours: Answer, what: str) -> Any:
    """The answer of this name, upper or lower case where that is not ambiguous."""
    alike = [name for name in ours if name.lower() == what.lower()]
    return ours.get(what, ours[alike[0]] if len(alike) == 1 else None)


def read(path: Path) -> Case:
    """A case from its file; a bare supply chain (`stages`) is a case without published answers."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if "kind" not in found and "stages" in found:
        return Case(path.stem, "gsm_tree", "Willems (2008)", {**found, "holding_rate": 1.0}, {}, 1e-6)
    return Case(
        str(found.get("id", path.stem)), str(found.get("kind", "")), str(found.get("source", "")), found["inputs"],
        found.get("published", {}), float(found.get("tol", 1e-6)), str(found.get("note", "")),
    )  # fmt: skip


def compare(what: str, published: Any, ours: Any, tolerance: float) -> Compared:
    """The relative difference, the largest of a list, and whether it is within the tolerance.

    Where the tolerance shows that the source rounds, the printed digits are enough.
    """
    if published is None or ours is None:
        return Compared(what, published, ours, float("nan"), None if published is None else False)
    try:
        expected, got = np.asarray(published, dtype=float), np.asarray(ours, dtype=float)
    except (TypeError, ValueError):
        return Compared(what, published, ours, float("nan"), published == ours)
    if expected.shape != got.shape:
        return Compared(what, published, ours, float("inf"), False)
    difference = float((np.abs(got - expected) / np.maximum(np.abs(expected), 1e-12)).max(initial=0.0))
    printed = tolerance >= _ROUNDED and np.ndim(published) == 0 and _rounds_to(float(got), published)
    nothing = np.all(np.abs(got - expected) <= 1e-9)
    return Compared(what, published, ours, difference, bool(difference <= tolerance or nothing or printed))


def _rounds_to(value: float, published: Any) -> bool:
    """Whether the value has the digits that were printed, two of them or more: 66.70 is 67."""
    _, _, decimals = str(published).partition(".")
    return abs(float(published)) >= 10 and "e" not in decimals and round(value, len(decimals)) == float(published)
