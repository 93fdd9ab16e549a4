"""Which machine and which versions a measurement was made with."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version

PACKAGES = ("sop-xl", "numpy", "pandas", "statsmodels", "pulp", "highspy", "openpyxl", "XlsxWriter", "xlwings")


def described(packages: Sequence[str] = PACKAGES, peers: Mapping[str, str] | None = None) -> str:
    """Machine, system and versions in a line or two; `peers` are versions of another environment by package."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    ours = f"{machine}; " + ", ".join(f"{name} {version(name)}" for name in packages)
    if not peers:
        return ours
    return f"{ours}; peers: " + ", ".join(f"{name} {number}" for name, number in peers.items())
