"""Published planning problems, answered by the product's own functions and set beside the published digits."""
