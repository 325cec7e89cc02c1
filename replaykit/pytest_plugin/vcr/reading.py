"""The interactions of a test's cassettes: read, filtered as the test wants it, and ready to be served.

Law: a file is read with vcrpy's own tags and nothing else, whoever wrote it. A serializer that a project
registers is its own code, and gets the text of the file as it is. What an interaction is served as is
made of what the filters left of it.
"""

from __future__ import annotations

import os
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from replaykit.cassette import contents
from replaykit.core.model import header
from replaykit.core.plain import line
from replaykit.errors import CassetteError
from replaykit.pytest_plugin.vcr.request import asked, known
from replaykit.pytest_plugin.vcr.shelf import Kept
from replaykit.vcr import body
from replaykit.vcr.cassette import played
from replaykit.vcr.document import Node, Unfit, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replaykit.core.model import Exchange, Span
    from replaykit.pytest_plugin.vcr.filters import Answer
    from replaykit.pytest_plugin.vcr.request import Request
    from replaykit.pytest_plugin.vcr.settings import Serializer, Settings
    from replaykit.pytest_plugin.vcr.shelf import Shelf

REMEDY = "restore the file, or record it anew: run its tests with `pytest --record-mode=rewrite`"
"""What to do about a cassette that cannot be read."""

_ROOM = 4 << 20
"""Bytes of a file whose size nobody knows, for what its bodies may unpack to."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One of them: as it is served, as vcrpy's users know it, and which file it came from (none: just now)."""

    exchange: Exchange
    answer: Answer
    file: str = ""

    @property
    def request(self) -> Request:
        """The request, a new one each time: whoever asks may write into it."""
        return known(self.exchange.request)


def interactions(
    paths: Iterable[str], settings: Settings, shelf: Shelf | None = None
) -> tuple[list[Interaction], Span | None]:
    """What these files hold, in their order, and when the first of them was; a file that is not there holds nothing.

    What is on the shelf is not read again. `CassetteError` names the file and the line of what cannot be read.
    """
    found: list[Interaction] = []
    span = None
    for path in dict.fromkeys(paths):
        if not os.path.isfile(path) or not os.path.getsize(path):  # noqa: PTH113, PTH202 - once per test: a tenth of the time
            continue
        try:
            kept = _kept(path, settings.serializer, shelf)
        except Unfit as error:
            place = f"{path}:{error.line}" if error.line else path
            raise CassetteError(error.reason, path=place, remedy=REMEDY) from error
        span = span or kept.played.span
        for exchange, raw in zip(kept.played.exchanges, kept.bodies, strict=True):
            interaction = filtered(Interaction(exchange, _answer(exchange, raw), path), settings)
            if interaction is not None:
                found.append(interaction)
    return found, span


def filtered(interaction: Interaction, settings: Settings) -> Interaction | None:
    """What a test's filters leave of an interaction; None when they drop it."""
    exchange, answer = interaction.exchange, interaction.answer
    if settings.sift is not None:
        left = settings.sift(known(exchange.request))
        if left is None:
            return None
        exchange = replace(exchange, request=asked(left, exchange.request))
    if settings.sieve is not None:
        sieved = settings.sieve(_copied(answer))
        if sieved is None:
            return None
        if sieved != answer:
            answer = sieved
            exchange = replace(exchange, response=_response(answer, exchange))
    return Interaction(exchange, answer, interaction.file)


def made(request: Any, answer: Answer) -> Interaction:
    """The interaction of a request and an answer that somebody's code has made."""
    fields = {
        "method": request.method,
        "uri": request.uri,
        "body": request.body,
        "headers": {name: [value] for name, value in request.headers.items()},
    }
    root = grown([{"request": fields, "response": answer}])
    return Interaction(played(root, _ROOM).exchanges[0], _copied(answer))


