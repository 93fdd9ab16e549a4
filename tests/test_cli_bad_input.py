"""Bad input through the command line: one clear sentence that leads to the cell, and the file as it was, byte for byte."""

import errno
import os
import shutil
import zipfile
from pathlib import Path

import company
import editing
import pandas as pd
import pytest

from sop_xl import cli
from sop_xl.workbook.book import open_book

USED, UNREADABLE = 1, 3


def sop_xl(*arguments):
    return cli.main([str(a) for a in arguments])


def frames_into(path, **frames):
    open_book(path).write(frames)


def history(path, change):
    frame = company.history()
    frames_into(path, demand_history=change(frame))


def stops(workbook, capsys, *says, code=USED, command="run"):
    before = workbook.read_bytes()
    assert sop_xl(command, workbook) == code
    shown = capsys.readouterr()
    text = shown.err if command == "run" else shown.out
    for part in says:
        assert part in text, text
    assert "Traceback" not in text
    assert workbook.read_bytes() == before
    assert [p.name for p in workbook.parent.iterdir()] == [workbook.name], "nothing is left lying about"


def test_missing_table(workbook, capsys):
    editing.drop_table(workbook, "stock")
    stops(workbook, capsys, "has no table tbl_stock (sheet Stock)")


def test_missing_column(workbook, capsys):
    editing.drop_column(workbook, "stock", "Quantity")
    stops(workbook, capsys, "sheet Stock", 'column "Quantity" is missing')


def test_renamed_column(workbook, capsys):
    editing.rename_column(workbook, "stock", "Quantity", "Quantitty")
    stops(workbook, capsys, "sheet Stock", '"Quantity" is missing, and "Quantitty" looks like it')


def test_duplicate_key(workbook, capsys):
    row = editing.set_cell(workbook, "items", "Item", 1, "BIKE-1")
    stops(workbook, capsys, f"sheet Items, row {row}", "BIKE-1")


def test_text_in_a_number(workbook, capsys):
    row = editing.set_cell(workbook, "stock", "Quantity", 1, "many")
    stops(workbook, capsys, f'sheet Stock, row {row}, column "Quantity"', "many")


def test_error_value_in_a_cell(workbook, capsys):
    row = editing.set_cell(workbook, "stock", "Quantity", 1, "#N/A")
    stops(workbook, capsys, f'sheet Stock, row {row}, column "Quantity"', "#N/A")


def test_date_as_text(workbook, capsys):
    row = editing.set_cell(workbook, "receipts", "Due", 0, "10.7.2026", "@")
    stops(workbook, capsys, f'sheet Receipts, row {row}, column "Due"', "10.7.2026")


def test_decimal_comma(workbook, capsys):
    row = editing.set_cell(workbook, "sources", "Cost", 2, "119,5", "@")
    stops(workbook, capsys, f'sheet Sources, row {row}, column "Cost"', "119,5", "comma")


def test_unknown_item_in_history(workbook, capsys):
    row = editing.set_cell(workbook, "demand_history", "Item", 0, "BIKE-9")
    stops(workbook, capsys, f'sheet History, row {row}, column "Item"', "'BIKE-9' is not on sheet Items")


def test_negative_stock(workbook, capsys):
    row = editing.set_cell(workbook, "stock", "Quantity", 0, -5)
    stops(workbook, capsys, f'sheet Stock, row {row}, column "Quantity"', "-5")


def test_empty_history(workbook, capsys):
    history(workbook, lambda f: f.iloc[:0])
    stops(workbook, capsys, "sheet History: there is no demand history")


def test_one_item_with_zero_history_is_planned_and_named(workbook, capsys):
    history(workbook, lambda f: f.assign(quantity=f["quantity"].where(f["item"].ne("BIKE-2"), 0.0)))
    assert sop_xl("check", workbook, "--all") == 0
    assert "item BIKE-2 is sold but every month of its history is zero" in capsys.readouterr().out
    assert sop_xl("run", workbook, "--step", "demand_planning", "-q") == 0
    agreed = open_book(workbook).read(["consensus"]).frames["consensus"]
    assert agreed["quantity"].notna().all()
    assert agreed.loc[agreed["item"].eq("BIKE-2"), "quantity"].sum() == 0


def test_bom_cycle(workbook, capsys):
    bom = pd.DataFrame(
        {
            "assembly": ["BIKE-1", "FRAME"],
            "component": ["FRAME", "BIKE-1"],
            "quantity": 1.0,
            "scrap": 0.0,
            "mode": "",
            "offset_days": float("nan"),
        }
    )
    frames_into(workbook, bom=bom)
    stops(workbook, capsys, "sheet BOM, row", "runs in a circle: BIKE-1 -> FRAME -> BIKE-1")


def test_capacity_missing_in_the_horizon(workbook, capsys):
    row = editing.set_cell(workbook, "capacity", "2026-09", 0, None)
    stops(workbook, capsys, 'sheet Capacity, column "2026-09"', "Assembly", "no regular hours in 2026-09")
    assert row


