"""Put the add-in where Excel loads it, and tell it which Python answers; take both away again.

Excel opens what is in its start-up folder, which it trusts, whenever it starts. The settings are a file that the
add-in reads, a line each: `"KEY","value"`.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sop_xl.errors import BookError
from udfs.hosts.excel import build, xlwings_files

WINDOWS, MACOS = "windows", "macos"
LINUX_SAYS = (
    "Excel runs on Windows and macOS; here, functions and buttons work in LibreOffice (sop-xl calc install). "
    "The add-in can be built for another machine: sop-xl addin build --out sop_xl.xlam"
)


@dataclass(frozen=True)
class Places:
    """Where things belong on this system."""

    system: str
    addin: Path
    settings: Path
    script: Path | None = None
    """The script through which Excel for Mac starts Python."""


def this_system() -> str:
    """`windows`, `macos`, or another name."""
    return {"win32": WINDOWS, "darwin": MACOS}.get(sys.platform, sys.platform)


def places(system: str | None = None, home: Path | None = None) -> Places:
    """Where the add-in and its settings belong.

    Parameters
    ----------
    system
        `windows` or `macos`; by default this one.
    home
        The home folder; by default that of the user.

    Raises
    ------
    BookError
        Where Excel does not run.

    >>> places(WINDOWS, Path("home")).settings.as_posix()
    'home/.sop_xl/sop_xl.conf'

    """
    system = system or this_system()
    mine = home or Path.home()
    project = xlwings_files.PROJECT
    if system == WINDOWS:
        roaming = mine / "AppData" / "Roaming"
        if home is None and os.environ.get("APPDATA"):
            roaming = Path(os.environ["APPDATA"])  # it may have been moved to a server
        start = roaming / "Microsoft" / "Excel" / "XLSTART"
        return Places(system, start / build.NAME, mine / f".{project}" / f"{project}.conf")
    if system == MACOS:
        library = mine / "Library"
        start = library / "Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"
        script = library / "Application Scripts/com.microsoft.Excel" / xlwings_files.applescript().name
        data = library / "Containers/com.microsoft.Excel/Data"
        return Places(system, start / build.NAME, data / f"{project}.conf", script)
    raise BookError(LINUX_SAYS)


def install(where: Places, interpreter: str = sys.executable) -> list[str]:
    """Build the add-in, put it into Excel's start-up folder and write its settings.

    Returns what was done, a sentence each.
    """
    settings = settings_text(read_settings(where) | wanted_settings(where.system, interpreter), where.system)
    build.write(where.addin)
    done = [f"the add-in is {where.addin}"]
    try:
        where.settings.parent.mkdir(parents=True, exist_ok=True)
        where.settings.write_bytes(settings)
        done.append(f"its settings are in {where.settings}: {interpreter} answers")
        if where.script is not None:
            where.script.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(xlwings_files.applescript(), where.script)
            done.append(f"Excel starts Python through {where.script}")
    except OSError as error:
        raise BookError(f"{error.filename} cannot be written ({error.strerror or error})") from error
    return [*done, "start Excel again; the tab S&OP is on its ribbon"]


def remove(where: Places) -> list[str]:
    """Take the add-in and its settings away; what other add-ins may use stays."""
    done = []
    for path, says in ((where.addin, "the add-in"), (where.settings, "its settings")):
        try:
            path.unlink()
            done.append(f"{says} {path} is removed" if says == "the add-in" else f"{says} {path} are removed")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BookError(f"{path} cannot be removed ({error.strerror or error}); close Excel first") from error
    return done or ["there was nothing to remove"]


def wanted_settings(system: str, interpreter: str) -> dict[str, str]:
    """The settings the add-in needs."""
    import sop_xl

    home = str(Path(sop_xl.__file__).parent.parent)
    name = "INTERPRETER_MAC" if system == MACOS else "INTERPRETER_WIN"
    return {name: interpreter, "PYTHONPATH": home, "ADD_WORKBOOK_TO_PYTHONPATH": "false"}


def read_settings(where: Places) -> dict[str, str]:
    """The settings that are there, by key in capitals."""
    try:
        text = where.settings.read_bytes().decode(_encoding(where.system), errors="replace")
    except OSError:
        return {}
    return {row[0].upper(): row[1] for row in csv.reader(io.StringIO(text)) if len(row) == 2}


def settings_text(settings: Mapping[str, str], system: str) -> bytes:
    r"""Settings as the add-in reads them: in the alphabet of the machine, for VBA knows no other.

    Raises `BookError` where a path has letters that alphabet lacks.

    >>> settings_text({"INTERPRETER_MAC": "/opt/python"}, MACOS)
    b'"INTERPRETER_MAC","/opt/python"\r\n'
    """
    lines = []
    for key, value in settings.items():
        if '"' in value or "\n" in value:
            raise BookError(f"the add-in cannot be told of {value!r}: a path must have no quote in it")
        lines.append(f'"{key}","{value}"\r\n')
    text = "".join(lines)
    try:
        return text.encode(_encoding(system))
    except UnicodeEncodeError as error:
        raise BookError(
            f"Excel's macros cannot read the letter {text[error.start]!r} in {text.splitlines()[0]}; install sop_xl "
            "into a folder with plain letters, such as C:\\sop"
        ) from None


def _encoding(system: str) -> str:
    if system == MACOS:
        return "ascii"
    return "mbcs" if sys.platform == "win32" else "cp1252"
