"""Trend, season and remainder of a history: what a person looks at before accepting a correction.

References:
    [1] Cleveland, Cleveland, McRae, Terpenning (1990), STL: a seasonal-trend decomposition procedure based on Loess,
        Journal of Official Statistics 6, 3-73.

"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.demand.cleansing.cleaning import SMALL, interpolated, judged_groups
from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.cleansing.structural import YEAR
from sop_xl.errors import InputError


def decomposed(history: pd.DataFrame, season: int = YEAR) -> pd.DataFrame:
    """Trend, season and remainder of every series that is not intermittent and two seasons long, robust to outliers.

    Parameters
    ----------
    history
        a completed history
    season
        length of the season [months]

    STL with robustness weights and a season that repeats [1], in logarithms where all months are positive; months not
    known are interpolated. Returns item, channel, region, period, quantity, `trend`, `season`, `remainder` [units];
    the three sum to the quantity.

    >>> months = pd.date_range("2020-01-01", periods=36, freq="MS")
    >>> sold = 100.0 + 20.0 * np.sin(np.arange(36) * np.pi / 6)
    >>> frame = pd.DataFrame({"item": "A", "channel": "web", "region": "UK", "period": months, "quantity": sold})
    >>> parts = decomposed(frame)
    >>> bool(parts["remainder"].abs().max() < 3), parts["trend"].round(-1).unique().tolist()
    (True, [100.0])

    """
    from statsmodels.tsa.seasonal import STL

    if season < 2:
        raise InputError(f"a season must be at least 2 months, got {season}")
    parts = []
    for group in judged_groups(history, fewest=2 * season):
        for column in range(group.raw.shape[1]):
            raw = group.raw[:, column]
            known = raw[~np.isnan(raw)]
            logs = bool((known > SMALL * np.abs(known).mean()).all())
            y = interpolated(np.log(raw) if logs else raw)
            fit = STL(y, period=season, seasonal=10 * season + 1, robust=True).fit()
            trend, both = fit.trend, fit.trend + fit.seasonal
            if logs:
                trend, both = np.exp(trend), np.exp(both)
            key = dict(zip(KEYS, group.names[column], strict=True))
            figures = {"quantity": raw, "trend": trend, "season": both - trend, "remainder": raw - both}
            parts.append(pd.DataFrame(key | {"period": group.periods[column]} | figures))
    columns = [*KEYS, "period", "quantity", "trend", "season", "remainder"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
