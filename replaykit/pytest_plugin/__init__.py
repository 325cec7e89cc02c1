"""pytest's door: episodes in tests. It comes with the installation and costs nothing until a test asks for it.

    @pytest.mark.episode       the test is answered from its accepted cassette, and fails when it asks otherwise
    episode                    the fixture: `episode.output`, `episode.check`, `episode.transport`
    --replaykit=golden         which mode, before TEST_MODE             modes.py
    --replaykit-record=all     whether to record                        modes.py
    scope="session"            what such a fixture may ask for          wide.py
    --replaykit-orphans        which cassettes no test uses             orphans.py
    --replaykit-max-calls=9    how much live tests may take             live.py
    --replaykit-contracts=fail exchanges held against contracts         promised.py
    --replaykit-report=a.html  what became of every test, in a file     report.py
    -m contract                every adopted contract is a test         contract/
    replaykit_mock             the fixture: a router of respx           mock/

Law: what stands here is loaded by every pytest of everybody, so it imports nothing of ours, reads no
variable, and names its options after us. A test without the mark and the fixture runs as if we were not here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path
    from typing import TypeGuard

    from replaykit.pytest_plugin.case import Case

MARK = "episode"

CASSETTES = "cassettes"
"""The folder of cassettes in a project that does not say otherwise."""

CASE: pytest.StashKey[Case] = pytest.StashKey()
"""Where an item keeps its case while it runs."""

STOPPED: pytest.StashKey[bool] = pytest.StashKey()
"""There once a cap has kept a test of this process from running."""

_LINE = (
    "episode(name=None, *, unused=False, max_calls=None, max_tokens=None, max_turns=None): answer the test from its"
    " accepted cassette; unused: recorded steps need not all be asked for."
)

_CONTRACT = "contract: a check of what a service promises; `-m contract` runs those of every adopted contract, too."


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, in a group of their own."""
    group = parser.getgroup("replaykit", "replaykit: recorded episodes in tests")
    group.addoption(
        "--replaykit",
        dest="replaykit_mode",
        choices=("mock", "golden", "live"),
        default=None,
        help="golden (the default): answered from accepted cassettes. mock: from a router, nothing is recorded."
        " live: from the real services. TEST_MODE=MOCK, GOLDEN or LIVE_SMOKE says the same.",
    )
    group.addoption(
        "--replaykit-record",
        dest="replaykit_record",
        choices=("none", "missing", "all"),
        default="none",
        help="missing: record the tests that have no cassette, and what the cassettes of others do not have."
        " all: record every marked test anew.",
    )
    _add_caps(group)
    _add_contracts(group)
    _add_report(group)
    group.addoption(
        "--replaykit-orphans",
        dest="replaykit_orphans",
        action="store_true",
        help="List the cassettes that no collected test uses.",
    )
    _add_vcr(parser, group)


