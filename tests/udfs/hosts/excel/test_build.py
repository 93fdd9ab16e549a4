"""The add-in as a file: sound, the same bytes every time, and nothing in it that looks like a virus."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile

import pytest
from lxml import etree

from sop_xl import __version__
from sop_xl.errors import BookError
from sop_xl.workbook.tables import TABLES
from udfs.hosts.excel import build, xlwings_files

REPORT = "import hashlib, udfs.hosts.excel.build as b; print(hashlib.sha256(b.build()).hexdigest())"


@pytest.fixture(scope="module")
def parts(addin):
    with zipfile.ZipFile(addin) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture(scope="module")
def modules(addin):
    from pyopenvba import ExcelFile

    with ExcelFile(addin) as book:
        return book.vba_modules()


def test_built_again_it_has_the_same_bytes(addin):
    """Also by another Python process, whose sets come in another order."""
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        [sys.executable, "-c", REPORT], capture_output=True, text=True, env=environment, check=True, timeout=120
    )
    assert done.stdout.strip() == hashlib.sha256(addin.read_bytes()).hexdigest()


def test_the_package_is_as_excel_writes_it(addin, parts):
    assert list(parts)[:2] == ["[Content_Types].xml", "_rels/.rels"]
    assert b"addin.macroEnabled.main+xml" in parts["[Content_Types].xml"]
    relations = etree.fromstring(parts["_rels/.rels"])
    ribbon = [r for r in relations if r.get("Type") == build.RIBBON_RELATION]
    assert [r.get("Target") for r in ribbon] == [build.RIBBON_PART]
    assert parts[build.RIBBON_PART] == build.ribbon()
    assert b"<dc:title>S&amp;OP</dc:title>" in parts["docProps/core.xml"]
    with zipfile.ZipFile(addin) as package:
        assert {i.date_time for i in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert package.testzip() is None
    for name, data in parts.items():
        if name.endswith((".xml", ".rels")):
            etree.fromstring(data)


def test_document_modules_bear_the_names_of_the_workbook(parts, modules):
    workbook = etree.fromstring(parts["xl/workbook.xml"])
    names = [e.get("codeName") for e in workbook.iter("{*}workbookPr")]
    sheet = etree.fromstring(parts["xl/worksheets/sheet1.xml"])
    names += [e.get("codeName") for e in sheet.iter("{*}sheetPr")]
    names = [name for name in names if name]
    assert names == ["ThisWorkbook", "Sheet1"]
    assert set(modules) == {*names, *build.our_modules(), xlwings_files.MODULE, xlwings_files.DICTIONARY}


def test_modules_come_back_as_they_went_in(modules):
    for name, text in build.our_modules().items():
        body = text.partition("Option Explicit")[2]
        assert modules[name].partition("Option Explicit")[2] == body


def test_the_planning_table_is_one():
    assert TABLES["control"].excel_name == build.PLANNING_TABLE


def test_it_is_sound(addin):
    from pyopenvba import check_file

    report = check_file(addin)
    assert report.issues == ()
    assert report.complete


def test_the_macros_are_a_sound_compound_file(parts):
    olefile = pytest.importorskip("olefile")
    with olefile.OleFileIO(io.BytesIO(parts["xl/vbaProject.bin"]), raise_defects=olefile.DEFECT_INCORRECT) as ole:
        assert ole.exists("VBA/dir")
        assert ole.parsing_issues == []


def test_static_analysis_finds_no_error(addin):
    analysis = pytest.importorskip("pyvbaanalysis")
    found = analysis.analyze_office_file(str(addin))
    assert set(build.our_modules()) <= set(found)
    errors = [(m, p.code, p.message) for m, problems in found.items() for p in problems if p.severity.value == "error"]
    assert errors == []
    ours = [(m, p.code, p.message) for m in build.our_modules() for p in found[m] if p.severity.value == "warning"]
    assert ours == []


def test_static_analysis_sees_an_error():
    analysis = pytest.importorskip("pyvbaanalysis")
    text = build.our_modules()["SopCore"].replace("Dim upper As Long", 'Dim upper As Long: upper = "high"', 1)
    errors = [p.message for p in analysis.analyze_module(text) if p.severity.value == "error"]
    assert any("'upper' expects Long" in message for message in errors)


def scanned(code):
    mraptor = pytest.importorskip(
        "oletools.mraptor", reason="oletools is not installed: pip install --no-deps oletools"
    )
    scan = mraptor.MacroRaptor(code)
    scan.scan()
    return scan


def test_virus_heuristics_do_not_suspect_it(addin):
    """Nothing runs by itself, and no function is called like a procedure of an event (SOP_CHANGE would be)."""
    olevba = pytest.importorskip("oletools.olevba", reason="oletools is not installed: pip install --no-deps oletools")
    parser = olevba.VBA_Parser(str(addin))
    assert parser.detect_vba_macros()
    code = parser.get_vba_code_all_modules()
    parser.close()
    assert "Public Function SOP_EOQ" in code
    scan = scanned(code)
    assert not scan.autoexec
    assert not scan.suspicious
    kinds = {kind for kind, _, _ in olevba.VBA_Scanner(code).scan()}
    assert "AutoExec" not in kinds


def test_virus_heuristics_would_suspect_workbook_open():
    assert scanned("Private Sub Workbook_Open()\nShell x\nEnd Sub\n").suspicious


def test_what_xlwings_brings_keeps_its_notices(modules):
    text = modules[xlwings_files.MODULE]
    assert "xlwings is distributed under a BSD 3-clause license." in text
    assert "Copyright (C) 2014-present, Zoomer Analytics LLC." in text
    assert "@license: MIT" in modules[xlwings_files.DICTIONARY]
    assert f'XLWINGS_VERSION As String = "{xlwings_files.version()}"' in text


def test_no_workbook_can_say_which_program_a_button_starts(modules):
    """Settings come from the user's file only, and Python looks for no module in the current folder."""
    text = modules[xlwings_files.MODULE]
    assert 'PROJECT_NAME As String = "sop_xl"' in text
    for source in ("sheet", "directory"):
        assert f'If source = "{source}" Then' in text
        assert f'source = "" Or source = "{source}"' not in text
    assert 'If source = "" Or source = "user" Then' in text
    command = text[text.index("Function XLPyCommand") : text.index("Private Sub XLPyLoadDLL")]
    assert "ActiveWorkbook" not in command
    assert text.count(" -B -P -c ") == 2
    assert " -B -c " not in text
    assert text.count("' Changed for sop_xl") == len(xlwings_files._CHANGES)


