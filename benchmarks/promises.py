"""What checking a contract costs, and what it sees: the contracts that come with replaykit, and answers like real ones.

    fit       an answer, a stream's event: microseconds of the fast validator, beside jsonschema's
    itself    a large schema compared with itself
    planted   drifts planted into answers wherever there is something to plant: how many are found

Law: what counts as drift is not for our contracts to say. A field that goes, and a value of another type, is
one where the SDK's own types refuse it; a tag by another name always is. REPLAYKIT_CORPUS may name a folder of
vcrpy's cassettes: then their real answers are taken, too.
"""

from __future__ import annotations

import copy
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from replaykit.core.model import Body, Exchange, Request, Response
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replaykit.core.contract.check import Check
    from replaykit.core.contract.model import Contract

ROUNDS: Final = 2_000
"""Documents that are validated for one figure."""

CORPUS: Final = "REPLAYKIT_CORPUS"

TYPES: Final = {
    "anthropic.messages": ("anthropic.types:Message", "anthropic.types:RawMessageStreamEvent"),
    "openai.chat": ("openai.types.chat:ChatCompletion", "openai.types.chat:ChatCompletionChunk"),
    "openai.responses": ("openai.types.responses:Response", "openai.types.responses:ResponseStreamEvent"),
}
"""The contracts that answers are planted under, and the types of the SDK: of a whole answer, and of an event."""

ADDRESSES: Final = {
    "anthropic.messages": "https://api.anthropic.com/v1/messages",
    "openai.chat": "https://api.openai.com/v1/chat/completions",
    "openai.responses": "https://api.openai.com/v1/responses",
}

TAGS: Final = frozenset({"type", "object", "role"})


def contract(name: str) -> Contract:
    """The newest of the package's contracts of a name."""
    from replaykit.contracts.registry import shipped

    found = shipped().newest(name)
    if found is None:
        raise SystemExit(f"the package has no contract {name}")
    return found


