"""The ribbon: it follows its schema, has every command, and calls what the add-in has."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from sop_xl.errors import InputError
from udfs.commands import GROUPS
from udfs.hosts.excel import build
from udfs.hosts.excel.ribbon import CALLBACKS, NAMESPACE, host_buttons, ribbon_xml
from udfs.registry import COMMANDS

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("ribbon.xsd")))
SIGNATURES = {
    "loaded": "(ribbon As IRibbonUI)",
    "pressed": "(control As IRibbonControl)",
    "enabled": "(control As IRibbonControl, ByRef enabled)",
    "supertip": "(control As IRibbonControl, ByRef text)",
    "windows": "(control As IRibbonControl, ByRef visible)",
    "version": "(control As IRibbonControl, ByRef label)",
}


@pytest.fixture(scope="module")
def tab():
    build.declare_all()
    return etree.fromstring(build.ribbon()).find(f".//{{{NAMESPACE}}}tab")


def buttons(tab):
    return tab.findall(f".//{{{NAMESPACE}}}button")


def test_it_follows_its_schema(tab):
    SCHEMA.assertValid(tab.getroottree())


@pytest.mark.parametrize(
    ("before", "after"),
    [('keytip="R"', 'keytip="RRRR"'), ('size="large"', 'size="huge"'), ('imageMso="', 'image_mso="'),
     ('onAction="SopRibbon.', 'onAction="'), ('id="sop_undo"', 'id="sop_about"'), ("labelControl", "labelThing")],
)  # fmt: skip
def test_the_schema_refuses_what_excel_does(before, after):
    text = build.ribbon().decode()
    assert before in text
    assert not SCHEMA.validate(etree.fromstring(text.replace(before, after).encode()))


def test_every_command_has_its_button(tab):
    by_tag = {b.get("tag"): b for b in buttons(tab)}
    assert set(by_tag) == {*COMMANDS, *(b.name for b in host_buttons())}
    for name, spec in COMMANDS.items():
        button = by_tag[name]
        assert (button.get("label"), button.get("imageMso"), button.get("keytip")) == (
            spec.label,
            spec.icon,
            spec.key_tip,
        )
        assert button.get("size", "normal") == ("large" if spec.large else "normal")
        assert button.getparent().get("label") == spec.group
        assert (button.get("getEnabled"), button.get("getSupertip")) == (CALLBACKS["enabled"], CALLBACKS["supertip"])


def test_groups_follow_the_cycle(tab):
    assert tab.get("label") == "S&OP"
    assert [g.get("label") for g in tab] == list(GROUPS)


@pytest.mark.parametrize("name", CALLBACKS)
def test_what_it_calls_is_there(name):
    module, procedure = CALLBACKS[name].split(".")
    text = build.our_modules()[module]
    assert f"Public Sub {procedure}{SIGNATURES[name]}" in text


def test_every_callback_of_the_ribbon_is_known():
    used = set(re.findall(r'(?:onLoad|onAction|get\w+)="([^"]+)"', build.ribbon().decode()))
    assert used == set(CALLBACKS.values())


def test_tips_say_what_the_buttons_do():
    text = build.our_modules()["SopButtons"]
    for spec in COMMANDS.values():
        assert f'Case "{spec.name}"' in text
        assert spec.says[:80].replace('"', '""') in text


def test_an_unknown_icon_a_group_or_a_key_taken_twice_is_refused():
    undo, about = COMMANDS["undo"], COMMANDS["about"]
    with pytest.raises(InputError, match="'Nothing' is no icon of Office"):
        ribbon_xml([replace(undo, icon="Nothing")], GROUPS)
    with pytest.raises(InputError, match="no group 'Elsewhere'"):
        ribbon_xml([replace(undo, group="Elsewhere")], GROUPS)
    with pytest.raises(InputError, match="buttons Undo and About have the same keys 'UB'"):
        ribbon_xml([undo, replace(about, key_tip="UB")], GROUPS)


def test_a_new_command_appears_by_itself():
    new = replace(COMMANDS["undo"], name="freeze", label='Freeze "now" & <here>', key_tip="1")
    tree = etree.fromstring(ribbon_xml([*COMMANDS.values(), new], GROUPS))
    SCHEMA.assertValid(tree.getroottree())
    assert [b.get("label") for b in buttons(tree) if b.get("tag") == "freeze"] == ['Freeze "now" & <here>']
