"""A real Calc with the extension installed, one for all tests of this folder."""

import shutil
import sys
from pathlib import Path

import pytest
from offices import Calc, python_with_uno, required

sys.path.insert(0, str(Path(__file__).parent))  # for calc_sheets
collect_ignore = ["driver.py"]  # it runs in the Python of LibreOffice


@pytest.fixture(scope="session")
def oxt(tmp_path_factory):
    """The extension, for this Python."""
    from udfs.hosts.calc.build import build

    return build(tmp_path_factory.mktemp("oxt"), sys.executable)


@pytest.fixture(scope="session")
def office(oxt, tmp_path_factory):
    """LibreOffice with the extension in a profile of its own."""
    soffice = required(shutil.which("soffice") or shutil.which("libreoffice"), "LibreOffice (soffice)")
    python = required(python_with_uno(soffice), "the Python bridge of LibreOffice (python3-uno)")
    folder = tmp_path_factory.mktemp("calc")
    binary = Path(soffice).resolve().with_name("soffice.bin")
    home = folder / "home"  # where commands write files for their user
    home.mkdir()
    program = str(binary if binary.exists() else soffice)
    calc = Calc(python, program, folder / "profile", folder / "worker.log", home)
    try:
        assert calc.install(str(oxt)) == ["org.sopxl.calc", True]
        yield calc
    finally:
        calc.end()


@pytest.fixture
def calc(office):
    """Calc with a new workbook in front."""
    office.open()
    yield office
    office.close()
