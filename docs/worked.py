"""The demo as a month of work leaves it, as the guide shows it.

    python docs/worked.py SOP_demo.xlsx                    actions, decisions, questions, a rehearsal
    python docs/pictures.py SOP_demo.xlsx --out docs/pictures/worked
    python docs/worked.py SOP_demo.xlsx --next             the next cycle
    python docs/pictures.py SOP_demo.xlsx --out docs/pictures/second-cycle

Works on a copy of the demo (`sop-xl demo`), given as the argument.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pandas as pd

from sop_xl.cycle.explain_number.answer import explain_sheet
from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.replay import replay_book
from sop_xl.cycle.run import run
from sop_xl.cycle.sign import roll_book
from sop_xl.workbook.book import open_book
from sop_xl.workbook.tables import TABLES

NOW, NEXT = datetime(2020, 3, 17, 15), datetime(2020, 4, 3, 9)
DAYS = ("due", "date", "review", "effective")
ROWS: dict[str, list[dict[str, object]]] = {
    "actions": [
        {"action": "A-1", "says": "Ask Green Lake for 153 bike racks by air", "owner": "Purchasing manager",
         "due": "2020-03-09", "status": "closed", "about": "Bike Racks 2020-03", "raised": "2020-03",
         "outcome": "Confirmed for 30 March"},
        {"action": "A-2", "says": "Second shift in Subassembly for June and July", "owner": "VP Operations",
         "due": "2020-03-31", "status": "in work", "about": "Load above 100 % in 2020-07", "raised": "2020-03"},
        {"action": "A-3", "says": "Why do Road Bikes stay below budget?", "owner": "Head of sales",
         "due": "2020-03-27", "status": "open", "about": "Gap to budget", "raised": "2020-03"},
    ],
    "decisions": [
        {"decision": "D-1", "date": "2020-03-17", "issue": "Bike Racks short 127 units in March",
         "options": "expedite, buy in, deliver late", "decided": "Expedite 153 units of RA-H123",
         "who": "VP Operations", "effect": 91.0, "effective": "2020-03-18", "review": "2020-04-15",
         "status": "in work"},
        {"decision": "D-2", "date": "2020-03-17", "issue": "Subassembly beyond its hours in June and July",
         "options": "overtime, second shift, build ahead", "who": "General manager", "review": "2020-03-31",
         "status": "open"},
    ],
}  # fmt: skip
QUESTIONS = (
    "consensus item=BK-M68B-38 channel=Reseller region='United States' period=2020-05",
    "inventory_targets item=AR-5381 location=PLANT column=safety_stock",
)


def main(path: Path) -> None:
    """Type what a meeting types, rehearse, and have the questions answered."""
    book = open_book(path)
    frames = book.read().frames
    after = {name: shaped(TABLES[name], pd.DataFrame(rows).apply(_dates)) for name, rows in ROWS.items()}
    asked = frames["questions"].reset_index(drop=True)
    asked.loc[range(len(QUESTIONS)), "question"] = list(QUESTIONS)
    book.write(after | {"questions": asked})
    run(book, ("execution",), now=NOW)
    replay_book(book, 6)
    explain_sheet(book)


def next_cycle(path: Path) -> None:
    """Open the next cycle with the hours of a year before in its last month, and plan it."""
    book = open_book(path)
    roll_book(book, now=NEXT)
    frames = book.read().frames
    hours = frames["capacity"].reset_index(drop=True)
    last = hours[hours["period"].eq(hours["period"].max())]
    book.write({"capacity": pd.concat([hours, last.assign(period=last["period"] + pd.offsets.MonthBegin(1))])})
    sys.stdout.write("\n".join(run(book, now=NEXT).says.values()) + "\n")


def _dates(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column) if column.name in DAYS else column


if __name__ == "__main__":
    (next_cycle if "--next" in sys.argv else main)(Path(sys.argv[1]))