def test_nothing_else_of_xlwings_is_changed(modules):
    original = (xlwings_files.folder() / "xlwings_custom_addin.bas").read_text(encoding="utf-8").splitlines()
    ours = [line for line in modules[xlwings_files.MODULE].splitlines() if "Changed for sop_xl" not in line]
    assert len(ours) == len(original)
    assert sum(a != b for a, b in zip(original, ours, strict=True)) == len(xlwings_files._CHANGES)


def test_another_xlwings_is_refused(monkeypatch, tmp_path):
    (tmp_path / "addin").mkdir()
    (tmp_path / "addin" / "Dictionary.cls").write_text("x")
    (tmp_path / "xlwings_custom_addin.bas").write_text('Public Const PROJECT_NAME As String = "myaddin"\n')
    monkeypatch.setattr(xlwings_files, "folder", lambda: tmp_path)
    with pytest.raises(BookError, match="was not made for xlwings"):
        xlwings_files.modules()


def test_the_paid_parts_of_xlwings_stay_out(modules):
    for name in build.our_modules():
        assert "LICENSE_KEY" not in modules[name]


def test_the_version_is_in_it(modules):
    assert f'SOP_VERSION_BUILT As String = "{__version__}"' in modules["SopCore"]


def test_without_pyopenvba_a_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyopenvba", None)
    with pytest.raises(BookError, match="needs pyOpenVBA"):
        build.write(tmp_path / "a.xlam")
    assert list(tmp_path.iterdir()) == []
