"""The manifests that bring the add-in into Excel, generated from the registry.

The XML one is the one to install; the unified one in JSON is checked against its schema, for the day Excel takes custom
functions from it on every platform.

References
----------
[1] Microsoft, Office Add-ins: XML manifest reference; Configure your Office Add-in to use a shared runtime.
[2] Microsoft 365 app manifest schema reference, version 1.25.

"""

from __future__ import annotations

import textwrap
import uuid
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from sop_xl import __version__
from udfs.hosts.officejs.metadata import commands
from udfs.registry import PREFIX, Command

NAME = "S&OP"
PROVIDER = "sop_xl"
DESCRIPTION = "Sales & Operations Planning: forecast, inventory targets and a balanced supply plan in one workbook"
PANE = "show_pane"
"""The button that shows the task pane."""
PANE_LABEL, PANE_SAYS = "Task pane", "Show where the cycle stands, every command, and why a cell shows what it shows."

_APP = "http://schemas.microsoft.com/office/appforoffice/1.1"
_OVERRIDES = "http://schemas.microsoft.com/office/taskpaneappversionoverrides"
_TYPES = "http://schemas.microsoft.com/office/officeappbasictypes/1.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SIZES = (16, 32, 80)
_LONGEST_TIP, _LONGEST_LABEL = 250, 125
"""What Excel takes in a super tip and a label [characters]."""


