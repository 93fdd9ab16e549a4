"""Demand and supply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from udfs.commands.doing import DEMAND, SUPPLY, Progress, run_steps, user_of
from udfs.registry import command

if TYPE_CHECKING:
    from sop_xl.workbook.book import Book


@command(DEMAND, "Plan demand", icon="ChartInsert", key_tip="D", large=True)
def demand_planning(book: Book, progress: Progress) -> str:
    """Step 2, Demand Planning: forecast every series, add events, inputs and overrides, and agree on whole units."""
    return run_steps(book, ("demand_planning",), progress)


@command(DEMAND, "Override choices", icon="ReviewTrackChanges", key_tip="V")
def apply_override_choices(book: Book, progress: Progress) -> str:
    """Carry out what is typed in column Action of sheet OverrideRadar: keep, re-base or drop each override.

    Writes sheets Overrides and OverrideRadar; locked overrides are left alone. Undo puts everything back.
    """
    from sop_xl.cycle.override_choices import choose

    progress("carrying out the choices", 0.3)
    return choose(book, by=user_of(book))


@command(SUPPLY, "Balance plan", icon="Calculator", key_tip="B", large=True)
def supply_planning(book: Book, progress: Progress) -> str:
    """Step 3, Supply Planning: inventory targets, demand and supply balanced at least cost, and why what is short."""
    return run_steps(book, ("supply_planning",), progress)
