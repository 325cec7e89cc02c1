"""A probe on its way: tried again where that helps, for as long as the service wants, and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.checks.cap import Cap
from replaykit.checks.sending import LONGEST, PAUSES, Sending, told
from replaykit.config import Config
from replaykit.contracts.probes import Probe
from replaykit.core.model import Body, Response
from replaykit.store import Store
from tests.servers.script import Ending, chunked, document, plain, stream
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cap() -> Cap:
    return Cap()


@pytest.fixture
def paused() -> list[float]:
    """The pauses that were made."""
    return []


@pytest.fixture
def sending(store: Path, cap: Cap, paused: list[float]) -> Iterator[Sending]:
    """What sends probes and takes down its pauses in place of making them."""
    found = Sending(Config(store.parent), store, cap, rest=paused.append)
    yield found
    assert () == found.close()


def fine(status: int) -> bool:
    return status == 200


def test_a_service_that_cannot_be_reached_is_tried_four_times(
    server: Server, sending: Sending, cap: Cap, paused: list[float]
) -> None:
    """After one, two and four seconds; each try is a call, and why it failed is said."""
    server.stop()
    sent = sending.send(Probe("plain", "GET", f"{server.url}/x"), fine)
    assert (list(PAUSES), 4, None) == (paused, cap.calls, sent.exchange)
    assert sent.why.startswith("it could not be asked: ConnectError: ")


def test_a_service_that_did_not_answer_is_not_asked_for_the_next(
    server: Server, sending: Sending, cap: Cap, paused: list[float]
) -> None:
    """The second probe of a dead host fails at once, and says why; another host is asked as ever."""
    server.stop()
    sending.send(Probe("plain", "GET", f"{server.url}/x"), fine)
    again = sending.send(Probe("stream", "GET", f"{server.url}/y"), fine)
    assert (4, list(PAUSES)) == (cap.calls, paused)
    assert again.why.endswith(", as for the probe before")
    with Server() as other:
        assert sending.send(Probe("plain", "GET", other.on("GET /x", document({}))), fine).exchange is not None


def test_an_answer_that_was_cut_is_asked_for_again(server: Server, sending: Sending, paused: list[float]) -> None:
    """What came at the second try is the answer; both are kept."""
    url = server.on("GET /x", chunked(b'{"a"', Ending.RST), document({"a": 1}))
    sent = sending.send(Probe("plain", "GET", url), fine)
    assert sent.exchange is not None
    assert sent.exchange.response is not None
    assert (b'{"a": 1}', [PAUSES[0]]) == (sent.exchange.response.body.data, paused)


def test_a_service_says_how_long_to_wait(server: Server, sending: Sending, paused: list[float]) -> None:
    """Its own words win, as long as they fit in the pauses of a probe; then it has failed, in those words."""
    url = server.on(
        "GET /x",
        document({}, 429, (("retry-after", "9"),)),
        document({}, 503, (("retry-after-ms", "250"), ("retry-after", "9"))),
        document({}, 429, (("retry-after", str(int(LONGEST))),)),
    )
    sent = sending.send(Probe("plain", "GET", url), fine)
    assert ([9.0, 0.25], "it answers 429, and wants to be asked again in 30 s") == (paused, sent.why)


def test_a_service_that_only_fails_has_failed(server: Server, sending: Sending, cap: Cap) -> None:
    """The status is said; one that the probe wants is an answer at once."""
    probe = Probe("plain", "GET", server.on("GET /x", document({}, 503)))
    assert "it answers 503, however often it is asked" == sending.send(probe, fine).why
    assert 4 == cap.calls
    assert sending.send(probe, lambda status: status == 503).exchange is not None
    assert 5 == cap.calls


def test_a_body_is_sent_as_json(server: Server, sending: Sending) -> None:
    """Even `null`; its type is said, unless the probe says another."""
    url = server.on("POST /x", document({}))
    for probe in (
        Probe("one", "POST", url, has_body=True),
        Probe("two", "POST", url, {"Content-Type": "application/x"}, {"a": "ü"}, has_body=True),
        Probe("three", "POST", url),
    ):
        sending.send(probe, fine)
    one, two, three = server.requests
    assert (b"null", "application/json") == (one.body, one.headers["content-type"])
    assert ({"a": "ü"}, "application/x") == (two.json(), two.headers["content-type"])
    assert (b"", False) == (three.body, "content-type" in three.headers)
    assert one.headers["user-agent"].startswith("replaykit/")


def test_a_stream_without_an_end_is_left(
    server: Server, sending: Sending, cap: Cap, paused: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two minutes, here none: it is told as an answer without an end, and not asked for again."""
    monkeypatch.setattr("replaykit.checks.sending.WHOLE", 0.0)
    url = server.on("GET /x", stream(b"data: {}\n\n", b"data: {}\n\n", server.gate()))
    assert "its answer had no end after 0 s" == sending.send(Probe("plain", "GET", url), fine).why
    assert (1, []) == (cap.calls, paused)


