"""The letters of the pack: Helvetica where it has every letter of a text, else a font of the machine that has them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts/Supplemental",
    "C:/Windows/Fonts",
)
_FILES = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("Arial Unicode.ttf", "Arial Unicode.ttf"),
)


def face(words: str, bold: bool = False) -> tuple[str, str]:
    """The font that shows a text, and the text as that font can show it.

    >>> face("Größe 40–42 €")
    ('Helvetica', 'Größe 40–42 €')
    """
    plain = BOLD if bold else REGULAR
    if _western(words):
        return plain, words
    for regular, strong in _found():
        name = strong if bold else regular
        if _has(name, words):
            return name, words
    return plain, words.encode("cp1252", "replace").decode("cp1252")


def width(words: str, size: float, bold: bool = False) -> float:
    """How wide a text is [points]."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    font, shown = face(words, bold)
    return float(stringWidth(shown, font, size))


def lines(words: str, size: float, room: float, bold: bool = False, most: int = 0) -> list[str]:
    """A text broken into lines of a width [points]; a word too long is broken, more than `most` lines end in `…`.

    >>> lines("Mountain Bikes make three quarters", 10, 90)
    ['Mountain Bikes', 'make three quarters']
    >>> lines("Mountain Bikes make three quarters", 10, 90, most=1)
    ['Mountain Bikes…']
    """
    made: list[str] = []
    for paragraph in str(words).splitlines() or [""]:
        made += _broken(paragraph.split(), size, room, bold)
    if most and len(made) > most:
        last = made[most - 1]
        while last and width(last + "…", size, bold) > room:
            last = last[:-1]
        made = [*made[: most - 1], last.rstrip() + "…"]
    return made


def squeezed(words: str, size: float, room: float, bold: bool = False) -> str:
    """A name on one line of a width [points]; one too long loses its middle, for names often differ at their end.

    >>> squeezed("Bicycles with electric assistance, series 07", 9, 110)
    'Bicycles with el… series 07'
    """
    if width(words, size, bold) <= room:
        return words
    for kept in range(len(words) - 1, 1, -1):
        tail = kept * 2 // 5
        shorter = f"{words[: kept - tail]}…{words[len(words) - tail :] if tail else ''}"
        if width(shorter, size, bold) <= room:
            return shorter
    return words[:1]


def _broken(words: list[str], size: float, room: float, bold: bool) -> list[str]:
    made, line = [], ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if width(longer, size, bold) <= room:
            line = longer
            continue
        if line:
            made.append(line)
        line = word
        while len(line) > 1 and width(line, size, bold) > room:
            fits = next((n for n in range(len(line) - 1, 1, -1) if width(line[:n], size, bold) <= room), 1)
            made.append(line[:fits])
            line = line[fits:]
    return [*made, line] if line or not made else made


def _western(words: str) -> bool:
    try:
        words.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _found() -> tuple[tuple[str, str], ...]:
    """The fonts of this machine that may be needed, regular and bold, registered by name."""
    at: dict[str, Path] = {}
    wanted = {name for pair in _FILES for name in pair}
    for folder in _FOLDERS:
        for path in sorted(Path(folder).rglob("*.[tT][tT][fF]")) if Path(folder).is_dir() else ():
            if path.name in wanted:
                at.setdefault(path.name, path)
    there = [pair for pair in _FILES if all(name in at for name in pair)]
    return tuple((_registered(at[regular]), _registered(at[bold])) for regular, bold in there)


def _registered(path: Path) -> str:
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    registerFont(TTFont(path.stem, str(path)))
    return path.stem


def _has(name: str, words: str) -> bool:
    from reportlab.pdfbase.pdfmetrics import getFont

    font: Any = getFont(name)
    return all(ord(letter) in font.face.charToGlyph for letter in words)
