"""What Windows keeps about Excel: read only."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Protocol


class Registry(Protocol):
    """The registry of Windows, or something that answers like it."""

    def values(self, key: str) -> Mapping[str, object]:
        r"""The values under a key such as `HKCU\Software\...`, by name; none where there is no such key."""


class WindowsRegistry:
    """The registry of this machine."""

    def values(self, key: str) -> Mapping[str, object]:
        """The values under a key, by name."""
        found: dict[str, object] = {}
        if sys.platform == "win32":
            import winreg

            root, _, path = key.partition("\\")
            hive = {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}[root]
            try:
                with winreg.OpenKey(hive, path) as opened:
                    for at in range(winreg.QueryInfoKey(opened)[1]):
                        name, value, _kind = winreg.EnumValue(opened, at)
                        found[name] = value
            except OSError:
                return {}
        return found
