"""The add-in built once, and programs that look at it: LibreOffice, and xlwings' COM server over doubles of Windows."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from offices import python_with_uno, required

from udfs.hosts.calc.office import environment

collect_ignore = ["com_server.py", "vba_runner.py"]  # they run in a Python of their own
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def addin(tmp_path_factory):
    """The add-in as a file."""
    pytest.importorskip("pyopenvba")
    from udfs.hosts.excel.build import NAME, write

    return write(tmp_path_factory.mktemp("addin") / NAME)


@pytest.fixture(scope="session")
def run_vba(tmp_path_factory):
    """Runs jobs of `vba_runner.py` in LibreOffice."""
    soffice = required(shutil.which("soffice"), "LibreOffice")
    python = required(python_with_uno(soffice), "Python that has UNO")
    profile = tmp_path_factory.mktemp("profile")

    def run(jobs):
        command = [python, str(HERE / "vba_runner.py"), soffice, str(profile)]
        done = subprocess.run(
            command,
            input=json.dumps(jobs),
            capture_output=True,
            encoding="utf-8",
            env=environment(),
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def over_com():
    """Calls functions through xlwings' COM server: what the cells get, and what xlwings knows of the functions."""

    def call(calls):
        done = subprocess.run(
            [sys.executable, str(HERE / "com_server.py")],
            input=json.dumps(calls),
            capture_output=True,
            encoding="utf-8",
            cwd=HERE.parents[3],
            env=os.environ | {"PYTHONPATH": str(HERE.parents[3])},
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    return call
