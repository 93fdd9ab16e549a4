"""Which machine and which versions a measurement was made with."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

PACKAGES = ("sop-xl", "numpy", "pandas", "statsmodels", "pulp", "highspy", "openpyxl", "XlsxWriter", "xlwings")


def described() -> str:
    """Machine, system and versions in a line or two."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"{machine}; " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