def identity(base: str) -> str:
    """The identity of the add-in at an address: the same on every start, another for another address.

    >>> identity("https://localhost:8443") == identity("https://localhost:8443")
    True
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{base}/sop_xl"))


def by_ribbon_group() -> dict[str, list[Command]]:
    """The commands by group of the ribbon."""
    found: dict[str, list[Command]] = {}
    for spec in commands():
        found.setdefault(spec.group, []).append(spec)
    return found


def shortened(text: str, most: int) -> str:
    """A text cut at a word.

    >>> shortened("Run all steps of the cycle", 15)
    'Run all steps …'
    """
    return textwrap.shorten(text, most, placeholder=" …")


def manifest_xml(base: str) -> str:
    """The XML manifest [1].

    Parameters
    ----------
    base
        Address of the add-in.

    """
    root = Element("OfficeApp", {
        "xmlns": _APP, "xmlns:xsi": _XSI, "xmlns:bt": _TYPES, "xsi:type": "TaskPaneApp",
    })  # fmt: skip
    for tag, text in (
        ("Id", identity(base)),
        ("Version", _four(__version__)),
        ("ProviderName", PROVIDER),
        ("DefaultLocale", "en-US"),
    ):
        SubElement(root, tag).text = text
    for tag, value in (
        ("DisplayName", NAME),
        ("Description", DESCRIPTION),
        ("IconUrl", f"{base}/icons/{PANE}-32.png"),
        ("HighResolutionIconUrl", f"{base}/icons/{PANE}-64.png"),
        ("SupportUrl", f"{base}/help.html"),
    ):
        SubElement(root, tag, DefaultValue=value)
    SubElement(SubElement(root, "AppDomains"), "AppDomain").text = base
    SubElement(SubElement(root, "Hosts"), "Host", Name="Workbook")
    sets = SubElement(SubElement(root, "Requirements"), "Sets", DefaultMinVersion="1.1")
    SubElement(sets, "Set", Name="SharedRuntime", MinVersion="1.1")
    SubElement(SubElement(root, "DefaultSettings"), "SourceLocation", DefaultValue=f"{base}/taskpane.html")
    SubElement(root, "Permissions").text = "ReadWriteDocument"
    _overrides(root, base)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _overrides(root: Element, base: str) -> None:
    """Functions, ribbon and task pane in one shared runtime."""
    top = SubElement(root, "VersionOverrides", {"xmlns": _OVERRIDES, "xsi:type": "VersionOverridesV1_0"})
    host = SubElement(SubElement(top, "Hosts"), "Host", {"xsi:type": "Workbook"})
    SubElement(SubElement(host, "Runtimes"), "Runtime", resid="Pane.Url", lifetime="long")
    functions = SubElement(
        SubElement(host, "AllFormFactors"), "ExtensionPoint", {"xsi:type": "CustomFunctions"}
    )  # fmt: skip
    for tag, resid in (("Script", "Bridge.Url"), ("Page", "Pane.Url"), ("Metadata", "Functions.Url")):
        SubElement(SubElement(functions, tag), "SourceLocation", resid=resid)
    SubElement(functions, "Namespace", resid="Namespace")
    form = SubElement(host, "DesktopFormFactor")
    SubElement(form, "FunctionFile", resid="Pane.Url")
    ribbon = SubElement(form, "ExtensionPoint", {"xsi:type": "PrimaryCommandSurface"})
    tab = SubElement(ribbon, "CustomTab", id="sop.tab")
    texts: dict[str, str] = {"Namespace": PREFIX, "Tab.Label": NAME}
    tips: dict[str, str] = {}
    images: dict[str, str] = {}
    for number, (name, specs) in enumerate(by_ribbon_group().items(), 1):
        group = SubElement(tab, "Group", id=f"sop.group{number}")
        SubElement(group, "Label", resid=f"Group{number}.Label")
        texts[f"Group{number}.Label"] = name
        _icon(group, specs[0].name, base, images)
        if number == 1:
            _button(group, PANE, PANE_LABEL, PANE_SAYS, base, texts, tips, images)
        for spec in specs:
            _button(group, spec.name, spec.label, spec.says, base, texts, tips, images)
    SubElement(tab, "Label", resid="Tab.Label")
    urls = {"Pane.Url": "taskpane.html", "Bridge.Url": "bridge.js", "Functions.Url": "functions.json"}
    resources = SubElement(top, "Resources")
    for kind, one, values in (
        ("Images", "Image", images),
        ("Urls", "Url", {name: f"{base}/{page}" for name, page in urls.items()}),
        ("ShortStrings", "String", {name: shortened(text, _LONGEST_LABEL) for name, text in texts.items()}),
        ("LongStrings", "String", {name: shortened(text, _LONGEST_TIP) for name, text in tips.items()}),
    ):
        block = SubElement(resources, f"bt:{kind}")
        for name, value in values.items():
            SubElement(block, f"bt:{one}", id=name, DefaultValue=value)


def _button(
    group: Element,
    name: str,
    label: str,
    says: str,
    base: str,
    texts: dict[str, str],
    tips: dict[str, str],
    images: dict[str, str],
) -> None:
    control = SubElement(group, "Control", {"xsi:type": "Button", "id": f"sop.{name}"})
    SubElement(control, "Label", resid=f"{name}.Label")
    tip = SubElement(control, "Supertip")
    SubElement(tip, "Title", resid=f"{name}.Label")
    SubElement(tip, "Description", resid=f"{name}.Tip")
    _icon(control, name, base, images)
    kind = "ShowTaskpane" if name == PANE else "ExecuteFunction"
    action = SubElement(control, "Action", {"xsi:type": kind})
    if name == PANE:
        SubElement(action, "TaskpaneId").text = "ButtonId1"
        SubElement(action, "SourceLocation", resid="Pane.Url")
    else:
        SubElement(action, "FunctionName").text = name
    texts[f"{name}.Label"], tips[f"{name}.Tip"] = label, says


def _icon(parent: Element, name: str, base: str, images: dict[str, str]) -> None:
    icon = SubElement(parent, "Icon")
    for size in _SIZES:
        resid = f"{name}.{size}"
        SubElement(icon, "bt:Image", size=str(size), resid=resid)
        images[resid] = f"{base}/icons/{name}-{size}.png"


def manifest_json(base: str) -> dict[str, Any]:
    """The unified manifest [2].

    Parameters
    ----------
    base
        Address of the add-in.

    """

    def icons(name: str) -> list[dict[str, Any]]:
        return [{"size": size, "url": f"{base}/icons/{name}-{size}.png"} for size in _SIZES]

    def button(name: str, label: str, says: str) -> dict[str, Any]:
        return {
            "id": f"sop.{name}",
            "type": "button",
            "label": shortened(label, 64),
            "icons": icons(name),
            "supertip": {"title": shortened(label, 64), "description": shortened(says, 128)},
            "actionId": name,
        }

    groups = []
    for number, (name, specs) in enumerate(by_ribbon_group().items(), 1):
        controls = [button(spec.name, spec.label, spec.says) for spec in specs]
        if number == 1:
            controls.insert(0, button(PANE, PANE_LABEL, PANE_SAYS))
        groups.append({
            "id": f"sop.group{number}", "label": name, "icons": icons(specs[0].name), "controls": controls,
        })  # fmt: skip
    actions = [{"id": spec.name, "type": "executeFunction"} for spec in commands()]
    return {
        "$schema": "https://developer.microsoft.com/json-schemas/teams/v1.25/MicrosoftTeams.schema.json",
        "manifestVersion": "1.25",
        "version": __version__,
        "id": identity(base),
        "name": {"short": NAME, "full": PROVIDER},
        "description": {"short": shortened(DESCRIPTION, 80), "full": DESCRIPTION},
        "developer": {
            "name": PROVIDER,
            "websiteUrl": base,
            "privacyUrl": f"{base}/help.html#privacy",
            "termsOfUseUrl": f"{base}/help.html#terms",
        },
        "icons": {"outline": "outline.png", "color": "color.png"},
        "accentColor": "#1F4E79",
        "validDomains": [urlsplit(base).netloc],
        "authorization": {
            "permissions": {"resourceSpecific": [{"name": "Document.ReadWrite.User", "type": "Delegated"}]}
        },
        "extensions": [
            {
                "requirements": {
                    "scopes": ["workbook"],
                    "capabilities": [{"name": "SharedRuntime", "minVersion": "1.1"}],
                },
                "runtimes": [
                    {
                        "id": "sop.runtime",
                        "type": "general",
                        "lifetime": "long",
                        "code": {"page": f"{base}/taskpane.html", "script": f"{base}/bridge.js"},
                        "customFunctions": {
                            "namespace": {"id": PREFIX, "name": PREFIX},
                            "allowCustomDataForDataTypeAny": False,
                            "metadataUrl": f"{base}/functions.json",
                        },
                        "actions": [*actions, {"id": PANE, "type": "openPage", "view": "taskpane"}],
                    }
                ],
                "ribbons": [{"contexts": ["default"], "tabs": [{"id": "sop.tab", "label": NAME, "groups": groups}]}],
            }
        ],
    }


def _four(version: str) -> str:
    """A version as four numbers.

    >>> _four("0.1.0")
    '0.1.0.0'
    """
    numbers = ["".join(c for c in part if c.isdigit()) or "0" for part in version.split(".")]
    return ".".join([*numbers, "0", "0", "0", "0"][:4])
