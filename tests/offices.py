"""A real LibreOffice, driven from another process, and what it needs of the machine."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from udfs.hosts.calc.office import environment

DRIVER = Path(__file__).parent / "udfs" / "hosts" / "calc" / "driver.py"


class Calc:
    """The driver in its own process: `calc.open(path)` runs its method `open`."""

    def __init__(self, python, soffice, profile, log, home=None):
        self.home = home
        own = {"HOME": str(home)} if home else {}
        self.process = subprocess.Popen(
            [python, str(DRIVER), soffice, str(profile)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=environment() | {"SOP_XL_LOG": str(log)} | own,
        )
        self.log = log

    def __getattr__(self, method):
        def ask(*arguments, **named):
            self.process.stdin.write(json.dumps([method, arguments, named]) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            assert line, "the driver of LibreOffice ended"
            told = json.loads(line)
            assert "failed" not in told, told["failed"]
            return told["gave"]

        return ask

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def python_with_uno(soffice):
    """A Python that can import UNO: LibreOffice's own, or the system's."""
    beside = Path(soffice).resolve().parent
    for python in (beside / "python", beside / "python.exe", Path("/usr/bin/python3")):
        if (
            python.exists()
            and subprocess.run([python, "-c", "import uno"], capture_output=True, check=False).returncode == 0
        ):
            return str(python)
    return None


def required(found, what):
    """What a machine lacks is a reason to skip; in CI it is a failure."""
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{what} is not installed; CI must install it")
    if found is None:
        pytest.skip(f"{what} is not installed")
    return found