def fit() -> dict[str, float]:
    """Seconds of validating one answer and one event, and what jsonschema takes for the answer."""
    from jsonschema import Draft202012Validator

    from replaykit.contracts.validators import Validators
    from replaykit.core.contract.strict import strict

    found: dict[str, float] = {}
    promise = contract("anthropic.messages")
    judge = Validators(promise)
    plain, streamed = (
        next(each for each in exchanges("anthropic.messages") if _streams(each) is is_stream)
        for is_stream in (False, True)
    )
    answer, event = json.loads(plain.response.body.data), _events(streamed)[3]  # type: ignore[union-attr]
    for name, part, document in (("message", "response", answer), ("event", "event", event)):
        if not judge.fits(part, document):
            raise SystemExit(f"this {name} was to fit: {[each.path for each in judge.faults(part, document)]}")
        found[name] = _timed(lambda part=part, document=document: judge.fits(part, document))  # type: ignore[misc]
    slow = Draft202012Validator({"$ref": "#/$defs/response", "$defs": strict(promise.defs)})
    found["reference"] = _timed(lambda: slow.is_valid(answer), ROUNDS // 40)
    return found


def itself() -> dict[str, float]:
    """Seconds of comparing a large schema with itself, and with a copy in another order."""
    from replaykit.contracts.types import schema_of
    from replaykit.contracts.validators import valid
    from replaykit.core.contract.changes import compared

    schema = dict(schema_of(TYPES["openai.responses"][1]).schema)
    turned = _turned(schema)
    found = {}
    for name, other in (("same", copy.deepcopy(schema)), ("turned", turned)):
        began = time.perf_counter()
        comparison = compared(schema, other, valid=valid)
        found[name] = time.perf_counter() - began
        if comparison.changes:
            raise SystemExit("a schema was said to differ from itself")
    return found


def planted() -> dict[str, float]:
    """How many planted drifts there are, and what share of them is found, in percent."""
    from replaykit.contracts.validators import Validators
    from replaykit.core.contract.check import Check

    count = caught = wrong = 0
    for name in TYPES:
        promise = contract(name)
        check = Check(promise, Validators(promise))
        for exchange in exchanges(name):
            wrong += any(each.grade == "BREAK" for each in check.exchange(exchange).findings)
            for drifted in _planted(name, exchange):
                count += 1
                caught += _found(check, drifted)
    return {"count": count, "caught": 100 * caught / count, "wrong": wrong}


def _found(check: Check, exchange: Exchange) -> bool:
    return any(each.grade in ("BREAK", "RISK") for each in check.exchange(exchange).findings)


def exchanges(name: str) -> Iterator[Exchange]:
    """Answers under a contract, plain and streamed: made up as the provider's wire has them, and recorded ones."""
    from replaykit.providers.registry import speeches
    from replaykit.providers.speech import Message, Said, Tool

    (speech,) = speeches(name) or speeches(name.partition(".")[0])
    question = {"model": "bench-1", "messages": [{"role": "user", "content": "Where?"}], "input": "Where?"}
    messages = (Message(("Paris.",)), Message(("One moment.", Tool("weather", {"city": "Paris"}))))
    for number, message in enumerate(messages, start=1):
        said = Said(question, message, number)
        yield _exchange(name, json.dumps(speech.whole(said)).encode(), "application/json")
        yield _exchange(name, b"".join(speech.stream(said)), "text/event-stream")
    if folder := os.environ.get(CORPUS):
        yield from _recorded(name, Path(folder))


def _recorded(name: str, folder: Path) -> Iterator[Exchange]:
    """The good answers of cassettes that belong to a contract and came from the provider itself."""
    from replaykit.config import Config
    from replaykit.core.contract.bound import Parsed, applying
    from replaykit.errors import CassetteError
    from replaykit.session.hiding import Hiding
    from replaykit.vcr import read

    host, promise = ADDRESSES[name].split("/")[2], contract(name)
    for path in sorted(folder.rglob("*.yaml")):
        try:
            episode = read(path, Hiding(Config(folder)))
        except CassetteError:
            continue
        for each in episode.exchanges:
            good = each.response is not None and each.response.status == 200  # noqa: PLR2004 - OK
            if good and f"//{host}/" in each.request.url and any(applying([promise], Parsed(each.request))):
                yield each


def _exchange(name: str, body: bytes, kind: str) -> Exchange:
    asked = Body.of(json.dumps({"model": "bench-1", "messages": [], "input": "Where?"}).encode())
    request = Request("POST", ADDRESSES[name], (("content-type", "application/json"),), asked)
    return Exchange(request, Response(200, (("content-type", kind),), Body.of(body), (len(body),)))


def _planted(name: str, exchange: Exchange) -> Iterator[Exchange]:
    """The exchange with one drift, in every place that has room for one."""
    whole, event = (_accepts(each) for each in TYPES[name])
    if not _streams(exchange):
        document = parse(exchange.response.body.data) if exchange.response else None
        if whole(document):
            for changed in _drifts(document, whole):
                yield _with(exchange, json.dumps(changed).encode())
        return
    documents, known = _events(exchange), set[str]()
    for place, each in enumerate(documents):
        kind = str(each.get("type", each.get("object")))
        if kind in known or not event(each):
            continue
        known.add(kind)
        for changed in _drifts(each, event):
            lines = [*documents[:place], changed, *map(_renamed(each, changed), documents[place + 1 :])]
            yield _with(
                exchange, b"".join(b"data: %s\n\n" % json.dumps(line).encode() for line in lines) + _end(exchange)
            )


def _renamed(was: dict[str, Any], now: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What becomes of later events where one is called something else: all of its name are."""
    tags = {
        key: now[key] for key in TAGS & was.keys() & now.keys() if isinstance(now[key], str) and was[key] != now[key]
    }
    return lambda each: {**each, **tags} if tags and all(each.get(key) == was[key] for key in tags) else each


def _drifts(document: Any, accepts: Callable[[Any], bool]) -> Iterator[Any]:
    """A copy with each field gone and each value of another type, where the SDK minds; and with each tag renamed."""
    for path, value in _places(document):
        key = path[-1]
        if key in TAGS and isinstance(value, str):
            yield _set(document, path, f"{value}_x")
        if isinstance(key, str) and not accepts(gone := _set(document, path, None, remove=True)):
            yield gone
        if value is not None and not accepts(other := _set(document, path, _other(value))):
            yield other


def _other(value: Any) -> Any:
    """A value of another type."""
    match value:
        case bool():
            return "no"
        case str():
            return 7
        case int() | float():
            return "seven"
        case list():
            return {"0": 1}
        case _:
            return [1]


def _places(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    members = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in members:
        yield (*path, key), value
        yield from _places(value, (*path, key))


def _set(document: Any, path: tuple[str | int, ...], value: Any, *, remove: bool = False) -> Any:
    found = copy.deepcopy(document)
    *way, last = path
    inner = found
    for step in way:
        inner = inner[step]
    if remove:
        del inner[last]
    else:
        inner[last] = value
    return found


def _accepts(target: str) -> Callable[[Any], bool]:
    """Whether the SDK's type of this name takes a document."""
    import jsonschema_rs

    from replaykit.contracts.types import schema_of

    return jsonschema_rs.Draft202012Validator(dict(schema_of(target).schema)).is_valid


def _streams(exchange: Exchange) -> bool:
    from replaykit.core.stream import SSE, kind

    response = exchange.response
    return response is not None and kind(response.body.data, "") == SSE


def _events(exchange: Exchange) -> list[dict[str, Any]]:
    from replaykit.core.stream import events

    response = exchange.response
    data = response.body.data if response is not None else b""
    return [json.loads(each.data) for each in events(data) if each.dispatched and each.data.startswith("{")]


def _end(exchange: Exchange) -> bytes:
    """What ends a stream that ends with a word."""
    return b"data: [DONE]\n\n" if exchange.response and b"[DONE]" in exchange.response.body.data else b""


def _with(exchange: Exchange, body: bytes) -> Exchange:
    assert exchange.response is not None  # noqa: S101 - only answers are planted into
    return replace(exchange, response=replace(exchange.response, body=Body.of(body), lengths=(len(body),)))


def _turned(value: Any) -> Any:
    """The same schema, the members of its objects in another order."""
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in sorted(value, reverse=True)}
    return [_turned(each) for each in value] if isinstance(value, list) else value


def _timed(what: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of one, the fastest of five series."""
    series = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(rounds):
            what()
        series.append((time.perf_counter() - began) / rounds)
    return min(series)
