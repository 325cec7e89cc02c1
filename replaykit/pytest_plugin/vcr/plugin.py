"""What pytest gets: marks, fixtures and hooks, by the names of pytest-recording and with their meaning.

    mark                       means
    vcr(*extra, **settings)    the test is answered from its cassette, and from these further ones
    default_cassette(name)     its cassette is called so
    block_network(allowed_hosts=…), allowed_hosts(…)    see network.py

Law: what a fixture of a project overrides is asked for by its name, never computed beside it.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.errors import ReplayError
from replaykit.pytest_plugin import MARK
from replaykit.pytest_plugin.vcr import places
from replaykit.pytest_plugin.vcr.blocks import STAGE, Blocks, counted
from replaykit.pytest_plugin.vcr.judging import end, judged
from replaykit.pytest_plugin.vcr.settings import MODES, Vcr, merged, moded, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.config import Config
    from replaykit.pytest_plugin.vcr.case import Case
    from replaykit.pytest_plugin.vcr.shelf import Shelf

CASE: pytest.StashKey[Case] = pytest.StashKey()
"""Where an item keeps its cassette while it runs."""

PROJECT: pytest.StashKey[Config] = pytest.StashKey()
"""The settings of the project."""

SHELF: pytest.StashKey[Shelf | None] = pytest.StashKey()
"""Where cassettes that were read are kept."""

_MARKS = (
    "vcr(*extra, **settings): answer the test from its vcrpy cassette, and from these further ones.",
    "default_cassette(name): what the test's cassette is called.",
    "block_network(allowed_hosts=None): refuse the test's connections, but to these hosts.",
    "allowed_hosts(hosts): expressions for hosts that a test may reach all the same.",
)


def options(parser: pytest.Parser) -> None:
    """The options that pytest-recording has."""
    group = parser.getgroup("replaykit")
    group.addoption(
        "--record-mode", choices=MODES, default=None, help="How vcrpy cassettes are recorded (default: none)."
    )
    group.addoption("--block-network", action="store_true", help="Refuse connections, but those of a recording.")
    group.addoption(
        "--allowed-hosts", default=None, help="Expressions for hosts to be reached all the same, with commas."
    )
    group.addoption("--disable-recording", action="store_true", help="Neither answer from cassettes nor record any.")


def pytest_configure(config: pytest.Config) -> None:
    """Explain the marks."""
    for line in _MARKS:
        config.addinivalue_line("markers", line)


@pytest.fixture(scope="session")
def record_mode(request: pytest.FixtureRequest) -> str:
    """The mode that the command line gives; `none` without one."""
    return "none" if request.config.option.replaykit_audit else str(request.config.getoption("record_mode") or "none")


@pytest.fixture(scope="session")
def disable_recording(request: pytest.FixtureRequest) -> bool:
    """Whether cassettes are to be left alone."""
    return bool(request.config.getoption("disable_recording"))


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    """The settings of all tests; a project overrides it."""
    return {}


@pytest.fixture
def vcr_markers(request: pytest.FixtureRequest) -> list[pytest.Mark]:
    """The `vcr` marks of a test, the nearest one first."""
    return list(request.node.iter_markers("vcr"))


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """Where the cassettes of a module are."""
    return places.folder(str(request.path))


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    """What a test's cassette is called."""
    mark = request.node.get_closest_marker("default_cassette")
    if mark is None:
        return places.called(request.node.name, request.cls)
    if not mark.args:
        raise _failed("@pytest.mark.default_cassette names no cassette: @pytest.mark.default_cassette('name.yaml')")
    return str(mark.args[0])


@pytest.fixture
def allowed_hosts(request: pytest.FixtureRequest) -> Any:
    """Expressions for the hosts that a test may reach: of its marks, the command line or `vcr_config`."""
    block, own = (request.node.get_closest_marker(name) for name in ("block_network", "allowed_hosts"))
    said = (
        (block.kwargs.get("allowed_hosts") if block is not None else None)
        or (own.args[0] if own is not None and own.args else None)
        or request.config.getoption("allowed_hosts")
        or request.getfixturevalue("vcr_config").get("allowed_hosts")
    )
    return said.split(",") if isinstance(said, str) else said


@pytest.fixture(autouse=True)
def block_network(request: pytest.FixtureRequest, record_mode: str, vcr_markers: list[pytest.Mark]) -> Iterator[None]:
    """No connection goes out of a test that is to have none, unless it is recorded."""
    mark = request.node.get_closest_marker("block_network")
    if mark is not None and (mark.args or set(mark.kwargs) - {"allowed_hosts"}):
        raise _failed("@pytest.mark.block_network takes allowed_hosts=[…], and nothing else")
    if (mark is None and not request.config.getoption("block_network")) or _records(request, record_mode, vcr_markers):
        yield
        return
    from replaykit.pytest_plugin.vcr.network import blocked

    with blocked(request.getfixturevalue("allowed_hosts") or ()):
        yield


