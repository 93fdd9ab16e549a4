"""What a file says of itself in its custom properties (File > Info > Properties), which every program keeps."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from sop_xl.workbook.file.package import Package

_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PROPERTIES_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
LONGEST = 255
"""Most characters of a custom property."""


def properties(package: Package) -> dict[str, str]:
    """The custom properties of a file, as texts."""
    part = _properties_part(package)
    return {} if part is None else {p.get("name", ""): "".join(p.itertext()) for p in package.tree(part)}


def set_properties(package: Package, values: Mapping[str, str]) -> None:
    """Give a file custom properties; others it has stay."""
    part = _properties_part(package)
    if part is None:
        part = (
            "docProps/custom.xml" if not package.has("docProps/custom.xml") else package.free_name("docProps/own{}.xml")
        )
        package.add(part, f'<Properties xmlns="{_CUSTOM}" xmlns:vt="{_VALUES}"/>'.encode(), _PROPERTIES_TYPE)
        package.relate("", f"{_KINDS}/custom-properties", part)
    root = package.edit(part)
    for old in [p for p in root if p.get("name") in values]:
        root.remove(old)
    number = max((int(p.get("pid", "1")) for p in root), default=1)
    for n, (name, text) in enumerate(values.items(), number + 1):
        item = etree.SubElement(root, f"{{{_CUSTOM}}}property", {"fmtid": _FORMAT, "pid": str(n), "name": name})
        etree.SubElement(item, f"{{{_VALUES}}}lpwstr").text = text[:LONGEST]


def _properties_part(package: Package) -> str | None:
    return next((r.target for r in package.relations("") if r.kind == "custom-properties"), None)
