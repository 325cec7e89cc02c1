"""The contracts that come with the package: sound, without anybody's words, and right about usual answers.

REPLAYKIT_CORPUS may name a folder with cassettes of vcrpy and a MANIFEST.csv that lists them (`path`,
`format`): then no recorded answer of a provider's own host may break its contract.
"""

from __future__ import annotations

import copy
import csv
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest

from replaykit import cassette
from replaykit.config import Config
from replaykit.contracts.layout import laid
from replaykit.contracts.registry import SHIPPED, shipped
from replaykit.core.contract.bound import Parsed, applying
from replaykit.core.contract.model import Contract, read, write
from replaykit.core.contract.order import machine
from replaykit.core.model import Body, Exchange, Request, Response
from replaykit.providers.registry import speeches
from replaykit.providers.speech import Error, Message, Said, Speech, Tool
from replaykit.session.hiding import Hiding
from replaykit.vcr import read as recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.contract.check import Check

CORPUS = os.environ.get("REPLAYKIT_CORPUS", "")

NAMES = {
    "anthropic.count_tokens": ("1.0.0",),
    "anthropic.messages": ("1.0.0", "2.0.0"),
    "anthropic.models": ("1.0.0",),
    "mcp.initialize": ("1.0.0",),
    "mcp.tools.call": ("1.0.0",),
    "mcp.tools.list": ("1.0.0",),
    "openai.chat": ("1.0.0",),
    "openai.models": ("1.0.0",),
    "openai.responses": ("1.0.0",),
}

PATHS = {"anthropic": "/v1/messages", "openai.chat": "/v1/chat/completions", "openai.responses": "/v1/responses"}
JSON = (("Content-Type", "application/json"),)
SSE = (("Content-Type", "text/event-stream; charset=utf-8"),)
QUESTION = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
ASKED = {"model": "m", "input": "Hello"}


def found(checks: dict[str, Check], exchange: Exchange) -> list[tuple[str, str]]:
    """The findings of the contracts that apply to an exchange, by grade and id."""
    apply = applying([check.contract for check in checks.values()], Parsed(exchange.request))
    return [(each.grade, each.id) for contract in apply for each in checks[contract.title].exchange(exchange).findings]


def request(url: str, document: Any = None, **headers: str) -> Request:
    """A request with a JSON body."""
    body = b"" if document is None else json.dumps(document).encode()
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request("GET" if document is None else "POST", url, (*JSON, *named), Body.of(body))


def said(wire: Speech, *parts: str | Tool, stream: bool = False, version: str = "2023-06-01") -> Exchange:
    """What a model says on a wire, as an exchange."""
    question = ASKED if wire.name == "openai.responses" else QUESTION
    headers = {"anthropic_version": version} if wire.name == "anthropic" else {}
    asked = request(f"https://localhost{PATHS[wire.name]}", question, **headers)
    message = Said(question, Message(parts), 7)
    body = b"".join(wire.stream(message)) if stream else json.dumps(wire.whole(message)).encode()
    return Exchange(asked, Response(200, SSE if stream else JSON, Body.of(body)))


def answer(asked: Request, document: Any, status: int = 200) -> Exchange:
    """An exchange that was answered with a document."""
    return Exchange(asked, Response(status, JSON, Body.of(json.dumps(document).encode())))


def test_all_are_there(contracts: tuple[Contract, ...]) -> None:
    """Each operation has its versions, and every one is a JSON Schema, laid out as it is read."""
    registry = shipped()
    assert NAMES == {name: registry.versions(name) for name in registry.names}
    for contract in contracts:
        jsonschema_rs.meta.validate(write(contract))
        assert laid(write(contract)) == (SHIPPED / contract.name / f"{contract.version}.json").read_bytes()


def test_every_reference_leads_somewhere(contracts: tuple[Contract, ...]) -> None:
    """No schema refers to a definition that is not there, and none is there for nothing."""
    for contract in contracts:
        told = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(dict(contract.defs))))
        assert contract.defs.keys() == told | set(contract.parts), contract.title


