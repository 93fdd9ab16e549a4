"""The extension into LibreOffice, and out again, by its own program `unopkg`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sop_xl.errors import BookError, InputError
from udfs.hosts.calc.build import FILE_NAME, build
from udfs.hosts.calc.parts import IDENTIFIER

UNOPKG_VARIABLE = "SOP_XL_UNOPKG"
"""An environment variable that names `unopkg` where it is not found."""
_USUAL = {
    "Windows": (r"C:\Program Files\LibreOffice\program\unopkg.com",),
    "Darwin": ("/Applications/LibreOffice.app/Contents/MacOS/unopkg",),
    "Linux": ("/usr/lib/libreoffice/program/unopkg", "/opt/libreoffice/program/unopkg", "/snap/bin/libreoffice.unopkg"),
}
_SECONDS = 120


def unopkg() -> str:
    """The program that installs extensions.

    Raises
    ------
    InputError
        If there is no LibreOffice.

    """
    given = os.environ.get(UNOPKG_VARIABLE)
    if given:
        return given
    office = shutil.which("soffice") or shutil.which("libreoffice")
    beside = [str(Path(office).resolve().with_name("unopkg"))] if office else []
    for candidate in (*beside, *_USUAL.get(platform.system(), ())):
        if Path(candidate).exists():
            return candidate
    found = shutil.which("unopkg")
    if found is None:
        raise InputError(
            "LibreOffice is not found; install it from libreoffice.org, or name its program unopkg in "
            f"the environment variable {UNOPKG_VARIABLE}"
        )
    return found


def install(python: str = sys.executable) -> str:
    """Build the extension and install it; what was done, in a sentence.

    Raises
    ------
    InputError
        If there is no LibreOffice.
    BookError
        If it does not take the extension, with its own words.

    """
    program = unopkg()
    with tempfile.TemporaryDirectory() as folder:
        _run([program, "add", "--force", "--suppress-license", *_for_all(), str(build(Path(folder), python))])
    return f"{FILE_NAME} is installed; start LibreOffice Calc: menu S&OP, functions SOP_... in any cell"


def remove() -> str:
    """Take the extension out; what was done, in a sentence.

    Raises
    ------
    InputError
        If there is no LibreOffice.
    BookError
        If it is not installed.

    """
    _run([unopkg(), "remove", *_for_all(), IDENTIFIER])
    return f"{FILE_NAME} is removed"


def _for_all() -> list[str]:
    """The administrator of a machine installs for everybody: LibreOffice takes nothing else from root."""
    return ["--shared"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def _run(arguments: list[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 (LibreOffice's own program)
            arguments, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except OSError as error:
        raise BookError(f"{arguments[0]} does not start ({error.strerror or error})") from error
    except subprocess.TimeoutExpired as error:
        raise BookError("LibreOffice does not answer; close all its windows and try again") from error
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
        raise BookError(f"LibreOffice did not do it: {said}; close all its windows and try again")
