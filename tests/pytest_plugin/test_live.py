"""Tests that ask the real services: what they may take, what stops them, and what is said of it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2
import openai
import pytest

import replaykit
from replaykit import cassette
from replaykit.providers.registry import KEYS
from replaykit.pytest_plugin.contract.share import Share
from replaykit.pytest_plugin.keys import KEYLESS
from replaykit.pytest_plugin.tally import Sums, Tally
from replaykit.store import Store
from tests.pytest_plugin.stage import made, run
from tests.servers.models import anthropic_error, anthropic_messages
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.pytest_plugin.stage import Ran
    from tests.pytest_plugin.suite import Suite

KEY = "q8Zk2LpV0xW4mB7nT1rYq8Zk2LpV0xW4"
QUESTION = {"model": "claude-test", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello?"}]}
TOKENS = 19
"""What the server says that an answer took, with its question."""

NO_ROOM = "not run: it would go over the cap of 79 tokens; --replaykit-max-tokens allows more"

ASKING = f"""
    import asyncio, os, socket
    import httpx2, pytest

    MODEL = os.environ["MODEL_BASE_URL"]
    QUESTION = {QUESTION!r}

    def ask(client):
        return client.post(MODEL + "/v1/messages", json=QUESTION, headers={{"x-api-key": os.environ.get("A_KEY", "")}})
"""

TROUBLE = (
    ASKING
    + """
    @pytest.fixture
    def nowhere(monkeypatch):
        def unknown(*_arguments, **_named):
            raise socket.gaierror(-2, "Name or service not known")
        monkeypatch.setattr(socket, "getaddrinfo", unknown)

    @pytest.mark.episode
    def test_works(episode):
        with httpx2.Client() as client:
            episode.check("answer", ask(client).json()["content"])

    @pytest.mark.episode("accepted")
    def test_needs_a_key():
        ask(httpx2.Client())

    @pytest.mark.episode
    def test_reaches_nobody(nowhere):
        try:
            httpx2.get("https://service.example/x")
        except httpx2.ConnectError:
            pass

    @pytest.mark.episode
    def test_finds_nothing_here():
        with pytest.raises(httpx2.ConnectError):
            httpx2.get("http://127.0.0.1:1/x")

    @pytest.mark.episode
    def test_is_turned_away():
        httpx2.post(MODEL + "/denied/v1/messages", json=QUESTION).raise_for_status()

    @pytest.mark.episode
    def test_wants_to_be_turned_away():
        assert 401 == httpx2.post(MODEL + "/denied/v1/messages", json=QUESTION).status_code

    @pytest.mark.episode
    def test_has_no_key():
        raise TypeError("Could not resolve authentication method. Expected one of api_key, auth_token")

    @pytest.mark.episode
    def test_fails_otherwise():
        ask(httpx2.Client())
        raise TypeError("no api_key in the answer")

    @pytest.mark.episode(max_tokens=10)
    def test_takes_too_much():
        ask(httpx2.Client())

    def test_is_not_marked():
        pass

    @pytest.mark.episode
    def test_comes_late(tmp_path_factory):
        others = tmp_path_factory.getbasetemp() / "replaykit-live.json"
        others.write_text('{"calls": 100, "tokens": 0}')
        ask(httpx2.Client())
"""
)

MANY = (
    ASKING
    + """
    @pytest.mark.episode
    @pytest.mark.parametrize("number", range(8))
    def test_one(number):
        with httpx2.Client() as client:
            ask(client)
"""
)

ENDLESS = (
    ASKING
    + """
    @pytest.mark.episode
    def test_endless():
        async def program():
            async with httpx2.AsyncClient() as client:
                for _ in range(9):
                    try:
                        await ask(client)
                    except Exception:
                        pass
        asyncio.run(program())

    @pytest.mark.episode
    def test_later():
        ask(httpx2.Client())
