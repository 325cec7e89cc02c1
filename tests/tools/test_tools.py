"""Local functions as steps: kept when they run, answered for when they need not."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import trio

import replaykit
from replaykit.errors import NeverAskedFor, NotRecorded, UsageError
from replaykit.store import Store
from tests.servers.script import plain
from tests.tools import kitchen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from replaykit.core.model import Step
    from replaykit.core.verdict import Verdict
    from tests.servers.wire import Server


@pytest.fixture(autouse=True)
def runs() -> Iterator[list[str]]:
    """What ran for real in this test."""
    kitchen.RUNS.clear()
    yield kitchen.RUNS
    kitchen.RUNS.clear()


def record(store: Path, program: Callable[[], Any]) -> Any:
    """What the program gave while it was recorded."""
    with replaykit.record("story", store=store):
        return program()


def replay(store: Path, program: Callable[[], Any]) -> tuple[Any, Verdict]:
    """What the program gives in a replay, and the verdict on it."""
    kitchen.RUNS.clear()
    with replaykit.replay("story", store=store) as episode:
        given = program()
    assert episode.verdict is not None
    return given, episode.verdict


def steps(store: Path) -> tuple[Step, ...]:
    with Store(store) as kept:
        found = kept.episode(kept.latest() or "")
    assert found is not None
    return found.steps


def test_outside_a_session_a_tool_is_its_function(runs: list[str]) -> None:
    """Nothing is different without a session: name, text, signature, result, error."""
    assert kitchen.RESULTS["tuple"] == kitchen.cook("tuple")
    assert "count" == kitchen.count.__name__
    assert ["tuple"] == runs
    with pytest.raises(kitchen.OutOfStockError):
        kitchen.fail("own")


@pytest.mark.parametrize("form", sorted(kitchen.RESULTS))
def test_results_of_every_form(store: Path, runs: list[str], form: str) -> None:
    """A result with a form comes back as the very value, and the function does not run."""
    recorded = record(store, lambda: kitchen.cook(form))
    given, verdict = replay(store, lambda: kitchen.cook(form))
    assert recorded == given == kitchen.RESULTS[form]
    assert repr(recorded) == repr(given)
    assert ([], "same", 1, 0) == (runs, verdict.verdict, verdict.same, verdict.ran)


def test_what_is_not_a_number(store: Path) -> None:
    """NaN and the infinities come back as themselves."""
    kitchen.RESULTS["odd"] = [float("nan"), float("inf"), -float("inf")]
    record(store, lambda: kitchen.cook("odd"))
    given, _ = replay(store, lambda: kitchen.cook("odd"))
    del kitchen.RESULTS["odd"]
    assert "[nan, inf, -inf]" == repr(given)


@pytest.mark.parametrize("form", sorted(kitchen.OPAQUE))
def test_results_without_a_form(store: Path, runs: list[str], form: str) -> None:
    """What cannot be kept is made anew: the function runs in the replay, and is counted."""
    record(store, lambda: kitchen.cook(form))
    given, verdict = replay(store, lambda: kitchen.cook(form))
    assert given is kitchen.OPAQUE[form]
    assert ([form], "same", 1) == (runs, verdict.verdict, verdict.ran)
    assert (("cook", 1),) == verdict.tools


def test_a_class_that_is_gone(store: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A result whose class is not there any more cannot be made: the function runs, and is counted."""
    record(store, lambda: kitchen.cook("named tuple"))
    monkeypatch.delattr(kitchen, "Place")
    given, verdict = replay(store, lambda: kitchen.cook("named tuple"))
    assert kitchen.RESULTS["named tuple"] == given
    assert (["named tuple"], 1) == (runs, verdict.ran)


def test_an_async_tool(store: Path, runs: list[str]) -> None:
    """A coroutine function is awaited when it is recorded, and is not in a replay, be it of asyncio or trio."""

    async def program() -> Any:
        return await kitchen.cook_later("dataclass")

    recorded = record(store, lambda: asyncio.run(program()))
    for run in (lambda: asyncio.run(program()), lambda: trio.run(program)):
        given, verdict = replay(store, run)
        assert recorded == given == kitchen.RESULTS["dataclass"]
        assert ([], 1) == (runs, verdict.same)


@pytest.mark.parametrize(
    ("kind", "error", "text"),
    [
        ("key", KeyError, "'a key'"),
        ("own", kitchen.OutOfStockError, "only 3 apples left"),
        ("value", ValueError, "('not', 'two')"),
        ("hidden", RuntimeError, "tests.tools.kitchen:_hidden.<locals>.GoneError: gone"),
    ],
)
def test_exceptions(store: Path, runs: list[str], kind: str, error: type[Exception], text: str) -> None:
    """What a tool raised is raised again, of its own class with its own text; if nobody finds that, in words."""
    with pytest.raises(Exception, match=r".") as before:
        record(store, lambda: kitchen.fail(kind))
    with pytest.raises(error) as after:
        replay(store, lambda: kitchen.fail(kind))
    assert (error, text) == (type(after.value), str(after.value))
    assert [] == runs
    assert kind == "hidden" or (type(before.value), str(before.value)) == (type(after.value), str(after.value))
    (step,) = steps(store)
    assert step.failure is not None


