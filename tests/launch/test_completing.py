"""An episode that is completed: what it has is answered, what it lacks is sent, and both make a new draft."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
import pytest

import replaykit
from replaykit import cassette
from replaykit.config import Config
from replaykit.core.model import Exchange
from replaykit.launch.completing import Completing, Lacked
from replaykit.launch.program import Recording, Replaying
from replaykit.store import Store
from tests.launch.blocks import forked
from tests.servers.script import document, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replaykit.core.model import Episode
    from tests.servers.script import Asked, Script
    from tests.servers.wire import Server

KEY = "q8Zk2LpV0xW4mB7nT1rYq8Zk2LpV0xW4"


@dataclass
class Project:
    """A folder with one cassette, and the server that was recorded."""

    folder: Path
    server: Server

    @property
    def config(self) -> Config:
        return Config(self.folder)

    @property
    def path(self) -> Path:
        return self.config.cassette_folder / "story.tape"

    @property
    def asked(self) -> list[str]:
        """What the server was asked so far."""
        return [str(each.json()["text"]) for each in self.server.requests]

    def ask(self, *texts: str, **headers: str) -> list[str]:
        url = f"{self.server.url}/ask"
        with httpx2.Client(headers=headers) as client:
            return [client.post(url, json={"text": text}).json()["said"] for text in texts]

    def record(self, program: Callable[[Recording], object]) -> None:
        """Accept what this program does."""
        with Recording("story", config=self.config) as block:
            program(block)
        cassette.save(self.config.cassette_folder, self.draft(block.id).accepted())
        self.config.store_path.unlink()

    def complete(self, program: Callable[[Completing], object]) -> Completing:
        """The block in which this program has run, and ended."""
        block = Completing(self.path, self.config, "pytest")
        block.__enter__()
        try:
            program(block)
        finally:
            block.end()
        return block

    def draft(self, name: str) -> Episode:
        with Store(self.config.store_path) as store:
            found = store.episode(name)
        assert found is not None
        return found

    def accept(self, block: Completing) -> None:
        """Have what was completed be the cassette."""
        cassette.save(self.config.cassette_folder, self.draft(block.draft).accepted())

    def replay(self, program: Callable[[Replaying], object]) -> tuple[int, int]:
        """How many steps were the same, and the same after rules, in a replay that fails for anything else."""
        with Replaying(str(self.path), config=self.config) as block:
            program(block)
        assert block.verdict is not None
        return block.verdict.same, block.verdict.after_rules


def said(asked: Asked) -> Script:
    """What was asked, with an exclamation mark."""
    return document({"said": f"{asked.json()['text']}!"})


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Project:
    server.on("POST /ask", said)
    return Project(tmp_path, server)


def differences(block: Completing) -> list[str]:
    """What was not as recorded when the block had ended."""
    assert block.verdict is not None
    return [each.kind for each in block.verdict.differences]


def tolerant(program: Callable[[], object]) -> Callable[[Completing], None]:
    """The program, which makes nothing of a miss."""

    def run(_block: Completing) -> None:
        with contextlib.suppress(replaykit.NotRecorded):
            program()

    return run


def requests(episode: Episode) -> list[str]:
    """What an episode's requests asked, in their order."""
    return [each.request.body.data.decode()[9:-2] for each in episode.exchanges]


def test_nothing_is_written_where_nothing_is_missing(project: Project) -> None:
    """All is answered, nothing is sent, there is not even a store; what was not asked for is said, as ever."""
    project.record(lambda _: project.ask("a", "b"))
    assert project.complete(lambda _: project.ask("b", "a")).found is None
    assert ["never_asked_for"] == differences(project.complete(lambda _: project.ask("a")))
    assert ["a", "b"] == project.asked
    assert not project.config.store_path.exists()


