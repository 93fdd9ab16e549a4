"""Our column: the one place where the benchmark calls the product, each measurement in a fresh process.

`python -m benchmarks.supply.ours TASK OUT --items N --sites N --months N --seed N` is that process; it writes JSON.
"""

from __future__ import annotations

import pandas as pd

from benchmarks.supply.description import PLACE, SOURCE, Prices
from benchmarks.supply.instance import Tables
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.reading.read import read_network
from sop_xl.supply.settings import PlanSettings

SETTINGS = PlanSettings(frozen_months=0)
"""Every month open, as the peers have it; prices of falling short as the product sets them."""


def prices(tables: Tables) -> Prices:
    """What everything costs, as the product prices it."""
    network = read_network(tables, SETTINGS)
    found = unit_prices(network)
    places, sources = network.places, network.sources
    place = pd.MultiIndex.from_arrays([places.item, places.location], names=PLACE)
    of = place.take(sources.place)
    source = [*(of.get_level_values(name) for name in PLACE), pd.Index(sources.kind), pd.Index(sources.supplier)]
    return Prices(
        order=pd.Series(found.order[:, 0] + found.pipeline, index=pd.MultiIndex.from_arrays(source, names=SOURCE)),
        holding=pd.Series(found.holding, index=place),
        below=pd.DataFrame(found.below, index=place),
        late=pd.DataFrame(found.late, index=place.take(network.demands.place)),
        over=pd.Series(found.over, index=pd.Index(network.locations)),
    )
