"""OpenAI's wires: chat completions, responses, embeddings, models, as OpenAI and many others speak them.

Law: as all providers, pure. A request belongs here by its path, and where the path alone is too
common a word by its body or its client; never by its host alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.model import header
from replaykit.providers import Operation, Provider, listing
from replaykit.providers.openai import chat, chunks, embeddings, events, responses
from replaykit.providers.other import PLAIN
from replaykit.providers.shape import mapping
from replaykit.providers.wire import attempt, route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON, Headers
    from replaykit.providers.promise import Promise
    from replaykit.providers.speech import Speech

_Row: TypeAlias = "tuple[str, frozenset[str], Operation]"

_CHAT = Operation("chat", chat.read_request, chat.read_answer, chunks.add_up, chunks.ended, chat.place)
_RESPONSES = Operation(
    "responses",
    responses.read_request,
    responses.read_answer,
    events.add_up,
    events.ended,
    responses.place,
)
_COMPLETIONS = replace(_CHAT, name="completions", read_request=listing.ask, place=PLAIN.place)
_EMBEDDINGS = replace(PLAIN, name="embeddings", read_request=listing.ask, read_answer=embeddings.read_answer)
_MODELS = replace(PLAIN, name="models", read_request=listing.ask, read_answer=listing.read_models)
_REST = replace(PLAIN, name="rest")

_POSTS: tuple[_Row, ...] = (
    ("/chat/completions", frozenset(), _CHAT),
    ("/responses", frozenset({"model", "input", "prompt"}), _RESPONSES),
    ("/responses/compact", frozenset({"model", "input"}), _RESPONSES),
    ("/embeddings", frozenset({"model", "input"}), _EMBEDDINGS),
    ("/completions", frozenset({"model", "prompt"}), _COMPLETIONS),
)
"""What is sent: the end of its path, the fields of which its body has one (none: the path says enough)."""

_GETS: tuple[tuple[str, Operation], ...] = (("/chat/completions/", _CHAT), ("/responses/", _RESPONSES))
"""What is fetched: a part of its path."""


def _operation(method: str, url: str, headers: Headers, document: JSON) -> Operation | None:
    """The operation of a request that is on one of these wires.

    Where the body was not parsed, `/v1` before a common word stands in for its fields.
    """
    path = route(url)
    ours = _is_sdk(headers)
    found = _posted(path, document, ours=ours) if method.upper() == "POST" else _fetched(path, ours=ours)
    return found or (_REST if ours else None)


def _posted(path: str, document: JSON, *, ours: bool) -> Operation | None:
    """The operation of something that is sent."""
    for end, fields, operation in _POSTS:
        if not path.endswith(end):
            continue
        unread = document is None and (ours or path.endswith("/v1" + end))
        if not fields or unread or fields & mapping(document).keys():
            return operation
    return None


def _fetched(path: str, *, ours: bool) -> Operation | None:
    """The operation of something that is fetched: a stored answer, or models."""
    if path.endswith("/v1/models") or (ours and ("/models/" in path or path.endswith("/models"))):
        return _MODELS
    found = (operation for part, operation in _GETS if part in path and (ours or "/v1" + part in path))
    return next(found, None)


def _is_sdk(headers: Headers) -> bool:
    """True when OpenAI's own client sent this (`OpenAI/Python 3.51.0`, `AsyncAzureOpenAI/Python …`)."""
    return "OpenAI/" in header(headers, "user-agent").partition(" ")[0]


def _speeches() -> tuple[Speech, ...]:
    """Imported when an answer is to be made up, which replays do not."""
    from replaykit.providers.openai.answers import CHAT, RESPONSES

    return CHAT, RESPONSES


def _promises() -> Mapping[str, Promise]:
    """Imported when a contract is made, which replays do not."""
    from replaykit.providers.openai.promise import PROMISES

    return PROMISES


PROVIDER = Provider(
    name="openai",
    operation=_operation,
    telling=("openai-beta", "openai-version", "content-type"),
    attempt=attempt,
    delays=("openai._base_client:INITIAL_RETRY_DELAY",),
    credentials=("authorization", "api-key", "x-api-key"),
    untouchable=("encrypted_content",),
    keys=("OPENAI_API_KEY",),
    speeches=_speeches,
    promises=_promises,
)
"""What we know about OpenAI's wires."""
