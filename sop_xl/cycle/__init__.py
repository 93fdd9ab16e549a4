"""The six steps of the cycle as pure functions of frames, and what runs them on a book."""