def test_bad_setting(workbook, capsys):
    row = editing.set_cell(workbook, "control", "Value", 2, "forever")
    stops(workbook, capsys, f'sheet Control, row {row}, column "Value"', "horizon", "forever")


def test_check_names_the_same_and_ends_with_1(workbook, capsys):
    editing.set_cell(workbook, "stock", "Quantity", 0, -5)
    stops(workbook, capsys, "negative stock", "is -5", command="check")


def test_corrupt_zip(workbook, capsys):
    data = workbook.read_bytes()
    workbook.write_bytes(data[: len(data) // 2])
    stops(workbook, capsys, workbook.name, code=UNREADABLE)


def test_not_a_workbook_at_all(workbook, capsys):
    workbook.write_text("hello")
    stops(workbook, capsys, workbook.name, code=UNREADABLE)


def test_encrypted_workbook(workbook, capsys):
    workbook.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 4096)
    stops(workbook, capsys, "encrypted", code=UNREADABLE)


def test_zip_bomb(workbook, capsys):
    with zipfile.ZipFile(workbook, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/media/bomb.bin", b"\0" * (120 << 20))
    stops(workbook, capsys, "xl/media/bomb.bin", code=UNREADABLE)


def test_missing_file(tmp_path, capsys):
    assert sop_xl("run", tmp_path / "nowhere.xlsx") == UNREADABLE
    assert "nowhere.xlsx" in capsys.readouterr().err


def test_read_only_file(workbook, capsys, monkeypatch):
    workbook.chmod(0o444)
    if os.name != "nt" and os.geteuid() == 0:  # root may write anything: ask as a user would be answered
        monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    stops(workbook, capsys, "plan.xlsx", "read-only", code=UNREADABLE)


def test_disk_full_while_saving(workbook, capsys, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    stops(workbook, capsys, "disk", code=UNREADABLE)


def test_ctrl_c_in_the_middle(workbook, capsys, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    stops(workbook, capsys, "interrupted; nothing was written", code=130)


def test_open_in_excel(workbook, capsys):
    lock = workbook.with_name(f"~${workbook.name}")
    lock.write_bytes(b"\x03Ann" + b"\0" * 160)
    before = workbook.read_bytes()
    assert sop_xl("run", workbook) == UNREADABLE
    assert "open in Excel" in capsys.readouterr().err
    assert workbook.read_bytes() == before


def test_wrong_usage(workbook, capsys, tmp_path):
    with pytest.raises(SystemExit) as stop:
        sop_xl("run", workbook, "--step", "selling")
    assert stop.value.code == 2
    assert "selling" in capsys.readouterr().err
    assert sop_xl("run", workbook, "--step", "supply_planning") == 2
    assert "run Demand Planning first" in capsys.readouterr().err
    assert sop_xl("new", workbook) == UNREADABLE
    assert "exists already" in capsys.readouterr().err
    assert sop_xl("new", tmp_path / "new.xlsx", "--horizon", 99) == 2
    assert "horizon" in capsys.readouterr().err
    assert sop_xl("new", tmp_path / "new.xlsx", "--as-of", "31.12.2026") == 2
    assert "2026-10-31" in capsys.readouterr().err
    assert sop_xl("export", workbook, "--out", tmp_path / "out", "--table", "nonsense") == 2
    assert "there is no table 'nonsense'" in capsys.readouterr().err
    assert not (tmp_path / "new.xlsx").exists()


def test_gather_that_finds_a_bad_value_writes_nothing(workbook, capsys, tmp_path):
    folder = tmp_path / "extracts"
    folder.mkdir()
    (folder / "stock.csv").write_text("item,location,status,quantity\nBIKE-1,PLANT,usable,lots\n")
    (folder / "mapping.toml").write_text(
        '[stock]\nfrom = "stock"\ncolumns = {item = "item", location = "location", status = "status", quantity = "quantity"}\n'
    )
    before = workbook.read_bytes()
    assert sop_xl("gather", workbook, "--from", folder) == USED
    assert "lots" in capsys.readouterr().err
    assert workbook.read_bytes() == before
    (folder / "stock.csv").write_text("item,location,status,quantity\nBIKE-1,PLANT,usable,12\n")
    assert sop_xl("gather", workbook, "--from", folder, "--dry-run") == 0
    assert workbook.read_bytes() == before
    assert sop_xl("gather", workbook, "--from", folder) == 0
    assert open_book(workbook).read(["stock"]).frames["stock"]["quantity"].tolist() == [12.0]


def test_a_copy_of_the_workbook_is_not_disturbed(workbook, tmp_path):
    twin = Path(shutil.copy(workbook, tmp_path / "twin.xlsx"))
    before = twin.read_bytes()
    assert sop_xl("check", workbook, "--write", "-q") == 0
    assert twin.read_bytes() == before
    assert workbook.read_bytes() != before


def test_an_export_into_a_file_leaves_the_file(workbook, capsys):
    before = workbook.read_bytes()
    assert sop_xl("export", workbook, "--out", workbook, "--table", "items") == UNREADABLE
    assert "cannot be made (File exists)" in capsys.readouterr().err
    assert workbook.read_bytes() == before
