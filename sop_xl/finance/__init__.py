"""Finance: the plan in money, and the bridge from budget to plan."""
