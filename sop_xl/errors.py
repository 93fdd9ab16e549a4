"""What can go wrong, in the planner's words.

    PlanningError            any mistake a user can mend; its text is the whole message
    ├── InputError           an argument or a value that cannot be planned with
    ├── StoppingIssues       the data has issues that stop a step (exit code 1)
    └── BookError            a file that cannot be read or written (exit code 3)

A `PlanningError` is shown as one sentence, never as a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class PlanningError(Exception):
    """A mistake a user can mend; the text says what happened, where, and what to do next."""

    exit_code: ClassVar[int] = 2


class InputError(PlanningError, ValueError):
    """An argument or a value that cannot be planned with."""


class StoppingIssues(PlanningError):
    """A step found issues it must not plan over; the last good plan stands."""

    exit_code: ClassVar[int] = 1

    def __init__(self, step: str, sentences: Sequence[str]) -> None:
        self.step = step
        self.sentences = tuple(sentences)
        noun = "issue stops" if len(self.sentences) == 1 else "issues stop"
        super().__init__("\n".join([f"{len(self.sentences)} {noun} {step}:", *(f"  - {s}" for s in self.sentences)]))


class BookError(PlanningError):
    """A workbook, folder or data source that cannot be read or written."""

    exit_code: ClassVar[int] = 3
