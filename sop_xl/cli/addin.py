"""`sop-xl addin`: the add-in of Excel, built here, put where Excel loads it, and looked after."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sop_xl.cli.parts import command, say
from sop_xl.errors import InputError
from sop_xl.terminal import progress

ACTIONS = ("install", "remove", "build", "doctor")
MANUAL = """
install   build the add-in, put it into Excel's start-up folder, and write down
          which Python answers. Close Excel first, start it again afterwards.
remove    take both away again.
build     only build it, into --out: for another machine, or to look inside.
doctor    look for what keeps it from working, and say what to do; the exit code
          is 1 when something is wrong.

Building needs pyOpenVBA: pip install 'sop-xl[excel]'. Excel for Mac has the
buttons; functions in cells need the Office add-in there: sop-xl serve.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    addin = command(commands, "addin", _addin, "functions and buttons in Excel on the desktop",
        "sop-xl addin install\n  sop-xl addin doctor\n  sop-xl addin build --out sop_xl.xlam\n  sop-xl addin remove",
        MANUAL)  # fmt: skip
    addin.add_argument("action", choices=ACTIONS, metavar="ACTION", help=", ".join(ACTIONS))
    addin.add_argument("--out", type=Path, metavar="FILE", help="with build: the file (default: sop_xl.xlam)")
    addin.add_argument("--home", type=Path, metavar="FOLDER", help="another home folder than yours, for roll-outs")


def _addin(given: argparse.Namespace) -> int:
    if given.out is not None and given.action != "build":
        raise InputError(f"--out goes with build, not with {given.action}")
    return {"install": _install, "remove": _remove, "build": _build, "doctor": _doctor}[given.action](given)


def _install(given: argparse.Namespace) -> int:
    from udfs.hosts.excel.install import install, places

    with progress("installing the add-in", quiet=given.quiet):
        done = install(places(home=given.home))
    say(given, "\n".join(done))
    return 0


def _remove(given: argparse.Namespace) -> int:
    from udfs.hosts.excel.install import places, remove

    say(given, "\n".join(remove(places(home=given.home))))
    return 0


def _build(given: argparse.Namespace) -> int:
    from udfs.hosts.excel.build import NAME, write

    path = given.out or Path(NAME)
    if path.suffix.lower() != ".xlam":
        raise InputError(f"an add-in of Excel ends in .xlam, got {path.name}")
    with progress("building the add-in", quiet=given.quiet):
        write(path)
    say(given, f"{path}, {path.stat().st_size / 1024:,.0f} kB")
    return 0


def _doctor(given: argparse.Namespace) -> int:
    from udfs.hosts.excel.doctor import examine, report
    from udfs.hosts.excel.install import places

    with progress("looking at the add-in", quiet=given.quiet):
        found = examine(places(home=given.home) if given.home else None)
    print(report(found))
    return 0 if all(finding.ok for finding in found) else 1
