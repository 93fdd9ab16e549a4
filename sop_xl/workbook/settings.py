"""The settings of a cycle, read from the control table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sop_xl import periods
from sop_xl.workbook.cells.values import date_of
from sop_xl.workbook.reading import Place
from sop_xl.workbook.schema import Issue, Kind, Severity
from sop_xl.workbook.tables.control import SETTINGS, Setting, Settings

if TYPE_CHECKING:
    import pandas as pd

_HORIZON_OF_SERIALS = (18_264, 109_574)  # 1950 to 2199
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*%?")


class _SettingError(Exception):
    """A value that is not the setting's kind; the text ends a sentence."""


def settings_of(control: pd.DataFrame, place: Place = Place("sheet Control")) -> tuple[Settings, list[Issue]]:  # noqa: B008
    """The settings a control table holds, with an issue for each that is unknown, missing or wrong.

    A setting that is missing or blank takes its default with a warning; a wrong one takes it too, but stops the run.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"setting": [s.name for s in SETTINGS], "value": [str(s.default) for s in SETTINGS]})
    >>> settings, issues = settings_of(frame.replace({"value": {"2020-02-29": "43890"}}))
    >>> settings.as_of, issues
    (datetime.date(2020, 2, 29), [])
    """
    issues: list[Issue] = []
    declared = {s.name: s for s in SETTINGS}
    values: dict[str, Any] = {}
    for row, name, text in zip(_rows(control), control["setting"], control["value"], strict=True):
        setting = declared.get(name.strip().casefold().replace(" ", "_"))
        if setting is None:
            says = f'{place.at(row)}: "{name}" is not a setting and is not read.'
            issues.append(Issue("control", row, "Setting", name, "unknown setting", Severity.WARNS, says))
        elif setting.name not in values:
            values[setting.name], found = _value(setting, text, row, place)
            issues += found
    for setting in SETTINGS:
        if setting.name not in values:
            says = f"{place.where}: setting {setting.name} is missing; {_default(setting)} is taken."
            issues.append(Issue("control", 0, "Setting", setting.name, "missing setting", Severity.WARNS, says))
    settings = Settings(**values)
    if settings.abc_a > settings.abc_b:
        says = f"{place.where}: abc_a ({settings.abc_a:g}) must not exceed abc_b ({settings.abc_b:g})."
        issues.append(Issue("control", 0, "Value", f"{settings.abc_a:g}", "setting", Severity.STOPS, says))
    return settings, issues


def _rows(control: pd.DataFrame) -> Sequence[int]:
    return [int(row) for row in control.index] if control.index.name == "row" else [0] * len(control)


def _default(setting: Setting) -> str:
    return f"its default {setting.default!s}" if str(setting.default) else "blank"


def _value(setting: Setting, text: str, row: int, place: Place) -> tuple[Any, list[Issue]]:
    at = place.at(row, "Value")
    word = text.strip()
    if not word:
        if str(setting.default) == "":
            return setting.default, []
        says = f"{at}: setting {setting.name} is blank; {_default(setting)} is taken."
        return setting.default, [Issue("control", row, "Value", "", "blank setting", Severity.WARNS, says)]
    try:
        return _parsed(setting, word), []
    except _SettingError as error:
        says = f'{at}: setting {setting.name} is "{text}", which {error}.'
        return setting.default, [Issue("control", row, "Value", text, "setting", Severity.STOPS, says)]


def _parsed(setting: Setting, word: str) -> Any:
    if setting.kind is Kind.DATE:
        return _day(word)
    if setting.kind.is_number:
        return _number(setting, word)
    if periods.is_label(setting.default):
        return _month(word)
    if setting.choices:
        choice = {c.casefold(): c for c in setting.choices}.get(word.casefold())
        if choice is None:
            raise _SettingError(f"is not one of {', '.join(setting.choices)}")
        return choice
    return word


def _day(word: str) -> date:
    if re.fullmatch(r"\d{5}(\.0*)?", word) and _HORIZON_OF_SERIALS[0] <= float(word) <= _HORIZON_OF_SERIALS[1]:
        moment = date_of(float(word))
        if moment is not None:
            return moment.date()
    try:
        day = date.fromisoformat(word[:10])
    except ValueError:
        raise _SettingError("is not a date like 2020-02-29") from None
    if not 1950 <= day.year <= 2199:
        raise _SettingError("lies outside the years 1950 to 2199")
    return day


def _month(word: str) -> str:
    """A month; Excel turns a typed 2020-03 into the first day of that month."""
    if periods.is_label(word):
        return word
    try:
        return periods.label(_day(word))
    except _SettingError:
        raise _SettingError("is not a month like 2020-03") from None


def _number(setting: Setting, word: str) -> int | float:
    if not _NUMBER.fullmatch(word):
        raise _SettingError("is not a number")
    value = float(word.rstrip("% ")) / 100 if word.endswith("%") and setting.unit != "%" else float(word.rstrip("% "))
    low = float("-inf") if setting.low is None else setting.low
    high = float("inf") if setting.high is None else setting.high
    if not low <= value <= high:
        raise _SettingError(f"does not lie between {low:g} and {high:g}")
    if setting.kind is Kind.INTEGER:
        if not value.is_integer():
            raise _SettingError("is not a whole number")
        return int(value)
    return value
