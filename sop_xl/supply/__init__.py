"""Supply planning: a constrained plan of what to make, buy and move, and why it falls short."""
