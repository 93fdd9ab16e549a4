"""Set up and go, on a machine that has nothing but Python 3.11 or newer.

    python dev.py demo      set up, then plan the demo company into demo/SOP_demo.xlsx
    python dev.py test      set up with the locked development tools, then run the tests
    python dev.py lint      set up likewise, then ruff and the type checker

What follows `demo` or `test` is passed on: `python dev.py test tests/supply -q`. An active virtual environment is
used as it is; otherwise `.venv` beside this file is made and used.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements-dev.lock"
BUILT_FROM = ("hatch_build.py", "sop_xl/demand/forecasting/kernels/kernels.c")
USAGE = "usage: python dev.py demo|test|lint [arguments]"


def environment() -> Path:
    """The Python of the active virtual environment, or of `.venv`, made if it is not there."""
    if sys.prefix != sys.base_prefix:
        return Path(sys.executable)
    home = HERE / ".venv"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print(f"making a virtual environment in {home}", flush=True)
        try:
            venv.create(home, with_pip=True, clear=True)
        except subprocess.CalledProcessError:
            sys.exit("this Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv")
    return python


def install(python: Path, *, tools: bool) -> None:
    """Install the product, with the locked development tools if `tools`."""
    stamp = Path(os.fspath(python)).parent / f".sop-xl-{'dev' if tools else 'user'}"
    wanted = "\n".join((HERE / f).read_text(encoding="utf-8") for f in ("pyproject.toml", LOCK.name, *BUILT_FROM))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("installing (a few minutes the first time)", flush=True)
    what = ["-r", str(LOCK)] if tools else ["-c", str(LOCK)]
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what, "-e", str(HERE)]
    if subprocess.run(command, check=False).returncode:
        sys.exit("the installation failed; the lines above say why")
    stamp.write_text(wanted, encoding="utf-8")


def main() -> int:
    """Do what the first word says."""
    jobs = {
        "demo": [["-m", "sop_xl", "demo"]],
        "test": [["-m", "pytest"]],
        "lint": [["-m", "ruff", "check"], ["-m", "ruff", "format", "--check"], ["-m", "mypy"]],
    }
    if sys.version_info < (3, 11):
        sys.exit(f"sop-xl needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    if len(sys.argv) < 2 or sys.argv[1] not in jobs:
        sys.exit(USAGE)
    python = environment()
    install(python, tools=sys.argv[1] != "demo")
    passed_on = [] if sys.argv[1] == "lint" else sys.argv[2:]
    for job in jobs[sys.argv[1]]:
        code = subprocess.run([str(python), *job, *passed_on], cwd=HERE, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
