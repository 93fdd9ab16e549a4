"""The rules of a column on the sheet: what may be typed (validation) and what is coloured (conditional formats)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sop_xl.workbook.schema import Column, Kind, Role
from sop_xl.workbook.tables import SETTINGS, Setting
from sop_xl.workbook.template.blocks import cell, column_letters
from sop_xl.workbook.template.layout import Placement
from sop_xl.workbook.template.styles import (
    BAD,
    BAD_FILL,
    GOOD,
    GOOD_FILL,
    PERCENT,
    WATCH,
    WATCH_FILL,
    Styles,
    mixes_units,
)

Options = dict[str, Any]

GROWTH = 5000
"""Rows beyond the first that conditional formats reach, so that a table keeps its colours as it grows."""
GROWTH_ACROSS = 60
"""Columns beyond the first month that they reach."""

GOOD_WORDS = ("done", "good", "in band", "applied", "approved", "closed", "approve", "adds value", "kept")
WATCH_WORDS = (
    "done with warnings", "watch", "in work", "draft", "expired", "warns", "slushy", "baseline moved", "now agrees",
    "expires this cycle", "evidence asked",
)  # fmt: skip
BAD_WORDS = (
    "stopped", "bad", "out of band", "out of date", "stops", "reject", "nothing matched", "rejected", "costs accuracy",
)  # fmt: skip
FIXED_WORDS = ("frozen", "superseded")
_WORD_COLUMNS = ("status", "severity", "fence", "outcome", "decision", "verdict", "evidence")

_LONGEST_TITLE, _LONGEST_MESSAGE, _LONGEST_LIST = 32, 255, 255
_FARTHEST = 1e12


def list_name(refers: str) -> str:
    """The defined name of the values a column may refer to.

    >>> list_name("items.item")
    'lst_items'
    """
    return f"lst_{refers.partition('.')[0]}"


def message(column: Column, currency: str) -> Options:
    """The tip shown when a cell of the column is selected."""
    unit = f" [{column.unit.replace('{currency}', currency)}]" if column.unit else ""
    return {"input_title": column.label[:_LONGEST_TITLE], "input_message": (column.says + unit)[:_LONGEST_MESSAGE]}


def validation(column: Column) -> Options:
    """What may be typed into a column, in XlsxWriter's words."""
    if column.choices and len(",".join(column.choices)) <= _LONGEST_LIST:
        choices = {"validate": "list", "source": list(column.choices)}
        return choices | _refusal(f"{column.label} is one of: {', '.join(column.choices)}")
    if column.refers:
        # a warning only: rows are often pasted before the list they refer to; the data checks find what is left
        listed = {"validate": "list", "source": f"={list_name(column.refers)}", "error_type": "warning"}
        return listed | _refusal(f"{column.label} is not in the list {column.refers.split('.')[0]}")
    match column.kind:
        case Kind.FLAG:
            return {"validate": "list", "source": ["TRUE", "FALSE"]} | _refusal(f"{column.label} is TRUE or FALSE")
        case Kind.INTEGER | Kind.NUMBER | Kind.MONEY | Kind.SHARE:
            return _number(column)
        case Kind.DATE | Kind.PERIOD | Kind.MOMENT:
            bounds = {"criteria": "between", "minimum": date(1990, 1, 1), "maximum": date(2199, 12, 31)}
            return {"validate": "date"} | bounds | _refusal(f"{column.label} is a date, such as 2020-03-01")
        case _:
            return {"validate": "any"}


def _number(column: Column) -> Options:
    low = -_FARTHEST if column.low is None else column.low
    high = _FARTHEST if column.high is None else column.high
    whole = column.kind is Kind.INTEGER
    bounds = {"criteria": "between", "minimum": int(low) if whole else low, "maximum": int(high) if whole else high}
    noun = "a whole number" if whole else "a number"
    words = [f"from {low:g}"] if column.low is not None else []
    words += [f"to {high:g}"] if column.high is not None else []
    return (
        {"validate": "integer" if whole else "decimal"}
        | bounds
        | _refusal(" ".join([column.label, "is", noun, *words]))
    )


def _refusal(sentence: str) -> Options:
    return {"error_title": "Please check", "error_message": sentence[:_LONGEST_MESSAGE]}


def setting_validation(setting: Setting, address: str) -> Options:
    """What may be typed as the value of a setting (the column is text, so numbers are read from it)."""
    number = f'_xlfn.NUMBERVALUE(SUBSTITUTE({address},",","."),".")'
    tip = {"input_title": setting.name[:_LONGEST_TITLE], "input_message": setting.says[:_LONGEST_MESSAGE]}
    if setting.choices:
        rule = {"validate": "list", "source": list(setting.choices)}
        return rule | _refusal(f"{setting.name} is one of: {', '.join(setting.choices)}") | tip
    if setting.low is not None and setting.high is not None:
        formula = f"=AND({number}>={setting.low:g},{number}<={setting.high:g})"
        bounds = f"{setting.name} is a number from {setting.low:g} to {setting.high:g}"
        return {"validate": "custom", "value": formula} | _refusal(bounds) | tip
    return {"validate": "any"} | tip


SETTING_BY_NAME = {setting.name: setting for setting in SETTINGS}


