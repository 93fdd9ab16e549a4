"""The floors of the house: nothing imports upward, and only the rooms named open a file, a host or a solver."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MATHS = {"demand", "inventory", "supply", "finance"}
GROUND = {"errors", "periods"}
MAY_IMPORT = {
    **dict.fromkeys(MATHS, MATHS | GROUND),
    "workbook": {"workbook"} | GROUND,
    "store": {"store"} | GROUND,
    "cycle": {"cycle", "workbook", "store"} | MATHS | GROUND,
    "demo": {"demo", "cycle", "workbook", "terminal"} | GROUND,
    "pack": {"pack", "cycle", "workbook"} | GROUND,
    "errors": set(),
    "periods": {"errors"},
    "terminal": {"errors"},
}
"""What each room of `sop_xl` may import of `sop_xl`; `cli`, `__main__` and `udfs` stand on top."""
ONLY_IN = {
    "xlwings": {"sop_xl/workbook/live.py", "udfs/hosts/excel"},
    "openpyxl": {"sop_xl/workbook"},
    "xlsxwriter": {"sop_xl/workbook"},
    "pulp": {"sop_xl/supply"},
    "highspy": {"sop_xl/supply"},
    "sqlalchemy": {"sop_xl/store"},
    "reportlab": {"sop_xl/pack"},
}
FILES = sorted((ROOT / "sop_xl").rglob("*.py")) + sorted((ROOT / "udfs").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module a file imports anywhere, type-checking blocks included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_nothing_imports_upward(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] != "sop_xl" or parts[1] in ("cli", "__main__", "__init__"):
        return
    allowed = MAY_IMPORT[parts[1]]
    ours = {name for name in imported(path) if name.split(".")[0] == "sop_xl"}
    upward = {n for n in ours if room(n) not in allowed and n not in ("sop_xl.__version__", "sop_xl.demo")}
    assert not upward, f"{path.name} imports {sorted(upward)}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_only_named_rooms_use_a_library(path):
    where = path.relative_to(ROOT).as_posix()
    for name in imported(path):
        homes = ONLY_IN.get(name.split(".")[0])
        if homes is not None:
            assert any(where.startswith(home) for home in homes), f"{where} imports {name}"


def test_paid_parts_of_xlwings_are_never_imported():
    for path in FILES:
        paid = [n for n in imported(path) if n.startswith(("xlwings.pro", "xlwings.server", "xlwings.reports"))]
        assert not paid, f"{path} imports {paid}"


def test_public_names_are_exact():
    import sop_xl

    for name in sop_xl.__all__:
        assert getattr(sop_xl, name) is not None
    with pytest.raises(AttributeError, match="nothing_of_the_sort"):
        sop_xl.nothing_of_the_sort  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    import subprocess
    import sys

    code = "import sys, sop_xl, sop_xl.cli; print(sorted(m for m in ('numpy','pandas','pulp','statsmodels','openpyxl','rich') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