"""
)


@pytest.fixture
def live_server() -> Iterator[Server]:
    """A model, and a place that turns everybody away."""
    with Server() as server:
        server.on("POST /v1/messages", anthropic_messages)
        server.on("POST /denied/v1/messages", anthropic_error(401, "authentication_error"))
        yield server


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Suite, Ran]]:
    """A suite with one of everything that can go wrong, and its live run without keys."""
    with Server() as server:
        server.on("POST /v1/messages", anthropic_messages)
        server.on("POST /denied/v1/messages", anthropic_error(401, "authentication_error"))
        suite = made(tmp_path_factory.mktemp("trouble"), "trouble", TROUBLE, MODEL_BASE_URL=server.url)
        accept(suite.folder, server)
        yield suite, run(suite, TEST_MODE="LIVE_SMOKE")


def accept(folder: Path, server: Server) -> None:
    """An accepted episode, which sent one secret; another was there and was not sent."""
    store = folder / "elsewhere.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_KEY", KEY)
        patch.setenv("ANOTHER_KEY", KEY[::-1])
        with replaykit.record("accepted", store=store) as recording, httpx2.Client() as client:
            client.post(f"{server.url}/v1/messages", json=QUESTION, headers={"x-api-key": KEY})
    with Store(store) as kept:
        episode = kept.episode(recording.id)
        assert episode is not None
        cassette.save(folder / "cassettes", episode.accepted())


def test_a_live_test_stays_a_draft(trouble: tuple[Suite, Ran]) -> None:
    """A test that passes live is recorded, and never accepted; what it checks is compared with nothing."""
    suite, ran = trouble
    assert "passed" == ran.outcomes["test_works"]
    assert ("accepted",) == cassette.names(suite.folder / "cassettes")
    with Store(suite.folder / "episodes" / "episodes.db") as store:
        draft = store.newest("test_trouble.test_works")
        assert draft is not None
        assert ["answer"] == list(store.outputs(draft))


def test_a_missing_secret_is_named_at_once(trouble: tuple[Suite, Ran]) -> None:
    """A test whose episode sent a secret that is not set fails before it runs; one that was not sent is not missed."""
    told = trouble[1].account("test_needs_a_key")
    assert "accepted needs A_KEY to run live" in told
    assert "--replaykit=golden" in told
    assert "ANOTHER_KEY" not in told


def test_an_unreachable_service_fails_the_test(trouble: tuple[Suite, Ran]) -> None:
    """A service that is not there fails even a test that swallows the error, in two lines; this machine is none."""
    ran = trouble[1]
    first, second = ran.account("test_reaches_nobody").splitlines()
    assert "GET service.example/x could not be reached: ConnectError: [Errno -2] Name or service not known" in first
    assert "without it: --replaykit=golden" == second
    assert "passed" == ran.outcomes["test_finds_nothing_here"]


def test_a_key_that_is_not_taken_is_told_shortly(trouble: tuple[Suite, Ran]) -> None:
    """A service's own words stand in the place of a traceback, when the test failed for them."""
    ran = trouble[1]
    (told,) = ran.account("test_is_turned_away").splitlines()
    assert "does not take the key: it answered 401: authentication_error" in told
    assert "passed" == ran.outcomes["test_wants_to_be_turned_away"]


def test_an_sdk_without_a_key_is_told_shortly(trouble: tuple[Suite, Ran]) -> None:
    """Where nothing was asked for yet, the error is what is said; any other failure keeps its traceback."""
    (told,) = trouble[1].account("test_has_no_key").splitlines()
    assert "a key is missing: TypeError: Could not resolve authentication method." in told
    assert "E   TypeError: no api_key in the answer" in trouble[1].account("test_fails_otherwise")


