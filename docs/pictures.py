"""Pictures of the sheets the documentation shows: LibreOffice prints the workbook, poppler draws its pages.

    python docs/pictures.py SOP_demo.xlsx --out docs/pictures

Drawn is the first page of a sheet, without the empty part of the paper; of a sheet whose tables stand side by side, a
page of each table, one below the other. Sheets that no page of docs/ shows are not drawn (`--all` draws them too).

Needs `soffice`, `pdftoppm` and `pdftotext` on the PATH. The name of a sheet stands in its footer, which tells the
pages apart.
"""

from __future__ import annotations

import argparse
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

RESOLUTION = 84
"""Pixels per inch: an A4 page becomes about 980 x 690 pixels."""
FINE = {"SOPGrid": 132, "GapOptions": 120, "Gaps": 100}
"""Resolution of sheets with small print."""
PAGES = {"OverrideRadar": 2, "MustBeTrue": 2}
"""Pages that are drawn of a sheet too wide for one."""
LAST_ROW, LAST_ROW_BESIDE = 70, 45
"""Rows of a long table that are printed, and of tables that stand side by side: a page of each is drawn."""
FOOTER, MARGIN = 0.055, 14
"""Height of the footer, a share of the page, and the white edge [pixels] that is left around the rest."""
COLOURS = 256
"""Colours a picture is brought down to."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_PNG = b"\x89PNG\r\n\x1a\n"


def sheet_names(book: Path) -> list[str]:
    """The sheets of a workbook, in order."""
    with zipfile.ZipFile(book) as package:
        root = ElementTree.fromstring(package.read("xl/workbook.xml"))  # noqa: S314 - a workbook of our own
    return [sheet.attrib["name"] for sheet in root.iter(f"{_MAIN}sheet")]


def first_rows(book: Path, target: Path) -> Path:
    """A copy of a workbook of which only the first rows of each sheet are printed, where it has no print area."""
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/workbook.xml":
                content = _with_print_areas(content.decode(), old).encode()
            new.writestr(name, content)
    return target


def _with_print_areas(workbook: str, package: zipfile.ZipFile) -> str:
    areas = []
    for index, match in enumerate(re.finditer(r'<sheet [^>]*name="([^"]+)"', workbook)):
        head = package.read(f"xl/worksheets/sheet{index + 1}.xml")[:2000].decode(errors="ignore")
        corner = re.search(r'<dimension ref="[A-Z]+\d+:([A-Z]+)(\d+)"', head)
        rows = LAST_ROW_BESIDE if beside(package, index) else LAST_ROW
        if corner is None or int(corner[2]) <= rows:
            continue
        mine = f'<definedName name="_xlnm.Print_Area" localSheetId="{index}">'
        if mine not in workbook:
            areas.append(f"{mine}'{match[1]}'!$A$1:${corner[1]}${rows}</definedName>")
        else:  # whole columns
            found = rf"({re.escape(mine)}[^<]*!)\$([A-Z]+):\$([A-Z]+)<"
            workbook = re.sub(found, rf"\g<1>$\g<2>$1:$\g<3>${rows}<", workbook)
    return workbook.replace("</definedNames>", "".join(areas) + "</definedNames>")


def beside(package: zipfile.ZipFile, index: int) -> bool:
    """Whether the tables of a sheet stand side by side, each on pages of its own."""
    return b"<colBreaks" in package.read(f"xl/worksheets/sheet{index + 1}.xml")


def printed(book: Path, folder: Path) -> Path:
    """The workbook as a PDF, printed by LibreOffice under a profile of its own."""
    profile = f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"
    command = [_program("soffice"), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)  # noqa: S603
    return folder / f"{book.stem}.pdf"


def pages_of(pdf: Path, sheets: list[str]) -> dict[str, list[int]]:
    """The numbers of the pages of each sheet that was printed, by the name in the middle of its footer."""
    text = subprocess.run(  # noqa: S603
        [_program("pdftotext"), "-layout", str(pdf), "-"], check=True, capture_output=True, text=True
    ).stdout
    pages: dict[str, list[int]] = {}
    for number, page in enumerate(text.split("\f"), 1):
        lines = [line for line in page.splitlines() if line.strip()]
        footer = re.search(r"\s(\S+)\s+Page \d+ of \d+\s*$", lines[-1]) if lines else None
        if footer is not None and footer[1] in sheets:
            pages.setdefault(footer[1], []).append(number)
    return pages


def draw(pdf: Path, pages: list[int], target: Path, resolution: int = RESOLUTION, *, again: bool = False) -> None:
    """Draw pages of a PDF, one below the other, as a small PNG.

    `again` says that later pages repeat the title of the first: they are drawn from their headings on.
    """
    drawn = [_inked(pdf, page, resolution) for page in pages]
    drawn[1:] = [_from_headings(image) if again else image for image in drawn[1:]]
    image = np.concatenate(drawn)
    target.write_bytes(palette_png(image.shape[1], image.shape[0], image.tobytes()))


def _from_headings(image: np.ndarray) -> np.ndarray:
    """A page from the first row on that is dark for a good part: the headings of its table."""
    dark = np.flatnonzero((image.max(axis=2) < 100).mean(axis=1) > 0.4)
    return image[max(0, dark[0] - MARGIN) :] if len(dark) else image


def _inked(pdf: Path, page: int, resolution: int) -> np.ndarray:
    """The part of a page something stands on, its footer aside."""
    number = str(page)
    command = [_program("pdftoppm"), "-r", str(resolution), "-f", number, "-l", number, "-singlefile", str(pdf)]
    width, height, pixels = read_ppm(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603
    image = np.frombuffer(pixels, dtype=np.uint8).reshape(height, width, 3)[: round(height * (1 - FOOTER))]
    rows = np.flatnonzero((image < 250).any(axis=(1, 2)))
    return image[max(0, rows[0] - MARGIN) : rows[-1] + MARGIN] if len(rows) else image


def read_ppm(image: bytes) -> tuple[int, int, bytes]:
    r"""Width, height and pixels (three bytes each) of a binary PPM.

    >>> read_ppm(b"P6\n1 1\n255\nabc")
    (1, 1, b'abc')
    """
    kind, width, height, depth, pixels = re.split(rb"\s", image, maxsplit=4)
    if kind != b"P6" or depth != b"255":
        raise ValueError(f"expected a binary PPM of 8 bits a colour, got {kind!r}, {depth!r}")
    return int(width), int(height), pixels


def palette_png(width: int, height: int, pixels: bytes) -> bytes:
    """An image as PNG with at most `COLOURS` colours: the commonest ones, every other pixel the nearest of them."""
    colours = np.frombuffer(pixels, dtype=np.uint8).reshape(-1, 3)
    coarse = (colours.astype(np.uint32) >> 3) @ np.array([1024, 32, 1], dtype=np.uint32)
    _, place, count = np.unique(coarse, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(place, weights=colours[:, c]) for c in range(3)], axis=1)
    means = sums / count[:, None]
    palette = means[np.argsort(-count, kind="stable")[:COLOURS]]
    distance = ((means[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2)
    index = distance.argmin(axis=1).astype(np.uint8)[place].reshape(height, width)
    rows = np.concatenate([np.zeros((height, 1), dtype=np.uint8), index], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = np.rint(palette).astype(np.uint8).tobytes()
    parts = ((b"IHDR", header), (b"PLTE", body), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _PNG + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def shown(folder: Path) -> set[str]:
    """The names of the pictures of a folder that a page of the documentation shows."""
    root = Path(__file__).parents[1]
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    found = set()
    for page in pages:
        for link in re.findall(r"!\[[^\]]*\]\(([^)]+\.png)\)", page.read_text(encoding="utf-8")):
            picture = (page.parent / link).resolve()
            if picture.parent == folder.resolve():
                found.add(picture.stem)
    return found


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed; it is needed to draw the pictures")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Draw the pictures a command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", type=Path, help="the workbook")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="folder of the pictures")
    parser.add_argument("--sheets", nargs="*", help="only these sheets")
    parser.add_argument("--all", action="store_true", help="every sheet, also those no page shows")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        names = sheet_names(options.book)
        wanted = options.sheets or (names if options.all else [name for name in names if name in shown(options.out)])
        with zipfile.ZipFile(options.book) as package:
            apart = {name for index, name in enumerate(names) if beside(package, index)}
        pdf = printed(first_rows(options.book, Path(folder) / "book.xlsx"), Path(folder))
        pages = pages_of(pdf, names)
        for name in wanted:
            if name not in pages:
                sys.stderr.write(f"{name} has no printed page\n")
                continue
            drawn = pages[name] if name in apart else pages[name][: PAGES.get(name, 1)]
            draw(pdf, drawn, options.out / f"{name}.png", FINE.get(name, RESOLUTION), again=name not in apart)
    return 0


if __name__ == "__main__":
    sys.exit(main())
