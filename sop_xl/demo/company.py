"""Build the demo: a real company gathered, planned, signed and followed up on one workbook."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pandas as pd

from sop_xl import demo
from sop_xl.cycle import sign
from sop_xl.cycle.gather import gather
from sop_xl.cycle.grid import TOTAL
from sop_xl.cycle.run import run
from sop_xl.cycle.start import start
from sop_xl.demo import last_cycle
from sop_xl.errors import BookError
from sop_xl.terminal import columns
from sop_xl.workbook.book import open_book
from sop_xl.workbook.buffered import BufferedBook

T = TypeVar("T")
FILE = "SOP_demo.xlsx"
SIGNED_BY = {
    "VP Sales": "S. Example",
    "VP Operations": "O. Example",
    "CFO": "F. Example",
    "General manager": "G. Example",
}
"""The sign-off the demo plays, so that Execution has an approved plan to follow."""


@dataclass(frozen=True)
class Demo:
    """The demo's workbook, the summary to read, and the older workbook that was kept aside (or none)."""

    book: Path
    summary: str
    kept: Path | None


def build(folder: Path, *, progress: Callable[[str, float], None], now: datetime | None = None) -> Demo:
    """Plan Adventure Works Cycles into `folder`/SOP_demo.xlsx, through the doors a user's own data goes through."""
    began, now = time.monotonic(), now or datetime.now()

    def work(part: Path) -> Mapping[str, pd.DataFrame]:
        book = planned(part, _share(progress, 0.0, 0.85), now)
        progress("signing the plan", 0.86)
        sign.sign(book, SIGNED_BY, note="example sign-off of the demo", now=now)
        run(book, ("executive_sop", "execution"), now=now, progress=_share(progress, 0.9, 1.0))
        book.flush()
        return book.read().frames

    frames, kept = put(folder / FILE, work, now)
    return Demo(folder / FILE, summary(frames, time.monotonic() - began), kept)


def put(path: Path, work: Callable[[Path], T], now: datetime) -> tuple[T, Path | None]:
    """Make a workbook in one step: what the work gave, and where a workbook that stood there is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    part.unlink(missing_ok=True)
    try:
        given = work(part)
        kept = _aside(path, now)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return given, kept


def planned(path: Path, progress: Callable[[str, float], None], now: datetime) -> BufferedBook:
    """A new workbook with the company's data and its plan, the latter still to be written with `flush`."""
    progress("building the workbook", 0.02)
    start(path, demo.SETTINGS)
    gather(open_book(path), demo.folder(), now=now, progress=_share(progress, 0.05, 0.25))
    book = BufferedBook(open_book(path))
    last_cycle.play(book, now)
    run(book, now=now, progress=_share(progress, 0.25, 1.0))
    return book


def summary(frames: Mapping[str, pd.DataFrame], seconds: float) -> str:
    """What the plan says, in a dozen lines for a terminal."""
    card = frames["scorecard"].set_index("kpi")
    money = frames["financials"]
    total = money[money["family"].eq(TOTAL)].groupby("measure")["money"].sum()
    checks, gaps = frames["checks"], frames["gaps"]
    names = frames["scenario_kpis"].pivot_table(index="scenario", columns="kpi", values="value", sort=False)
    found = checks.groupby("severity")["found"].sum()
    rows = [
        [str(kpi), _shown(row["value"], row["unit"]), _target(row), str(row["status"])]
        for kpi, row in card.iterrows()
        if kpi != "Data issues open"
    ]
    parts = [
        f"{money['period'].nunique()} months planned in {seconds:.0f} s",
        columns([["", "plan", "target", ""], *rows], right=(1, 2)),
        f"revenue {total['revenue']:,.0f}, gap to budget {total.get('gap', 0.0):+,.0f}",
        f"data: {len(checks)} checks, " + ", ".join(f"{n:,.0f} {s}" for s, n in found.items() if n),
        "scenarios (service, cost, margin):",
        columns(
            [
                [str(name), f"{k['Service level']:.1%}", f"{k['Total cost']:,.0f}", f"{k['Margin']:,.0f}"]
                for name, k in names.iterrows()
            ],
            right=(1, 2, 3),
        ),
        f"gaps: {len(gaps)}" + ("; the largest:" if len(gaps) else ""),
        *(f"  {says}" for says in gaps["says"].head(3)),
        *(f"{row.step}: {row.says}" for row in frames["steps"].tail(1).itertuples()),
    ]
    return "\n".join(parts)


def _shown(value: float, unit: str) -> str:
    return f"{value:.1%}" if unit == "share" else f"{value:,.0f} {unit}"


def _target(row: pd.Series) -> str:
    return "" if pd.isna(row["target"]) else _shown(row["target"], row["unit"])


def _aside(path: Path, now: datetime) -> Path | None:
    """Keep a workbook that stands where the demo goes: someone may have worked in it."""
    if not path.exists():
        return None
    kept = path.with_name(f"{path.stem} before {now:%Y-%m-%d %H%M%S}{path.suffix}")
    try:
        path.rename(kept)
    except OSError as error:
        raise BookError(f"{path} stands there and cannot be moved aside ({error.strerror}); close it first") from error
    return kept


def _share(progress: Callable[[str, float], None], first: float, last: float) -> Callable[[str, float], None]:
    return lambda doing, share: progress(doing, first + share * (last - first))
