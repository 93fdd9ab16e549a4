"""The compiled kernels and their numpy twins: the same bits; and what they compute."""

import os
import subprocess
import sys

import numpy as np
import pytest
from blocks import block_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.forecasting import complex_smoothing, exponential, kernels, theta
from sop_xl.demand.forecasting.kernels import arrays, compiled
from sop_xl.demand.forecasting.seasonality import phase_effects
from sop_xl.demand.forecasting.smoothing import Block

pytestmark = pytest.mark.filterwarnings("error")

needs_compiler = pytest.mark.skipif(
    compiled.library() is None and not os.environ.get("CI"), reason="the kernels were not compiled on this machine"
)


def waves(lengths, seed, floor=0.05):
    rng = np.random.default_rng(seed)
    made = []
    for n in lengths:
        t = np.arange(n)
        level = 1 + 0.01 * rng.standard_normal() * t + 0.3 * np.sin(t * np.pi / 6) + 0.1 * rng.standard_normal(n)
        made.append(np.maximum(level, floor) / 4)
    return block_of(*made)


def same(a, b):
    for name in type(a).__dataclass_fields__:
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


@needs_compiler
@settings(max_examples=15, deadline=None)
@given(
    lengths=st.lists(st.integers(30, 70), min_size=1, max_size=6),
    seed=st.integers(0, 10_000),
    form=st.sampled_from(exponential.candidates(12)),
)
def test_exponential_smoothing_gives_the_same_bits_compiled_and_in_numpy(lengths, seed, form):
    block = waves(lengths, seed)
    effects = phase_effects(block, 12)
    fits = []
    for backend in (compiled, arrays):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(exponential, "fit_ets", backend.fit_ets)
            fits.append(exponential.fitted(block, form, 12 if form.season else 1, effects if form.season else None))
    same(*fits)


@needs_compiler
@settings(max_examples=10, deadline=None)
@given(
    lengths=st.lists(st.integers(26, 60), min_size=1, max_size=5), seed=st.integers(0, 10_000), kind=st.integers(0, 3)
)
def test_complex_smoothing_gives_the_same_bits_compiled_and_in_numpy(lengths, seed, kind):
    block = waves(lengths, seed, floor=-1.0)
    effects = phase_effects(block, 12)
    fits = []
    for backend in (compiled, arrays):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(complex_smoothing, "fit_ces", backend.fit_ces)
            fits.append(complex_smoothing.fitted(block, kind, 12, effects))
    same(*fits)


@needs_compiler
@settings(max_examples=10, deadline=None)
@given(lengths=st.lists(st.integers(3, 60), min_size=1, max_size=5), seed=st.integers(0, 10_000))
def test_theta_gives_the_same_bits_compiled_and_in_numpy(lengths, seed):
    block = waves(lengths, seed, floor=-1.0)
    fits = []
    for backend in (compiled, arrays):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(theta, "fit_theta", backend.fit_theta)
            fits.append(theta.dynamic_theta(block, 9))
    same(*fits)


_SCRIPT = """
import numpy as np
from sop_xl.demand.forecasting import kernels
from sop_xl.demand.series import forecast_series
rng = np.random.default_rng(5)
y = 50 + np.arange(60) * 0.4 + 9 * np.sin(np.arange(60) / 1.9) + rng.standard_normal(60) * 4
print(kernels.compiled_ones(), forecast_series(y, 18).forecast.tobytes().hex())
"""


@needs_compiler
def test_a_whole_forecast_is_the_same_to_the_bit_without_the_compiled_kernels():
    runs = [
        subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            env={**os.environ, "SOP_XL_KERNELS": wanted},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for wanted in ("", "numpy")
    ]
    assert [run[0] for run in runs] == ["True", "False"]
    assert runs[0][1] == runs[1][1]


def test_series_in_a_block_are_fitted_as_each_alone_and_however_many_threads_share_them(monkeypatch):
    block = waves([60] * 130, 3)
    form = exponential.ADDITIVE[1]

    def fitted(part):
        return exponential.fitted(part, form, 12, phase_effects(part, 12))

    together = fitted(block)
    alone = fitted(Block(block.y[:, 77:78], block.lengths[77:78]))
    assert together.x[:, 77].tolist() == alone.x[:, 0].tolist()
    monkeypatch.setattr(compiled.os, "cpu_count", lambda: 7)
    same(together, fitted(block))


def test_own_logarithm_is_that_of_the_library_to_the_last_digits():
    x = np.exp(np.linspace(-600, 600, 4001))
    assert arrays.ln(x) == pytest.approx(np.log(x), rel=4e-16, abs=4e-16)


def test_the_kernels_say_whether_they_are_compiled():
    assert kernels.compiled_ones() == (
        compiled.library() is not None and os.environ.get("SOP_XL_KERNELS", "") != "numpy"
    )
