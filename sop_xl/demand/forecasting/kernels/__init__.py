"""The recursions that take the time of a forecast, compiled where a compiler was there, else in numpy.

Both give the same bits. `SOP_XL_KERNELS=numpy` in the environment asks for numpy even where the compiled ones are.
"""

from __future__ import annotations

import os

from sop_xl.demand.forecasting.kernels import arrays, compiled


def compiled_ones() -> bool:
    """Whether the compiled kernels are in use."""
    return os.environ.get("SOP_XL_KERNELS", "") != "numpy" and compiled.library() is not None


if compiled_ones():
    fit_ets, fit_ces, fit_theta = compiled.fit_ets, compiled.fit_ces, compiled.fit_theta
else:
    fit_ets, fit_ces, fit_theta = arrays.fit_ets, arrays.fit_ces, arrays.fit_theta
