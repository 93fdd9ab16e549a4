"""Small supply networks for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from networks import Tables, build_tables, draw_tables, month_range, month_rows


@pytest.fixture(scope="session")
def tables() -> Callable[..., Tables]:
    return build_tables


@pytest.fixture(scope="session")
def across() -> Callable[..., list[tuple[object, ...]]]:
    return month_rows


@pytest.fixture(scope="session")
def months() -> Callable[[int], pd.DatetimeIndex]:
    return month_range


@pytest.fixture(scope="session")
def drawn() -> Callable[..., Tables]:
    return draw_tables
