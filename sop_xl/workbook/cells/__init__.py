"""From cells to typed frames: headings, kinds, issues, and periods across."""
