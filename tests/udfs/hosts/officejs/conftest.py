"""The server as an app and as a program, and programs the tests cannot do without in CI."""

import contextlib
import os
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from udfs.hosts.officejs.app import create_app
from udfs.hosts.officejs.settings import Settings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from officejs_parts import TOKEN, calling, needed  # noqa: E402


@pytest.fixture(scope="session")
def client():
    """The app with two workers, called in this process."""
    with calling(create_app(Settings(workers=2))) as made:
        yield made


@dataclass
class Program:
    """`sop-xl serve` as a process of its own, and how to call it."""

    process: subprocess.Popen
    base: str
    certificate: Path
    lines: list[str]

    def client(self, **headers):
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        return httpx2.Client(base_url=self.base, verify=trusted, headers={"Origin": self.base, **headers}, timeout=60)


@contextmanager
def _served(home, **more):
    """`sop-xl serve` on a free port, with a certificate it makes in a home of its own."""
    places = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA")}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sop_xl", "serve", "--port", "0", "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | places | more, cwd=HERE.parents[3],
    )  # fmt: skip
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("manifest: "):
            break
    assert any(line.startswith("serving https://localhost:") for line in lines), lines
    reader = threading.Thread(target=lambda: lines.extend(map(str.rstrip, process.stdout)), daemon=True)
    reader.start()
    base = next(line.split()[1] for line in lines if line.startswith("serving "))
    yield Program(process, base, home / "sop_xl" / "officejs" / "localhost.crt", lines)
    process.terminate()
    process.wait(30)
    reader.join()
    process.stdout.close()


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """`sop-xl serve` on one's own machine."""
    with _served(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="session")
def guarded_program(tmp_path_factory):
    """`sop-xl serve` that asks for a token."""
    with _served(tmp_path_factory.mktemp("guarded"), SOP_XL_TOKEN=TOKEN) as made:
        yield made


@pytest.fixture(scope="session")
def npm_packages(tmp_path_factory):
    """The packages the JavaScript is checked with, as locked; installed once, however many run the tests."""
    npm, here = needed("npm"), HERE / "js" / "node_modules"
    base = tmp_path_factory.getbasetemp()
    lock = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "npm.lock"
    with contextlib.suppress(FileExistsError):
        lock.touch(exist_ok=False)
        if not (here / ".package-lock.json").exists():
            command = [npm, "ci", "--silent", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=HERE / "js", check=True, timeout=300)
    until = time.monotonic() + 300
    while not (here / ".package-lock.json").exists() and time.monotonic() < until:
        time.sleep(0.2)
    return here
