"""What is wrong with the add-in on this machine, and what to do about it.

Each check looks at one thing that is known to keep an add-in from working: the file, Windows' mark of what came from
the internet, Excel's list of add-ins it has disabled, macro settings and policies, the Python, xlwings, and what
antivirus programs take away or forbid.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sop_xl.errors import BookError
from udfs.hosts.excel import build, xlwings_files
from udfs.hosts.excel.install import MACOS, WINDOWS, Places, places, read_settings
from udfs.hosts.excel.registry import Registry, WindowsRegistry

INSTALL = "run: sop-xl addin install"
EXCEL_KEY = r"Software\Microsoft\Office\16.0\Excel"
POLICY_KEY = r"Software\Policies\Microsoft\Office\16.0\Excel"
ASR_KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
ASR_RULES = {
    "92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b": "forbids macros to call libraries of Windows",
    "d4f940ab-401b-4efc-aadc-ad5f3c50688a": "forbids Excel to start another program",
}
"""Rules of Microsoft Defender that stop every add-in that starts Python."""

BLOCK, WARN = 1, 6
"""States of such a rule: it blocks, or it asks first."""

NO_MACROS = 4
"""`VBAWarnings` of Excel when macros are off without a word."""

SECONDS_TO_START = 60


@dataclass(frozen=True)
class Finding:
    """What a check found: what it looked at, whether it is well, and what to do if not."""

    about: str
    ok: bool
    says: str
    do: str = ""


Finder = Callable[[Places, Registry], Iterator[Finding]]


def examine(where: Places | None = None, registry: Registry | None = None) -> list[Finding]:
    """Look at everything; on a machine without Excel there is one finding that says so."""
    if where is None:
        try:
            where = places()
        except BookError as error:
            return [Finding("system", False, str(error))]
    looked = registry if registry is not None else WindowsRegistry()
    return [finding for check in CHECKS for finding in check(where, looked)]


def report(found: list[Finding]) -> str:
    """The findings as text, what is wrong first.

    >>> print(report([Finding("trust", True, "not marked"), Finding("add-in", False, "it is not installed", INSTALL)]))
    WRONG  add-in: it is not installed
           -> run: sop-xl addin install
    ok     trust: not marked
    1 of 2 checks found something wrong
    """
    lines = []
    for finding in sorted(found, key=lambda f: f.ok):
        lines.append(f"{'ok' if finding.ok else 'WRONG':<6} {finding.about}: {finding.says}")
        if finding.do:
            lines.append(f"{'':<7}-> {finding.do}")
    wrong = sum(not f.ok for f in found)
    lines.append(f"{wrong} of {len(found)} checks found something wrong" if wrong else f"{len(found)} checks, all well")
    return "\n".join(lines)


def _file(where: Places, _registry: Registry) -> Iterator[Finding]:
    """The add-in is there and is the one this sop_xl builds."""
    about = "add-in"
    if not where.addin.exists():
        if where.settings.exists():
            yield Finding(about, False, f"{where.addin} was installed and is gone; antivirus programs do that",
                          f"have {where.addin.name} released from quarantine and excepted, then {INSTALL}")  # fmt: skip
        else:
            yield Finding(about, False, "it is not installed", INSTALL)
        return
    try:
        same = where.addin.read_bytes() == build.build()
    except (BookError, OSError) as error:
        yield Finding(about, False, str(error), "pip install 'sop-xl[excel]'")
        return
    if same:
        yield Finding(about, True, str(where.addin))
    else:
        says = "it was built by another version of sop_xl, or changed since"
        yield Finding(about, False, says, f"close Excel, then {INSTALL}")


def _version(where: Places, _registry: Registry) -> Iterator[Finding]:
    """The xlwings in the add-in is the one that answers."""
    built, here = built_for(where.addin), xlwings_files.version()
    if built is not None:
        well = built == here
        yield Finding("xlwings", well, f"the add-in has {built}, Python has {here}", "" if well else INSTALL)


def built_for(addin: Path) -> str | None:
    """The version of xlwings an add-in was built with; None where it cannot be read."""
    try:
        from pyopenvba import ExcelFile

        with ExcelFile(addin) as book:
            text = book.get_module(xlwings_files.MODULE)
    except Exception:  # a damaged file, or no pyOpenVBA: the check before this one tells
        return None
    found = re.search(r'XLWINGS_VERSION As String = "([^"]+)"', text)
    return found.group(1) if found else None


def _python(where: Places, _registry: Registry) -> Iterator[Finding]:
    """The Python of the settings is there and has the same sop_xl and xlwings."""
    about = "Python"
    settings = read_settings(where)
    interpreter = settings.get("INTERPRETER_MAC" if where.system == MACOS else "INTERPRETER_WIN", "")
    if not interpreter:
        yield Finding(about, False, f"{where.settings} names no Python", INSTALL)
        return
    if not Path(interpreter).exists():
        yield Finding(about, False, f"{interpreter} is not there any more", f"with the Python you use now, {INSTALL}")
        return
    says = starts(interpreter, settings.get("PYTHONPATH", ""))
    if says:
        yield Finding(about, False, f"{interpreter} does not answer: {says}", "pip install --force-reinstall sop-xl")
    else:
        yield Finding(about, True, interpreter)


def starts(interpreter: str, path: str) -> str:
    """Why a Python cannot answer cells, or nothing."""
    code = f"import sys; sys.path.insert(0, {path!r}); import {build.FUNCTIONS_MODULE}"
    try:
        done = subprocess.run(  # noqa: S603 (the Python the installer wrote down)
            [interpreter, "-B", "-P", "-c", code], capture_output=True, text=True, check=False, timeout=SECONDS_TO_START
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return done.stderr.strip().splitlines()[-1] if done.returncode and done.stderr.strip() else ""


def _bridge(where: Places, _registry: Registry) -> Iterator[Finding]:
    """What lets Excel start Python: a library on Windows, a script on the Mac."""
    if where.script is not None:
        well = where.script.exists()
        says = f"{where.script}" if well else f"{where.script} is not there"
        yield Finding("script", well, says, "" if well else INSTALL)
        return
    interpreter = read_settings(where).get("INTERPRETER_WIN", "")
    if not interpreter:
        return
    beside = (Path(interpreter).parent, Path(interpreter).parent.parent)
    for name in xlwings_files.library_names()[:1]:
        if any((folder / name).exists() for folder in beside):
            yield Finding("library", True, name)
        else:
            yield Finding("library", False, f"{name} is not beside {interpreter}; antivirus programs take it away",
                          "have it excepted, then: pip install --force-reinstall --no-deps "
                          f"xlwings=={xlwings_files.version()}")  # fmt: skip
    if sys.platform == "win32":
        try:
            import win32com.client  # noqa: F401

            yield Finding("pywin32", True, "it can be loaded")
        except ImportError as error:
            yield Finding("pywin32", False, str(error), "pip install --force-reinstall pywin32")


def _mark(where: Places, _registry: Registry) -> Iterator[Finding]:
    """The file is not marked as coming from the internet: Excel does not run macros of such a file."""
    if not where.addin.exists():
        return
    if _is_marked(where.addin) if where.system == WINDOWS else _is_quarantined(where.addin):
        says = "the file is marked as coming from the internet; Excel does not run its macros"
        yield Finding("trust", False, says, f"in its properties tick Unblock; or {INSTALL}")
    else:
        yield Finding("trust", True, "the file is not marked as coming from the internet")


def _is_marked(path: Path) -> bool:
    """Whether a file has Windows' mark of the web: zone 3 (internet) or 4."""
    try:
        text = Path(f"{path}:Zone.Identifier").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(r"ZoneId\s*=\s*[34]", text) is not None


