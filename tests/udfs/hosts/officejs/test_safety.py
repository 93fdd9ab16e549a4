"""What is refused: foreign hosts and pages, callers without the token, bodies too long or of another kind."""

import pytest
from officejs_parts import BASE, TOKEN, calling

from sop_xl.errors import InputError
from udfs.hosts.officejs.app import create_app
from udfs.hosts.officejs.settings import Limits, Settings

CALL = {"calls": [{"function": "VERSION", "arguments": []}]}
TEAM = "https://sop.example.com"


@pytest.fixture(scope="module")
def guarded():
    """A server for a team; its workers are never needed, so they are not started."""
    return calling(create_app(Settings(public_url=TEAM, token=TOKEN)), TEAM)


@pytest.mark.parametrize("host", ["evil.example", "localhost", "localhost:1", "localhost:8443.evil.example", ""])
def test_another_host_is_refused(client, host):
    for path in ("/api/hello", "/taskpane.html", "/manifest.xml"):
        assert client.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:8443", "null", "https://localhost"])
def test_another_page_is_refused(client, origin):
    assert client.post("/api/calls", json=CALL, headers={"Origin": origin}).status_code == 403
    assert client.get("/api/hello", headers={"Origin": origin}).status_code == 403


def test_a_call_must_name_its_origin(client):
    del (bare := calling(client.app)).headers["Origin"]
    assert bare.post("/api/calls", json=CALL).status_code == 403
    assert bare.get("/api/hello").status_code == 200


def test_a_request_from_another_site_is_refused(client):
    assert client.get("/api/hello", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/api/hello", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_only_json_is_read(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answered = client.post("/api/calls", content=b'{"calls":[]}', headers={"Content-Type": kind})
        assert answered.status_code == 415


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN} "])
def test_without_the_token_nothing_is_answered(guarded, given):
    headers = {} if given is None else {"Authorization": given}
    for method, path in (("GET", "/api/hello"), ("POST", "/api/calls"), ("POST", "/api/commands/about")):
        answered = guarded.request(method, path, headers=headers, json=CALL)
        assert answered.status_code == 401
        assert answered.headers["WWW-Authenticate"] == "Bearer"


def test_with_the_token_it_answers(guarded):
    assert guarded.get("/api/hello", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_pages_hold_no_secret_and_need_none(guarded):
    for path in ("/taskpane.html", "/bridge.js", "/manifest.xml", "/functions.json"):
        answered = guarded.get(path)
        assert answered.status_code == 200
        assert TOKEN not in answered.text


def test_the_token_is_not_in_what_is_logged():
    assert TOKEN not in repr(Settings(token=TOKEN))


def test_every_answer_has_its_headers(client):
    for path in ("/taskpane.html", "/api/hello", "/nope", "/bridge.js"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/api/hello").headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in client.get("/api/hello").headers
    assert client.get("/functions.json").headers["Access-Control-Allow-Origin"] == "*"


def test_only_microsofts_script_is_not_ours(client):
    page = client.get("/taskpane.html").text
    import re

    sources = re.findall(r'<script[^>]*src="([^"]+)"', page)
    assert sources == ["https://appsforoffice.microsoft.com/lib/1/hosted/office.js", "bridge.js", "pane.js"]
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=|javascript:", page)


@pytest.mark.parametrize("path", ["/../settings.py", "/static/bridge.js", "/icons/%2e%2e/app.py", "/icons/..%2fbridge.js",
                                  "/icons/evil-16.png", "//etc/passwd", "/docs", "/openapi.json"])  # fmt: skip
def test_no_path_reaches_a_file(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_pages_are_only_read(client, method):
    assert client.request(method, "/taskpane.html").status_code == 405


def test_long_bodies_are_refused():
    small = calling(create_app(Settings(limits=Limits(call_bytes=2_000, command_bytes=3_000))))
    long = {"calls": [{"function": "VERSION", "arguments": ["x" * 2_000]}]}
    assert small.post("/api/calls", json=long).status_code == 413
    assert small.post("/api/commands/about", json={"book": "x" * 3_000, "tables": {}}).status_code == 413

    def pieces():
        for _ in range(50):
            yield b" " * 100

    sent = small.post("/api/calls", content=pieces(), headers={"Content-Type": "application/json"})
    assert sent.status_code == 413


def test_batches_and_ranges_have_their_limits():
    small = calling(create_app(Settings(limits=Limits(calls=3, cells=10, table_cells=4))))
    call = {"function": "EOQ", "arguments": [[[1, 2, 3, 4]]]}
    assert small.post("/api/calls", json={"calls": [call] * 4}).status_code == 413
    assert small.post("/api/calls", json={"calls": [call] * 3}).status_code == 413
    table = {"sheet": "Items", "header": ["Item"], "rows": [["A"]] * 5}
    answered = small.post("/api/commands/status", json={"book": "x", "tables": {"tbl_items": table}})
    assert answered.status_code == 413
    assert "at most 4 cells" in answered.json()["says"]


BAD_CALLS = [
    b"", b"null", b"[]", b"{", b"{}", b'{"calls":[]}', b'{"calls":[{"function":"EOQ"}]}',
    b'{"calls":[{"function":"EOQ","arguments":[NaN]}]}', b'{"calls":[{"function":"EOQ","arguments":[1e999]}]}',
    b'{"calls":[{"function":"EOQ","arguments":[{"error":"#WHAT?"}]}]}',
    b'{"calls":[{"function":"EOQ","arguments":[{"__class__":"x"}]}]}',
    b'{"calls":[{"function":"EOQ","arguments":[[[1,2],[3]]]}]}', b'{"calls":[{"function":"EOQ","arguments":[[[]]]}]}',
    b'{"calls":[{"function":"EOQ","arguments":[],"more":1}]}', b'{"calls":[{"function":1,"arguments":[]}]}',
    b'{"calls":[{"function":"EOQ","arguments":[[[[1]]]]}]}', b"[" * 100_000, b'{"calls":"\xff"}',
    b'{"calls":[{"function":"EOQ","arguments":["\\ud800"]}]}',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_CALLS, ids=range(len(BAD_CALLS)))
def test_what_cannot_be_read_is_refused_with_a_sentence(client, body):
    answered = client.post("/api/calls", content=body, headers={"Content-Type": "application/json"})
    assert answered.status_code in (400, 422)
    assert answered.json()["says"]


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "0.0.0.0"},
        {"host": "192.0.2.1"},
        {"public_url": TEAM},
        {"public_url": TEAM, "token": "short"},
        {"public_url": "http://sop.example.com", "token": TOKEN},
        {"public_url": "https://sop.example.com/plan", "token": TOKEN},
        {"public_url": "https://user@sop.example.com", "token": TOKEN},
        {"public_url": "https://sop.example.com:x", "token": TOKEN},
        {"token": "a token with\na line break in it"},
        {"workers": 0},
    ],
)
def test_unsafe_settings_are_refused(settings):
    with pytest.raises(InputError):
        Settings(**settings)


def test_a_loopback_address_by_any_name_is_this_server():
    assert Settings(port=1234).hosts == {"localhost:1234", "127.0.0.1:1234", "[::1]:1234"}
    assert Settings(public_url=f"{TEAM}/", token=TOKEN).hosts == {"sop.example.com"}
    assert Settings(public_url=f"{TEAM}:443", token=TOKEN).hosts == {"sop.example.com"}
    assert BASE in Settings().origins
