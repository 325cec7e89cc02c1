"""Any other service that speaks HTTP, and JSON-RPC among them: requests without a conversation.

Law: this provider takes whatever no other one claimed, so that every request has one. It knows no
model and no turns; it words places plainly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.providers import Operation, Provider
from replaykit.providers.place import plain
from replaykit.providers.shape import mapping
from replaykit.providers.wire import DONE, attempt, reaches

if TYPE_CHECKING:
    from replaykit.core.model import JSON, Headers


def _ended(body: bytes) -> bool:
    """True when the one terminator that many services share is in the stream."""
    return reaches(body, DONE, lambda event: event.data.strip() == DONE)


def _place(path: tuple[str | int, ...], _document: JSON) -> str:
    """A path as one would write it."""
    return plain(path)


def _nothing(_document: JSON) -> None:
    """Nothing: there is no conversation in such a document."""


def _no_sum(_body: bytes) -> JSON:
    """Nothing: what such a stream amounts to is not known."""
    return None


PLAIN = Operation(
    name="http",
    read_request=_nothing,
    read_answer=_nothing,
    add_up=_no_sum,
    ended=_ended,
    place=_place,
)
"""An exchange of which nothing is known but that it is one."""

_JSONRPC = replace(PLAIN, name="jsonrpc", correlation="/id")
"""A JSON-RPC call: its answer repeats its `id` (JSON-RPC 2.0, section 5)."""


def _operation(_method: str, _url: str, _headers: Headers, document: JSON) -> Operation:
    """The operation of any request: a JSON-RPC call, or plain HTTP."""
    return _JSONRPC if "jsonrpc" in mapping(document) else PLAIN


PROVIDER = Provider(name="other", operation=_operation, telling=("content-type",), attempt=attempt)
"""The fallback."""
