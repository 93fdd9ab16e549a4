"""The workbook: its tables, the checks of its cells, its books (file, folder, live) and its template."""
