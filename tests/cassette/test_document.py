"""`docs/tape.md` says what a tape is: a reader written from it reads what we write, and its example is one.

`GOLD=write python -m pytest tests/cassette/test_document.py` writes the example anew.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.cassette import tape
from replaykit.core.codec import dumps
from replaykit.core.model import (
    Acceptance,
    Body,
    Episode,
    Exchange,
    Failure,
    Origin,
    Outputs,
    Request,
    Response,
    Span,
    ToolCall,
    Unseen,
)
from replaykit.errors import CassetteError
from tests.cassette import stranger

if TYPE_CHECKING:
    from replaykit.core.model import Step

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "tape.md"

URL = "https://api.example.com/chat"
ASKED = (b'{"say":["Hi"],"model":"m"}', b'{"say":["Hi","Hello","Bye"],"model":"m"}')
SAID = (b'{"text":"Hello"}', b'{"text":"Goodbye"}')


def example() -> Episode:
    """The episode of the document."""
    steps = tuple(
        Exchange(
            Request("POST", URL, (("content-type", "application/json"),), Body.of(asked)),
            Response(200, (), Body.of(said), (9, len(said) - 9), (40, 55), reason="OK"),
            began=1_000_000_000 * number,
            first=40,
            took=56,
        )
        for number, (asked, said) in enumerate(zip(ASKED, SAID, strict=True), start=1)
    )
    outputs = Outputs(b"Goodbye\n", 0)
    span = Span(1_793_534_400.0, 1_793_534_402.5)
    origin = Origin(("python", "hello.py"))
    return Episode("episode_k3v9q2", "hello", "accepted", origin=origin, span=span, steps=steps, outputs=outputs)


def everything() -> Episode:
    """An episode with every kind of step and outcome, and texts that are hard to write down."""
    request = Request("PUT", "http://127.0.0.1:1/\ud800", (("a", "1"), ("A", "\xff")), Body.of(bytes(range(256)) * 9))
    answered = Response(500, (("x", "é"),), Body.of(b"ab\ncd"), (2, 0, 3), (1, 1, 9), "gzip", "HTTP/2", "")
    steps: tuple[Step, ...] = (
        Exchange(request, answered, Failure("ReadError", "cut"), began=1, left=True, attempt=2, hidden=("KEY",)),
        ToolCall("look", b'{"a":1}', b"[1]", began=2, took=3),
        ToolCall("fail", b"{}", b"", Failure("ValueError", "no\nway \ud800"), began=3, opaque=True, within=2),
        Exchange(request, None, Failure("ConnectError", "refused"), began=-(1 << 62), within=3),
    )
    return Episode(
        "episode_abc234",
        "everything",
        "accepted",
        finished=False,
        origin=Origin((), "sub", b"\0", {"MODEL": "m"}, ("KEY",), "0", "UTC", "3.11", {"httpx": "1"}, "c0ffee", "a.py"),
        span=Span(1.5, 2.5, "/home/a", "/home/a/b", "/tmp/c", -3600),  # noqa: S108 - a folder as recorded
        steps=steps,
        outputs=Outputs(b"\xff", -9, {"z": b"1", "a": b'"\\ud800"'}),
        unseen=(Unseen("api.example.com", "urllib3", 2),),
        history=(
            Acceptance("A <a@example.com>", 9.5, "episode_abc234", "why", "episode_old234", "1 request", "outputs"),
        ),
    )


def long(turns: int = 400) -> Episode:
    """An episode of a conversation that outgrows what one chain of questions may have."""
    said = [f'"message {number} of many"' for number in range(turns)]
    bodies = [f'{{"say":[{",".join(said[: count + 1])}],"model":"m"}}'.encode() for count in range(turns)]
    request = [Request("POST", URL, (), Body.of(body)) for body in bodies]
    response = Response(200, (), Body.of(b"{}"), (2,), (1,))
    return Episode("episode_long23", "long", steps=tuple(Exchange(each, response) for each in request))


def facts(episode: Episode) -> dict[str, Any]:
    """What the document calls the section `episode`, from what our own reader made of it; without the steps' sizes."""
    origin = {**asdict(episode.origin), "stdin": episode.origin.stdin.hex()}
    for name in ("program", "source"):
        if not origin[name]:
            del origin[name]
    form = {
        "id": episode.id,
        "name": episode.name,
        "finished": episode.finished,
        "origin": origin,
        "span": asdict(episode.span),
        "stdout": episode.outputs.stdout.hex(),
        "exit_code": episode.outputs.exit_code,
        "values": [[name, value.decode()] for name, value in episode.outputs.values.items()],
        "unseen": [asdict(each) for each in episode.unseen],
        "history": [asdict(each) for each in episode.history],
    }
    loaded: dict[str, Any] = json.loads(dumps(form))
    return loaded


