"""What LibreOffice loads: the add-in with the functions, the commands, and the job that repairs names on opening."""

# mypy: disable-error-code="import-not-found,misc"
# ruff: noqa: N802 (UNO gives its methods and properties their names)

from __future__ import annotations

import json
import os
from typing import Any

import uno
import unohelper
from com.sun.star.beans import PropertyValue
from com.sun.star.lang import XServiceInfo
from com.sun.star.task import XJob
from sop_xl_calc import commands, functions
from sop_xl_calc.link import Link, note_failure
from sop_xl_calc.spellings import Spellings

REPAIR = "org.sopxl.Repair"
_REPAIR_IMPLEMENTATION = "org.sopxl.RepairInCalc"


def _here() -> str:
    """The folder of the extension."""
    path = uno.fileUrlToSystemPath(__file__) if __file__.startswith("file:") else __file__
    return os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120


def _office_version() -> tuple[int, ...]:
    """The version of LibreOffice, such as (7, 4)."""
    context = uno.getComponentContext()
    provider = context.ServiceManager.createInstanceWithContext(
        "com.sun.star.configuration.ConfigurationProvider", context
    )
    node = PropertyValue(Name="nodepath", Value="/org.openoffice.Setup/Product")
    product = provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationAccess", (node,))
    return tuple(int(part) for part in str(product.getByName("ooSetupVersion")).split(".")[:2] if part.isdigit())


with open(os.path.join(_here(), "sop_xl.json"), encoding="utf-8") as _file:  # noqa: PTH118, PTH123
    KNOWN = json.load(_file)
LINK = Link(KNOWN["worker"]["python"], KNOWN["worker"]["module"])
SPELLINGS = Spellings(functions.SERVICE, KNOWN["functions"])


class Repair(unohelper.Base, XJob, XServiceInfo):
    """When a spreadsheet is opened or made: start the worker, and give our functions the name this Calc knows."""

    def __init__(self, context: Any, *_arguments: Any) -> None:
        self._context = context

    def getImplementationName(self) -> str:
        """Name of this implementation."""
        return _REPAIR_IMPLEMENTATION

    def supportsService(self, name: str) -> bool:
        """Whether it is such a service."""
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        """The services it is."""
        return (REPAIR,)

    def execute(self, arguments: Any) -> None:
        """Repair the document of the event."""
        try:
            found = {
                value.Name: value.Value for part in arguments if part.Name == "Environment" for value in part.Value
            }
            document = found.get("Model")
            if document is not None and document.supportsService(commands.SPREADSHEET):
                LINK.warm()
                SPELLINGS.repair(document)
        except Exception:  # opening a document must not fail for it
            note_failure()


g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816 (LibreOffice asks for this name)
g_ImplementationHelper.addImplementation(
    functions.add_in(KNOWN, LINK, _office_version()), functions.IMPLEMENTATION, (functions.SERVICE, functions.ADD_IN)
)
g_ImplementationHelper.addImplementation(commands.commands(KNOWN, LINK), commands.IMPLEMENTATION, (commands.SERVICE,))
g_ImplementationHelper.addImplementation(Repair, _REPAIR_IMPLEMENTATION, (REPAIR,))
