"""The workings of the S&OP grid's page: the rows of the family from the grid, and those of one item from its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from sop_xl import periods
from sop_xl.workbook.schema import Frames
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, excel, month_column, one, value_in_month
from sop_xl.workbook.template.pages.parts import FIRST_MONTH, WINDOW, Cells, Values
from sop_xl.workbook.template.pages.values import NA, Value, chosen, number_or_na, setting, shown
from sop_xl.workbook.template.styles import WORDS
from sop_xl.workbook.twin import Twin

FAMILY, SHOW, ITEM = "pick_grid_family", "pick_grid_show", "pick_grid_item"
MONEY_WORD = "money"
CHOSEN, AT_PRICE, AT_COST, UNIT, SUFFIX = (
    "grid_item", "grid_at_price", "grid_at_cost", "grid_unit", "grid_value_blocks",
)  # fmt: skip
PRICE, COST = "grid_list_price", "grid_standard_cost"

BASE: dict[str, tuple[str, str, bool]] = {
    "history": ("history", "demand", True),
    "since": ("actual", "demand", True),
    "last year": ("last year", "demand", True),
    "budget": ("budget", "demand", True),
    "last plan": ("last plan", "demand", True),
    "statistical": ("statistical", "demand", True),
    "consensus": ("consensus", "demand", True),
    "open orders": ("open orders", "demand", True),
    "net forecast": ("net forecast", "demand", True),
    "production": ("production", "supply", True),
    "purchases": ("purchases", "supply", True),
    "used in assembly": ("used in assembly", "supply", True),
    "transfers in": ("transfers in", "supply", True),
    "supply last plan": ("last plan", "supply", True),
    "made": ("actual", "supply", True),
    "delivered": ("delivered", "supply", True),
    "capacity": ("capacity", "supply", False),
    "overtime used": ("overtime used", "supply", False),
    "highest load": ("highest load", "supply", False),
    "opening": ("opening", "inventory", True),
    "receipts": ("receipts", "inventory", True),
    "shipments": ("shipments", "inventory", True),
    "closing": ("closing", "inventory", True),
    "target": ("target", "inventory", True),
    "stock last plan": ("last plan", "inventory", True),
    "counted": ("actual", "inventory", True),
    "excess": ("excess", "inventory", True),
    "owed before": ("opening", "backlog", True),
    "lost": ("lost", "backlog", True),
    "late": ("late", "backlog", True),
    "revenue": ("revenue", "money", False),
    "budget revenue": ("budget revenue", "money", False),
    "cost": ("cost", "money", False),
    "stock value": ("stock value", "inventory", False),
}
"""The rows of the grid the page reads: name, measure, block, and whether the block is read in units or in money."""


@dataclass(frozen=True)
class FromTable:
    """A row of one item: the sum of its rows in a table laid across that hold these words; `back` is months earlier."""

    table: str
    where: tuple[tuple[str, str], ...] = ()
    more: tuple[tuple[str, str], ...] = ()
    """Other words whose rows are added."""
    back: int = 0


def _receipts(*kinds: str) -> FromTable:
    return FromTable("supply_plan", (("measure", "receipt"), *(("kind", kind) for kind in kinds)))


def _balance(measure: str, *more: str) -> FromTable:
    return FromTable("projected_balance", (("measure", measure),), tuple(("measure", m) for m in more))


OF_ITEM: dict[str, FromTable] = {
    "history": FromTable("demand_history"),
    "since": FromTable("actual_demand"),
    "last year": FromTable("demand_history", back=12),
    "statistical": FromTable("baseline", (("measure", "forecast"),)),
    "consensus": FromTable("consensus"),
    "production": _receipts("make"),
    "purchases": _receipts("<>make", "<>transfer", "<>substitute"),
    "transfers in": _receipts("<>make", "<>buy", "<>subcontract"),
    "made": FromTable("actual_production"),
    "delivered": _balance("shipped"),
    "opening": _balance("opening"),
    "receipts": _balance("receipts"),
    "shipments": _balance("shipped", "issues"),
    "closing": _balance("closing"),
    "target": _balance("target"),
    "wanted": _balance("demand"),
    "lost": _balance("lost"),
    "late": _balance("late"),
}
"""The rows the page reads of one item, by the name of the row of its family; always in units."""

TABLES_READ = ("sop_grid", "items", "control", *sorted({row.table for row in OF_ITEM.values()}))
CELLS_READ = (*WINDOW, FAMILY, SHOW, ITEM)


def in_money(cells: Cells) -> bool:
    """Whether the page is read in money."""
    return str(cells[SHOW]).casefold() == MONEY_WORD


def chosen_item(frames: Frames, cells: Cells) -> str:
    """The item the page is about; blank is the whole family, and so is an item of another family."""
    item, family = str(cells[ITEM] or ""), str(cells[FAMILY]).casefold()
    if not item:
        return ""
    mine = _master(frames, item)
    known = len(mine) and (family == "total" or mine["family"].str.casefold().eq(family).any())
    return item if known else ""


def _master(frames: Frames, item: str) -> pd.DataFrame:
    return _rows_of(frames["items"], item)


def price(frames: Frames, cells: Cells, column: str) -> float:
    """List price or standard cost of the item chosen; 0 without one."""
    item = chosen_item(frames, cells)
    return float(_master(frames, item)[column].sum()) if item else 0.0


def family_rows(frames: Frames, cells: Cells) -> dict[str, list[Value]]:
    """The rows of the family over the months shown."""
    grid = frames["sop_grid"]
    mine = grid.loc[chosen(grid, {"family": str(cells[FAMILY])})]
    found = mine.groupby(["block", "measure", "period"])["value"].mean().to_dict()
    suffix, days = " value" if in_money(cells) else "", shown(frames, cells)
    return {
        name: [number_or_na(found.get((block + suffix * switched, measure, day))) for day in days]
        for name, (measure, block, switched) in BASE.items()
    }


def item_rows(frames: Frames, cells: Cells) -> dict[str, list[Value]]:
    """The rows of the item over the months shown [units]; nothing where no item is chosen."""
    item, days = chosen_item(frames, cells), shown(frames, cells)
    if not item:
        return {name: [NA] * len(days) for name in OF_ITEM}
    mine = {table: _rows_of(frames[table], item) for table in {row.table for row in OF_ITEM.values()}}
    return {name: _of_item(mine[row.table], row, days) for name, row in OF_ITEM.items()}


def _rows_of(frame: pd.DataFrame, item: str) -> pd.DataFrame:
    """The rows of an item; as in Excel, case does not matter."""
    mine = frame.loc[frame["item"].eq(item)]
    return mine if len(mine) else frame.loc[frame["item"].str.casefold().eq(item.casefold())]


def _of_item(frame: pd.DataFrame, row: FromTable, days: Sequence[pd.Timestamp]) -> list[Value]:
    across = TABLES[row.table].across
    parts = [_meets(frame, words) for words in ((row.where, row.more) if row.more else (row.where,))]
    sums = pd.concat(parts).groupby("period")[across.name if across else "quantity"].sum().to_dict()
    return [number_or_na(sums.get(day - pd.DateOffset(months=row.back))) for day in days]


def _meets(frame: pd.DataFrame, words: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    for column, word in words:
        same = frame[column].str.casefold().eq(word.removeprefix("<>"))
        frame = frame.loc[~same if word.startswith("<>") else same]
    return frame


def family_blocks(first: int, labels: int) -> tuple[Block, Block]:
    """The rows of the family below `first`: the name of the block beside each, and its values under `labels`."""

    def words(_: Window) -> Grid:
        return [[f'="{block}"&{SUFFIX}' if switched else f'="{block}"'] for _, block, switched in BASE.values()]

    def said(_: Frames, cells: Cells) -> Values:
        suffix = " value" if in_money(cells) else ""
        return [[block + suffix * switched] for _, block, switched in BASE.values()]

    def formulas(window: Window) -> Grid:
        return [
            [
                value_in_month(
                    "sop_grid",
                    cell(labels, column, "r"),
                    {"Family": FAMILY, "Block": cell(first + k, 2, "c"), "Measure": cell(first + k, 1, "c")},
                )
                for column in columns(window)
            ]
            for k in range(len(BASE))
        ]

    def values(frames: Frames, cells: Cells) -> Values:
        return list(family_rows(frames, cells).values())

    twin = Twin(("sop_grid", "control"), (*WINDOW, FAMILY, SHOW), values)
    numbers = tuple("#,##0.00" if "load" in name else "#,##0" for name in BASE)
    return (
        Block("grid_family_blocks", first, 2, words, Twin((), (SHOW,), said), (WORDS,)),
        Block("grid_family_numbers", first, FIRST_MONTH, formulas, twin, numbers),
    )


def columns(window: Window) -> range:
    """The columns of the months."""
    return range(FIRST_MONTH, FIRST_MONTH + window.past + window.months)


def item_block(first: int, labels: int, a_year_before: int) -> Block:
    """The rows of the item below `first`; `a_year_before` is the row of the months twelve months earlier."""

    def formulas(window: Window) -> Grid:
        return [
            [_item_formula(row, cell(a_year_before if row.back else labels, c, "r")) for c in columns(window)]
            for row in OF_ITEM.values()
        ]

    def values(frames: Frames, cells: Cells) -> Values:
        return list(item_rows(frames, cells).values())

    return Block("grid_item_numbers", first, FIRST_MONTH, formulas, Twin(TABLES_READ[1:], CELLS_READ, values))


def _item_formula(row: FromTable, label: str) -> str:
    numbers = month_column(row.table, label)
    names = {c.name: c.label for c in TABLES[row.table].frame_columns}
    item = f"{excel(row.table, names['item'])},{CHOSEN}"

    def criteria(words: tuple[tuple[str, str], ...]) -> str:
        return "".join(f',{excel(row.table, names[column])},"{word}"' for column, word in words)

    count = f'COUNTIFS({numbers},"<9E+307",{item}{criteria(row.where)})'
    found = "+".join(
        f"SUMIFS({numbers},{item}{criteria(words)})" for words in ((row.where, row.more) if row.more else (row.where,))
    )
    return f'=IF({CHOSEN}="",NA(),IF({count}=0,NA(),{found}))'


def year_before_block(row: int, dates: int) -> Block:
    """The months twelve months before those shown, as the headings of the tables write them."""

    def formulas(window: Window) -> Grid:
        days = (cell(dates, c) for c in columns(window))
        return [[f'=(YEAR({day})-1)&"-"&RIGHT("0"&MONTH({day}),2)' for day in days]]

    def value(frames: Frames, cells: Cells) -> Values:
        return [[periods.label(day - pd.DateOffset(months=12)) for day in shown(frames, cells)]]

    return Block("grid_year_before", row, FIRST_MONTH, formulas, Twin(("control",), WINDOW, value), (WORDS,))


def choice_blocks(row: int) -> tuple[Block, ...]:
    """The cells that follow from the drop-downs: item, units, prices; one below the other in column D."""
    reads = ("items",)
    picks = (FAMILY, ITEM)
    known = (
        f'IF({FAMILY}="Total",COUNTIFS(tbl_items[Item],{ITEM}),'
        f"COUNTIFS(tbl_items[Item],{ITEM},tbl_items[Family],{FAMILY}))"
    )
    listed, cost = (f'=IF({CHOSEN}="",0,SUMIFS(tbl_items[{c}],tbl_items[Item],{CHOSEN}))'
                    for c in ("List price", "Standard cost"))  # fmt: skip
    made = (
        (CHOSEN, f'=IF({ITEM}="","",IF({known}=0,"",{ITEM}))', chosen_item, reads, picks),
        (UNIT, f'=IF({SHOW}="{MONEY_WORD}",set_currency,"units")',
         lambda f, c: setting(f, "currency") if in_money(c) else "units", ("control",), (SHOW,)),
        (SUFFIX, f'=IF({SHOW}="{MONEY_WORD}"," value","")',
         lambda _, c: " value" if in_money(c) else "", (), (SHOW,)),
        (PRICE, listed, lambda f, c: price(f, c, "list_price"), reads, picks),
        (COST, cost, lambda f, c: price(f, c, "standard_cost"), reads, picks),
        (AT_PRICE, f'=IF({SHOW}="{MONEY_WORD}",{PRICE},1)',
         lambda f, c: price(f, c, "list_price") if in_money(c) else 1.0, reads, (*picks, SHOW)),
        (AT_COST, f'=IF({SHOW}="{MONEY_WORD}",{COST},1)',
         lambda f, c: price(f, c, "standard_cost") if in_money(c) else 1.0, reads, (*picks, SHOW)),
    )  # fmt: skip
    return tuple(
        one(name, (row + k, 3), formula, value, tables, cells, number="General")
        for k, (name, formula, value, tables, cells) in enumerate(made)
    )


CHOICES = ("item", "unit", "blocks end with", "list price", "standard cost", "times, demand", "times, stock")
"""What stands beside the cells of `choice_blocks`."""
