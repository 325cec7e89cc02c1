r"""The tape of a cassette: an accepted episode, exact and compact, for machines.

    replaykit tape 1\n          what it is, and of which version
    {"sections": …}\n           per section: name, bytes packed and unpacked, XXH3-64 of the packed ones
    episode                     JSON: origin, span, outputs, and how long each step's texts are
    answers                     the steps' answers (core/codec.py), end to end
    questions                   what each request's body adds to an earlier one (core/history.py)

Law: canonical (the same episode gives the same bytes) and complete (nothing that a replay serves
stands anywhere else). Keys and answers come first, so that opening leaves the large part packed.
A tape is untrusted: every size is checked before it is believed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from xxhash import xxh3_64_hexdigest

from replaykit.core.codec import Malformed, answer_of, step_of
from replaykit.core.deltas import LARGEST, Damaged, pack, unpack
from replaykit.core.history import History, Past, Questions
from replaykit.core.model import Episode, Exchange, Origin, Outputs, Span, Unseen
from replaykit.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.core.model import Step

MAGIC = b"replaykit tape "
VERSION = 1
SECTIONS = ("episode", "answers", "questions")


def write(episode: Episode) -> bytes:
    """The tape of an episode."""
    answers = [answer_of(step) for step in episode.steps]
    rests, links = _rests(episode.steps)
    texts = (_meta(episode, answers, links), b"".join(answers), b"".join(rests))
    frames = [pack(text) for text in texts]
    header = {
        "sections": [
            {"name": name, "packed": len(frame), "size": len(text), "digest": xxh3_64_hexdigest(frame)}
            for name, frame, text in zip(SECTIONS, frames, texts, strict=True)
        ]
    }
    return MAGIC + str(VERSION).encode() + b"\n" + orjson.dumps(header) + b"\n" + b"".join(frames)


def read(data: bytes, path: str) -> Episode:
    """The episode on a tape, its questions still packed; `CassetteError` says what is wrong with it."""
    tape = _Tape(data, path)
    kept = tape.json("episode")
    try:
        steps = _steps(tape, kept["answers"], kept["questions"])
        origin = kept["origin"]
        return Episode(
            kept["id"],
            kept["name"],
            "accepted",
            kept["finished"],
            Origin(
                **origin
                | {
                    "stdin": bytes.fromhex(origin["stdin"]),
                    "command": tuple(origin["command"]),
                    "secrets": tuple(origin["secrets"]),
                }
            ),
            Span(**kept["span"]),
            steps,
            Outputs(
                bytes.fromhex(kept["stdout"]),
                kept["exit_code"],
                {name: value.encode() for name, value in kept["values"].items()},
            ),
            tuple(Unseen(**each) for each in kept["unseen"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise tape.damaged(f"it does not read as an episode: {error!r}") from error


def _rests(steps: Sequence[Step]) -> tuple[list[bytes], list[tuple[int | None, int, int]]]:
    """What each question adds; and for each its base, the bytes they share, the bytes it adds."""
    history, rests, links = History(), list[bytes](), list[tuple[int | None, int, int]]()
    for number, step in enumerate(steps):
        question = step.request.body.data if isinstance(step, Exchange) else b""
        base, shared = history.nearest(question)
        rests.append(question[shared:])
        links.append((None if base is None else base.id, shared, len(question) - shared))
        history.add(Past(number, 0 if base is None else base.depth + 1, question))
    return rests, links


def _meta(episode: Episode, answers: Sequence[bytes], links: Sequence[tuple[int | None, int, int]]) -> bytes:
    return orjson.dumps(
        {
            "id": episode.id,
            "name": episode.name,
            "finished": episode.finished,
            "origin": asdict(episode.origin) | {"stdin": episode.origin.stdin.hex()},
            "span": asdict(episode.span),
            "stdout": episode.outputs.stdout.hex(),
            "exit_code": episode.outputs.exit_code,
            "values": {name: value.decode() for name, value in episode.outputs.values.items()},
            "unseen": [asdict(each) for each in episode.unseen],
            "answers": [len(text) for text in answers],
            "questions": links,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def _steps(tape: _Tape, answers: list[int], links: list[list[Any]]) -> tuple[Step, ...]:
    texts = _cut(tape, tape.text("answers"), answers)
    if len(answers) != len(links) or any(_is_wrong(number, *link) for number, link in enumerate(links)):
        raise tape.damaged("its questions do not build on each other")
    rests = _Rests(tape, [added for _, _, added in links])
    questions = Questions(lambda number: (links[number][0], links[number][1]), rests.rest)
    try:
        return tuple(step_of(text, partial(questions.question, number)) for number, text in enumerate(texts))
    except Malformed as error:
        raise tape.damaged(str(error)) from error


def _is_wrong(number: int, base: int | None, shared: int, added: int) -> bool:
    """Whether a question names a base that is not below it, or impossible lengths."""
    return not (shared >= 0 and added >= 0 and (shared == 0 if base is None else 0 <= base < number))


def _cut(tape: _Tape, text: bytes, lengths: Sequence[int]) -> list[bytes]:
    if any(not isinstance(length, int) or length < 0 for length in lengths) or sum(lengths) != len(text):
        raise tape.damaged("its steps do not add up")
    pieces, start = [], 0
    for length in lengths:
        pieces.append(text[start : start + length])
        start += length
    return pieces


class _Rests:
    """What each question adds, unpacked together when the first of them is asked for."""

    def __init__(self, tape: _Tape, lengths: Sequence[int]) -> None:
        self._tape = tape
        self._lengths = lengths
        self._pieces: list[bytes] | None = None

    def rest(self, number: int) -> bytes:
        if self._pieces is None:
            self._pieces = _cut(self._tape, self._tape.text("questions"), self._lengths)
        return self._pieces[number]


@dataclass(frozen=True, slots=True)
class _Section:
    start: int
    packed: int
    size: int
    digest: str


class _Tape:
    """The sections of a tape's bytes, each checked when it is read."""

    def __init__(self, data: bytes, path: str) -> None:
        self._data = data
        self._path = path
        first = data.find(b"\n", 0, len(MAGIC) + 8)
        if not data.startswith(MAGIC) or first < 0:
            raise self.damaged("this is no tape")
        version = data[len(MAGIC) : first]
        if version != str(VERSION).encode():
            raise CassetteError(
                f"this tape is of version {version.decode('ascii', 'replace')}, and this replaykit reads {VERSION}",
                path=path,
                remedy="upgrade replaykit-llm",
            )
        second = data.find(b"\n", first + 1, first + 4096)
        if second < 0:
            raise self.damaged("it ends within its header")
        self._sections = self._index(data[first + 1 : second], second + 1)

    def damaged(self, why: str) -> CassetteError:
        """The error that says what is wrong, and what to do."""
        return CassetteError(why, path=self._path, remedy="restore it: `git checkout -- " + self._path + "`")

    def text(self, name: str) -> bytes:
        """A section, unpacked."""
        section = self._sections[name]
        frame = self._data[section.start : section.start + section.packed]
        if xxh3_64_hexdigest(frame) != section.digest:
            raise self.damaged(f"its section {name!r} (from byte {section.start}) was changed after it was written")
        try:
            text = unpack(frame, size=section.size)
        except Damaged as error:
            raise self.damaged(f"its section {name!r}: {error}") from error
        return text

    def json(self, name: str) -> Mapping[str, Any]:
        """A section that holds a JSON object."""
        try:
            content = orjson.loads(self.text(name))
        except orjson.JSONDecodeError as error:
            raise self.damaged(f"its section {name!r} is not JSON: {error}") from error
        if not isinstance(content, dict):
            raise self.damaged(f"its section {name!r} is not an object")
        return content

    def _index(self, header: bytes, start: int) -> dict[str, _Section]:
        sections: dict[str, _Section] = {}
        try:
            for each in orjson.loads(header)["sections"]:
                section = _Section(start, int(each["packed"]), int(each["size"]), str(each["digest"]))
                if section.packed < 0 or not 0 <= section.size <= LARGEST:
                    raise self.damaged("its header names impossible sizes")
                sections[each["name"]] = section
                start += section.packed
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise self.damaged(f"its header does not read: {error}") from error
        if start != len(self._data):
            raise self.damaged(f"it has {len(self._data)} bytes and should have {start}: it was cut short or added to")
        if tuple(sections) != SECTIONS:
            raise self.damaged("it lacks a section")
        return sections
