"""Amounts, quantities and months in sentences."""

from __future__ import annotations


def amount(value: float, currency: str) -> str:
    """An amount of money in a sentence.

    >>> amount(31000.4, "USD"), amount(2.5, "EUR")
    ('USD 31,000', 'EUR 2.50')
    """
    return f"{currency} {value:,.0f}" if abs(value) >= 10 else f"{currency} {value:,.2f}"


def units(value: float) -> str:
    """A quantity in a sentence.

    >>> units(1234.5), units(0.25)
    ('1,234', '0.25')
    """
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3g}"


def month_count(number: int) -> str:
    """A number of months in a sentence.

    >>> month_count(1), month_count(3)
    ('1 month', '3 months')
    """
    return "1 month" if number == 1 else f"{number} months"
