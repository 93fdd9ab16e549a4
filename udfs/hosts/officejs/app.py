"""The server of the add-in: pages and metadata, cells in batches, commands as jobs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from sop_xl import __version__
from sop_xl.workbook.tables import TABLES
from udfs.hosts.officejs.desk import BusyError, Desk, Pending
from udfs.hosts.officejs.jobs import Job, Jobs, State
from udfs.hosts.officejs.messages import Answers, Calls, Says, Sent, Told, size_of, uneven
from udfs.hosts.officejs.page import Page, icons, pages
from udfs.hosts.officejs.safety import Refusal, Safety
from udfs.hosts.officejs.settings import Limits, Settings
from udfs.hosts.officejs.tasks import UNEXPECTED
from udfs.registry import COMMANDS

M = TypeVar("M", bound=BaseModel)
LOOK = 0.25
"""How often a batch that is waited for looks whether its caller is still there [s]."""
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Says, "description": "What was sent is no JSON"},
    401: {"model": Says, "description": "The token is missing or wrong"},
    403: {"model": Says, "description": "The call comes from another page"},
    413: {"model": Says, "description": "More was sent than the server takes"},
    415: {"model": Says, "description": "The body is not application/json"},
    422: {"model": Says, "description": "What was sent cannot be read"},
    503: {"model": Says, "description": "Too much waits already"},
}
_NO_JOB: dict[int | str, dict[str, Any]] = {
    401: _REFUSALS[401],
    403: _REFUSALS[403],
    404: {"model": Says, "description": "There is no such job (any more)"},
    422: _REFUSALS[422],
}
JobName = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{32}$", description="Name of a job, as it was answered")]
CommandName = Annotated[str, Path(pattern="^[a-z_]{1,64}$", description="Name of a command")]


def create_app(settings: Settings) -> FastAPI:
    """The server as an ASGI app; its workers start and end with it.

    Parameters
    ----------
    settings
        Its address, token and limits.

    """
    limits = settings.limits
    desk, jobs = Desk(settings.workers, limits), Jobs(limits)
    shown = pages(settings.base) | icons()

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        desk.start()
        jobs.start()
        yield
        await asyncio.to_thread(desk.close)
        await asyncio.to_thread(jobs.close)

    app = FastAPI(
        title="sop_xl", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, lifespan=life
    )  # fmt: skip
    _handle_errors(app)
    app.add_middleware(Safety, settings=settings)

    @app.get("/api/hello", responses={k: _REFUSALS[k] for k in (401, 403)})
    async def hello() -> dict[str, str]:
        """Whether the caller is signed in, and which version answers."""
        return {"version": __version__}

    @app.post("/api/calls", response_model=Answers, responses=_REFUSALS, openapi_extra=_body(Calls))
    async def calls(request: Request) -> Response:
        """Answer the cells of a sheet: one batch, one answer for each call in its order."""
        batch = _checked_calls(await request.body(), limits)
        asked = [(c["function"], _compact(c["arguments"])) for c in batch.model_dump(mode="json")["calls"]]
        try:
            pendings = desk.ask(asked)
        except BusyError:
            raise Refusal(503, "too many cells wait already; try again in a moment") from None
        try:
            answers = await _answers(request, pendings, limits)
        finally:
            desk.leave(pendings)
        return Response(f'{{"answers":[{",".join(answers)}]}}', media_type="application/json")

    @app.post(
        "/api/commands/{name}",
        status_code=202,
        response_model=Told,
        response_model_exclude_none=True,
        responses=_REFUSALS | {404: {"model": Says, "description": "There is no such command"}},
        openapi_extra=_body(Sent),
    )
    async def command(name: CommandName, request: Request) -> Response:
        """Hand in a command with the tables of the workbook; ask after the job that is answered."""
        if name not in COMMANDS:
            raise Refusal(404, f"there is no command {name}")
        body = await request.body()
        await asyncio.to_thread(_check_tables, body, limits)
        try:
            job = jobs.hand_in(name, body)
        except BusyError:
            raise Refusal(503, "too many commands wait already; try again in a moment") from None
        return _told(job, 202)

    @app.get("/api/jobs/{name}", response_model=Told, response_model_exclude_none=True, responses=_NO_JOB)
    async def job(name: JobName) -> Response:
        """Where a job stands; once it is done, its message and the tables that changed."""
        return _told(_found(jobs, name))

    @app.delete("/api/jobs/{name}", response_model=Told, response_model_exclude_none=True, responses=_NO_JOB)
    async def drop(name: JobName) -> Response:
        """Cancel a job, or forget one that is over."""
        found = _found(jobs, name)
        jobs.drop(found)
        return _told(found, with_answer=False)

    for path, page in shown.items():
        app.add_route(path, _shower(page), methods=["GET"], include_in_schema=False)
    return app


def _handle_errors(app: FastAPI) -> None:
    """Every refusal is one sentence as JSON."""

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return JSONResponse({"says": error.says}, error.status)

    async def unread(_request: Request, _error: Exception) -> Response:
        return JSONResponse({"says": "this name cannot be read"}, 422)

    async def not_there(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return JSONResponse({"says": str(error.detail)}, error.status_code, headers=error.headers)

    async def unexpected(_request: Request, _error: Exception) -> Response:
        return JSONResponse({"says": UNEXPECTED}, 500)

    from fastapi.exceptions import RequestValidationError

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, unread)
    app.add_exception_handler(HTTPException, not_there)
    app.add_exception_handler(Exception, unexpected)


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """A body as the description of the interface shows it: it is read by hand, so that its size is checked first."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    content = {"application/json": {"schema": _inlined(schema, schema.pop("$defs", {}))}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(part: Any, parts: Mapping[str, Any]) -> Any:
    """A schema with its parts in place of references to them."""
    if isinstance(part, list):
        return [_inlined(one, parts) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(parts[part["$ref"].rsplit("/", 1)[1]], parts)
    return {name: _inlined(one, parts) for name, one in part.items()}


def _checked_calls(body: bytes, limits: Limits) -> Calls:
    batch = _read(Calls, body)
    if len(batch.calls) > limits.calls:
        raise Refusal(413, f"a batch has at most {limits.calls} calls, got {len(batch.calls)}")
    cells = sum(map(size_of, batch.calls))
    if cells > limits.cells:
        raise Refusal(413, f"a batch has at most {limits.cells:,} cells, got {cells:,}")
    for call in batch.calls:
        for argument in call.arguments:
            if isinstance(argument, list) and (not argument or not argument[0] or uneven(argument)):
                raise Refusal(422, f"{call.function}: a range must have rows of the same length")
    return batch


def _check_tables(body: bytes, limits: Limits) -> None:
    sent = _read(Sent, body)
    cells = 0
    for name, table in sent.tables.items():
        if name.casefold() not in _KNOWN:
            raise Refusal(422, "a table was sent that no planning workbook has")
        if any(len(row) != len(table.header) for row in table.rows):
            raise Refusal(422, f"{name}: a row must have as many cells as the heading")
        cells += len(table.rows) * len(table.header)
    if len({name.casefold() for name in sent.tables}) < len(sent.tables):
        raise Refusal(422, "a table was sent twice")
    if cells > limits.table_cells:
        raise Refusal(413, f"a workbook has at most {limits.table_cells:,} cells in its tables, got {cells:,}")


_KNOWN = {table.excel_name.casefold() for table in TABLES.values()}


def _read(model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise Refusal(400, "the body is no JSON") from None
        where = ".".join(map(str, first["loc"]))[:200]
        raise Refusal(422, f"{where}: {first['msg']}" if where else str(first["msg"])) from None


def _compact(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


async def _answers(request: Request, pendings: list[Pending], limits: Limits) -> list[str]:
    """The answers of calls, while their caller is there."""
    waiting = {asyncio.wrap_future(pending.answer): pending for pending in pendings}
    left = set(waiting)
    try:
        async with asyncio.timeout(limits.batch_seconds):
            while left:
                _, left = await asyncio.wait(left, timeout=LOOK)
                if left and await request.is_disconnected():
                    raise Refusal(400, "the caller left")
    except TimeoutError:
        pass
    late = _compact({"error": "#N/A", "says": "the server is busy; recalculate in a moment"})
    return [pending.answer.result() if pending.answer.done() else late for pending in pendings]


def _found(jobs: Jobs, name: str) -> Job:
    job = jobs.find(name)
    if job is None:
        raise Refusal(404, "there is no such job any more")
    return job


def _told(job: Job, status: int = 200, *, with_answer: bool = True) -> Response:
    told = {"job": job.name, "state": job.state, "doing": job.doing, "share": job.share}
    body = json.dumps(told).encode()
    if with_answer and job.state in (State.DONE, State.FAILED):
        body = body[:-1] + b"," + job.answer[1:]
    return Response(body, status, media_type="application/json")


def _shower(page: Page) -> Any:
    kind, content = page

    async def show(_request: Request) -> Response:
        return Response(content, media_type=kind)

    return show