def test_orders_can_be_followed(contracts: tuple[Contract, ...]) -> None:
    """The order of each stream is a pattern, whose events are all known."""
    ordered = [contract for contract in contracts if contract.order is not None]
    assert {"anthropic.messages", "openai.chat", "openai.responses"} == {contract.name for contract in ordered}
    for contract in ordered:
        assert contract.order is not None
        text = json.dumps(contract.defs)
        assert [] == [name for name in machine(contract.order.events).names if f'{{"const": "{name}"' not in text]


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """All texts of a document, names of fields among them, each with its place."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield path, name
            yield from strings(each, f"{path}/{name}")
    elif isinstance(value, list):
        for each in value:
            yield from strings(each, path)
    elif isinstance(value, str):
        yield path, value


LONGEST = 80
SAYING = re.compile(r"/contract/sources|/policy/|/order/events|/\$schema")
AN_ID = re.compile(
    r"(?<![A-Za-z])(?:msg|resp|req|run|org|proj|toolu|srvtoolu|call|fc|rs|chatcmpl|file|container|sk|pk)[_-]"
    r"(?=\w*\d)\w{8,}|[0-9a-f]{12,}|[\w.]+@[\w.]+\.\w|(?<!\d)(?:\d{7}|\d{9,})(?!\d)"
)


def test_nobodys_words_are_in_them(contracts: tuple[Contract, ...]) -> None:
    """No text is longer than a name is, and none is an id, an address or a digest: they hold shapes and facts."""
    for contract in contracts:
        texts = list(strings(write(contract)))
        assert [] == [text for path, text in texts if len(text) > LONGEST and not SAYING.search(path)]
        assert [] == [text for _, text in texts if AN_ID.search(text)]


def test_an_id_would_be_seen() -> None:
    """The pattern of ids knows those of both providers, and takes no name of a type for one."""
    assert all(map(AN_ID.search, ["msg_01AbCdEfGh23", "chatcmpl-9Zab12CDef34", "resp_0a1b2c3d4e5f", "ann@shop.io"]))
    assert not any(
        map(AN_ID.search, ["web_search_20250305", "^msg_", "code_execution_tool_result", "file_search_call"])
    )


@pytest.mark.parametrize("wire", speeches(), ids=lambda wire: wire.name)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_usual_answers_are_no_news(wire: Speech, checks: dict[str, Check], *, stream: bool) -> None:
    """A text and a call of a tool, plain and as a stream, are what every contract promises."""
    for exchange in (
        said(wire, "Hello", stream=stream),
        said(wire, "So.", Tool("weather", {"city": "Rome"}), stream=stream),
    ):
        assert [] == [each for each in found(checks, exchange) if each[0] != "ADD"]


@pytest.mark.parametrize("wire", speeches(), ids=lambda wire: wire.name)
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 529])
def test_usual_errors_are_no_news(wire: Speech, status: int, checks: dict[str, Check]) -> None:
    """Errors in the provider's envelope are what every contract promises; in another they are not."""
    code, document = wire.error(Error(status, "no"))
    asked = said(wire, "x").request
    exchange = Exchange(asked, Response(code, (*JSON, ("retry-after", "1")), Body.of(json.dumps(document).encode())))
    assert [] == [each for each in found(checks, exchange) if each[0] != "ADD"]
    assert ("BREAK", "err.envelope.changed") in found(checks, answer(asked, {"message": "no"}, 400))


def edits(document: Any) -> Iterator[tuple[str, Any]]:
    """A document with one thing wrong: a field gone or of another type, or a tag renamed, wherever that can be."""
    for path in places(document):
        for what in ("gone", "type", "tag"):
            edited = copy.deepcopy(document)
            holder = edited
            for key in path[:-1]:
                holder = holder[key]
            value = holder[path[-1]]
            if what == "gone":
                del holder[path[-1]]
            elif what == "type":
                holder[path[-1]] = {"strange": 1} if isinstance(value, bool) else True
            elif path[-1] in ("type", "object", "role"):
                holder[path[-1]] = "strange"
            else:
                continue
            yield f"{'/'.join(map(str, path))} {what}", edited


