"""Manifests and metadata: in the order, the lengths and the schema Excel asks for, and complete."""

import json
import re
import struct

import pytest
from lxml import etree
from officejs_parts import BASE

from udfs.hosts.officejs.icons import icon
from udfs.hosts.officejs.manifest import PANE, identity, manifest_json, manifest_xml
from udfs.hosts.officejs.metadata import commands, functions, functions_json
from udfs.hosts.officejs.page import icons, pages
from udfs.registry import COMMANDS, FUNCTIONS

APP = "{http://schemas.microsoft.com/office/appforoffice/1.1}"
OVER = "{http://schemas.microsoft.com/office/taskpaneappversionoverrides}"
TYPES = "{http://schemas.microsoft.com/office/officeappbasictypes/1.0}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

ORDER = {
    f"{APP}OfficeApp": "Id AlternateId Version ProviderName DefaultLocale DisplayName Description IconUrl "
    "HighResolutionIconUrl SupportUrl AppDomains Hosts Requirements DefaultSettings Permissions VersionOverrides",
    f"{OVER}VersionOverrides": "Description Requirements Hosts Resources VersionOverrides",
    f"{OVER}Host": "Runtimes AllFormFactors DesktopFormFactor MobileFormFactor",
    f"{OVER}DesktopFormFactor": "GetStarted SupportsSharedFolders FunctionFile ExtensionPoint",
    f"{OVER}CustomTab": "OverriddenByRibbonApi OfficeGroup Group InsertAfter InsertBefore Label",
    f"{OVER}Group": "Label Icon Control OfficeControl",
    f"{OVER}Control": "OverriddenByRibbonApi Label ToolTip Supertip Icon Action Enabled Items",
    f"{OVER}Supertip": "Title Description",
    f"{OVER}Resources": "Images Urls ShortStrings LongStrings",
}
"""The order of the parts of an element, as Microsoft's XML schemas have it."""


@pytest.fixture(scope="module")
def xml():
    return etree.fromstring(manifest_xml(BASE).encode())


def test_parts_stand_in_the_order_of_the_schema(xml):
    for element in xml.iter(etree.Element):
        if element.tag in ORDER:
            order = ORDER[element.tag].split()
            places = [order.index(etree.QName(child).localname) for child in element]
            assert places == sorted(places), element.tag


def test_every_resource_is_there_once_and_used(xml):
    resources = [e for block in xml.iter(f"{OVER}Resources") for e in block.iter() if "id" in e.attrib]
    names = [e.attrib["id"] for e in resources]
    used = {e.attrib["resid"] for e in xml.iter() if "resid" in e.attrib}
    assert len(set(names)) == len(names)
    assert used == set(names)
    assert all(len(name) <= 32 for name in names)


def test_texts_have_the_lengths_excel_takes(xml):
    longest = {f"{TYPES}ShortStrings": 125, f"{TYPES}LongStrings": 250, f"{TYPES}Urls": 255, f"{TYPES}Images": 255}
    for tag, most in longest.items():
        for block in xml.iter(tag):
            assert all(0 < len(e.attrib["DefaultValue"]) <= most for e in block)
    assert len(xml.find(f"{APP}DisplayName").attrib["DefaultValue"]) <= 125
    assert len(xml.find(f"{APP}Description").attrib["DefaultValue"]) <= 250
    assert re.fullmatch(r"\d+(\.\d+){3}", xml.find(f"{APP}Version").text)


def test_every_address_is_served(xml):
    served = pages(BASE) | icons()
    addresses = [e.attrib["DefaultValue"] for e in xml.iter() if e.attrib.get("DefaultValue", "").startswith("http")]
    assert addresses
    for address in addresses:
        assert address.startswith(f"{BASE}/")
        assert address.removeprefix(BASE) in served, address


def test_every_command_has_its_button(xml):
    actions = [e.text for e in xml.iter(f"{OVER}FunctionName")]
    assert sorted(actions) == sorted(name for name, spec in COMMANDS.items() if not spec.local)
    ids = [e.attrib["id"] for e in xml.iter(f"{OVER}Control", f"{OVER}Group", f"{OVER}CustomTab")]
    assert len(set(ids)) == len(ids)
    assert all(len(name) <= 125 for name in ids)
    groups = list(xml.iter(f"{OVER}Group"))
    assert len(groups) <= 10
    assert all(1 <= len(group.findall(f"{OVER}Control")) <= 6 for group in groups)


def test_icons_have_the_size_they_say(xml):
    for image in xml.iter(f"{OVER}Icon"):
        assert [e.attrib["size"] for e in image] == ["16", "32", "80"]
    for path, (kind, content) in icons().items():
        size = int(re.search(r"-(\d+)\.png$", path)[1])
        assert kind == "image/png"
        assert struct.unpack(">II", content[16:24]) == (size, size)


def test_buttons_do_not_look_alike():
    small = {path: content for path, (_, content) in icons().items() if path.endswith("-32.png")}
    assert len(set(small.values())) == len(small)
    assert icon("?", "1F4E79", 16)[:4] == b"\x89PNG"


def test_an_address_has_one_identity():
    assert identity(BASE) == identity(BASE) != identity("https://sop.example.com")


def test_the_ribbon_follows_the_registry():
    assert [spec.name for spec in commands()] == [name for name, spec in COMMANDS.items() if not spec.local]
    assert {spec.name for spec in functions()} == set(FUNCTIONS)


def test_metadata_of_functions_keeps_the_rules():
    found = functions_json(BASE)
    assert len(json.dumps(found)) < 200_000
    assert {f["id"] for f in found["functions"]} == set(FUNCTIONS)
    for function in found["functions"]:
        spec = FUNCTIONS[function["id"]]
        assert re.fullmatch(r"[A-Z][A-Z0-9_.]{2,}", function["name"])
        assert not re.fullmatch(r"[A-Z]{1,3}\d+", function["name"]), "a cell address is no name"
        assert len(function["description"]) <= 255
        assert "SOP_" not in json.dumps(function)
        parameters = function["parameters"]
        assert [p["name"] for p in parameters][: len(spec.arguments)] == [a.name for a in spec.arguments]
        optional = [p.get("optional", False) for p in parameters if not p.get("repeating")]
        assert optional == sorted(optional), "what may be left out stands last"
        assert all(not p.get("repeating") for p in parameters[:-1])
        assert all(p["type"] == "any" and p["dimensionality"] in ("scalar", "matrix") for p in parameters)


def test_the_unified_manifest_keeps_its_schema(npm_packages):
    from jsonschema import Draft7Validator

    folder = npm_packages / "@microsoft" / "app-manifest" / "build" / "json-schemas" / "teams" / "v1.25"
    schema = json.loads((folder / "MicrosoftTeams.schema.json").read_text(encoding="utf-8"))
    schema.pop("$schema", None)
    errors = [
        f"{list(e.absolute_path)}: {e.message[:200]}" for e in Draft7Validator(schema).iter_errors(manifest_json(BASE))
    ]
    assert not errors
    broken = manifest_json(BASE) | {"id": "x"}
    assert list(Draft7Validator(schema).iter_errors(broken)), "the schema does see mistakes"


def test_the_pane_is_on_the_ribbon(xml):
    assert xml.find(f".//{OVER}Control[@id='sop.{PANE}']") is not None