def colour_rules(placement: Placement, styles: Styles, first_row: int) -> list[tuple[str, Options]]:
    """The conditional formats of a table: where they lie and what they say."""
    table = placement.table
    letters = {c.name: column_letters(placement.column + i) for i, c in enumerate(table.columns)}
    last_row = first_row + GROWTH
    out: list[tuple[str, Options]] = []
    for name in _WORD_COLUMNS:
        if name in letters and table.column(name).role is not Role.KEY:
            area = f"{letters[name]}{first_row + 1}:{letters[name]}{last_row + 1}"
            found = f"N(${letters['found']}{first_row + 1})>0" if table.name == "checks" else ""
            out += [(area, rule) for rule in word_rules(styles, f"${letters[name]}{first_row + 1}", found)]
    if placement.months is not None:
        out += _across_rules(placement, styles, letters, first_row, last_row)
    if mixes_units(table) and placement.months is None:
        for name in ("value", "expected", "target", "base", "difference"):
            if name in letters:
                area = f"{letters[name]}{first_row + 1}:{letters[name]}{last_row + 1}"
                out += [(area, rule) for rule in unit_rules(styles, f"${letters['unit']}{first_row + 1}")]
    if table.name == "checks":
        area = f"{letters['open']}{first_row + 1}:{letters['open']}{last_row + 1}"
        out.append((area, _formula(f"${letters['open']}{first_row + 1}>0", _bad(styles))))
    if table.name in ("accuracy", "accuracy_lags"):
        where = f"{letters['tracking_signal']}{first_row + 1}"
        area = f"{where}:{letters['tracking_signal']}{last_row + 1}"
        out.append((area, _formula(f"ABS(N({where}))>set_tracking_limit", _bad(styles))))
    return out


def word_rules(styles: Styles, address: str, where: str = "") -> list[Options]:
    """Good, watch and bad words in their colours; the word itself stays, so colour is never alone.

    `where` is a condition that must hold too.
    """
    locked = styles.rule(font_color="#1F2937", bg_color="#D5D9E0")
    groups = (
        (GOOD_WORDS, _good(styles)),
        (WATCH_WORDS, _watch(styles)),
        (BAD_WORDS, _bad(styles)),
        (FIXED_WORDS, locked),
    )
    found = ((_is_one_of(address, words), looks) for words, looks in groups)
    return [_formula(f"AND({where},{words})" if where else words, looks) for words, looks in found]


def _is_one_of(address: str, words: tuple[str, ...]) -> str:
    return "OR(" + ",".join(f'{address}="{word}"' for word in words) + ")"


def unit_rules(styles: Styles, address: str) -> list[Options]:
    """Number formats by the unit written in the row."""
    return [
        _formula(f'{address}="share"', styles.rule(num_format=PERCENT)),
        _formula(
            f'OR({address}="days",{address}="months",{address}="h",{address}="MAD")', styles.rule(num_format="#,##0.0")
        ),
    ]


def _across_rules(
    placement: Placement, styles: Styles, letters: dict[str, str], first_row: int, last_row: int
) -> list[tuple[str, Options]]:
    first = placement.column + len(placement.table.columns)
    area = f"{cell(first_row, first)}:{cell(last_row, first + GROWTH_ACROSS)}"
    here, heading = cell(first_row, first), cell(placement.header_row, first, "r")
    measure = f"${letters['measure']}{first_row + 1}" if "measure" in letters else ""
    unit = f"${letters['unit']}{first_row + 1}" if "unit" in letters else ""
    rules: list[Options] = []
    match placement.table.name:
        case "resource_load":
            load = f'{measure}="load",ISNUMBER({here})'
            rules = [
                _formula(f"AND({load},{here}>set_load_red)", _bad(styles, num_format=PERCENT)),
                _formula(f"AND({load},{here}>=set_load_amber)", _watch(styles, num_format=PERCENT)),
                _formula(f'{measure}="load"', styles.rule(num_format=PERCENT)),
            ]
        case "sop_grid" | "projected_balance":
            rules = [
                _formula(f'AND(OR({measure}="late",{measure}="lost"),N({here})>0.5)', _bad(styles)),
                _formula(f'AND({measure}="check",ABS(N({here}))>0.5)', _bad(styles)),
                _formula(f'{measure}="days of supply"', styles.rule(num_format="#,##0.0")),
            ]
    if placement.table.name == "sop_grid":
        past = f'{heading}<=as_of_label,{heading}<>""'
        days = _formula(
            f'AND({measure}="days of supply",{past})', styles.rule(bg_color="#E3ECF7", num_format="#,##0.0")
        )
        rules = [days, *rules]
        rules += [
            _formula(f'{unit}="share"', styles.rule(num_format=PERCENT)),
            _formula(f"AND({past})", styles.rule(bg_color="#E3ECF7")),
        ]
    if placement.table.name == "financials":
        rules = [_formula(f'AND({measure}="gap",N({here})<0)', _bad(styles))]
    return [(area, rule) for rule in rules]


def _formula(criteria: str, looks: Any) -> Options:
    return {"type": "formula", "criteria": f"={criteria}", "format": looks}


def _good(styles: Styles) -> Any:
    return styles.rule(font_color=GOOD, bg_color=GOOD_FILL)


def _watch(styles: Styles, **more: Any) -> Any:
    return styles.rule(font_color=WATCH, bg_color=WATCH_FILL, **more)


def _bad(styles: Styles, **more: Any) -> Any:
    return styles.rule(font_color=BAD, bg_color=BAD_FILL, **more)
