"""Switched on, the plugin is what pytest-recording is: marks, fixtures, options, files, the hook, `import vcr`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from replaykit.pytest_plugin.vcr import places
from tests.pytest_plugin.suite import Outcome, Suite, suite
from tests.pytest_plugin.vcrpy import CITIES, chat
from tests.servers.script import plain
from tests.vcr.tapes import URL, answered, asked, cassette

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server

ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Without the plugins of this environment: loading them takes longer than all the rest."""

ONE = cassette(chat("Paris", "sun"))

HELPER = f"""
import httpx

URL = {URL!r}

def ask(city, library=httpx):
    return library.post(URL, json={{"city": city}}).text

def swallow():
    try:
        httpx.get(URL)
    except Exception:
        pass
"""

CONFTEST = """
import pytest

def pytest_recording_configure(config, vcr):
    vcr.register_matcher("tenant", lambda live, recorded: live.headers.get("tenant") == recorded.headers.get("tenant"))
    vcr.filter_headers = ["authorization"]

@pytest.fixture(scope="module")
def vcr_config():
    return {"match_on": ["method", "uri"], "ignore_localhost": True, "record_mode": "none"}
"""

TESTS = """
import socket, unittest
import httpx, httpx2, pytest
from helper import URL, ask, swallow

@pytest.mark.vcr
def test_plain(vcr):
    assert [ask("Rome"), ask("Paris", httpx2), ask("Paris")] == ["rain", "sun", "fog"]
    assert vcr.all_played and len(vcr) == 3 and vcr._path.endswith("tests/cassettes/test_app/test_plain.yaml")

@pytest.mark.vcr
@pytest.mark.parametrize("city", ["S/P"])
def test_each(city):
    assert ask("Paris") == "sun"

class TestIt:
    pytestmark = pytest.mark.vcr
    def test_in_class(self):
        assert ask("Paris") == "sun"

@pytest.mark.vcr
class TestCase(unittest.TestCase):
    def test_case(self):
        self.assertEqual("sun", ask("Paris"))

@pytest.mark.vcr("more.yaml")
@pytest.mark.default_cassette("named")
def test_named(default_cassette_name, vcr):
    assert default_cassette_name == "named"
    assert [ask("Oslo"), ask("Paris")] == ["snow", "sun"]

@pytest.mark.vcr
def test_loose():
    assert ask("Oslo") == "sun"

@pytest.mark.vcr
def test_ends_with_the_error():
    httpx.get(URL)

@pytest.mark.vcr
def test_swallowed():
    swallow()

@pytest.mark.vcr
def test_swallowed_and_wrong():
    swallow()
    assert 1 == 2

@pytest.mark.vcr
def test_expected():
    from vcr.errors import CannotOverwriteExistingCassetteException
    with pytest.raises(CannotOverwriteExistingCassetteException) as raised:
        httpx.get(URL)
    assert raised.value.failed_request.method == "GET"

@pytest.mark.vcr(match_on=["method", "tenant"])
def test_matcher():
    with httpx.Client(headers={"tenant": "b", "authorization": "x"}) as client:
        assert client.get("https://else.test/").text == "to b"

@pytest.mark.vcr
def test_expected_by_name():
    from vcr.errors import CannotOverwriteExistingCassetteException
    pytest.raises(CannotOverwriteExistingCassetteException, httpx.get, URL)

@pytest.fixture
def untidy():
    yield
    swallow()

@pytest.mark.vcr
def test_tidies(untidy):
    pass

@pytest.mark.vcr
@pytest.mark.episode
def test_both():
    pass

@pytest.mark.vcr(record_mode="sometimes")
def test_wrong():
    pass

@pytest.mark.block_network
def test_blocked():
    with pytest.raises(RuntimeError, match="Network is disabled for host '127.0.0.1'"):
        socket.create_connection(("127.0.0.1", 9))

@pytest.mark.block_network(allowed_hosts=["127.*"])
def test_allowed():
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 9))

@pytest.mark.allowed_hosts(["a.test"])
def test_fixtures(record_mode, vcr_markers, vcr_config, vcr_cassette_dir, allowed_hosts, vcr, block_network):
    assert (record_mode, vcr_markers, vcr, block_network, allowed_hosts) == ("none", [], None, None, ["a.test"])
    assert vcr_config["ignore_localhost"] and vcr_cassette_dir.endswith("tests/cassettes/test_app")

def test_imports():
    import vcr
    from vcr.cassette import Cassette
    from vcr.record_mode import RecordMode
    from vcr.request import Request
    assert vcr.mode.NONE == RecordMode.NONE == "none" and vcr.Request is Request
    with pytest.raises(ImportError):
        from vcr.stubs import aiohttp_stubs
"""

