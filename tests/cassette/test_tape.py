"""The tape: exact, canonical, compact, and not to be trusted."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.workload import Run, answer
from replaykit.cassette import tape
from replaykit.core.deltas import pack, unpack
from replaykit.core.history import DEEPEST
from replaykit.core.model import Episode, Exchange, Origin, Outputs, Span
from replaykit.errors import CassetteError
from tests.cassette.forge import HEAD, sealed, sections
from tests.strategies import COSTLY, episodes
from tests.turns import agent, bodies, question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATH = "cassettes/support.tape"


def episode(steps: Sequence[Exchange]) -> Episode:
    return Episode("episode_abc234", "support", "accepted", steps=tuple(steps))


def forged(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The tape with its first section changed by somebody who knows how it is made."""
    entries, parts = sections(data)
    kept = orjson.loads(unpack(parts[0]))
    change(kept)
    text = orjson.dumps(kept)
    return sealed([entries[0] | {"size": len(text)}, *entries[1:]], [pack(text), *parts[1:]])


def refused(data: bytes) -> str:
    """What is said of a tape, opened and read to its end."""
    with pytest.raises(CassetteError) as caught:
        _ = bodies(tape.read(data, PATH).steps)
    assert PATH == caught.value.path
    assert caught.value.remedy
    return caught.value.message


@COSTLY
@given(episodes)
def test_any_episode_comes_back(given: Episode) -> None:
    """Whatever an episode holds, it is the same when it is read, body by body."""
    found = tape.read(tape.write(given), PATH)
    assert given == found
    assert bodies(given.steps) == bodies(found.steps)
    assert [step.response and step.response.body.data for step in given.exchanges] == [
        step.response and step.response.body.data for step in found.exchanges
    ]


@COSTLY
@given(episodes)
def test_one_episode_has_one_tape(given: Episode) -> None:
    """The same episode gives the same bytes, also when it comes from a tape."""
    data = tape.write(given)
    assert data == tape.write(tape.read(data, PATH))


def test_order_of_names_does_not_count() -> None:
    """Two episodes that are equal have the same tape, in whatever order their variables were noted."""
    one, other = ({"a": "1", "b": "2"}, {"b": "2", "a": "1"})
    assert tape.write(Episode("e", "n", origin=Origin(environment=one))) == tape.write(
        Episode("e", "n", origin=Origin(environment=other))
    )


def test_it_takes_what_one_frame_takes() -> None:
    """A tape of 200 turns is at most a quarter larger than one frame of the last request and all answers."""
    asked = Run("agent", 200).requests()
    steps = [question(body, began=turn, answer=answer("agent", turn)) for turn, body in enumerate(asked)]
    floor = zstd.compress(b"".join([asked[-1], *(answer("agent", turn) for turn in range(200))]), level=3)
    assert len(tape.write(episode(steps))) < 1.25 * len(floor)


def test_opening_leaves_the_questions_packed() -> None:
    """A tape whose questions are damaged opens, serves its answers, and says so when a question is asked for."""
    entries, parts = sections(tape.write(episode(agent("support", 5))))
    found = tape.read(sealed(entries, [*parts[:2], parts[2][:-1] + b"?"]), PATH)
    assert 5 == len([step.response.body.data for step in found.exchanges if step.response])
    with pytest.raises(CassetteError, match="section 'questions'"):
        _ = found.exchanges[4].request.body.data


@pytest.fixture(scope="module")
def small() -> bytes:
    """A tape of 700 bytes."""
    return tape.write(Episode("e", "support", "accepted", steps=tuple(agent("support", 3, said=5))))


def test_cut_at_every_length(small: bytes) -> None:
    """A tape that was cut short anywhere is refused with its name and the reason."""
    for length in range(len(small)):
        assert refused(small[:length])
    assert "bytes and should have" in refused(small[:-1])
    assert "ends within its header" in refused(small[: len(HEAD) + 5])


