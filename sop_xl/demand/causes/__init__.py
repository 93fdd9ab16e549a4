"""Known causes of demand: price, promotions, events."""
