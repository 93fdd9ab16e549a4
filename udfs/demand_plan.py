"""From forecast to plan in cells: launches, orders that consume the forecast, totals and their parts."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from udfs.cells import BAD_ARGUMENT, NOT_ENOUGH, Array, CellError, Number, Text, counted
from udfs.lines import Keys, Lines, Marks, Numbers, Oriented, same_size
from udfs.registry import Example, Explained, function

GROUP = "Demand"

Forecast = Annotated[
    Oriented,
    Lines("Forecast by period: a row, a column, or a block with one series a row", "units", low=0, full=True),
]
Orders = Annotated[
    Oriented,
    Lines("Orders by the period they are due, in the same places as the forecast; a blank is none", "units", low=0,
          least=0, blank=0.0),
]  # fmt: skip
Early = Annotated[int, Number("Periods before its own in which an order may use forecast", "periods", low=0, high=60,
                              whole=True)]  # fmt: skip
Late = Annotated[int, Number("Periods after its own in which an order may use forecast", "periods", low=0, high=60,
                             whole=True)]  # fmt: skip


@function(
    GROUP,
    returns="shares of the periods since launch, together 1, in the direction of the histories",
    example=Example((((20, 50, 30), (40, 100, 60)), 3), [[0.2, 0.5, 0.3]]),
)
def like_item_profile(
    histories: Annotated[
        Oriented,
        Lines("Demand of like-items, one a row; zeros and blanks before its launch are passed over", "units", low=0),
    ],
    periods: Annotated[int, Number("Length of the profile", "periods", low=1, high=60, whole=True)] = 12,
) -> Explained:
    """Shape of a launch: demand of like-items in their first periods as shares, averaged over the items.

    Each item counts the same, however much it sold; one with fewer periods since its launch does not count.
    """
    import pandas as pd

    from sop_xl.demand.lifecycles.lifecycle import launch_profile

    rows = histories.rows
    if not (rows > 0).any():
        raise CellError(NOT_ENOUGH, "no like-item has any demand")
    months = pd.date_range("2000-01-01", periods=rows.shape[1] + 1, freq="MS")
    names = [f"row {number}" for number in range(1, len(rows) + 1)]
    before = pd.DataFrame({"item": "before", "period": months[:1], "quantity": 1.0})
    sold = [pd.DataFrame({"item": n, "period": months[1:], "quantity": r}) for n, r in zip(names, rows, strict=True)]
    profile = launch_profile(pd.concat([before, *sold], ignore_index=True).dropna(), names, periods)
    count = int(profile["items"].iloc[0])
    return Explained(
        histories.laid(profile[["share"]].to_numpy().T), (f"{count} of {len(rows)} like-items have {periods} periods",)
    )


@function(
    GROUP,
    returns="units, as many periods as asked for, in the direction of the profile",
    example=Example(((0.2, 0.5, 0.3), 1000, 4), [[200.0, 500.0, 300.0, 333.333333]]),
)
def launch_forecast(
    profile: Annotated[
        Oriented,
        Lines("Shares of the first periods, as of SOP_LIKE_ITEM_PROFILE", "share", one=True, low=0, full=True),
    ],
    volume: Annotated[float, Number("Demand over the periods of the profile together", "units", low=0)],
    periods_ahead: Annotated[int, Number("Periods from the launch on", "periods", low=1, high=600, whole=True)] = 12,
    ramp: Annotated[float, Number("Part of the volume that is reached", "share", low=0, high=100)] = 1.0,
) -> Explained:
    """Forecast of a launch: profile x volume; after the profile the mean of its last three periods goes on."""
    import pandas as pd

    from sop_xl.demand.lifecycles.lifecycle import profile_forecast

    launch = pd.Timestamp("2000-01-01")
    shape = pd.DataFrame({"age": np.arange(len(profile.line)), "share": profile.line})
    item = pd.DataFrame({"item": ["new"], "profile": "p", "launch": launch, "volume": volume, "ramp": ramp})
    months = pd.date_range(launch, periods=periods_ahead, freq="MS")
    found = profile_forecast(item, {"p": shape}, months)["quantity"].to_numpy(dtype=float)
    total = profile.line.sum()
    return Explained(
        profile.laid(found[None, :]),
        (f"the shares of the profile add up to {total:.4g}", f"{volume * ramp:,.0f} units over the whole profile"),
    )


@function(
    GROUP,
    returns="units, a cell for each period",
    example=Example(((100, 100, 100), (0, 150, 20), 1, 0), [[50.0, 0.0, 80.0]]),
)
def net_forecast(forecast: Forecast, orders: Orders, early: Early = 1, late: Late = 1) -> Explained:
    """Forecast that is left once orders are in: an order uses the forecast of its own period, then of those near it.

    In the example the order of 150 uses the 100 of its period and 50 of the period before. Vollmann, Berry, Whybark
    and Jacobs, Manufacturing Planning and Control, chapter 6.
    """
    used, matched = _consumed(forecast, orders, early, late)
    return Explained(forecast.laid(forecast.rows - used), _told(orders.rows - matched, used, early, late))


@function(
    GROUP,
    returns="units, a cell for each period",
    example=Example(((100, 100, 100), (0, 150, 20), 1, 0), [[50.0, 150.0, 100.0]]),
)
def total_demand(forecast: Forecast, orders: Orders, early: Early = 1, late: Late = 1) -> Explained:
    """Demand to plan for: orders plus the forecast they have not used, so that nothing counts twice."""
    used, matched = _consumed(forecast, orders, early, late)
    total = orders.rows + forecast.rows - used
    return Explained(forecast.laid(total), _told(orders.rows - matched, used, early, late))


@function(
    GROUP,
    returns="units, a cell for each part",
    example=Example((100, (40, 30, 10), (True, False, False)), [[40.0, 45.0, 15.0]]),
)
def disaggregate(
    total: Annotated[
        Array, Numbers("What the parts must add up to: one cell, or one for each column of parts", "units", full=True)
    ],
    parts: Annotated[
        Array,
        Numbers("Present values of the parts: a row, a column, or a block with one part a row", "units", full=True),
    ],
    locked: Annotated[Any, Marks("TRUE or 1 for each part that keeps its value")] = None,
) -> Explained:
    """Split a total over its parts in proportion to what they are; locked parts keep their value.

    Parts that are all 0 share equally. In the example 40 is kept and 60 shared 3 : 1.
    """
    from sop_xl.demand.levels.hierarchy import disaggregate as split

    by_column = total.size > 1
    if by_column and total.shape != (1, parts.shape[1]):
        raise CellError(
            BAD_ARGUMENT, f"total must be one cell or one for each of the {parts.shape[1]} columns of parts"
        )
    members = parts.shape[0] if by_column or parts.shape[1] == 1 else parts.shape[1] if parts.shape[0] == 1 else 0
    kept = np.zeros(parts.shape, dtype=bool)
    if locked is not None:
        if len(locked) != members:
            raise CellError(BAD_ARGUMENT, f"locked must have one cell for each of the {members or parts.size} parts")
        kept = np.broadcast_to(locked[:, None] if by_column or parts.shape[1] == 1 else locked[None, :], parts.shape)
    group = np.broadcast_to(np.arange(parts.shape[1]) if by_column else np.zeros(1, dtype=int), parts.shape)
    found = split(total.ravel(), parts.ravel(), group=group.ravel(), locked=kept.ravel()).reshape(parts.shape)
    gap = float(np.abs(np.bincount(group.ravel(), weights=found.ravel()) - total.ravel()).max())
    held = (
        f"the locked parts alone miss the total by {gap:,.4g}"
        if gap > 1e-6 * max(1.0, float(np.abs(total).max()))
        else ""
    )
    return Explained(found, tuple(s for s in (f"{counted(int(kept.sum()), 'cell')} locked", held) if s))


@function(GROUP, returns="whole units, a cell for each part", example=Example(((1.4, 1.4, 1.2),), [[2.0, 1.0, 1.0]]))
def round_to_total(
    values: Annotated[Array, Numbers("Values that add up to their total", "units", full=True)],
) -> Explained:
    """Whole numbers next to the values that add up to their rounded total, by the largest remainders (Hamilton)."""
    from sop_xl.demand.levels.hierarchy import round_to_total as rounded

    found = rounded(values.ravel()).reshape(values.shape)
    return Explained(found, (f"the total {values.sum():,.6g} becomes {found.sum():,.0f}",))


@function(
    GROUP,
    returns="units, in the places of the forecasts; every level adds up",
    example=Example((((None,), ("A",), ("B",)), ((14,), (6,), (4,))), [[12.0], [7.0], [5.0]]),
)
def reconcile(
    keys: Annotated[list[tuple[str, ...]], Keys("Names of each row, such as family and item; a blank is a total")],
    forecasts: Annotated[Oriented, Lines("Forecasts made at every level, in the rows of the keys", "units", full=True)],
    method: Annotated[
        str,
        Text(
            "structural (rows that sum more are changed more), ols, bottom_up or top_down",
            choices=("structural", "ols", "bottom_up", "top_down"),
        ),
    ] = "structural",
) -> Explained:
    """Forecasts of all levels made to add up, each changed as little as may be (minimum trace).

    A total of 14 over items of 6 and 4: the gap of 4 is shared by how much each row sums (2 : 1 : 1). Wickramasuriya,
    Athanasopoulos and Hyndman (2019).
    """
    import pandas as pd

    from sop_xl.demand.levels import mint
    from sop_xl.demand.levels import reconcile as levels

    if len(keys) == 1 and len(keys[0]) > 1:
        keys = [(key,) for key in keys[0]]
    values = forecasts.rows.T if forecasts.down else forecasts.rows
    if len(values) == 1 and len(keys) > 1:
        values = values.T
    if len(keys) != len(values):
        raise CellError(BAD_ARGUMENT, f"keys and forecasts must have as many rows, got {len(keys)} and {len(values)}")
    columns = [f"key {number}" for number in range(1, len(keys[0]) + 1)]
    named = {tuple(c for c, k in zip(columns, key, strict=True) if k) for key in keys}
    order = sorted(named, key=lambda level: (len(level), level))
    if tuple(columns) not in named:
        raise CellError(BAD_ARGUMENT, "keys need rows without a blank: the series that everything else adds up")
    if len(order) == 1:
        raise CellError(BAD_ARGUMENT, "keys need rows with a blank as well: the totals of the others")
    bottom = pd.DataFrame([key for key in keys if all(key)], columns=columns)
    tree = levels.structure(bottom, order)
    at = {key: row for row, key in enumerate(keys)}
    nodes = [tuple(node) for node in tree.nodes[columns].to_numpy().tolist()]
    _all_there(keys, at, nodes)
    rows = [at[node] for node in nodes]
    ways = {
        "structural": mint.mint_structural, "ols": mint.mint_ols, "bottom_up": levels.bottom_up, "top_down": _top_down,
    }  # fmt: skip
    found = np.empty_like(values)
    found[rows] = ways[method](tree, values[rows])
    moved = float(np.abs(found - values).max())
    shape = np.shape(forecasts.laid(forecasts.rows))
    return Explained(
        found if found.shape == shape else found.T,
        (f"{len(rows)} rows in {len(order)} levels add up", f"the most a forecast is changed by is {moved:,.4g} units"),
    )


def _top_down(tree: Any, base: Array) -> Array:
    from sop_xl.demand.levels.reconcile import forecast_proportions, top_down

    found: Array = top_down(tree, base, forecast_proportions(tree, base))
    return found


def _all_there(keys: list[tuple[str, ...]], at: dict[tuple[str, ...], int], nodes: list[tuple[str, ...]]) -> None:
    """Refuse rows that stand twice, totals of nothing, and levels with a row missing."""
    if len(at) < len(keys):
        twice = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise CellError(BAD_ARGUMENT, f"keys have {_name(twice)} twice")
    for missing in [node for node in nodes if node not in at][:1]:
        raise CellError(BAD_ARGUMENT, f"keys have no row for {_name(missing)}, though others of its level are there")
    for stray in [key for key in keys if key not in set(nodes)][:1]:
        raise CellError(BAD_ARGUMENT, f"keys have {_name(stray)}, which no row adds up to")


def _name(key: tuple[str, ...]) -> str:
    return " / ".join(part or "(all)" for part in key)


def _consumed(forecast: Oriented, orders: Oriented, early: int, late: int) -> tuple[Array, Array]:
    from sop_xl.demand.agreement.consumption import consumed

    same_size("forecast", forecast, "orders", orders)
    used, matched = consumed(forecast.rows, orders.rows, early, late)
    return used, matched


def _told(unmatched: Array, used: Array, early: int, late: int) -> tuple[str, ...]:
    return (
        f"an order uses forecast of its own period, then up to {early} before and {late} after it",
        f"{used.sum():,.4g} units of forecast are used, {unmatched.sum():,.4g} units of orders found none",
    )