def test_an_exception_that_is_caught(store: Path) -> None:
    """A program that lives with an error of its tool does so in a replay."""

    def program() -> str:
        try:
            kitchen.fail("own")
        except kitchen.OutOfStockError as error:
            return str(error)
        return "nothing"

    assert "only 3 apples left" == record(store, program) == replay(store, program)[0]


def test_what_ends_the_program_is_no_outcome(store: Path) -> None:
    """A tool that exits ends the recording as it ends the program."""
    with pytest.raises(SystemExit):
        record(store, lambda: kitchen.fail("exit"))
    assert () == steps(store)


def test_run_anyway(store: Path, runs: list[str]) -> None:
    """A tool declared `run=True` runs in a replay, under its given name, and is counted; its result is its own."""
    assert "hello, 1 times" == record(store, lambda: kitchen.notify("hello"))
    given, verdict = replay(store, lambda: kitchen.notify("hello"))
    assert ("hello, 1 times", ["hello"], (("notify_all", 1),)) == (given, runs, verdict.tools)
    with pytest.raises(NotRecorded, match="notify_all"):
        replay(store, lambda: kitchen.notify("good bye"))


def test_other_arguments_are_a_miss(store: Path, runs: list[str]) -> None:
    """A call that was not recorded raises in the program, and again at the end, whatever the program caught."""
    record(store, lambda: kitchen.cook("none"))

    def program() -> None:
        with suppress(NotRecorded):
            kitchen.cook("tuple")

    with pytest.raises(NotRecorded, match="cook"):
        replay(store, program)
    assert [] == runs


def test_a_tool_that_nobody_called(store: Path) -> None:
    """A recorded call that is not made in the replay is told at the end."""
    record(store, lambda: [kitchen.cook("none"), kitchen.cook("tuple")])
    with pytest.raises(NeverAskedFor, match="cook"):
        replay(store, lambda: kitchen.cook("none"))


def test_equal_calls_come_in_their_order(store: Path) -> None:
    """The same call made twice gives what it gave the first time, and then the second."""
    kitchen.RESULTS["changing"] = 1

    def program() -> list[int]:
        first = kitchen.cook("changing")
        kitchen.RESULTS["changing"] = 2
        return [first, kitchen.cook("changing")]

    assert [1, 2] == record(store, program) == replay(store, program)[0]
    del kitchen.RESULTS["changing"]


def test_arguments_go_by_name(store: Path) -> None:
    """By position or by name, the same arguments are the same call."""
    record(store, lambda: kitchen.Shop.close("Rome"))
    assert "closed in Rome" == replay(store, lambda: kitchen.Shop.close(city="Rome"))[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([{1: "a"}], [{2: "a"}]),
        ([kitchen.Colour.RED], ["red"]),
        ([kitchen.Place("a", (1, 2))], [kitchen.Place("a", (1, 3))]),
        ([kitchen.Text("a")], [kitchen.Text("b")]),
        ([(1,)], [[1]]),
        ([b"a"], ["a"]),
        ([1.0], [1]),
        ([object()], [threading.Lock()]),
    ],
)
def test_arguments_that_differ(store: Path, before: list[Any], after: list[Any]) -> None:
    """Arguments of any kind that are not the recorded ones are a miss; those that are, are served."""
    record(store, lambda: kitchen.cook("none", *before))
    replay(store, lambda: kitchen.cook("none", *before))
    with pytest.raises(NotRecorded):
        replay(store, lambda: kitchen.cook("none", *after))


def test_arguments_that_no_one_can_write_down(store: Path) -> None:
    """Circles, 5,000 digits, clients and what refuses to be looked at are known by their class, and harm nothing."""
    circle: list[Any] = []
    circle.append(circle)
    program = lambda: kitchen.cook("none", circle, 10**5000, threading.Lock(), more=kitchen.Stubborn())  # noqa: E731
    record(store, program)
    assert "same" == replay(store, program)[1].verdict


def test_wrong_arguments_are_the_functions_own_error(store: Path) -> None:
    """A call that the function refuses raises what Python raises, then and now."""
    with pytest.raises(TypeError, match="missing 1 required"):
        record(store, kitchen.count)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(TypeError, match="missing 1 required"):
        replay(store, kitchen.count)  # type: ignore[arg-type]  # as above


