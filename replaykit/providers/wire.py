"""What the wires of all providers share: paths, retry counts, streams as documents, errors.

Law: pure and lenient, as `shape`: what cannot be read is left out. A torn event counts when its data
parses: the document it holds was sent, whether or not the line feeds after it still came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core import stream
from replaykit.core.model import header
from replaykit.providers.shape import mapping, parse, print_json, string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replaykit.core.model import JSON, Headers

DONE = "[DONE]"
"""The data of the event that ends a stream of chunks (OpenAI and all who speak its wire)."""

RETRY_COUNT = "x-stainless-retry-count"
"""Sent by the SDKs that the Stainless generator writes; `0` on the first attempt."""

_DIGITS = 4
"""More than these no count of retries has; Python refuses to read numbers of thousands."""

_GAPS = (b"\n\n", b"\n\r\n", b"\r\r")
"""An empty line, after each kind of line end: no event reaches across one."""


def route(url: str) -> str:
    """The path of a URL, without query and closing slash (`/v1/messages`)."""
    _, _, rest = url.rpartition("://")
    _, slash, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return slash + path.rstrip("/")


def attempt(headers: Headers) -> int:
    """The number of the SDK's retry, 0 for the first attempt and where nobody says."""
    count = header(headers, RETRY_COUNT)
    return int(count) if count.isascii() and count.isdigit() and len(count) <= _DIGITS else 0


def of_kind(name: str) -> Callable[[stream.Event], bool]:
    """Whether an event is of this kind: by the `type` in its data, else by its own name.

    Half an event says nothing yet, though its name may have come.
    """

    def test(event: stream.Event) -> bool:
        document = parse(event.data)
        return not (event.torn and document is None) and _kind(document, event) == name

    return test


def documents(body: bytes) -> Iterator[tuple[str, dict[str, JSON]]]:
    """The JSON objects among the events of a stream, in order, each after its kind."""
    for event in stream.events(body):
        if event.spans and isinstance(document := parse(event.data), dict):
            yield _kind(document, event), document


def _kind(document: JSON, event: stream.Event) -> str:
    """The kind of an event whose data is parsed already."""
    return string(mapping(document).get("type")) or event.name


def reaches(body: bytes, word: str, ends: Callable[[stream.Event], bool]) -> bool:
    """True when some event of the stream, one with `word` in its bytes, ends it.

    The terminator is the last thing in a stream, so the event around the last `word` is looked at
    first: in the usual case a long stream costs a search from its end (a few microseconds).
    """
    last = body.rfind(word.encode())
    if last < 0:
        return False
    start = max((at + len(gap) for gap in _GAPS if (at := body.rfind(gap, 0, last)) >= 0), default=0)
    near, far = stream.events(body[start:]), body[:start]
    return any(event.spans and ends(event) for event in near) or any(map(ends, stream.events(far)))


def complaint(error: JSON) -> str:
    """An error's type and text in one line (`overloaded_error: Overloaded`); empty when there is no error."""
    fields = mapping(error)
    code = fields.get("code")
    kind = string(fields.get("type")) or string(code) or (str(code) if isinstance(code, int) else "")
    said = ": ".join(filter(None, (kind, string(fields.get("message")))))
    return said or string(error) or (print_json(error) if error else "")