def _is_quarantined(path: Path) -> bool:
    """Whether macOS holds a file in quarantine."""
    command = ["/usr/bin/xattr", "-p", "com.apple.quarantine", str(path)]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False


def _disabled(where: Places, registry: Registry) -> Iterator[Finding]:
    """Excel has not put the add-in on its list of disabled items, as it does after a crash."""
    if where.system != WINDOWS:
        return
    items = registry.values(rf"HKCU\{EXCEL_KEY}\Resiliency\DisabledItems")
    if any(where.addin.name in _text(value).lower() for value in items.values()):
        do = "File > Options > Add-ins > Manage: Disabled Items > Go, choose it and Enable"
        yield Finding("disabled items", False, "Excel has disabled the add-in after a crash", do)
    else:
        yield Finding("disabled items", True, "the add-in is not on Excel's list")


def _text(value: object) -> str:
    """A value of the registry as text; paths stand in bytes in two-byte letters."""
    return value.replace(b"\x00", b"").decode("latin-1") if isinstance(value, bytes) else str(value)


def _macros(where: Places, registry: Registry) -> Iterator[Finding]:
    """Macros may run: settings of Excel, and of who looks after the machine."""
    if where.system != WINDOWS:
        return
    wrong = []
    for key, whose in ((EXCEL_KEY, ""), (POLICY_KEY, " by your company's policy")):
        security = registry.values(rf"HKCU\{key}\Security")
        trusted = registry.values(rf"HKCU\{key}\Security\Trusted Locations")
        untrusted = trusted.get("AllLocationsDisabled") == 1
        for is_so, says, do in (
            (untrusted, "trusted locations are off{}: macros in the start-up folder need your consent",
             "Trusted Locations: untick Disable all"),
            (untrusted and security.get("VBAWarnings") == NO_MACROS, "macros are off without a word{}",
             "Macro Settings: Disable with notification"),
            (security.get("DisableAllAddins") == 1, "all add-ins are off{}", "Add-ins: untick Disable all"),
            (security.get("RequireAddinSig") == 1, "add-ins must be signed{}, and this one is built on your machine",
             "Add-ins: untick Require signed"),
        ):  # fmt: skip
            if is_so:
                mine = f"File > Options > Trust Center > Trust Center Settings > {do}"
                remedy = "ask your IT to allow it for this add-in" if whose else mine
                wrong.append(Finding("macros", False, says.format(whose), remedy))
    yield from wrong or [Finding("macros", True, "Excel's settings let add-ins run")]


def _defender(where: Places, registry: Registry) -> Iterator[Finding]:
    """No rule of Microsoft Defender forbids what the add-in has to do."""
    if where.system != WINDOWS:
        return
    rules = {name.lower().strip("{}"): value for name, value in registry.values(ASR_KEY).items()}
    found = False
    for rule, says in ASR_RULES.items():
        if str(rules.get(rule, "")) in (str(BLOCK), str(WARN)):
            found = True
            yield Finding("antivirus", False, f"a rule of Microsoft Defender {says} ({rule})",
                          f"ask your IT to except {where.addin}")  # fmt: skip
    if not found:
        yield Finding("antivirus", True, "no rule of Microsoft Defender is known to stop the add-in")


CHECKS: tuple[Finder, ...] = (_file, _version, _python, _bridge, _mark, _disabled, _macros, _defender)
"""The checks, in the order of the findings."""
