"""The demo company: Adventure Works Cycles, packed as anybody's extracts would be.

folder()      the extracts, the derived files and the mapping: the source of `sop-xl gather`
SETTINGS      the settings of its cycle
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any


def folder() -> Path:
    """The folder of the demo company's data.

    >>> (folder() / "mapping.toml").exists()
    True
    """
    return Path(str(files(__name__) / "adventureworks"))


SETTINGS: Mapping[str, Any] = MappingProxyType(tomllib.loads((folder() / "settings.toml").read_text(encoding="utf-8")))
"""The settings of the demo's cycle, by name: company, currency, as-of date, horizon ...

>>> SETTINGS["company"], SETTINGS["horizon"]
('Adventure Works Cycles', 12)
"""
