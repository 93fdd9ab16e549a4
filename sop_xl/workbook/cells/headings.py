"""Which column of a sheet or file is which declared column, and which headings are months."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sop_xl import periods
from sop_xl.workbook.schema import Column, Table

_LIKE_A_MONTH = re.compile(
    r"\d{4}[-/. ]?\d{1,2}([-/. ]\d{1,2}.*)?|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{1,2}[-/. ]\d{4}"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-/. ']*\d{2,4}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Headings:
    """The positions of the declared columns (by name) and of the months, and what is odd among the rest.

    `renamed` maps a missing column to the heading that looks like it; `twice` are headings that stand for a column
    already found; `odd_months` are headings that look like a month but are not written like 2020-03.
    """

    columns: dict[str, int]
    months: dict[str, int]
    missing: tuple[Column, ...]
    renamed: dict[str, str]
    twice: tuple[str, ...]
    odd_months: tuple[str, ...]
    others: tuple[int, ...]


def matched(table: Table, header: Sequence[str]) -> Headings:
    """Find the declared columns of a table among the headings; label or name will do, in any case.

    >>> from sop_xl.workbook.tables import TABLES
    >>> found = matched(TABLES["finance_totals"], ["Period", "Quantitty", "My note"])
    >>> found.columns, found.renamed, found.others
    ({'period': 0}, {'quantity': 'Quantitty'}, (1, 2))
    """
    declared = {_plain(word): c for c in reversed(table.columns) for word in (c.name, c.label)}
    columns: dict[str, int] = {}
    months: dict[str, int] = {}
    twice: list[str] = []
    others: list[int] = []
    for position, heading in enumerate(header):
        column = declared.get(_plain(heading))
        if column is not None and column.name not in columns:
            columns[column.name] = position
        elif table.across is not None and periods.is_label(heading.strip()) and heading.strip() not in months:
            months[heading.strip()] = position
        elif column is not None or heading.strip() in months:
            twice.append(heading)
        else:
            others.append(position)
    missing = tuple(c for c in table.columns if c.name not in columns)
    strangers = [header[position] for position in others]
    return Headings(
        columns,
        months,
        missing,
        _renamed(missing, strangers),
        tuple(twice),
        tuple(h for h in strangers if table.across is not None and _LIKE_A_MONTH.fullmatch(h.strip())),
        tuple(others),
    )


def _plain(heading: str) -> str:
    return " ".join(heading.replace("_", " ").split()).casefold()


def _renamed(missing: Sequence[Column], strangers: Sequence[str]) -> dict[str, str]:
    by_plain = {_plain(s): s for s in strangers}
    renamed = {}
    for column in missing:
        near = get_close_matches(_plain(column.label), by_plain, n=1, cutoff=0.7)
        if near:
            renamed[column.name] = by_plain[near[0]]
    return renamed
