"""Demand history made fit to forecast: gaps, outliers, level shifts, stock-outs, as rows beside the raw figures."""
