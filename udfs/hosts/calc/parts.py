"""The parts of the extension that are written from the registry: type library, metadata, menu, toolbar, jobs.

LibreOffice reads the UNO IDL text itself. Its names have no underscore, so SAFETY_STOCK becomes `safetyStock`, and Calc
shows the display name: SOP_SAFETY_STOCK.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from sop_xl import __version__
from sop_xl.workbook.tables import TABLES
from udfs.registry import COMMANDS, FUNCTIONS, Command, Function

IDENTIFIER = "org.sopxl.calc"
FUNCTIONS_SERVICE = "org.sopxl.Functions"
COMMANDS_SERVICE = "org.sopxl.Commands"
REPAIR_SERVICE = "org.sopxl.Repair"
TITLE = "S&OP"
SPREADSHEET = "com.sun.star.sheet.SpreadsheetDocument"
SPELLINGS = {"": "{}", "Officejs": "_xldudf_{}", "Xll": "_xll.{}"}
"""By the ending of its UNO method: how an .xlsx file spells a function that Excel, Office.js or an XLL offers."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_REGISTRY = (
    'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_MORE = "Arguments of the function, as many as it takes"


@dataclass(frozen=True)
class Method:
    """A UNO method: the function behind it and the spelling it answers to in a file."""

    name: str
    function: Function
    spelling: str

    @property
    def is_spelling(self) -> bool:
        """Whether it is another spelling of a function."""
        return self.spelling != self.function.excel_name

    @property
    def idl(self) -> str:
        """Its declaration: cells in, rows of cells out."""
        taken = [f"[in] any a{at}" for at in range(len(self.function.arguments))]
        if self.function.more:
            taken.append("[in] sequence< any > more")
        return f"  sequence< sequence< any > > {self.name}({', '.join(taken)});"


