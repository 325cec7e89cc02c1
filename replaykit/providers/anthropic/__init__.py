"""Anthropic: the Messages API, its token counts and models, and whatever else its clients ask for.

Law: as all providers, pure. A request is Anthropic's when it names an API version or has the path
of the Messages API, wherever it is sent: gateways and local servers speak the same wire.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.core.model import header
from replaykit.providers import Operation, Provider, listing
from replaykit.providers.anthropic.messages import place, read_answer, read_count, read_request
from replaykit.providers.anthropic.stream import add_up, ended
from replaykit.providers.other import PLAIN
from replaykit.providers.shape import mapping
from replaykit.providers.wire import attempt, route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON, Headers
    from replaykit.providers.promise import Promise
    from replaykit.providers.speech import Speech

_MESSAGES = Operation("messages", read_request, read_answer, add_up, ended, place)
_COUNT = replace(PLAIN, name="count_tokens", read_request=read_request, read_answer=read_count, place=place)
_MODELS = replace(PLAIN, name="models", read_request=listing.ask, read_answer=listing.read_models)
_REST = replace(PLAIN, name="rest")

_OPERATIONS: Mapping[str, Operation] = {
    "/v1/messages": _MESSAGES,
    "/v1/messages/count_tokens": _COUNT,
    "/v1/models": _MODELS,
}
"""By the end of the path."""


def _operation(_method: str, url: str, headers: Headers, document: JSON) -> Operation | None:
    """The operation of a request that is Anthropic's.

    Where a cloud puts the Messages API under paths of its own, the body names the version
    (`anthropic_version`) that elsewhere stands in a header.
    """
    path = route(url)
    versioned = bool(header(headers, "anthropic-version"))
    for end, operation in _OPERATIONS.items():
        if path.endswith(end) and (versioned or operation is not _MODELS):
            return operation
    if "anthropic_version" in mapping(document) and "messages" in mapping(document):
        return _MESSAGES
    if versioned and "/v1/models/" in path:
        return _MODELS
    return _REST if versioned and not path.endswith("/chat/completions") else None


def _speeches() -> tuple[Speech, ...]:
    """Imported when an answer is to be made up, which replays do not."""
    from replaykit.providers.anthropic.answers import MESSAGES

    return (MESSAGES,)


def _promises() -> Mapping[str, Promise]:
    """Imported when a contract is made, which replays do not."""
    from replaykit.providers.anthropic.promise import PROMISES

    return PROMISES


PROVIDER = Provider(
    name="anthropic",
    operation=_operation,
    telling=("anthropic-version", "anthropic-beta", "content-type"),
    attempt=attempt,
    delays=("anthropic._base_client:INITIAL_RETRY_DELAY",),
    credentials=("x-api-key", "authorization"),
    untouchable=("signature", "encrypted_content", "encrypted_index", "redacted_thinking.data"),
    keys=("ANTHROPIC_API_KEY",),
    speeches=_speeches,
    promises=_promises,
)
"""What we know about Anthropic's wire."""
