"""A request as vcrpy's users know it: what their matchers compare and their hooks change.

    method, uri, body, headers      to be read and written; a body that is written as text becomes bytes
    scheme, host, port, path, query of the `uri`; `query` as sorted pairs
    url, protocol                   other words for `uri` and `scheme`

Law: by the names that vcrpy has for them, since other people's functions are called with it. A value is
copied before a hook may write into it.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlparse

from replaykit.core.model import Body
from replaykit.core.model import Request as Asked
from replaykit.vcr.url import PORTS, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from urllib.parse import ParseResult

    from replaykit.core.model import Headers


class Fields(MutableMapping[str, Any]):
    """Headers by name, in whatever case; the spelling of a name is that in which it was first set."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        """Of several pairs of one name the last one counts."""
        self._held: dict[str, tuple[str, Any]] = {}
        for name, value in pairs:
            self[name] = value

    @classmethod
    def joined(cls, headers: Headers) -> Fields:
        """Headers of ours, several of one name as one, with commas."""
        fields = cls()
        held = fields._held
        for name, value in headers:
            spelling, before = held.get(name.lower(), (name, None))
            held[name.lower()] = (spelling, value if before is None else f"{before}, {value}")
        return fields

    @property
    def pairs(self) -> Iterable[tuple[str, Any]]:
        """The headers with the spelling of their names: `items()`, without a look-up for each."""
        return self._held.values()

    def __getitem__(self, name: str) -> Any:
        """The value of a header."""
        return self._held[name.lower()][1]

    def __setitem__(self, name: str, value: Any) -> None:
        """Set a header; of a list, its first value."""
        plain = value[0] if isinstance(value, list | tuple) and value else value
        self._held[name.lower()] = (self._held.get(name.lower(), (name,))[0], plain)

    def __delitem__(self, name: str) -> None:
        """Take a header out."""
        del self._held[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """The names, as they were spelled."""
        return (name for name, _ in self._held.values())

    def __len__(self) -> int:
        """How many headers there are."""
        return len(self._held)

    def __eq__(self, other: object) -> bool:
        """Whether the other mapping has the same headers; the case of names does not matter."""
        if not isinstance(other, MutableMapping | dict):
            return NotImplemented
        theirs = Fields(other.items())
        return {name: value for name, (_, value) in self._held.items()} == {
            name: value for name, (_, value) in theirs._held.items()
        }

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        """As a dictionary."""
        return repr(dict(self.items()))

    def copy(self) -> Fields:
        """The same headers, to be changed apart."""
        return Fields(self.pairs)


class Request:
    """One request, recorded or live."""

    def __init__(self, method: str, uri: str, body: Any, headers: Mapping[str, Any]) -> None:
        """`body` is bytes, text or None."""
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body

    @property
    def uri(self) -> str:
        """The whole address."""
        return self._uri

    @uri.setter
    def uri(self, uri: str) -> None:
        self._uri = uri
        self.parsed_uri: ParseResult = urlparse(uri)

    @property
    def headers(self) -> Fields:
        """The headers, by name."""
        return self._headers

    @headers.setter
    def headers(self, headers: Mapping[str, Any]) -> None:
        self._headers = headers if isinstance(headers, Fields) else Fields(headers.items())

    @property
    def body(self) -> Any:
        """The body: bytes, or None."""
        return self._body

    @body.setter
    def body(self, body: Any) -> None:
        self._body = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body

    @property
    def scheme(self) -> str:
        """`https`."""
        return self.parsed_uri.scheme

    @property
    def host(self) -> str | None:
        """The host, in lower case; None where there is none."""
        return self.parsed_uri.hostname

    @property
    def port(self) -> int | None:
        """The port, that of the scheme when none is given."""
        known = PORTS.get(self.scheme)
        return self.parsed_uri.port or (int(known) if known else None)

    @property
    def path(self) -> str:
        """The path, escaped as it was sent."""
        return self.parsed_uri.path

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters with a value, sorted."""
        return sorted(parse_qsl(self.parsed_uri.query))

    url = property(lambda self: self.uri)
    protocol = property(lambda self: self.scheme)

    def copy(self) -> Request:
        """The same request, to be changed apart."""
        return Request(self.method, self.uri, self.body, self.headers.copy())

    def __repr__(self) -> str:
        """Method and address."""
        return f"<Request ({self.method}) {self.uri}>"


def known(request: Asked) -> Request:
    """A request of ours as vcrpy's users know it; several headers of one name are one, with commas."""
    return Request(request.method, request.url, request.body.data, Fields.joined(request.headers))


def asked(request: Request, before: Asked) -> Asked:
    """The request of ours that one of theirs has become, given the one that it was made of."""
    body = request.body if isinstance(request.body, bytes) else _bytes(request.body)
    same = body == before.body.data
    return Asked(
        request.method.upper(),
        spelled(request.uri),
        _headers(request.headers),
        before.body if same else Body.of(body),
    )


def _headers(fields: Mapping[str, Any]) -> Headers:
    pairs = fields.pairs if isinstance(fields, Fields) else fields.items()  # vcrpy has a mapping of its own
    return tuple([(name, value.decode("latin-1") if isinstance(value, bytes) else str(value)) for name, value in pairs])


def _bytes(body: Any) -> bytes:
    """A body that a hook has left, as bytes."""
    if body is None:
        return b""
    read = getattr(body, "read", None)
    if read is not None:
        return _bytes(read())
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, dict):
        return json.dumps(body).encode()  # what aiohttp was given as a value
    return bytes(body) if isinstance(body, bytearray | memoryview) else b"".join(map(_bytes, body))
