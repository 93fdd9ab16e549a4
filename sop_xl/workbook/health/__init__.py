"""The health of a planning workbook: what is broken against its template, found and mended line by line."""
