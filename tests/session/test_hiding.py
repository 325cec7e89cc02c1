"""A session's redactor follows the environment: what comes late is hidden, what has gone stays hidden."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.config import Config
from replaykit.core.model import Body, Request
from replaykit.core.redact import Secret
from replaykit.session.hiding import Hiding
from replaykit.session.requests import Requests

if TYPE_CHECKING:
    import pytest

KEY = "x7Kq2LmzR8vTT1abcd9"
OTHER = "p3Wd9NbcQ5yUU6efgh2"
CONFIG = Config(Path("/"))


def test_a_secret_that_comes_late_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after `load_dotenv`, which programs call when everything is imported."""
    hiding = Hiding(CONFIG)
    assert (f"use {KEY}", ()) == hiding.text(f"use {KEY}")
    monkeypatch.setenv("LATE_API_KEY", KEY)
    assert ("use [REDACTED:LATE_API_KEY]", ("LATE_API_KEY",)) == hiding.text(f"use {KEY}")


def test_a_secret_that_has_gone_stays_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when its variable holds another one now."""
    monkeypatch.setenv("LATE_API_KEY", KEY)
    hiding = Hiding(CONFIG)
    monkeypatch.setenv("LATE_API_KEY", OTHER)
    assert "[REDACTED:LATE_API_KEY] [REDACTED:LATE_API_KEY]" == hiding.text(f"{KEY} {OTHER}")[0]
    monkeypatch.delenv("LATE_API_KEY")
    assert "[REDACTED:LATE_API_KEY] [REDACTED:LATE_API_KEY]" == hiding.text(f"{KEY} {OTHER}")[0]


def test_nothing_is_made_anew_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redactor remembers what it has seen; one that is made for each request would not. A new secret makes one."""
    monkeypatch.setenv("LATE_API_KEY", KEY)
    hiding = Hiding(CONFIG)
    before = hiding.now()
    assert before is hiding.now()
    monkeypatch.setenv("LATE_MODE", "fast")
    assert before is hiding.now()
    monkeypatch.setenv("LATER_API_KEY", KEY[::-1])
    assert before is not hiding.now()


def test_what_is_new_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its value; one that is too plain to be hidden by its name alone."""
    told: list[Secret] = []
    hiding = Hiding(CONFIG, told.extend)
    told.clear()
    monkeypatch.setenv("LATE_API_KEY", KEY)
    monkeypatch.setenv("LATE_PASSWORD", "test")
    monkeypatch.setenv("LATE_URL", f"https://me:{OTHER}@x/")
    hiding.now()
    hiding.now()
    assert [Secret("LATE_API_KEY", KEY), Secret("LATE_URL", OTHER, part=True), Secret("LATE_PASSWORD", "")] == told
    assert {"LATE_API_KEY", "LATE_PASSWORD"} == {name for name in hiding.names if name.startswith("LATE_")}


def test_a_request_is_gone_through_again_when_more_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier scan took for clean may hold what is a secret by now."""
    requests = Requests(Hiding(CONFIG))
    body = f'{{"history": ["{"many words " * 90}", "{KEY}", "{"many words " * 90}"'.encode()
    first, _ = requests.redacted(Request("POST", "https://x/", (), Body.of(body + b"]}")))
    monkeypatch.setenv("LATE_API_KEY", KEY)
    second, names = requests.redacted(Request("POST", "https://x/", (), Body.of(body + b', "more"]}')))
    assert KEY.encode() in first.body.data
    assert KEY.encode() not in second.body.data
    assert ("LATE_API_KEY",) == names


def test_threads_may_change_the_environment_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's `os.environ[…] = …` makes redaction fail."""
    hiding = Hiding(CONFIG)
    done = threading.Event()

    def change() -> None:
        for number in range(2000):
            monkeypatch.setenv(f"LATE_{number % 50}", str(number))
        done.set()

    thread = threading.Thread(target=change)
    thread.start()
    while not done.is_set():
        assert ("plain", ()) == hiding.text("plain")
    thread.join()
