"""The extension as a file: the same registry and the same Python give the same bytes."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

from udfs.hosts.calc import parts

FILE_NAME = "sop_xl.oxt"
EXTENSION = Path(__file__).parent / "extension"
"""The code that runs inside LibreOffice, as it stands in the extension."""

_LOADED = (
    ("sop_xl.idl", "uno-typelibrary;type=RDB"),
    ("sop_xl_component.py", "uno-component;type=Python"),
    ("Addons.xcu", "configuration-data"),
    ("CalcWindowState.xcu", "configuration-data"),
    ("Jobs.xcu", "configuration-data"),
)
_THE_SAME_DAY = (1980, 1, 1, 0, 0, 0)


def extension(python: str = sys.executable) -> bytes:
    """The extension, whose worker is started with this Python."""
    import udfs.commands
    import udfs.functions  # noqa: F401 (declares them)

    found = {
        "META-INF/manifest.xml": parts.manifest(_LOADED),
        "description.xml": parts.description(),
        "sop_xl.idl": parts.idl(),
        "sop_xl.json": parts.metadata(python),
        "Addons.xcu": parts.menu(),
        "CalcWindowState.xcu": parts.window(),
        "Jobs.xcu": parts.jobs(),
    }
    for path in sorted(EXTENSION.rglob("*.py")):
        found[path.relative_to(EXTENSION).as_posix()] = path.read_text(encoding="utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in found.items():
            entry = zipfile.ZipInfo(name, _THE_SAME_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, text.encode("utf-8"))
    return packed.getvalue()


def build(out: Path, python: str = sys.executable) -> Path:
    """Write the extension into a file, or under its usual name into a folder.

    Raises
    ------
    BookError
        If it cannot be written.

    """
    from sop_xl.errors import BookError

    target = out / FILE_NAME if out.is_dir() else out
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(extension(python))
    except OSError as error:
        raise BookError(f"{target} cannot be written ({error.strerror or error})") from error
    return target
