"""The line to the worker: the project's Python in a process of its own, started early, and again when it is gone."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import traceback
from collections import OrderedDict
from typing import IO, Any, Callable, Dict, Sequence  # noqa: UP035 (LibreOffice may bring Python 3.8)

Answer = Dict[str, Any]  # noqa: UP006
Tell = Callable[[str, float], None]

PYTHON_VARIABLE = "SOP_XL_PYTHON"
"""An environment variable that names another Python than the one the extension was made with."""
LOG_VARIABLE = "SOP_XL_LOG"
"""An environment variable that names the file the worker's log goes to."""

_KEPT = 2_000
_LONGEST_KEPT = 20_000
_NOT_OURS = ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")
"""Set by LibreOffice for its own Python; another one would not start with them."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_NO_WINDOW = 0x0800_0000


class Link:
    """Requests to the worker and its answers, one at a time; answers of functions are kept by their request."""

    def __init__(self, python: str, module: str) -> None:
        self._python = os.environ.get(PYTHON_VARIABLE) or python
        self._module = module
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Answer] = OrderedDict()

    def warm(self) -> None:
        """Start the worker without waiting for it."""
        threading.Thread(target=self.ask, args=({"op": "ping"},), daemon=True).start()

    def call(self, name: str, values: Sequence[Any]) -> Answer:
        """Call a function; an answer that is known already does not ask the worker again."""
        line = json.dumps({"op": "call", "name": name, "values": values}, allow_nan=False)
        if line in self._kept:
            self._kept.move_to_end(line)
            return self._kept[line]
        answer = self._asked(line, None)
        if len(line) <= _LONGEST_KEPT and "stopped" not in answer:
            self._kept[line] = answer
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return answer

    def ask(self, request: Answer, tell: Tell | None = None) -> Answer:
        """The answer to a request; `tell` gets what is being done and the share of it that is behind us."""
        return self._asked(json.dumps(request, allow_nan=False), tell)

    def _asked(self, line: str, tell: Tell | None) -> Answer:
        with self._lock:
            for _ in range(2):  # a worker that is gone is started once more
                try:
                    process = self._running()
                except OSError as error:
                    return {"stopped": self._no_python(error)}
                answer = _exchange(process, line, tell)
                if answer is not None:
                    return answer
                process.kill()
                process.wait()
                self._process = None
        return {"stopped": f"the Python of sop_xl stops at once; see {log_file()} and run: sop-xl calc install"}

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
            environment.update(dict.fromkeys(_ONE_THREAD, "1"), PYTHONIOENCODING="utf-8", PYTHONUTF8="1")
            with open(log_file(), "a", encoding="utf-8") as log:  # noqa: PTH123
                self._process = subprocess.Popen(  # noqa: S603
                    [self._python, "-m", self._module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    encoding="utf-8",
                    env=environment,
                    cwd=os.path.expanduser("~"),  # noqa: PTH111
                    creationflags=_NO_WINDOW if os.name == "nt" else 0,
                )
        return self._process

    def _no_python(self, error: OSError) -> str:
        return (
            f"the Python of sop_xl does not start ({self._python}: {error.strerror or error}); "
            "install sop_xl again and run: sop-xl calc install"
        )


def _exchange(process: subprocess.Popen[str], line: str, tell: Tell | None) -> Answer | None:
    """Send a request and read its answer; nothing where the worker is gone."""
    sent: IO[str] | None = process.stdin
    received: IO[str] | None = process.stdout
    if sent is None or received is None:
        return None
    try:
        sent.write(line + "\n")
        sent.flush()
        while True:
            told = received.readline()
            if not told:
                return None
            answer: Answer = json.loads(told)
            if "doing" not in answer:
                return answer
            if tell is not None:
                tell(str(answer["doing"]), float(answer["share"]))
    except (OSError, ValueError):
        return None


def log_file() -> str:
    """Where the worker tells what went wrong inside it."""
    return os.environ.get(LOG_VARIABLE) or os.path.join(tempfile.gettempdir(), "sop_xl_calc.log")  # noqa: PTH118


def note_failure() -> None:
    """Write the exception that is being handled into the log."""
    with open(log_file(), "a", encoding="utf-8") as log:  # noqa: PTH123
        traceback.print_exc(file=log)
