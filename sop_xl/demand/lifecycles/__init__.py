"""The life of an item: launch, succession, phase-out and last buy."""
