"""From a history to forecasts that sum up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sop_xl.demand.levels.coherent import LEARNED, RECONCILIATIONS, coherent_forecast
from sop_xl.errors import InputError

MONTHS = pd.date_range("2017-01-01", periods=36, freq="MS")
LEVELS = [(), ("family",), ("item",), ("item", "region")]


def history(seed=0, level=(20.0, 30.0, 2.0)):
    rng = np.random.default_rng(seed)
    season = 1 + 0.5 * np.sin(np.arange(36) * np.pi / 6)
    parts = [
        pd.DataFrame(
            {
                "family": "FFG"[n], "item": "ABC"[n], "region": region, "period": MONTHS,
                "quantity": rng.poisson(mean * season).astype(float),
            }
        )
        for n, mean in enumerate(level)
        for region in ("DE", "FR")
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("method", [*RECONCILIATIONS, *LEARNED])
def test_every_way_sums_up_at_every_level(method):
    got = coherent_forecast(history(), LEVELS, 3, method=method, level=(80,))
    assert list(got.columns) == ["level", "family", "item", "region", "period", "forecast", "base", "lo_80", "hi_80"]
    by_level = got.groupby(["level", "period"])["forecast"].sum().unstack(0)
    for level in ("family", "item", "item x region"):
        assert by_level[level].to_numpy() == pytest.approx(by_level["total"].to_numpy())
    item = got[got["level"].eq("item")].groupby("period")["forecast"].sum()
    assert item.to_numpy() == pytest.approx(by_level["total"].to_numpy())
    assert (got[["forecast", "lo_80", "hi_80"]] >= 0).all(axis=None)
    assert (got["lo_80"] <= got["hi_80"]).all()
    assert got["level"].drop_duplicates().tolist() == ["total", "family", "item", "item x region"]


def test_bottom_up_and_top_down_keep_the_forecast_of_their_level():
    up = coherent_forecast(history(), LEVELS, 3, method="bottom-up")
    bottom = up[up["level"].eq("item x region")]
    assert bottom["forecast"].tolist() == pytest.approx(bottom["base"].tolist())
    down = coherent_forecast(history(), LEVELS, 3, method="top-down")
    total = down[down["level"].eq("total")]
    assert total["forecast"].tolist() == pytest.approx(total["base"].tolist())


def test_the_order_of_rows_says_nothing_and_rows_of_a_month_are_summed():
    rows = history()
    halves = pd.concat([rows.assign(quantity=rows["quantity"] / 2)] * 2).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(coherent_forecast(rows, LEVELS, 2), coherent_forecast(halves, LEVELS, 2))


def test_young_series_need_no_past_errors():
    rows = history()
    rows = rows[rows["item"].ne("C") | (rows["period"] > MONTHS[-2])]
    got = coherent_forecast(rows, LEVELS, 2, method="shrink")
    assert np.isfinite(got["forecast"]).all()


def test_what_has_no_hierarchy_is_said():
    with pytest.raises(InputError, match="no reconciliation 'magic'"):
        coherent_forecast(history(), LEVELS, 1, method="magic")
    with pytest.raises(InputError, match="lacks the columns brand"):
        coherent_forecast(history(), [("brand",)], 1)
    short = history()[lambda rows: rows["period"] < MONTHS[2]]
    with pytest.raises(InputError, match="take structural"):
        coherent_forecast(short, LEVELS, 1, method="shrink")
