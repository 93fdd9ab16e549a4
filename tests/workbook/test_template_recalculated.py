"""LibreOffice calculates every formula of a new workbook to the value its twin stored in the file."""

import importlib.util
import os
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from sop_xl.workbook.book import open_book
from sop_xl.workbook.template import build as template
from sop_xl.workbook.template.build import new_workbook
from sop_xl.workbook.template.twins import TWINS

ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>
"""


def made_up_frames(**options):
    spec = importlib.util.spec_from_file_location("template_frames", Path(__file__).with_name("template_frames.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.made_up(**options)


def without_values(path, target):
    """A copy of a workbook whose formulas have no stored values."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                content = re.sub(rb"(<f[ >][^<]*</f>)<v>[^<]*</v>", rb"\1", content)
            new.writestr(name, content)
    return target


def recalculated(soffice, path, folder):
    """The workbook after LibreOffice has calculated every formula afresh."""
    path = without_values(path, folder / f"bare-{path.name}")
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    out = folder / "out"
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=os.environ | {"LC_ALL": "C.UTF-8"})
    return out / path.name


def named_values(path):
    """The values behind every defined name of a cell or range, and every formula cell with an error."""
    book = openpyxl.load_workbook(path, data_only=True)
    out = {}
    for name, defined in book.defined_names.items():
        if name in TWINS:
            (sheet, reference), *_ = defined.destinations
            cells = book[sheet][reference.replace("$", "")]
            rows = cells if isinstance(cells, tuple) else ((cells,),)
            out[name] = [[plain(c.value) for c in row] for row in rows]
    return out


def plain(value):
    if value is None:
        return ""
    if hasattr(value, "toordinal"):
        return (value - value.__class__(1899, 12, 30)).days
    return value


def same(stored, calculated):
    if isinstance(stored, int | float) and isinstance(calculated, int | float):
        return float(calculated) == pytest.approx(float(stored), rel=1e-9, abs=1e-9)
    return stored == calculated


def with_picks(choices):
    """The review pages with other values in their drop-downs."""
    return tuple(
        replace(
            page, picks=tuple(replace(p, starts=lambda _, p=p: choices.get(p.name, p.starts({}))) for p in page.picks)
        )
        for page in template.PAGES
    )


CASES = {
    "empty": {},
    "total": {},
    "family": {
        "pick_demand_family": "Road bikes", "pick_supply_family": "Road bikes", "pick_resource": "Assembly",
        "pick_executive_family": "Helmets", "pick_execution_family": "Helmets", "pick_execution_measure": "production",
        "pick_bridge_family": "Road bikes", "pick_bridge_measure": "money",
        "pick_grid_family": "Road bikes", "pick_grid_show": "money",
    },
    "item": {"pick_grid_family": "Road bikes", "pick_grid_item": "RO-001", "pick_grid_show": "money"},
    "item named like a number": {"pick_grid_family": "Total", "pick_grid_item": "007"},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_formula_recalculates_to_its_twin(soffice, tmp_path, monkeypatch, case):
    monkeypatch.setattr(template, "PAGES", with_picks(CASES[case]))
    path = tmp_path / "book.xlsx"
    new_workbook(path, settings={"company": "Velo Works"})
    if case != "empty":  # through the file adapter, which stores the twins' values
        open_book(path).write(made_up_frames())
    stored = named_values(path)
    calculated = named_values(recalculated(soffice, path, tmp_path))
    assert set(stored) == set(calculated) == set(TWINS)
    differences = [
        f"{name}[{i},{j}]: twin {a!r}, LibreOffice {b!r}"
        for name in stored
        for i, (mine, theirs) in enumerate(zip(stored[name], calculated[name], strict=True))
        for j, (a, b) in enumerate(zip(mine, theirs, strict=True))
        if not same(a, b)
    ]
    assert differences == []


def test_a_planned_workbook_shows_what_libreoffice_calculates(soffice, tmp_path):
    """The whole way: gathered, planned, signed and followed up by the product itself, then recalculated."""
    import company

    from sop_xl.cycle import sign
    from sop_xl.cycle.run import run

    path = tmp_path / "plan.xlsx"
    settings = {"as_of": company.AS_OF, "horizon": 6, "company": "Small", "frozen_months": 0}
    new_workbook(path, settings=settings)
    book = open_book(path)
    book.write({n: f for n, f in company.frames().items() if n != "control"})
    run(book, now=company.NOW)
    sign.sign(book, dict.fromkeys(("VP Sales", "VP Operations", "CFO", "General manager"), "X"), now=company.NOW)
    run(book, ("executive_sop", "execution"), now=company.NOW)
    stored, calculated = named_values(path), named_values(recalculated(soffice, path, tmp_path))
    differing = {
        name: [(a, b) for mine, theirs in zip(stored[name], calculated[name], strict=True)
               for a, b in zip(mine, theirs, strict=True) if not same(a, b)]
        for name in stored
    }  # fmt: skip
    assert {name: pairs for name, pairs in differing.items() if pairs} == {}
    errors = [c for rows in calculated.values() for row in rows for c in row if c in ("#NAME?", "#REF!", "#VALUE!")]
    assert errors == []
