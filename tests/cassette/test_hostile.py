"""Cassettes from anybody: whatever they say, nothing breaks, nothing hangs, nothing grows without end."""

from __future__ import annotations

import json
import os
import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from replaykit import cassette
from replaykit.cassette import tape
from replaykit.cassette.page import page, verify
from replaykit.core.deltas import pack, unpack
from replaykit.core.diff import as_json, diff
from replaykit.core.model import Episode, Failure, Origin, Outputs, Span, ToolCall, Unseen
from replaykit.core.sound import FREE
from replaykit.errors import CassetteError
from replaykit.report import conversation, document, table, terminal
from tests.cassette.forge import Forgery, sealed, sections
from tests.core.agents import lines_of
from tests.strategies import COSTLY
from tests.turns import agent, question

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE: list[object] = [
    None,
    True,
    -1,
    2**70,
    10**18,
    -(10**18),
    1.5,
    float("inf"),
    float("nan"),
    "",
    "x\ud800",
    "\x1b[2J\u202e\n\0",
    "http://h[2J/",
    "9" * 5000,
    [],
    {},
    [[]],
    [None],
    [["a"]],
    {"a": None},
    {"a": [1]},
]
"""Values that broke something once."""

JSON = st.recursive(
    st.sampled_from(HOSTILE) | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)

WHOLE = Episode(
    "episode_abc234",
    "support",
    "accepted",
    origin=Origin(("python", "agent.py"), "src", b"in", {"MODEL": "x"}, ("A_KEY",), versions={"anthropic": "2"}),
    span=Span(1_790_000_000.0, 1_790_000_009.5, "/home/a", "/home/a/b", "/var/tmp", 3600),  # noqa: S108 - as recorded
    steps=(
        *agent("support", 2),
        replace(question(b'{"model":"m","messages":[]}', began=5), failure=Failure("ReadTimeout", "late")),
        ToolCall("weigh", b'{"a":1}', b'"x"', began=9, hidden=("A_KEY",)),
    ),
    outputs=Outputs(b"said", 0, {"answer": b"1"}),
    unseen=(Unseen("api.example.com", "urllib3", 2),),
)

FORGERY = Forgery.of(WHOLE)


def use(episode: Episode) -> None:
    """Do with an episode what every command does that looks; each text can be written to a terminal."""
    page(episode).encode()
    terminal.plain(conversation.conversation(episode)).encode()
    json.dumps(document.as_json(episode), allow_nan=False)
    summary = table.summary_of(episode)
    terminal.plain(table.table([summary])).encode()
    json.dumps(table.as_json(summary), allow_nan=False)
    for before, after in ((WHOLE, episode), (episode, WHOLE)):
        "\n".join(lines_of(diff(before, after))).encode()
        json.dumps(as_json(diff(before, after)), allow_nan=False)


def test_what_is_forged_is_a_tape() -> None:
    """A tape that was taken apart and put together is the episode, so what is refused below is refused for cause."""
    assert WHOLE == tape.read(FORGERY.data(), "x.tape")
    use(WHOLE)


@settings(deadline=None)  # a page and four reports, or files
@given(st.sampled_from(FORGERY.places()), JSON)
def test_any_value_at_any_place(place: tuple[str | int, ...], value: object) -> None:
    """A tape with any JSON in place of any of its values is one that can be looked at, or is refused by its name."""
    try:
        found = tape.read(FORGERY.put(place, value).data(), "x.tape")
        use(found)
    except CassetteError as error:
        assert "x.tape" == error.path  # noqa: PT017 - either is right, and each is checked


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_what_broke_something_once(value: object) -> None:
    """Each of the values that broke a command, at every place there is."""
    for place in FORGERY.places():
        try:
            use(tape.read(FORGERY.put(place, value).data(), "x.tape"))
        except CassetteError as error:
            assert "x.tape" == error.path  # noqa: PT017 - either is right, and each is checked


