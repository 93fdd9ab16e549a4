"""A plan as a programme: prices, variables, constraints, and what the solution says."""
