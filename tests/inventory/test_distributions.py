"""Distributions of demand against sums, integrals and scipy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from sop_xl.errors import InputError
from sop_xl.inventory.distributions import Empirical, Gamma, Lognormal, NegativeBinomial, Normal, Poisson

CONTINUOUS = {
    "normal": (Normal(100, 30), stats.norm(100, 30)),
    "gamma": (Gamma(100, 60), stats.gamma((100 / 60) ** 2, scale=36)),
    "lognormal": (Lognormal(4, 0.5), stats.lognorm(0.5, scale=np.exp(4))),
}
WHOLE = {
    "poisson": (Poisson(6.5), stats.poisson(6.5)),
    "negative binomial": (NegativeBinomial(8, 5), stats.nbinom(64 / 17, 8 / 25)),
    "empirical": (Empirical([0, 3, 3, 12]), stats.rv_discrete(values=([0, 3, 12], [0.25, 0.5, 0.25]))),
}


@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("x", [-20.0, 5.0, 60.0, 100.0, 250.0])
def test_losses_are_the_integrals_of_the_tail(name, x):
    ours, theirs = CONTINUOUS[name]
    assert ours.cdf(x) == pytest.approx(theirs.cdf(x), abs=1e-12)
    assert ours.loss(x) == pytest.approx(quad(theirs.sf, x, 1500, limit=500)[0], abs=1e-6)
    assert ours.second_loss(x) == pytest.approx(
        quad(lambda y: float(ours.loss(y)), x, 1500, limit=500)[0], rel=1e-5, abs=1e-4
    )


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("x", [-2.0, 0.0, 2.5, 3.0, 7.0, 20.0])
def test_losses_are_the_sums_of_the_tail(name, x):
    ours, theirs = WHOLE[name]
    demand = np.arange(300)
    chances = theirs.pmf(demand)
    assert ours.cdf(x) == pytest.approx(theirs.cdf(x), abs=1e-12)
    assert ours.loss(x) == pytest.approx(chances @ np.maximum(demand - x, 0), abs=1e-9)
    assert ours.second_loss(x) == pytest.approx(chances @ np.maximum(demand - x, 0) ** 2 / 2, abs=1e-7)
    assert np.allclose(ours.pmf(demand), chances)


@pytest.mark.parametrize("name", [*CONTINUOUS, *WHOLE])
@pytest.mark.parametrize("p", [0.01, 0.3, 0.5, 0.9, 0.999])
def test_the_quantile_is_the_least_that_reaches_the_share(name, p):
    ours, theirs = {**CONTINUOUS, **WHOLE}[name]
    assert ours.quantile(p) == pytest.approx(theirs.ppf(p), rel=1e-9)
    assert ours.mean == pytest.approx(theirs.mean())
    assert ours.whole == (name in WHOLE)


@given(mean=st.floats(0.5, 200), ratio=st.floats(1.05, 5), x=st.floats(0, 300))
def test_what_is_left_over_and_what_is_short_differ_by_the_mean(mean, ratio, x):
    for demand in (Poisson(mean), NegativeBinomial(mean, np.sqrt(mean * ratio)), Gamma(mean, np.sqrt(mean * ratio))):
        spare = quad(lambda y, d=demand: float(d.cdf(y)), 0, x, limit=300)[0] if not demand.whole else None
        loss = demand.loss(x)
        assert loss >= max(mean - x, 0) - 1e-7
        if spare is not None:
            assert x - mean + loss == pytest.approx(spare, abs=1e-4 * (1 + x))


def test_items_together_are_items_one_by_one():
    means, sds, x = np.array([5.0, 20.0, 80.0]), np.array([4.0, 9.0, 20.0]), np.array([4.0, 30.0, 90.0])
    for kind in (Normal, Gamma, NegativeBinomial, Lognormal.of):
        together = kind(means, sds)
        for what in ("cdf", "loss", "second_loss"):
            one = [float(getattr(kind(m, s), what)(at)) for m, s, at in zip(means, sds, x, strict=True)]
            assert getattr(together, what)(x) == pytest.approx(one)
    assert Poisson(means).quantile(0.9) == pytest.approx([float(Poisson(m).quantile(0.9)) for m in means])


def test_a_lognormal_of_a_mean_and_deviation_has_them():
    demand = Lognormal.of(60, 25)
    assert demand.mean == pytest.approx(60)
    assert 2 * demand.second_loss(0.0) - 60**2 == pytest.approx(25**2)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Normal(5, 0), "standard deviation of demand must be above 0"),
        (lambda: Gamma(0, 1), "mean demand must be above 0"),
        (lambda: Gamma(1, np.nan), "standard deviation of demand must be above 0, got nan"),
        (lambda: Normal(np.nan, 1), "mean demand must be a number, got nan"),
        (lambda: Lognormal(np.inf, 1), "mean of the logarithm must be a number, got inf"),
        (lambda: Poisson(-1), "mean demand must be 0 or more"),
        (lambda: NegativeBinomial(5, 2), "take Poisson where they are equal"),
        (lambda: Lognormal(1, -1), "logarithm must be above 0"),
        (lambda: Empirical([]), "a list of one value or more"),
        (lambda: Empirical([1, 2], [0.5, 0.6]), "must be as many and add to 1"),
    ],
)
def test_what_is_no_distribution_is_refused(call, says):
    with pytest.raises(InputError, match=says):
        call()
