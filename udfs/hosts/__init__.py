"""The hosts of the functions and commands: each calls a function with cells and runs a command with tables."""
