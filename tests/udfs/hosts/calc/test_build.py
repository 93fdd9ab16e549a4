"""The extension as a file, what it holds, and putting it in and out."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sop_xl.cli import main
from udfs.hosts.calc import build, office, parts
from udfs.registry import COMMANDS, FUNCTIONS

OLDEST = (3, 8)
"""The oldest Python that a LibreOffice of ours brings."""


def held(path):
    """The files in an extension, as text."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_same_registry_gives_the_same_bytes(oxt, tmp_path):
    assert build.build(tmp_path / "again.oxt", sys.executable).read_bytes() == oxt.read_bytes()


def test_every_function_and_command_is_in_it(oxt):
    files = held(oxt)
    known = json.loads(files["sop_xl.json"])
    assert set(known["functions"]) == set(FUNCTIONS)
    assert set(known["commands"]) == set(COMMANDS)
    for name in FUNCTIONS:
        assert f" {parts.uno_name(name)}(" in files["sop_xl.idl"]
    for name, command in COMMANDS.items():
        assert files["Addons.xcu"].count(f"service:org.sopxl.Commands?{name}<") == 2, "menu and toolbar"
        assert command.label.replace("&", "&amp;") in files["Addons.xcu"]


def test_its_parts_are_well_formed_and_listed(oxt):
    files = held(oxt)
    for name, text in files.items():
        if name.endswith((".xcu", ".xml")):
            ElementTree.fromstring(text.encode())
    root = ElementTree.fromstring(files["META-INF/manifest.xml"].encode())
    listed = {entry.attrib["{http://openoffice.org/2001/manifest}full-path"] for entry in root}
    assert listed <= set(files)
    assert {"sop_xl.idl", "sop_xl_component.py", "Addons.xcu", "CalcWindowState.xcu", "Jobs.xcu"} == listed


def test_menu_and_toolbar_keep_the_order_of_the_ribbon(oxt):
    root = ElementTree.fromstring(held(oxt)["Addons.xcu"].encode())
    name = "{http://openoffice.org/2001/registry}name"

    def value(node, prop):
        return next((p[0].text for p in node if p.attrib[name] == prop), None)

    groups, *submenus = [node for node in root.iter("node") if node.attrib[name] == "Submenu"]
    titles = [value(node, "Title") for node in groups]
    assert titles == list(dict.fromkeys(c.group for c in COMMANDS.values()))
    for title, submenu in zip(titles, submenus, strict=True):
        inside = [value(node, "URL").partition("?")[2] for node in submenu]
        assert inside == [c.name for c in COMMANDS.values() if c.group == title]
    (toolbar,) = (node for node in root.iter("node") if node.attrib[name].endswith(".toolbar"))
    entries = [node.attrib[name] for node in toolbar]
    assert entries == sorted(entries)
    urls = [value(node, "URL") for node in toolbar]
    assert [url.partition("?")[2] for url in urls if url != "private:separator"] == list(COMMANDS)
    assert urls.count("private:separator") == len(titles) - 1


def test_the_code_inside_needs_the_standard_library_and_uno_only(oxt):
    ours = {"sop_xl_calc", "uno", "unohelper", "com", "org", "__future__"}
    for name, text in held(oxt).items():
        if not name.endswith(".py"):
            continue
        tree = ast.parse(text, feature_version=OLDEST)
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for imported in names:
                top = imported.partition(".")[0]
                assert top in ours or top in sys.stdlib_module_names, f"{name} imports {imported}"


def test_uno_names_are_told_apart():
    names = [method.name.casefold() for method in parts.methods()]
    assert len(set(names)) == len(names)
    assert all(name.isalnum() for name in names)


def test_build_from_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["calc", "build"]) == 0
    assert "sop_xl.oxt is built" in capsys.readouterr().out
    assert main(["calc", "build", "--out", str(tmp_path / "no" / "such.oxt"), "--python", "/opt/python"]) == 0
    assert '"python": "/opt/python"' in held(tmp_path / "no" / "such.oxt")["sop_xl.json"]
    assert main(["calc", "build", "--out", "/proc/nothing/x.oxt"]) == 3


@pytest.mark.skipif(os.name == "nt", reason="stands in for unopkg with a shell script")
@pytest.mark.parametrize(
    ("code", "exit_code", "told"), [(0, 0, "is installed"), (1, 3, "LibreOffice did not do it: no way")]
)
def test_install_asks_libreoffice(tmp_path, monkeypatch, capsys, code, exit_code, told):
    script = tmp_path / "unopkg"
    script.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\necho "no way" >&2\nexit {code}\n')
    script.chmod(0o755)
    monkeypatch.setenv(office.UNOPKG_VARIABLE, str(script))
    assert main(["calc", "install"]) == exit_code
    said = capsys.readouterr()
    assert told in said.out + said.err
    assert main(["calc", "remove"]) == exit_code
    added, removed = (tmp_path / "asked").read_text().splitlines()
    assert added.startswith("add --force --suppress-license")
    assert added.endswith("sop_xl.oxt")
    assert removed.startswith("remove")
    assert removed.endswith("org.sopxl.calc")


def test_without_libreoffice_install_says_so(monkeypatch, capsys):
    monkeypatch.setattr(office.shutil, "which", lambda _name: None)
    monkeypatch.setattr(office, "_USUAL", {})
    monkeypatch.delenv(office.UNOPKG_VARIABLE, raising=False)
    assert main(["calc", "install"]) == 2
    assert "LibreOffice is not found" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="on Windows LibreOffice brings its own Python")
def test_another_python_in_front_of_the_path_is_not_that_of_libreoffice(monkeypatch):
    monkeypatch.setenv("PATH", "/home/anna/.pyenv/versions/3.13/bin:/usr/local/bin")
    monkeypatch.setenv("PYTHONHOME", "/home/anna/.pyenv/versions/3.13")
    environment = office.environment()
    assert environment["PATH"].split(":")[0] == "/usr/bin"
    assert environment["PATH"].endswith(":/usr/local/bin")
    assert "PYTHONHOME" not in environment


@pytest.mark.skipif(os.name == "nt", reason="runs as another user where it must")
def test_libreoffice_itself_takes_it_and_gives_it_back(soffice, oxt):
    """Its own unopkg, under a home of its own; as root under a user that is not, for that is what unopkg wants."""
    with tempfile.TemporaryDirectory(prefix="sopcalc") as home:
        shutil.copy(oxt, f"{home}/sop_xl.oxt")
        Path(home).chmod(0o777)
        as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        environment = {**office.environment(), "HOME": home, "XDG_CONFIG_HOME": f"{home}/.config"}

        def run(*arguments):
            command = [*as_user, office.unopkg(), *arguments]
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

        run("add", "--force", "--suppress-license", f"{home}/sop_xl.oxt")
        assert parts.IDENTIFIER in run("list")
        run("remove", parts.IDENTIFIER)
        assert parts.IDENTIFIER not in run("list")


@pytest.mark.parametrize("arguments", [["repair"], ["repair", "plan.ods"], ["repair", "nothing.xlsx"]])
def test_repair_says_what_it_cannot_do(arguments, capsys):
    assert main(["calc", *arguments]) in (2, 3)
    assert capsys.readouterr().err.startswith("sop-xl: ")
