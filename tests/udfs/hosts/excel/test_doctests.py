"""The examples in the documentation of the host."""

import doctest
import importlib
import pkgutil

import pytest

import udfs.hosts.excel as host

MODULES = [m.name for m in pkgutil.iter_modules(host.__path__, f"{host.__name__}.")]


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0
