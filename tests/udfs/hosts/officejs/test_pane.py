"""The task pane in a real browser, over HTTPS, with the strict stand-in for Excel in place of Microsoft's script."""

import json
import os
from pathlib import Path

import pytest
from officejs_parts import TOKEN, needed, opened

PICTURE = Path(__file__).parents[4] / "docs" / "pictures" / "task-pane.png"
OFFICE = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js"
HOST = Path(__file__).with_name("js") / "host.js"


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    found = needed("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as tool:
        made = tool.chromium.launch(executable_path=found, args=["--no-sandbox"] if os.name != "nt" else [])
        yield made
        made.close()


def shown(context, program, workbook):
    """A page of the task pane beside a workbook."""
    page = context.new_page()
    start = f"{HOST.read_text(encoding='utf-8')}\nhost.open({json.dumps(opened(workbook))});"
    page.route(OFFICE, lambda route: route.fulfill(body=start, content_type="text/javascript"))
    page.goto(f"{program.base}/taskpane.html")
    page.wait_for_selector("#steps li")
    return page


@pytest.fixture
def pane(browser, program, _workbook):
    """The task pane beside the small company's workbook; what the browser complains of is kept."""
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 380, "height": 1000})
    asked, complaints = [], []
    context.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))
    page = shown(context, program, _workbook)
    page.complaints = complaints
    page.wait_for_selector("#version:not(:empty)")
    yield page
    foreign = [url for url in asked if not url.startswith(program.base) and url != OFFICE]
    assert not foreign
    context.close()


def test_the_pane_shows_the_cycle_runs_a_step_and_explains_a_cell(pane):
    assert pane.locator("#version").inner_text().startswith("sop_xl ")
    assert pane.locator("#steps li").count() == 6
    assert pane.locator("#commands button:enabled").count() == pane.locator("#commands button").count() > 10
    pane.get_by_role("button", name="Plan demand").click()
    pane.wait_for_selector("#running:not([hidden])")
    assert pane.locator("#commands button:enabled").count() == 0, "one command at a time"
    pane.wait_for_selector("#messages li", timeout=120_000)
    assert pane.locator("#messages li").first.inner_text().startswith("Plan demand\nDemand Planning: ")
    pane.wait_for_selector("#steps .state.done, #steps .state.warned")
    assert pane.locator("#running").is_hidden()

    history = [[12, 13, 12, 14, 13, 15, 14, 16, 15, 17, 16, 18]]
    shown = pane.evaluate(
        """async (history) => {
            host.addSheet("Sheet1");
            host.loadFunctions(await (await fetch("/functions.json")).json());
            const shown = await host.enter("Sheet1!B5", "SOP.FORECAST", [history, 3]);
            host.select("Sheet1!C5");
            return shown;
        }""",
        history,
    )
    assert [len(row) for row in shown] == [3]
    pane.get_by_role("button", name="Explain this cell").click()
    pane.wait_for_selector("#explained .where")
    assert pane.locator("#explained .where").inner_text() == "Sheet1!B5"
    assert len(pane.locator("#explained").inner_text().splitlines()) > 1
    pane.screenshot(path=str(PICTURE) if os.environ.get("SOP_XL_PICTURES") else None, full_page=True)
    assert not pane.complaints


def test_a_command_is_cancelled_in_the_pane(pane):
    pane.get_by_role("button", name="Run all").click()
    pane.locator("#cancel").click()
    pane.wait_for_selector("#messages .bad", timeout=30_000)
    assert "cancelled; nothing was written" in pane.locator("#messages .bad").first.inner_text()


def test_without_a_planning_workbook_its_buttons_say_why(pane):
    pane.evaluate("() => host.open({sheets: {Empty: []}, tables: []})")
    pane.get_by_role("button", name="About").click()
    pane.wait_for_selector("#messages li")
    pane.wait_for_selector("#no-book:not([hidden])")
    button = pane.get_by_role("button", name="Run all")
    assert button.is_disabled()
    assert "planning workbook" in button.get_attribute("title")


def test_text_from_a_sheet_is_never_markup(pane):
    pane.evaluate(
        """() => {
            const { sheet, top, left } = host.book.tables.get("tbl_steps");
            host.book.sheets.get(sheet.toLowerCase()).type(top + 1, left, "<img src=x onerror=alert(1)>");
        }"""
    )
    pane.get_by_role("button", name="About").click()
    pane.wait_for_selector("#messages li")
    pane.wait_for_function("() => document.querySelector('#steps').innerText.includes('<img')")
    assert pane.locator("#steps img").count() == 0


def test_a_server_that_asks_for_a_token_gets_it_once(browser, guarded_program, _workbook):
    context = browser.new_context(ignore_https_errors=True)
    page = shown(context, guarded_program, _workbook)
    page.wait_for_selector("#signin:not([hidden])")
    assert page.locator("#version").inner_text() == ""
    page.fill("#token", "not the token of the team")
    page.click("#signin button")
    page.wait_for_function("() => document.querySelectorAll('#messages li').length > 1")
    page.wait_for_selector("#signin:not([hidden])")
    page.fill("#token", TOKEN)
    page.click("#signin button")
    page.wait_for_selector("#version:not(:empty)")
    assert page.locator("#signin").is_hidden()
    again = shown(context, guarded_program, _workbook)
    again.wait_for_selector("#version:not(:empty)")
    assert again.locator("#signin").is_hidden()
    context.close()
