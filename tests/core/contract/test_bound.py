"""Which contract a request belongs to: by its wire, where it went, and what a project says of its gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.core.contract.bound import Parsed, applying, beside
from replaykit.core.contract.drift import Seen, drifts, place, sentence
from replaykit.core.contract.model import Binds, Contract
from replaykit.core.model import Body, Request
from tests.core.contract.promises import answered, check, contract, message

if TYPE_CHECKING:
    from replaykit.core.contract.bound import Gateways
    from replaykit.core.model import Exchange

MESSAGES = Contract(
    "anthropic.messages",
    "1.0.0",
    Binds("anthropic", "messages", "api.anthropic.com", versions={"anthropic-version": ("2023-06-01",)}),
    {"response": True},
)
NEWER = Contract(
    "anthropic.messages",
    "2.0.0",
    Binds("anthropic", "messages", "api.anthropic.com", versions={"anthropic-version": ("2026-10-21",)}),
    {"response": True},
)
CHAT = Contract("openai.chat", "1.0.0", Binds("openai", "chat", "api.openai.com"), {"response": True})
ORDERS = Contract("shop.orders", "1.0.0", Binds(host="shop.example", path="/orders/{id}"), {"response": True})
CALLS = Contract("mcp.tools.call", "1.0.0", Binds("mcp", "tools.call"), {"response": True})
ALL = (MESSAGES, NEWER, CHAT, ORDERS, CALLS)

LLM: Gateways = {"llm.example.com": ("anthropic",)}
BOTH: Gateways = {"llm.example.com": ("openai", "anthropic")}
ANY: Gateways = {"*.example.com": ("anthropic",)}
PORT: Gateways = {"llm.example.com:8443": ("anthropic",)}
TLS: Gateways = {"llm.example.com:443": ("anthropic",)}
HERE: Gateways = {"localhost:4000": ("anthropic",)}
OWN: Gateways = {"*": ("anthropic", "mcp")}


def request(url: str, version: str = "2023-06-01", body: bytes = b'{"messages": []}') -> Request:
    """A request that names a version of Anthropic's interface."""
    return Request("POST", url, (("anthropic-version", version),), Body.of(body))


WHERE: dict[str, tuple[str, Gateways, list[str], str]] = {
    "its own host": ("https://api.anthropic.com/v1/messages", {}, ["anthropic.messages"], ""),
    "this machine": ("http://127.0.0.1:9/v1/messages", {}, ["anthropic.messages"], ""),
    "somebody else": ("https://llm.example.com/v1/messages", {}, [], "llm.example.com"),
    "a gateway": ("https://llm.example.com/v1/messages", LLM, ["anthropic.messages"], "llm.example.com"),
    "behind a prefix": (
        "https://LLM.example.com/anthropic/v1/messages",
        LLM,
        ["anthropic.messages"],
        "llm.example.com",
    ),
    "a gateway to another": ("https://llm.example.com/v1/chat/completions", LLM, [], "llm.example.com"),
    "a gateway to both": ("https://llm.example.com/v1/chat/completions", BOTH, ["openai.chat"], "llm.example.com"),
    "a pattern": ("https://eu.llm.example.com/v1/messages", ANY, ["anthropic.messages"], "eu.llm.example.com"),
    "beside a pattern": ("https://example.com/v1/messages", ANY, [], "example.com"),
    "its port": ("https://llm.example.com:8443/v1/messages", PORT, ["anthropic.messages"], "llm.example.com:8443"),
    "another port": ("https://llm.example.com/v1/messages", PORT, [], "llm.example.com"),
    "a usual port": ("https://llm.example.com/v1/messages", TLS, ["anthropic.messages"], "llm.example.com:443"),
    "no port at all": ("https://llm.example.com:99999/v1/messages", TLS, [], "llm.example.com"),
    "on this machine": ("http://localhost:4000/v1/messages", HERE, ["anthropic.messages"], "localhost:4000"),
    "every host": ("https://api.anthropic.com/v1/messages", OWN, ["anthropic.messages"], ""),
    "no URL": ("https://[/v1/messages", OWN, [], ""),
}


@pytest.mark.parametrize(("url", "gateways", "names", "host"), WHERE.values(), ids=WHERE)
def test_where_a_request_went(url: str, gateways: Gateways, names: list[str], host: str) -> None:
    """A provider's contract holds at its host, on this machine and at declared gateways, and who answered is known."""
    parsed = Parsed(request(url), gateways)
    assert names == [each.name for each in applying(ALL, parsed)]
    about = CHAT if "chat" in url else MESSAGES
    assert host == parsed.elsewhere(about.binds)


