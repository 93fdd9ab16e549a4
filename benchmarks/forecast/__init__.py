"""How good and how fast the forecast is, against what a planner would use instead: `python -m benchmarks.forecast`."""
