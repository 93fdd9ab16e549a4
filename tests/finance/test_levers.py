"""The cheapest levers: no linear programme finds less effort."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from sop_xl.errors import InputError
from sop_xl.finance.levers import cheapest

levers = st.lists(st.tuples(st.floats(0, 1000), st.floats(0.01, 50)), max_size=8).map(
    lambda rows: pd.DataFrame(rows, columns=["worth", "effort"]).round(3)
)


@given(levers, st.floats(-100, 4000))
def test_no_set_closes_the_gap_with_less(given_levers, gap):
    found = cheapest(given_levers, gap)
    goal = min(max(gap, 0.0), given_levers["worth"].sum())
    assert found["money"].sum() == pytest.approx(goal, abs=1e-6)
    assert found["share"].between(0, 1).all()
    if len(found):
        assert found["left"].iloc[-1] == pytest.approx(max(gap, 0.0) - goal, abs=1e-6)
        assert (found["share"].iloc[:-1] == 1).all()
    if goal > 0:
        best = linprog(given_levers["effort"], A_ub=[-given_levers["worth"]], b_ub=[-goal * (1 - 1e-9)], bounds=(0, 1))
        assert found["points"].sum() == pytest.approx(best.fun, rel=1e-5, abs=1e-5)


@given(levers, st.floats(1, 2000), st.floats(0, 500))
def test_a_wider_gap_never_takes_less(given_levers, gap, more):
    assert cheapest(given_levers, gap + more)["points"].sum() >= cheapest(given_levers, gap)["points"].sum() - 1e-9


def test_what_takes_no_effort_comes_first():
    found = cheapest(pd.DataFrame({"worth": [10.0, 3.0, 0.0], "effort": [0.1, 0.0, 0.0]}), 5.0)
    assert found[["worth", "money"]].values.tolist() == [[3.0, 3.0], [10.0, 2.0]]


@pytest.mark.parametrize(("column", "value"), [("worth", -1.0), ("effort", np.nan)])
def test_what_is_no_lever_is_refused(column, value):
    frame = pd.DataFrame({"worth": [1.0], "effort": [1.0]}).assign(**{column: value})
    with pytest.raises(InputError, match=f"the {column} of a lever must be 0 or more, got"):
        cheapest(frame, 5.0)