def places(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(document, dict):
        for name, each in document.items():
            yield (*path, name)
            yield from places(each, (*path, name))
    elif isinstance(document, list):
        for number, each in enumerate(document):
            yield from places(each, (*path, number))


OWN = re.compile(r"/?(?:input|arguments|metadata)(?:/| )")
"""What is the program's own: any JSON may stand there."""


@pytest.mark.parametrize("wire", speeches(), ids=lambda wire: wire.name)
def test_what_drifts_is_found(wire: Speech, checks: dict[str, Check]) -> None:
    """A field of another type and a tag renamed are found wherever they are, and a field gone wherever it was due."""
    exchange = said(wire, "So.", Tool("weather", {"city": "Rome"}))
    assert exchange.response is not None
    document = json.loads(exchange.response.body.data)
    missed = [
        what
        for what, edited in edits(document)
        if not OWN.search(what)
        and not [each for each in found(checks, answer(exchange.request, edited)) if each[0] != "ADD"]
    ]
    assert [] == [what for what in missed if not what.endswith(" gone")]
    assert not {f"{name} gone" for name in DUE[wire.name]} & set(missed)


DUE = {
    "anthropic": ("id", "type", "role", "content", "model", "usage", "stop_reason", "content/0/type", "content/0/text"),
    "openai.chat": ("id", "object", "choices", "created", "model", "choices/0/message", "choices/0/finish_reason"),
    "openai.responses": (
        "id",
        "object",
        "created_at",
        "model",
        "output",
        "status",
        "output/0/type",
        "output/0/content",
    ),
}
"""Fields that every answer has had, in traffic and by declaration."""


@pytest.mark.parametrize("wire", speeches(), ids=lambda wire: wire.name)
def test_a_stream_out_of_order_is_found(wire: Speech, checks: dict[str, Check]) -> None:
    """A stream without its beginning or without its end breaks the order; one that the client left does not."""
    exchange = said(wire, "Hello you", stream=True)
    assert exchange.response is not None
    events = exchange.response.body.data.split(b"\n\n")[:-1]
    for kept, kind in ((events[:-1], "str.end.missing"), (events[:-2], "str.end.missing")):
        body = Body.of(b"\n\n".join([*kept, b""]))
        assert ("BREAK", kind) in found(checks, Exchange(exchange.request, Response(200, SSE, body)))
        left = found(checks, Exchange(exchange.request, Response(200, SSE, body), left=True))
        assert [] == [each for each in left if each[0] != "ADD"]
    if wire.name != "openai.chat":
        body = Body.of(b"\n\n".join([*events[1:], b""]))
        assert ("BREAK", "str.order.broken") in found(checks, Exchange(exchange.request, Response(200, SSE, body)))


def test_what_an_event_lacks_is_told_of_the_event_alone(checks: dict[str, Check]) -> None:
    """What a stream adds up to lacks it, too, and that is nothing else."""
    (wire,) = speeches("anthropic")
    exchange = said(wire, "Hello", stream=True)
    assert exchange.response is not None
    body = exchange.response.body.data.replace(b'"model"', b'"modelo"', 1)
    answer_ = Exchange(exchange.request, Response(200, SSE, Body.of(body)))
    assert [("BREAK", "res.field.removed")] == [each for each in found(checks, answer_) if each[0] != "ADD"]


def test_the_new_version_refuses_what_it_refuses(checks: dict[str, Check]) -> None:
    """A temperature is sent in the words of 2023-06-01, and refused in those of 2026-10-21; each has its contract."""
    (wire,) = speeches("anthropic")
    url = "https://localhost/v1/messages"
    for version, expected in (("2023-06-01", []), ("2026-10-21", [("OURS", "ours.field.refused")])):
        for name, value in (("temperature", 0.5), ("top_p", 0.9), ("top_k", 40)):
            asked = request(url, {**QUESTION, name: value}, anthropic_version=version)
            response = said(wire, "Hello", version=version).response
            assert expected == found(checks, Exchange(asked, response))
    keyed = request(url, QUESTION, anthropic_version="2026-10-21", authorization="Basic c2hvcA==")
    assert [("OURS", "ours.value.changed")] == found(checks, Exchange(keyed, None))


MODEL = {"id": "m-1", "object": "model", "created": 1, "owned_by": "shop"}
CLAUDE = {"type": "model", "id": "m-1", "display_name": "M", "created_at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("path", "headers", "document"),
    [
        ("/v1/models", {"user_agent": "OpenAI/Python 3.51.0"}, {"object": "list", "data": [MODEL]}),
        ("/v1/models/m-1", {"user_agent": "OpenAI/Python 3.51.0"}, MODEL),
        ("/v1/models/m-1", {"anthropic_version": "2023-06-01"}, CLAUDE),
        (
            "/v1/models",
            {"anthropic_version": "2026-10-21"},
            {"data": [], "has_more": False, "first_id": None, "last_id": None},
        ),
    ],
)
def test_models_are_listed_and_shown(
    path: str, headers: dict[str, str], document: Any, checks: dict[str, Check]
) -> None:
    """A list of models and a single one are both answers of one operation."""
    asked = request(f"https://localhost{path}", **headers)
    assert [] == [each for each in found(checks, answer(asked, document)) if each[0] in ("BREAK", "OURS")]
    assert ("BREAK", "res.type.changed") in found(checks, answer(asked, {**document, "data": 3, "id": 3}))


INFO = {"name": "shop", "version": "1.0"}
CALLS: list[tuple[str, Any, Any]] = [
    (
        "initialize",
        {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": INFO},
        {"protocolVersion": "2025-11-25", "capabilities": {"tools": {"listChanged": True}}, "serverInfo": INFO},
    ),
    ("tools/list", None, {"tools": [{"name": "buy", "inputSchema": {"type": "object", "properties": {"a": {}}}}]}),
    (
        "tools/call",
        {"name": "buy", "arguments": {"what": ["tea"]}},
        {"content": [{"type": "text", "text": "bought"}], "isError": False, "structuredContent": {"total": 3}},
    ),
]


@pytest.mark.parametrize(("method", "params", "result"), CALLS, ids=[method for method, _, _ in CALLS])
def test_a_tool_server_is_no_news(method: str, params: Any, result: Any, checks: dict[str, Check]) -> None:
    """What MCP servers answer, at once or as a stream, or as an error, keeps the contract; another type does not."""
    call = {"jsonrpc": "2.0", "id": 3, "method": method} | ({"params": params} if params else {})
    asked = request("https://localhost/mcp", call, mcp_protocol_version="2025-11-25")
    message = {"jsonrpc": "2.0", "id": 3, "result": result}
    stream = Response(200, SSE, Body.of(f"event: message\r\ndata: {json.dumps(message)}\r\n\r\n".encode()))
    failed = {"jsonrpc": "2.0", "id": 3, "error": {"code": -32601, "message": "no such method"}}
    for exchange in (answer(asked, message), Exchange(asked, stream), answer(asked, failed)):
        assert [] == [each for each in found(checks, exchange) if each[0] != "ADD"]
    broken = {name: 3 for name in result if name != "structuredContent"}
    assert "BREAK" in dict(found(checks, answer(asked, {**message, "result": broken})))


def test_the_accepted_episode_keeps_them(checks: dict[str, Check]) -> None:
    """The cassette that comes with the repository has nothing to say against any contract."""
    episode = cassette.load(Path(__file__).parents[2] / "cassettes", "episode_12345")
    assert episode is not None
    assert [] == [each for exchange in episode.exchanges for each in found(checks, exchange) if each[0] != "ADD"]


@pytest.mark.skipif(not CORPUS, reason="REPLAYKIT_CORPUS names no folder")
def test_recorded_answers_break_nothing(checks: dict[str, Check], tmp_path: Path) -> None:
    """No answer that a provider's own host has given breaks a contract, but for bodies that are cut off."""
    hiding, broken = Hiding(Config(tmp_path)), list[str]()
    with (Path(CORPUS) / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        paths = [Path(CORPUS) / row["path"] for row in csv.DictReader(file) if row["format"].startswith("vcrpy")]
    for path in paths:
        for exchange in recorded(path, hiding).exchanges:
            if urlsplit(exchange.request.url).hostname in ("api.anthropic.com", "api.openai.com"):
                kinds = [kind for grade, kind in found(checks, exchange) if grade == "BREAK"]
                broken += [f"{path.name}: {kind}" for kind in kinds if kind != "res.body.unreadable"]
    assert [] == broken


def test_they_read_as_they_are_written() -> None:
    """A contract's document is the same after it was read."""
    for path in SHIPPED.glob("*/*.json"):
        document = json.loads(path.read_bytes())
        assert document == write(read(document))
