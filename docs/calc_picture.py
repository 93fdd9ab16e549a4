"""A picture of LibreOffice Calc with a spilled forecast, the menu and the toolbar: a real window under Xvfb.

    python docs/calc_picture.py --out docs/pictures/calc.png

Needs `soffice` with its Python bridge (python3-uno) and `Xvfb` on the PATH. The window is drawn by LibreOffice's own
plain look, so that the picture is the same on every machine that has its fonts.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pictures import palette_png

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

WIDTH, HEIGHT = 1280, 720
MENU = (386, 9)
"""Where the menu S&OP stands [pixels]."""
GROUP = (409, 96)
"""Where its group Review stands."""
MONTHS = 36
AHEAD = 6
FIRST = 11
"""The first row of numbers: below the open menu."""


@contextlib.contextmanager
def screen(folder: Path) -> Iterator[Path]:
    """A screen nobody sees; the file that holds its pixels. Programs started meanwhile show on it."""
    if shutil.which("Xvfb") is None:
        raise SystemExit("Xvfb is not installed; it is needed to draw the picture")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(folder)]
    server = subprocess.Popen(  # noqa: S603
        [*command, "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL
    )
    os.close(write)
    try:
        with os.fdopen(read) as number:
            os.environ["DISPLAY"] = f":{number.readline().strip()}"
        os.environ["SAL_USE_VCLPLUGIN"] = "gen"
        yield folder / "Xvfb_screen0"
    finally:
        server.terminate()
        server.wait(10)


def pixels(dump: Path) -> bytes:
    """The pixels of a screen, three bytes each, from its dump in X window format."""
    data = dump.read_bytes()
    fields = struct.unpack(">25I", data[:100])
    header, line, colours = fields[0], fields[12], fields[19]
    start = header + colours * 12
    rows = []
    for y in range(HEIGHT):
        row = data[start + y * line : start + y * line + 4 * WIDTH]
        rgb = bytearray(3 * WIDTH)
        rgb[0::3], rgb[1::3], rgb[2::3] = row[2::4], row[1::4], row[0::4]
        rows.append(bytes(rgb))
    return b"".join(rows)


def _display() -> tuple[ctypes.CDLL, ctypes.CDLL, ctypes.c_void_p]:
    """The libraries of X, and the screen."""
    x11, test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    return x11, test, ctypes.c_void_p(x11.XOpenDisplay(None))


def click(across: int, down: int) -> None:
    """Click on a place of the screen [pixels]."""
    x11, test, display = _display()
    test.XTestFakeMotionEvent(display, -1, across, down, 0)
    for pressed in (1, 0):
        test.XTestFakeButtonEvent(display, 1, pressed, 200)
    x11.XSync(display, 0)
    x11.XCloseDisplay(display)


def press(key: str, title: str) -> None:
    """Give the window of a title the keyboard, which no window manager does here, and press a key such as `Return`."""
    x11, test, display = _display()
    window = dict(_windows(x11, display))[title]
    x11.XSetInputFocus(display, ctypes.c_ulong(window), 1, ctypes.c_ulong(0))
    x11.XSync(display, 0)
    time.sleep(0.5)  # until the window knows
    x11.XStringToKeysym.restype = ctypes.c_ulong
    code = x11.XKeysymToKeycode(display, ctypes.c_ulong(x11.XStringToKeysym(key.encode())))
    for pressed in (1, 0):
        test.XTestFakeKeyEvent(display, code, pressed, 50)
    x11.XSync(display, 0)
    x11.XCloseDisplay(display)


def titles() -> list[str]:
    """The titles of the windows on the screen."""
    x11, _, display = _display()
    found = [title for title, _ in _windows(x11, display)]
    x11.XCloseDisplay(display)
    return found


def _windows(x11: ctypes.CDLL, display: ctypes.c_void_p) -> list[tuple[str, int]]:
    """The title and number of each window on the screen that has one."""
    x11.XDefaultRootWindow.restype = ctypes.c_ulong
    root, parent, number = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
    windows = ctypes.POINTER(ctypes.c_ulong)()
    top = ctypes.c_ulong(x11.XDefaultRootWindow(display))
    x11.XQueryTree(display, top, *map(ctypes.byref, (root, parent, windows, number)))
    found = []
    for at in range(number.value):
        name = ctypes.c_char_p()
        if x11.XFetchName(display, ctypes.c_ulong(windows[at]), ctypes.byref(name)) and name.value:
            found.append((name.value.decode("latin-1"), int(windows[at])))
    x11.XFree(windows)
    return found


def history() -> list[float]:
    """Three years of a demand that grows and has its season."""
    season = [-60, -70, -20, 10, 40, 80, 95, 70, 15, -25, -65, -70]
    return [float(400 + 3 * m + season[m % 12] + 11 * math.cos(7 * m)) // 1 for m in range(MONTHS)]


def lay_out(calc: Any) -> None:
    """A history with its forecast beside it, and a few more functions of the cycle, clear of the open menu."""
    last = MONTHS + FIRST - 1
    calc.add_sheet("Forecast")
    calc.put("Forecast", "A1", [["Demand of bottom brackets"]])
    heading = ["Month", "Demand", None, "Ahead", "Forecast", "Low", "High", None, "What", "Value"]
    calc.put("Forecast", f"A{FIRST - 1}", [heading])
    for at, value in enumerate(history()):
        calc.formula("Forecast", f"A{at + FIRST}", f"=DATE({2023 + at // 12};{at % 12 + 1};1)")
        calc.put("Forecast", f"B{at + FIRST}", [[value]])
    calc.put("Forecast", f"D{FIRST}", [[month + 1] for month in range(AHEAD)])
    demand, spilled = f"B{FIRST}:B{last}", f"E{FIRST}:G{FIRST + AHEAD - 1}"
    calc.array("Forecast", spilled, f"=ORG.SOPXL.FUNCTIONS.FORECASTINTERVAL({demand};{AHEAD})")
    rows = (
        ("Method", f"FORECASTMODEL({demand};{AHEAD})"),
        ("Safety stock [units]", f"SAFETYSTOCK(E{FIRST};25;2)"),
        ("Order quantity [units]", f"EOQ(12*E{FIRST};50;3)"),
        ("Class of its demand", f"DEMANDCLASS({demand})"),
        ("A bad argument", "EOQ(1200;50;0)"),
        ("What it says", 'EXPLAIN("EOQ";1200;50;0)'),
    )
    for at, (says, function) in enumerate(rows, FIRST):
        calc.put("Forecast", f"I{at}", [[says]])
        calc.formula("Forecast", f"J{at}", f"=ORG.SOPXL.FUNCTIONS.{function}")


def draw(out: Path) -> None:
    """Draw the picture."""
    from offices import Calc, python_with_uno  # noqa: PLC0415

    from udfs.hosts.calc.build import build  # noqa: PLC0415

    soffice = shutil.which("soffice")
    python = python_with_uno(soffice) if soffice else None
    if soffice is None or python is None:
        raise SystemExit("LibreOffice with its Python bridge is not installed; it is needed to draw the picture")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        oxt = build(folder)
        with screen(folder) as dump:
            binary = Path(soffice).resolve().with_name("soffice.bin")
            calc = Calc(python, str(binary), folder / "profile", folder / "worker.log")
            try:
                calc.install(str(oxt))
                calc.stop()
                calc.start("--nofirststartwizard")
                calc.open("private:factory/scalc", False)
                lay_out(calc)
                calc.present(WIDTH, HEIGHT, "Forecast", f"E{FIRST}", FIRST)
                time.sleep(2)  # until everything is drawn
                for place in (MENU, GROUP):
                    click(*place)
                    time.sleep(2)
                out.write_bytes(palette_png(WIDTH, HEIGHT, pixels(dump)))
            finally:
                calc.close()
                calc.end()


def main(arguments: list[str] | None = None) -> int:
    """Draw the picture a command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/calc.png"), help="the picture")
    draw(parser.parse_args(arguments).out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
