"""Short spellings for the rows of the catalogue: `key`, `typed` (a person types it), `result`, `calculated`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sop_xl.workbook.schema import Column, Kind, Role

if TYPE_CHECKING:
    import pandas as pd


def key(name: str, says: str, kind: Kind = Kind.CODE, **more: Any) -> Column:
    """A column that identifies the row; blank is refused unless `required=False`."""
    more.setdefault("required", True)
    return Column(name, kind, Role.KEY, says, **more)


def typed(name: str, kind: Kind, says: str, **more: Any) -> Column:
    """A column a person (or the data source) fills; a run never writes into it."""
    return Column(name, kind, Role.INPUT, says, **more)


def result(name: str, kind: Kind, says: str, **more: Any) -> Column:
    """A column a run writes."""
    return Column(name, kind, Role.RESULT, says, **more)


def calculated(
    name: str, kind: Kind, says: str, formula: str, twin: Callable[[pd.DataFrame], pd.Series], **more: Any
) -> Column:
    """A column the sheet calculates; `twin` is the same arithmetic on the frame."""
    return Column(name, kind, Role.CALCULATED, says, formula=formula, twin=twin, **more)


UNITS = "units"
SERIES = (
    key("item", "Item", refers="items.item"),
    key("channel", "Sales channel", refers="channels.channel"),
    key("region", "Region or country", refers="regions.region"),
)
"""What a demand series is known by."""
PLACE = (
    key("item", "Item", refers="items.item"),
    key("location", "Location", refers="locations.location"),
)
"""What a stocking point is known by."""
SOURCE = (
    key("item", "Item", refers="items.item"),
    key("location", "Where it arrives", refers="locations.location"),
    key("kind", "make, buy, transfer or subcontract", choices=("make", "buy", "transfer", "subcontract")),
    key("supplier", "Supplier, or the location it is moved from; blank for make", required=False),
    key("mode", "Way it is made or moved, where there are several; blank is the only one", required=False),
)
"""What a source of supply is known by."""
