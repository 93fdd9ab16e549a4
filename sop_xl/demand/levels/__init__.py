"""Totals and their parts: scopes, disaggregation, reconciliation, whole units that add up."""
