"""Who has a file: Excel, LibreOffice, or another run of ours."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from sop_xl.errors import BookError


def lock_of(path: Path) -> Path:
    """The lock file that keeps two runs from one book.

    >>> lock_of(Path("SOP.xlsx")).name
    'SOP.xlsx.sop-lock'
    """
    return path.with_name(f"{path.name}.sop-lock")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a book against other runs; the lock of a run that died on this machine is taken over."""
    lock = lock_of(path)
    mine = json.dumps({"pid": os.getpid(), "host": socket.gethostname()})
    _take(lock, mine, path.name)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if lock.read_text(encoding="utf-8") == mine:
                lock.unlink()


def refuse_open(path: Path) -> None:
    """Raise `BookError` where Excel or LibreOffice has the file open, by the owner files they leave beside it."""
    excel = path.with_name(f"~${path.name}")
    if excel.exists():
        raise _open_in("Excel", path, _excel_owner(excel))
    office = path.with_name(f".~lock.{path.name}#")
    if office.exists():
        raise _open_in("LibreOffice", path, _office_owner(office))


def _open_in(program: str, path: Path, owner: str) -> BookError:
    by = f" (by {owner})" if owner else ""
    return BookError(f"{path.name} is open in {program}{by}; close it and run again")


def _excel_owner(path: Path) -> str:
    """The name in Excel's owner file: its length in one byte, then its letters."""
    with contextlib.suppress(OSError):
        data = path.read_bytes()
        if data:
            return data[1 : 1 + data[0]].decode("latin-1").strip("\x00 ")
    return ""


def _office_owner(path: Path) -> str:
    """The name in LibreOffice's lock file: full name or login, then host, separated by commas."""
    with contextlib.suppress(OSError):
        fields = path.read_text(encoding="utf-8", errors="replace").split(",")
        return next((f.strip() for f in fields[:2] if f.strip()), "")
    return ""


def _take(lock: Path, mine: str, name: str) -> None:
    for _ in range(3):
        try:
            _make(lock, mine)
        except FileExistsError:
            _remove_stale(lock, name)
        except OSError as error:
            raise BookError(
                f"{name} cannot be locked for writing ({error.strerror}); is its folder read-only?"
            ) from error
        else:
            return
    raise BookError(f"another run is working on {name}; wait for it to end")


def _make(lock: Path, mine: str) -> None:
    """Make the lock file with its content in one step: a run killed in between leaves none that nobody holds."""
    written = lock.with_name(f"{lock.name}.{os.getpid()}")
    written.write_text(mine, encoding="utf-8")
    try:
        os.link(written, lock)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with lock.open("x", encoding="utf-8") as stream:
            stream.write(mine)
    finally:
        written.unlink(missing_ok=True)


def _remove_stale(lock: Path, name: str) -> None:
    """Remove the lock of a run that is over; raise where it is not."""
    try:
        holder = json.loads(lock.read_text(encoding="utf-8"))
        host, pid = str(holder["host"]), int(holder["pid"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BookError(f"another run is working on {name}; if there is none, delete {lock.name}") from error
    if host != socket.gethostname():
        raise BookError(f"a run on {host} is working on {name}; if there is none, delete {lock.name}")
    if _alive(pid):
        raise BookError(f"another run (process {pid}) is working on {name}; wait for it to end")
    with contextlib.suppress(FileNotFoundError):
        aside = lock.with_name(f"{lock.name}.{os.getpid()}")
        lock.rename(aside)  # two runs may find the same dead lock; only one can move it
        aside.unlink()


def _alive(pid: int) -> bool:
    if sys.platform == "win32":  # os.kill would end the process there
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
