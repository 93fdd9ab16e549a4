"""VBA text generated from the registry: a wrapper for every function, their help, and what the ribbon asks of a button.

A wrapper hands its cells to Python and shows what comes back, so nobody has to import functions. Names are checked
first, for one line that VBA cannot compile disables the whole add-in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from sop_xl.errors import InputError
from udfs.registry import Argument, Command, Function

WRAPPERS, DESCRIPTIONS, BUTTONS = "SopFunctions", "SopDescriptions", "SopButtons"
"""Modules generated here."""

SOURCES = ("SopCore.bas", "SopRibbon.bas", "SopEvents.cls")
"""Modules that stand as text in `vba/`."""

LONGEST_LINE = 1_023
LONGEST_HELP = 255
MOST_ARGUMENTS = 20
"""Excel shows help for so many arguments at most; a statement of VBA goes over 25 lines at most."""

_HERE = Path(__file__).parent / "vba"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
_ADDRESS = re.compile(r"[A-Za-z]{1,3}[0-9]{1,7}|[Rr][0-9]*[Cc][0-9]*")
_WORDS = """
    addressof alias and any array as attribute boolean byref byte byval call case cbool cbyte ccur cdate cdbl
    cdec cint circle class clng clnglng clngptr close const csng cstr currency cvar cverr date debug decimal
    declare defbool defbyte defcur defdate defdbl defdec defint deflng deflnglng deflngptr defobj defsng defstr
    defvar dim do double each else elseif empty end enddo endif enum eqv erase error event exit false fix for
    friend function get global gosub goto if imp implements in input inputb instr int integer is lbound len lenb
    let lib like line lock long longlong longptr loop lset me mid midb mod name new next not nothing null object
    on open option optional or paramarray preserve print private property pset ptrsafe public put raiseevent
    redim rem resume return rset scale seek select set sgn shared single spc static step stop string sub tab
    then to true type typeof ubound unlock until variant wend while width with withevents write xor abs
"""
_RESERVED = frozenset(_WORDS.split())
"""Words that VBA keeps for itself."""


def source(name: str, values: Mapping[str, str] | None = None) -> str:
    """A module that stands as text, with `@NAME@` replaced by its value."""
    text = (_HERE / name).read_text(encoding="ascii")
    for key, value in (values or {}).items():
        text = text.replace(f"@{key}@", value)
    return checked(name, text)


def wrappers(functions: Iterable[Function]) -> str:
    """The module with one VBA function for every function of the add-in."""
    parts = [_head(WRAPPERS, "One function for each function of the add-in; Python answers.", private=False)]
    parts += [_wrapper(spec) for spec in _sorted(functions)]
    return checked(WRAPPERS, "\n".join(parts))


def descriptions(functions: Iterable[Function]) -> str:
    """The module that tells Excel's function wizard what every function and argument is."""
    specs = _sorted(functions)
    lines = [_head(DESCRIPTIONS, "Help for the function wizard."), "Public Sub SopDescribeAll()"]
    lines += [f"    {_described(spec)}" for spec in specs]
    lines += ["End Sub", ""]
    for spec in specs:
        lines += [f"Private Sub {_described(spec)}()", "    On Error Resume Next", *_macro_options(spec), "End Sub", ""]
    return checked(DESCRIPTIONS, "\n".join(lines))


def buttons(commands: Iterable[Command]) -> str:
    """The module that knows what every button does, and which of them need a planning workbook."""
    specs = list(commands)
    tips = [line for spec in specs for line in _case(spec.name, f"SopTip = {_quoted(spec.says)}")]
    free = [line for spec in specs if not spec.needs_book for line in _case(spec.name, "SopNeedsBook = False")]
    lines = [
        _head(BUTTONS, "What the buttons do."),
        "Public Function SopTip(ByVal tag As String) As String",
        *_selected(tips),
        "End Function",
        "",
        "Public Function SopNeedsBook(ByVal tag As String) As Boolean",
        "    SopNeedsBook = True",
        *_selected(free),
        "End Function",
        "",
    ]  # fmt: skip
    return checked(BUTTONS, "\n".join(lines))


def parameter(argument: Argument) -> str:
    """The name of an argument in VBA; a word that VBA keeps for itself gets another ending.

    >>> from udfs.cells import Day
    >>> parameter(Argument("date", Day("A day"), False, None))
    'date_value'
    """
    return f"{argument.name}_value" if argument.name.lower() in _RESERVED else argument.name


def checked(name: str, text: str) -> str:
    r"""The text of a module that VBA can take, with the line ends of Windows.

    Raises `InputError` where a line is too long or a character is not in VBA's alphabet.

    >>> checked("Module", "Option Explicit\nEnd")
    'Option Explicit\r\nEnd\r\n'
    """
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            raise InputError(f"{name}, line {number}: VBA takes lines of {LONGEST_LINE} characters at most")
        try:
            line.encode("cp1252")
        except UnicodeEncodeError as error:
            raise InputError(f"{name}, line {number}: VBA cannot write {line[error.start]!r}") from None
    return "\r\n".join(text.splitlines()) + "\r\n"


