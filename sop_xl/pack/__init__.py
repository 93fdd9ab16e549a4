"""The pre-S&OP pack: the plan on ten to fifteen pages of PDF, and on one page for the executives."""
