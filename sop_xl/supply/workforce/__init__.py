"""Workforce planning: recruitment, retraining, redundancy, short time and overmanning by skill and period."""
