"""What stands behind a cell: the sentences of a function, and which version answers."""

from __future__ import annotations

from typing import Annotated, Any

from sop_xl import __version__
from udfs.cells import CellError, Text
from udfs.registry import Example, answer, function, named

GROUP = "Explain"


@function(
    GROUP,
    returns="text",
    example=Example(("SAFETY_STOCK", -1, 40, 3), "SOP_SAFETY_STOCK shows #VALUE!: demand must be 0 or more, got -1"),
)
def explain(
    function_name: Annotated[str, Text("Name of a function, such as FORECAST")], *arguments: Any
) -> list[list[str]]:
    """Why a function shows what it shows: its method, its parameters, or the sentence behind its error.

    The arguments of the function follow its name: =SOP_EXPLAIN("FORECAST", B5:AK5, 12).
    """
    spec = named(function_name)
    try:
        said = answer(spec.name, arguments).says
    except CellError as error:
        return [[f"{spec.excel_name} shows {error.kind}: {error.says}"]]
    return [[sentence] for sentence in said or (spec.says,)]


@function(GROUP, returns="text", example=Example((), f"sop_xl {__version__}"))
def version() -> str:
    """The version of the add-in that answers."""
    return f"sop_xl {__version__}"
