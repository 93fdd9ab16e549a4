"""Numbers and months in the words of the pack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def month(day: date) -> str:
    """A month as people say it.

    >>> month(date(2020, 3, 1))
    'Mar 2020'
    """
    return f"{_MONTHS[day.month - 1]} {day.year}"


def tick(day: date) -> str:
    """A month under a chart: its name, and the year where one begins.

    >>> tick(date(2020, 12, 1)), tick(date(2021, 1, 1))
    ('Dec', "Jan '21")
    """
    name = _MONTHS[day.month - 1]
    return f"{name} '{day.year % 100:02d}" if day.month == 1 else name


def whole(value: float) -> str:
    """A number without decimals; a blank is a dash.

    >>> whole(158302.4), whole(float("nan")), whole(-0.2)
    ('158,302', '–', '0')
    """
    return "–" if pd.isna(value) else f"{round(value) + 0:,}"


def short(value: float) -> str:
    """A number in thousands or millions where it is large.

    >>> short(48_311_798), short(-766_400), short(9_431), short(1_000_000)
    ('48.3 M', '-766 k', '9,431', '1.0 M')
    """
    if pd.isna(value):
        return "–"
    if abs(value) >= 999_500:
        return f"{value / 1e6:,.1f} M"
    return f"{value / 1e3:,.0f} k" if abs(value) >= 9_999.5 else whole(value)


def money(value: float, currency: str) -> str:
    """An amount in short.

    >>> money(48_311_798, "USD")
    'USD 48.3 M'
    """
    return f"{currency} {short(value)}" if currency else short(value)


def signed(value: float, currency: str = "") -> str:
    """A difference in short, with its sign.

    >>> signed(1_200), signed(-3_400_000, "USD")
    ('+1,200', 'USD -3.4 M')
    """
    words = short(value)
    words = f"+{words}" if value > 0 and words != "0" else words
    return f"{currency} {words}" if currency else words


def percent(share: float, digits: int = 1) -> str:
    """A share in percent.

    >>> percent(0.2023), percent(1.0663, 0), percent(float("nan"))
    ('20.2 %', '107 %', '–')
    """
    return "–" if pd.isna(share) else f"{100 * share:,.{digits}f} %".replace("-0.0 %", "0.0 %")


def figure(value: float, unit: str) -> str:
    """A figure of the scorecard or of a scenario in its unit.

    >>> figure(0.988, "share"), figure(56.32, "days"), figure(20_041_840, "USD"), figure(352.4, "h")
    ('98.8 %', '56.3 days', 'USD 20.0 M', '352 h')
    """
    if pd.isna(value):
        return "–"
    if unit == "share":
        return percent(value)
    if unit == "days":
        return f"{value:,.1f} days"
    return money(value, unit) if unit.isupper() or not unit else f"{whole(value)} {unit}"


def part(share: float) -> str:
    """A share of a whole in words.

    >>> [part(s) for s in (0.26, 0.5, 0.74, 0.93, 0.4)]
    ['a quarter', 'half', 'three quarters', '93 %', '40 %']
    """
    named = ((0.25, "a quarter"), (1 / 3, "a third"), (0.5, "half"), (2 / 3, "two thirds"), (0.75, "three quarters"))
    return next((words for at, words in named if abs(share - at) < 0.02), f"{100 * share:.0f} %")


def count(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun.

    >>> count(1, "gap"), count(3, "gap"), count(0, "family", "families")
    ('1 gap', '3 gaps', 'no families')
    """
    word = noun if number == 1 else plural or f"{noun}s"
    return f"{number:,} {word}" if number else f"no {word}"


def sentence(words: str) -> str:
    """Words with a capital at their start.

    >>> sentence("no gap")
    'No gap'
    """
    return words[:1].upper() + words[1:]


def listed(words: Sequence[str], most: int = 3) -> str:
    """Names in a sentence.

    >>> listed(["Caps"]), listed(["Caps", "Vests"]), listed(["a", "b", "c", "d", "e"])
    ('Caps', 'Caps and Vests', 'a, b, c and 2 more')
    """
    names = list(words[:most])
    if len(words) > most:
        return f"{', '.join(names)} and {len(words) - most} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def day(moment: object) -> str:
    """A day, or nothing."""
    stamp = pd.Timestamp(str(moment)) if moment is not None and str(moment) not in ("NaT", "", "nan") else pd.NaT
    return "" if pd.isna(stamp) else f"{stamp:%Y-%m-%d}"
