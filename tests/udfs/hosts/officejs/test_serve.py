"""`sop-xl serve` as a program: over HTTPS with its own certificate, ended by Ctrl-C, refusing what is unsafe."""

import os
import signal
import ssl
import subprocess
import sys

import httpx2
import pytest

from sop_xl.cli import main
from udfs.registry import COMMANDS

TOKEN_FILE = "token.txt"


def test_it_answers_over_https_with_its_certificate(program):
    with program.client() as client:
        assert client.get("/api/hello").status_code == 200
        call = {"calls": [{"function": "EOQ", "arguments": [1200, 50, 3]}]}
        assert client.post("/api/calls", json=call).json() == {"answers": [{"cells": [[200.0]]}]}


def test_without_the_certificate_it_is_not_trusted(program):
    with pytest.raises(httpx2.ConnectError), httpx2.Client(verify=ssl.create_default_context()) as client:
        client.get(f"{program.base}/api/hello")


def test_it_says_how_to_trust_it_and_where_the_manifest_is(program):
    said = "\n".join(program.lines)
    assert "have this machine trust it" in said
    assert f"manifest: {program.base}/manifest.xml" in said
    with program.client() as client:
        assert program.base in client.get("/manifest.xml").text


def test_it_does_not_say_what_serves_it(program):
    with program.client() as client:
        assert "server" not in client.get("/taskpane.html").headers


def test_ctrl_c_ends_it_and_its_workers(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sop_xl", "serve", "--port", "0", "--public-url", "https://sop.example.com"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"SOP_XL_TOKEN": "t" * 24},
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("manifest"):
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


def test_the_manifest_is_written(tmp_path, capsys):
    assert main(["serve", "--manifest", str(tmp_path / "sop.xml"), "--port", "9443"]) == 0
    assert "https://localhost:9443/taskpane.html" in (tmp_path / "sop.xml").read_text(encoding="utf-8")
    assert main(["serve", "--manifest", str(tmp_path / "sop.json")]) == 0
    assert all(
        name in (tmp_path / "sop.json").read_text(encoding="utf-8") for name, spec in COMMANDS.items() if not spec.local
    )
    assert "is for https://localhost:9443" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--host", "0.0.0.0"], 2, "token"),
        (["--host", "0.0.0.0", "--token-file", TOKEN_FILE], 2, "--certificate"),
        (["--public-url", "https://sop.example.com", "--port", "0"], 2, "token"),
        (["--public-url", "http://sop.example.com", "--port", "0"], 2, "public address"),
        (["--certificate", "x.crt"], 2, "belong together"),
        (["--certificate", "no.crt", "--key", "no.key", "--port", "0"], 3, "cannot be read"),
        (["--token-file", "no-such-file"], 3, "token"),
        (["--port", "70000"], 2, "65535"),
        (
            ["--host", "192.0.2.1", "--certificate", "a", "--key", "b", "--token-file", TOKEN_FILE],
            2,
            "cannot be listened on",
        ),
        (["--manifest", "no/such/folder/x.xml"], 3, "cannot be written"),
        (["--workers", "0", "--port", "0"], 2, "workers"),
    ],
)
def test_what_cannot_be_served_is_a_sentence(arguments, code, says, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("SOP_XL_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / TOKEN_FILE).write_text("a-token-of-a-team-that-is-long\n")
    assert main(["serve", *arguments]) == code
    assert says in capsys.readouterr().err
