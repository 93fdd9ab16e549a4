"""The doctor: each ailment is found and comes with what to do."""

import sys
from pathlib import Path

import pytest

from udfs.hosts.excel import doctor, xlwings_files
from udfs.hosts.excel.doctor import ASR_KEY, EXCEL_KEY, POLICY_KEY, examine, report
from udfs.hosts.excel.install import MACOS, WINDOWS, install, places, remove

pytest.importorskip("pyopenvba")
USER = rf"HKCU\{EXCEL_KEY}"
POLICY = rf"HKCU\{POLICY_KEY}"
TRUSTED = r"\Security\Trusted Locations"


class Registry:
    """What Windows keeps, as a test says."""

    def __init__(self, **keys):
        self.keys = keys.get("keys", {})

    def values(self, key):
        return self.keys.get(key, {})


@pytest.fixture
def healthy(tmp_path, monkeypatch):
    """An installation on Windows in which all is well."""
    where = places(WINDOWS, tmp_path / "home")
    python = tmp_path / "venv" / "Scripts" / "python.exe"
    python.parent.mkdir(parents=True)
    python.touch()
    (python.parent.parent / xlwings_files.library_names()[0]).touch()
    monkeypatch.setattr(doctor, "starts", lambda _interpreter, _path: "")
    install(where, str(python))
    return where


def wrong(where, **keys):
    return [f for f in examine(where, Registry(keys=keys.get("keys", {}))) if not f.ok]


def only(found, about):
    assert [f.about for f in found] == [about], report(found)
    assert found[0].do
    return found[0]


def test_all_is_well(healthy):
    assert wrong(healthy) == []
    assert report(examine(healthy, Registry())).endswith("checks, all well")


def test_it_was_never_installed(tmp_path):
    found = {f.about: f for f in wrong(places(WINDOWS, tmp_path))}
    assert found["add-in"].says == "it is not installed"
    assert found["add-in"].do == "run: sop-xl addin install"


def test_the_file_is_gone(healthy):
    healthy.addin.unlink()
    found = only(wrong(healthy), "add-in")
    assert "antivirus" in found.says
    assert "quarantine" in found.do


def test_the_file_is_of_another_version(healthy):
    healthy.addin.write_bytes(healthy.addin.read_bytes() + b"x")
    assert "another version" in only(wrong(healthy), "add-in").says


def test_another_xlwings_answers(healthy, monkeypatch):
    monkeypatch.setattr(doctor, "built_for", lambda _path: "0.30.0")
    assert only(wrong(healthy), "xlwings").says == f"the add-in has 0.30.0, Python has {xlwings_files.version()}"


def test_the_version_is_read_from_the_file(healthy, tmp_path):
    assert doctor.built_for(healthy.addin) == xlwings_files.version()
    (tmp_path / "bad.xlam").write_bytes(b"no add-in")
    assert doctor.built_for(tmp_path / "bad.xlam") is None


def test_the_python_is_gone(healthy):
    python = Path(doctor.read_settings(healthy)["INTERPRETER_WIN"])
    python.unlink()
    assert "is not there any more" in only(wrong(healthy), "Python").says


def test_the_settings_name_no_python(healthy):
    healthy.settings.write_text('"SHOW CONSOLE","True"\r\n')
    assert "names no Python" in only(wrong(healthy), "Python").says


def test_the_python_does_not_answer(healthy, monkeypatch):
    monkeypatch.setattr(doctor, "starts", lambda _interpreter, _path: "ModuleNotFoundError: No module named 'numpy'")
    assert "No module named 'numpy'" in only(wrong(healthy), "Python").says


def test_a_python_is_really_started(tmp_path):
    here = str(Path(__file__).parents[4])
    assert doctor.starts(sys.executable, here) == ""
    (tmp_path / "udfs").mkdir()
    (tmp_path / "udfs" / "__init__.py").touch()
    assert "No module named 'udfs.hosts'" in doctor.starts(sys.executable, str(tmp_path))
    assert doctor.starts(str(tmp_path / "none"), here) != ""


