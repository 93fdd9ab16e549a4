"""The functions as an add-in of Calc: every method asks the worker."""

# mypy: disable-error-code="import-not-found,misc"
# ruff: noqa: N802 (UNO gives its methods and properties their names)

from __future__ import annotations

from typing import Any, Sequence  # noqa: UP035 (LibreOffice may bring Python 3.8)

import unohelper
from com.sun.star.lang import (
    Locale,
    XServiceInfo,
    XServiceName,
)
from com.sun.star.sheet import (
    LocalizedName,
    XAddIn,
    XCompatibilityNames,
)
from org.sopxl import XFunctions, XSpellings

from sop_xl_calc import cells
from sop_xl_calc.link import Link

SERVICE = "org.sopxl.Functions"
IMPLEMENTATION = "org.sopxl.FunctionsInCalc"
ADD_IN = "com.sun.star.sheet.AddIn"


FIRST_WITH_SPELLINGS = (24, 8)
"""The first version of LibreOffice that reads and writes the spellings of other programs."""


def add_in(known: dict[str, Any], link: Link, version: Sequence[int]) -> type:
    """The class of the add-in, with a method for each function, and for each spelling where Calc uses them."""
    faces = (XSpellings,) if tuple(version) >= FIRST_WITH_SPELLINGS else ()
    body = {"_methods": known["methods"], "_functions": known["functions"]}
    made = type("Functions", (_Functions, *faces), body)
    for method, meant in known["methods"].items():
        setattr(made, method, _method(meant["function"], bool(known["functions"][meant["function"]]["more"]), link))
    return made


def _method(name: str, more: bool, link: Link) -> Any:
    def method(_self: Any, *values: Any) -> Any:
        taken = [cells.given(value) for value in values]
        if more:
            taken[-1:] = taken[-1] or []
        while taken and taken[-1] is None:
            taken.pop()
        answer = link.call(name, taken)
        if "cells" in answer:
            return cells.shown(answer["cells"])
        return ((cells.error(answer.get("error", "#VALUE!")),),)

    return method


class _Functions(unohelper.Base, XAddIn, XCompatibilityNames, XServiceName, XServiceInfo, XFunctions):
    """What Calc asks an add-in about its functions: their names and help for cells and the wizard."""

    _methods: dict[str, dict[str, str]]
    _functions: dict[str, dict[str, Any]]

    def __init__(self, context: Any, *_arguments: Any) -> None:
        self._context = context
        self._locale = Locale("en", "US", "")

    def getImplementationName(self) -> str:
        """Name of this implementation."""
        return IMPLEMENTATION

    def supportsService(self, name: str) -> bool:
        """Whether it is such a service."""
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        """The services it is."""
        return (SERVICE, ADD_IN)

    def getServiceName(self) -> str:
        """Its own service."""
        return SERVICE

    def setLocale(self, locale: Any) -> None:
        """Take the language of the user; the help is English only."""
        self._locale = locale

    def getLocale(self) -> Any:
        """The language of the user."""
        return self._locale

    def getProgrammaticFuntionName(self, display: str) -> str:
        """The method behind a name in a cell."""
        wanted = display.casefold()
        return next((m for m in self._methods if self.getDisplayFunctionName(m).casefold() == wanted), "")

    def getDisplayFunctionName(self, method: str) -> str:
        """The name in a cell."""
        return self._methods[method]["spelling"] if method in self._methods else ""

    def getFunctionDescription(self, method: str) -> str:
        """The help of a function."""
        return str(self._function(method).get("says", ""))

    def getDisplayArgumentName(self, method: str, at: int) -> str:
        """The name of an argument."""
        return self._argument(method, at)[0]

    def getArgumentDescription(self, method: str, at: int) -> str:
        """The help of an argument."""
        return self._argument(method, at)[1]

    def getProgrammaticCategoryName(self, _method: str) -> str:
        """The category of every add-in."""
        return "Add-In"

    def getDisplayCategoryName(self, _method: str) -> str:
        """The category as the wizard shows it."""
        return "Add-In"

    def getCompatibilityNames(self, method: str) -> tuple[Any, ...]:
        """How an .xlsx file spells the function."""
        if method not in self._methods:
            return ()
        return (LocalizedName(Locale("en", "US", ""), self._methods[method]["spelling"]),)

    def _function(self, method: str) -> dict[str, Any]:
        return self._functions[self._methods[method]["function"]] if method in self._methods else {}

    def _argument(self, method: str, at: int) -> list[str]:
        arguments: list[list[str]] = self._function(method).get("arguments", [])
        if not arguments or at < 0:
            return ["", ""]
        return arguments[min(at, len(arguments) - 1)]