@pytest.mark.parametrize("sdk", [anthropic.Anthropic, openai.OpenAI])
def test_what_sdks_say_without_a_key(sdk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real SDKs' own words are known for what they are."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises((TypeError, openai.OpenAIError)) as raised:
        sdk().get("/v1/models", cast_to=object)
    assert KEYLESS.search(str(raised.value))


def test_budgets_hold_live(trouble: tuple[Suite, Ran]) -> None:
    """A mark's budget is of what was recorded, live, too."""
    assert f"takes {TOKENS} tokens, and its mark allows max_tokens=10" in trouble[1].text


def test_a_test_that_comes_late_leaves_nothing(trouble: tuple[Suite, Ran]) -> None:
    """One that another process leaves no call for, after it began, is not run, and has no draft."""
    suite, ran = trouble
    assert "not run" == ran.outcomes["test_comes_late"]
    with Store(suite.folder / "episodes" / "episodes.db") as store:
        names = {each.name for each in store.summaries()}
    assert "test_trouble.test_works" in names
    assert "test_trouble.test_comes_late" not in names


def test_the_summary_adds_up(trouble: tuple[Suite, Ran]) -> None:
    """The end says what was taken of what may be, whatever became of the tests."""
    assert f"live: 7 calls of at most 100, {3 * TOKENS} tokens of at most 200,000" in trouble[1].text


def test_workers_share_a_cap(tmp_path: Path, live_server: Server) -> None:
    """However many processes there are, not one request more is sent; the other tests are said not to be run."""
    suite = made(tmp_path, "many", MANY, MODEL_BASE_URL=live_server.url)
    ran = run(suite, "--replaykit=live", "--replaykit-max-calls=3", "-n", "2")
    assert 3 == len(live_server.requests)
    assert (1, {"passed": 3, "not run": 5}) == (ran.exit_code, ran.counts)
    assert ["not run"] * 5 + ["passed"] * 3 == sorted(ran.outcomes.values())
    with Store(suite.folder / "episodes" / "episodes.db") as store:
        assert [1, 1, 1] == [each.steps for each in store.summaries()], "a test that was not run has left a draft"
    assert f"live: 3 calls of at most 3, {3 * TOKENS} tokens" in ran.text
    assert (
        "not run: 5 tests, for the session's cap of 3 calls is reached; --replaykit-max-calls allows more" in ran.text
    )


def test_a_cap_stops_a_test_that_never_ends(tmp_path: Path, live_server: Server) -> None:
    """A cap on tokens refuses the next request within a test, which fails for it; the next test is not run."""
    suite = made(tmp_path, "endless", ENDLESS, MODEL_BASE_URL=live_server.url)
    ran = run(suite, "--replaykit=live", f"--replaykit-max-tokens={TOKENS + 1}")
    assert 2 == len(live_server.requests)
    assert {"test_endless": "failed", "test_later": "not run"} == ran.outcomes
    assert "not sent: the session's cap of 20 tokens is reached" in ran.account("test_endless")


def test_probes_under_way_count_as_what_they_may_take(tmp_path: Path) -> None:
    """Two processes within one cap: the second has to leave room for all that the first may still cost."""
    tally = Tally(tmp_path / "tally.json")
    one, other = (Share(lambda: tally, (9, 79)) for _ in range(2))
    assert ["", NO_ROOM] == [one.take(40), other.take(40)]
    assert "" == one.take(40), "the first try got no answer, and holds nothing any more"
    assert Sums(2, 0, 40).reached(Sums(9, 40)), "tests have to leave that room, too"
    one.add(3)
    assert (Sums(2, 3, 0), "") == (tally.sums, other.take(40))
    assert ([2, 3], Sums(3, 3, 40)) == (one.since(), tally.sums)
    assert ([1, 0], Sums(3, 3, 0)) == (other.since(), tally.sums)


def test_no_thread_takes_more_than_there_is(tmp_path: Path) -> None:
    """Calls are counted one by one, whoever counts them at once."""
    tally, caps, ready = Tally(tmp_path / "tally.json"), Sums(25, 1000), threading.Barrier(8)

    def take(_number: int) -> int:
        ready.wait(10)
        return sum(not tally.take(lambda sums: sums.reached(caps)) and bool(tally.add(1)) for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert 25 == sum(pool.map(take, range(8)))
    assert Sums(25, 25) == tally.sums
    assert {"calls": 25, "tokens": 25, "held": 0} == json.loads((tmp_path / "tally.json").read_text())
