"""The twin of every formula outside the tables, by the defined name over its cells.

A host that writes tables without a spreadsheet program at hand stores these values behind the formulas, so that the
file shows its numbers at once.
"""

from __future__ import annotations

from sop_xl.workbook.template import cover
from sop_xl.workbook.template.pages import PAGES
from sop_xl.workbook.twin import Twin

_BLOCKS = (*cover.BLOCKS, *(block for page in PAGES for block in page.blocks))

TWINS: dict[str, Twin] = {block.name: block.twin for block in _BLOCKS}
"""How to compute what stands behind each defined name."""
