"""A successor inherits the history of what it replaces, and no demand is lost or made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.lifecycles.succession import with_succession
from sop_xl.errors import InputError

MONTHS = pd.date_range("2019-01-01", periods=24, freq="MS")


def rows(item, values, start=0, channel="web"):
    columns = {"item": item, "channel": channel, "region": "DE", "period": MONTHS[start : start + len(values)]}
    return pd.DataFrame(columns | {"quantity": np.asarray(values, dtype=float)})


def succession(*rules):
    return pd.DataFrame(rules, columns=["old", "new", "share", "from"])


def test_a_chain_passes_everything_on():
    history = pd.concat([rows("A", [10.0] * 6), rows("B", [20.0] * 6, 6), rows("C", [30.0] * 6, 12)])
    rules = succession(("B", "C", 1.0, MONTHS[12]), ("A", "B", np.nan, MONTHS[6]))
    got = with_succession(history, rules).pivot_table(index="period", columns="item", values="quantity")
    assert got["C"].tolist() == [10.0] * 6 + [20.0] * 6 + [30.0] * 6
    assert got["A"].sum() == got["B"].sum() == 0


def test_several_successors_take_shares_of_the_original():
    history = pd.concat([rows("A", [100.0] * 4), rows("A", [10.0] * 4, channel="shop")])
    rules = succession(("A", "X", 0.5, MONTHS[2]), ("A", "Y", 0.25, MONTHS[3]))
    got = with_succession(history, rules)
    web = got[got["channel"].eq("web")].pivot_table(index="period", columns="item", values="quantity").fillna(0.0)
    assert web["X"].tolist() == [50, 50, 0, 0]
    assert web["Y"].tolist() == [25, 25, 25, 0]
    assert web["A"].tolist() == [25, 25, 75, 100]
    assert got.loc[got["channel"].eq("shop") & got["item"].eq("X"), "quantity"].sum() == 10


def test_own_history_of_the_successor_is_added_to_and_unknown_stays_unknown():
    history = pd.concat([rows("A", [10.0, np.nan, 5.0]), rows("N", [1.0, 2.0, 3.0])])
    got = with_succession(history, succession(("A", "N", 1.0, MONTHS[2])))
    wide = got.set_index(["item", "period"])["quantity"]
    assert wide["N"].tolist() == [11, 2, 3]
    assert np.isnan(wide["A", MONTHS[1]])
    assert wide["A", MONTHS[2]] == 5


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("EFGH"), st.floats(0, 0.25), st.integers(0, 23))),
    st.lists(st.floats(0, 1e5), min_size=24, max_size=24),
)
def test_the_total_of_a_month_stays(rules, values):
    history = pd.concat([rows(item, values) for item in "ABCDE"])
    table = succession(*[(old, new, share / 4, MONTHS[m]) for old, new, share, m in rules[:16]])
    before = history.copy()
    got = with_succession(history, table)
    np.testing.assert_allclose(
        got.groupby("period")["quantity"].sum(), history.groupby("period")["quantity"].sum(), rtol=1e-9, atol=1e-9
    )
    assert got["quantity"].min() >= -1e-9
    pd.testing.assert_frame_equal(history, before)


def test_bad_rules_are_named():
    history = rows("A", [1.0])
    for rules, says in (
        ([("A", "B", 1.2, MONTHS[0])], "succession of A by B needs"),
        ([("A", "A", 1.0, MONTHS[0])], "succession of A by A needs"),
        ([("A", "B", 1.0, pd.NaT)], "succession of A by B needs"),
        ([("A", "B", 0.7, MONTHS[0]), ("A", "C", 0.7, MONTHS[0])], "successors of A take 140%"),
        ([("A", "B", 1.0, MONTHS[0]), ("B", "A", 1.0, MONTHS[0])], "in a circle: .*A.*"),
    ):
        with pytest.raises(InputError, match=says):
            with_succession(history, succession(*rules))
    with pytest.raises(InputError, match="succession lacks the columns share"):
        with_succession(history, succession().drop(columns="share"))
    pd.testing.assert_frame_equal(with_succession(history, succession()), history)
