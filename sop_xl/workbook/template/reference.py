"""The reference of the workbook: every sheet, table and column, generated from the catalogue."""

from __future__ import annotations

from pathlib import Path

from sop_xl.workbook.schema import Column, Group, Kind, Role, Table
from sop_xl.workbook.tables import SETTINGS, TABLES
from sop_xl.workbook.template.layout import COVER, sheets_by_group, title, who
from sop_xl.workbook.template.pages import PAGES

_KINDS = {
    Kind.CODE: "code (text)",
    Kind.TEXT: "text",
    Kind.NUMBER: "number",
    Kind.INTEGER: "whole number",
    Kind.MONEY: "money",
    Kind.SHARE: "share",
    Kind.DATE: "date",
    Kind.PERIOD: "month",
    Kind.MOMENT: "date and time",
    Kind.FLAG: "TRUE or FALSE",
}
_HEAD = """# The workbook, sheet by sheet

Generated from the catalogue of tables by `python -m sop_xl.workbook.template.reference`; do not edit by hand.

A table is found by its name (`tbl_items`), never by its place: sheets may be moved, and columns of your own may be
added to the right of a table. Columns are found by their heading. *Key* columns together name a row. Months stand as
columns headed `2020-03`. Blank means unknown; 0 means none.
"""


def reference() -> str:
    """The reference page, in Markdown."""
    by_group = sheets_by_group([(page.group, page.sheet) for page in PAGES])
    parts = [_HEAD, _contents(by_group)]
    for group, sheets in by_group.items():
        parts.append(f"## {group.value}\n")
        parts += [_sheet(sheet) for sheet in sheets]
    parts.append(_settings())
    return "\n".join(parts)


def write_reference(path: Path) -> None:
    """Write the reference page to a file."""
    path.write_text(reference(), encoding="utf-8")


def _contents(by_group: dict[Group, list[str]]) -> str:
    lines = ["| Step | Sheets |", "|---|---|"]
    for group, sheets in by_group.items():
        links = ", ".join(f"[{sheet}](#{sheet.lower()})" for sheet in sheets)
        lines.append(f"| {group.value} | {links} |")
    return "\n".join([*lines, ""])


def _sheet(sheet: str) -> str:
    lines = [f"### {sheet}\n"]
    pages = [page.says for page in PAGES if page.sheet == sheet]
    lines += [f"{says} A page of formulas and charts; nothing is typed here but its drop-downs.\n" for says in pages]
    if sheet == COVER:
        lines.append("Company, cycle, state of the steps, checks, what expires, colours, and a map of all sheets.\n")
    lines += [_table(table) for table in TABLES.values() if table.sheet == sheet]
    return "\n".join(lines)


def _table(table: Table) -> str:
    lines = [f"**{title(table.name)}** (`{table.excel_name}`): {table.says} {who(table)}.\n"]
    lines += ["| Column | Kind | Unit | Written by | Meaning |", "|---|---|---|---|---|"]
    lines += [_row(table, column, column.label) for column in table.columns]
    if table.across is not None:
        lines.append(_row(table, table.across, "`2020-03`, `2020-04` ..."))
    return "\n".join([*lines, ""])


def _row(table: Table, column: Column, label: str) -> str:
    meaning = [column.says]
    if column.choices and column.says != ", ".join(column.choices):
        meaning.append("One of: " + ", ".join(f"`{choice}`" for choice in column.choices))
    if column.refers:
        meaning.append(f"From the list `{column.refers}`")
    if column.low is not None or column.high is not None:
        meaning.append(_bounds(column))
    if column.required:
        meaning.append("Required")
    unit = column.unit.replace("{currency}", "currency")
    name = f"*{label}*" if column.role is Role.KEY else label
    cells = (name, _KINDS[column.kind], unit, _writer(table, column), ". ".join(meaning))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _bounds(column: Column) -> str:
    if column.high is None:
        return f"At least {column.low:g}"
    return f"At most {column.high:g}" if column.low is None else f"From {column.low:g} to {column.high:g}"


def _writer(table: Table, column: Column) -> str:
    match column.role:
        case Role.RESULT:
            return "a run"
        case Role.CALCULATED:
            return "the sheet"
        case Role.KEY if "You fill" not in who(table):
            return "a run"
        case _:
            return "you"


def _settings() -> str:
    lines = [
        "## Settings (sheet Control)\n",
        "| Setting | Starts as | Unit | Bounds | Meaning |",
        "|---|---|---|---|---|",
    ]
    for s in SETTINGS:
        bounds = " or ".join(s.choices) or (
            f"{s.low:g} to {s.high:g}" if s.low is not None and s.high is not None else ""
        )
        lines.append(f"| `{s.name}` | {s.default} | {s.unit} | {bounds} | {s.says} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    write_reference(Path("workbooks/README.md"))
