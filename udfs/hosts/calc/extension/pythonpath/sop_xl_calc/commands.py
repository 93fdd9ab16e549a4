"""The commands: menu and toolbar, or a script; each sends the tables, writes what changed, and says what it did."""

# mypy: disable-error-code="import-not-found,misc"
# ruff: noqa: N802 (UNO gives its methods and properties their names)

from __future__ import annotations

from typing import Any

import unohelper
from com.sun.star.awt.MessageBoxType import ERRORBOX, INFOBOX
from com.sun.star.lang import XServiceInfo
from com.sun.star.task import XJob, XJobExecutor

from sop_xl_calc import tables
from sop_xl_calc.link import Link, log_file, note_failure

SERVICE = "org.sopxl.Commands"
IMPLEMENTATION = "org.sopxl.CommandsInCalc"
TITLE = "S&OP"
SPREADSHEET = "com.sun.star.sheet.SpreadsheetDocument"
_OK = 1
_STEPS = 1_000


def commands(known: dict[str, Any], link: Link) -> type:
    """The class of the commands that are known."""
    return type("Commands", (_Commands,), {"known": known, "link": link})


class _Commands(unohelper.Base, XJobExecutor, XJob, XServiceInfo):
    """`service:org.sopxl.Commands?NAME` from a button, or as a job with the arguments `Command` and `Document`."""

    known: dict[str, Any]
    link: Link

    def __init__(self, context: Any, *_arguments: Any) -> None:
        self._context = context

    def getImplementationName(self) -> str:
        """Name of this implementation."""
        return IMPLEMENTATION

    def supportsService(self, name: str) -> bool:
        """Whether it is such a service."""
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        """The services it is."""
        return (SERVICE,)

    def trigger(self, name: str) -> None:
        """Run a command on the document in front and show what it says."""
        document = self._service("com.sun.star.frame.Desktop").getCurrentComponent()
        says, done = self.run(name, document)
        self._show(document, says, done)

    def execute(self, arguments: Any) -> str:
        """Run a command on a document, without a message box; what it says."""
        given = {argument.Name: argument.Value for argument in arguments}
        return self.run(str(given.get("Command", "")), given.get("Document"))[0]

    def run(self, name: str, document: Any) -> tuple[str, bool]:
        """Run a command: what there is to say, and whether it was done."""
        try:
            return self._run(name, document), True
        except tables.Stopped as stopped:
            return str(stopped), False
        except Exception as error:  # a planner sees a sentence, never a traceback
            note_failure()
            return f"the workbook could not be read or written ({error}); nothing was changed; see {log_file()}", False

    def _run(self, name: str, document: Any) -> str:
        command = self.known["commands"].get(name)
        if command is None:
            raise tables.Stopped(f"there is no command {name}")
        standing = {}
        if command["needs_book"]:
            if document is None or not document.supportsService(SPREADSHEET):
                raise tables.Stopped("no spreadsheet is open; open the planning workbook first")
            standing = tables.read(document, self.known["tables"])
            if not standing:
                raise tables.Stopped("this is no planning workbook; open one, or make one with: sop-xl new plan.xlsx")
        request = {
            "op": "command",
            "name": name,
            "where": getattr(document, "Title", ""),
            "url": getattr(document, "URL", ""),
            "tables": {table: found.sent for table, found in standing.items()},
        }
        with _Progress(document, command["label"]) as progress:
            answer = self.link.ask(request, progress)
            if "says" not in answer:
                raise tables.Stopped(str(answer.get("stopped", "the Python of sop_xl gave no answer")))
            progress("writing the tables", 0.97)
            tables.write(document, f"{TITLE}: {command['label']}", standing, answer["tables"])
        return str(answer["says"])

    def _show(self, document: Any, says: str, done: bool) -> None:
        frame = document.CurrentController.Frame if document is not None and document.CurrentController else None
        window = frame.ContainerWindow if frame is not None else None
        toolkit = self._service("com.sun.star.awt.Toolkit")
        toolkit.createMessageBox(window, INFOBOX if done else ERRORBOX, _OK, TITLE, says).execute()

    def _service(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)


class _Progress:
    """The progress bar of the window, where there is one."""

    def __init__(self, document: Any, label: str) -> None:
        controller = getattr(document, "CurrentController", None)
        self._bar = controller.Frame.createStatusIndicator() if controller is not None else None
        self._label = label

    def __enter__(self) -> _Progress:
        if self._bar is not None:
            self._bar.start(self._label, _STEPS)
        return self

    def __call__(self, doing: str, share: float) -> None:
        if self._bar is not None:
            self._bar.setText(f"{self._label}: {doing}")
            self._bar.setValue(int(share * _STEPS))

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.end()
