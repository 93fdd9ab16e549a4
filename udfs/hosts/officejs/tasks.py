"""What a worker process does: call functions with cells, run a command with tables."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import udfs.commands
import udfs.functions  # noqa: F401 (both declare)
from sop_xl.errors import PlanningError
from sop_xl.workbook.sent import SentBook
from udfs.cells import BAD_ARGUMENT, CellError
from udfs.hosts.officejs.metadata import spelled
from udfs.hosts.officejs.wire import error_to_wire, from_wire, to_wire
from udfs.registry import COMMANDS, FUNCTIONS, call

log = logging.getLogger(__name__)

Report = Callable[[Any], None]
UNEXPECTED = "something unexpected happened; the log of the server has the details"


def warm(runs_commands: bool, _report: Report) -> None:
    """Import what the first cell or command will need, so that nobody waits for it.

    Parameters
    ----------
    runs_commands
        Whether commands will be run, or cells calculated.
    _report
        There is nothing to report.

    """
    if runs_commands:
        import sop_xl.cycle.run
        import sop_xl.cycle.sign  # noqa: F401
    elif "FORECAST" in FUNCTIONS:
        answered("FORECAST", list(FUNCTIONS["FORECAST"].example.arguments), 1_000)


def calls(payload: tuple[list[tuple[str, str]], int], report: Report) -> None:
    """Answer calls one by one, each reported as soon as it is known.

    Parameters
    ----------
    payload
        Names of functions with their arguments as JSON, and the most cells of an answer.
    report
        Called with the JSON of each answer.

    """
    asked, most = payload
    for name, arguments in asked:
        report(json.dumps(answered(name, json.loads(arguments), most), allow_nan=False, separators=(",", ":")))


def answered(name: str, arguments: list[Any], most: int) -> dict[str, Any]:
    """The cells of a call, or its error with a sentence.

    >>> answered("EOQ", [1200, 50, 3], 100)
    {'cells': [[200.0]]}
    >>> answered("EOQ", [1200, 50, 0], 100)
    {'error': '#VALUE!', 'says': 'holding cost must be above 0, got 0'}
    """
    try:
        rows = call(name, [from_wire(argument) for argument in arguments])
    except CellError as error:
        return error_to_wire(error) | {"says": spelled(error.says)}
    except Exception:
        log.exception("function %s failed", name)
        return {"error": BAD_ARGUMENT, "says": UNEXPECTED}
    if sum(map(len, rows)) > most:
        says = f"the answer has {sum(map(len, rows)):,} cells; at most {most:,} can be sent"
        return {"error": BAD_ARGUMENT, "says": says}
    return {"cells": to_wire(rows)}


def command(payload: tuple[str, bytes], report: Report) -> tuple[bool, bytes]:
    """Run a command on the tables that were sent.

    Parameters
    ----------
    payload
        Name of the command, and the body of the request: `book` and `tables`, already checked.
    report
        Called with what is being done and the share of it that is behind us.

    Returns whether it was done, and as JSON its message with the tables that changed.

    """
    name, body = payload
    spec = COMMANDS[name]
    sent: Mapping[str, Any] = json.loads(body)
    book = SentBook(sent["book"], sent["tables"])
    try:
        says = spec.run(book, lambda doing, share: report((doing, share)))
    except PlanningError as error:
        return False, json.dumps({"says": str(error)}).encode()
    except Exception:
        log.exception("command %s failed", name)
        return False, json.dumps({"says": f"{spec.label}: {UNEXPECTED}; nothing was written"}).encode()
    made = {"says": says, "tables": book.changed}
    return True, json.dumps(made, allow_nan=False, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> Any:
    """A cell of NumPy or pandas as JSON can hold it."""
    from datetime import date, datetime

    from udfs.cells import serial_of

    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, datetime):
        return serial_of(value.date())
    if isinstance(value, date):
        return serial_of(value)
    raise TypeError(f"a cell cannot hold {type(value).__name__}")