@COSTLY
@given(st.sampled_from(FORGERY.places()), JSON)
@example((0, "name"), "\x1b[2J")
def test_verify_says_what_is_wrong(place: tuple[str | int, ...], value: object) -> None:
    """Beside any tape whose page is another's, `verify` names one problem and raises nothing."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "support.tape").write_bytes(FORGERY.put(place, value).data())
        Path(folder, "support.yaml").write_text("page: 1\n", "utf-8")
        (problem,) = verify(Path(folder))
    assert "support." in problem


@pytest.mark.parametrize(
    "make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "folder", "device"]
)
def test_what_is_no_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A named pipe is not waited for, a device not read: what is no plain file is refused, as a tape and as a page."""
    path = tmp_path / "support.tape"
    make(path)
    make(tmp_path / "other.yaml")
    with pytest.raises(CassetteError, match=r"support\.tape: (this is no plain file|Is a directory)"):
        cassette.read(path)
    assert 1 == len(verify(tmp_path))


@pytest.mark.parametrize(("size", "said"), [((1 << 30) + 1, "more than a cassette holds"), (1 << 30, "no tape")])
def test_a_file_of_nothing(tmp_path: Path, size: int, said: str) -> None:
    """A file of a gigabyte is refused by its size or its first bytes, and is not read into memory."""
    path = tmp_path / "support.tape"
    with path.open("wb") as file:
        file.truncate(size)
    tracemalloc.start()
    with pytest.raises(CassetteError, match=said):
        cassette.read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_sections_share_one_budget() -> None:
    """Sections that are believable one by one, and not together, are refused before one of them is unpacked."""
    entries, parts = sections(tape.write(WHOLE))
    large = [each | {"size": FREE // 2 + 1} for each in entries]
    with pytest.raises(CassetteError, match=r"impossible sizes: .* would unpack to 201\.3 MB"):
        tape.read(sealed(large, parts), "x.tape")


def test_steps_take_bytes() -> None:
    """A small tape that unpacks to a great many steps is refused before one is made."""
    one = WHOLE.steps[-1:]
    single = Forgery.of(replace(WHOLE, steps=one))
    many = 20_000
    head = json.dumps(single.heads[0]).encode() + b"\n"
    form = single.episode | {"answers": [len(head)] * many, "questions": [[None, 0, 0, 0]] * many}
    texts = json.dumps(form).encode(), head * many, b""
    entries = [{"name": name, "size": len(text)} for name, text in zip(tape.SECTIONS, texts, strict=True)]
    with pytest.raises(CassetteError, match="cannot hold 20000 steps"):
        tape.read(sealed(entries, [pack(text) for text in texts]), "x.tape")


def test_what_cannot_be_read_is_not_written() -> None:
    """An episode of more than a tape may unpack to is refused when it is accepted, not when it is needed."""
    steps = (question(b"{}", answer=bytes(FREE)),)
    with pytest.raises(CassetteError, match="support cannot be a cassette"):
        tape.write(replace(WHOLE, steps=steps))


def test_a_hundred_megabytes_are_a_body() -> None:
    """A body of 100 MB comes back, even one that packs to almost nothing, and stays where it is until it is read."""
    data = tape.write(replace(WHOLE, steps=(question(b"{}", answer=bytes(100_000_000)),)))
    tracemalloc.start()
    (found,) = tape.read(data, "x.tape").exchanges
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 110_000_000
    assert found.response is not None
    assert bytes(100_000_000) == found.response.body.data


def test_a_size_that_is_not_the_questions() -> None:
    """A question that is longer than its step says is refused when it is asked for."""
    places = [place for place in FORGERY.places() if place[-1:] == ("size",)]
    found = tape.read(FORGERY.put(places[0], 1).data(), "x.tape")
    with pytest.raises(CassetteError, match="not the one that was recorded"):
        _ = found.exchanges[0].request.body.data


def test_a_version_is_harmless() -> None:
    """The version that a file claims to be of is told in letters that a terminal can take."""
    with pytest.raises(CassetteError, match=r"of version \\x9b2J,"):
        tape.read(b"replaykit tape \x9b2J\n{}\n", "x.tape")


def test_a_frame_is_unpacked_against_what_it_was_packed_with() -> None:
    """A question packed against other answers than the tape's is refused by the digest of its body."""
    entries, (first, second, third) = sections(tape.write(WHOLE))
    other = pack(unpack(third, unpack(second))[::-1], unpack(second))
    found = tape.read(sealed(entries, [first, second, other]), "x.tape")
    with pytest.raises(CassetteError, match="not the one that was recorded"):
        _ = found.exchanges[0].request.body.data
