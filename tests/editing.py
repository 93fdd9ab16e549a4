"""Edit a workbook as a careless person would: openpyxl is good enough for a file of our own."""

import openpyxl
from openpyxl.utils import range_boundaries

from sop_xl.workbook.tables import TABLES


def table_range(sheet, name):
    """First row, first column, last row, last column of a table."""
    left, top, right, bottom = range_boundaries(sheet.tables[f"tbl_{name}"].ref)
    return top, left, bottom, right


def set_cell(path, table, column, row, value, number_format=None):
    """Put a value into a row (0 is the first) of a column (its label, or a month) of a table; its row on the sheet."""
    book = openpyxl.load_workbook(path)
    sheet = book[TABLES[table].sheet]
    top, left, _, right = table_range(sheet, table)
    heads = [sheet.cell(top, j).value for j in range(left, right + 1)]
    cell = sheet.cell(top + 1 + row, left + heads.index(column))
    cell.value = value
    if number_format:
        cell.number_format = number_format
    book.save(path)
    return cell.row


def rename_column(path, table, column, new):
    """Rename a column of a table, heading and table part alike."""
    book = openpyxl.load_workbook(path)
    sheet = book[TABLES[table].sheet]
    top, left, _, right = table_range(sheet, table)
    for n, j in enumerate(range(left, right + 1)):
        if sheet.cell(top, j).value == column:
            sheet.cell(top, j).value = new
            sheet.tables[f"tbl_{table}"].tableColumns[n].name = new
    book.save(path)


def drop_column(path, table, column):
    """Take the last column out of a table by making the table narrower."""
    book = openpyxl.load_workbook(path)
    sheet = book[TABLES[table].sheet]
    top, left, bottom, right = table_range(sheet, table)
    heads = [sheet.cell(top, j).value for j in range(left, right + 1)]
    at = heads.index(column)
    assert at == len(heads) - 1, "only the last column"
    made = sheet.tables[f"tbl_{table}"]
    made.tableColumns.pop()
    letter = openpyxl.utils.get_column_letter(right - 1)
    made.ref = f"{openpyxl.utils.get_column_letter(left)}{top}:{letter}{bottom}"
    if made.autoFilter:
        made.autoFilter.ref = made.ref
    for i in range(top, bottom + 1):
        sheet.cell(i, right).value = None
    book.save(path)


def drop_table(path, table):
    """Turn a table into plain cells."""
    book = openpyxl.load_workbook(path)
    del book[TABLES[table].sheet].tables[f"tbl_{table}"]
    book.save(path)
