"""What ties the items of a plan together: hours, storage, suppliers, and components that several items use."""

from __future__ import annotations

from sop_xl.supply.network import Network
from sop_xl.supply.programme.blocks import Numbers, Programme
from sop_xl.supply.programme.parts import owners, tying_rows


def coupling_rows(network: Network, programme: Programme) -> Numbers:
    """The rows of a plan that tie different items together; without them it falls into a part an item.

    Parameters
    ----------
    network, programme
        A plan and its programme.

    """
    item = network.item_of_place
    owner_of = {
        "place": item,
        "source": item[network.sources.place],
        "demand": item[network.demands.place],
    }
    return tying_rows(programme, owners(programme, owner_of))