def test_a_byte_changed_anywhere(small: bytes) -> None:
    """A tape in which one byte was changed is refused, or gives the very same episode."""
    whole = tape.read(small, PATH)
    for place in range(len(small)):
        changed = small[:place] + bytes([small[place] ^ 4]) + small[place + 1 :]
        try:
            found = tape.read(changed, PATH)
            assert (whole, bodies(whole.steps)) == (found, bodies(found.steps))
        except CassetteError as error:
            assert PATH == error.path  # noqa: PT017 - either is right, and each is checked


def test_a_byte_added(small: bytes) -> None:
    """Whatever follows the last section does not belong to it."""
    assert "cut short or added to" in refused(small + b"x")


@pytest.mark.parametrize("data", [b"", b"\n", b"name: support\n", b"replaykit tape ", b"\x28\xb5\x2f\xfd" * 20])
def test_no_tape(data: bytes) -> None:
    """What is something else is said to be."""
    assert "this is no tape" in refused(data)


def test_a_newer_version(small: bytes) -> None:
    """A tape of a later version is refused with the way out."""
    with pytest.raises(CassetteError, match=r"version 2.*reads 1") as caught:
        tape.read(small.replace(b"tape 1", b"tape 2"), PATH)
    assert "upgrade" in caught.value.remedy


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b"null",
        b'{"sections":7}',
        b'{"sections":[]}',
        b'{"sections":[{}]}',
        b'{"sections":[{"name":[],"packed":1,"size":1,"digest":""}]}',
        b'{"sections":[{"name":"episode","packed":-5,"size":1,"digest":""}]}',
        b'{"sections":[{"name":"episode","packed":1.5,"size":1,"digest":""}]}',
        b'{"sections":[{"name":"episode","packed":true,"size":1,"digest":""}]}',
        b'{"sections":[{"name":"episode","packed":0,"size":1099511627776,"digest":""}]}',
        b"[" * 3000,
        b'{"sections":[' + b" " * 5000,
    ],
)
def test_a_hostile_header(header: bytes) -> None:
    """A header of another shape, or of impossible sizes, is refused before anything is unpacked."""
    assert refused(HEAD + header + b"\n")


def test_sections_of_another_order(small: bytes) -> None:
    """A tape has its three sections, in their order."""
    entries, parts = sections(small)
    assert "lacks a section" in refused(sealed(entries[::-1], parts[::-1]))
    assert "lacks a section" in refused(sealed(entries[:2], parts[:2]))


