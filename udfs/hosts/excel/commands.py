"""Buttons as Excel runs them: `run(name)` works on the workbook in front and tells the planner what was done.

Excel is left as it was found, whatever happens: its screen, its events and its status bar. What cannot be done is said
in one sentence; an error nobody expected goes into the log, and the planner is told where that is. On Windows Esc
stops a command until it begins to write.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sop_xl.errors import PlanningError
from sop_xl.workbook.live import LiveBook
from udfs.hosts.excel.escape import Escape, excel_escape
from udfs.registry import COMMANDS, Command

if TYPE_CHECKING:
    import xlwings as xw

    from sop_xl.workbook.schema import Frames

TITLE = "S&OP"
LEAST_BETWEEN = 0.2
"""Seconds between two changes of the status bar."""


@dataclass(frozen=True)
class Told:
    """What a planner is told: the text, and whether it is good news."""

    text: str
    good: bool = True


def run(name: str) -> None:
    """Run a button on the workbook that Excel calls from; nothing is raised, everything is said."""
    import xlwings as xw

    try:
        book = xw.Book.caller()
    except Exception as error:  # without Excel there is nobody to tell but the log
        _log("no workbook to work on")
        print(f"S&OP: {error}", file=sys.stderr)  # noqa: T201 (the add-in shows it)
        return
    told = pressed(name, book)
    with contextlib.suppress(Exception):
        book.app.alert(told.text, title=TITLE, mode="info" if told.good else "critical")


def pressed(name: str, book: xw.Book, escape: Escape | None = None) -> Told:
    """Run a button on a workbook, with Excel held still, and return what to tell the planner."""
    import udfs.commands  # noqa: F401 (declares them)

    if name == "host_check":
        return _checked()
    spec = COMMANDS.get(name)
    if spec is None:
        says = f"there is no command {name!r}; the add-in is of another version of sop_xl: sop-xl addin install"
        return Told(says, good=False)
    try:
        with _held(book.app), escape or excel_escape(book.app) as stopping:
            live = _Book(book, stopping.end) if spec.needs_book else None
            return Told(spec.run(live, _status_bar(book.app, spec)))
    except PlanningError as error:
        return Told(str(error), good=False)
    except KeyboardInterrupt:
        return Told(f"{spec.label} was stopped with Esc; nothing was written", good=False)
    except Exception as error:  # a planner never sees a traceback
        path = _log(f"{name} failed")
        return Told(f"{spec.label} failed inside sop_xl ({type(error).__name__}); nothing was written. "
                    f"What happened is in {path}", good=False)  # fmt: skip


class _Book(LiveBook):
    """A workbook whose writing cannot be stopped."""

    def __init__(self, book: xw.Book, before_writing: Callable[[], None]) -> None:
        super().__init__(book)
        self._before_writing = before_writing

    def write(self, frames: Frames) -> None:
        """Put these tables onto their sheets."""
        self._before_writing()
        super().write(frames)


@contextlib.contextmanager
def _held(app: xw.App) -> Iterator[None]:
    """Hold Excel still; put its screen, events and status bar back."""
    before = {name: getattr(app, name) for name in ("screen_updating", "enable_events")}
    try:
        for name in before:
            setattr(app, name, False)
        yield
    finally:
        for name, value in before.items():
            with contextlib.suppress(Exception):
                setattr(app, name, value)
        with contextlib.suppress(Exception):
            app.status_bar = False


def _status_bar(app: xw.App, spec: Command) -> Callable[[str, float], None]:
    """Progress in the status bar; that it cannot be shown now stops nothing."""
    last = [0.0]

    def progress(doing: str, share: float) -> None:
        now = time.monotonic()
        if now - last[0] >= LEAST_BETWEEN:
            last[0] = now
            with contextlib.suppress(Exception):
                app.status_bar = f"{TITLE}: {spec.label}: {doing} {share:.0%}"

    return progress


def _checked() -> Told:
    """What the doctor finds."""
    try:
        from udfs.hosts.excel.doctor import examine, report

        found = examine()
        return Told(report(found), all(f.ok for f in found))
    except Exception:
        return Told(f"the add-in could not be checked; what happened is in {_log('the check failed')}", good=False)


def log_file() -> Path:
    """Where errors nobody expected are written to."""
    return Path.home() / ".sop_xl" / "sop_xl.log"


def _log(says: str) -> Path:
    """Add the error that is being handled to the log."""
    path = log_file()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: Any = logging.FileHandler(path, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger = logging.getLogger("sop_xl.excel")
        logger.addHandler(handler)
        try:
            logger.exception(says)
        finally:
            logger.removeHandler(handler)
            handler.close()
    return path
