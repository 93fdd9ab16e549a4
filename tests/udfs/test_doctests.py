"""The examples in the documentation of the functions' own machinery."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import udfs

MODULES = [m.name for m in pkgutil.iter_modules(udfs.__path__, "udfs.") if not m.ispkg]


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0