def test_methods(store: Path, runs: list[str]) -> None:
    """A method is a tool without its object: another shop gives the same answer."""

    def program() -> list[str]:
        return [kitchen.Shop().buy("apples"), kitchen.Shop.open("Rome"), kitchen.Shop.close("Rome")]

    assert ["bought apples", "open in Rome", "closed in Rome"] == record(store, program) == replay(store, program)[0]
    assert [] == runs
    assert [b'{"item":"apples"}', b'{"city":"Rome"}', b'{"city":"Rome"}'] == [
        step.arguments for step in steps(store) if hasattr(step, "arguments")
    ]


@pytest.mark.parametrize("kind", [classmethod, staticmethod])
def test_decorators_in_the_wrong_order(kind: Any) -> None:
    """A class method is made a tool below `@classmethod`; the other way round is said at once."""
    with pytest.raises(UsageError, match=f"below `@{kind.__name__}`"):
        replaykit.tool(kind(lambda: None))
    with pytest.raises(UsageError, match="it is no function"):
        replaykit.tool(7)  # type: ignore[call-overload]


def test_twice_a_tool_is_a_tool() -> None:
    """Decorating a tool again changes nothing."""
    assert kitchen.cook is replaykit.tool(kitchen.cook)


def test_generators(store: Path, runs: list[str]) -> None:
    """A generator, sync or async, cannot be kept, so it runs and is counted; other arguments are a miss."""

    async def ticks() -> list[int]:
        return [number async for number in kitchen.tick(2)]

    def program() -> list[int]:
        return [*kitchen.count(3), *asyncio.run(ticks())]

    assert [0, 1, 2, 0, 1] == record(store, program)
    given, verdict = replay(store, program)
    assert ([0, 1, 2, 0, 1], ["count", "tick"], 2) == (given, runs, verdict.ran)
    with pytest.raises(NotRecorded):
        replay(store, lambda: list(kitchen.count(4)))


def test_a_tool_that_calls_itself(store: Path, runs: list[str]) -> None:
    """What a tool calls belongs to it: all is kept, and in a replay nobody has to ask for it."""
    assert 6 == record(store, lambda: kitchen.factorial(3))
    assert 3 == len(steps(store))
    given, verdict = replay(store, lambda: kitchen.factorial(3))
    assert (6, [], "same", 1) == (given, runs, verdict.verdict, verdict.same)


@pytest.mark.parametrize("program", [kitchen.fetch, lambda url: kitchen.fetch_many(url, 3)])
def test_a_tool_that_asks_a_server(
    store: Path, server: Server, runs: list[str], program: Callable[[str], object]
) -> None:
    """The requests of a tool are recorded, in its threads too; when its result is given, they are not missed."""
    url = server.on("GET /rate", plain(b"1.25"))
    recorded = record(store, lambda: [program(url), httpx2.get(url).text])
    asked = len(steps(store))
    server.stop()
    given, verdict = replay(store, lambda: [program(url), httpx2.get(url).text])
    assert recorded == given
    assert ([], "same", 2) == (runs, verdict.verdict, verdict.same)
    assert asked in (3, 5)


def test_a_tool_that_runs_again_is_served(store: Path, server: Server, runs: list[str]) -> None:
    """A tool whose result could not be kept runs, and its requests are answered from the episode."""
    url = server.on("GET /rate", plain(b"1.25"))
    record(store, lambda: kitchen.connect(url))
    server.stop()
    _, verdict = replay(store, lambda: kitchen.connect(url))
    assert (["connect"], "same", 2) == (runs, verdict.verdict, verdict.same)


def test_a_tool_that_was_cancelled(store: Path, runs: list[str]) -> None:
    """A call that took too long is cancelled in the replay as it was, and not answered for."""

    async def program() -> str:
        try:
            return await asyncio.wait_for(kitchen.wait(60), 0.05)
        except TimeoutError:
            return "too long"

    assert "too long" == record(store, lambda: asyncio.run(program()))
    (step,) = steps(store)
    assert step.failure is not None
    assert "cancelled" == step.failure.kind
    given, verdict = replay(store, lambda: asyncio.run(program()))
    assert ("too long", [], "same") == (given, runs, verdict.verdict)


def test_threads_and_tasks(store: Path, runs: list[str]) -> None:
    """Calls at once, from threads and tasks, each get their own answer."""

    async def both() -> list[Any]:
        names = ["tuple", "bytes", "none", "dataclass"]
        later = [kitchen.cook_later(name) for name in names]
        now = [asyncio.to_thread(kitchen.cook, name) for name in names]
        return list(await asyncio.gather(*later, *now))

    recorded = record(store, lambda: asyncio.run(both()))
    given, verdict = replay(store, lambda: asyncio.run(both()))
    assert recorded == given
    assert ([], 8) == (runs, verdict.same)
