r"""The tape of a cassette: an accepted episode, exact and compact, for machines.

    replaykit tape 1\n          what it is, and of which version
    {"sections": …}\n           per section: name, bytes packed and unpacked, XXH3-64 of the packed ones
    episode                     JSON: origin, span, outputs, and how long each step's texts are
    answers                     the steps' answers (core/codec.py), end to end
    questions                   what each request's body adds to an earlier one (core/history.py),
                                packed against the answers, for it repeats them

Law: canonical (the same episode gives the same bytes) and complete (nothing that a replay serves
stands anywhere else). Keys and answers come first, so that opening leaves the large part packed.
A tape is untrusted: every size is checked before it is believed, and every field before it is used.
What cannot be read again is not written. Bodies are cut out of their section when they are asked for.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from xxhash import xxh3_64_hexdigest, xxh3_128_digest

from replaykit.core.codec import (
    acceptance_of,
    answer_of,
    dumps,
    loads,
    origin_form,
    origin_of,
    span_of,
    step_from,
    unseen_of,
)
from replaykit.core.deltas import LARGEST, Damaged, cut, pack, unpack
from replaykit.core.history import DEEPEST, History, Link, Past, Questions
from replaykit.core.model import Body, Episode, Exchange, Outputs
from replaykit.core.plain import measure
from replaykit.core.sound import (
    COUNT,
    COUNTS,
    FLAG,
    HEX,
    LABEL,
    NUMBER,
    PAIRS,
    TEXT,
    Kind,
    Unsound,
    believable,
    checked,
    maybe,
)
from replaykit.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from replaykit.core.model import Step

MAGIC = b"replaykit tape "
VERSION = 1
SECTIONS = ("episode", "answers", "questions")

HEADER = 4096
"""Bytes within which the header ends: three sections take 300."""

SMALL = 1 << 20
"""Bytes of a file that is read whole (0.1 ms) before anybody knows what it is."""

_LIST = Kind("list", lambda value: type(value) is list, list)

_EPISODE: dict[str, Kind] = {
    "id": LABEL,
    "name": LABEL,
    "finished": FLAG,
    "stdout": HEX,
    "exit_code": maybe(NUMBER),
    "values": PAIRS,
    "unseen": _LIST,
    "history": _LIST,
    "answers": COUNTS,
    "questions": _LIST,
}

_LINK = 4
"""Values that say how a question builds on another: which, bytes shared at either end, bytes added."""

_SECTION: dict[str, Kind] = {"name": TEXT, "packed": COUNT, "size": COUNT, "digest": TEXT}


def write(episode: Episode) -> bytes:
    """The tape of an episode; a `CassetteError` when it would be larger than one that is read."""
    texts = [answer_of(step) for step in episode.steps]
    rests, links = _rests(episode.steps)
    meta, answers, questions = _meta(episode, texts, rests, links), b"".join(texts), b"".join(rests)
    frames = (pack(meta), pack(answers), pack(questions, answers))
    sections = [
        {"name": name, "packed": len(frame), "size": len(text), "digest": xxh3_64_hexdigest(frame)}
        for name, frame, text in zip(SECTIONS, frames, (meta, answers, questions), strict=True)
    ]
    data = MAGIC + str(VERSION).encode() + b"\n" + dumps({"sections": sections}) + b"\n" + b"".join(frames)
    if problem := _too_much(len(data), len(meta) + len(answers) + len(questions)):
        raise CassetteError(f"{episode.name} cannot be a cassette: {problem}", remedy="record a shorter run")
    return data


def read(data: bytes, path: str) -> Episode:
    """The episode on a tape, its questions still packed; `CassetteError` says what is wrong with it."""
    tape = _Tape(data, path)
    try:
        kept = checked(loads(tape.text("episode")), _EPISODE)
        return Episode(
            kept["id"],
            kept["name"],
            "accepted",
            kept["finished"],
            origin_of(kept.get("origin")),
            span_of(kept.get("span")),
            _steps(tape, kept["answers"], kept["questions"]),
            _outputs(kept),
            tuple(map(unseen_of, kept["unseen"])),
            tuple(map(acceptance_of, kept["history"])),
        )
    except ValueError as error:
        raise tape.damaged(f"it does not read as an episode: {error}") from error


def check(head: bytes, size: int, path: str) -> None:
    """Look at the first `HEADER` bytes of a large file of that size; `CassetteError` when it cannot be a tape.

    A small one is looked at when it is there, and once.
    """
    if size > SMALL:
        _sections(head, size, path)


def _too_much(packed: int, size: int) -> str:
    """Why a tape of so many bytes may not unpack to so many; empty when it may."""
    if max(packed, size) > LARGEST:
        return f"{measure(max(packed, size))} are more than the {measure(LARGEST)} that a tape may hold"
    if not believable(packed, size):
        return f"{measure(packed)} would unpack to {measure(size)}"
    return ""


def _rests(steps: Sequence[Step]) -> tuple[list[bytes], list[Link]]:
    """What each question adds, and how it builds on an earlier one."""
    history, rests, links = History(), list[bytes](), list[Link]()
    for number, step in enumerate(steps):
        question = step.request.body.data if isinstance(step, Exchange) else b""
        base, link = history.nearest(question)
        rests.append(link.rest(question))
        links.append(link)
        history.add(Past(number, 0 if base is None else base.depth + 1, question))
    return rests, links


def _meta(episode: Episode, answers: Sequence[bytes], rests: Sequence[bytes], links: Sequence[Link]) -> bytes:
    return dumps(
        {
            "id": episode.id,
            "name": episode.name,
            "finished": episode.finished,
            "origin": origin_form(episode.origin),
            "span": asdict(episode.span),
            "stdout": episode.outputs.stdout.hex(),
            "exit_code": episode.outputs.exit_code,
            "values": [(name, value.decode()) for name, value in episode.outputs.values.items()],
            "unseen": [asdict(each) for each in episode.unseen],
            "history": [asdict(each) for each in episode.history],
            "answers": [len(text) for text in answers],
            "questions": [(*link, len(rest)) for link, rest in zip(links, rests, strict=True)],
        }
    )


def _outputs(kept: Mapping[str, Any]) -> Outputs:
    values = {name: value.encode() for name, value in kept["values"]}
    return Outputs(bytes.fromhex(kept["stdout"]), kept["exit_code"], values)


def _steps(tape: _Tape, answers: list[int], questions: list[Any]) -> tuple[Step, ...]:
    text = tape.text("answers")
    if sum(answers) != len(text) or len(answers) != len(questions):
        raise tape.damaged("its steps do not add up")
    if len(answers) > tape.packed:  # no two steps begin in the same nanosecond: each takes a byte at least
        raise tape.damaged(f"{measure(tape.packed)} cannot hold {len(answers)} steps")
    links, sizes = _linked(tape, questions)
    rests = _Rests(lambda: tape.text("questions", text), sizes)
    whole = Questions(links.__getitem__, rests.rest)
    ends = accumulate(answers)
    return tuple(
        _step(text, end - size, end, partial(whole.question, number), tape.damaged)
        for number, (size, end) in enumerate(zip(answers, ends, strict=True))
    )


def _step(
    text: bytes, start: int, end: int, question: Callable[[], bytes], damaged: Callable[[str], CassetteError]
) -> Step:
    """The step in a stretch of the answers; its body stays there until it is asked for."""
    body = text.find(b"\n", start, end) + 1
    if not body:
        raise damaged(f"its step at byte {start} is cut short")

    def content() -> Body:
        return Body(xxh3_128_digest(memoryview(text)[body:end]), end - body, lambda: text[body:end])

    return step_from(text[start : body - 1], content, question, damaged)


def _linked(tape: _Tape, questions: list[Any]) -> tuple[list[Link], list[int]]:
    """How the questions build on each other, and how many bytes each adds."""
    links, added, sizes, depths = list[Link](), list[int](), list[int](), list[int]()
    for number, row in enumerate(questions):
        if type(row) is not list or len(row) != _LINK:
            raise tape.damaged(f"its question {number} does not say what it builds on")
        base, shared, tail, more = row
        below = type(base) is int and 0 <= base < number
        size, depth = (sizes[base], depths[base] + 1) if below else (0, 0)
        if (base is not None and not below) or not COUNTS.fits(row[1:]) or shared + tail > size:
            raise tape.damaged(f"its question {number} does not build on one before it")
        if depth > DEEPEST:
            raise tape.damaged(f"its question {number} builds on more than {DEEPEST} others")
        links.append(Link(base, shared, tail))
        added.append(more)
        sizes.append(shared + tail + more)
        depths.append(depth)
    if sum(added) != tape.size("questions"):
        raise tape.damaged("its questions do not add up")
    return links, added


class _Rests:
    """What each question adds, unpacked together when the first of them is asked for."""

    def __init__(self, text: Callable[[], bytes], sizes: Sequence[int]) -> None:
        self._text = text
        self._sizes = sizes
        self._pieces: list[bytes] | None = None

    def rest(self, number: int) -> bytes:
        if self._pieces is None:
            self._pieces = cut(self._text(), self._sizes)
        return self._pieces[number]


class _Section(NamedTuple):
    """Where a section stands, its sizes in bytes, and the digest of its packed ones."""

    start: int
    packed: int
    size: int
    digest: str


class _Tape:
    """The sections of a tape's bytes, each checked when it is read."""

    def __init__(self, data: bytes, path: str) -> None:
        self._data = data
        self._path = path
        self._sections = _sections(data[:HEADER], len(data), path)

    def damaged(self, why: str) -> CassetteError:
        """The error that says what is wrong, and what to do."""
        return _damaged(self._path, why)

    @property
    def packed(self) -> int:
        """Bytes of the tape."""
        return len(self._data)

    def size(self, name: str) -> int:
        """Bytes of a section, unpacked."""
        return self._sections[name].size

    def text(self, name: str, prefix: bytes = b"") -> bytes:
        """A section, unpacked."""
        section = self._sections[name]
        frame = self._data[section.start : section.start + section.packed]
        if xxh3_64_hexdigest(frame) != section.digest:
            raise self.damaged(f"its section {name!r} (from byte {section.start}) was changed after it was written")
        try:
            text = unpack(frame, prefix, section.size)
        except Damaged as error:
            raise self.damaged(f"its section {name!r} (from byte {section.start}): {error}") from error
        if len(text) != section.size:
            raise self.damaged(f"its section {name!r} has {len(text)} bytes and should have {section.size}")
        return text


