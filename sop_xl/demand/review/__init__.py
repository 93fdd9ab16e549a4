"""Was it worth it: accuracy, frozen plans, value added, decisions, anomalies."""
