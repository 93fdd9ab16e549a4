"""Explain this number: where the value of a cell of any table comes from."""
