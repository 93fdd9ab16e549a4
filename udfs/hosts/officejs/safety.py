"""What is refused before anything is read: wrong hosts, foreign pages, callers without the token, bodies too long.

References
----------
[1] OWASP Cheat Sheet Series: Cross-Site Request Forgery Prevention; HTTP Security Response Headers; REST Security.

"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from udfs.hosts.officejs.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MICROSOFT_SCRIPTS = "https://appsforoffice.microsoft.com https://ajax.aspnetcdn.com"
"""Where office.js and what it loads come from: the only scripts that are not ours."""
_FRAMES = "https://*.officeapps.live.com https://*.office.com https://*.sharepoint.com https://*.cloud.microsoft"
"""Excel on the web shows the task pane in a frame of one of these."""
POLICY = (
    f"default-src 'none'; script-src 'self' {MICROSOFT_SCRIPTS}; style-src 'self'; img-src 'self'; "
    f"connect-src 'self'; frame-ancestors 'self' {_FRAMES}; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
OPEN_TO_EXCEL = ("/functions.json", "/icons/")
"""Excel on the web fetches these from its own pages; they hold nothing that is not public."""
API = "/api/"
"""Everything under it needs the token; the pages and metadata do not."""


class Refusal(Exception):
    """A request that is not answered, and why."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status, self.says = status, says


class Safety:
    """Stands in front of the app.

    Parameters
    ----------
    app
        The app.
    settings
        Which hosts, origins and token are taken, and how long a body may be.

    """

    def __init__(self, app: App, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        guarded = self._with_headers(scope, send)
        try:
            self._check(scope)
            body = await self._body(scope, receive)
        except Refusal as refused:
            await _refuse(guarded, refused)
            return
        await self._app(scope, _replayed(body, receive), guarded)

    def _check(self, scope: Scope) -> None:
        headers = _headers(scope)
        if len(headers.get("host", ())) != 1 or headers["host"][0].lower() not in self._settings.hosts:
            raise Refusal(421, f"this server is {self._settings.base}")
        writes = scope["method"] not in ("GET", "HEAD")
        if not scope["path"].startswith(API):
            if writes:
                raise Refusal(405, "only GET is answered here")
            return
        origins = headers.get("origin", [])
        if any(origin not in self._settings.origins for origin in origins):
            raise Refusal(403, "calls from other pages are not answered")
        if writes and not origins:
            raise Refusal(403, "a call must name its origin")
        if headers.get("sec-fetch-site", ["same-origin"])[0] not in ("same-origin", "none"):
            raise Refusal(403, "calls from other pages are not answered")
        if self._settings.token and not self._signed_in(headers.get("authorization", [])):
            raise Refusal(401, "sign in: the server asks for a token")
        if scope["method"] == "POST":
            kind = headers.get("content-type", [""])[0].partition(";")[0].strip().lower()
            if kind != "application/json":
                raise Refusal(415, "the body must be application/json")

    def _signed_in(self, given: list[str]) -> bool:
        expected = f"Bearer {self._settings.token}".encode()
        return len(given) == 1 and secrets.compare_digest(given[0].encode("latin-1"), expected)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body, refused as soon as it is too long or too slow."""
        limits = self._settings.limits
        most = limits.command_bytes if scope["path"].startswith(f"{API}commands/") else limits.call_bytes
        said = _headers(scope).get("content-length", ["0"])[0]
        if not said.isdigit() or int(said) > most:
            raise Refusal(413, f"the body is longer than {most:,} bytes")
        try:
            async with asyncio.timeout(limits.body_seconds):
                return await _read(receive, most)
        except TimeoutError:
            raise Refusal(408, "the body took too long to arrive") from None

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        is_open = scope["path"].startswith(OPEN_TO_EXCEL)
        more = HEADERS | {"cross-origin-resource-policy": "cross-origin" if is_open else "same-origin"}
        if is_open:
            more["access-control-allow-origin"] = "*"
        more["cache-control"] = "no-store" if scope["path"].startswith(API) else "no-cache"
        if self._settings.public_url:
            more["strict-transport-security"] = "max-age=31536000"

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in more.items()]
                kept = [pair for pair in message.get("headers", []) if pair[0].decode("latin-1").lower() not in more]
                message = {**message, "headers": [*kept, *ours]}
            await send(message)

        return guarded


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


async def _read(receive: Receive, most: int) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Refusal(400, "the caller left")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise Refusal(413, f"the body is longer than {most:,} bytes")
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Hand a body that was read to the app; what follows it is the caller leaving."""
    first = True

    async def replay() -> Message:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


async def _refuse(send: Send, refused: Refusal) -> None:
    body = json.dumps({"says": refused.says}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refused.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if refused.status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    if refused.status in (408, 413):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
