"""VBA text generated from the registry: what VBA cannot take is refused before it is built."""

import re
from dataclasses import replace

import pytest

from sop_xl.errors import InputError
from udfs.cells import Number
from udfs.hosts.excel import build, vba
from udfs.registry import FUNCTIONS, Argument

build.declare_all()
EOQ = FUNCTIONS["EOQ"]


def renamed(*names):
    return replace(EOQ, arguments=tuple(Argument(n, Number("A number"), False, None) for n in names))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_has_a_wrapper_and_its_help(name):
    spec = FUNCTIONS[name]
    text, helps = vba.wrappers([spec]), vba.descriptions([spec])
    given = re.search(rf"Public Function {spec.excel_name}\((.*)\) As Variant", text)
    assert given is not None
    taken = [part for part in given.group(1).split(", ") if part]
    assert len(taken) == len(spec.arguments) + spec.more
    assert [part.startswith("Optional ") for part in taken[: len(spec.arguments)]] == [
        a.optional for a in spec.arguments
    ]
    assert f'SopCall("{spec.excel_name}", ' in text
    assert f'Macro:="{spec.excel_name}", Category:="S&OP {spec.group}"' in helps
    described = helps.partition("ArgumentDescriptions:=Array(")[2]
    assert len(re.findall(r'^ {12}"', described, re.M)) == len(taken)


@pytest.mark.parametrize("name", build.our_modules())
def test_modules_are_what_vba_takes(name):
    text = build.our_modules()[name]
    assert f'Attribute VB_Name = "{name}"' in text
    assert "@" not in text
    assert text.count("\n") == text.count("\r\n")
    assert "Option Explicit" in text
    text.encode("cp1252")
    assert max(map(len, text.splitlines())) <= vba.LONGEST_LINE
    assert all(len(run) < 24 for run in re.findall(r"(?:^[^\n]* _\r\n)+", text, re.M) for run in [run.splitlines()])


def test_a_word_of_vba_gets_another_ending():
    text = vba.wrappers([renamed("date", "next", "Left_one")])
    assert "SOP_EOQ(date_value As Variant, next_value As Variant, Left_one As Variant)" in text


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (renamed("a", "A"), "differ only by capitals"),
        (renamed("wert_ä"), "cannot be a name in VBA"),
        (renamed("_hidden"), "cannot be a name in VBA"),
        (replace(renamed("sop_eoq"), more=False), "differ only by capitals"),
        (replace(FUNCTIONS["FORECAST"], more=True), "cannot be told apart"),
        (renamed(*(f"a{i}" for i in range(21))), "helps with 20 arguments"),
    ],
)
def test_what_vba_cannot_take_is_refused(spec, says):
    with pytest.raises(InputError, match=says):
        vba.wrappers([spec])


def test_texts_are_quoted_and_fit():
    spec = replace(EOQ, says='The "best" lot \u2212 at \u2265 0. ' + "long words " * 40)
    text = vba.wrappers([spec])
    described = re.search(r'VB_Description = "(.*)"', text).group(1)
    assert described.startswith('The ""best"" lot - at >= 0.')
    assert described.endswith("...")
    assert len(described.replace('""', '"')) <= vba.LONGEST_HELP


def test_a_letter_or_a_line_vba_does_not_know_is_refused():
    with pytest.raises(InputError, match="SopFunctions, line 7: VBA cannot write '計'"):
        vba.wrappers([replace(EOQ, says="計画")])
    with pytest.raises(InputError, match="lines of 1023 characters"):
        vba.checked("Long", "a" * 1024)


def test_further_arguments_keep_ranges_as_objects():
    text = vba.wrappers([FUNCTIONS["EXPLAIN"]])
    assert "ParamArray further() As Variant" in text
    assert "Set cells(at + 1) = further(at)" in text