STRICT = """
import pytest
from helper import ask

@pytest.mark.vcr
@pytest.mark.parametrize("city", ["Paris", "Oslo"])
def test_strict(city):
    assert ask(city) == "sun"
"""

TENANTS = cassette(
    *(
        (asked("null", f"{{tenant: [{name}]}}", "https://else.test/", "GET"), answered(f"{{string: to {name}}}"))
        for name in "ab"
    )
)

FAILING = {
    "test_ends_with_the_error",
    "test_swallowed",
    "test_swallowed_and_wrong",
    "test_wrong",
    "test_both",
    "test_tidies",
}


def project(folder: Path) -> Suite:
    """A suite of somebody who came from pytest-recording, with all its files."""
    found = suite(folder, app=TESTS, strict=STRICT)
    found.write("tests/conftest.py", CONFTEST)
    found.write("helper.py", HELPER)
    found.write(
        "pyproject.toml",
        "[tool.pytest.ini_options]\npythonpath = ['.']\n"
        "replaykit_vcr = true\nreplaykit_vcr_strict = ['tests/test_st*']\n",
    )
    for city in ("Paris", "Oslo"):
        found.write(f"tests/cassettes/test_strict/test_strict[{city}].yaml", ONE)
    for name in ("TestIt.test_in_class", "TestCase.test_case", "test_each[S-P]", "named", *FAILING):
        found.write(f"tests/cassettes/test_app/{name}.yaml", ONE)
    for name in ("test_loose", "test_expected", "test_expected_by_name"):
        found.write(f"tests/cassettes/test_app/{name}.yaml", ONE)
    found.write("tests/cassettes/test_app/test_plain.yaml", CITIES)
    found.write("tests/cassettes/test_app/more.yaml", cassette(chat("Oslo", "snow")))
    found.write("tests/cassettes/test_app/test_matcher.yaml", TENANTS)
    return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What came of all of them, in two processes."""
    return project(tmp_path_factory.mktemp("suite")).pytest("-p", "xdist", "-n", "2", "-rA", "--tb=short", **ALONE)


def named(outcome: Outcome, *words: str) -> set[str]:
    """The tests with one of these outcomes."""
    found = re.findall(rf"^(?:{'|'.join(words)}) tests/test_app.py::(?:\w+::)?(\w+)", outcome.text, re.MULTILINE)
    return set(found)


def test_everything_has_the_outcome_that_it_had(ran: Outcome) -> None:
    """Files are found by pytest-recording's rules; marks, fixtures, the hook and the imports mean what they meant."""
    every = set(re.findall(r"def (test_\w+)", TESTS))
    assert FAILING == named(ran, "FAILED", "ERROR")
    assert (every - FAILING) | {"test_tidies"} == named(ran, "PASSED")  # what tidies up after it is another phase


def test_strict_folders(ran: Outcome) -> None:
    """Tests of files that a pattern names are answered with equals only."""
    assert "PASSED tests/test_strict.py::test_strict[Paris]" in ran.text
    assert "FAILED tests/test_strict.py::test_strict[Oslo]" in ran.text
    assert 'city: "Paris" → "Oslo"' in ran.text.partition("_ test_strict[Oslo] _")[2]


def test_a_miss_fails_whatever_its_code_made_of_it(ran: Outcome) -> None:
    """The account names the test, what was asked for, what comes nearest and the next command."""
    said = ran.text.partition("_ test_swallowed _")[2].partition("\n____")[0]
    assert "not recorded in tests/test_app.py::test_swallowed: GET api.model.test/v1/chat" in said
    assert 'method: "POST" → "GET"' in said
    assert "the code under test caught the error; the test fails all the same" in said
    assert "pytest tests/test_app.py::test_swallowed --replaykit-vcr --record-mode=rewrite" in said
    assert "Traceback" not in said


