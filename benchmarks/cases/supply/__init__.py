"""Adapters of the supply cases: each tells a problem in the tables of a plan and asks `sop_xl.balance`."""

from __future__ import annotations

from benchmarks.cases.case import Adapters
from benchmarks.cases.supply import aggregate, network, production

ADAPTERS = Adapters()
for _part in (network.ADAPTERS, production.ADAPTERS, aggregate.ADAPTERS):
    ADAPTERS.by_kind.update(_part.by_kind)
