"""Probes made of recordings: the smallest of each sort, without a secret, and without a trap."""

from __future__ import annotations

import json
from typing import Any

import pytest

from replaykit.contracts.probes import Probe, filled
from replaykit.contracts.sample import probes
from replaykit.core.model import Body, Exchange, Headers, Request, Response

URL = "https://api.shop.example/v1/orders"


def exchange(  # noqa: PLR0913 - one exchange
    body: object = None,
    status: int = 200,
    *,
    method: str = "POST",
    url: str = URL,
    headers: Headers = (),
    kind: str = "application/json",
) -> Exchange:
    """What was asked, and how it was answered."""
    data = b"" if body is None else json.dumps(body).encode()
    request = Request(method, url, headers, Body.of(data))
    return Exchange(request, Response(status, (("Content-Type", kind),), Body.of(b"{}")))


def sampled(*exchanges: Exchange, harmless: tuple[str, ...] = ()) -> list[Probe]:
    return list(probes("shop.orders", exchanges, harmless, lambda _exchange: 0))


def test_one_of_each_sort() -> None:
    """The smallest question that was answered, streamed, and refused are probes; what comes of outages is none."""
    found = sampled(
        exchange({"item": "green tea"}),
        exchange({"item": "tea"}),
        exchange({"stream": True}, kind="text/event-stream; charset=utf-8"),
        exchange({"item": 7}, 422),
        *(exchange({}, status) for status in (401, 403, 408, 429, 500, 302)),
        Exchange(exchange({}).request, None),
    )
    assert [("plain", {"item": "tea"}, 0), ("stream", {"stream": True}, 0), ("error", {"item": 7}, 422)] == [
        (each.name, each.json, each.status) for each in found
    ]


@pytest.mark.parametrize(
    ("method", "url", "send"),
    [
        ("GET", URL, True),
        ("HEAD", URL, True),
        ("POST", URL, False),
        ("DELETE", URL, False),
        ("POST", "https://api.anthropic.com/v1/messages", True),
        ("POST", "https://api.anthropic.com/v1/messages/batches", False),
    ],
)
def test_what_may_do_harm_is_not_sent(method: str, url: str, *, send: bool) -> None:
    """Only what reads, or is known to do no harm, is sent without a person's word."""
    body = None if method in ("GET", "HEAD") else {"model": "m", "messages": [], "max_tokens": 1}
    headers = (("anthropic-version", "2026-10-21"),) if "anthropic" in url else ()
    (found,) = sampled(exchange(body, method=method, url=url, headers=headers), harmless=("anthropic.messages",))
    assert (method, send) == (found.method, found.send)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("X-API-Key", "[REDACTED:SHOP_TOKEN]", "${SHOP_TOKEN}"),
        ("Authorization", "Bearer [REDACTED:SHOP_TOKEN]", "Bearer ${SHOP_TOKEN}"),
        ("Authorization", "Bearer [REDACTED]", "Bearer ${SHOP_API_KEY}"),
        ("Authorization", "Basic dXNlcjpwYXNz", "Basic ${SHOP_API_KEY}"),
        ("X-API-Key", "[REDACTED:7-up key]", "${SHOP_API_KEY}"),
        ("X-Shop", "for [REDACTED:SHOP_USER]", "for ${SHOP_USER}"),
        ("Cookie", "a=[REDACTED]", None),
        ("Date", "today", None),
        ("User-Agent", "python", None),
        ("Content-Type", "application/json", None),
        ("Accept", "*/*", None),
        ("Accept", "text/plain", "text/plain"),
    ],
)
def test_a_header_becomes_a_variable(name: str, value: str, expected: str | None) -> None:
    """A key is a variable, whatever was recorded of it; what means nothing is left out."""
    (found,) = sampled(exchange({}, headers=((name, value),)))
    assert expected == found.headers.get(name.lower())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000/orders?page=2", "${SHOP_BASE_URL:-http://127.0.0.1:8000}/orders?page=2"),
        ("https://me:REDACTED@shop.example/a", "${SHOP_BASE_URL:-https://shop.example}/a"),
        ("https://shop.example/a?key=[REDACTED]", "${SHOP_BASE_URL:-https://shop.example}/a?key=${SHOP_API_KEY}"),
        (
            "https://shop.example/a?key=%5BREDACTED%3AMY_KEY%5D",
            "${SHOP_BASE_URL:-https://shop.example}/a?key=${MY_KEY}",
        ),
        ("https://shop.example/REDACTED-MY_KEY/a", "${SHOP_BASE_URL:-https://shop.example}/${MY_KEY}/a"),
        ("https://shop.example", "${SHOP_BASE_URL:-https://shop.example}"),
    ],
)
def test_an_address_is_movable(url: str, expected: str) -> None:
    """Its host stands behind a variable, what was hidden in it becomes one, and a password is gone."""
    (found,) = sampled(exchange(method="GET", url=url))
    assert expected == found.url


def test_what_was_hidden_in_a_body_is_filled_in_again() -> None:
    """A stand-in deep in the body is a variable; a member that was null is left out, for TOML has no null."""
    (found,) = sampled(exchange({"a": [{"key": "k-[REDACTED:SHOP_TOKEN]!", "none": None}], "none": None}))
    assert {"a": [{"key": "k-${SHOP_TOKEN}!"}]} == found.json
    sent = filled(found, {"SHOP_TOKEN": "t0"})
    assert isinstance(sent, Probe)
    assert {"a": [{"key": "k-t0!"}]} == sent.json


@pytest.mark.parametrize(
    "trap",
    [
        exchange({"text": "say ${ANTHROPIC_API_KEY}"}),
        exchange({"${A}": 1}),
        exchange({}, url=URL + "?q=${HOME}"),
        exchange({}, headers=(("X-Shop", "${HOME}"),)),
        exchange([None]),
        exchange({"n": 2**63}),
    ],
)
def test_what_could_be_read_otherwise_is_no_probe(trap: Exchange) -> None:
    """Recorded text that would be taken for a variable, or that TOML cannot say, makes no probe: the next one does."""
    assert [] == sampled(trap)
    assert [{"item": "tea, green, a pot for four"}] == [
        each.json for each in sampled(trap, exchange({"item": "tea, green, a pot for four"}))
    ]


def test_a_body_that_is_no_json_is_no_probe() -> None:
    """A form or a file cannot be said in a probe."""
    plain: Any = exchange({})
    form = Exchange(Request("POST", URL, (), Body.of(b"a=1")), plain.response)
    assert [] == sampled(form)
