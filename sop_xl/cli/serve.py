"""`sop-xl serve`: functions and commands over Office.js, for Excel on Windows, the Mac and the web."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sop_xl.cli.parts import command, say
from sop_xl.errors import BookError, InputError

if TYPE_CHECKING:
    import uvicorn

    from udfs.hosts.officejs.settings import Settings

MANUAL = """
On one's own machine: the server listens on this machine alone and makes a
certificate for localhost, kept in your own settings. Have the machine trust it
once (the command is printed), then bring the manifest into Excel: Windows, a
shared folder as trusted catalogue; Mac, the folder wef; web, Upload My Add-in.

For a team: --public-url is the address people use. A reverse proxy ends TLS and
passes the calls on to this machine; without one give --certificate and --key.
Callers must then show the token of --token-file (or SOP_XL_TOKEN), which the
task pane asks for once, or which the proxy adds after its own sign-in.
"""
TOKEN_VARIABLE = "SOP_XL_TOKEN"  # noqa: S105 (its name)
_MOST_WORKERS = 4


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    serve = command(commands, "serve", _serve, "serve the add-in for Excel over Office.js",
        "sop-xl serve\n"
        "  sop-xl serve --manifest sop_xl.xml       (write the manifest and stop)\n"
        "  sop-xl serve --public-url https://sop.example.com --token-file token.txt",
        MANUAL)  # fmt: skip
    serve.add_argument("--host", default="localhost", help="where to listen (default: localhost)")
    serve.add_argument("--port", type=int, default=8443, help="port, 0 for a free one (default: 8443)")
    serve.add_argument("--public-url", default="", metavar="URL", help="the address people use, such as https://sop.example.com")  # fmt: skip
    serve.add_argument("--token-file", type=Path, metavar="FILE", help=f"the token callers must show (or {TOKEN_VARIABLE})")  # fmt: skip
    serve.add_argument("--certificate", type=Path, metavar="FILE", help="certificate of the server (default: one for localhost is made)")  # fmt: skip
    serve.add_argument("--key", type=Path, metavar="FILE", help="its key")
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    serve.add_argument("--workers", type=int, default=workers, metavar="N", help=f"processes that calculate cells (default: {workers})")  # fmt: skip
    serve.add_argument("--manifest", type=Path, metavar="FILE", help="write the manifest (.xml, or .json) and stop")


def _serve(given: argparse.Namespace) -> None:
    try:
        import cryptography  # noqa: F401
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise InputError(f"serving needs {error.name}; install it with: pip install 'sop-xl[serve]'") from error
    settings = _settings(given)
    if given.manifest:
        _write_manifest(given.manifest, settings)
        say(given, f"{given.manifest} is for {settings.base}")
        return
    files = _tls(given)
    with _listen(given) as listening, contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
        settings = replace(settings, port=listening.getsockname()[1])
        server = uvicorn.Server(_config(settings, files, is_verbose=given.verbose))
        say(given, f"serving {settings.base}  (Ctrl-C ends it)")
        say(given, f"manifest: {settings.base}/manifest.xml")
        server.run(sockets=[listening])


def _config(settings: Settings, files: tuple[Path, Path] | None, *, is_verbose: bool) -> uvicorn.Config:
    """How the server runs: nothing of a proxy is believed, and slow or silent callers are let go."""
    import uvicorn

    from udfs.hosts.officejs.app import create_app

    certificate, key = (None, None) if files is None else map(str, files)
    config = uvicorn.Config(
        create_app(settings), log_level="info" if is_verbose else "warning", access_log=is_verbose,
        server_header=False, date_header=False, proxy_headers=False, timeout_keep_alive=30, limit_concurrency=400,
        timeout_graceful_shutdown=5, h11_max_incomplete_event_size=32_768, ws="none",
        ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    try:
        config.load()
    except OSError as error:
        raise BookError(f"the certificate or its key cannot be read ({error.strerror or error})") from error
    return config


def _settings(given: argparse.Namespace) -> Settings:
    from udfs.hosts.officejs.settings import Settings

    if not 0 <= given.port <= 65_535:
        raise InputError(f"--port must be between 0 and 65535, got {given.port}")
    token = _token(given)
    return Settings(
        host=given.host, port=given.port, public_url=given.public_url, token=token, workers=given.workers
    )  # fmt: skip


def _token(given: argparse.Namespace) -> str:
    if given.token_file is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip()
    try:
        return str(given.token_file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(f"the token cannot be read from {given.token_file} ({error})") from error


def _tls(given: argparse.Namespace) -> tuple[Path, Path] | None:
    """The certificate and its key; none where a reverse proxy on this machine ends TLS."""
    from udfs.hosts.officejs.certificate import certificate, home, trust
    from udfs.hosts.officejs.settings import is_loopback

    if bool(given.certificate) != bool(given.key):
        raise InputError("--certificate and --key belong together")
    if given.certificate:
        return given.certificate, given.key
    if not is_loopback(given.host):
        raise InputError(f"serving {given.host} to other machines needs --certificate and --key")
    if given.public_url:
        return None
    made = certificate(home())
    if made.is_new:
        say(given, f"a certificate for localhost was made: {made.certificate}")
        say(given, f"its fingerprint (SHA-256): {made.fingerprint}")
        say(given, f"have this machine trust it until {made.last_day:%Y-%m-%d}:\n\n{trust(made.certificate)}\n")
    return made.certificate, made.key


def _listen(given: argparse.Namespace) -> socket.socket:
    """A socket that listens; taken before anything is said, so that a port in use is told at once."""
    try:
        family = socket.getaddrinfo(given.host, given.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((given.host, given.port), family=family, backlog=512)
    except OSError as error:
        raise InputError(
            f"{given.host}:{given.port} cannot be listened on ({error.strerror or error}); choose another --port"
        ) from error


def _write_manifest(path: Path, settings: Settings) -> None:
    import json

    from udfs.hosts.officejs.manifest import manifest_json, manifest_xml

    is_json = path.suffix.lower() == ".json"
    text = json.dumps(manifest_json(settings.base), indent=1) if is_json else manifest_xml(settings.base)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BookError(f"{path} cannot be written ({error.strerror or error})") from error
