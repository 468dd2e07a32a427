"""The demonstration: it succeeds, and it says what failed."""

import dataclasses
import io

import pytest
from rich.console import Console
from runtimes import micropython, need_program

from tools import demo
from tools.failure import Failure


def show(case) -> str:
    need_program("openssl", "apt install openssl")
    file = io.StringIO()
    demo.show(case, demo.find("openssl"), micropython(), Console(file=file, width=100))
    return file.getvalue()


@pytest.mark.parametrize("case", demo.CASES, ids=[case.title for case in demo.CASES])
def test_every_case_makes_a_handshake_and_gets_its_reply(case):
    shown = show(case)
    assert "dtls_micro on micropython" in shown
    assert case.suite in shown
    assert "GET " + demo.PATH in shown
    assert "2.05 " + demo.REPLY in shown
    assert "├─ ClientHello with cookie ─" in shown


def test_a_server_without_the_suite_is_a_failure():
    words = ("-nocert", "-psk", "00", "-cipher", "PSK-AES128-GCM-SHA256")
    with pytest.raises(Failure, match="the client failed: the server sent fatal alert 40"):
        show(dataclasses.replace(demo.CASES[0], server=words))


def test_a_server_that_does_not_start_is_a_failure():
    with pytest.raises(Failure, match="openssl s_server did not start: .*-nonsense"):
        show(dataclasses.replace(demo.CASES[0], server=("-nonsense",)))


def test_a_client_that_breaks_is_a_failure():
    case = dataclasses.replace(demo.CASES[0], credential={"kind": "nonsense"})
    with pytest.raises(Failure, match="the client stopped with status 1: KeyError"):
        show(case)


def test_another_suite_than_the_wanted_one_is_a_failure(monkeypatch):
    monkeypatch.setattr(demo, "run_client", lambda *_: ([], {"suite": "TLS_OTHER", "reply": ""}))
    with pytest.raises(Failure, match="was to be negotiated, but it was TLS_OTHER"):
        show(demo.CASES[0])


def test_another_reply_is_a_failure(monkeypatch):
    result = {"suite": demo.CASES[0].suite, "code": "2.05", "reply": "other"}
    monkeypatch.setattr(demo, "run_client", lambda *_: ([], result))
    with pytest.raises(Failure, match="the reply was to be '22.5 C.*, but it was 'other'"):
        show(demo.CASES[0])


def test_a_missing_program_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Failure, match="openssl is missing: install it: sudo apt install openssl"):
        demo.find("openssl")