def _add_vcr(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """What takes over from pytest-recording."""
    group.addoption(
        "--replaykit-vcr",
        dest="replaykit_vcr",
        action="store_true",
        help="Take over from pytest-recording: answer tests with @pytest.mark.vcr from their vcrpy cassettes.",
    )
    group.addoption(
        "--replaykit-audit",
        dest="replaykit_audit",
        action="store_true",
        help="The same, and tell which tests send something other than what was recorded.",
    )
    parser.addini("replaykit_vcr", "The same as --replaykit-vcr.", type="bool", default=False)
    parser.addini("replaykit_vcr_strict", "Patterns of test files that are not answered loosely.", type="linelist")


def _add_caps(group: pytest.OptionGroup) -> None:
    """What live tests may take in a session."""
    for what, most in (("calls", 100), ("tokens", 200_000)):
        group.addoption(
            f"--replaykit-max-{what}",
            type=int,
            default=most,
            metavar="N",
            help=f"live: {what} of the whole session, after which no test is run any more (%(default)s).",
        )


def _add_contracts(group: pytest.OptionGroup) -> None:
    """Whether exchanges are held against contracts."""
    group.addoption(
        "--replaykit-contracts",
        dest="replaykit_contracts",
        choices=("off", "warn", "fail"),
        default=None,
        help="Hold what tests record, and what they send in a replay, against the project's contracts: say what"
        " departs, or fail for it. By default what [tool.replaykit] says in pyproject.toml.",
    )


def _add_report(group: pytest.OptionGroup) -> None:
    """Where to write what became of the tests."""
    group.addoption(
        "--replaykit-report",
        dest="replaykit_report",
        action="append",
        default=[],
        metavar="FILE",
        help="Write what became of every test that used an episode, and how it differed, to FILE.html or FILE.json;"
        " with -m contract, what departs from contracts, and since when, to such a file or FILE.md. May be given"
        " several times.",
    )
    group.addoption(
        "--replaykit-risk",
        dest="replaykit_risk",
        choices=("warn", "fail"),
        default=None,
        help="-m contract: whether a RISK that nobody has acknowledged fails the run; it warns in pull requests, and"
        " fails elsewhere.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> None:
    """Take over from pytest-recording, where that is wanted."""
    said = early_config.known_args_namespace
    if said.replaykit_vcr or said.replaykit_audit or early_config.getini("replaykit_vcr"):
        from replaykit.pytest_plugin.vcr import take_over

        take_over(early_config, parser)


def pytest_configure(config: pytest.Config) -> None:
    """Explain the marks; see to contracts and where a report is to go, before any test runs."""
    config.addinivalue_line("markers", _LINE)
    config.addinivalue_line("markers", _CONTRACT)
    if "contract" in (config.option.markexpr or ""):
        from replaykit.pytest_plugin.contract.asking import begin

        begin(config)
    if config.option.replaykit_report:
        from replaykit.pytest_plugin.report import prepare

        prepare(config)
    if config.option.replaykit_orphans:
        from replaykit.pytest_plugin.orphans import watch

        watch(config)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """True for a folder of cassettes and nothing else: pytest would take 30 µs for each of its files."""
    return True if collection_path.name == CASSETTES and _is_shelf(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give marked tests the fixture, before any other of the test's own: wider ones come first, as ever."""
    for item in items:
        if has_episode(item):
            from replaykit.pytest_plugin.placing import place

            place(item)


@pytest.fixture(name=MARK)
def _episode(request: pytest.FixtureRequest) -> Generator[Any]:
    """What the test is recorded into, or answered from: `output(name, value)`, `check(name, value)`, `transport()`."""
    from replaykit.pytest_plugin.beginning import begin

    case = request.node.stash[CASE] = begin(request.node)
    yield case
    case.close()


@pytest.fixture(name="replaykit_mock")
def _mock(request: pytest.FixtureRequest) -> Generator[Any]:
    """A router of respx for every client of httpx2 and httpx, with ready answers of models: `anthropic("Hello")`."""
    from replaykit.pytest_plugin.mock.case import given

    yield from given(request)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge a test by what it asked for, whatever its code made of a refusal."""
    if CASE not in item.stash:
        return (yield)
    from replaykit.pytest_plugin.case import judged

    with judged(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep with a test's report what we said of its failure; after the last one, let go of the test's episode."""
    excinfo = call.excinfo if call.excinfo is not None and _ours(call.excinfo) else None
    if excinfo is not None:
        from replaykit.pytest_plugin.blame import blame

        said = blame(item, excinfo)
    if call.when == "teardown" and CASE in item.stash:
        del item.stash[CASE]  # items live as long as pytest, and what they hold is gone through for garbage
    report = yield
    if excinfo is not None:
        report.replaykit = said  # type: ignore[attr-defined]  # as in outcomes.NAME
    return report


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """Count a test as not run that a cap kept from running."""
    if not report.skipped or "replaykit" not in _kept([report]):
        return None
    from replaykit.pytest_plugin.live import status

    return status(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have no run succeed in which a test was not run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    reports = [] if reporter is None else reporter.stats.get("not run", [])
    if reports or STOPPED in session.config.stash:
        from replaykit.pytest_plugin.live import finish

        finish(session, reports)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Sum up, where anything was recorded or replayed."""
    if (
        config.option.replaykit_orphans
        or config.option.replaykit_report
        or any("replaykit" in _kept(reports) for reports in terminalreporter.stats.values())
    ):
        from replaykit.pytest_plugin.annotations import annotate
        from replaykit.pytest_plugin.promised import tell as tell_drift
        from replaykit.pytest_plugin.summary import tell, write

        write(terminalreporter, config)
        tell(terminalreporter, config)
        tell_drift(terminalreporter)
        annotate(terminalreporter, config)


def has_episode(item: pytest.Item) -> TypeGuard[pytest.Function]:
    """Whether a test has an episode: by its mark, or by the fixture, where nobody has made another of that name."""
    if not isinstance(item, pytest.Function):
        return False
    if item.get_closest_marker(MARK) is not None:
        return True
    found = item._fixtureinfo.name2fixturedefs.get(MARK)  # noqa: SLF001 - there is no other way to know whose it is
    return found is not None and found[-1].func.__module__ == __name__


def _is_shelf(folder: Path) -> bool:
    """Whether a folder holds pages and tapes, and nothing that anybody could take for a test."""
    try:
        names = {name for name in os.listdir(folder) if name != ".gitattributes"}  # noqa: PTH208 - names are all it takes
    except OSError:
        return False
    tapes = {name for name in names if name.endswith(".tape")}
    return bool(tapes) and names - tapes <= {name.removesuffix(".tape") + ".yaml" for name in tapes}


def _ours(raised: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether an error was raised by us."""
    frames = raised.traceback
    return bool(frames) and str(frames[-1].frame.f_globals.get("__name__")).startswith("replaykit.")


def _kept(reports: list[Any]) -> Iterator[str]:
    """What reports carry beside their outcome, by name."""
    for report in reports:
        yield from (name for name, _ in getattr(report, "user_properties", ()))
        if hasattr(report, "replaykit"):
            yield "replaykit"
