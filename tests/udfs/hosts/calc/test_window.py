"""A real window of Calc, as the guide shows it."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from offices import python_with_uno, required

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
    margin = {rows[y][372:386] for y in range(110, 270)}
    assert len(margin) == 1, "the open menu covers the lines of the grid"
    heading = [len(set(row[40:200])) for row in rows[312:324]]
    assert max(heading) > 3, "the dressed heading of the forecast"
