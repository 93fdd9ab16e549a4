"""Blocks of series for tests."""

import numpy as np

from sop_xl.demand.forecasting.smoothing import Block


def block_of(*series):
    """Series side by side, right-aligned, the longest first."""
    ordered = sorted((np.asarray(s, dtype=float) for s in series), key=len, reverse=True)
    rows = len(ordered[0])
    y = np.zeros((rows, len(ordered)))
    for column, values in enumerate(ordered):
        y[rows - len(values) :, column] = values
    return Block(y, np.array([len(s) for s in ordered]))
