"""Everything that an episode says, place by place, looked through.

Law: nothing is left out. What belongs to a step is named here; what is known of the whole episode is
walked through whatever its fields are, so that a new one is looked through, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.model import Exchange, ToolCall, header
from replaykit.core.redact import STAND_IN, doubtful
from replaykit.core.redact.variable import says_secret
from replaykit.scan.eye import PASSWORD, Hit, opens
from replaykit.scan.finding import Place
from replaykit.scan.typed import typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.model import Episode, Failure, Headers, Response, Step
    from replaykit.scan.eye import Eye

Found: TypeAlias = tuple[Place, Hit]

_SAID: Final = re.compile(r"(--?[\w-]+|[A-Za-z_][\w-]*)(?:=|: +)(?:(?:Bearer|Basic|Token) +)?")
"""What says in a word of a command what the rest of it is: an option, a header, a variable."""

_ADDRESS: Final = re.compile(r"[A-Za-z][\w+.-]*://\S+")


def look(episode: Episode, eye: Eye, name: str = "") -> Iterator[Found]:
    """Where an episode holds a secret; `name` is what it is called in a file that holds several."""
    for part, hit in _facts(episode, eye):
        yield Place(part, name), hit
    for number, step in enumerate(episode.steps, start=1):
        for part, hit in _step(step, eye):
            yield Place(part, name, number), hit


def _facts(episode: Episode, eye: Eye) -> Iterator[tuple[str, Hit]]:
    """What started the episode and what came out, walked through."""
    for each in fields(episode):
        if each.name != "steps":
            yield from _walked(getattr(episode, each.name), each.name, eye)
    for hit in (*_words(episode.origin.command), *_typed(episode.origin.command)):
        yield "origin command", hit
    for name, value in episode.origin.environment.items():
        if says_secret(name) and opens(value):
            yield f"origin environment {name}", Hit("credential", mark=hash(value))


def _walked(value: object, path: str, eye: Eye) -> Iterator[tuple[str, Hit]]:
    """The secrets of all texts in a value."""
    if isinstance(value, str):
        hits = eye.url(value) if _ADDRESS.fullmatch(value) else eye.text(value.encode("utf-8", "surrogatepass"))
        yield from ((path, hit) for hit in hits)
    elif isinstance(value, bytes):
        yield from ((path, hit) for hit in eye.stream(value, (), ""))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _walked(key, path, eye)
            yield from _walked(each, f"{path} {key}", eye)
    elif isinstance(value, tuple):
        for each in value:
            yield from _walked(each, path, eye)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _walked(getattr(value, each.name), f"{path} {each.name}", eye)


def _words(command: Sequence[str]) -> Iterator[Hit]:
    """The words of a command that the option before them calls secret."""
    option = ""
    for word in command:
        said = _SAID.match(word)
        name, value = (said[1], word[said.end() :]) if said else (option, word)
        if doubtful(name, value) and not STAND_IN.search(value.encode("utf-8", "surrogateescape")):
            yield Hit("credential", mark=hash(value))
        option = word if word.startswith("-") and not said else ""


def _typed(command: Sequence[str]) -> Iterator[Hit]:
    """The passwords of a command that is `curl` itself; a script among its words is looked through as a text."""
    words = [word.encode("utf-8", "surrogateescape") for word in command]
    if not any(b" " in word and b"curl" in word for word in words):
        yield from (Hit(PASSWORD, mark=hash(password)) for _, password in typed(b" ".join(words)))


def _step(step: Step, eye: Eye) -> Iterator[tuple[str, Hit]]:
    """What a step says."""
    match step:
        case ToolCall():
            yield from (("tool name", hit) for hit in eye.text(step.name.encode("utf-8", "surrogatepass")))
            yield from (("tool arguments", hit) for hit in eye.text(step.arguments))
            yield from (("tool result", hit) for hit in eye.text(step.result))
        case Exchange():
            request = step.request
            yield from (("request URL", hit) for hit in eye.url(request.url))
            yield from _headers("request", request.headers, eye)
            yield from (("request body", hit) for hit in eye.body(request.body.read()))
            if step.response is not None:
                yield from _response(step.response, eye)
    if step.failure is not None:
        yield from _failure(step.failure, eye)


def _response(response: Response, eye: Eye) -> Iterator[tuple[str, Hit]]:
    """What an answer says."""
    yield from _headers("response", response.headers, eye)
    yield from (("response reason", hit) for hit in eye.text(response.reason.encode("utf-8", "surrogatepass")))
    found = eye.stream(response.body.read(), response.lengths, header(response.headers, "content-type"))
    yield from (("response body", hit) for hit in found)


def _failure(failure: Failure, eye: Eye) -> Iterator[tuple[str, Hit]]:
    """What an error says."""
    for text in (failure.kind, failure.message):
        yield from (("failure", hit) for hit in eye.text(text.encode("utf-8", "surrogatepass")))


def _headers(whose: str, headers: Headers, eye: Eye) -> Iterator[tuple[str, Hit]]:
    """What headers say."""
    for name, value in headers:
        yield from ((f"{whose} header {eye.clean(name).lower()}", hit) for hit in eye.header(name, value))