def test_what_is_missing_is_sent_and_kept_in_its_place(project: Project) -> None:
    """One new request goes out; the draft has the known ones beside it, in the order of this run."""
    project.record(lambda _: project.ask("a", "b", "gone"))

    def program(block: Completing) -> None:
        assert ["b!", "new!", "a!"] == project.ask("b", "new", "a")
        assert Lacked(1, 0) == block.lacked()

    block = project.complete(program)
    assert ["never_asked_for"] == differences(block)
    assert ["a", "b", "gone", "new"] == project.asked
    draft = project.draft(block.draft)
    assert (["b", "new", "a"], "story", True) == (requests(draft), draft.name, draft.finished)
    project.accept(block)
    assert (3, 0) == project.replay(lambda _: project.ask("b", "new", "a"))


def test_what_was_answered_is_a_step_of_this_run(project: Project) -> None:
    """Its ids are those of now, as are those that go on in what is new: the whole can be replayed by a third run."""

    def program(*more: str) -> None:
        run = str(uuid.uuid4())
        project.ask(*(f"{word} {run}" for word in ("begin", *more, "end")))

    project.record(lambda _: program())
    block = project.complete(lambda _: program("middle"))
    begin, middle, end = (each.split()[1] for each in requests(project.draft(block.draft)))
    assert begin == middle == end
    project.accept(block)
    assert (0, 3) == project.replay(lambda _: program("middle"))


def test_an_answer_stays_as_it_came(project: Project, server: Server) -> None:
    """Chunks, times, encoding and headers of what is served are carried over, for a program that waits, too."""
    chunk = b"6\r\nchunk \r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Odd: 1\r\n\r\n"
    url = server.on("GET /stream", (head, chunk, chunk, b"0\r\n\r\n"))

    async def ask(*texts: str) -> None:
        async with httpx2.AsyncClient() as client:
            await client.get(url)
            for text in texts:
                await client.post(f"{server.url}/ask", json={"text": text})

    project.record(lambda _: asyncio.run(ask()))
    before = cassette.read(project.path).exchanges[0].response
    block = project.complete(lambda _: asyncio.run(ask("new")))
    first, second = project.draft(block.draft).exchanges
    assert before == first.response
    assert second.request.url.endswith("/ask")


def test_tools_are_answered_and_new_ones_run(project: Project) -> None:
    """What happened within a known call is kept with it, though nobody asks for it again."""
    ran = []

    @replaykit.tool
    def look(city: str) -> str:
        ran.append(city)
        return fetch(city)

    @replaykit.tool
    def fetch(city: str) -> str:
        return project.ask(city)[0]

    @replaykit.tool(run=True)
    def note(city: str) -> None:
        ran.append(city)

    def program(*cities: str) -> None:
        note("start")
        for city in cities:
            look(city)

    project.record(lambda _: program("Oslo"))
    ran.clear()
    block = project.complete(lambda _: program("Oslo", "Rome"))
    assert (["start", "Rome"], ["Oslo", "Rome"]) == (ran, project.asked)
    assert Lacked(3, 0) == block.found
    draft = project.draft(block.draft)
    assert ["note", "look", "fetch", "ask", "look", "fetch", "ask"] == [
        "ask" if isinstance(step, Exchange) else step.name for step in draft.steps
    ]
    looks, fetches = draft.tool_calls[1::2], draft.tool_calls[2::2]
    assert [each.began for each in looks] == [each.within for each in fetches]
    assert [each.began for each in fetches] == [each.within for each in draft.exchanges]
    project.accept(block)
    assert (3, 0) == project.replay(lambda _: program("Oslo", "Rome"))


def test_a_new_output_is_missing_too(project: Project) -> None:
    """A named value that the cassette does not have makes it a new one, without any request."""
    project.record(lambda block: block.output("one", project.ask("a")))

    def program(block: Replaying) -> None:
        block.output("one", project.ask("a"))
        block.output("two", 2)

    block = project.complete(program)
    assert (["a"], Lacked(0, 1)) == (project.asked, block.found)
    draft = project.draft(block.draft)
    assert {"one": b'["a!"]', "two": b"2"} == draft.outputs.values
    assert ["a"] == requests(draft)


