"""How the add-in is served: its address, who may call it, and its limits."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sop_xl.errors import InputError

PORT = 8443
SHORTEST_TOKEN = 20
"""A token shorter than this can be guessed [characters]."""


@dataclass(frozen=True)
class Limits:
    """What one request may ask for, and for how long it may keep the server busy.

    Parameters
    ----------
    call_bytes, command_bytes
        Longest body of a batch of cells and of a command's tables [bytes].
    calls, cells
        Most calls in a batch, and most cells in its arguments or in one answer.
    table_cells
        Most cells in the tables of a command.
    body_seconds, call_seconds, batch_seconds, command_seconds
        Longest time for a body to arrive, one cell to be calculated, a batch of cells to be answered, and a command
        to run [s].
    waiting_calls, waiting_jobs
        Most calls and jobs that wait; beyond them the server says it is busy.
    kept_seconds, unasked_seconds
        How long a finished job is kept for who handed it in, and how long one goes on that nobody asks after [s].

    """

    call_bytes: int = 8_000_000
    command_bytes: int = 64_000_000
    calls: int = 512
    cells: int = 200_000
    table_cells: int = 3_000_000
    body_seconds: float = 30.0
    call_seconds: float = 30.0
    batch_seconds: float = 120.0
    command_seconds: float = 1_800.0
    waiting_calls: int = 50_000
    waiting_jobs: int = 20
    kept_seconds: float = 600.0
    unasked_seconds: float = 180.0


@dataclass(frozen=True)
class Settings:
    """How the add-in is served.

    Parameters
    ----------
    host, port
        Where the server listens.
    public_url
        The address people use when a reverse proxy stands in front; empty without one.
    token
        What callers must show; empty on one's own machine.
    workers
        Processes that calculate cells.
    limits
        What a request may ask for.

    Raises
    ------
    InputError
        If the server could be reached from elsewhere without a token, or the token or the address will not do.

    >>> Settings().base
    'https://localhost:8443'
    >>> Settings(host="0.0.0.0")
    Traceback (most recent call last):
        ...
    sop_xl.errors.InputError: serving 0.0.0.0 lets other machines call: give a token with --token-file

    """

    host: str = "localhost"
    port: int = PORT
    public_url: str = ""
    token: str = field(default="", repr=False)
    workers: int = 2
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.public_url:
            _check_url(self.public_url)
        if self.token and (
            len(self.token) < SHORTEST_TOKEN or not self.token.isascii() or not self.token.isprintable()
        ):
            raise InputError(f"the token must be {SHORTEST_TOKEN} or more plain characters, got {len(self.token)}")
        if not self.token and self.beyond_loopback:
            where = self.public_url or self.host
            raise InputError(f"serving {where} lets other machines call: give a token with --token-file")
        if self.workers < 1:
            raise InputError(f"workers must be 1 or more, got {self.workers}")

    @property
    def beyond_loopback(self) -> bool:
        """Whether others than this machine can reach the server."""
        return bool(self.public_url) or not is_loopback(self.host)

    @property
    def base(self) -> str:
        """The address of the add-in, without a slash at its end."""
        return self.public_url.rstrip("/").removesuffix(":443") or f"https://{_in_url(self.host)}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts a request may name: those of this server, never one that merely resolves to it."""
        names = {urlsplit(self.base).netloc.lower()}
        if is_loopback(self.host) and not self.public_url:
            names |= {f"{name}:{self.port}" for name in ("localhost", "127.0.0.1", "[::1]")}
        return frozenset(names)

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may call."""
        return frozenset(f"https://{host}" for host in self.hosts)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine only.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        raise InputError(f"the public address must be such as https://sop.example.com, got {url!r}") from None
    plain = parts.scheme == "https" and parts.hostname and not (parts.query or parts.fragment or parts.username)
    if not plain or not port_is_sound or parts.path not in ("", "/"):
        raise InputError(f"the public address must be such as https://sop.example.com, got {url!r}")
