"""The report in Markdown: what is measured against what it must reach and aims at, and tables of detail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.supply.measure import Spent

SAME = 1e-6
"""Relative difference of objectives that count as the same optimum."""


@dataclass(frozen=True)
class Line:
    """A figure of ours, the less the better: what peers reach, what it must reach and what it aims at.

    form : how the figure is written, such as "{:.2f} s"
    """

    what: str
    peers: str
    ours: float
    must: float
    aim: float
    form: str

    @property
    def verdict(self) -> str:
        """Whether the goal and the aim are met; without a limit nothing is said of it.

        >>> Line("A", "", 0.2, 0.3, 0.1, "{:.1f} s").verdict
        'met, aim missed'
        """
        if np.isnan(self.ours):
            return "not measured"
        goal, aim = (_reached(self.ours, limit) for limit in (self.must, self.aim))
        if goal == "missed":
            return "**missed**"
        return ", ".join(filter(None, (goal, aim and f"aim {aim}")))


def _reached(value: float, limit: float) -> str:
    return "" if np.isnan(limit) else "met" if value <= limit else "missed"


def summary(lines: Sequence[Line]) -> str:
    """The lines as a table.

    >>> print(summary([Line("A", "B 2.0 s", 0.2, 0.3, 0.1, "{:.1f} s")]))
    | what | peers, same run | must reach | aim | ours | reached |
    |---|---|---|---|---|---|
    | A | B 2.0 s | 0.3 s | 0.1 s | 0.2 s | met, aim missed |

    """
    rows = [
        (
            line.what,
            line.peers,
            *(shown(number, line.form) for number in (line.must, line.aim, line.ours)),
            line.verdict,
        )
        for line in lines
    ]
    return table(("what", "peers, same run", "must reach", "aim", "ours", "reached"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Any rows of text in Markdown."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def shown(value: float, form: str) -> str:
    """A figure as written, `-` where there is none.

    >>> shown(0.25, "{:.0%}"), shown(float("nan"), "{:.0%}")
    ('25%', '-')
    """
    return "-" if np.isnan(value) else form.format(value)


def times(spent: Spent, digits: int = 2) -> str:
    """CPU time and wall time.

    >>> times(Spent(wall=2.5, cpu=1.25))
    '1.25 / 2.50'
    """
    return f"{spent.cpu:.{digits}f} / {spent.wall:.{digits}f}"
