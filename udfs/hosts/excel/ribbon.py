"""The tab S&OP of Excel's ribbon, generated from the commands: groups in the order of the cycle, a button each.

The part is `customUI14.xml` (Office 2010 and later). Every button carries its command as tag and goes through one
dispatcher; what it says is asked when it is shown, so that a button that cannot be pressed gives the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from sop_xl.errors import InputError
from udfs.hosts.excel.icons import ICONS
from udfs.registry import Command

NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"
CALLBACKS = {
    "pressed": "SopRibbon.SopPressed",
    "enabled": "SopRibbon.SopEnabled",
    "supertip": "SopRibbon.SopSupertip",
    "loaded": "SopRibbon.SopOnLoad",
    "windows": "SopRibbon.SopOnWindows",
    "version": "SopRibbon.SopVersionLabel",
}
"""What the ribbon calls, with its module."""

TAB_KEY = "SO"
HOST_GROUP = "Tools"


def host_buttons() -> tuple[Command, ...]:
    """Buttons of the host itself: they ask for no planning workbook."""
    restart = (
        "Stop the Python that answers cells; the next cell starts it again. For when cells show #N/A after an update."
    )
    check = (
        "Check the installation and say what to do: the Python, the version of xlwings, files that are blocked or "
        "missing."
    )
    return (
        Command("host_restart", HOST_GROUP, "Restart Python", restart, "RefreshAll", _nothing, "0", needs_book=False),
        Command("host_check", HOST_GROUP, "Check add-in", check, "TraceError", _nothing, "9", needs_book=False),
    )


def ribbon_xml(commands: Iterable[Command], groups: Sequence[str]) -> bytes:
    """The ribbon part.

    Parameters
    ----------
    commands
        The commands; those of the host are added.
    groups
        The groups in their order; one that no command is in is left out.

    Raises
    ------
    InputError
        If an icon is not known to be one of Office, or two buttons have the same keys.

    """
    specs = [*commands, *host_buttons()]
    _check(specs, groups)
    root = etree.Element(f"{{{NAMESPACE}}}customUI", {"onLoad": CALLBACKS["loaded"]}, nsmap={None: NAMESPACE})
    tabs = _under(_under(root, "ribbon"), "tabs")
    tab = _under(tabs, "tab", id="sopTab", label="S&OP", keytip=TAB_KEY)
    for at, name in enumerate(groups):
        members = [spec for spec in specs if spec.group == name]
        if not members:
            continue
        group = _under(tab, "group", id=f"sopGroup{at + 1}", label=name)
        for spec in sorted(members, key=lambda spec: not spec.large):
            _button(group, spec)
        if name == HOST_GROUP:
            _under(group, "labelControl", id="sopVersion", getLabel=CALLBACKS["version"])
    part: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True, pretty_print=True)
    return part


def _button(group: etree._Element, spec: Command) -> None:
    given = {"id": f"sop_{spec.name}", "label": spec.label, "imageMso": spec.icon}
    given |= {"size": "large"} if spec.large else {}
    given |= {"keytip": spec.key_tip} if spec.key_tip else {}
    given |= {"screentip": spec.label, "getSupertip": CALLBACKS["supertip"], "getEnabled": CALLBACKS["enabled"]}
    given |= {"getVisible": CALLBACKS["windows"]} if spec.name == "host_restart" else {}
    _under(group, "button", **given, onAction=CALLBACKS["pressed"], tag=spec.name)


def _under(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)


def _check(specs: Sequence[Command], groups: Sequence[str]) -> None:
    """Refuse what Excel would leave out without a word."""
    keys: dict[str, str] = {}
    for spec in specs:
        if spec.icon not in ICONS:
            raise InputError(f"button {spec.label}: {spec.icon!r} is no icon of Office that was checked (icons.py)")
        if spec.group not in groups:
            raise InputError(f"button {spec.label}: the ribbon has no group {spec.group!r}")
        if spec.key_tip:
            clash = next((k for k in keys if k.startswith(spec.key_tip) or spec.key_tip.startswith(k)), None)
            if clash is not None:
                raise InputError(f"buttons {keys[clash]} and {spec.label} have the same keys {spec.key_tip!r}")
            keys[spec.key_tip] = spec.label


def _nothing(*_: object) -> str:
    return ""
