"""Measurements anyone can repeat: one command each, with the machine and the versions in the output."""