def test_a_gateway_says_nothing_of_servers_without_a_provider() -> None:
    """A contract that binds to a host and a path holds there alone; one of MCP holds wherever a server is."""
    assert [] == list(applying(ALL, Parsed(request("https://llm.example.com/orders/7"), OWN)))
    assert [ORDERS] == list(applying(ALL, Parsed(request("https://shop.example/orders/7"), OWN)))
    call = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}}'
    for gateways, host in ((OWN, "tools.example.com"), (LLM, "")):
        parsed = Parsed(request("https://tools.example.com/mcp", body=call), gateways)
        assert ([CALLS], host) == (list(applying(ALL, parsed)), parsed.elsewhere(CALLS.binds))


BESIDE: dict[str, tuple[str, str, str, Contract | None]] = {
    "its own host": ("anthropic.messages", "https://api.anthropic.com/v1/messages", "2023-06-01", MESSAGES),
    "a base URL": ("anthropic.messages", "https://llm.example.com/anthropic/v1/messages", "2023-06-01", MESSAGES),
    "another version": ("anthropic.messages", "https://llm.example.com/anthropic/v1/messages", "2026-10-21", NEWER),
    "no such version": ("anthropic.messages", "https://llm.example.com/v1/messages", "2020-01-01", NEWER),
    "another operation": ("anthropic.messages", "https://api.anthropic.com/v1/models", "2023-06-01", None),
    "another wire": ("anthropic.messages", "https://api.anthropic.com/v1/chat/completions", "2023-06-01", None),
    "another server": ("shop.orders", "https://staging.example/orders/7", "", ORDERS),
    "behind a path": ("shop.orders", "https://llm.example.com/shop/orders/7/", "", ORDERS),
    "another path": ("shop.orders", "https://shop.example/orders", "", None),
    "within a path": ("shop.orders", "https://shop.example/orders/7/lines", "", None),
}


@pytest.mark.parametrize(("name", "url", "version", "expected"), BESIDE.values(), ids=BESIDE)
def test_a_probe_is_held_to_the_contract_beside_it(
    name: str, url: str, version: str, expected: Contract | None
) -> None:
    """Wherever it was sent, its headers choose the version; what asks for something else is held to none."""
    assert expected is beside(ALL, name, Parsed(request(url, version)))


def test_a_document_is_read_once() -> None:
    """Whoever looks at a request shares what it says, integers of any size included; an empty body says nothing."""
    parsed = Parsed(request("https://api.anthropic.com/v1/messages", body=b'{"n": 123456789012345678901234567890}'))
    assert parsed.wire is parsed.wire
    assert parsed.document is parsed.document
    assert {"n": 123456789012345678901234567890} == parsed.document
    assert Parsed(request("https://api.anthropic.com/", body=b"")).document is None


def test_who_answered_is_told_with_each_finding() -> None:
    """A gateway's departure has a key, a place and a count of its own, next to the same at the service itself."""
    looked = check(contract(binds={"host": "api.acme.example", "method": "POST", "path": "/v1/messages"}))
    mine, theirs = (drifted(host) for host in ("api.acme.example", "llm.example.com"))
    fine = answered(message(), request=theirs.request)
    seen = [Seen(looked.exchange(each), "support", "2026-11-20") for each in (mine, theirs, theirs, fine)]
    own, other = drifts(seen)
    assert ("/stop_reason", 1, 1) == (place(own.finding), own.times, own.of)
    assert ("/stop_reason at llm.example.com", 2, 3) == (place(other.finding), other.times, other.of)
    assert own.key != other.key
    assert f'RISK acme.messages /stop_reason at llm.example.com new "pause" ×2 ({other.key})' == sentence(other)
    assert ["", *["llm.example.com"] * 3] == [each.checked.host for each in seen]


def drifted(host: str) -> Exchange:
    """An exchange with a host whose answer departs."""
    asked = request(f"https://{host}/v1/messages")
    return answered(message(stop_reason="pause"), request=asked)


def test_what_is_sent_through_a_gateway_says_so() -> None:
    """Also of a request that was not answered, and of the version that it asks for."""
    looked = check()
    sent = Request(
        "POST",
        "https://llm.example.com/v1/messages",
        (("acme-version", "2026-10-21"),),
        Body.of(b'{"messages": [], "temperature": 1}'),
    )
    assert [("ours.version", "llm.example.com"), ("ours.field.refused", "llm.example.com")] == [
        (each.id, each.host) for each in looked.sent(Parsed(sent))
    ]