def test_the_library_was_taken_away(healthy):
    python = Path(doctor.read_settings(healthy)["INTERPRETER_WIN"])
    (python.parent.parent / xlwings_files.library_names()[0]).unlink()
    found = only(wrong(healthy), "library")
    assert "antivirus" in found.says
    assert f"xlwings=={xlwings_files.version()}" in found.do


@pytest.mark.parametrize(("zone", "marked"), [(3, True), (4, True), (2, False), (0, False)])
def test_the_mark_of_the_web(healthy, zone, marked):
    """On Windows this is a stream of the file; elsewhere a file of that name stands in for it."""
    Path(f"{healthy.addin}:Zone.Identifier").write_text(f"[ZoneTransfer]\r\nZoneId={zone}\r\n")
    found = wrong(healthy)
    if marked:
        assert "Unblock" in only(found, "trust").do
    else:
        assert found == []


def test_excel_has_disabled_it(healthy):
    entry = b"\x01\x00\x00\x00" + str(healthy.addin).upper().encode("utf-16-le") + b"\x00\x00"
    keys = {rf"{USER}\Resiliency\DisabledItems": {"3F1A": entry, "other": b"\x01\x00b\x00o\x00o\x00k\x00"}}
    assert "Disabled Items" in only(wrong(healthy, keys=keys), "disabled items").do
    keys = {rf"{USER}\Resiliency\DisabledItems": {"other": b"\x01\x00b\x00o\x00o\x00k\x00"}}
    assert wrong(healthy, keys=keys) == []


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({USER + TRUSTED: {"AllLocationsDisabled": 1}}, "trusted locations are off"),
        ({rf"{USER}\Security": {"DisableAllAddins": 1}}, "all add-ins are off"),
        ({rf"{USER}\Security": {"RequireAddinSig": 1}}, "must be signed"),
        ({rf"{POLICY}\Security": {"RequireAddinSig": 1}}, "must be signed by your company's policy"),
    ],
)
def test_settings_of_macros(healthy, keys, says):
    found = only(wrong(healthy, keys=keys), "macros")
    assert says in found.says
    assert ("IT" in found.do) == ("policy" in says)


def test_macros_off_count_only_where_the_start_up_folder_is_not_trusted(healthy):
    off = {rf"{USER}\Security": {"VBAWarnings": 4}}
    assert wrong(healthy, keys=off) == []
    found = wrong(healthy, keys={**off, USER + TRUSTED: {"AllLocationsDisabled": 1}})
    assert [f.about for f in found] == ["macros", "macros"]


@pytest.mark.parametrize("state", [1, "1", 6])
def test_a_rule_of_defender(healthy, state):
    keys = {ASR_KEY: {"{D4F940AB-401B-4EFC-AADC-AD5F3C50688A}": state}}
    assert "forbids Excel to start another program" in only(wrong(healthy, keys=keys), "antivirus").says
    assert wrong(healthy, keys={ASR_KEY: {"d4f940ab-401b-4efc-aadc-ad5f3c50688a": "2"}}) == []


def test_on_a_mac(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "starts", lambda _interpreter, _path: "")
    where = places(MACOS, tmp_path)
    install(where, sys.executable)
    assert wrong(where) == []
    where.script.unlink()
    assert only(wrong(where), "script").do == "run: sop-xl addin install"
    monkeypatch.setattr(doctor, "_is_quarantined", lambda _path: True)
    install(where, sys.executable)
    assert only(wrong(where), "trust").says.startswith("the file is marked")


def test_no_excel_here(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    found = examine()
    assert [f.about for f in found] == ["system"]
    assert "WRONG" in report(found)


def test_what_is_wrong_comes_first(healthy):
    healthy.addin.unlink()
    text = report(examine(healthy, Registry()))
    assert text.startswith("WRONG")
    assert text.splitlines()[1].startswith("       -> ")
    assert text.endswith("found something wrong")


def test_the_registry_of_this_machine_can_be_asked():
    from udfs.hosts.excel.registry import WindowsRegistry

    assert WindowsRegistry().values(r"HKCU\Software\sop_xl\none") == {}


def test_nothing_of_it_needs_an_installation_to_be_removed(healthy):
    remove(healthy)
    assert {f.about for f in wrong(healthy)} >= {"add-in", "Python"}
