"""Children that are forked inside a block: they belong to it, and its end is their parent's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

import replaykit
from tests.launch.blocks import forked, kept

if TYPE_CHECKING:
    from pathlib import Path


def test_a_forked_child_is_recorded(url: str, store: Path) -> None:
    """What a child of `fork` asks inside a block is part of the episode."""
    import multiprocessing

    with replaykit.record("story", store=store):
        httpx2.get(url)
        child = multiprocessing.get_context("fork").Process(target=httpx2.get, args=(url + "other",))
        child.start()
        child.join()
    assert [url, url + "other"] == [step.request.url for step in kept(store).exchanges]


def test_a_parents_exchange_is_not_its_childs_to_keep(url: str, store: Path) -> None:
    """A child that ends while its parent is reading an answer keeps nothing of it; the parent keeps it whole."""
    recording = replaykit.record("story", store=store)
    with recording, httpx2.stream("GET", url) as response:
        assert forked(lambda: recording.__exit__(None, None, None))
        response.read()
    (step,) = kept(store).exchanges
    assert step.response is not None
    assert (b"answered", False) == (step.response.body.data, step.left)


def test_a_child_that_leaves_a_recording_does_not_end_it(url: str, store: Path) -> None:
    """The recording is over when its own process leaves it: what that asks after its child has left is kept."""
    recording = replaykit.record("story", store=store)
    with recording:
        assert forked(lambda: recording.__exit__(None, None, None))
        httpx2.get(url)
    assert [url] == [step.request.url for step in kept(store).exchanges]


@pytest.fixture
def longer(url: str, store: Path) -> Path:
    """The store that holds an episode called `story`: one request to `url`, another one, and the first again."""
    with replaykit.record("story", store=store):
        for each in (url, url + "other", url):
            httpx2.get(each)
    return store


def test_a_forked_child_takes_its_share(longer: Path, url: str) -> None:
    """What a child of `fork` is served counts for the block that it was forked in."""
    with replaykit.replay("story", store=longer) as replay:
        httpx2.get(url)
        assert forked(lambda: [httpx2.get(url), httpx2.get(url + "other")])
    assert replay.verdict is not None
    assert ("same", 3) == (replay.verdict.verdict, replay.verdict.same)


def test_what_a_child_was_served_is_served(longer: Path, url: str) -> None:
    """Parent and child get one answer each, and no third: a step is served once, whoever asks."""

    def program() -> None:
        with replaykit.replay("story", store=longer):
            assert forked(lambda: httpx2.get(url))
            httpx2.get(url)
            httpx2.get(url)

    with pytest.raises(replaykit.NotRecorded, match="once more than recorded"):
        program()


def test_a_childs_miss_is_its_parents(longer: Path, url: str) -> None:
    """A miss that a child swallowed is raised at the end of the block."""
    with pytest.raises(replaykit.NotRecorded, match="/nowhere"), replaykit.replay("story", store=longer):
        assert not forked(lambda: httpx2.get(url + "nowhere"))


def test_a_child_that_leaves_a_replay_does_not_judge_it(longer: Path, url: str) -> None:
    """What its parent has still to ask for was not never asked for; the parent gives the verdict."""
    with replaykit.replay("story", store=longer) as replay:
        assert forked(lambda: replay.__exit__(None, None, None))
        for each in (url, url + "other", url):
            httpx2.get(each)
    assert replay.verdict is not None
    assert 3 == replay.verdict.same
