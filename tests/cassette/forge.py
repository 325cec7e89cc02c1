"""Tapes by somebody who knows how they are made: any value at any place, under valid digests."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson
from xxhash import xxh3_64_hexdigest

from replaykit.cassette import tape
from replaykit.core.deltas import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.model import Episode

HEAD = b"replaykit tape 1\n"

Place: TypeAlias = tuple[str | int, ...]


def sections(data: bytes) -> tuple[list[dict[str, Any]], list[bytes]]:
    """The header's entries and the frames of a tape."""
    _, header, frames = data.split(b"\n", 2)
    entries, parts = orjson.loads(header)["sections"], []
    for each in entries:
        parts.append(frames[: each["packed"]])
        frames = frames[each["packed"] :]
    return entries, parts


def sealed(entries: Sequence[dict[str, Any]], parts: Sequence[bytes]) -> bytes:
    """A tape of these sections, with the lengths and digests that belong to them."""
    fresh = [
        each | {"packed": len(part), "digest": xxh3_64_hexdigest(part)}
        for each, part in zip(entries, parts, strict=True)
    ]
    return HEAD + orjson.dumps({"sections": fresh}) + b"\n" + b"".join(parts)


@dataclass(frozen=True, slots=True)
class Forgery:
    """A tape taken apart: its first section, the heads and bodies of its answers, its questions."""

    episode: Any
    heads: tuple[Any, ...]
    bodies: tuple[bytes, ...]
    questions: bytes
    sizes: list[int]

    @classmethod
    def of(cls, episode: Episode) -> Forgery:
        """The tape of an episode, taken apart."""
        _, (first, second, third) = sections(tape.write(episode))
        answers, pieces = unpack(second), list[bytes]()
        form = json.loads(unpack(first))
        for size in form["answers"]:
            pieces.append(answers[:size])
            answers = answers[size:]
        split = [piece.partition(b"\n") for piece in pieces]
        heads, bodies = tuple(json.loads(head) for head, _, _ in split), tuple(body for _, _, body in split)
        return cls(form, heads, bodies, unpack(third, unpack(second)), form["answers"])

    def places(self) -> list[Place]:
        """Every place at which there is a value, in the first section (0) and in the heads (1, 2, …)."""
        return [(number, *place) for number, form in enumerate((self.episode, *self.heads)) for place in _places(form)]

    def put(self, place: Place, value: Any) -> Forgery:
        """The same with another value in one place."""
        number, *path = place
        forms = [self.episode, *self.heads]
        forms[int(number)] = _put(forms[int(number)], path, value)
        return replace(self, episode=forms[0], heads=tuple(forms[1:]))

    def data(self) -> bytes:
        """The tape put together; the lengths of its answers are right, unless they were forged."""
        answers = [json.dumps(head).encode() + b"\n" + body for head, body in zip(self.heads, self.bodies, strict=True)]
        form = self.episode
        if isinstance(form, dict) and form.get("answers") == self.sizes:
            form = form | {"answers": list(map(len, answers))}
        texts = json.dumps(form).encode(), b"".join(answers), self.questions
        frames = pack(texts[0]), pack(texts[1]), pack(texts[2], texts[1])
        entries = [{"name": name, "size": len(text)} for name, text in zip(tape.SECTIONS, texts, strict=True)]
        return sealed(entries, frames)


def _places(value: Any) -> Iterator[Place]:
    yield ()
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from ((key, *place) for place in _places(each))


def _put(form: Any, path: Sequence[str | int], value: Any) -> Any:
    if not path:
        return value
    changed = copy.copy(form)
    changed[path[0]] = _put(form[path[0]], path[1:], value)
    return changed
