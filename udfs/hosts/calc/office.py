"""The programs of LibreOffice on this machine, and the environment they start in."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from sop_xl.errors import InputError

UNOPKG_VARIABLE = "SOP_XL_UNOPKG"
"""An environment variable that names `unopkg` where it is not found."""
_USUAL = {
    "Windows": (r"C:\Program Files\LibreOffice\program\unopkg.com",),
    "Darwin": ("/Applications/LibreOffice.app/Contents/MacOS/unopkg",),
    "Linux": ("/usr/lib/libreoffice/program/unopkg", "/opt/libreoffice/program/unopkg", "/snap/bin/libreoffice.unopkg"),
}
_OF_ANOTHER_PYTHON = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYENV_VERSION", "__PYVENV_LAUNCHER__")


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


def environment() -> dict[str, str]:
    """The environment for a program of LibreOffice, whose own Python must find its own library.

    Where LibreOffice uses the Python of the system, that Python looks for its library beside the first `python3` of
    the PATH. With pyenv, conda or a virtual environment in front this is another Python's, and LibreOffice dies of it
    with `std::bad_alloc`; the folders of the system therefore come first.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_PYTHON}
    if os.name == "posix":
        kept["PATH"] = os.pathsep.join(["/usr/bin", "/bin", *filter(None, [kept.get("PATH")])])
    return kept
