"""Functions and commands: declared once, called by every host.

A function is declared with `@function`; its parameters carry their kinds as annotations, its docstring is its help.
From that one declaration come the wrappers of every host, the function wizard, the reference page and the test of its
example.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from sop_xl.errors import PlanningError
from udfs.cells import BAD_ARGUMENT, CellError, Kind, Rows, is_blank, rows_of, text_of, to_cells
from udfs.results import Results

PREFIX = "SOP"
"""Functions are `SOP_X` in Excel and Calc and `SOP.X` over Office.js."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Argument:
    """An argument of a function: its name, kind, and its default where it may be left out."""

    name: str
    kind: Kind
    optional: bool
    default: Any

    @property
    def words(self) -> str:
        """Its name in sentences."""
        return self.name.replace("_", " ")

    @property
    def help(self) -> str:
        """Its help in the function wizard, with its unit and default."""
        if not self.optional or self.default is None:
            return self.kind.help
        return f"{self.kind.help} (default: {text_of(self.default)})"


@dataclass(frozen=True)
class Example:
    """An example of a function: the arguments as cells, and what its cells then show, to `digits` digits."""

    arguments: tuple[Any, ...]
    result: Any
    digits: int = 6


@dataclass(frozen=True)
class Function:
    """A function of the add-in."""

    name: str
    group: str
    says: str
    details: str
    returns: str
    arguments: tuple[Argument, ...]
    example: Example
    run: Callable[..., Any]
    more: bool = False
    """Whether further arguments of any kind may follow."""

    @property
    def excel_name(self) -> str:
        """Its name in Excel and Calc."""
        return f"{PREFIX}_{self.name}"

    @property
    def officejs_name(self) -> str:
        """Its name over Office.js."""
        return f"{PREFIX}.{self.name}"


@dataclass(frozen=True)
class Command:
    """A button: what it does, its place on the ribbon, and the step of the cycle it runs."""

    name: str
    group: str
    label: str
    says: str
    icon: str
    run: Callable[..., str]
    key_tip: str = ""
    large: bool = False
    needs_book: bool = True
    local: bool = False


FUNCTIONS: dict[str, Function] = {}
COMMANDS: dict[str, Command] = {}


@dataclass(frozen=True)
class Explained:
    """A result with the sentences that explain it: which method, which parameters, what was assumed."""

    value: Any
    says: tuple[str, ...]


def function(group: str, *, returns: str, example: Example, name: str = "") -> Callable[[F], F]:
    """Declare a function of the add-in.

    Parameters
    ----------
    group
        Group in the wizard and the reference, such as `Demand`.
    returns
        What its cells show, with the unit.
    example
        An example, which is also a test on every host.
    name
        Its name; by default that of the Python function.

    """

    def declare(run: F) -> F:
        lines = inspect.getdoc(run)
        if not lines:
            raise TypeError(f"{run.__name__} needs a docstring: it is the help of the function")
        says, _, details = lines.partition("\n")
        spelled = (name or run.__name__).upper()
        if spelled in FUNCTIONS:
            raise TypeError(f"two functions are called {spelled}")
        arguments, more = _arguments(run)
        FUNCTIONS[spelled] = Function(
            spelled, group, says.strip(), details.strip(), returns, arguments, example, run, more
        )
        return run

    return declare


def command(
    group: str,
    label: str,
    *,
    icon: str,
    key_tip: str = "",
    large: bool = False,
    needs_book: bool = True,
    local: bool = False,
) -> Callable[[F], F]:
    """Declare a button of the add-in; its docstring is its super tip.

    Parameters
    ----------
    group
        Group of the ribbon, such as `Demand`.
    label
        What the button says.
    icon
        Name of a picture of the host (imageMso).
    key_tip
        Keys that press it.
    large, needs_book
        Whether it is a large button, and whether it needs a planning workbook.
    local
        Whether it needs the planner's own machine, name or disk: a host that serves others does not show it.

    """

    def declare(run: F) -> F:
        says = " ".join((inspect.getdoc(run) or "").split())
        COMMANDS[run.__name__] = Command(run.__name__, group, label, says, icon, run, key_tip, large, needs_book, local)
        return run

    return declare


