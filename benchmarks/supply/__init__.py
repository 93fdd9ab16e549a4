"""How fast and how good the supply plan is, against the modelling layers a planner's team would use: `python -m benchmarks.supply`."""
