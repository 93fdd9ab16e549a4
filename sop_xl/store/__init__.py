"""Store: where data comes from."""
