"""The add-in `sop_xl.xlam`, built from text: the same bytes from the same text on every machine.

pyOpenVBA writes the VBA project into an empty add-in that Excel made; the ribbon and the properties are put into its
package, whose parts are stored in a fixed order with a fixed date.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path

from lxml import etree

from sop_xl import __version__
from sop_xl.errors import BookError
from udfs.hosts.excel import vba, xlwings_files
from udfs.hosts.excel.ribbon import host_buttons, ribbon_xml
from udfs.registry import COMMANDS, FUNCTIONS

NAME = "sop_xl.xlam"
RIBBON_PART = "customUI/customUI14.xml"
RIBBON_RELATION = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
FUNCTIONS_MODULE = "udfs.hosts.excel.functions"
COMMANDS_MODULE = "udfs.hosts.excel.commands"
PLANNING_TABLE = "tbl_control"
"""The table that makes a workbook a planning workbook."""

NEEDS = "building the add-in needs pyOpenVBA: pip install 'sop-xl[excel]'"

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DATE = (1980, 1, 1, 0, 0, 0)
_CORE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>S&amp;OP</dc:title><dc:creator>sop_xl</dc:creator>\
<dc:description>Sales &amp; Operations Planning inside Excel, sop_xl {version}</dc:description>\
<cp:lastModifiedBy>sop_xl</cp:lastModifiedBy><dcterms:created xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z\
</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z</dcterms:modified>\
</cp:coreProperties>
"""


def declare_all() -> None:
    """Have every function and command declared."""
    import_module("udfs.functions")
    import_module("udfs.commands")


def our_modules() -> dict[str, str]:
    """The VBA modules of our own, by name."""
    declare_all()
    values = {
        "VERSION": __version__,
        "FUNCTIONS": FUNCTIONS_MODULE,
        "COMMANDS": COMMANDS_MODULE,
        "TABLE": PLANNING_TABLE,
    }
    made = {name.partition(".")[0]: vba.source(name, values) for name in vba.SOURCES}
    made[vba.WRAPPERS] = vba.wrappers(FUNCTIONS.values())
    made[vba.DESCRIPTIONS] = vba.descriptions(FUNCTIONS.values())
    made[vba.BUTTONS] = vba.buttons([*COMMANDS.values(), *host_buttons()])
    return made


def ribbon() -> bytes:
    """The ribbon part."""
    from udfs.commands import GROUPS

    return ribbon_xml(COMMANDS.values(), GROUPS)


def build() -> bytes:
    """The add-in.

    Raises `BookError` if pyOpenVBA is not installed or what was built is not sound.
    """
    modules = {**our_modules(), **xlwings_files.modules()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        _with_project(path, modules)
        path.write_bytes(_with_ribbon(path.read_bytes(), ribbon()))
        _check(path)
        return path.read_bytes()


def write(path: Path) -> Path:
    """Build the add-in into a file, all of it or nothing."""
    from sop_xl.workbook.disk.atomic import replace_files

    data = build()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_files({path: data})
    except OSError as error:
        raise BookError(
            f"{path} cannot be written ({error.strerror or error}); close Excel, which keeps the add-in open"
        ) from error
    return path


def _with_project(path: Path, modules: dict[str, str]) -> None:
    """Write an add-in with these modules and no other."""
    try:
        from pyopenvba import ExcelFile, VBAModuleKind
    except ImportError:
        raise BookError(NEEDS) from None
    with ExcelFile.create_new(path) as book:
        project = book.vba_project()
        project.delete_module("Module1")
        for name, text in modules.items():
            kind = VBAModuleKind.other if text.startswith("VERSION 1.0 CLASS") else VBAModuleKind.standard
            project.add_module(name, text, kind=kind)
        book.save()


def _with_ribbon(package: bytes, ribbon: bytes) -> bytes:
    """The package with the ribbon and our properties, stored in a fixed way."""
    with zipfile.ZipFile(io.BytesIO(package)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["_rels/.rels"] = _related(parts["_rels/.rels"])
    parts["docProps/core.xml"] = _CORE.format(version=__version__).encode()
    parts[RIBBON_PART] = ribbon
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as target:  # stored: no two zlibs need agree
        for name in sorted(parts, key=lambda n: (n != "[Content_Types].xml", n != "_rels/.rels", n)):
            part = zipfile.ZipInfo(name, _DATE)
            part.create_system = 0
            target.writestr(part, parts[name])
    return made.getvalue()


def _related(relations: bytes) -> bytes:
    root = etree.fromstring(relations)
    attributes = {"Id": "rIdRibbon", "Type": RIBBON_RELATION, "Target": RIBBON_PART}
    etree.SubElement(root, f"{{{_RELATIONS}}}Relationship", attributes)
    part: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return part


def _check(path: Path) -> None:
    from pyopenvba import check_file

    issues = check_file(path).issues
    if issues:
        raise BookError(f"the add-in that was built is not sound: {issues[0]}")
