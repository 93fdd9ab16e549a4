"""Distributions of demand: quantiles of a period and of a lead time."""
