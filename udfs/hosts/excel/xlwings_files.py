"""The VBA of the installed xlwings that the add-in carries, with what has to be different in it.

`xlwings.bas` (BSD 3-clause) starts Python and talks to it, `Dictionary.cls` (MIT) is what Excel for Mac lacks; their
notices stay in them. Four things are changed, each with a comment in the module:

- its project is called `sop_xl`, so that its settings are those the installer writes;
- settings come from that file only: otherwise a sheet of any workbook, or a file beside it, could name the program
  that a button starts;
- Python for cells is started by the name of the add-in, not of the workbook in front: one Python for all workbooks;
- Python does not look for modules in the current folder (`-P`): that may be the folder of a workbook from elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from sop_xl.errors import BookError

PROJECT = "sop_xl"
MODULE, DICTIONARY = "xlwings", "Dictionary"

_CHANGES = (
    ('Public Const PROJECT_NAME As String = "myaddin"', f'Public Const PROJECT_NAME As String = "{PROJECT}"'),
    ('If source = "" Or source = "sheet" Then', 'If source = "sheet" Then'),
    ('If source = "" Or source = "directory" Then', 'If source = "directory" Then'),
    (
        'PYTHONPATH = AddExcelDir & ";" & ActiveWorkbook.FullName & ";" & ThisWorkbook.FullName & ";" & '
        'GetConfig("ONEDRIVE_CONSUMER_WIN")',
        'PYTHONPATH = AddExcelDir & ";" & ThisWorkbook.FullName & ";" & ThisWorkbook.FullName & ";" & '
        'GetConfig("ONEDRIVE_CONSUMER_WIN")',
    ),
    (
        'RunCommand = CondaCmd & PythonInterpreter & " -B -c ""import',
        'RunCommand = CondaCmd & PythonInterpreter & " -B -P -c ""import',
    ),
    ('tail = " -B -c ""import sys, os;"', 'tail = " -B -P -c ""import sys, os;"'),
)


def folder() -> Path:
    """Where xlwings is installed."""
    import xlwings

    return Path(xlwings.__file__).parent


def version() -> str:
    """The version of the installed xlwings."""
    import xlwings

    return str(xlwings.__version__)


def modules() -> dict[str, str]:
    """The modules of xlwings as the add-in carries them, by name.

    Raises `BookError` if this xlwings is not the one the add-in was made for.
    """
    text = _read(folder() / "xlwings_custom_addin.bas")
    for before, after in _CHANGES:
        if text.count(before) != 1:
            raise BookError(
                f"the add-in was not made for xlwings {version()} ({before!r} is not in it); install the version that "
                "sop_xl asks for: pip install --force-reinstall sop-xl"
            )
        start = text.index(before)
        line = text.rfind("\n", 0, start) + 1
        indent = text[line:start]
        text = f"{text[:line]}{indent}' Changed for sop_xl\n{indent}{after}{text[start + len(before) :]}"
    dictionary = _read(folder() / "addin" / "Dictionary.cls")
    return {MODULE: _lines(text), DICTIONARY: _lines(dictionary)}


def applescript() -> Path:
    """The script through which Excel for Mac starts Python."""
    return folder() / f"xlwings-{version()}.applescript"


def library_names() -> tuple[str, ...]:
    """The libraries through which Excel for Windows starts Python; one of them fits the Excel."""
    return (f"xlwings64-{version()}.dll", f"xlwings32-{version()}.dll")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BookError(f"{path.name} of xlwings cannot be read ({error.strerror or error})") from error


def _lines(text: str) -> str:
    return "\r\n".join(text.splitlines()) + "\r\n"