def check_names(spec: Function) -> None:
    """Refuse names of a function and its arguments that VBA or a cell cannot take, with `InputError`."""
    names = [spec.excel_name, *map(parameter, spec.arguments)]
    for name in names:
        if not _NAME.fullmatch(name) or name.lower() in _RESERVED:
            raise InputError(f"{spec.excel_name}: {name!r} cannot be a name in VBA")
    if len({name.lower() for name in names}) != len(names):
        raise InputError(f"{spec.excel_name}: two of its names differ only by capitals")
    if _ADDRESS.fullmatch(spec.excel_name):
        raise InputError(f"{spec.excel_name} is the address of a cell")
    if spec.more and any(argument.optional for argument in spec.arguments):
        raise InputError(f"{spec.excel_name}: arguments that may be left out and further ones cannot be told apart")
    if len(spec.arguments) > MOST_ARGUMENTS:
        raise InputError(f"{spec.excel_name}: Excel helps with {MOST_ARGUMENTS} arguments at most")


def _sorted(functions: Iterable[Function]) -> list[Function]:
    found = sorted(functions, key=lambda spec: spec.excel_name)
    for spec in found:
        check_names(spec)
    return found


def _head(name: str, says: str, *, private: bool = True) -> str:
    lines = [f'Attribute VB_Name = "{name}"', "Option Explicit", *(["Option Private Module"] if private else [])]
    return "\n".join([*lines, "", f"' {says} Generated: change the registry, not this.", ""])


def _wrapper(spec: Function) -> str:
    """The VBA function of a function."""
    names = list(map(parameter, spec.arguments))
    taken = [f"{'Optional ' if a.optional else ''}{n} As Variant" for a, n in zip(spec.arguments, names, strict=True)]
    if spec.more:
        taken.append("ParamArray further() As Variant")
    lines = [
        f"Public Function {spec.excel_name}({', '.join(taken)}) As Variant",
        f"Attribute {spec.excel_name}.VB_Description = {_quoted(spec.says)}",
    ]
    cells = f"Array({', '.join(names)})"
    if spec.more:
        lines += _gathered(cells, len(names))
        cells = "cells"
    lines += [f'    {spec.excel_name} = SopCall("{spec.excel_name}", {cells})', "End Function", ""]
    return "\n".join(lines)


def _gathered(cells: str, first: int) -> list[str]:
    """Lines that put the named arguments and the further ones into one array; a range is an object and stays one."""
    return [
        "    Dim cells() As Variant, at As Long",
        f"    cells = {cells}",
        f"    If UBound(further) >= 0 Then ReDim Preserve cells(0 To UBound(further) + {first})",
        "    For at = 0 To UBound(further)",
        "        If IsObject(further(at)) Then",
        f"            Set cells(at + {first}) = further(at)",
        "        Else",
        f"            cells(at + {first}) = further(at)",
        "        End If",
        "    Next at",
    ]


def _described(spec: Function) -> str:
    return f"Describe_{spec.name}"


def _macro_options(spec: Function) -> list[str]:
    """The statement that tells Excel the help of a function, an argument a line."""
    lines = [
        f'    Application.MacroOptions Macro:="{spec.excel_name}", Category:={_quoted(f"S&OP {spec.group}")}, _',
        f"        Description:={_quoted(spec.says)}",
    ]
    helps = [argument.help for argument in spec.arguments] + (["Further arguments"] if spec.more else [])
    if helps:
        lines[-1] += ", _"
        listed = [f"{_quoted(text)}{',' if at < len(helps) - 1 else ')'}" for at, text in enumerate(helps)]
        lines.append("        ArgumentDescriptions:=Array( _")
        lines += [f"            {text} _" for text in listed[:-1]] + [f"            {listed[-1]}"]
    return lines


def _case(tag: str, statement: str) -> tuple[str, str]:
    return f"        Case {_quoted(tag)}", f"            {statement}"


def _selected(cases: list[str]) -> list[str]:
    return ["    Select Case tag", *cases, "    End Select"] if cases else []


def _quoted(text: str) -> str:
    """A text of VBA on one line, as long as Excel shows it."""
    plain = " ".join(text.split())
    if len(plain) > LONGEST_HELP:
        plain = f"{plain[: LONGEST_HELP - 3].rsplit(' ', 1)[0]}..."
    return '"' + plain.translate(_PLAIN).replace('"', '""') + '"'


_PLAIN = str.maketrans({"\u2212": "-", "\u2265": ">=", "\u2264": "<=", "\u03c3": "sigma", "\u2192": "->"})
"""Signs that VBA's alphabet does not have."""
