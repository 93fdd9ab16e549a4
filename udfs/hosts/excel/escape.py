"""Esc stops a command: a watcher beside it interrupts the work until the work begins to write."""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

BETWEEN = 0.05
"""Seconds between two looks at the keyboard."""

_ESCAPE_KEY = 0x1B
_IS_DOWN = 0x8000


class Escape:
    """While it is entered, `pressed()` is asked again and again, and a yes interrupts the main thread once."""

    def __init__(self, pressed: Callable[[], bool] | None, between: float = BETWEEN) -> None:
        self._pressed = pressed
        self._between = between
        self._over = threading.Event()
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> Escape:
        if self._pressed is not None:
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """From here on the key is not looked at any more."""
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(self._between):
            if self._pressed is not None and self._pressed():
                _thread.interrupt_main()
                return


def excel_escape(app: Any) -> Escape:
    """A watcher of the Esc key while Excel is in front; on the Mac nothing is watched."""
    if not sys.platform.startswith("win"):
        return Escape(None)
    import ctypes

    window = app.hwnd  # asked here: another thread must not talk to Excel
    user32 = ctypes.windll.user32  # type: ignore[attr-defined,unused-ignore]
    return Escape(lambda: escape_is_down(user32, window))


def escape_is_down(user32: Any, excel: int) -> bool:
    """Whether Esc is held down while Excel's window is in front.

    Parameters
    ----------
    user32
        Windows' library of that name.
    excel
        The window of Excel.

    """
    return user32.GetForegroundWindow() == excel and bool(user32.GetAsyncKeyState(_ESCAPE_KEY) & _IS_DOWN)