def _arguments(run: Callable[..., Any]) -> tuple[tuple[Argument, ...], bool]:
    """The arguments of a function from its annotations, and whether more may follow."""
    hints = get_type_hints(run, include_extras=True)
    found, more = [], False
    for parameter in inspect.signature(run).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            more = True
            continue
        hint = hints.get(parameter.name)
        kinds = [k for k in get_args(hint) if isinstance(k, Kind)] if get_origin(hint) is Annotated else []
        if len(kinds) != 1:
            raise TypeError(f"{run.__name__}: {parameter.name} needs an annotation with one kind of cell")
        optional = parameter.default is not inspect.Parameter.empty
        found.append(Argument(parameter.name, kinds[0], optional, parameter.default if optional else None))
    return tuple(found), more


RESULTS = Results()


def call(name: str, values: Sequence[Any]) -> Rows:
    """Call a function with cells and return the cells it shows.

    Raises
    ------
    CellError
        With the error of the cell and the sentence behind it.

    """
    return to_cells(answer(name, values).value)


def answer(name: str, values: Sequence[Any]) -> Explained:
    """The answer of a function with its explanation.

    Raises
    ------
    CellError
        If an argument cannot be taken, or there is no answer.

    """
    found = RESULTS.get((_plain(name), _frozen(values)), lambda: _answered(name, values))
    if isinstance(found, CellError):
        raise found
    explained: Explained = found
    return explained


def call_many(calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Rows | CellError]:
    """Call many functions, each distinct call once: what a host collects while a sheet is calculated.

    Parameters
    ----------
    calls
        Names with their cells, as in `call`.

    Returns the cells of each call, or its error, in their order. A function that is not there is an error of its cell.

    >>> import udfs.inventory
    >>> found = call_many([("SOP_EOQ", (1200, 50, 3)), ("SOP_EOQ", (1200, 50, 0)), ("eoq", (1200, 50, 3))])
    >>> found[2], found[1]
    ([[200.0]], CellError('holding cost must be above 0, got 0'))

    """
    found: dict[Any, Rows | CellError] = {}
    keys = []
    for name, values in calls:
        key = (_plain(name), _frozen(values))
        keys.append(key)
        if key not in found:
            try:
                found[key] = call(name, values)
            except CellError as error:
                found[key] = error
    return [found[key] for key in keys]


def _answered(name: str, values: Sequence[Any]) -> Explained | CellError:
    try:
        spec = named(name)
        with np.errstate(all="ignore"):  # what is not finite is an error of its cell, not a warning
            made = spec.run(*taken(spec, values))
        return made if isinstance(made, Explained) else Explained(made, ())
    except CellError as error:
        return error
    except PlanningError as error:
        return CellError(BAD_ARGUMENT, str(error))


def named(name: str) -> Function:
    """A function by its name, in any spelling.

    Raises
    ------
    CellError
        If there is none.

    """
    plain = _plain(name)
    if plain not in FUNCTIONS:
        raise CellError("#NAME?", f"there is no function {name}")
    return FUNCTIONS[plain]


def _plain(name: str) -> str:
    """A name without its prefix, however a host spells it."""
    return name.upper().replace(".", "_").removeprefix(f"{PREFIX}_")


def taken(spec: Function, values: Sequence[Any]) -> list[Any]:
    """The values of the arguments; what is left out or blank takes its default.

    Raises
    ------
    CellError
        If an argument is missing, too many are given, or one cannot be taken.

    """
    given = list(values)
    rest = given[len(spec.arguments) :]
    while rest and not spec.more and is_blank(rest[-1]):
        rest.pop()
    if rest and not spec.more:
        raise CellError(BAD_ARGUMENT, f"{spec.excel_name} takes {len(spec.arguments)} arguments, got {len(values)}")
    found = []
    for at, argument in enumerate(spec.arguments):
        value = given[at] if at < len(given) else None
        if _nothing(value):
            if not argument.optional:
                raise CellError(BAD_ARGUMENT, f"{argument.words} is missing: {argument.kind.says}")
            found.append(argument.default)
        else:
            found.append(argument.kind.take(argument.words, value))
    return [*found, *rest]


def _nothing(value: Any) -> bool:
    rows = rows_of(value)
    return len(rows) == 1 and len(rows[0]) == 1 and is_blank(rows[0][0])


def _frozen(value: Any) -> Any:
    """Cells as a key: 1, TRUE and 1.0 are different cells."""
    if isinstance(value, Mapping):
        raise TypeError("cells cannot be a mapping")
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_frozen(part) for part in value)
    return (type(value).__name__, value)