def test_what_was_swallowed_is_told_beside_another_error(ran: Outcome) -> None:
    """A test that failed for a reason of its own keeps it, and says what it was not answered, too."""
    said = ran.text.partition("_ test_swallowed_and_wrong _")[2].partition("\n____")[0]
    assert "assert 1 == 2" in said
    assert "not recorded in tests/test_app.py::test_swallowed_and_wrong" in said


def test_the_summary_counts_what_is_loose(ran: Outcome) -> None:
    """Also over several processes: how many were answered how, and what explains it."""
    assert "15 tests answered from vcrpy cassettes: 10 same, 1 loose, 7 not recorded" in ran.text
    assert "loose: 1 test sent something else" in ran.text
    assert "all the same\n    tests/test_app.py::test_loose\n" in ran.text
    assert "record_mode='sometimes' is no mode" in ran.text


def test_switched_off_nothing_is_there(tmp_path: Path) -> None:
    """Without the option there is no mark, no option, no fixture and no stand-in."""
    found = suite(
        tmp_path,
        off="""
import pytest
def test_it(request):
    assert not {"vcr", "block_network"} & set(request.fixturenames)
    with pytest.raises(ImportError):
        import vcr
    with pytest.raises(ValueError):
        request.config.getoption("--record-mode")
""",
    )
    outcome = found.pytest(**ALONE)
    assert (0, {"passed": 1}) == (outcome.exit_code, outcome.counts)
    assert 4 == found.pytest("--record-mode=none", **ALONE).exit_code


THEIRS = """
import pytest

class Hooks:
    def pytest_recording_configure(self, config, vcr):
        pass

def pytest_addhooks(pluginmanager):
    pluginmanager.add_hookspecs(Hooks)

def pytest_addoption(parser):
    group = parser.getgroup("recording")
    group.addoption("--record-mode", default=None)
    group.addoption("--block-network", action="store_true")
    group.addoption("--allowed-hosts", default=None)
    group.addoption("--disable-recording", action="store_true")

@pytest.fixture(autouse=True)
def vcr():
    yield "theirs"
"""

BESIDE = """
import httpx, pytest
from helper import URL, ask

@pytest.mark.vcr
def test_whose(vcr):
    print("whose:", vcr)
    if vcr is None:
        return
    import urllib3
    if vcr != "theirs":
        from vcr.errors import CannotOverwriteExistingCassetteException
        assert ask("Paris") == "sun"
        with pytest.raises(CannotOverwriteExistingCassetteException) as raised:
            httpx.get(URL)
        assert raised.type is not CannotOverwriteExistingCassetteException
    print("told:", urllib3.post(URL, '{"city":"Rome"}'))
"""

URLLIB3 = """
def post(url, body):
    return "the network"
"""

PATCH = """
from unittest import mock

class Request:
    def __init__(self, method, uri, body):
        self.method, self.uri, self.body, self.headers = method, uri, body, {}

class CassettePatcherBuilder:
    def __init__(self, cassette):
        self.cassette = cassette
    def build(self):
        import urllib3
        yield from self._httpx()
        yield mock.patch.object(urllib3, "post", self.post)
    def _httpx(self):
        raise AssertionError("httpx is not theirs")
    def post(self, url, body):
        request = Request("POST", url, body)
        assert self.cassette.can_play_response_for(request)
        return self.cassette.play_response(request)["body"]["string"].decode()
"""

INSTALLED = """
class CannotOverwriteExistingCassetteException(Exception):
    def __init__(self, *args, **kwargs):
        self.cassette = kwargs["cassette"]
"""


