"""Installing into a home folder of Windows or a Mac, removing, and the command line."""

import csv
import hashlib

import pytest

from sop_xl.cli import main
from sop_xl.errors import BookError
from udfs.hosts.excel import build, install, xlwings_files
from udfs.hosts.excel.install import MACOS, WINDOWS, places, read_settings, remove, settings_text

pytest.importorskip("pyopenvba")


def test_where_things_belong_on_windows(tmp_path, monkeypatch):
    where = places(WINDOWS, tmp_path)
    assert where.addin == tmp_path / "AppData/Roaming/Microsoft/Excel/XLSTART/sop_xl.xlam"
    assert where.settings == tmp_path / ".sop_xl/sop_xl.conf"
    assert where.script is None
    monkeypatch.setenv("APPDATA", str(tmp_path / "moved"))
    assert places(WINDOWS).addin == tmp_path / "moved/Microsoft/Excel/XLSTART/sop_xl.xlam"


def test_where_things_belong_on_a_mac(tmp_path):
    where = places(MACOS, tmp_path)
    assert where.addin.relative_to(tmp_path).as_posix() == (
        "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/sop_xl.xlam"
    )
    assert where.settings == tmp_path / "Library/Containers/com.microsoft.Excel/Data/sop_xl.conf"
    assert where.script.name == f"xlwings-{xlwings_files.version()}.applescript"


def test_the_settings_are_where_the_add_in_looks(tmp_path):
    """`GetConfigFilePath` in the VBA of xlwings."""
    text = xlwings_files.modules()["xlwings"]
    assert r'Environ("USERPROFILE") & "\." & PROJECT_NAME & "\" & PROJECT_NAME & ".conf"' in text
    assert "Library/Containers/com.microsoft.Excel/Data/xlwings.conf" in text
    assert places(WINDOWS, tmp_path).settings.relative_to(tmp_path).as_posix() == ".sop_xl/sop_xl.conf"


@pytest.mark.parametrize("system", [WINDOWS, MACOS])
def test_install_and_remove(system, tmp_path):
    where = places(system, tmp_path)
    done = install.install(where, "/opt/python/bin/python")
    assert any("tab S&OP" in line for line in done)
    assert hashlib.sha256(where.addin.read_bytes()).digest() == hashlib.sha256(build.build()).digest()
    settings = read_settings(where)
    assert settings["INTERPRETER_MAC" if system == MACOS else "INTERPRETER_WIN"] == "/opt/python/bin/python"
    assert settings["ADD_WORKBOOK_TO_PYTHONPATH"] == "false"
    assert settings["PYTHONPATH"]
    if where.script is not None:
        assert where.script.read_bytes() == xlwings_files.applescript().read_bytes()
    assert [str(where.addin) in remove(where)[0], remove(where)] == [True, ["there was nothing to remove"]]
    assert not where.addin.exists()
    assert not where.settings.exists()


def test_installing_again_keeps_what_the_planner_set(tmp_path):
    where = places(WINDOWS, tmp_path)
    where.settings.parent.mkdir(parents=True)
    where.settings.write_bytes(b'"SHOW CONSOLE","True"\r\n"INTERPRETER_WIN","C:\\old\\python.exe"\r\n')
    install.install(where, r"C:\new python\python.exe")
    settings = read_settings(where)
    assert settings["SHOW CONSOLE"] == "True"
    assert settings["INTERPRETER_WIN"] == r"C:\new python\python.exe"


def test_settings_are_what_vba_reads():
    """`Input #` of VBA takes two texts in quotes a line."""
    text = settings_text(
        {"INTERPRETER_WIN": r"C:\Users\Zo\u00eb, planner\python.exe".replace(r"\u00eb", "\u00eb")}, WINDOWS
    )
    assert text == b'"INTERPRETER_WIN","C:\\Users\\Zo\xeb, planner\\python.exe"\r\n'
    assert next(csv.reader([text.decode("cp1252").strip()]))[1] == "C:\\Users\\Zo\u00eb, planner\\python.exe"


def test_a_letter_the_add_in_cannot_read_is_refused_before_anything_is_written(tmp_path):
    where = places(WINDOWS, tmp_path)
    with pytest.raises(BookError, match="cannot read the letter '計'"):
        install.install(where, "C:\\計画\\python.exe")
    with pytest.raises(BookError, match="no quote"):
        install.install(where, 'C:\\a"b\\python.exe')
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_excel_keeps_open_is_said(tmp_path, monkeypatch):
    def denied(_files):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sop_xl.workbook.disk.atomic.replace_files", denied)
    with pytest.raises(BookError, match="close Excel"):
        build.write(tmp_path / "sop_xl.xlam")


def test_elsewhere_the_other_hosts_are_named(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(BookError, match="Excel runs on Windows and macOS"):
        places()


def test_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(install, "this_system", lambda: WINDOWS)
    home = str(tmp_path)
    assert main(["addin", "install", "--home", home]) == 0
    assert "start Excel again" in capsys.readouterr().out
    assert places(WINDOWS, tmp_path).addin.exists()
    assert main(["addin", "doctor", "--home", home, "-q"]) == 1  # no library of Windows here
    assert "WRONG  library" in capsys.readouterr().out
    assert main(["addin", "remove", "--home", home]) == 0
    assert "is removed" in capsys.readouterr().out
    out = tmp_path / "made" / "sop_xl.xlam"
    assert main(["addin", "build", "--out", str(out)]) == 0
    assert out.read_bytes()[:2] == b"PK"


def test_the_command_line_refuses_what_makes_no_sense(tmp_path, capsys):
    assert main(["addin", "build", "--out", str(tmp_path / "a.xlsx")]) == 2
    assert main(["addin", "install", "--out", str(tmp_path / "a.xlam")]) == 2
    err = capsys.readouterr().err
    assert "ends in .xlam, got a.xlsx" in err
    assert "--out goes with build" in err
