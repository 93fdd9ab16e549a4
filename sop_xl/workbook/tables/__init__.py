"""Every table of the workbook, declared once."""

from __future__ import annotations

from sop_xl.errors import InputError
from sop_xl.workbook.schema import Table
from sop_xl.workbook.tables.changes import LAST_BUYS, LIFECYCLE
from sop_xl.workbook.tables.control import CONTROL, SETTINGS, Setting, Settings
from sop_xl.workbook.tables.data import MASTER, QUALITY, TRANSACTIONS
from sop_xl.workbook.tables.demand import DEMAND
from sop_xl.workbook.tables.explaining import EXPLAINING
from sop_xl.workbook.tables.frozen import FROZEN
from sop_xl.workbook.tables.gap_options import GAP_OPTIONS
from sop_xl.workbook.tables.judgement import JUDGEMENT
from sop_xl.workbook.tables.learning import LEARNING
from sop_xl.workbook.tables.plan_bridge import MUST_BE_TRUE, PLAN_BRIDGE, PLAN_CAUSES
from sop_xl.workbook.tables.radar import RADAR
from sop_xl.workbook.tables.registers import REGISTERS
from sop_xl.workbook.tables.replay import REPLAY
from sop_xl.workbook.tables.review import EXECUTION, EXECUTIVE, LOG, PRE_SOP
from sop_xl.workbook.tables.sourcing import LOCKS, SOURCING
from sop_xl.workbook.tables.supply import SUPPLY
from sop_xl.workbook.tables.supply_results import SUPPLY_RESULTS

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        *CONTROL,
        *MASTER,
        *SOURCING,
        *TRANSACTIONS,
        *QUALITY,
        *DEMAND,
        *RADAR,
        *LIFECYCLE,
        *JUDGEMENT,
        *LOCKS,
        *SUPPLY,
        *SUPPLY_RESULTS,
        *LAST_BUYS,
        *PRE_SOP,
        *GAP_OPTIONS,
        *PLAN_BRIDGE,
        *REGISTERS,
        *EXECUTIVE,
        *MUST_BE_TRUE,
        *EXECUTION,
        *REPLAY,
        *FROZEN,
        *PLAN_CAUSES,
        *LEARNING,
        *EXPLAINING,
        *LOG,
    )
}
"""The catalogue: every table by name, in the order of the cycle."""


def table(name: str) -> Table:
    """The declaration of a table."""
    if name not in TABLES:
        raise InputError(f"there is no table {name!r}; the tables are {', '.join(TABLES)}")
    return TABLES[name]


__all__ = ["SETTINGS", "TABLES", "Setting", "Settings", "table"]