def _damaged(path: str, why: str) -> CassetteError:
    return CassetteError(why, path=path, remedy=f"restore it: `git checkout -- {shlex.quote(path)}`")


def _sections(head: bytes, size: int, path: str) -> dict[str, _Section]:
    """The sections of a tape of `size` bytes that begins so."""
    first = head.find(b"\n", 0, len(MAGIC) + 8)
    if not head.startswith(MAGIC) or first < 0:
        raise _damaged(path, "this is no tape")
    version = head[len(MAGIC) : first]
    if version != str(VERSION).encode():
        theirs = version.decode("ascii", "backslashreplace")
        raise CassetteError(
            f"this tape is of version {theirs}, and this replaykit reads {VERSION}",
            path=path,
            remedy="upgrade replaykit-llm",
        )
    second = head.find(b"\n", first + 1)
    if second < 0:
        raise _damaged(path, "it ends within its header")
    try:
        return _index(head[first + 1 : second], second + 1, size)
    except ValueError as error:
        raise _damaged(path, str(error)) from error


def _index(header: bytes, start: int, size: int) -> dict[str, _Section]:
    """The sections that a header names, beginning at byte `start` of `size`; a `ValueError` when they cannot be."""
    sections: dict[str, _Section] = {}
    for each in checked(loads(header), {"sections": _LIST})["sections"]:
        named = checked(each, _SECTION)
        sections[named["name"]] = _Section(start, named["packed"], named["size"], named["digest"])
        start += named["packed"]
    if problem := _too_much(size, sum(section.size for section in sections.values())):
        raise Unsound(f"its header names impossible sizes: {problem}")
    if start != size:
        raise Unsound(f"it has {size} bytes and should have {start}: it was cut short or added to")
    if tuple(sections) != SECTIONS:
        raise Unsound("it lacks a section")
    return sections
