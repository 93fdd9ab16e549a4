"""The paper the pack is drawn on: A4 landscape, measured in points from the top left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sop_xl.pack.letters import face, lines, squeezed, width
from sop_xl.workbook.template.styles import EDGE, GREY, INK

WIDTH, HEIGHT = 842.0, 595.0
LEFT, RIGHT, TOP, BOTTOM = 42.0, 800.0, 96.0, 556.0
"""The room of a page's content; the headline stands above it, the footer below."""
LINE = 1.28
"""Height of a line, in sizes of its letters."""

Align = Literal["left", "right", "center"]


@dataclass(frozen=True)
class Box:
    """A rectangle of the page [points from the top left]."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.h

    def split(self, share: float, gap: float = 24.0) -> tuple[Box, Box]:
        """Its left part of a share of the width, and the rest, with a gap between.

        >>> Box(0, 0, 100, 10).split(0.5, 20)
        (Box(x=0, y=0, w=40.0, h=10), Box(x=60.0, y=0, w=40.0, h=10))
        """
        left = (self.w - gap) * share
        return Box(self.x, self.y, left, self.h), Box(self.x + left + gap, self.y, self.w - gap - left, self.h)

    def below(self, y: float) -> Box:
        """What of it lies below a height."""
        return Box(self.x, y, self.w, max(self.bottom - y, 0.0))

    def above(self, y: float) -> Box:
        """What of it lies above a height."""
        return Box(self.x, self.y, self.w, max(y - self.y, 0.0))


BODY = Box(LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP)


@dataclass
class Paper:
    """The pages being drawn; every height is counted from the top."""

    pdf: Any
    footer: Sequence[str]
    pages: int
    number: int = field(default=0, init=False)

    def page(self, section: str, headline: str, says: str, color: str) -> None:
        """Start a page with its section, headline and footer."""
        self.blank(color, headline)
        self.text(LEFT, 27, section.upper(), 8, color, bold=True)
        size = next((s for s in (19, 17, 15) if len(lines(headline, s, RIGHT - LEFT, bold=True)) == 1), 15)
        y = self.paragraph(Box(LEFT, 35, RIGHT - LEFT, 42), headline, size, INK, bold=True, most=2)
        if says:
            self.paragraph(Box(LEFT, y + 2, RIGHT - LEFT, 14), says, 8.5, GREY, most=1)

    def blank(self, color: str, outline: str, *, foot: bool = True) -> None:
        """Start a page with nothing but its edge and, if wanted, its footer."""
        if self.number:
            self.pdf.showPage()
        self.number += 1
        key = f"page{self.number}"
        self.pdf.bookmarkPage(key)
        self.pdf.addOutlineEntry(outline, key, 0)
        self.fill(Box(0, 0, 9, HEIGHT), color)
        if not foot:
            return
        self.rule(LEFT, RIGHT, 570)
        left, middle, right = self._foot()
        self.text(LEFT, 582, left, 7.5, GREY)
        self.text((LEFT + RIGHT) / 2, 582, middle, 7.5, GREY, align="center")
        self.text(RIGHT, 582, right, 7.5, GREY, align="right")

    def _foot(self) -> tuple[str, str, str]:
        left, middle = (lines(words, 7.5, 300, most=1)[0] for words in self.footer)
        return left, middle, f"{self.number} / {self.pages}"

    def text(
        self, x: float, y: float, words: str, size: float = 9, color: str = INK, *, bold: bool = False,
        align: Align = "left",
    ) -> None:  # fmt: skip
        """Words on one line; `y` is their base line."""
        font, shown = face(words, bold)
        self.pdf.setFillColor(color)
        self.pdf.setFont(font, size)
        draw = {"left": self.pdf.drawString, "right": self.pdf.drawRightString, "center": self.pdf.drawCentredString}
        draw[align](x, HEIGHT - y, shown)

    def short(
        self, x: float, y: float, room: float, words: str, size: float = 9, color: str = INK, *, bold: bool = False,
        align: Align = "left",
    ) -> None:  # fmt: skip
        """Words on one line of a width; what does not fit is cut with `…`."""
        first = lines(words, size, room, bold, most=1)[0]
        self.text(x, y, first, size, color, bold=bold, align=align)

    def name(
        self, x: float, y: float, room: float, words: str, size: float = 9, color: str = INK, *, bold: bool = False
    ) -> None:
        """A name on one line of a width; one too long loses its middle."""
        self.text(x, y, squeezed(words, size, room + 0.5, bold), size, color, bold=bold)

    def paragraph(
        self, box: Box, words: str, size: float = 9, color: str = INK, *, bold: bool = False, most: int = 0,
        align: Align = "left",
    ) -> float:  # fmt: skip
        """Words wrapped into a box from its top; the height below the last line.

        No line is drawn below the box: what does not fit ends in `…`.
        """
        fits = max(int((box.h + 0.3 * size) / (LINE * size)), 1)
        y = box.y
        x = {"left": box.x, "right": box.right, "center": box.x + box.w / 2}[align]
        for line in lines(words, size, box.w, bold, min(most, fits) if most else fits):
            self.text(x, y + size * 0.95, line, size, color, bold=bold, align=align)
            y += LINE * size
        return y

    def fill(self, box: Box, color: str, edge: str = "", radius: float = 0.0) -> None:
        """A filled rectangle, with an edge if its colour is given."""
        self.pdf.setFillColor(color)
        if edge:
            self.pdf.setStrokeColor(edge)
            self.pdf.setLineWidth(0.6)
        draw = self.pdf.roundRect if radius else self.pdf.rect
        more = {"radius": radius} if radius else {}
        draw(box.x, HEIGHT - box.bottom, box.w, box.h, fill=1, stroke=int(bool(edge)), **more)

    def rule(self, x: float, right: float, y: float, color: str = EDGE, thick: float = 0.6) -> None:
        """A horizontal line."""
        self.stroke([(x, y), (right, y)], color, thick)

    def stroke(
        self, points: Sequence[tuple[float, float]], color: str, thick: float = 1.0, dash: Sequence[float] = ()
    ) -> None:
        """A line through points."""
        if len(points) < 2:
            return
        self.pdf.setStrokeColor(color)
        self.pdf.setLineWidth(thick)
        self.pdf.setDash(*([list(dash)] if dash else []))
        path = self.pdf.beginPath()
        path.moveTo(points[0][0], HEIGHT - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, HEIGHT - y)
        self.pdf.drawPath(path, stroke=1, fill=0)
        self.pdf.setDash()

    def area(self, points: Sequence[tuple[float, float]], color: str) -> None:
        """A filled outline."""
        if len(points) < 3:
            return
        self.pdf.setFillColor(color)
        path = self.pdf.beginPath()
        path.moveTo(points[0][0], HEIGHT - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, HEIGHT - y)
        path.close()
        self.pdf.drawPath(path, stroke=0, fill=1)

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        """A filled circle."""
        self.pdf.setFillColor(color)
        self.pdf.circle(x, HEIGHT - y, radius, stroke=0, fill=1)

    def link(self, box: Box, page: int) -> None:
        """Make a part of this page lead to another page."""
        area = (box.x, HEIGHT - box.bottom, box.right, HEIGHT - box.y)
        self.pdf.linkRect("", f"page{page}", area, relative=1, thickness=0)

    def notes(self, box: Box, words: str) -> None:
        """Empty lines to write on, under their name."""
        if box.h < 40:
            return
        self.text(box.x, box.y + 10, words, 9, GREY, bold=True)
        y = box.y + 34
        while y <= box.bottom:
            self.rule(box.x, box.right, y, EDGE, 0.6)
            y += 22

    def heading(self, box: Box, words: str, color: str = INK, most: int = 2) -> Box:
        """A message over a part of the page; the room below it."""
        y = self.paragraph(box, words, 10.5, color, bold=True, most=most)
        return box.below(y + 5)

    def chip(self, x: float, y: float, words: str, color: str, back: str, size: float = 8) -> float:
        """A word on a coloured ground, `y` its base line; where it ends."""
        w = width(words, size, bold=True) + 10
        self.fill(Box(x, y - size - 1.5, w, size + 5.5), back, radius=3)
        self.text(x + 5, y - 0.5, words, size, color, bold=True)
        return x + w
