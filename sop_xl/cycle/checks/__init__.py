"""The checks of Data Gathering: each with its rule, severity, sentence and the rows that break it."""

from __future__ import annotations

from sop_xl.cycle.checks import changes, history, references, sourcing, supply
from sop_xl.cycle.checks.check import CHECKS, Check

__all__ = ["CHECKS", "Check", "changes", "history", "references", "sourcing", "supply"]
