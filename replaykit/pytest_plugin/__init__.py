"""pytest's door: episodes in tests. It comes with the installation and costs nothing until a test asks for it.

    @pytest.mark.episode       the test is answered from its accepted cassette, and fails when it asks otherwise
    episode                    the fixture: `episode.output`, `episode.check`, `episode.transport`
    --replaykit=golden         which mode, before TEST_MODE             modes.py
    --replaykit-record=all     whether to record                        modes.py
    --replaykit-orphans        which cassettes no test uses             summary.py
    --replaykit-max-calls=9    how much live tests may take             live.py
    --replaykit-report=a.html  what became of every test, in a file     report.py
    replaykit_mock             the fixture: a router of respx           mock/

Law: what stands here is loaded by every pytest of everybody, so it imports nothing of ours, reads no
variable, and names its options after us. A test without the mark and the fixture runs as if we were not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from replaykit.pytest_plugin.case import Case

MARK = "episode"

CASE: pytest.StashKey[Case] = pytest.StashKey()
"""Where an item keeps its case while it runs."""

_LINE = (
    "episode(name=None, *, unused=False, max_calls=None, max_tokens=None, max_turns=None): answer the test from its"
    " accepted cassette; unused: recorded steps need not all be asked for."
)


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
        help="missing: record the tests that have no cassette. all: record every marked test anew.",
    )
    _add_caps(group)
    _add_report(group)
    group.addoption(
        "--replaykit-orphans",
        dest="replaykit_orphans",
        action="store_true",
        help="List the cassettes that no collected test uses.",
    )
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


def _add_report(group: pytest.OptionGroup) -> None:
    """Where to write what became of the tests."""
    group.addoption(
        "--replaykit-report",
        dest="replaykit_report",
        default=None,
        metavar="FILE",
        help="Write what became of every test that used an episode, and how it differed, to FILE.html or FILE.json.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> None:
    """Take over from pytest-recording, where that is wanted."""
    said = early_config.known_args_namespace
    if said.replaykit_vcr or said.replaykit_audit or early_config.getini("replaykit_vcr"):
        from replaykit.pytest_plugin.vcr import take_over

        take_over(early_config, parser)


def pytest_configure(config: pytest.Config) -> None:
    """Explain the mark; see where a report is to go, before any test runs."""
    config.addinivalue_line("markers", _LINE)
    if config.option.replaykit_report:
        from replaykit.pytest_plugin.report import prepare

        prepare(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give marked tests the fixture, among those of a function: wider ones come first, as ever."""
    for item in items:
        if item.get_closest_marker(MARK) is not None and isinstance(item, pytest.Function):
            from replaykit.pytest_plugin.placing import place

            place(item)
    if config.option.replaykit_orphans:
        from replaykit.pytest_plugin.summary import remember

        remember(config, items)


@pytest.fixture(name=MARK)
def _episode(request: pytest.FixtureRequest) -> Generator[Any]:
    """What the test is recorded into, or answered from: `output(name, value)`, `check(name, value)`, `transport()`."""
    from replaykit.pytest_plugin.case import begin

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
    """Keep with a test's report what we said of its failure."""
    if call.excinfo is None or not _ours(call.excinfo):
        return (yield)
    from replaykit.pytest_plugin.blame import blame
    from replaykit.pytest_plugin.outcomes import NAME

    said = blame(item, call.excinfo)
    report = yield
    setattr(report, NAME, said)
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
    if reporter is not None and "not run" in reporter.stats:
        from replaykit.pytest_plugin.live import finish

        finish(session, reporter)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Sum up, where anything was recorded or replayed."""
    if (
        config.option.replaykit_orphans
        or config.option.replaykit_report
        or any("replaykit" in _kept(reports) for reports in terminalreporter.stats.values())
    ):
        from replaykit.pytest_plugin.annotations import annotate
        from replaykit.pytest_plugin.live import tell
        from replaykit.pytest_plugin.summary import write

        write(terminalreporter, config)
        tell(terminalreporter, config)
        annotate(terminalreporter, config)


def _ours(raised: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether an error was raised by us."""
    frames = raised.traceback
    return bool(frames) and str(frames[-1].frame.f_globals.get("__name__")).startswith("replaykit.")


def _kept(reports: list[Any]) -> list[str]:
    """What reports carry beside their outcome, by name."""
    named = [name for report in reports for name, _ in getattr(report, "user_properties", ())]
    return [*named, *("replaykit" for report in reports if hasattr(report, "replaykit"))]