def test_beside_pytest_recording_and_vcrpy(tmp_path: Path) -> None:
    """Both start without a clash; the other is in charge until we are switched on.

    Then vcrpy's own error is raised, and its stubs answer other libraries from the same cassette.
    """
    found = suite(tmp_path, beside=BESIDE)
    found.write("recording.py", THEIRS)
    found.write("helper.py", HELPER)
    found.write("vcr/__init__.py", "")
    found.write("vcr/errors.py", INSTALLED)
    found.write("vcr/patch.py", PATCH)
    found.write("urllib3.py", URLLIB3)
    found.write("conftest.py", "def pytest_recording_configure(config, vcr):\n    vcr.match_on = ['uri', 'method']\n")
    found.write("pytest.ini", "[pytest]\npythonpath = .\nmarkers = vcr\n")
    found.write("tests/cassettes/test_beside/test_whose.yaml", CITIES)
    beside = {"PYTHONPATH": str(tmp_path), **ALONE}
    first = found.pytest("-p", "recording", "--record-mode=none", "-s", **beside)
    second = found.pytest("-p", "recording", "--record-mode=none", "-s", "--replaykit-vcr", **beside)
    third = found.pytest("-p", "recording", "-s", "--replaykit-vcr", "--disable-recording", **beside)
    assert [{"passed": 1}] * 3 == [each.counts for each in (first, second, third)], second.text
    assert "whose: theirs\ntold: the network" in first.text
    assert "whose: <Cassette" in second.text
    assert "told: rain" in second.text
    assert "1 test answered from vcrpy cassettes: 2 same, 1 not recorded" in second.text
    assert "whose: None" in third.text


def test_what_is_recorded_is_told(tmp_path: Path, server: Server) -> None:
    """A run that only records says what it kept, and not that nothing was asked for."""
    url = server.on("GET /again", plain(b"live"))
    found = suite(
        tmp_path,
        again=f"""
import httpx2, pytest
@pytest.mark.vcr
def test_again():
    assert httpx2.get("{url}").text == "live"
""",
    )
    ran = found.pytest("--replaykit-vcr", "--record-mode=rewrite", **ALONE)
    assert {"passed": 1} == ran.counts, ran.text
    assert "\n1 new interaction kept: look at `git diff`\n" in ran.text
    assert "answered from vcrpy cassettes" not in ran.text


DRIFTING = """
import os
import pytest
from helper import ask

@pytest.mark.vcr
@pytest.mark.parametrize("name", ["a", "b"])
def test_drifts(name):
    ask(os.environ.get(name, "Paris"))
"""


COUNTING = """
import gc, sys

gc.disable()  # so that a cassette goes when the last who has it goes, or never

def pytest_sessionfinish(session):
    from replaykit.pytest_plugin.vcr.case import Case

    print("alive:", sum(isinstance(each, Case) for each in gc.get_objects()), "of", len(session.items))
    print("words:", "replaykit.pytest_plugin.vcr.account" in sys.modules)
"""


