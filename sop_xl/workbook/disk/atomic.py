"""Replacing files whole: a crash, a full disk or Ctrl-C at any moment leaves the old file as it was."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from sop_xl.errors import BookError

SWAP = ".sop-xl-swap"
"""The file that says which files of its folder are being swapped."""


def replace_file(path: Path, write: Callable[[IO[bytes]], None], check: Callable[[Path], None]) -> None:
    """Write a file beside `path`, `check` it, and put it in the place of `path` in one step."""
    with told(path), staged(path, write) as temporary:
        check(temporary)
        os.replace(temporary, path)  # noqa: PTH105 (said once for both steps)
        _settle(path.parent)


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Replace several files together: when one cannot be put in place, those before it are put back."""
    with contextlib.ExitStack() as stack:
        staged_files = []
        for path, data in contents.items():
            stack.enter_context(told(path))
            staged_files.append((path, stack.enter_context(staged(path, _writing(data)))))
        _swap_all(staged_files)


@contextlib.contextmanager
def staged(path: Path, write: Callable[[IO[bytes]], None]) -> Iterator[Path]:
    """A temporary file beside `path` with the new content safely on the disk; gone afterwards if it was not used."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        else:
            temporary.chmod(0o644)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the system says about a file into a sentence."""
    try:
        yield
    except PermissionError as error:
        raise BookError(
            f"{path.name} cannot be written: it is read-only or open in another program; close it and run again"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BookError(f"there is no room on the disk to save {path.name}; the file is as it was") from error
        raise BookError(f"{path.name} cannot be saved ({error.strerror or error}); the file is as it was") from error


def refuse_read_only(path: Path) -> None:
    """Raise `BookError` where a file, or the folder it would be replaced in, must not be written."""
    if path.exists() and not _may_write(path):
        raise BookError(f"{path.name} is read-only; allow writing to it, or save a copy")
    if not _may_write(path.parent):
        raise BookError(f"the folder {path.parent} is read-only; {path.name} cannot be saved there")


def _may_write(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o222) and os.access(path, os.W_OK)


def _writing(data: bytes) -> Callable[[IO[bytes]], None]:
    def write(stream: IO[bytes]) -> None:
        stream.write(data)

    return write


def _swap_all(staged_files: list[tuple[Path, Path]]) -> None:
    """Put each temporary file in the place of its target; on any failure put the old ones back.

    What is to be swapped stands in a file meanwhile, so that `recover` can put it back after a crash.
    """
    plan = [
        (path, temporary, temporary.with_suffix(".bak") if path.exists() else None) for path, temporary in staged_files
    ]
    folders = sorted({path.parent for path, _, _ in plan})
    for folder in folders:
        mine = {path.name: backup and backup.name for path, _, backup in plan if path.parent == folder}
        with staged(folder / SWAP, _writing(json.dumps(mine).encode())) as marker:
            marker.rename(folder / SWAP)
        _settle(folder)
    try:
        for path, temporary, backup in plan:
            if backup is not None:
                path.rename(backup)
            temporary.rename(path)
    except BaseException:
        for folder in folders:
            recover(folder)
        raise
    for folder in folders:
        _settle(folder)
        (folder / SWAP).unlink()
    for _, _, backup in plan:
        if backup is not None:
            backup.unlink()


def recover(folder: Path) -> bool:
    """Put back what was in a folder before a swap that did not end; whether there was one."""
    marker = folder / SWAP
    if not marker.exists():
        return False
    for name, backup in json.loads(marker.read_text(encoding="utf-8")).items():
        if backup is None:
            (folder / name).unlink(missing_ok=True)
        elif (folder / backup).exists():
            (folder / backup).replace(folder / name)
    marker.unlink()
    return True


def sweep(folder: Path, stems: Iterable[str]) -> None:
    """Remove what a run that was killed left beside its files."""
    known = set(stems)
    for path in [*folder.glob(".*-*.tmp"), *folder.glob(".*-*.bak")]:
        if path.name[1:].rpartition("-")[0] in known:
            path.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Have the new name of a file safely on the disk, where the system can be asked for it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
