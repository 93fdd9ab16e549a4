"""A Python of its own for peers whose packages the product does not have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def interpreter(requirements: Path, python: Path | None, folder: Path | None) -> Iterator[Path]:
    """An interpreter that has the peers.

    Parameters
    ----------
    requirements
        The packages, pinned.
    python
        An interpreter that has them already.
    folder
        Where to make and keep their environment; without either it is made for this run only.

    Raises
    ------
    SystemExit
        If there is no such interpreter, or the packages cannot be installed.

    """
    if python is not None:
        if not python.exists():
            raise SystemExit(f"--peers: there is no Python at {python}")
        yield python
        return
    if folder is not None:
        yield _made(requirements, folder)
        return
    with tempfile.TemporaryDirectory(prefix="peers-") as made:
        yield _made(requirements, Path(made))


def _made(requirements: Path, folder: Path) -> Path:
    """The Python of an environment with the pinned packages, made in `folder` if it is not there."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, wanted = folder / ".requirements-peers", requirements.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print("installing the peers (a few minutes)", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=not folder.exists())
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)]
    if subprocess.run(install, check=False).returncode:
        raise SystemExit("the peers could not be installed; --no-peers leaves them out")
    stamp.write_text(wanted, encoding="utf-8")
    return python


def versions(requirements: Path, python: Path) -> dict[str, str]:
    """Versions of the packages an interpreter has.

    Raises
    ------
    SystemExit
        If it lacks one.

    """
    names = [line.partition("==")[0] for line in requirements.read_text(encoding="utf-8").splitlines() if "==" in line]
    says = "import json, sys; from importlib.metadata import version as v; print(json.dumps({n: v(n) for n in sys.argv[1:]}))"
    found = subprocess.run([str(python), "-c", says, *names], check=False, capture_output=True, text=True)
    if found.returncode:
        raise SystemExit(f"{python} lacks a package of {requirements.name}: {found.stderr.strip().splitlines()[-1]}")
    return dict(json.loads(found.stdout))