def grown(value: Any, depth: int = 0) -> Node:
    """The tree of plain values, as a serializer gives them; `Unfit` for any others."""
    match value:
        case dict():
            return Node({name: grown(each, depth + 1) for name, each in value.items()})
        case list() | tuple():
            return Node(tuple(grown(each, depth + 1) for each in value))
        case bytearray():
            return Node(bytes(value))
        case date():
            return Node(value, 0, value.isoformat())
        case None | str() | bytes():
            return Node(value)
        case int() | float():
            return Node(value, 0, str(value))
    raise Unfit(f"its serializer gives a {line(type(value).__name__)}, which no cassette holds")


def _kept(path: str, serializer: Serializer | None, shelf: Shelf | None) -> Kept:
    """What a file holds, from the shelf or read."""
    data = contents(Path(path))
    salt = b"" if serializer is None else _salt(serializer)
    if shelf is None or salt is None:
        return _read(data, serializer)
    kept = shelf.get(path, data, salt)
    if kept is None:
        kept = _read(data, serializer)
        if _settled(kept) and (serializer is None or kept == _plain(data)):
            shelf.put(path, data, kept, salt)
    return kept


def _read(data: bytes, serializer: Serializer | None) -> Kept:
    """What these bytes hold, to vcrpy or to a project's own serializer."""
    return _whole(tree(data) if serializer is None else _grown(data, serializer), data)


def _salt(serializer: Serializer) -> bytes | None:
    """What tells a serializer from another, or from itself after a change: its source. None where that is not all.

    One that says something else than the file does (that deciphers it, say) is asked each time: see `_kept`.
    """
    if not isinstance(serializer, ModuleType) or not serializer.__file__:
        return None
    return Path(serializer.__file__).read_bytes()


def _plain(data: bytes) -> Kept | None:
    """What these bytes hold without anybody's code; None when that is nothing."""
    try:
        return _read(data, None)
    except Unfit:
        return None


def _whole(root: Node, data: bytes) -> Kept:
    """What a tree holds."""
    return Kept(played(root, len(data)), tuple(body.answered(node.value["response"].value) for node in _listed(root)))


def _settled(kept: Kept) -> bool:
    """Whether a file comes to the same everywhere: an encoding that was not undone may be known elsewhere."""
    answers = (each.response for each in kept.played.exchanges)
    return all(each and (each.encoding or not header(each.headers, "content-encoding")) for each in answers)


def _grown(data: bytes, serializer: Serializer) -> Node:
    """The tree of a file that a project's own serializer reads."""
    try:
        return grown(serializer.deserialize(data.decode()))
    except (Unfit, RecursionError):
        raise
    except Exception as error:
        name = getattr(serializer, "__name__", type(serializer).__name__)
        raise Unfit(
            f"the serializer {line(name)} fails on it: {type(error).__name__}: {line(str(error), 200)}"
        ) from error


def _listed(root: Node) -> Sequence[Node]:
    """The interactions of a tree that has been played."""
    found: Sequence[Node] = root.value if isinstance(root.value, tuple) else root.value["interactions"].value
    return found


def _answer(exchange: Exchange, raw: bytes) -> Answer:
    """The answer as vcrpy has it, its body as the file has it."""
    response = exchange.response
    headers: dict[str, list[str]] = {}
    for name, value in response.headers if response is not None else ():
        headers.setdefault(name, []).append(value)
    return {
        "status": {"code": response.status if response else 0, "message": response.reason if response else ""},
        "headers": headers,
        "body": {"string": raw},
    }


def _response(answer: Answer, exchange: Exchange) -> Any:
    """What an answer is served as, after a filter has changed it."""
    response = made(known(exchange.request), answer).exchange.response
    assert response is not None  # noqa: S101 - it was made of one
    return replace(response, version=exchange.response.version) if exchange.response is not None else response


def _copied(value: Any) -> Any:
    """The same answer, to be changed apart; `deepcopy` alone takes 100 µs for one, ten times as long."""
    if type(value) is dict:
        return {name: _copied(each) for name, each in value.items()}
    if type(value) is list:
        return [_copied(each) for each in value]
    return value if type(value) in _PLAIN else deepcopy(value)


_PLAIN = (str, bytes, int, type(None))
"""What answers consist of, and nobody can change."""
