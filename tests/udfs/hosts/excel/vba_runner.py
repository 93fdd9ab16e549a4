"""Opens add-ins in LibreOffice, runs their VBA and reads cells that call it; run by the Python that has UNO.

    python3 vba_runner.py SOFFICE PROFILE < jobs.json

`jobs.json`: `[{"file": ..., "calls": [["Module.Function", [arguments]], ...], "cells": ["=SOP_X(1)", ...]}, ...]`.
Printed: for each job what the calls gave, or `failed: ...`, and what the cells show.
"""

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue

SECURITY = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item></oor:items>
"""


def prop(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def started(soffice, profile):
    """The process of a private LibreOffice and its desktop."""
    user = Path(profile) / "user"
    user.mkdir(parents=True, exist_ok=True)
    (user / "registrymodifications.xcu").write_text(SECURITY)
    pipe = "sop" + uuid.uuid4().hex[:8]
    address = f"pipe,name={pipe};urp;StarOffice.ComponentContext"
    command = [soffice, "--headless", "--invisible", "--norestore", "--nologo", "--nodefault", f"--accept={address}",
               f"-env:UserInstallation={Path(profile).as_uri()}"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(600):
        try:
            context = resolver.resolve(f"uno:{address}")
            return process, context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except Exception:
            time.sleep(0.1)
    raise SystemExit("LibreOffice does not answer")


def done(desktop, job):
    loaded = [prop("Hidden", True), prop("FilterName", "Calc MS Excel 2007 VBA XML"), prop("MacroExecutionMode", 4)]
    document = desktop.loadComponentFromURL(Path(job["file"]).as_uri(), "_blank", 0, tuple(loaded))
    try:
        provider = document.getScriptProvider()
        gave = []
        for name, arguments in job.get("calls", ()):
            try:
                script = provider.getScript(f"vnd.sun.star.script:VBAProject.{name}?language=Basic&location=document")
                gave.append(script.invoke(tuple(arguments), (), ())[0])
            except Exception as error:
                gave.append(f"failed: {getattr(error, 'Message', error)}"[:300])
        sheet = document.Sheets.getByIndex(0)
        shown = []
        for at, formula in enumerate(job.get("cells", ())):
            cell = sheet.getCellByPosition(at, 20)
            cell.setFormula(formula)
            shown.append(cell.getString())
        return {"calls": gave, "cells": shown}
    finally:
        document.close(True)


def main():
    soffice, profile = sys.argv[1:]
    process, desktop = started(soffice, profile)
    try:
        found = [done(desktop, job) for job in json.load(sys.stdin)]
    finally:
        try:
            desktop.terminate()
        except Exception:
            process.terminate()
        process.wait(30)
    print(json.dumps(found, default=str))  # noqa: T201


if __name__ == "__main__":
    main()
