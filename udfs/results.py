"""Results by their input: a recalculated cell with the same input is answered from memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

REMEMBERED = 2_000
"""Results kept by their input."""


class Results:
    """Results by their input: a recalculated cell with the same input is answered from here."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()
        self.asked = self.answered = 0

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """The result of an input, made where it is not kept; an error is kept as well."""
        with self._lock:
            self.asked += 1
            if key in self._kept:
                self.answered += 1
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
