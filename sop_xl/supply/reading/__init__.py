"""From the tables of the workbook to a checked supply network."""
