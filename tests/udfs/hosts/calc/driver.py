"""Drives a real LibreOffice Calc over JSON lines; run by the Python that has UNO.

    python3 driver.py SOFFICE PROFILE

Each line in is `[method, arguments, {name: argument}]`, each line out `{"gave": ...}` or `{"failed": "..."}`.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import uuid

import uno
import unohelper
from com.sun.star.beans import NamedValue, PropertyValue
from com.sun.star.table.CellContentType import EMPTY, FORMULA, TEXT
from com.sun.star.task import XInteractionHandler
from com.sun.star.ucb import XCommandEnvironment

START_AGAIN = (79, 81)
"""Exit codes by which LibreOffice asks to be started again."""
ERRORS = {
    502: "#VALUE!",
    503: "#NUM!",
    519: "#VALUE!",
    521: "#NULL!",
    524: "#REF!",
    525: "#NAME?",
    532: "#DIV/0!",
    32767: "#N/A",
}
FORMULA_RESULT_TEXT = 2


class Approve(unohelper.Base, XInteractionHandler, XCommandEnvironment):
    """Agrees to whatever the extension manager asks."""

    def handle(self, request):
        for way in request.getContinuations():
            approve = way.queryInterface(uno.getTypeByName("com.sun.star.task.XInteractionApprove"))
            if approve:
                approve.select()

    def getInteractionHandler(self):
        return self

    def getProgressHandler(self):
        return None


class Driver:
    """A LibreOffice of its own, with one document in front."""

    def __init__(self, soffice, profile):
        self.soffice, self.profile = soffice, profile
        self.process = self.context = self.document = None
        self.start()

    def start(self, *arguments):
        """Start LibreOffice; without a window unless arguments say otherwise."""
        pipe = f"sop{uuid.uuid4().hex[:8]}"
        command = [
            self.soffice,
            *(arguments or ("--headless", "--invisible")),
            "--norestore",
            "--nologo",
            "--nodefault",
            f"--accept=pipe,name={pipe};urp",
            f"-env:UserInstallation=file://{self.profile}",
        ]
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(600):
            with contextlib.suppress(Exception):
                self.context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            if self.process.poll() in START_AGAIN:
                self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            elif self.process.poll() is not None:
                raise RuntimeError(f"soffice ended with {self.process.returncode}")
            time.sleep(0.1)
        else:
            raise RuntimeError("soffice does not answer")
        self.desktop = self.service("com.sun.star.frame.Desktop")

    def stop(self):
        """End LibreOffice."""
        with contextlib.suppress(Exception):
            self.desktop.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def service(self, name):
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def install(self, path):
        """Install an extension and start again; whether it is registered."""
        manager = self.context.getValueByName("/singletons/com.sun.star.deployment.ExtensionManager")
        environment = Approve()
        made = manager.addExtension(f"file://{path}", (), "user", manager.createAbortChannel(), environment)
        registered = made.isRegistered(manager.createAbortChannel(), environment)
        found = [made.getIdentifier().Value, bool(registered.Value.Value)]
        self.stop()
        self.start()
        return found

    def version(self):
        """The version of LibreOffice."""
        node = PropertyValue(Name="nodepath", Value="/org.openoffice.Setup/Product")
        provider = self.service("com.sun.star.configuration.ConfigurationProvider")
        product = provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationAccess", (node,))
        return product.getByName("ooSetupVersion")

    def open(self, path="private:factory/scalc", hidden=True):
        """Open a workbook, or a new one; the seconds it took."""
        began = time.monotonic()
        url = path if path.startswith("private:") else f"file://{path}"
        given = (PropertyValue(Name="Hidden", Value=hidden),)
        self.document = self.desktop.loadComponentFromURL(url, "_blank", 0, given)
        return time.monotonic() - began

    def close(self):
        if self.document is not None:
            self.document.close(True)
            self.document = None

    def save(self, path, kind):
        """Save a copy; `kind` is the name of a filter."""
        self.document.storeToURL(f"file://{path}", (PropertyValue(Name="FilterName", Value=kind),))

    def sheets(self):
        return list(self.document.Sheets.ElementNames)

    def add_sheet(self, name):
        self.document.Sheets.insertNewByName(name, 0)

    def area(self, sheet, area):
        at = self.document.Sheets
        on = at.getByIndex(sheet) if isinstance(sheet, int) else at.getByName(sheet)
        return on.getCellRangeByName(area)

    def put(self, sheet, corner, rows):
        """Put values into cells, row by row; nothing leaves a cell blank."""
        first = self.area(sheet, corner)
        on = first.Spreadsheet
        at = first.RangeAddress
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value is None:
                    continue
                cell = on.getCellByPosition(at.StartColumn + j, at.StartRow + i)
                if isinstance(value, str):
                    cell.String = value
                elif isinstance(value, bool):
                    cell.Formula = str(value).upper()
                else:
                    cell.Value = value

    def formula(self, sheet, cell, formula):
        self.area(sheet, cell).Formula = formula

    def array(self, sheet, area, formula):
        self.area(sheet, area).setArrayFormula(formula)

    def fill(self, sheet, area):
        """Fill the first cell of a range down."""
        self.area(sheet, area).fillAuto(uno.Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM"), 1)

    def formula_of(self, sheet, cell):
        return self.area(sheet, cell).Formula

    def cells(self, sheet, area):
        """What cells show: numbers, texts, nothing, or `{"error": ...}`."""
        on = self.area(sheet, area)
        rows, columns = on.Rows.Count, on.Columns.Count
        return [[self.shown(on.getCellByPosition(j, i)) for j in range(columns)] for i in range(rows)]

    @staticmethod
    def shown(cell):
        if cell.getError():
            return {"error": ERRORS.get(cell.getError(), f"Err:{cell.getError()}")}
        if cell.Type == EMPTY:
            return None
        if cell.Type == TEXT or (cell.Type == FORMULA and cell.FormulaResultType2 == FORMULA_RESULT_TEXT):
            return cell.String or None
        return cell.Value

    def at(self, sheet, column, row):
        """What the cell at a place shows."""
        return self.shown(self.document.Sheets.getByName(sheet).getCellByPosition(column, row))

    def put_at(self, sheet, column, row, text):
        """Put a text into the cell at a place, past undo."""
        self.document.UndoManager.lock()
        self.document.Sheets.getByName(sheet).getCellByPosition(column, row).String = text
        self.document.UndoManager.unlock()

    def formula_at(self, sheet, column, row, back):
        """Have a cell double the number some columns before it."""
        cells = self.document.Sheets.getByName(sheet)
        name = cells.getCellByPosition(column - back, row).AbsoluteName.rpartition(".")[2].replace("$", "")
        cells.getCellByPosition(column, row).Formula = f"=2*{name}"

    def widen(self, name, heading):
        """Give a table one more column on its right."""
        found = self.document.DatabaseRanges.getByName(name)
        address = found.DataArea
        address.EndColumn += 1
        found.DataArea = address
        self.put_at(self.range_of(name)[0], address.EndColumn, address.StartRow, heading)

    def row_where(self, name, **keys):
        """The first row of a table in which columns show these values: its row on the sheet, from 0."""
        sheet, left, top, right, bottom = self.range_of(name)
        heads = [self.at(sheet, j, top) for j in range(left, right + 1)]
        for i in range(top + 1, bottom + 1):
            if all(self.at(sheet, left + heads.index(head), i) == value for head, value in keys.items()):
                return i
        raise LookupError(f"{name} has no row with {keys}")

    def type_into(self, name, row, values):
        """Type values under the headings of a table, as a person does; a row below it makes it longer."""
        sheet, left, top, right, bottom = self.range_of(name)
        heads = [self.at(sheet, j, top) for j in range(left, right + 1)]
        if row > bottom:
            found = self.document.DatabaseRanges.getByName(name)
            address = found.DataArea
            address.EndRow = row
            found.DataArea = address
        on = self.document.Sheets.getByName(sheet)
        for head, value in values.items():
            cell = on.getCellByPosition(left + heads.index(head), row)
            if isinstance(value, bool):
                cell.Formula = str(value).upper()
            elif isinstance(value, str):
                cell.FormulaLocal = value
            else:
                cell.Value = value

    def add_row(self, name, values):
        """Type a row at the end of a table."""
        sheet, left, top, _, bottom = self.range_of(name)
        empty = bottom == top + 1 and self.at(sheet, left, bottom) is None
        self.type_into(name, bottom if empty else bottom + 1, values)

    def range_of(self, name):
        """Where a table stands: its sheet, first column, first row, last column, last row, counted from 0."""
        address = self.document.DatabaseRanges.getByName(name).DataArea
        sheet = self.document.Sheets.getByIndex(address.Sheet).Name
        return [sheet, address.StartColumn, address.StartRow, address.EndColumn, address.EndRow]

    def tables(self):
        """Every table as a host sends it."""
        found = {}
        for name in self.document.DatabaseRanges.ElementNames:
            address = self.document.DatabaseRanges.getByName(name).DataArea
            on = self.document.Sheets.getByIndex(address.Sheet)
            area = on.getCellRangeByPosition(address.StartColumn, address.StartRow, address.EndColumn, address.EndRow)
            header, *rows = area.getDataArray()
            sent = [[None if cell == "" else cell for cell in row] for row in rows]
            found[name] = {"sheet": on.Name, "header": header, "rows": sent, "row": address.StartRow + 2}
        return found

    def calculate(self):
        """Calculate every formula again; the seconds it took."""
        began = time.monotonic()
        self.document.calculateAll()
        return time.monotonic() - began

    def command(self, name):
        """Run a command on the document, without a message box; what it says, and the seconds it took."""
        began = time.monotonic()
        given = (NamedValue("Command", name), NamedValue("Document", self.document))
        says = self.service("org.sopxl.Commands").execute(given)
        return [says, time.monotonic() - began]

    def dispatch(self, url):
        """Press a button of the menu."""
        frame = self.document.CurrentController.Frame
        frame.activate()
        self.service("com.sun.star.frame.DispatchHelper").executeDispatch(frame, url, "", 0, ())

    def undo_titles(self):
        return list(self.document.UndoManager.getAllUndoActionTitles())

    def timed_formula(self, sheet, cell, formula):
        """Put a formula into a cell and have all that depends on it calculated; the seconds it took."""
        began = time.monotonic()
        self.area(sheet, cell).Formula = formula
        self.document.calculate()
        return time.monotonic() - began

    def timed_undo(self):
        """Undo a step; the seconds it took."""
        began = time.monotonic()
        self.undo()
        return time.monotonic() - began

    def undo(self):
        self.document.UndoManager.undo()

    def redo(self):
        self.document.UndoManager.redo()

    def help(self, name):
        """The wizard's help of a function: its name, text, and arguments."""
        descriptions = self.service("com.sun.star.sheet.FunctionDescriptions")
        for at in range(descriptions.Count):
            found = {part.Name: part.Value for part in descriptions.getByIndex(at)}
            if found["Name"] == name:
                arguments = [[a.Name, a.Description, bool(a.IsOptional)] for a in found["Arguments"] or ()]
                return [found["Name"], found["Description"], arguments]
        return None

    def names(self):
        """Our functions as the wizard lists them."""
        descriptions = self.service("com.sun.star.sheet.FunctionDescriptions")
        return [n for n in descriptions.ElementNames if n.startswith("SOP_")]

    def typed(self, sheet, cell, formula):
        """Type a formula as a person does."""
        self.area(sheet, cell).FormulaLocal = formula

    def local(self, sheet, cell):
        """A formula as a person sees it."""
        return self.area(sheet, cell).FormulaLocal

    def present(self, width, height, sheet, cell, first):
        """Make the window as large as the screen, dress a sheet for a picture, and stand on a cell."""
        controller = self.document.CurrentController
        controller.Frame.ContainerWindow.setPosSize(0, 0, width, height, 15)
        on = self.document.Sheets.getByName(sheet)
        controller.setActiveSheet(on)
        head = first - 1
        for columns in ("A{0}:B{0}", "D{0}:G{0}", "I{0}:J{0}"):
            area = on.getCellRangeByName(columns.format(head))
            area.CellBackColor, area.CharColor, area.CharWeight = 0x1F4E79, 0xFFFFFF, 150
        on.getCellRangeByName("A1").CharWeight, on.getCellRangeByName("A1").CharHeight = 150, 14
        formats, locale = self.document.NumberFormats, on.CharLocale
        for area, code in (("A9:A60", "YYYY-MM"), ("E9:G60", "0.0"), ("J9:J60", "0.0")):
            key = formats.queryKey(code, locale, False)
            on.getCellRangeByName(area).NumberFormat = formats.addNew(code, locale) if key < 0 else key
        for column in ("I", "J"):
            on.Columns.getByName(column).Width = 4200
        controller.select(on.getCellRangeByName(cell))

    def process_id(self):
        return self.process.pid


# ruff: noqa: N802 (UNO gives its methods their names)
def main():
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    driver = Driver(*sys.argv[1:3])
    try:
        for line in sys.stdin:
            method, arguments, named = json.loads(line)
            try:
                told = {"gave": getattr(driver, method)(*arguments, **named)}
            except Exception as error:
                told = {"failed": f"{type(error).__name__}: {error}"}
            out.write(json.dumps(told) + "\n")
            out.flush()
    finally:
        driver.stop()


if __name__ == "__main__":
    main()
