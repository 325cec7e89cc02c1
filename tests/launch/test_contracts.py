"""Blocks whose exchanges are held against contracts: what is raised, what is a warning, and what is looked at."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import warnings
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

import replaykit
from replaykit.config import Config
from replaykit.contracts import journal
from replaykit.core.contract.model import Binds, Contract
from replaykit.errors import ContractError, Drifted
from replaykit.launch.contracts import SHOWN, Held
from replaykit.launch.program import Recording, Replaying
from tests.contracts.asking import NAME, adopt, asking, record
from tests.contracts.making import published
from tests.launch.blocks import forked, kept
from tests.servers.script import document

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server

VERSION = f'OURS {NAME} sent /x-api another version of the interface is asked for "2" (the contract binds to 1)'
MODEL = "anthropic.messages"
MOOD = f"BREAK {NAME} /mood a required field is gone"


@pytest.fixture
def place(server: Server) -> str:
    """A place that answers with what was promised."""
    return server.on("POST /ask", document({"said": "yes"}))


def fail(project: Path) -> Config:
    """A project in which what departs fails."""
    return Config(project, contracts="fail")


def warn(project: Path) -> Config:
    """A project in which what departs is said."""
    return Config(project, contracts="warn")


def ask(url: str, text: Any = "a", api: str = "1") -> None:
    httpx2.post(url, json={"text": text}, headers={"x-api": api})


@pytest.fixture
def story(tmp_path: Path, place: str) -> str:
    """The place, which was asked once in an episode called `story`, in a project that has adopted its contract."""
    adopt(tmp_path, asking())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Recording("story", config=fail(tmp_path)):
            ask(place)
    return place


def test_a_recording_that_departs_is_raised_and_kept(tmp_path: Path, place: str) -> None:
    """The error tells each thing and how to acknowledge it; the draft is whole, and the journal knows since when."""
    adopt(tmp_path, asking("mood"))
    block = Recording("story", config=fail(tmp_path))
    with pytest.raises(replaykit.Different) as caught, block:
        ask(place)
    assert isinstance(caught.value, Drifted)
    head, told, remedy = str(caught.value).splitlines()
    assert f"story ({block.id}) departs from its contracts:" == head
    assert told.startswith(MOOD)
    (key,) = journal.read(tmp_path / "episodes" / "drift.json").findings
    assert f"to accept it for now: replaykit contract ack {key} --owner … --reason … --until DATE" == remedy
    draft = kept(tmp_path / "episodes" / "episodes.db")
    assert (True, 1) == (draft.finished, len(draft.steps))


def test_a_recording_that_departs_is_a_warning(tmp_path: Path, place: str) -> None:
    """So it is with `warn`; and with `fail`, where the program's own error is on its way."""
    adopt(tmp_path, asking("mood"))
    with pytest.warns(UserWarning, match=MOOD), Recording("story", config=warn(tmp_path)):
        ask(place)
    with pytest.warns(UserWarning, match=MOOD), pytest.raises(ValueError, match=r"^mine$"):
        broken(Recording("story", config=fail(tmp_path)), place)


def broken(block: Recording, place: str) -> None:
    """A program that ends its block with an error of its own."""
    with block:
        ask(place)
        raise ValueError("mine")


def test_what_a_replay_sends_is_looked_at(tmp_path: Path, story: str) -> None:
    """With `warn` a replay that sends something else says so beside what it raises anyway."""
    block = Replaying("story", config=warn(tmp_path))
    with pytest.warns(UserWarning, match=NAME) as said, pytest.raises(replaykit.Different, match="differently"), block:
        ask(story, api="2")
    (told,) = said
    assert VERSION in str(told.message)
    assert __file__ == told.filename
    assert block.held is not None
    assert [1] == [each.drift.times for each in block.held.standings]


def test_the_same_requests_can_depart(tmp_path: Path, story: str) -> None:
    """Recorded requests that come again byte by byte fail a contract that has become narrower."""
    published(tmp_path / "contracts", narrower(asking()))
    block = Replaying("story", config=fail(tmp_path))
    with pytest.raises(Drifted, match=f"OURS {NAME} sent /text another type is sent"), block:
        ask(story)
    assert block.verdict is not None
    assert (1, "different", ["drift"]) == (
        block.verdict.same,
        block.verdict.verdict,
        [each.kind for each in block.verdict.differences],
    )


