"""Calls functions through xlwings' own COM server, with test doubles of what belongs to Windows below it.

    python com_server.py < calls.json

`calls.json`: `[["SOP_X", [arguments]], ...]`; an argument `{"range": [[...]]}` is a range of a sheet, `{"missing": true}`
one that was left out, and `{"date": "2026-11-01"}` within a range a date. Printed: what the cells get, and what xlwings
knows of the functions.
"""

import ctypes
import datetime as dt
import importlib
import json
import sys
from decimal import Decimal
from functools import partial
from types import ModuleType, SimpleNamespace
from unittest.mock import MagicMock

MISSING = -2147352572
RANGE_IID = "{00020846-0000-0000-C000-000000000046}"


class ComError(Exception):
    """pywintypes.com_error."""


class Dispatched:
    """The type of an object handed over as a bare IDispatch."""


class ExcelRange:
    """A range as Excel hands it over."""

    Row = Column = 1
    Worksheet = MagicMock()
    _oleobj_ = MagicMock()
    _oleobj_.GetTypeInfo.return_value.GetTypeAttr.return_value.iid = RANGE_IID

    def __init__(self, rows):
        cells = [tuple(map(as_excel, row)) for row in rows]
        self.Value = tuple(cells) if len(cells) > 1 or len(cells[0]) > 1 else cells[0][0]
        self.Rows, self.Columns = SimpleNamespace(Count=len(cells)), SimpleNamespace(Count=len(cells[0]))


def as_excel(cell):
    """A cell of a sheet as COM gives it."""
    if isinstance(cell, dict) and "date" in cell:
        return dt.datetime.fromisoformat(cell["date"])
    if isinstance(cell, dict) and "currency" in cell:
        return Decimal(cell["currency"])
    return cell


def made_up(module, attribute):
    """Whatever a module of Windows is asked for."""
    found = MagicMock(name=f"{module.__name__}.{attribute}")
    setattr(module, attribute, found)
    return found


def put_doubles():
    """Stand-ins for pywin32 and the Windows part of ctypes."""
    for name in ("pythoncom", "pywintypes", "win32api", "win32con", "win32event", "win32gui", "win32process",
                 "win32timezone", "win32com", "win32com.client", "win32com.server", "win32com.server.dispatcher",
                 "win32com.server.policy", "win32com.server.util"):  # fmt: skip
        double = ModuleType(name)
        double.__getattr__ = partial(made_up, double)
        double.__path__ = []
        sys.modules[name] = double
    sys.modules["pywintypes"].com_error = ComError
    sys.modules["pywintypes"].TimeType = dt.datetime
    sys.modules["pywintypes"].IID = str
    client = sys.modules["win32com.client"]
    client.CDispatch = type("CDispatch", (), {})
    client.CoClassBaseClass = type("CoClassBaseClass", (), {})
    client.DispatchBaseClass = type("DispatchBaseClass", (), {})
    sys.modules["win32com"].client = client
    sys.modules["win32com"].server = sys.modules["win32com.server"]
    sys.modules["win32com.server"].util = sys.modules["win32com.server.util"]

    def unwrap(_value):
        raise ValueError("not one of ours")

    sys.modules["win32com.server.util"].unwrap = unwrap
    sys.modules["pythoncom"].IID_IDispatch = "dispatch"
    sys.modules["pythoncom"].TypeIIDs = {"dispatch": Dispatched}
    ctypes.windll = ctypes.oledll = ctypes.PyDLL = MagicMock()


def argument(value):
    if isinstance(value, dict):
        return MISSING if value.get("missing") else ExcelRange(value["range"])
    return value


def com_server():
    """xlwings' COM server over the doubles; once in a process."""
    import xlwings

    put_doubles()
    xlwings._xlwindows = importlib.import_module("xlwings._xlwindows")
    import xlwings.udfs
    from xlwings.com_server import XLPython

    for name, its in {"func": "xlfunc", "arg": "xlarg", "ret": "xlret"}.items():  # as xlwings does on Windows
        setattr(xlwings, name, getattr(xlwings.udfs, its))
    from xlwings.main import Engine

    xlwings.engines.add(Engine(impl=xlwings._xlwindows.engine))
    xlwings.engines.active = xlwings.engines["excel"]
    return XLPython()


def main():
    server = com_server()
    gave = []
    for name, arguments in json.load(sys.stdin):
        gave.append(server.CallUDF("udfs.hosts.excel.functions", name, tuple(map(argument, arguments))))
    module = sys.modules["udfs.hosts.excel.functions"]
    known = {name: f.__xlfunc__ for name, f in vars(module).items() if hasattr(f, "__xlfunc__")}
    print(json.dumps({"gave": gave, "known": known}))  # noqa: T201


if __name__ == "__main__":
    main()
