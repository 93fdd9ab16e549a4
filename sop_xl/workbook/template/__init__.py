"""The workbook a person opens: made from the catalogue, with review pages of native formulas and charts."""