@pytest.fixture(autouse=True)
def vcr(request: pytest.FixtureRequest, vcr_markers: list[pytest.Mark], disable_recording: bool) -> Iterator[Any]:  # noqa: FBT001 - a fixture
    """The test's cassette; None for a test without the mark."""
    if disable_recording or not vcr_markers:
        yield None
        return
    if request.node.get_closest_marker(MARK) is not None:
        raise _failed(f"a test is answered from one recording: @pytest.mark.{MARK} or @pytest.mark.vcr, not both")
    try:
        case = request.node.stash[CASE] = _opened(request, vcr_markers)
    except ReplayError as error:
        raise _failed(str(error)) from None
    try:
        with case.under_way(request.getfixturevalue("allowed_hosts") or ()) as cassette:
            yield cassette
        _noted(request.node, case)
        end(request.node, case.playing)
    finally:
        del request.node.stash[CASE]  # items live as long as pytest, and what they hold is gone through for garbage


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[Any]:
    """Fail a test for what its cassette does not hold, whatever its code made of the error."""
    with counted(item):
        if CASE not in item.stash:
            return (yield)
        with judged(item, item.stash[CASE].playing):
            return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Know which test a block of `vcr.use_cassette` belongs to."""
    config = item.config
    with STAGE.of(Blocks(item.nodeid, _strict(item), config.option.replaykit_audit, _shelf(config))):
        return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail an audit that finds a test which its baseline does not name."""
    if session.config.option.replaykit_audit:
        from replaykit.pytest_plugin.vcr.audit import judge

        judge(session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Sum up what was played."""
    from replaykit.pytest_plugin.vcr.audit import write

    write(terminalreporter, config)


def _noted(item: pytest.Item, case: Case) -> None:
    """Leave with the test what its reports are to carry."""
    option, facts = item.config.option, case.facts()
    if option.replaykit_audit:
        facts["differs"] = case.told()
    item.user_properties.append(("replaykit_vcr", facts))
    if option.replaykit_report:
        item.user_properties.append(("replaykit", case.reported()))


def _opened(request: pytest.FixtureRequest, marks: list[pytest.Mark]) -> Case:
    """The cassette of a test, as its marks, `vcr_config` and the hook want it."""
    from replaykit.pytest_plugin.vcr.case import Case

    config, folder = request.config, str(request.getfixturevalue("vcr_cassette_dir"))
    said = merged(request.getfixturevalue("vcr_config"), marks)
    if config.option.replaykit_audit:
        said["record_mode"] = "none"
    vcr = Vcr(request.getfixturevalue("record_mode"), folder)
    config.hook.pytest_recording_configure(config=config, vcr=vcr)
    name = str(request.getfixturevalue("default_cassette_name"))
    further = places.further(folder, [each for mark in marks for each in mark.args])
    paths = [places.path(folder, name, said.get("serializer")), *further]
    wanted, strict = settings(vcr, said), _strict(request.node)
    return Case(request.node.nodeid, paths, wanted, _project(config), strict=strict, shelf=_shelf(config))


def _project(config: pytest.Config) -> Config:
    """The settings of the project, read once."""
    from replaykit.config import load

    if PROJECT not in config.stash:
        config.stash[PROJECT] = load(config.rootpath)
    return config.stash[PROJECT]


def _shelf(config: pytest.Config) -> Shelf | None:
    """Where cassettes that were read are kept, found once; None where pytest has no cache, or none may be written."""
    if SHELF not in config.stash:
        from replaykit.pytest_plugin.vcr.shelf import Shelf

        cache = getattr(config, "cache", None)
        try:
            config.stash[SHELF] = None if cache is None else Shelf(cache.mkdir("replaykit-vcr"))
        except OSError:
            config.stash[SHELF] = None
    return config.stash[SHELF]


def _strict(item: pytest.Item) -> bool:
    """Whether a test is served nothing loosely."""
    file = item.nodeid.partition("::")[0]
    return any(fnmatch(file, pattern) for pattern in item.config.getini("replaykit_vcr_strict"))


def _records(request: pytest.FixtureRequest, mode: str, marks: list[pytest.Mark]) -> bool:
    """Whether a test may record; here the command line beats what the test says, as in pytest-recording."""
    if not marks:
        return False
    if request.config.getoption("record_mode") is None:
        mode = moded(merged(request.getfixturevalue("vcr_config"), marks).get("record_mode", "none"))
    return mode != "none"


def _failed(text: str) -> BaseException:
    return pytest.fail.Exception(text, pytrace=False)
