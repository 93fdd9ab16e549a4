"""The extension into LibreOffice, and out again, by its own program `unopkg`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sop_xl.errors import BookError
from udfs.hosts.calc.build import FILE_NAME, build
from udfs.hosts.calc.office import environment, unopkg
from udfs.hosts.calc.parts import IDENTIFIER

_SECONDS = 120


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
            arguments,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
            env=environment(),
        )
    except OSError as error:
        raise BookError(f"{arguments[0]} does not start ({error.strerror or error})") from error
    except subprocess.TimeoutExpired as error:
        raise BookError("LibreOffice does not answer; close all its windows and try again") from error
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
        raise BookError(f"LibreOffice did not do it: {said}; close all its windows and try again")
