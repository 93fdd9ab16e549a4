"""Files on a disk: written whole or not at all, locked while in use, and not trusted."""
