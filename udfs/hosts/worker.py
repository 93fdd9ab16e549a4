"""The worker: functions and commands over JSON lines on standard input and output, for a host in another process.

    python -m udfs.hosts.worker

Each request is one line, each answer one line, in their order. Cells are numbers, texts, TRUE and FALSE, null, and
`{"error": "#N/A"}`. A request names its operation:

    {"op": "ping"}                                        {"version", "python", "pid", "functions", "commands"}
    {"op": "call", "name", "values": [...]}               {"cells": [[...]]} or {"error": "#VALUE!", "says": "..."}
    {"op": "calls", "calls": [[name, values], ...]}       {"results": [as above, ...]}, each distinct call made once
    {"op": "command", "name", "where", "tables": {...}}   any number of {"doing", "share"}, then
                                                          {"says", "tables": {...}} or {"stopped": "..."}

The tables of a command are those of `sop_xl.workbook.sent`. What a request calls `id` comes back with its answer. What
goes wrong inside is told on standard error, and answered with a sentence; nothing but the protocol reaches standard
output. The worker ends when its input does.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from udfs.cells import BAD_ARGUMENT, CellError, Rows

Answer = dict[str, Any]
Tell = Callable[[Answer], None]

_BUG = "sop_xl failed at this ({error}); the log of the worker says where"


def encoded(rows: Rows) -> Rows:
    """Cells as JSON can carry them.

    >>> encoded([[1.0, "A", CellError("#N/A", "not known")]])
    [[1.0, 'A', {'error': '#N/A'}]]
    """
    return [[{"error": cell.kind} if isinstance(cell, CellError) else cell for cell in row] for row in rows]


def decoded(value: Any) -> Any:
    """Cells as they came over JSON, with their errors as the functions know them.

    >>> decoded([[1, None], [{"error": "#N/A"}, "x"]])
    [[1, None], [CellError(''), 'x']]
    """
    if isinstance(value, list):
        return [decoded(part) for part in value]
    if isinstance(value, Mapping):
        return CellError(str(value.get("error", BAD_ARGUMENT)), "")
    return value


def answer_to(request: Mapping[str, Any], tell: Tell) -> Answer:
    """The answer to a request; `tell` is called with the progress of a command."""
    operation = OPERATIONS.get(str(request.get("op")))
    if operation is None:
        return {"stopped": f"the worker knows {', '.join(OPERATIONS)}, not {request.get('op')!r}"}
    try:
        return operation(request, tell)
    except Exception as error:  # whatever it is, the host gets an answer
        logging.exception("the request failed: %s %s", request.get("op"), request.get("name"))
        says = _BUG.format(error=f"{type(error).__name__}: {error}")
        return {"stopped": says} if request.get("op") == "command" else {"error": BAD_ARGUMENT, "says": says}


def _ping(_request: Mapping[str, Any], _tell: Tell) -> Answer:
    from sop_xl import __version__
    from udfs.registry import COMMANDS, FUNCTIONS

    python = sys.version.split()[0]
    return {
        "version": __version__,
        "python": python,
        "pid": os.getpid(),
        "functions": len(FUNCTIONS),
        "commands": len(COMMANDS),
    }


def _call(request: Mapping[str, Any], _tell: Tell) -> Answer:
    from udfs.registry import call

    try:
        return {"cells": encoded(call(str(request["name"]), decoded(request["values"])))}
    except CellError as error:
        return {"error": error.kind, "says": error.says}


def _calls(request: Mapping[str, Any], _tell: Tell) -> Answer:
    from udfs.registry import call_many

    found = call_many([(str(name), decoded(values)) for name, values in request["calls"]])
    return {
        "results": [
            {"error": made.kind, "says": made.says} if isinstance(made, CellError) else {"cells": encoded(made)}
            for made in found
        ]
    }


def _command(request: Mapping[str, Any], tell: Tell) -> Answer:
    from sop_xl.errors import PlanningError
    from sop_xl.workbook.sent import SentBook
    from udfs.registry import COMMANDS

    name = str(request["name"])
    if name not in COMMANDS:
        return {"stopped": f"there is no command {name}; the add-in and its Python are of different versions"}
    where, file = str(request.get("where") or "the workbook"), _file_at(str(request.get("url") or ""))
    book = SentBook(where, request.get("tables") or {}, own_machine=True, file=file)
    if COMMANDS[name].needs_book and not book.tables():
        return {"stopped": "this is no planning workbook; open one, or make one with: sop-xl new plan.xlsx"}
    try:
        says = COMMANDS[name].run(book, lambda doing, share: tell({"doing": doing, "share": share}))
    except PlanningError as error:
        return {"stopped": str(error)}
    return {"says": says, "tables": book.changed}


def _file_at(url: str) -> Path | None:
    """The file an address such as `file:///home/ann/plan.xlsx` means, if it is there."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    path = Path(url2pathname(parts.path))
    return path if path.is_file() else None


OPERATIONS: dict[str, Callable[[Mapping[str, Any], Tell], Answer]] = {
    "ping": _ping,
    "call": _call,
    "calls": _calls,
    "command": _command,
}


def serve(requests: Iterable[str], out: TextIO) -> None:
    """Answer requests, one a line, until there are no more."""
    for line in requests:
        if not line.strip():
            continue
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError("a request is an object")
        except ValueError as error:
            _write(out, {"stopped": f"the request cannot be read: {error}"}, {})
            continue
        _write(out, answer_to(request, _teller(out, request)), request)


def _teller(out: TextIO, request: Mapping[str, Any]) -> Tell:
    """Tell the progress of a request."""
    return lambda told: _write(out, told, request)


def _write(out: TextIO, told: Answer, request: Mapping[str, Any]) -> None:
    if "id" in request:
        told = {"id": request["id"], **told}
    out.write(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
    out.flush()


def main() -> None:
    """Answer on the standard output this process was started with; whatever else is printed goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8", newline="\n")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    import udfs.commands
    import udfs.functions  # noqa: F401 (declares them)

    serve(requests, out)


if __name__ == "__main__":
    main()
