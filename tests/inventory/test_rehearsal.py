"""Stock under orders up to a level: by hand, and as identities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.inventory.rehearsal import rehearse


def test_without_lead_time_the_level_is_there_every_month():
    done = rehearse([[5, 12, 3]], [[10, 10, 10]], [0], [2], [[0]])
    assert done.served.tolist() == [[5, 10, 3]]
    assert done.stock.tolist() == [[7.5, 5.0, 8.5]]


def test_what_is_owed_is_served_first_and_does_not_count_as_on_time():
    done = rehearse([[30, 10]], [[20, 20]], [1], [20], [[0]])
    assert done.served.tolist() == [[20, 0]]


def test_an_order_comes_after_its_lead_time():
    done = rehearse([[0, 0, 0, 4]], [[5, 5, 5, 5]], [3], [0], [[0]])
    assert done.served.tolist() == [[0, 0, 0, 4]]


def test_shapes_and_lead_times_are_checked():
    with pytest.raises(InputError, match="shape"):
        rehearse([[1, 2]], [[1, 2, 3]], [0], [0], [[0]])
    with pytest.raises(InputError, match="0 or more months, got -1"):
        rehearse([[1]], [[1]], [-1], [0], [[0]])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 40))
def test_a_higher_level_never_serves_less(seed, more):
    rng = np.random.default_rng(seed)
    demand = rng.poisson(20, (4, 9)).astype(float)
    level, lead = rng.uniform(10, 90, (4, 9)), rng.integers(0, 4, 4)
    opening, coming = rng.uniform(0, 30, 4), rng.uniform(0, 20, (4, 3))
    low = rehearse(demand, level, lead, opening, coming)
    high = rehearse(demand, level + more, lead, opening, coming)
    assert (high.served >= low.served - 1e-9).all()
    assert (high.stock >= low.stock - 1e-9).all()
    assert (low.served <= demand).all()
    assert (low.stock >= 0).all()