def uno_name(name: str) -> str:
    """The UNO name of a function.

    >>> uno_name("SAFETY_STOCK"), uno_name("EOQ")
    ('safetyStock', 'eoq')
    """
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def methods() -> list[Method]:
    """A method for each function and each of its spellings."""
    found = [
        Method(uno_name(spec.name) + ending, spec, spelling.format(spec.excel_name))
        for spec in FUNCTIONS.values()
        for ending, spelling in SPELLINGS.items()
    ]
    names = [method.name.casefold() for method in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise TypeError(f"two functions have the UNO name {', '.join(sorted(twice))}")
    return found


def idl() -> str:
    """The type library: an interface of the functions, and one of the spellings that only a newer Calc needs."""
    interfaces = "".join(
        f"interface {name} : com::sun::star::uno::XInterface {{\n"
        + "".join(f"{method.idl}\n" for method in methods() if method.is_spelling == spelling)
        + "};\n"
        for name, spelling in (("XFunctions", False), ("XSpellings", True))
    )
    return f"module org {{ module sopxl {{\n{interfaces}}}; }};\n"


def metadata(python: str) -> str:
    """What the code inside LibreOffice knows of the functions, the commands, the tables and the worker."""
    made = {
        "version": __version__,
        "worker": {"python": python, "module": "udfs.hosts.worker"},
        "functions": {spec.name: _function(spec) for spec in FUNCTIONS.values()},
        "methods": {m.name: {"function": m.function.name, "spelling": m.spelling} for m in methods()},
        "commands": {c.name: {"label": c.label, "says": c.says, "needs_book": c.needs_book} for c in COMMANDS.values()},
        "tables": [table.excel_name for table in TABLES.values()],
    }
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _function(spec: Function) -> dict[str, object]:
    arguments = [[a.words, f"{a.help}{' (may be left out)' if a.optional else ''}"] for a in spec.arguments]
    if spec.more:
        arguments.append(["more", _MORE])
    return {
        "name": spec.excel_name,
        "says": f"{spec.says} Returns: {spec.returns}",
        "method": uno_name(spec.name),
        "arguments": arguments,
        "more": spec.more,
    }


def menu() -> str:
    """The menu, a submenu for each group of the ribbon, and the toolbar with all of them, in their order."""
    groups = [(name, list(group)) for name, group in groupby(COMMANDS.values(), key=lambda command: command.group)]
    submenus = "".join(
        f'<node oor:name="g{n}" oor:op="replace">{_property("Title", name)}{_property("Context", SPREADSHEET)}'
        f'<node oor:name="Submenu">\n{"".join(map(_entry, group))}</node></node>\n'
        for n, (name, group) in enumerate(groups)
    )
    buttons = "".join(
        ("" if n == 0 else _separator(n)) + "".join(map(_entry, group)) for n, (_, group) in enumerate(groups)
    )
    return (
        f'{_HEAD}<oor:component-data {_REGISTRY} oor:name="Addons" oor:package="org.openoffice.Office">\n'
        '<node oor:name="AddonUI">\n'
        f'<node oor:name="OfficeMenuBar"><node oor:name="{IDENTIFIER}.menu" oor:op="replace">\n'
        f"{_property('Title', TITLE)}{_property('Context', SPREADSHEET)}\n"
        f'<node oor:name="Submenu">\n{submenus}</node></node></node>\n'
        f'<node oor:name="OfficeToolBar"><node oor:name="{IDENTIFIER}.toolbar" oor:op="replace">\n'
        f"{buttons}</node></node>\n"
        "</node>\n</oor:component-data>\n"
    )


def _entry(command: Command) -> str:
    at = list(COMMANDS).index(command.name) + 1
    parts = (
        ("URL", f"service:{COMMANDS_SERVICE}?{command.name}"),
        ("Title", command.label),
        ("Target", "_self"),
        ("Context", SPREADSHEET),
    )
    return f'<node oor:name="m{at:02}" oor:op="replace">{"".join(_property(*part) for part in parts)}</node>\n'


def _separator(before: int) -> str:
    """A line between groups; entries come in the order of their names."""
    groups = [list(group) for _, group in groupby(COMMANDS.values(), key=lambda command: command.group)]
    last = sum(len(group) for group in groups[:before])
    return f'<node oor:name="m{last:02}s" oor:op="replace">{_property("URL", "private:separator")}</node>\n'


def _property(name: str, value: str) -> str:
    language = ' xml:lang="en-US"' if name == "Title" else ""
    return f'<prop oor:name={quoteattr(name)} oor:type="xs:string"><value{language}>{escape(value)}</value></prop>'


def window() -> str:
    """Where the toolbar stands: docked below the others, with our name."""
    bar = f"private:resource/toolbar/addon_{IDENTIFIER}.toolbar"
    shown = "".join(
        f'<prop oor:name="{name}" oor:type="xs:{kind}"><value{language}>{escape(value)}</value></prop>\n'
        for name, kind, value, language in (
            ("UIName", "string", TITLE, ' xml:lang="en-US"'),
            ("Visible", "boolean", "true", ""),
            ("Docked", "boolean", "true", ""),
            ("DockingArea", "int", "0", ""),
            ("DockPos", "string", "0,3", ""),
        )
    )
    return (
        f'{_HEAD}<oor:component-data {_REGISTRY} oor:name="CalcWindowState" oor:package="org.openoffice.Office.UI">\n'
        f'<node oor:name="UIElements"><node oor:name="States"><node oor:name="{bar}" oor:op="replace">\n{shown}'
        "</node></node></node>\n</oor:component-data>\n"
    )


def jobs() -> str:
    """The job that repairs names, and starts the worker, when a document is opened or made."""
    service = f'<prop oor:name="Service"><value>{REPAIR_SERVICE}</value></prop>'
    events = "".join(
        f'<node oor:name="{event}" oor:op="fuse"><node oor:name="JobList"><node oor:name="SopXlRepair" '
        'oor:op="replace"/></node></node>\n'
        for event in ("OnLoadFinished", "OnNew")
    )
    return (
        f'{_HEAD}<oor:component-data {_REGISTRY} oor:name="Jobs" oor:package="org.openoffice.Office">\n'
        f'<node oor:name="Jobs"><node oor:name="SopXlRepair" oor:op="replace">{service}</node></node>\n'
        f'<node oor:name="Events">\n{events}</node>\n</oor:component-data>\n'
    )


def description() -> str:
    """Name, version and licence of the extension."""
    return (
        f'{_HEAD}<description xmlns="http://openoffice.org/extensions/description/2006" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">\n'
        f'<identifier value="{IDENTIFIER}"/>\n<version value="{__version__}"/>\n'
        '<display-name><name lang="en">sop_xl: Sales &amp; Operations Planning</name></display-name>\n'
        "</description>\n"
    )


def manifest(entries: Iterable[tuple[str, str]]) -> str:
    """The list of what LibreOffice is to load, with the kind of each."""
    lines = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="application/vnd.sun.star.{kind}"/>\n'
        for path, kind in entries
    )
    return f'{_HEAD}<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">\n{lines}</manifest:manifest>\n'
