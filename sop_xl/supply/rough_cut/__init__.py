"""Rough-cut capacity planning: by overall factors, by capacity bills, by resource profiles; load and overloads."""
