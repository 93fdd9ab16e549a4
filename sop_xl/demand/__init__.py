"""Demand: history, baseline forecast, human input and the agreed plan; frames in, new frames out."""