def narrower(contract: Any) -> Any:
    """The same contract, to which a text is a number."""
    contract.defs["request"]["properties"]["text"] = {"type": "integer"}
    return contract


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_miss_is_looked_at_too(tmp_path: Path, story: str, library: Any) -> None:
    """What was not recorded is not served, and what it sends is told all the same."""
    block, told = Replaying("story", config=fail(tmp_path)), f"OURS {NAME} sent /text another type is sent"
    with pytest.warns(UserWarning, match=told), pytest.raises(replaykit.NotRecorded), block:
        library.post(story, json={"text": 7}, headers={"x-api": "1"})


def test_every_thread_and_child_of_a_block(tmp_path: Path, place: str) -> None:
    """A finding is told once, with how often, whoever sent it."""
    adopt(tmp_path, asking())
    with Recording("story", config=fail(tmp_path)):
        for _ in range(3):
            ask(place)
    block = Replaying("story", config=warn(tmp_path))
    with (
        pytest.warns(UserWarning, match=r"x-api .*×3 \("),
        pytest.raises(replaykit.Different, match="step 3 was sent differently"),
        block,
    ):
        everybody(place)


def everybody(place: str) -> None:
    """A thread, a child and we ourselves ask for another version."""
    thread = Thread(target=ask, args=(place, "a", "2"))
    thread.start()
    thread.join()
    assert forked(lambda: ask(place, api="2"))
    ask(place, api="2")


def test_what_is_asked_for_now_was_another_version(tmp_path: Path, story: str) -> None:
    """Where a newer version of the contract binds to what is asked for, both are told: it, and that it is another."""
    newer = narrower(asking(version="2.0.0", api="2"))
    published(tmp_path / "contracts", asking(), newer)
    block = Replaying("story", config=warn(tmp_path))
    with pytest.warns(UserWarning, match=NAME) as said, pytest.raises(replaykit.Different, match="differently"), block:
        ask(story, api="2")
    told = str(said[0].message).splitlines()[1:-1]
    text = f"OURS {NAME} sent /text another type is sent integer → string"
    assert {text, VERSION} == {each[: each.rindex(" (")] for each in told}


def test_a_project_that_has_adopted_none(tmp_path: Path, place: str) -> None:
    """Runs as ever; a warning says which command adopts one."""
    with pytest.warns(UserWarning, match="replaykit contract add NAME"), Recording("story", config=fail(tmp_path)):
        ask(place)
    with pytest.warns(UserWarning, match="replaykit contract add NAME"), Replaying("story", config=fail(tmp_path)):
        ask(place)


def test_a_damaged_contract_is_said_before_anything_is_sent(tmp_path: Path, story: str, server: Server) -> None:
    """Neither a recording nor a replay begins."""
    path = tmp_path / "contracts" / NAME / "1.0.0.json"
    path.write_text(path.read_text().replace("said", "sang"))
    server.requests.clear()
    for block in (Recording("other", config=warn(tmp_path)), Replaying("story", config=warn(tmp_path))):
        with pytest.raises(ContractError, match="changed after it was published"), block:
            ask(story)
    assert [] == server.requests


@pytest.mark.parametrize("replays", [False, True])
def test_what_cannot_be_checked_is_not_told_as_good(tmp_path: Path, story: str, replays: bool) -> None:  # noqa: FBT001
    """A schema that no validator takes fails what is to fail; the program does not notice."""
    odd = asking()
    odd.defs["request"]["properties"]["text"] = {"type": "string", "pattern": "(?<=a*)b["}  # type: ignore[index]
    published(tmp_path / "contracts", odd)
    block = Replaying("story", config=fail(tmp_path)) if replays else Recording("again", config=fail(tmp_path))
    with pytest.raises(Drifted, match="could not be checked against contracts: agent"), block:
        ask(story)


