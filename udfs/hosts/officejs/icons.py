"""Icons drawn when asked for: a tile in the colour of the group with the letter of the button."""

from __future__ import annotations

import struct
import zlib

SIZES = (16, 32, 64, 80, 128, 192)
COLOURS = ("1F4E79", "2E75B6", "548235", "BF8F00", "7030A0", "C55A11", "595959")
"""Colours of the groups of the ribbon, in their order."""
PANE_COLOUR = "0B6A6A"
"""Colour of the add-in itself and of its task pane."""

_LETTERS = {
    "A": "01110 10001 10001 11111 10001 10001 10001", "B": "11110 10001 10001 11110 10001 10001 11110",
    "C": "01110 10001 10000 10000 10000 10001 01110", "D": "11110 10001 10001 10001 10001 10001 11110",
    "E": "11111 10000 10000 11110 10000 10000 11111", "F": "11111 10000 10000 11110 10000 10000 10000",
    "G": "01110 10001 10000 10111 10001 10001 01110", "H": "10001 10001 10001 11111 10001 10001 10001",
    "I": "01110 00100 00100 00100 00100 00100 01110", "J": "00111 00010 00010 00010 00010 10010 01100",
    "K": "10001 10010 10100 11000 10100 10010 10001", "L": "10000 10000 10000 10000 10000 10000 11111",
    "M": "10001 11011 10101 10101 10001 10001 10001", "N": "10001 11001 10101 10011 10001 10001 10001",
    "O": "01110 10001 10001 10001 10001 10001 01110", "P": "11110 10001 10001 11110 10000 10000 10000",
    "Q": "01110 10001 10001 10001 10101 10010 01101", "R": "11110 10001 10001 11110 10100 10010 10001",
    "S": "01111 10000 10000 01110 00001 00001 11110", "T": "11111 00100 00100 00100 00100 00100 00100",
    "U": "10001 10001 10001 10001 10001 10001 01110", "V": "10001 10001 10001 10001 10001 01010 00100",
    "W": "10001 10001 10001 10101 10101 11011 10001", "X": "10001 10001 01010 00100 01010 10001 10001",
    "Y": "10001 10001 01010 00100 00100 00100 00100", "Z": "11111 00001 00010 00100 01000 10000 11111",
}  # fmt: skip


def icon(letter: str, colour: str, size: int) -> bytes:
    r"""A PNG of a tile with a letter.

    Parameters
    ----------
    letter
        A letter; what is none leaves the tile plain.
    colour
        Its colour, as RRGGBB.
    size
        Its width and height [pixels].

    >>> icon("S", "1F4E79", 16)[:8]
    b'\x89PNG\r\n\x1a\n'

    """
    rows = _LETTERS.get(letter.upper(), "").split()
    ink, white = bytes.fromhex(colour) + b"\xff", b"\xff\xff\xff\xff"
    scale = size // 11 or 1
    left, top = (size - 5 * scale) // 2, (size - 7 * scale) // 2
    lines = []
    for y in range(size):
        line = bytearray(b"\0")
        for x in range(size):
            column, row = (x - left) // scale, (y - top) // scale
            is_letter = 0 <= row < len(rows) and 0 <= column < 5 and rows[row][column] == "1"
            line += white if is_letter else ink if _inside(x, y, size) else b"\0\0\0\0"
        lines.append(bytes(line))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _inside(x: int, y: int, size: int) -> bool:
    """Whether a point is within the tile with its round corners."""
    radius = size / 6
    across = max(radius - x - 0.5, x + 0.5 - (size - radius), 0)
    down = max(radius - y - 0.5, y + 0.5 - (size - radius), 0)
    return across**2 + down**2 <= radius**2


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
