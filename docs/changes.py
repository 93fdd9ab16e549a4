"""The demo with changes typed into it, as the guide to lifecycle and events shows them.

    python docs/changes.py SOP_demo.xlsx
    python docs/pictures.py SOP_demo.xlsx --out docs/pictures/changes --sheets Lifecycle LastBuy EventEffects

Types into a copy of the demo (`sop-xl demo`), given as the argument, what chapter "Lifecycle and events" describes, and
runs the first three steps of the reopened plan.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pandas as pd

from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.run import run
from sop_xl.cycle.sign import reopen_book
from sop_xl.workbook.book import open_book
from sop_xl.workbook.tables import TABLES

NOW = datetime(2020, 3, 3, 9)
OVERSTOCK = {
    "kind": "promotion", "channel": "Reseller", "start": "2018-07-02", "end": "2018-08-31", "note": "30 % off",
}  # fmt: skip
ROWS: dict[str, list[dict[str, object]]] = {
    "succession": [
        {"old": "BK-M18S-40", "new": "BK-M18B-40", "from": "2020-07-01", "share": 0.5, "note": "Black goes on"},
    ],
    "launches": [
        {"item": "GL-G104-M", "like_1": "GL-H102-M", "like_2": "GL-H102-L", "launch": "2020-06-15",
         "volume": 1200.0, "ramp": 0.8, "note": "A fifth dearer than half-finger gloves"},
    ],
    "channel_shifts": [
        {"shift": "Web first", "from_channel": "Reseller", "to_channel": "Internet", "share": 0.05,
         "first_period": "2020-09-01", "family": "Helmets", "note": "Dealers order less from the autumn on"},
    ],
}  # fmt: skip
RETURNS = {"Internet": 0.08}


def main(path: Path) -> None:
    """Type the changes and run."""
    book = open_book(path)
    frames = {name: frame.reset_index(drop=True) for name, frame in book.read().frames.items()}
    items, events = frames["items"], frames["events"]
    after = {name: shaped(TABLES[name], pd.DataFrame(rows).apply(_dates)) for name, rows in ROWS.items()}
    ending = items["description"].str.startswith("Mountain-500 Silver")
    new = items[items["item"].eq("GL-H102-M")].assign(item="GL-G104-M", description="Gel Gloves, M", launch=pd.NaT)
    items = items.assign(end=items["end"].mask(ending, pd.Timestamp("2020-07-31")))
    after["items"] = pd.concat([items, new], ignore_index=True)
    after["sources"] = _also(frames["sources"], "GL-H102-M", "GL-G104-M")
    overstock = items.loc[items["description"].str.startswith("Road-650"), ["item"]].assign(**OVERSTOCK).apply(_dates)
    overstock = overstock.assign(event="Road-650 Overstock: " + overstock["item"])
    after["events"] = pd.concat([events, shaped(TABLES["events"], overstock)], ignore_index=True)
    channels = frames["channels"]
    after["channels"] = channels.assign(returns_rate=channels["channel"].map(RETURNS))
    reopen_book(book, "changes of the guide", now=NOW)
    book.write(after)
    report = run(book, ("data_gathering", "demand_planning", "supply_planning"), now=NOW)
    sys.stdout.write("\n".join(report.says.values()) + "\n")


def _also(frame: pd.DataFrame, item: str, new: str) -> pd.DataFrame:
    """The rows of an item once more, for a new one."""
    return pd.concat([frame, frame[frame["item"].eq(item)].assign(item=new)], ignore_index=True)


def _dates(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column) if column.name in ("from", "launch", "first_period", "start", "end") else column


if __name__ == "__main__":
    main(Path(sys.argv[1]))
