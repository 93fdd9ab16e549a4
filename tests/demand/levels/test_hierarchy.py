"""Splitting by last year and rounding that holds at every level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.levels.hierarchy import disaggregate, disaggregate_by_last_year, round_nested, round_to_total
from sop_xl.errors import InputError

AMOUNTS = st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=60)


@given(AMOUNTS, st.integers(1, 4), st.integers(1, 4), st.randoms(use_true_random=False))
def test_every_level_of_a_nested_rounding_is_next_to_its_true_sum(values, families, parts, random):
    value = np.array(values)
    family = np.array([random.randrange(families) for _ in values])
    item = family * parts + np.array([random.randrange(parts) for _ in values])
    got = round_nested(value, [np.zeros(len(value)), family, item])
    assert (got == np.round(got)).all()
    assert abs(got.sum() - value.sum()) <= 0.5 + 1e-6
    for level in (family, item, np.arange(len(value))):
        for group in np.unique(level):
            assert abs(got[level == group].sum() - value[level == group].sum()) < 1 + 1e-6


@given(AMOUNTS)
def test_whole_numbers_stay_and_one_level_is_the_plain_rounding(values):
    whole = np.floor(values)
    group = np.arange(len(whole)) % 3
    assert (round_nested(whole, [group * 0, group]) == whole).all()
    snapped = np.round(values, 3)
    assert round_nested(snapped, [group]).tolist() == round_to_total(snapped, group).tolist()


def test_families_rounded_alone_would_miss_the_total():
    values, family = [0.6, 0.6, 0.6], [0, 1, 2]
    assert round_to_total(values, family).sum() == 3
    assert round_nested(values, [[0, 0, 0], family]).sum() == 2


def test_negative_parts_and_empty_plans_are_rounded_too():
    assert round_nested([-1.4, 3.2, 0.2], [[0, 0, 0]]).tolist() == [-1, 3, 0]
    assert round_nested([], [[]]).tolist() == []


def test_levels_that_are_not_levels_are_refused():
    with pytest.raises(InputError, match="level 2 is not nested in level 1"):
        round_nested([1.0, 2.0], [[0, 1], [0, 0]])
    with pytest.raises(InputError, match="level 1 groups 1 parts, there are 2"):
        round_nested([1.0, 2.0], [[0]])
    with pytest.raises(InputError, match="at least one level"):
        round_nested([1.0], [])
    with pytest.raises(InputError, match="finite"):
        round_nested([np.nan], [[0]])


@given(AMOUNTS, st.floats(0, 1e6, allow_subnormal=False), st.data())
def test_a_split_by_last_year_sums_and_keeps_locks(base, target, data):
    value = np.array(base)
    past = np.array(data.draw(st.lists(st.floats(0, 1e4), min_size=len(value), max_size=len(value))))
    locked = np.array(data.draw(st.lists(st.booleans(), min_size=len(value), max_size=len(value))))
    got = disaggregate_by_last_year(target, value, past, locked=locked)
    assert (got[locked] == value[locked]).all()
    assert (got >= 0).all()
    if not locked.all():
        assert got.sum() == pytest.approx(max(target, value[locked].sum()), rel=1e-9, abs=1e-6)
    if value[~locked].sum() > 0:
        assert got == pytest.approx(disaggregate(target, value, locked=locked))


def test_last_year_matters_only_where_all_parts_are_zero():
    assert disaggregate_by_last_year(8, [0, 0, 2], [3, 1, 5], locked=[0, 0, 1]).tolist() == [4.5, 1.5, 2]
    assert disaggregate_by_last_year(8, [0, 0], [0, 0]).tolist() == [4, 4]
    assert disaggregate_by_last_year(8, [0, 2], [9, 1]).tolist() == [0, 8]
    with pytest.raises(InputError, match="finite number of last year"):
        disaggregate_by_last_year(8, [0, 2], [9])
