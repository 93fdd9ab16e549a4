"""A real window of Calc: as the guide shows it, and the message box of a command."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import pytest
from offices import Calc, python_with_uno, required

SCRIPT = Path(__file__).resolve().parents[4] / "docs" / "calc_picture.py"


@pytest.fixture
def picture(soffice, tmp_path):
    """The picture of the guide, drawn again."""
    required(python_with_uno(soffice), "the Python bridge of LibreOffice (python3-uno)")
    required(shutil.which("Xvfb"), "Xvfb")
    subprocess.run([sys.executable, str(SCRIPT), "--out", str(tmp_path / "calc.png")], check=True, timeout=240)
    return (tmp_path / "calc.png").read_bytes()


def test_a_window_shows_functions_menu_and_toolbar(picture):
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height) == (1280, 720)
    start = picture.index(b"IDAT")
    (length,) = struct.unpack(">I", picture[start - 4 : start])
    pixels = zlib.decompress(picture[start + 4 : start + 4 + length])
    rows = [pixels[y * (width + 1) + 1 : (y + 1) * (width + 1)] for y in range(height)]
    assert len(set(pixels)) > 20, "a blank screen"
    margin = {rows[y][372:386] for y in range(118, 132)}
    assert len(margin) == 1, "the open menu covers the lines of the grid"
    heading = [len(set(row[40:200])) for row in rows[312:324]]
    assert max(heading) > 3, "the dressed heading of the forecast"


@pytest.fixture
def shown(soffice, oxt, tmp_path, monkeypatch):
    """Calc on a screen nobody sees, with a new workbook, and the module that looks at the screen."""
    required(shutil.which("Xvfb"), "Xvfb")
    python = required(python_with_uno(soffice), "the Python bridge of LibreOffice (python3-uno)")
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    for name in ("DISPLAY", "SAL_USE_VCLPLUGIN"):
        monkeypatch.setenv(name, "")  # put back afterwards
    import calc_picture

    binary = Path(soffice).resolve().with_name("soffice.bin")
    with calc_picture.screen(tmp_path):
        program = str(binary if binary.exists() else soffice)
        calc = Calc(python, program, tmp_path / "profile", tmp_path / "worker.log", tmp_path)
        try:
            calc.install(str(oxt))
            calc.stop()
            calc.start("--nofirststartwizard")
            calc.open("private:factory/scalc", False)
            yield calc, calc_picture
        finally:
            calc.end()


def within(seconds, condition):
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


@pytest.mark.parametrize("command", ["about", "run_all"])
def test_a_button_shows_its_message_in_a_box_that_return_closes(shown, command):
    """`about` says which version answers; `run_all` says that this is no planning workbook."""
    calc, screen = shown
    asked = threading.Thread(target=calc.dispatch, args=[f"service:org.sopxl.Commands?{command}"], daemon=True)
    asked.start()
    try:
        assert within(90, lambda: "S&OP" in screen.titles()), screen.titles()
        assert asked.is_alive(), "the button returned before anybody read the message"
        screen.press("Return", "S&OP")
        asked.join(20)
        assert not asked.is_alive(), "Return does not close the box"
    except BaseException:
        calc.process.kill()  # it waits for somebody to close the box
        raise
    calc.put(0, "A1", [[7]])
    assert calc.cells(0, "A1") == [[7.0]]
    calc.close()
