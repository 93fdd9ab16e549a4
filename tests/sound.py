"""What makes Excel offer a repair, looked for in a workbook's parts: no Excel is at hand, so its known rules are checked."""

import posixpath
import re

from lxml import etree
from openpyxl.utils import get_column_letter, range_boundaries

M = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
ORDER = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
]
"""The children of a worksheet in the only order the format allows (ECMA-376, 18.3.1.99)."""


def sheets(package):
    return {n: etree.fromstring(d) for n, d in package.items() if re.fullmatch(r"xl/worksheets/\w+\.xml", n)}


def related(package, part):
    folder, _, file = part.rpartition("/")
    rels = package.get(f"{folder}/_rels/{file}.rels")
    found = etree.fromstring(rels) if rels else ()
    return {
        r.get("Id"): posixpath.normpath(posixpath.join(folder, r.get("Target"))).lstrip("/")
        for r in found
        if r.get("TargetMode") != "External"
    }


def strings(package):
    if "xl/sharedStrings.xml" not in package:
        return []
    return ["".join(si.itertext()) for si in etree.fromstring(package["xl/sharedStrings.xml"]).findall(f"{M}si")]


def text(cell, shared):
    kind = cell.get("t")
    if kind == "s":
        return shared[int(cell.findtext(f"{M}v"))]
    if kind == "inlineStr":
        return "".join(cell.find(f"{M}is").itertext())
    return cell.findtext(f"{M}v")


def every_part_is_well_formed_typed_and_reached(package):
    types = etree.fromstring(package["[Content_Types].xml"])
    named = {t.get("PartName").lstrip("/") for t in types if t.get("PartName")}
    endings = {t.get("Extension") for t in types if t.get("Extension")}
    for name, data in package.items():
        if name.endswith((".xml", ".rels")):
            etree.fromstring(data)
        assert name in named or name.rpartition(".")[2] in endings, f"{name} has no content type"
    assert named <= set(package), "a content type names a part that is not there"
    for name in package:
        if not name.endswith(".rels"):
            assert set(related(package, name).values()) <= set(package), f"{name} points at a part that is not there"


def sheets_keep_the_order_of_the_format(package):
    styles = etree.fromstring(package["xl/styles.xml"])
    formats = len(styles.find(f"{M}cellXfs"))
    shades = len(styles.find(f"{M}dxfs"))
    shared = strings(package)
    for name, root in sheets(package).items():
        children = [etree.QName(c).localname for c in root]
        assert children == sorted(children, key=ORDER.index), name
        rows = [int(r.get("r")) for r in root.find(f"{M}sheetData")]
        assert rows == sorted(set(rows)), f"{name}: rows"
        for row in root.find(f"{M}sheetData"):
            columns = [range_boundaries(c.get("r"))[0] for c in row]
            assert columns == sorted(set(columns)), f"{name}: cells of row {row.get('r')}"
            for cell in row:
                assert int(cell.get("s", 0)) < formats
                value = text(cell, shared)
                assert value is None or len(value) <= 32_767
                formula = cell.findtext(f"{M}f")
                assert formula is None or len(formula) <= 8_192
        for rule in root.iter(f"{M}cfRule"):
            assert rule.get("dxfId") is None or int(rule.get("dxfId")) < shades
        for rule in root.iter(f"{M}dataValidation"):
            assert all(len(f.text or "") <= 255 for f in rule if etree.QName(f).localname.startswith("formula"))
            assert len(rule.get("prompt", "")) <= 255
            assert len(rule.get("promptTitle", "")) <= 32


def tables_agree_with_their_sheets(package):
    shared, names, ids, areas = strings(package), [], [], {}
    for sheet, root in sheets(package).items():
        cells = {c.get("r"): c for c in root.iter(f"{M}c")}
        targets = related(package, sheet)
        for part in root.iter(f"{M}tablePart"):
            table = etree.fromstring(package[targets[part.get(R)]])
            names.append(table.get("displayName"))
            ids.append(table.get("id"))
            left, top, right, bottom = range_boundaries(table.get("ref"))
            assert bottom > top, f"{names[-1]} has no row of data"
            columns = table.find(f"{M}tableColumns")
            heads = [c.get("name") for c in columns]
            assert len(heads) == int(columns.get("count")) == right - left + 1
            assert len({h.casefold() for h in heads}) == len(heads), f"{names[-1]} has a heading twice"
            assert len({c.get("id") for c in columns}) == len(heads)
            row = [text(cells[f"{get_column_letter(j)}{top}"], shared) for j in range(left, right + 1)]
            assert row == heads, f"{names[-1]}: headings differ from the cells"
            kept = table.find(f"{M}autoFilter")
            assert kept is None or kept.get("ref") == table.get("ref")
            for other in areas.setdefault(sheet, []):
                assert right < other[0] or left > other[2] or bottom < other[1] or top > other[3], "tables overlap"
            areas[sheet].append((left, top, right, bottom))
    assert len(set(names)) == len(names) >= 60
    assert len(set(ids)) == len(ids)


def defined_names_and_sheet_names_are_legal(package):
    book = etree.fromstring(package["xl/workbook.xml"])
    titles = [s.get("name") for s in book.find(f"{M}sheets")]
    assert len({t.casefold() for t in titles}) == len(titles)
    assert all(len(t) <= 31 and not re.search(r"[\[\]:*?/\\]", t) for t in titles)
    seen = set()
    for name in book.find(f"{M}definedNames"):
        key = (name.get("name").casefold(), name.get("localSheetId"))
        assert key not in seen, f"{name.get('name')} is defined twice"
        seen.add(key)
        assert "#REF!" not in (name.text or "")
        if not name.get("name").startswith("_xlnm."):
            assert re.fullmatch(r"[A-Za-z_\\][\w.\\]*", name.get("name"))
            assert not re.fullmatch(r"[A-Za-z]{1,3}\d+", name.get("name")), "a name that is a cell address"
    assert "xl/calcChain.xml" not in package
    assert book.find(f"{M}calcPr").get("fullCalcOnLoad") == "1"


def no_formula_shows_an_error_before_it_is_recalculated(package):
    shown = [
        (name, cell.get("r"), cell.findtext(f"{M}v"))
        for name, root in sheets(package).items()
        for cell in root.iter(f"{M}c")
        if cell.get("t") == "e" and cell.findtext(f"{M}v") != "#N/A"
    ]
    assert shown == []