@pytest.fixture(scope="module")
def drifting(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """A suite whose tests send what the environment says."""
    found = suite(tmp_path_factory.mktemp("drifting"), drift=DRIFTING)
    found.write("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['.']\n")
    found.write("helper.py", HELPER)
    found.write("conftest.py", COUNTING)
    for name in "ab":
        found.write(f"tests/cassettes/test_drift/test_drifts[{name}].yaml", ONE)
    return found


def test_an_audit_and_its_baseline(drifting: Suite) -> None:
    """It tells and explains what differs; its baseline is written once, only shrinks, and what is not in it fails."""
    path = drifting.folder / "replaykit-audit.txt"
    before = {each: each.read_bytes() for each in drifting.folder.rglob("*.yaml")}
    part = drifting.pytest("--replaykit-audit", "-k", "[a]", a="Oslo", **ALONE)
    assert "run the audit over the whole suite" in part.text
    assert not path.exists()
    first = drifting.pytest("--replaykit-audit", a="Oslo", b="Rome", **ALONE)
    assert "2 of 2 tests send something other than was recorded" in first.text
    assert 'city: "Paris" → "Oslo"' in first.text
    assert (0, 2) == (first.exit_code, path.read_text().count("test_drifts"))
    second = drifting.pytest("--replaykit-audit", b="Bonn", **ALONE)
    assert "names 1 test less" in second.text
    assert (0, ["tests/test_drift.py::test_drifts[b]"]) == (second.exit_code, path.read_text().splitlines()[1:])
    third = drifting.pytest("--replaykit-audit", a="Oslo", **ALONE)
    assert "tests/test_drift.py::test_drifts[a]   (new)" in third.text
    assert (1, []) == (third.exit_code, path.read_text().splitlines()[1:])
    assert before == {each: each.read_bytes() for each in drifting.folder.rglob("*.yaml")}


def test_an_audit_names_what_differs_as_rules_allow(tmp_path: Path) -> None:
    """Spacing is no drift, and stands in no baseline; that it differs is said all the same, with the test's name."""
    spaced = """
import httpx, pytest
from helper import URL

@pytest.mark.vcr
def test_spaced():
    httpx.post(URL, content='{ "city" : "Paris" }', headers={"content-type": "application/json"})
"""
    found = suite(tmp_path, spaced=spaced)
    found.write("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['.']\n")
    found.write("helper.py", HELPER)
    found.write("tests/cassettes/test_spaced/test_spaced.yaml", ONE)
    ran = found.pytest("--replaykit-audit", **ALONE)
    told = "1 more test with differences that rules allow: spacing, ids, times of the run\n    tests/test_spaced.py::"
    assert (0, True) == (ran.exit_code, told in ran.text), ran.text
    assert "0 of 1 test send something other than was recorded" in ran.text


def test_the_report_has_what_was_loose(drifting: Suite) -> None:
    """Tests with cassettes of vcrpy are in it, and each of their loose requests, with what differs in it."""
    drifting.pytest("--replaykit-vcr", "--replaykit-report=ran.json", a="Oslo", b="Rome", **ALONE)
    drifting.pytest("--replaykit-vcr", "--replaykit-report=ran.html", b="Bonn", **ALONE)
    report = json.loads((drifting.folder / "ran.json").read_text("utf-8"))
    assert (2, 2) == (report["totals"]["episodes"]["vcrpy"], report["totals"]["steps"]["loose"])
    assert "tests/cassettes/test_drift/test_drifts[a].yaml" == report["tests"][0]["episode"]
    assert [["POST api.model.test/v1/chat", 'city: "Paris" → "Oslo"']] == report["tests"][0]["loose"]
    assert [["POST api.model.test/v1/chat", 'city: "Paris" → "Rome"']] == report["tests"][1]["loose"]
    page = (drifting.folder / "ran.html").read_text("utf-8")
    assert "loose: POST api.model.test/v1/chat" in page
    assert "1 same, 1 loose" in page


def test_no_cassette_outlives_its_test(drifting: Suite) -> None:
    """A run of 3,000 tests holds one at a time, and what explains a difference is loaded when somebody asks."""
    ran = drifting.pytest("--replaykit-vcr", "-s", a="Oslo", **ALONE)
    assert "1 same, 1 loose" in ran.text
    assert "alive: 0 of 2\nwords: False\n" in ran.text


@pytest.mark.parametrize(
    ("name", "serializer", "expected"),
    [
        ("test_it", None, "/c/test_it.yaml"),
        ("test_it.yaml", None, "/c/test_it.yaml"),
        ("test_it.yml", None, "/c/test_it.yml.yaml"),
        ("test_it", "json", "/c/test_it.json"),
        ("sub/it", None, "/c/sub/it.yaml"),
        ("/c/it", None, "/c/it.yaml"),
        ("/else/it", None, "/else/it.yaml"),
    ],
)
def test_where_a_cassette_is(name: str, serializer: str | None, expected: str) -> None:
    """Below the folder of its test's file, with its serializer's suffix."""
    assert expected == places.path("/c", name, serializer)


def test_long_names() -> None:
    """A name that no file can have keeps its beginning and gets its digest, and fits exactly."""
    long = "test_" + "x" * 300
    name = places.path("", long, None)
    assert re.fullmatch(r"test_x{210}\.\.\.[0-9a-f]{32}\.yaml", name)
    assert places.LONGEST == len(name)
    assert name != places.path("", long + "y", None)


@pytest.mark.parametrize(
    ("test", "cls", "expected"),
    [("test_it", None, "test_it"), ("test_it[a/b:c]", None, "test_it[a-b-c]"), ("test_it", Suite, "Suite.test_it")],
)
def test_what_a_cassette_is_called(test: str, cls: type | None, expected: str) -> None:
    """After its class and its test, without what a file's name cannot hold."""
    assert expected == places.called(test, cls)