OFF = """
import sys, httpx2, pathlib
from replaykit.config import Config
from replaykit.launch.program import Recording, Replaying
url, *words = sys.argv[1:]
for block in (Recording, Replaying):
    for contracts in words:
        with block("story", config=Config(pathlib.Path.cwd(), contracts=contracts)):
            httpx2.post(url, json={"text": "a"}, headers={"x-api": "1"})
names = ("jsonschema", "replaykit.contracts", "replaykit.core.contract", "replaykit.launch.contracts")
print([name for name in sys.modules if name.startswith(names)])
"""


def test_off_imports_nothing(tmp_path: Path, place: str) -> None:
    """Blocks of a project that has adopted a contract, and does not ask for it, know nothing of contracts."""
    adopt(tmp_path, asking())
    command = [sys.executable, "-c", OFF, place, "off"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (0, "[]\n") == (done.returncode, done.stdout), done.stderr


def test_what_applies_to_nothing_validates_nothing(tmp_path: Path, place: str) -> None:
    """A contract of somebody else's is read, and what validates is not imported."""
    adopt(tmp_path, asking(host="shop.example"))
    script = OFF.replace('"replaykit.contracts", "replaykit.core.contract", "replaykit.launch.contracts"', "")
    command = [sys.executable, "-c", script, place, "fail"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (0, "[]\n") == (done.returncode, done.stdout), done.stderr


def test_a_gateway_is_held_to_its_provider(tmp_path: Path, server: Server) -> None:
    """Where a project has declared it, recordings and replays through it are checked, and say whose answer it was."""
    wanted = {"response": record(said={"type": "string"}), "request": record(text={"type": "string"})}
    adopt(tmp_path, Contract(MODEL, "1.0.0", Binds("anthropic", "messages", "api.anthropic.com"), wanted))
    server.on("POST /anthropic/v1/messages", document({"sung": 1}))
    place = f"http://127.1:{server.port}/anthropic/v1/messages"  # another host, as text, and this machine
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Recording("far", config=fail(tmp_path)):
            ask(place)
    config = Config(tmp_path, contracts="fail", gateways={"127.1": ("anthropic",)})
    with (
        pytest.raises(Drifted, match=f"BREAK {MODEL} /said at 127.1 a required field is gone"),
        Recording("near", config=config),
    ):
        ask(place)
    block = Replaying("near", config=config)
    with (
        pytest.raises(replaykit.NotRecorded),
        pytest.warns(UserWarning, match=f"OURS {MODEL} sent /text at 127.1 "),
        block,
    ):
        ask(place, 7)
    assert block.held is not None
    assert ["127.1"] == [each.drift.finding.host for each in block.held.open]
    sights = journal.read(tmp_path / "episodes" / "drift.json").findings.values()
    assert {("/said", "127.1"), ("/sung", "127.1"), ("/text", "127.1")} == {(each.path, each.host) for each in sights}


def test_a_screenful_is_told(tmp_path: Path, server: Server) -> None:
    """What goes beyond it is counted, and the command named that has all."""
    names = [f"field{'abcdefghijklmnopqrstuvwxyz'[n]}" for n in range(SHOWN + 3)]
    adopt(tmp_path, asking(*names))
    place = server.on("POST /ask", document({"said": "yes"}))
    block = Recording("story", config=fail(tmp_path))
    with pytest.raises(Drifted) as caught, block:
        ask(place)
    lines = str(caught.value).splitlines()
    assert SHOWN + 2 == len(lines)
    assert f"and 4 more findings: replaykit contract check {block.id}" == lines[-2]


def test_nothing_held_is_nothing_said() -> None:
    """A run that departs from nothing neither fails nor says anything."""
    held = Held(strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        held.settle("story", "", fails=True)
    assert (False, (), "", ()) == (held.failed, held.told(), held.remedy, held.differences)


def test_a_replay_in_a_block_writes_nothing_down(tmp_path: Path, story: str) -> None:
    """What departs is compared when the block ends: the store knows nothing of it, and the journal does."""
    block = Replaying("story", config=warn(tmp_path))
    with pytest.warns(UserWarning, match=NAME), pytest.raises(replaykit.Different, match="differently"), block:
        ask(story, api="2")
    with contextlib.closing(sqlite3.connect(tmp_path / "episodes" / "episodes.db")) as store:
        assert [(0,)] == store.execute("SELECT count(*) FROM remarks").fetchall()
    assert 1 == len(journal.read(tmp_path / "episodes" / "drift.json").findings)
