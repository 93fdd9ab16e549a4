"""What the command line shows: a progress bar where someone watches, plain lines where nobody does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

Progress = Callable[[str, float], None]


@contextmanager
def progress(title: str, *, quiet: bool = False, stream: TextIO | None = None) -> Iterator[Progress]:
    """A progress bar with the time left on a terminal; silence in a pipe, a log, or with `quiet`."""
    stream = stream or sys.stderr
    if quiet or not stream.isatty():
        yield lambda _doing, _share: None
        return
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(bar_width=24),
        rich_progress.TextColumn("{task.percentage:>3.0f} %"),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TextColumn("left"),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda doing, share: bar.update(task, completed=share, description=doing[:60])


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), indent: str = "  ") -> str:
    """Rows of text in columns; those named in `right` are flush right.

    >>> print(columns([["Service level", "97 %"], ["Stock", "1,200"]], right=[1], indent=""))
    Service level   97 %
    Stock          1,200
    """
    if not rows:
        return ""
    widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    lines = (
        indent
        + "  ".join(
            cell.rjust(w) if j in right else cell.ljust(w) for j, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
