r"""The tape of a cassette: an accepted episode, exact and compact, for machines.

    replaykit tape 1\n          what it is, and of which version
    {"sections": …}\n           per section: name, bytes packed and unpacked, XXH3-64 of the packed ones
    episode                     JSON: origin, span, outputs, and how long each step's texts are
    answers                     the steps' answers (core/codec.py), end to end
    questions                   what each request's body adds to an earlier one (core/history.py),
                                packed against the answers, for it repeats them

Law: canonical (the same episode gives the same bytes) and complete (nothing that a replay serves
stands anywhere else). Keys and answers come first, so that opening leaves the large part packed.
A tape is untrusted: every size is checked before it is believed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_64_hexdigest

from replaykit.core.codec import Malformed, answer_of, dumps, loads, origin_form, origin_of, step_of
from replaykit.core.deltas import LARGEST, Damaged, cut, pack, unpack
from replaykit.core.history import DEEPEST, History, Link, Past, Questions
from replaykit.core.model import Episode, Exchange, Outputs, Span, Unseen
from replaykit.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from replaykit.core.model import Step

MAGIC = b"replaykit tape "
VERSION = 1
SECTIONS = ("episode", "answers", "questions")

HEADER = 4096
"""Bytes within which the header ends: three sections take 300."""


def write(episode: Episode) -> bytes:
    """The tape of an episode."""
    texts = [answer_of(step) for step in episode.steps]
    rests, links = _rests(episode.steps)
    meta, answers, questions = _meta(episode, texts, rests, links), b"".join(texts), b"".join(rests)
    frames = (pack(meta), pack(answers), pack(questions, answers))
    sections = [
        {"name": name, "packed": len(frame), "size": len(text), "digest": xxh3_64_hexdigest(frame)}
        for name, frame, text in zip(SECTIONS, frames, (meta, answers, questions), strict=True)
    ]
    return MAGIC + str(VERSION).encode() + b"\n" + dumps({"sections": sections}) + b"\n" + b"".join(frames)


def read(data: bytes, path: str) -> Episode:
    """The episode on a tape, its questions still packed; `CassetteError` says what is wrong with it."""
    tape = _Tape(data, path)
    try:
        kept = loads(tape.text("episode"))
        return Episode(
            str(kept["id"]),
            str(kept["name"]),
            "accepted",
            bool(kept["finished"]),
            origin_of(kept["origin"]),
            Span(**kept["span"]),
            _steps(tape, kept["answers"], kept["questions"]),
            _outputs(kept),
            tuple(Unseen(**each) for each in kept["unseen"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise tape.damaged(f"it does not read as an episode: {error!r}") from error


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
            "answers": [len(text) for text in answers],
            "questions": [(*link, len(rest)) for link, rest in zip(links, rests, strict=True)],
        }
    )


def _outputs(kept: Mapping[str, Any]) -> Outputs:
    values = {name: value.encode() for name, value in kept["values"]}
    return Outputs(bytes.fromhex(kept["stdout"]), kept["exit_code"], values)


def _steps(tape: _Tape, answers: list[int], questions: list[list[Any]]) -> tuple[Step, ...]:
    text = tape.text("answers")
    if not _adds_up(answers, len(text)) or len(answers) != len(questions):
        raise tape.damaged("its steps do not add up")
    links, sizes = _linked(tape, questions)
    rests = _Rests(lambda: tape.text("questions", text), sizes)
    whole = Questions(links.__getitem__, rests.rest)
    pieces = cut(text, answers)
    return tuple(step_of(piece, partial(whole.question, number), tape.damaged) for number, piece in enumerate(pieces))


def _linked(tape: _Tape, questions: list[list[Any]]) -> tuple[list[Link], list[int]]:
    """How the questions build on each other, and how many bytes each adds."""
    links, added, sizes, depths = list[Link](), list[int](), list[int](), list[int]()
    for number, (base, shared, tail, more) in enumerate(questions):
        below = base is not None and isinstance(base, int) and 0 <= base < number
        size, depth = (sizes[base], depths[base] + 1) if below else (0, 0)
        if (base is not None and not below) or not _adds_up([shared, tail, more]) or shared + tail > size:
            raise tape.damaged(f"its question {number} does not build on one before it")
        if depth > DEEPEST:
            raise tape.damaged(f"its question {number} builds on more than {DEEPEST} others")
        links.append(Link(base, shared, tail))
        added.append(more)
        sizes.append(shared + tail + more)
        depths.append(depth)
    if not _adds_up(added, tape.size("questions")):
        raise tape.damaged("its questions do not add up")
    return links, added


def _adds_up(sizes: Sequence[object], total: int | None = None) -> bool:
    """Whether these are sizes, and together the total when one is given."""
    known = [size for size in sizes if type(size) is int and size >= 0]
    return len(known) == len(sizes) and total in (None, sum(known))


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
        second = data.find(b"\n", first + 1, first + HEADER)
        if second < 0:
            raise self.damaged("it ends within its header")
        self._sections = self._index(data[first + 1 : second], second + 1)

    def damaged(self, why: str) -> CassetteError:
        """The error that says what is wrong, and what to do."""
        return CassetteError(why, path=self._path, remedy="restore it: `git checkout -- " + self._path + "`")

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

    def _index(self, header: bytes, start: int) -> dict[str, _Section]:
        sections: dict[str, _Section] = {}
        try:
            for each in loads(header)["sections"]:
                if not _adds_up([each["packed"], each["size"]]) or each["size"] > LARGEST:
                    raise self.damaged("its header names impossible sizes")
                sections[each["name"]] = _Section(start, each["packed"], each["size"], each["digest"])
                start += each["packed"]
        except (Malformed, KeyError, TypeError) as error:
            raise self.damaged(f"its header does not read: {error!r}") from error
        if start != len(self._data):
            raise self.damaged(f"it has {len(self._data)} bytes and should have {start}: it was cut short or added to")
        if tuple(sections) != SECTIONS:
            raise self.damaged("it lacks a section")
        return sections
