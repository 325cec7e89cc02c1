"""`vcr.use_cassette` where vcrpy is not installed: blocks and functions that name their cassette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pytest_plugin.suite import Outcome, suite
from tests.pytest_plugin.vcrpy import chat
from tests.vcr.tapes import URL, cassette

if TYPE_CHECKING:
    from pathlib import Path

TESTS = f"""
import asyncio
import httpx, httpx2, pytest, vcr
from vcr.errors import CannotOverwriteExistingCassetteException

URL = {URL!r}
TAPES = vcr.VCR(cassette_library_dir="tapes", match_on=["method", "uri"], record_mode="none")

def ask(city, library=httpx):
    return library.post(URL, json={{"city": city}}).text

def test_block():
    with vcr.use_cassette("tapes/paris.yaml", record_mode="none") as tape:
        assert ask("Paris") == "sun"
    assert tape.all_played

@vcr.use_cassette("tapes/paris.yaml")
def test_function():
    assert ask("Paris", httpx2) == "sun"

@TAPES.use_cassette("paris.yaml")
@pytest.mark.parametrize("city", ["Paris", "Oslo"])
def test_settings(city):
    assert ask(city) == "sun"

@vcr.use_cassette
def named():
    return ask("Paris")

def test_named():
    assert [named(), named()] == ["sun", "sun"]

def test_others():
    @TAPES.use_cassette("paris.yaml")
    async def awaited():
        return ask("Paris")
    @TAPES.use_cassette("paris.yaml")
    def yielding():
        yield ask("Paris")
    assert [asyncio.run(awaited()), *yielding()] == ["sun", "sun"]

def test_inside():
    with TAPES.use_cassette("paris.yaml"), TAPES.use_cassette("oslo.yaml"):
        assert ask("Oslo") == "snow"

def test_expected():
    with TAPES.use_cassette("paris.yaml"), pytest.raises(CannotOverwriteExistingCassetteException):
        httpx.get(URL)

def test_path():
    with pytest.raises(TypeError, match="needs a path"), vcr.use_cassette():
        pass

from helper import swallow

def test_swallowed():
    with TAPES.use_cassette("paris.yaml"):
        swallow(URL)
"""

HELPER = """
import httpx

def swallow(url):
    try:
        httpx.get(url)
    except Exception:
        pass
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What came of all of them."""
    found = suite(tmp_path_factory.mktemp("blocks"), blocks=TESTS)
    found.write("helper.py", HELPER)
    found.write("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['.']\nreplaykit_vcr = true\n")
    found.write("tapes/paris.yaml", cassette(chat("Paris", "sun")))
    found.write("tapes/oslo.yaml", cassette(chat("Oslo", "snow")))
    found.write("tests/named", cassette(chat("Paris", "sun")))
    return found.pytest("-rA", "--tb=short")


def test_blocks_and_functions_are_answered(ran: Outcome) -> None:
    """As a block, around functions of every sort, with settings, one inside another: each from the one it names."""
    assert {"passed": 9, "failed": 1} == ran.counts, ran.text
    assert "FAILED tests/test_blocks.py::test_swallowed" in ran.text


def test_blocks_are_counted_and_judged_with_their_test(ran: Outcome) -> None:
    """The summary adds up the blocks of a test, and a miss that its code swallowed fails it."""
    assert "9 tests answered from vcrpy cassettes: 8 same, 1 loose, 2 not recorded" in ran.text
    assert "tests/test_blocks.py::test_settings[Oslo]" in ran.text.partition("loose: 1 test sent")[2]
    assert "the code under test caught the error; the test fails all the same" in ran.text


def test_a_block_may_record(tmp_path: Path) -> None:
    """Its mode is `once` unless it says otherwise; what an error ended is kept unless it says that, too."""
    found = suite(tmp_path, record=RECORD)
    found.write("pyproject.toml", "[tool.pytest.ini_options]\nreplaykit_vcr = true\n")
    outcome = found.pytest()
    assert {"passed": 1} == outcome.counts, outcome.text
    assert "uri: http://127.0.0.1" in (tmp_path / "kept.yaml").read_text("utf-8")
    assert not (tmp_path / "dropped.yaml").exists()


RECORD = """
import http.server, threading
import httpx, pytest, vcr

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

def test_it():
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, kept in (("kept.yaml", True), ("dropped.yaml", False)):
            with pytest.raises(KeyError), vcr.use_cassette(name, record_on_exception=kept):
                assert httpx.get(f"http://127.0.0.1:{server.server_port}/").status_code == 204
                raise KeyError
        server.shutdown()
"""