def test_a_forked_child_writes_the_same_draft(project: Project) -> None:
    """What it lacks is counted by its parent; where it lacks nothing, there is no draft in the end."""
    project.record(lambda _: project.ask("a", "b"))

    def program(*texts: str) -> None:
        project.ask("a")
        assert forked(lambda: project.ask("b", *texts))

    assert "" == project.complete(lambda _: program()).draft
    with Store(project.config.store_path) as store:
        assert () == store.summaries()
    block = project.complete(lambda _: program("new"))
    assert ["a", "b", "new"] == requests(project.draft(block.draft))
    assert Lacked(1, 0) == block.found


def test_what_needs_a_key_that_is_not_set_is_not_sent(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known needs none; what is new is a miss that names the variable, whatever the program makes of it."""
    monkeypatch.setenv("SOME_API_KEY", KEY)

    def program(*texts: str) -> None:
        for text in texts:
            project.ask(text, **{"x-api-key": os.environ["SOME_API_KEY"]})

    def named(block: Completing) -> None:
        program("a")
        block.output("new", 1)

    project.record(lambda _: program("a"))
    monkeypatch.delenv("SOME_API_KEY")
    assert project.complete(lambda _: program("a")).found is None
    block = project.complete(tolerant(lambda: program("a", "new")))
    assert (["not_recorded"], ["a"], None) == (differences(block), project.asked, block.found)
    assert block.verdict is not None
    assert block.verdict.differences[0].text.endswith("SOME_API_KEY is not set; set it, and record again")
    block = project.complete(named)
    assert [("SOME_API_KEY",)] == [each.hidden for each in project.draft(block.draft).steps]
    monkeypatch.setenv("SOME_API_KEY", KEY[::-1])
    block = project.complete(lambda _: program("a", "new"))
    draft = project.draft(block.draft)
    assert [("SOME_API_KEY",)] * 2 == [each.hidden for each in draft.steps]
    assert "SOME_API_KEY" in draft.origin.secrets


def test_a_header_that_means_something_is_not_passed_over(project: Project) -> None:
    """The old answer was not given to this request: it is served, and said, as in a replay."""
    project.record(lambda _: project.ask("a"))
    assert ["differently"] == differences(project.complete(lambda _: project.ask("a", "new", **{"x-dry-run": "1"})))


def test_where_the_services_are_is_said_by_today(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set keeps its value; one that is not has the recorded one, and the draft has both."""
    monkeypatch.setenv("A_BASE_URL", "http://a.example")
    monkeypatch.setenv("B_BASE_URL", "http://b.example")
    project.record(lambda _: project.ask("a"))
    monkeypatch.setenv("A_BASE_URL", "http://new.example")
    monkeypatch.delenv("B_BASE_URL")
    seen: dict[str, str] = {}

    def program(_block: Completing) -> None:
        seen.update(os.environ)
        project.ask("a", "new")

    origin = project.draft(project.complete(program).draft).origin
    for found in (seen, origin.environment):
        assert ("http://new.example", "http://b.example") == (found["A_BASE_URL"], found["B_BASE_URL"])
    assert "B_BASE_URL" not in os.environ
    assert "pytest" == origin.program


def test_what_was_not_seen_is_said_of_the_draft(project: Project) -> None:
    """A connection that does not come through us is noted in what is written, be it before anything was missing."""
    project.record(lambda _: project.ask("a"))
    address = ("127.0.0.1", project.server.port)

    def program(_block: Completing) -> None:
        socket.create_connection(address).close()
        project.ask("a", "new")

    (unseen,) = project.draft(project.complete(program).draft).unseen
    assert "socket" == unseen.how
    assert "127.0.0.1" == socket.gethostbyname(unseen.what)  # a name, where this process has looked one up before


def test_a_retry_is_no_new_step(project: Project, server: Server) -> None:
    """What an SDK tries again is sent and kept, and counted once."""
    project.record(lambda _: project.ask("a"))
    url = server.on("GET /busy", plain(b"no"), plain(b"yes"))

    def program(_block: Completing) -> None:
        project.ask("a")
        for attempt in ("0", "1"):
            httpx2.get(url, headers={"x-stainless-retry-count": attempt})

    block = project.complete(program)
    assert Lacked(1, 0) == block.found
    assert [0, 0, 1] == [each.attempt for each in project.draft(block.draft).exchanges]
