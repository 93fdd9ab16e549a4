from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from sop_xl.workbook.schema import Severity
from sop_xl.workbook.settings import settings_of
from sop_xl.workbook.tables import SETTINGS


def control(**change):
    values = {s.name: str(s.default) for s in SETTINGS} | change
    frame = pd.DataFrame({"setting": list(values), "value": list(values.values())})
    return frame.set_index(pd.Index(range(5, 5 + len(frame)), name="row"))


def test_defaults_come_back():
    settings, issues = settings_of(control())
    assert issues == []
    assert {s.name: getattr(settings, s.name) for s in SETTINGS} == {s.name: s.default for s in SETTINGS}
    assert isinstance(settings.horizon, int)


@pytest.mark.parametrize("text", ["2020-02-17", "2020-02-17 00:00:00", "43878", "43878.0"])
def test_as_of_is_any_day(text):
    settings, issues = settings_of(control(as_of=text))
    assert (settings.as_of, issues) == (date(2020, 2, 17), [])


def test_excel_makes_a_day_of_a_typed_month():
    assert settings_of(control(cycle="2020-04-01"))[0].cycle == "2020-04"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("horizon", "2", "does not lie between 3 and 18"),
        ("horizon", "12.5", "is not a whole number"),
        ("horizon", "twelve", "is not a number"),
        ("horizon", "nan", "is not a number"),
        ("abc_a", "0,8", "is not a number"),
        ("as_of", "29.02.2020", "is not a date like 2020-02-29"),
        ("as_of", "1820-02-01", "lies outside the years"),
        ("cycle", "March", "is not a month like 2020-03"),
        ("short_policy", "steal", "is not one of backlog, lost"),
    ],
)
def test_a_wrong_setting_stops(name, text, says):
    settings, (issue,) = settings_of(control(**{name: text}))
    default = next(s.default for s in SETTINGS if s.name == name)
    assert getattr(settings, name) == default
    assert issue.severity is Severity.STOPS
    assert says in issue.says
    assert f'setting {name} is "{text}"' in issue.says
    assert issue.row == 5 + [s.name for s in SETTINGS].index(name)


def test_missing_blank_and_unknown_settings_warn():
    frame = control(horizon="", colour="red")
    settings, issues = settings_of(frame[frame["setting"] != "currency"])
    assert (settings.horizon, settings.currency) == (12, "USD")
    assert {(i.rule, i.severity) for i in issues} == {
        ("blank setting", Severity.WARNS),
        ("unknown setting", Severity.WARNS),
        ("missing setting", Severity.WARNS),
    }


def test_percent_and_spelling():
    settings, issues = settings_of(control(abc_a="70 %", interval_level="90%", short_policy="Lost"))
    assert issues == []
    assert (settings.abc_a, settings.interval_level, settings.short_policy) == (pytest.approx(0.7), 90, "lost")


def test_classes_in_order():
    _, (issue,) = settings_of(control(abc_a="0.96"))
    assert "abc_a (0.96) must not exceed abc_b (0.95)" in issue.says
