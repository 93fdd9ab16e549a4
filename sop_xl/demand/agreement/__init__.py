"""From baseline to agreed plan: overrides, inputs, consensus, orders that consume the forecast."""
