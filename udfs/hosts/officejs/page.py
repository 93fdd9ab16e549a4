"""The pages and scripts of the add-in: fixed files and what is generated from the registry, read once at the start."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from typing import Any

from sop_xl import __version__
from udfs.functions import by_group
from udfs.hosts.officejs.icons import COLOURS, PANE_COLOUR, SIZES, icon
from udfs.hosts.officejs.manifest import NAME, PANE, by_ribbon_group, manifest_json, manifest_xml
from udfs.hosts.officejs.metadata import bridge_data, functions_json, spelled
from udfs.registry import Function

Page = tuple[str, bytes]
"""Media type and content."""

_STATIC = {
    "taskpane.html": "text/html; charset=utf-8",
    "pane.css": "text/css; charset=utf-8",
    "pane.js": "text/javascript; charset=utf-8",
}
PRIVACY = (
    "Functions send the cells of their arguments, and commands the planning tables of the workbook, to this server and "
    "nowhere else. The server keeps answers in its memory while it runs and writes nothing to disk."
)
TERMS = "sop_xl is free software under the MIT licence; it comes without warranty."


def pages(base: str) -> dict[str, Page]:
    """Everything that is served under its path.

    Parameters
    ----------
    base
        Address of the add-in.

    """
    found = {f"/{name}": (kind, _static(name)) for name, kind in _STATIC.items()}
    data = f"globalThis.SOP_XL = {json.dumps(bridge_data())};\n".encode()
    found["/bridge.js"] = ("text/javascript; charset=utf-8", data + _static("tables.js") + _static("bridge.js"))
    found["/functions.json"] = _json(functions_json(base))
    found["/manifest.xml"] = ("application/xml", manifest_xml(base).encode())
    found["/manifest.json"] = _json(manifest_json(base))
    found["/help.html"] = ("text/html; charset=utf-8", help_page().encode())
    return found


def icons() -> dict[str, Page]:
    """The icon of every button in every size, under its path."""
    letters = {PANE: ("S", PANE_COLOUR)}
    for number, specs in enumerate(by_ribbon_group().values()):
        colour = COLOURS[number % len(COLOURS)]
        letters |= {spec.name: ((spec.key_tip or spec.label)[0], colour) for spec in specs}
    return {
        f"/icons/{name}-{size}.png": ("image/png", icon(letter, colour, size))
        for name, (letter, colour) in letters.items()
        for size in (SIZES if name == PANE else (16, 32, 80))
    }


def help_page() -> str:
    """The reference of the functions as a page."""
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(NAME)} functions</title>'
        '<link rel="stylesheet" href="pane.css"></head>\n<body class="help">',
        f"<h1>{escape(NAME)} functions</h1><p>sop_xl {escape(__version__)}</p>",
    ]
    for group, specs in by_group().items():
        parts.append(f"<h2>{escape(group)}</h2>")
        parts += [_function(spec) for spec in specs]
    parts.append(f'<h2 id="privacy">Privacy</h2><p>{escape(PRIVACY)}</p>')
    parts.append(f'<h2 id="terms">Terms</h2><p>{escape(TERMS)}</p></body></html>\n')
    return "\n".join(parts)


def _function(spec: Function) -> str:
    shown = [f"[{a.name}]" if a.optional else a.name for a in spec.arguments] + (["..."] if spec.more else [])
    lines = [
        f'<h3 id="{escape(spec.name)}">{escape(spec.officejs_name)}({escape(", ".join(shown))})</h3>',
        f"<p>{escape(spelled(spec.says))}</p>",
        "<dl>",
        *(f"<dt>{escape(a.name)}</dt><dd>{escape(spelled(a.help))}</dd>" for a in spec.arguments),
        f"<dt>shows</dt><dd>{escape(spelled(spec.returns))}</dd>",
        "</dl>",
    ]
    if spec.details:
        lines.append(f"<pre>{escape(spelled(spec.details))}</pre>")
    return "\n".join(lines)


def _static(name: str) -> bytes:
    return (files("udfs.hosts.officejs") / "static" / name).read_bytes()


def _json(content: Any) -> Page:
    return "application/json", json.dumps(content, indent=1).encode()
