"""Results by their input: a recalculated cell with the same input is answered from memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

REMEMBERED = 2_000
"""Results kept by their input."""


class Results:
    """Results by their input, the latest ones; the same input asked for twice at a time is worked out once."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._making: dict[Any, threading.Lock] = {}
        self._most = most
        self._lock = threading.Lock()
        self.asked = self.answered = 0

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """The result of an input, made where it is not kept; an error that is returned is kept as well."""
        with self._lock:
            self.asked += 1
            if key in self._kept:
                return self._again(key)
            gate = self._making.setdefault(key, threading.Lock())
        with gate:
            with self._lock:
                if key in self._kept:
                    return self._again(key)
            try:
                made = make()
                with self._lock:
                    self._kept[key] = made
                    while len(self._kept) > self._most:
                        self._kept.popitem(last=False)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _again(self, key: Any) -> Any:
        """What is kept, as the latest that was asked for; the lock is held."""
        self.answered += 1
        self._kept.move_to_end(key)
        return self._kept[key]
