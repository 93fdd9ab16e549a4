"""The bodies of requests and answers, checked before anything is done with them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StrictBool, StrictInt, StrictStr

from udfs.cells import ERRORS

LONGEST_TEXT = 32_767
"""Characters a cell of Excel can hold."""
MOST_ARGUMENTS = 64

CellText = Annotated[StrictStr, Field(max_length=LONGEST_TEXT)]
WholeNumber = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
Plain = StrictBool | WholeNumber | Annotated[FiniteFloat, Field(strict=True)] | CellText | None


class _Checked(BaseModel):
    """Nothing beside what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorCell(_Checked):
    """An error as it stands in a cell."""

    error: Literal[ERRORS]  # type: ignore[valid-type]
    says: CellText = ""


Cell = Plain | ErrorCell
Argument = list[list[Cell]] | Cell


class Call(_Checked):
    """A function by its name, and its arguments: cells, or ranges as rows of cells."""

    function: Annotated[StrictStr, Field(min_length=1, max_length=64)]
    arguments: Annotated[list[Argument], Field(max_length=MOST_ARGUMENTS)]


class Calls(_Checked):
    """What a sheet asks for while it is calculated."""

    calls: Annotated[list[Call], Field(min_length=1)]


class SentTable(_Checked):
    """A table as it stands on its sheet; `row` is the number of its first row there."""

    sheet: Annotated[StrictStr, Field(max_length=31)]
    header: list[CellText]
    rows: list[list[Cell]]
    row: Annotated[StrictInt, Field(ge=1, le=1_048_576)] = 2
    column: Annotated[StrictInt, Field(ge=1, le=16_384)] = 1


class Sent(_Checked):
    """The tables of a workbook, by their name in it, and the workbook's name for sentences."""

    book: Annotated[StrictStr, Field(max_length=255)]
    tables: dict[Annotated[StrictStr, Field(max_length=255)], SentTable]


class Answered(BaseModel):
    """The cells of a call, or its error with a sentence."""

    cells: list[list[Any]] | None = None
    error: str | None = None
    says: str | None = None


class Answers(BaseModel):
    """The answers of a batch, in its order."""

    answers: list[Answered]


class Says(BaseModel):
    """A sentence about what went wrong."""

    says: str


class Told(BaseModel):
    """Where a job stands: what is being done and the share of it behind us; once done, its message and tables."""

    job: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    doing: str = ""
    share: float = 0.0
    says: str | None = None
    tables: dict[str, Any] | None = None


def size_of(call: Call) -> int:
    """The cells of a call's arguments."""
    return sum(sum(map(len, part)) if isinstance(part, list) else 1 for part in call.arguments)


def uneven(rows: list[list[Any]]) -> bool:
    """Whether rows differ in length, as no range does."""
    return len({len(row) for row in rows}) > 1
