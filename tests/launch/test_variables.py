"""Where a block takes place: what is put into the environment is taken back, and what is not there is not needed."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import replaykit
from replaykit.cassette import save
from replaykit.core.model import Origin
from replaykit.launch.variables import Variables, needed
from tests.launch.blocks import forked, kept
from tests.strategies import COSTLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NAMES = ("REPLAYKIT_TEST_A", "REPLAYKIT_TEST_B")


@contextlib.contextmanager
def only(before: Mapping[str, str]) -> Iterator[None]:
    """Of our names, these and no others are set; none is afterwards."""
    try:
        os.environ.update(before)
        yield
    finally:
        for name in NAMES:
            os.environ.pop(name, None)


def seen() -> dict[str, str]:
    """Which of our names are set."""
    return {name: os.environ[name] for name in NAMES if name in os.environ}


def test_what_an_episode_needs() -> None:
    """Declared variables as recorded; a placeholder for a secret that is missing, empty or a placeholder already."""
    origin = Origin(environment={"MODEL": "old"}, secrets=("A_KEY", "B_KEY", "C_KEY", "D_KEY"))
    environment = {"MODEL": "new", "A_KEY": "mine", "B_KEY": "", "C_KEY": "[REDACTED:C_KEY]"}
    stand_ins = {name: f"[REDACTED:{name}]" for name in ("B_KEY", "C_KEY", "D_KEY")}
    assert {"MODEL": "old", **stand_ins} == needed(origin, environment)


LAYER = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["x", "y"]))


@COSTLY
@given(before=LAYER, layers=st.lists(LAYER, max_size=4), data=st.data())
def test_taken_back_in_any_order(before: dict[str, str], layers: list[dict[str, str]], data: st.DataObject) -> None:
    """The last of the blocks that are left has its way; when all have left, the environment is as it was."""
    variables = Variables()
    blocks = [(layer, contextlib.ExitStack()) for layer in layers]
    with only(before):
        for layer, stack in blocks:
            stack.enter_context(variables.put(layer))
        for leaving in data.draw(st.permutations(range(len(blocks)))):
            expected = dict(before)
            for layer, _ in blocks:
                expected |= layer
            assert expected == seen()
            blocks[leaving][1].close()
            blocks[leaving] = ({}, blocks[leaving][1])
        assert before == seen()


def test_what_the_program_sets_is_its_own() -> None:
    """A variable that the program has changed in a block stays as the program wants it."""
    name, other = NAMES
    with only({name: "before", other: "before"}):
        with Variables().put({name: "ours", other: "ours"}):
            os.environ[name] = "the program's"
            del os.environ[other]
        assert {name: "the program's"} == seen()


VARIABLES = {
    "STORY_API_KEY": "sk-live-9fK2mQ8xLp7VtR3w",
    "PLAIN_API_KEY": "test",
    "MINE_API_KEY": "sk-live-0aB1cD2eF3gH4iJ5",
    "STORY_BASE_URL": "http://recorded.example",
}


def test_no_key_is_needed(url: str, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing secrets have placeholders and declared variables their recorded values, until the replay ends."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with replaykit.record("story", store=store):
        httpx2.get(url)
    for name in ("STORY_API_KEY", "PLAIN_API_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("STORY_BASE_URL", "http://now.example")
    before = dict(os.environ)
    with replaykit.replay("story", store=store):
        during = {name: os.environ[name] for name in VARIABLES}
        httpx2.get(url)
    stand_ins = {name: f"[REDACTED:{name}]" for name in ("STORY_API_KEY", "PLAIN_API_KEY")}
    assert {**VARIABLES, **stand_ins} == during
    assert before == dict(os.environ)


def test_the_environment_is_taken_back_after_a_false_start(
    episode: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A block that cannot begin leaves nothing behind."""
    monkeypatch.setenv("STORY_API_KEY", "sk-live-9fK2mQ8xLp7VtR3w")
    with replaykit.record("keyed", store=episode):
        pass
    monkeypatch.delenv("STORY_API_KEY")
    (tmp_path / "pyproject.toml").write_text('[tool.replaykit]\ntools = ["no.colon"]\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(replaykit.UsageError, match="not of the form"), replaykit.replay("keyed", store=episode):
        pass
    assert "STORY_API_KEY" not in os.environ


def test_what_it_was_recorded_in(episode: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An episode of a block has no command to run, and says which program it was, without folders of the machine."""
    assert () == kept(episode).origin.command
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agents").mkdir()
    for words, expected in {
        ("agents/rd.py", "-x"): "agents/rd.py",
        (str(tmp_path / "agents" / "rd.py"),): "agents/rd.py",
        ("/usr/bin/pytest", "tests"): "pytest",
        ("-c",): "python",
        ("",): "python",
    }.items():
        monkeypatch.setattr(sys, "argv", [*words])
        with replaykit.record("story", store=episode):
            pass
        assert expected == kept(episode).origin.program


def test_a_cassette_needs_no_store(url: str, store: Path, tmp_path: Path) -> None:
    """Where no store can be made, a cassette is replayed, in children too, and a miss is told."""
    with replaykit.record("story", store=store):
        httpx2.get(url)
        httpx2.get(url)
    _, tape = save(tmp_path, kept(store))
    (tmp_path / "file").touch()
    nowhere = tmp_path / "file" / "episodes.db"
    with replaykit.replay(str(tape), store=nowhere):
        httpx2.get(url)
        assert forked(lambda: httpx2.get(url))
    with pytest.raises(replaykit.NotRecorded, match="/other"), replaykit.replay(str(tape), store=nowhere):
        httpx2.get(url + "other")