def same(ours: Step, theirs: stranger.Step) -> None:
    """Our step says what the stranger's says."""
    head = theirs.head
    assert (head["began"], head["took"], head["within"]) == (ours.began, ours.took, ours.within)
    assert head["hidden"] == list(ours.hidden)
    assert head["failure"] == (asdict(ours.failure) if ours.failure else None)
    if isinstance(ours, ToolCall):
        called = ("tool", ours.name, ours.arguments.decode(), ours.result.decode(), ours.opaque, b"")
        assert called == (*(head[key] for key in ("kind", "name", "arguments", "result", "opaque")), theirs.body)
        return
    request, response = ours.request, ours.response
    assert ("exchange", request.method, request.url) == (head["kind"], head["method"], head["url"])
    assert [*map(list, request.headers)] == head["headers"]
    assert request.body.data == theirs.question
    assert (ours.first, ours.left, ours.attempt) == (head["first"], head["left"], head["attempt"])
    assert (response is not None) == ("response" in head)
    if response is not None:
        form = {name: value for name, value in asdict(response).items() if name != "body"}
        assert json.loads(dumps(form)) == head["response"]
        assert [*response.chunks()] == stranger.cut(theirs.body, head["response"]["lengths"])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param((ROOT / "cassettes" / "episode_12345.tape").read_bytes, id="bundled"),
        pytest.param(lambda: tape.write(everything()), id="everything"),
        pytest.param(lambda: tape.write(long()), id="long"),
        pytest.param(lambda: tape.write(Episode("episode_abc234", "empty")), id="empty"),
    ],
)
def test_a_stranger_reads_a_tape(data: Any) -> None:
    """A reader that knows the document alone finds on a tape what we find on it."""
    written = data()
    ours, theirs = tape.read(written, "x.tape"), stranger.read(written)
    sizes = {name: theirs.episode[name] for name in ("answers", "questions")}
    assert {**facts(ours), **sizes} == theirs.episode
    assert len(ours.steps) == len(theirs.steps)
    for mine, other in zip(ours.steps, theirs.steps, strict=True):
        same(mine, other)


def test_a_stranger_refuses_what_we_refuse() -> None:
    """A flipped byte, a missing and an added one are refused by either reader."""
    good = tape.write(example())
    flipped = good[:-70] + bytes([good[-70] ^ 1]) + good[-69:]
    for bad in (good[:-1], good + b"\0", flipped, good.replace(b" 1\n", b" 2\n")):
        with pytest.raises(CassetteError):
            tape.read(bad, "x.tape")
        with pytest.raises(AssertionError):
            stranger.read(bad)


# ------------------------------------------------------------- the example


def hexdump(data: bytes) -> str:
    """Bytes as `hexdump -C` shows them."""
    lines = []
    for start in range(0, len(data), 16):
        part = data[start : start + 16]
        pairs = [f"{byte:02x}" for byte in part]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        lines.append(f"{start:08x}  {' '.join(pairs[:8]):23}  {' '.join(pairs[8:]):23}  |{shown}|")
    return "\n".join(lines) + "\n"


def undumped(text: str) -> bytes:
    """The bytes that a dump shows."""
    return b"".join(bytes.fromhex(line[10:58]) for line in text.splitlines())


def shown(found: stranger.Read, data: bytes) -> dict[str, str]:
    """The blocks of the document's example."""
    return {
        "bytes": hexdump(data),
        "header": json.dumps(found.header, indent=1) + "\n",
        "episode": json.dumps(found.episode, indent=1) + "\n",
        "answers": _readable(found.sections["answers"], found.episode["answers"]),
        "questions": _readable(found.sections["questions"], [link[3] for link in found.episode["questions"]]),
    }


def _readable(data: bytes, sizes: list[int]) -> str:
    """A section, its pieces on lines of their own."""
    return "".join(f"{piece.decode()}\n" for piece in stranger.cut(data, sizes))


def block(name: str, text: str) -> re.Match[str]:
    """A block of the document's example, its content the second group."""
    found = re.search(rf"(?<=<!-- {name} -->\n)(```\w+\n)(.*?)(```\n)", text, re.DOTALL)
    assert found, f"{DOCUMENT.name} has no block {name}"
    return found


def told(name: str) -> str:
    """What a block of the document says."""
    return block(name, DOCUMENT.read_text("utf-8"))[2]


@pytest.fixture(scope="module", autouse=True)
def written() -> None:
    """With `GOLD=write`, the document's example is written anew."""
    if os.environ.get("GOLD") == "write":
        text, data = DOCUMENT.read_text("utf-8"), tape.write(example())
        for name, content in shown(stranger.read(data), data).items():
            start, end = block(name, text).span(2)
            text = text[:start] + content + text[end:]
        DOCUMENT.write_text(text, "utf-8")


def test_the_example_is_a_tape() -> None:
    """The bytes that the document shows are read by us as the episode that it tells of."""
    assert example() == tape.read(undumped(told("bytes")), "x.tape")


def test_the_example_is_explained_as_it_is() -> None:
    """Each part that the document shows of its example is what a stranger finds there."""
    data = undumped(told("bytes"))
    found = shown(stranger.read(data), data)
    assert found == {name: told(name) for name in found}


def test_the_example_is_what_we_write() -> None:
    """We write the sections that the document shows; how they are packed is Zstandard's business."""
    ours, theirs = stranger.read(tape.write(example())), stranger.read(undumped(told("bytes")))
    assert (theirs.sections, theirs.episode, theirs.steps) == (ours.sections, ours.episode, ours.steps)


def test_the_document_names_every_field() -> None:
    """No field of a tape is left out of the document."""
    text = DOCUMENT.read_text("utf-8")
    named = {name for quoted in re.findall(r"`([^`\n]+)`", text) for name in re.findall(r"\w+", quoted)}
    found = stranger.read(tape.write(everything()))
    heads = [head | head.get("response", {}) for head in (step.head for step in found.steps)]
    nested = [found.episode["origin"], found.episode["span"], *found.episode["unseen"], *found.episode["history"]]
    fields = {key for form in (found.episode, *heads, *nested, *found.header["sections"]) for key in form}
    assert set() == fields - named
