"""A request that was not recorded is never sent, never answered by something like it, and never swallowed."""

# objects of either library
from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

import replaykit
from replaykit.errors import Different, NeverAskedFor, NotRecorded
from tests.servers.script import document, plain
from tests.transport.flavour import EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.transport.stage import Stage

QUESTION: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Where is Paris?"}]}
CHANGED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Where is Rome?"}]}


def asking(stage: Stage, *questions: Any, method: str = "POST", path: str = "/chat") -> Callable[[], Any]:
    """A program that asks these questions, one after the other, and gives the answers."""

    async def program() -> list[str]:
        async with stage.client() as client:
            return [(await client.request(method, stage.server.url + path, json=each)).text for each in questions]

    return program


@pytest.mark.parametrize("flavour", EVERY, ids=str)
def test_a_miss_is_an_error_of_the_callers_library(stage: Stage) -> None:
    """Inside the program, a miss is both a `NotRecorded` and a transport error of its own library."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))
    caught: list[BaseException] = []

    async def program() -> None:
        try:
            await asking(stage, CHANGED)()
        except stage.flavour.library.TransportError as error:
            caught.append(error)

    with pytest.raises(Different):
        stage.replay(program)
    (error,) = caught
    assert isinstance(error, NotRecorded)


def test_a_miss_is_never_sent(stage: Stage) -> None:
    """With the server up and listening, a replay sends nothing: not what matches, and not what misses."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))
    with pytest.raises(NotRecorded):
        stage.replay(asking(stage, QUESTION, CHANGED))
    assert (1, 1) == (len(stage.server.requests), stage.server.connections)


CHANGES: dict[str, tuple[str, str, Any]] = {
    "another prompt": ("POST", "/chat", CHANGED),
    "another setting": ("POST", "/chat", {**QUESTION, "temperature": 0.2}),
    "another method": ("PUT", "/chat", QUESTION),
    "another path": ("POST", "/chat/", QUESTION),
    "another query": ("POST", "/chat?beta=true", QUESTION),
    "a digit of a number": ("POST", "/chat", {**QUESTION, "model": 1}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_like_it_is_served(stage: Stage, change: str) -> None:
    """A request that differs in what it says is a miss, however small the difference."""
    method, path, question = CHANGES[change]
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))
    with pytest.raises(NotRecorded):
        stage.replay(asking(stage, question, method=method, path=path))


def test_a_day_in_december_is_not_the_next_one(stage: Stage) -> None:
    """A flight on 24 December is not served for the 25th, and one job's answer not for another's."""
    stage.server.on("POST /chat", document({"booked": True}))
    flight = {"fly": "on 24 December 2031", "job": "job_8f14e45fceea167a5a36dedd4bea2543"}
    stage.record(asking(stage, flight))
    with pytest.raises(NotRecorded):
        stage.replay(asking(stage, {**flight, "fly": "on 25 December 2031"}))


def test_key_order_and_white_space_never_matter(stage: Stage) -> None:
    """The same JSON in another order is the same request."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))
    stage.server.stop()
    assert ['{"answer": "France"}'] == stage.replay(asking(stage, dict(reversed(QUESTION.items()))))


@pytest.mark.parametrize("flavour", EVERY, ids=str)
def test_a_swallowed_miss_is_remembered(stage: Stage) -> None:
    """A program that catches everything still fails at the end of its block."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))

    async def program() -> str:
        with contextlib.suppress(Exception):
            await asking(stage, CHANGED)()
        await asking(stage, QUESTION)()
        return "all is well"

    with pytest.raises(NotRecorded):
        stage.replay(program)


def test_the_programs_own_error_is_not_hidden(stage: Stage) -> None:
    """An exception that leaves a block without a miss is the program's own, unchanged."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))

    async def program() -> None:
        await asking(stage, QUESTION)()
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        stage.replay(program)


def test_steps_never_asked_for_are_told(stage: Stage) -> None:
    """A program that asks less than it did is different at the end of its block."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION, CHANGED))
    with pytest.raises(NeverAskedFor):
        stage.replay(asking(stage, QUESTION))


def test_a_request_too_many_is_a_miss(stage: Stage) -> None:
    """Every recorded answer is served once: asking again is a miss."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))
    with pytest.raises(NotRecorded):
        stage.replay(asking(stage, QUESTION, QUESTION))


def test_equal_questions_get_their_answers_in_order(stage: Stage) -> None:
    """Equal requests with different answers are served in the recorded order."""
    stage.server.on("POST /chat", plain(b"pending"), plain(b"running"), plain(b"done"))
    recorded, replayed = stage.both(asking(stage, QUESTION, QUESTION, QUESTION))
    assert ["pending", "running", "done"] == recorded
    assert recorded == replayed


def test_different_questions_come_in_any_order(stage: Stage) -> None:
    """Requests that differ are found wherever they stand in the episode."""
    stage.server.on("POST /chat", lambda asked: plain(asked.body))
    recorded = stage.record(asking(stage, QUESTION, CHANGED))
    stage.server.stop()
    assert list(reversed(recorded)) == stage.replay(asking(stage, CHANGED, QUESTION))


def test_a_miss_says_what_came_nearest(stage: Stage) -> None:
    """The error names the request, what differs from the nearest recorded one, and what to do."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))
    with pytest.raises(NotRecorded) as caught:
        stage.replay(asking(stage, CHANGED))
    account = str(caught.value)
    assert ["/chat", "Paris", "Rome"] == [word for word in ("/chat", "Paris", "Rome") if word in account]
    assert 'again with replaykit.record("story")' in account


def test_an_unknown_episode_is_named(stage: Stage) -> None:
    """Replaying what was never recorded names the nearest episode there is."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    stage.record(asking(stage, QUESTION))
    with (
        pytest.raises(replaykit.errors.NoSuchEpisode, match="story"),
        replaykit.replay("stori", store=stage.store),
    ):
        pytest.fail("there is no such episode")


def test_an_episode_can_be_replayed_again_and_again(stage: Stage) -> None:
    """A replay uses nothing up."""
    stage.server.on("POST /chat", document({"answer": "France"}))
    program: Callable[[], Coroutine[Any, Any, list[str]]] = asking(stage, QUESTION)
    recorded = stage.record(program)
    assert [recorded] * 3 == [stage.replay(program) for _ in range(3)]


def test_recording_again_makes_a_newer_draft(stage: Stage) -> None:
    """Of two drafts of a name the newer is replayed."""
    stage.server.on("POST /chat", plain(b"old"), plain(b"new"))
    program = asking(stage, QUESTION)
    assert (["old"], ["new"]) == (stage.record(program), stage.record(program))
    assert ["new"] == stage.replay(program)