def test_a_bomb(small: bytes) -> None:
    """A section that unpacks to more than it says is stopped there: 200 MB of zeros take no memory."""
    entries, parts = sections(small)
    bomb = sealed(entries, [pack(b"\0" * (200 << 20)), *parts[1:]])
    tracemalloc.start()
    assert "holds more than the" in refused(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 << 20


def test_a_size_that_is_not_reached(small: bytes) -> None:
    """A section that unpacks to less than it says is refused."""
    entries, parts = sections(small)
    assert "and should have" in refused(sealed([entries[0] | {"size": 5000}, *entries[1:]], parts))


def _links(*links: list[Any]) -> Callable[[dict[str, Any]], None]:
    def change(kept: dict[str, Any]) -> None:
        kept["questions"] = list(links)

    return change


@pytest.mark.parametrize(
    "links",
    [
        ([0, 1, 0, 5], [None, 0, 0, 5], [None, 0, 0, 5]),  # on itself
        ([1, 1, 0, 5], [0, 1, 0, 5], [None, 0, 0, 5]),  # in a circle
        ([None, 0, 0, 5], [2, 1, 0, 5], [None, 0, 0, 5]),  # on a later one
        ([None, 0, 0, 5], [-1, 1, 0, 5], [None, 0, 0, 5]),
        ([None, 0, 0, 5], ["0", 1, 0, 5], [None, 0, 0, 5]),
        ([None, 0, 0, 5], [0.0, 1, 0, 5], [None, 0, 0, 5]),
        ([None, 0, 0, 5], [0, 4, 4, 5], [None, 0, 0, 5]),  # shares more than there is
        ([None, 0, 0, 5], [0, -1, 0, 5], [None, 0, 0, 5]),
        ([None, 3, 0, 5], [None, 0, 0, 5], [None, 0, 0, 5]),  # shares with none
        ([None, 0, 0, 5], [None, 0, 0, -5], [None, 0, 0, 5]),
        ([None, 0, 0, 5], [None, 0, 0, 1 << 60], [None, 0, 0, 5]),  # adds more than there is
        ([None, 0, 0], [None, 0, 0], [None, 0, 0]),
        ([None, 0, 0, 5],),
        (7, 7, 7),
    ],
)
def test_questions_that_cannot_be(small: bytes, links: tuple[list[Any]]) -> None:
    """Questions that build on themselves, in circles, on later ones or on more than there is are refused at once."""
    with pytest.raises(CassetteError, match=PATH):
        tape.read(forged(small, _links(*links)), PATH)


def test_a_chain_that_is_too_long() -> None:
    """No question builds on more than 255 others, whatever a tape says."""
    steps = [question(b"x" * number, began=number) for number in range(DEEPEST + 2)]
    links = [[None, 0, 0, 0], *([number - 1, number - 1, 0, 1] for number in range(1, DEEPEST + 2))]

    def change(kept: dict[str, Any]) -> None:
        kept["questions"] = links

    entries, parts = sections(tape.write(episode(steps)))
    kept = orjson.loads(unpack(parts[0]))
    change(kept)
    meta, answers = orjson.dumps(kept), unpack(parts[1])
    rests = b"x" * (DEEPEST + 1)
    data = sealed(
        [entries[0] | {"size": len(meta)}, entries[1], entries[2] | {"size": len(rests)}],
        [pack(meta), parts[1], pack(rests, answers)],
    )
    assert "more than 255 others" in refused(data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("answers", [1, 2, 3]),
        ("answers", [-1, 0, 1]),
        ("answers", "abc"),
        ("questions", None),
        ("origin", {}),
        ("origin", []),
        ("span", {"began": 1, "unknown": 2}),
        ("span", None),
        ("stdout", "xyz"),
        ("values", {"a": 1}),
        ("values", [["a", 1]]),
        ("unseen", [[]]),
        ("unseen", 7),
    ],
)
def test_an_episode_that_does_not_read(small: bytes, name: str, value: object) -> None:
    """A field of another shape is an error of ours with the tape's name, whatever it is."""
    assert refused(forged(small, lambda kept: kept.update({name: value})))


def test_a_body_that_is_not_the_recorded_one(small: bytes) -> None:
    """Questions that were exchanged under valid digests are noticed when they are asked for."""
    entries, parts = sections(small)
    answers = unpack(parts[1])
    rests = unpack(parts[2], answers)
    data = sealed(entries, [*parts[:2], pack(rests.swapcase(), answers)])
    assert "not the one that was recorded" in refused(data)


@given(st.binary(max_size=300))
def test_noise_after_the_mark(noise: bytes) -> None:
    """Whatever follows the first line is refused as a tape that cannot be read."""
    assert refused(HEAD + noise)


def test_the_whole_of_an_episode() -> None:
    """Outputs, times and places that a person never sees on the page are on the tape."""
    given = Episode(
        "episode_abc234",
        "support",
        "accepted",
        finished=False,
        origin=Origin(("python", "-c", "print()"), stdin=bytes(range(256))),
        span=Span(1.5, 2.5, "/home/a", "/home/a/b", "/var/tmp", 3600),  # noqa: S108 - a folder as recorded
        steps=tuple(agent("support", 2)),
        outputs=Outputs(b"\xff\x00", -9, {"z": b"1", "a": b'"\\ud800"'}),
    )
    found = tape.read(tape.write(given), PATH)
    assert given == found
    assert ["z", "a"] == list(found.outputs.values)
