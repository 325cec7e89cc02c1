"""Fixtures of wider scope than a test: what they may ask for, and what is said to those that may not."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import save
from replaykit.core.model import Episode
from tests.pytest_plugin.stage import made, run

if TYPE_CHECKING:
    from tests.pytest_plugin.stage import Ran
    from tests.pytest_plugin.suite import Suite

WIDE = """
    import pathlib, socket, unittest
    import httpx2, pytest

    BEYOND = "192.0.2.77"  # nobody's, RFC 5737

    def knock():
        '''Begin a connection beyond this machine, and do not wait for it: True unless it was refused.'''
        with socket.socket() as endpoint:
            endpoint.setblocking(False)
            try:
                endpoint.connect((BEYOND, 9))
            except ConnectionRefusedError:
                return False
            except OSError:
                return True

    def ask():
        return httpx2.get(f"http://{BEYOND}:9/", timeout=2)

    @pytest.fixture(scope="session")
    def shop():
        ask()

    @pytest.fixture(scope="module")
    def swallowed():
        try:
            ask()
        except httpx2.HTTPError:
            yield "nothing"
        pathlib.Path("torn").write_text(str(knock()))

    @pytest.fixture(scope="module")
    def offline():
        if not knock():
            pytest.skip("nobody is there")

    @pytest.fixture(scope="module")
    def telemetry():
        return knock()

    @pytest.fixture(scope="module")
    def tidied():
        yield
        assert knock(), "refused in its end"

    @pytest.fixture(scope="session")
    def here():
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()

    @pytest.fixture(scope="module")
    def first():
        return knock()

    @pytest.fixture
    def own():
        return knock()

    @pytest.fixture(scope="module")
    def lazy():
        if not knock():
            pytest.skip("nobody is there")

    EPISODE = pytest.mark.episode("nothing", unused=True)

    @EPISODE
    def test_broken(broken):
        pass

    @EPISODE
    def test_asks(shop):
        pass

    @EPISODE
    def test_asks_again(shop):
        pass

    @EPISODE
    def test_swallows(swallowed):
        pass

    @EPISODE
    def test_gives_up(offline):
        pass

    @EPISODE
    def test_is_told_nothing(telemetry):
        assert not telemetry

    @EPISODE
    def test_asks_here(here):
        pass

    def test_unmarked_is_first(first):
        assert first

    @EPISODE
    def test_marked_is_second(first):
        assert first

    def test_unmarked_sets_up_again(offline):
        pass

    @EPISODE
    def test_while_it_runs(request):
        with pytest.raises(Exception):
            request.getfixturevalue("shop")

    @EPISODE
    def test_skips_while_it_runs(request):
        request.getfixturevalue("lazy")

    def test_by_fixture(own, episode):
        assert not own

    @EPISODE
    class TestCase(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            ask()

        def test_case(self):
            pass

    @EPISODE
    class TestClass:
        def setup_class(cls):
            ask()

        def test_method(self):
            pass

    @EPISODE
    def test_tidies(tidied):
        pass
"""

BROKEN = """
    import httpx2, pytest

    @pytest.fixture(scope="module")
    def broken():
        try:
            httpx2.get("http://127.0.0.1:1/")
        except httpx2.ConnectError:
            raise KeyError("its own") from None
"""

ASYNC = """
    import httpx2, pytest

    @pytest.fixture(scope="module")
    def anyio_backend():
        return "asyncio"

    @pytest.fixture(scope="module")
    async def swallowed(anyio_backend):
        try:
            async with httpx2.AsyncClient() as client:
                await client.get("http://192.0.2.77:9/", timeout=2)
        except httpx2.HTTPError:
            yield "nothing"

    @pytest.mark.episode("nothing", unused=True)
    @pytest.mark.anyio
    async def test_waits(swallowed):
        pass
"""

TODO = (
    "it belongs to no test's episode: give it function scope, or an episode of its own"
    " (`with replaykit.replay(…):` around what it asks for)"
)


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """A suite with every sort of wide fixture; its episodes are there, and nothing is in them."""
    found = made(tmp_path_factory.mktemp("wide"), "wide", WIDE)
    found.write("tests/conftest.py", dedent(BROKEN))
    found.write("tests/test_waiting.py", dedent(ASYNC))
    for name in ("nothing", "test_wide.test_by_fixture"):
        save(found.folder / "cassettes", Episode("episode_wide1", name))
    return found


@pytest.fixture(scope="module")
def golden(wide: Suite) -> Ran:
    """What came of it in the mode that answers from cassettes."""
    return run(wide, "-p", "anyio")


def test_a_wide_fixture_is_refused(golden: Ran) -> None:
    """Each test that has it set up fails, in words that name the fixture, its service, and what to do."""
    told = "the session fixture shop asks for 192.0.2.77 (httpx2), and was refused"
    for test in ("test_asks", "test_asks_again"):
        assert "error" == golden.outcomes[test]
        first, last = golden.account(test).splitlines()
        assert first.startswith(told)
        assert TODO == last


def test_a_refusal_cannot_be_swallowed(golden: Ran, wide: Suite) -> None:
    """Neither by going on nor by skipping the tests; what was set up is taken down, guarded still."""
    assert "the module fixture swallowed asks for 192.0.2.77 (httpx2)" in golden.account("test_swallows")
    assert "False" == (wide.folder / "torn").read_text()
    assert "error" == golden.outcomes["test_gives_up"]
    assert "\nit ended with Skipped: nobody is there\n" in golden.account("test_gives_up")


def test_set_up_of_classes_is_called_by_its_own_name(golden: Ran) -> None:
    """`setUpClass` and `setup_class`: people wrote no fixtures there."""
    assert golden.account("TestCase.test_case").startswith("setUpClass asks for 192.0.2.77 (httpx2)")
    assert golden.account("TestClass.test_method").startswith("setup_class asks for 192.0.2.77 (httpx2)")


def test_an_async_fixture(golden: Ran) -> None:
    """It connects in a task that shows nothing of its client, and swallows nothing all the same."""
    assert "the module fixture swallowed asks for 192.0.2.77 (anyio), and was refused" in golden.account("test_waits")


def test_what_a_test_may_do_a_wide_fixture_may(golden: Ran) -> None:
    """It may ask this machine, and go on without what is no client of ours."""
    assert {"passed"} == {golden.outcomes[test] for test in ("test_is_told_nothing", "test_asks_here")}


def test_a_failure_of_its_own_is_shown_as_ever(golden: Ran) -> None:
    """From its own code on, without a line of ours."""
    told = golden.account("test_broken")
    assert told.startswith("tests/conftest.py:")
    assert told.endswith("E   KeyError: 'its own'")


def test_an_unmarked_test_is_as_free_as_ever(golden: Ran) -> None:
    """What is set up for it first is there for all, and it gets what was refused to a test with an episode."""
    tests = ("test_unmarked_is_first", "test_marked_is_second", "test_unmarked_sets_up_again")
    assert {"passed"} == {golden.outcomes[test] for test in tests}


def test_what_is_asked_while_a_test_runs_is_its_own(golden: Ran) -> None:
    """A wide fixture that a test asks for by name is answered, or missed, in its episode."""
    assert golden.account("test_while_it_runs").startswith("not recorded in nothing: GET 192.0.2.77:9/")
    assert "skipped" == golden.outcomes["test_skips_while_it_runs"]


def test_a_test_with_the_fixture_alone(golden: Ran) -> None:
    """Its own fixtures are within its episode, as those of a marked test are."""
    assert "passed" == golden.outcomes["test_by_fixture"]


def test_the_end_of_a_wide_fixture_is_guarded(golden: Ran) -> None:
    """What was set up guarded ends guarded."""
    assert "refused in its end" in golden.account("test_tidies")


@pytest.mark.parametrize(
    ("options", "refused"),
    [(("--replaykit-record=missing",), False), (("--replaykit=mock",), True), (("--replaykit=live",), False)],
)
def test_other_modes(wide: Suite, options: tuple[str, ...], *, refused: bool) -> None:
    """Where something is really sent, so is this; a mock lets nothing out."""
    ran = run(wide, *options, "-k", "gives_up")
    assert refused == ("the module fixture offline asks for" in ran.text), ran.text
    assert refused == ("PASSED" not in ran.text), ran.text
