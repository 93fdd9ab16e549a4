"""What the Office.js server costs and holds: `python -m benchmarks.hosts.officejs` prints what docs/measured.md records.

One recalculation of 500 distinct cells against the maths alone; 50 clients that recalculate 200 cells each, half of them
new every time, without and with a command beside them; a command on the demo workbook against the same command in one
process. Clients and server share the machine. All traffic stays on this machine and ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
from openpyxl.utils.datetime import to_excel

import udfs.commands
import udfs.functions  # noqa: F401 (declares the functions)
from benchmarks.machine import described
from sop_xl.workbook.sent import SentBook
from sop_xl.workbook.tables import TABLES
from udfs.registry import COMMANDS, call_many

CLIENTS, CELLS, PER_REQUEST = 50, 200, 256
PACKAGES = ("sop-xl", "numpy", "pandas", "fastapi", "uvicorn")

Call = dict[str, Any]


def cell(number: float) -> Call:
    """A call such as a planning sheet has, different for each number."""
    kind = int(number) % 3
    if kind == 0:
        return {"function": "EOQ", "arguments": [1000 + number, 50, 3]}
    if kind == 1:
        return {"function": "SAFETY_STOCK", "arguments": [100 + number, 40, 3]}
    history = [[100 + (number * step) % 37 for step in range(1, 25)]]
    return {"function": "WMAPE", "arguments": [history, [history[0][::-1]]]}


@contextmanager
def served(folder: Path, workers: int) -> Iterator[tuple[str, ssl.SSLContext]]:
    """`sop-xl serve` on a free port of this machine: its address, and what trusts it."""
    command = [sys.executable, "-u", "-m", "sop_xl", "serve", "--port", "0", "--workers", str(workers)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"XDG_CONFIG_HOME": str(folder)}
    )
    assert process.stdout is not None
    base = ""
    for line in process.stdout:
        base = line.split()[1] if line.startswith("serving ") else base
        if line.startswith("manifest"):
            break
    try:
        yield base, ssl.create_default_context(cafile=str(folder / "sop_xl" / "officejs" / "localhost.crt"))
    finally:
        process.terminate()
        process.communicate(timeout=30)


def client(base: str, trusted: ssl.SSLContext) -> httpx2.AsyncClient:
    """A client as the task pane is one."""
    return httpx2.AsyncClient(base_url=base, verify=trusted, headers={"Origin": base}, timeout=120)


async def recalculated(caller: httpx2.AsyncClient, calls: list[Call]) -> int:
    """Ask for cells in requests as the bridge makes them; how many were errors."""
    parts = [calls[at : at + PER_REQUEST] for at in range(0, len(calls), PER_REQUEST)]
    answers = await asyncio.gather(*(caller.post("/api/calls", json={"calls": part}) for part in parts))
    return sum(1 if a.status_code != 200 else sum("error" in one for one in a.json()["answers"]) for a in answers)


async def one_recalculation(base: str, trusted: ssl.SSLContext) -> list[tuple[str, str]]:
    """500 distinct cells, against the maths alone."""
    over = []
    async with client(base, trusted) as caller:
        await recalculated(caller, [cell(n) for n in range(20)])
        for turn in range(5):
            calls = [cell(10_000 * (turn + 1) + n) for n in range(500)]
            began = time.perf_counter()
            errors = await recalculated(caller, calls)
            taken = time.perf_counter() - began
            assert not errors
            began = time.perf_counter()
            call_many([(one["function"], one["arguments"]) for one in calls])
            over.append((taken, taken - (time.perf_counter() - began)))
    shown = [f"{1000 * statistics.median(values):.0f} ms" for values in zip(*over, strict=True)]
    return [("500 distinct cells in 2 requests", shown[0]), ("... beyond the maths alone", shown[1])]


async def load(
    base: str, trusted: ssl.SSLContext, seconds: float, command: bytes | None
) -> tuple[list[float], int, int]:
    """Recalculate with many clients; times of each recalculation [s], errors, and commands done beside them."""
    times: list[float] = []
    errors = done = 0
    ends = time.monotonic() + seconds

    async def sheet(number: int) -> None:
        nonlocal errors
        numbers = random.Random(number)  # noqa: S311 (numbers of a sheet)
        async with client(base, trusted) as caller:
            while time.monotonic() < ends:
                calls = [cell(n) for n in range(CELLS // 2)] + [cell(numbers.random() * 1e6) for _ in range(CELLS // 2)]
                began = time.perf_counter()
                errors += await recalculated(caller, calls)
                times.append(time.perf_counter() - began)
                await asyncio.sleep(1.0)  # somebody types

    async def beside() -> None:
        nonlocal done
        async with client(base, trusted) as caller:
            while time.monotonic() < ends and command is not None:
                job = (await caller.post("/api/commands/demand_planning", content=command, headers=_JSON)).json()["job"]
                while time.monotonic() < ends:
                    told = (await caller.get(f"/api/jobs/{job}")).json()
                    if told["state"] in ("done", "failed"):
                        done += told["state"] == "done"
                        break
                    await asyncio.sleep(0.5)
                await caller.delete(f"/api/jobs/{job}")

    await asyncio.gather(*(sheet(number) for number in range(CLIENTS)), beside())
    return times, errors, done


_JSON = {"Content-Type": "application/json"}


def sent(path: Path) -> dict[str, Any]:
    """The tables of a workbook as a host sends them."""
    known = {table.excel_name for table in TABLES.values()}
    found = {}
    for sheet in openpyxl.load_workbook(path, data_only=True):
        for table in sheet.tables.values():
            if table.name in known:
                rows = [[_plain(one.value) for one in row] for row in sheet[table.ref]]
                found[table.name] = {"sheet": sheet.title, "header": list(map(str, rows[0])), "rows": rows[1:]}
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_excel(value)
    return {"error": value} if isinstance(value, str) and re.fullmatch(r"#[A-Z/0]+[!?]?", value) else value


async def one_command(base: str, trusted: ssl.SSLContext, name: str, body: bytes) -> list[tuple[str, str]]:
    """A command over the server, against the same in this process; medians of three."""
    over, alone = [], []
    async with client(base, trusted) as caller:
        for _ in range(3):
            began = time.perf_counter()
            job = (await caller.post(f"/api/commands/{name}", content=body, headers=_JSON)).json()["job"]
            while (told := (await caller.get(f"/api/jobs/{job}")).json())["state"] in ("waiting", "running"):
                await asyncio.sleep(0.05)
            over.append(time.perf_counter() - began)
            assert told["state"] == "done", told
            book = json.loads(body)
            began = time.perf_counter()
            COMMANDS[name].run(SentBook(book["book"], book["tables"]), lambda _doing, _share: None)
            alone.append(time.perf_counter() - began)
    took = statistics.median(over)
    return [
        (f"`{name}` on the demo workbook ({len(body) / 1e6:.1f} MB of tables)", f"{took:.2f} s"),
        ("... beyond the same in one process", f"{took - statistics.median(alone):.2f} s"),
    ]


def quantiles(times: list[float]) -> str:
    """Median and 95th percentile in words."""
    ranked = statistics.quantiles(times, n=20)
    return f"median {1000 * ranked[9]:.0f} ms, 95 % within {1000 * ranked[18]:.0f} ms"


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seconds", type=float, default=60.0, help="how long each load lasts (default: 60)")
    words.add_argument("--workers", type=int, default=2, help="processes that calculate cells (default: 2)")
    words.add_argument("--book", type=Path, help="a planned workbook (default: the demo is built)")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        book = given.book
        if book is None:
            subprocess.run([sys.executable, "-m", "sop_xl", "demo", "--out", str(folder), "-q"], check=True)
            book = folder / "SOP_demo.xlsx"
        body = json.dumps({"book": book.name, "tables": sent(book)}).encode()
        lines: list[tuple[str, str]] = []
        with served(folder, given.workers) as (base, trusted):
            time.sleep(10)  # as between opening Excel and the first click
            lines += asyncio.run(one_recalculation(base, trusted))
            lines += asyncio.run(one_command(base, trusted, "status", body))
            for title, command in (("cells alone", None), ("with Demand Planning of the demo beside them", body)):
                times, errors, done = asyncio.run(load(base, trusted, given.seconds, command))
                asked = len(times) * CELLS
                beside = f"; {done} commands done" if command else ""
                told = f"{quantiles(times)}; {asked:,} cells, {errors} errors{beside}"
                lines.append((f"{CLIENTS} clients x {CELLS} cells for {given.seconds:.0f} s, {title}", told))
    print(f"{described(PACKAGES)}\n\n| what | measured |\n|---|---|")
    print("\n".join(f"| {what} | {value} |" for what, value in lines))


if __name__ == "__main__":
    main()