def test_what_cannot_be_an_address_is_said(sending: Sending, paused: list[float]) -> None:
    """A host without its end: no traceback, and no second try."""
    why = sending.send(Probe("plain", "GET", "http://[::1/x"), fine).why
    assert why.startswith("it could not be asked: ")
    assert [] == paused


def test_a_draft_begins_with_the_first_probe(store: Path) -> None:
    """Nothing sent, nothing kept: no file, and nothing to end."""
    assert () == Sending(Config(store.parent), store, Cap()).close()
    assert not store.exists()


def test_a_store_that_keeps_nothing_is_said(server: Server, store: Path) -> None:
    """What is not kept is no evidence: the probe has failed after one try, and the place is named."""
    url, sending = server.on("GET /x", document({})), Sending(Config(store.parent), store, Cap())
    sending.send(Probe("plain", "GET", url), fine)
    with Store(store) as other:
        assert other.remove(sending.id)
    why = sending.send(Probe("plain", "GET", url), fine).why
    assert why.startswith(f"its answer could not be kept in {store}: ")
    assert 2 == len(server.requests)
    (problem,) = sending.close()
    assert "is not whole" in problem


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("retry-after", "2.5"),), 2.5),
        ((("retry-after", "-3"),), 0.0),
        ((("retry-after", "soon"),), None),
        ((("retry-after", "Mon, 1 Jan 99999999999 00:00:00 GMT"),), None),
        ((("retry-after-ms", "x"), ("retry-after", "3")), 3.0),
        ((), None),
    ],
)
def test_when_to_ask_again_is_read_off_the_answer(headers: Any, seconds: float | None) -> None:
    """Seconds, thousandths of them, or nothing that can be read."""
    assert seconds == told(Response(429, headers, Body.of(b"")))


def test_when_to_ask_again_may_be_a_date() -> None:
    """A date a minute ahead is about a minute; one that is past is now."""
    now = datetime.now(UTC)
    ahead, past = (format_datetime(now + timedelta(seconds=each), usegmt=True) for each in (60, -60))
    waits = told(Response(429, (("retry-after", ahead),), Body.of(b"")))
    assert waits is not None
    assert 30 < waits <= 60
    assert 0.0 == told(Response(429, (("retry-after", past),), Body.of(b"")))


def test_an_answer_beyond_all_measure_is_left(
    server: Server, sending: Sending, cap: Cap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not end by its size is left like what does not end in time, and said to be too large."""
    monkeypatch.setattr("replaykit.checks.sending.MUCH", 1000)
    url = server.on("GET /x", plain(b"a" * 100_000))
    assert "its answer is larger than 1.0 kB" == sending.send(Probe("plain", "GET", url), fine).why
    assert 1 == cap.calls


def test_a_head_without_an_end_is_left(
    server: Server, sending: Sending, paused: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that never comes to the end of its headers is left at once, and not asked for the next probe."""
    first = server.on("GET /first", document({}))
    assert not sending.send(Probe("first", "GET", first), fine).why
    monkeypatch.setattr("replaykit.checks.sending.WHOLE", 0.1)
    url = server.on("GET /x", (b"HTTP/1.1 200 OK\r\nx-a: a", server.gate()))
    assert "its answer had no end after 0 s" == sending.send(Probe("plain", "GET", url), fine).why
    assert [] == paused
    assert sending.send(Probe("next", "GET", first), fine).why.endswith(", as for the probe before")
