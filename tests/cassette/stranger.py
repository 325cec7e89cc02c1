"""A reader of tapes written from `docs/tape.md` alone: what the document does not say, it does not know.

Law: nothing of replaykit is imported here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from backports import zstd
from xxhash import xxh3_64, xxh3_128

FIRST = b"replaykit tape 1\n"
SECTIONS = ["episode", "answers", "questions"]
HEADER, LARGEST, FREE, RATIO, DEEPEST, SHORTEST = 4096, 1 << 30, 128 << 20, 1000, 255, 8


@dataclass(frozen=True)
class Step:
    """One step: its head, the body of its answer, and its question."""

    head: dict[str, Any]
    body: bytes
    question: bytes


@dataclass(frozen=True)
class Read:
    """A tape: its second line, its sections unpacked, the episode, its steps."""

    header: dict[str, Any]
    sections: dict[str, bytes]
    episode: dict[str, Any]
    steps: list[Step]


def read(tape: bytes) -> Read:
    """What is on a tape; an `AssertionError` when the document says that it is to be refused."""
    header, sections = unpacked(tape)
    episode = json.loads(sections["episode"])
    answers = [*cut(sections["answers"], episode["answers"])]
    asked = questions(sections["questions"], episode["questions"])
    assert len(answers) == len(asked) <= len(tape)
    steps = [step(answer, question) for answer, question in zip(answers, asked, strict=True)]
    return Read(header, sections, episode, steps)


def unpacked(tape: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The second line, and the three sections."""
    assert tape.startswith(FIRST)
    end = tape.index(b"\n", len(FIRST), HEADER)
    header = json.loads(tape[len(FIRST) : end])
    assert SECTIONS == [section["name"] for section in header["sections"]]
    assert len(tape) == end + 1 + sum(section["packed"] for section in header["sections"])
    size = sum(section["size"] for section in header["sections"])
    assert max(size, len(tape)) <= LARGEST
    assert size <= max(FREE, RATIO * len(tape))
    found: dict[str, bytes] = {}
    start = end + 1
    for section in header["sections"]:
        frame = tape[start : start + section["packed"]]
        start += section["packed"]
        assert xxh3_64(frame).hexdigest() == section["digest"]
        prefix = found["answers"] if section["name"] == "questions" else b""
        found[section["name"]] = text(frame, prefix, section["size"])
    return header, found


def text(frame: bytes, prefix: bytes, size: int) -> bytes:
    """What a frame holds."""
    known = zstd.ZstdDict(prefix, is_raw=True).as_prefix if len(prefix) >= SHORTEST else None
    wide: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 27}
    data = zstd.ZstdDecompressor(zstd_dict=known, options=wide).decompress(frame, max_length=size + 1)
    assert size == len(data)
    return data


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """The pieces that lie end to end."""
    assert sum(sizes) == len(data)
    return [data[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]


def questions(data: bytes, links: list[list[Any]]) -> list[bytes]:
    """The questions, each put together from its base."""
    whole: list[bytes] = []
    depths: list[int] = []
    for (base, shared, tail, _), own in zip(links, cut(data, [link[3] for link in links]), strict=True):
        assert base is None or base < len(whole)
        below = b"" if base is None else whole[base]
        assert shared + tail <= len(below)
        depths.append(0 if base is None else depths[base] + 1)
        assert depths[-1] <= DEEPEST
        whole.append(below[:shared] + own + below[len(below) - tail :])
    return whole


def step(answer: bytes, question: bytes) -> Step:
    """A step, and whether its parts belong together."""
    line, end, body = answer.partition(b"\n")
    head = json.loads(line)
    assert end
    if head["kind"] == "exchange":
        assert (len(question), xxh3_128(question).hexdigest()) == (head["size"], head["digest"])
        lengths = head.get("response", {}).get("lengths", [])
        assert sum(lengths) == len(body)
    return Step(head, body, question)
