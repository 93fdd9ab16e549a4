"""Lot sizing with setup times on resources of limited hours, and through bills of materials, with a proven bound."""
