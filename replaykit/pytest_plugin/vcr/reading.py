"""The interactions of a test's cassettes: read, filtered as the test wants it, and ready to be served.

Law: a file is read with vcrpy's own tags and nothing else, whoever wrote it. A serializer that a project
registers is its own code, and gets the text of the file as it is. What an interaction is served as is
made of what the filters left of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replaykit.cassette import contents
from replaykit.core.plain import line
from replaykit.errors import CassetteError
from replaykit.pytest_plugin.vcr.request import asked, known
from replaykit.vcr import REMEDY, body
from replaykit.vcr.cassette import played
from replaykit.vcr.document import Node, Unfit, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replaykit.core.model import Exchange, Span
    from replaykit.pytest_plugin.vcr.filters import Answer
    from replaykit.pytest_plugin.vcr.request import Request
    from replaykit.pytest_plugin.vcr.settings import Serializer, Settings

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


def interactions(paths: Iterable[str], settings: Settings) -> tuple[list[Interaction], Span | None]:
    """What these files hold, in their order, and when the first of them was; a file that is not there holds nothing.

    `CassetteError` names the file and the line of what cannot be read.
    """
    found: list[Interaction] = []
    span = None
    for path in dict.fromkeys(paths):
        if not os.path.isfile(path) or not os.path.getsize(path):  # noqa: PTH113, PTH202 - once per test: a tenth of the time
            continue
        try:
            root, size = _root(Path(path), settings.serializer)
            all_of_it = played(root, size)
        except Unfit as error:
            place = f"{path}:{error.line}" if error.line else path
            raise CassetteError(error.reason, path=place, remedy=REMEDY) from error
        span = span or all_of_it.span
        for node, exchange in zip(_listed(root), all_of_it.exchanges, strict=True):
            interaction = Interaction(exchange, _answer(node, exchange), path)
            if (kept := filtered(interaction, settings)) is not None:
                found.append(kept)
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


def _root(path: Path, serializer: Serializer | None) -> tuple[Node, int]:
    """The tree of a file, and its size."""
    data = contents(path)
    if serializer is None:
        return tree(data), len(data)
    try:
        return grown(serializer.deserialize(data.decode())), len(data)
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


def _answer(node: Node, exchange: Exchange) -> Answer:
    """The answer as vcrpy has it, its body as the file has it."""
    response = exchange.response
    headers: dict[str, list[str]] = {}
    for name, value in response.headers if response is not None else ():
        headers.setdefault(name, []).append(value)
    return {
        "status": {"code": response.status if response else 0, "message": response.reason if response else ""},
        "headers": headers,
        "body": {"string": body.answered(node.value["response"].value)},
    }


def _response(answer: Answer, exchange: Exchange) -> Any:
    """What an answer is served as, after a filter has changed it."""
    response = made(known(exchange.request), answer).exchange.response
    assert response is not None  # noqa: S101 - it was made of one
    return replace(response, version=exchange.response.version) if exchange.response is not None else response


def _copied(answer: Answer) -> Answer:
    """The same answer, to be changed apart; a body is bytes and cannot be."""
    from copy import deepcopy

    return deepcopy(answer)
