"""What a run amounts to, and its audit: which tests send something other than what was recorded.

    the baseline names a test    it differs now    the audit
    no                           yes               fails, and tells it
    yes                          yes               passes, and tells it
    yes                          no                takes it out of the baseline
    (there is no baseline)       -                 writes one, when all tests ran

Law: a baseline may only shrink, and only by tests that passed. No cassette is changed, and nothing is sent.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from replaykit.core.plain import counted, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pytest

BASELINE = "replaykit-audit.txt"
"""The file that names the tests which are known to differ, beside pytest's settings."""

_HEADER = (
    "# Tests that send something other than what was recorded. pytest --replaykit-vcr --replaykit-audit shortens it.\n"
)

MOST = 10
"""Tests of a list that are named; -v names all."""

SHOWN = 4
"""Lines that are told of each request; -v tells all."""


def write(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The section at the end; nothing where no cassette was opened."""
    facts = _facts(reporter)
    if not facts:
        return
    reporter.section("replaykit: vcrpy cassettes", sep="-")
    long, lines = config.get_verbosity() > 0, [*_played(facts)]
    if config.option.replaykit_audit:
        path = config.rootpath / BASELINE
        passed = {report.nodeid for report in reporter.stats.get("passed", ())}
        lines += _told(facts, known_in(path), long=long)
        lines += _based(facts, passed, path, whole=_whole(reporter, config))
    else:
        lines += _loose([test for test, each in facts.items() if each["loose"]], long=long)
    lines += _beside([test for test, each in facts.items() if each["beside"]], long=long)
    for text in lines:
        reporter.write_line(text)


def judge(session: pytest.Session) -> None:
    """The run has failed when a test differs that the baseline does not name; where reports come together only."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    known = known_in(session.config.rootpath / BASELINE)
    if reporter is None or known is None or session.exitstatus:
        return
    if fresh(_facts(reporter), known):
        session.exitstatus = 1


def fresh(facts: dict[str, dict[str, Any]], known: set[str]) -> list[str]:
    """The tests that differ and are not known to."""
    return [test for test, each in facts.items() if each.get("differs") and test not in known]


def known_in(path: Path) -> set[str] | None:
    """The tests that a baseline names; None when there is none."""
    if not path.is_file():
        return None
    return {text for text in path.read_text("utf-8", "replace").splitlines() if text and not text.startswith("#")}


def _facts(reporter: pytest.TerminalReporter) -> dict[str, dict[str, Any]]:
    """What each test left of its cassette, by its id; also from another process."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for reports in reporter.stats.values():
        for report in reports:
            for name, facts in getattr(report, "user_properties", ()):
                if name == "replaykit_vcr":
                    found.setdefault(report.nodeid, {})[facts.get("block", 0)] = facts
    return {test: _together([*each.values()]) for test, each in found.items()}


def _together(several: list[dict[str, Any]]) -> dict[str, Any]:
    """What a test's cassettes amount to: that of its mark, and those of its blocks."""
    names = dict.fromkeys(name for each in several for name in each if name not in {"block", "differs"})
    sums = {name: sum(each.get(name, 0) for each in several) for name in names}
    return {**sums, "differs": [request for each in several for request in each.get("differs", ())]}


def _played(facts: dict[str, dict[str, Any]]) -> Iterator[str]:
    sums = Counter[str]()
    for each in facts.values():
        sums.update({name: value for name, value in each.items() if isinstance(value, int)})
    words = (("same", "same"), ("after_rules", "same after rules"), ("loose", "loose"), ("missed", "not recorded"))
    told = ", ".join(f"{sums[name]:,} {word}" for name, word in words if sums[name])
    if told or not sums["kept"]:
        yield f"{counted(len(facts), 'test')} answered from vcrpy cassettes: {told or 'nothing was asked for'}"
    if sums["kept"]:
        yield f"{counted(sums['kept'], 'new interaction')} kept: look at `git diff`"


def _loose(tests: list[str], *, long: bool) -> Iterator[str]:
    """The tests that were answered loosely, by name; the ones beyond the limit by their number."""
    if not tests:
        return
    yield f"loose: {counted(len(tests), 'test')} sent something else, and vcrpy's matching took it all the same"
    yield from _named(tests, long=long)
    yield "next: pytest --replaykit-vcr --replaykit-audit explains each"


def _beside(tests: list[str], *, long: bool) -> Iterator[str]:
    """The tests in which a request of another library had no answer."""
    if not tests:
        return
    yield f"not httpx: {counted(len(tests), 'test')} asked for what is not recorded, by a library that is left to vcrpy"
    yield from _named(tests, long=long)


def _named(tests: list[str], *, long: bool) -> Iterator[str]:
    shown = tests if long else tests[:MOST]
    yield from (f"    {line(test, 200)}" for test in shown)
    if len(shown) < len(tests):
        yield f"    … {counted(len(tests) - len(shown), 'more test')}: -v"


def _told(facts: dict[str, dict[str, Any]], known: set[str] | None, *, long: bool) -> Iterator[str]:
    """The tests that differ, and in what."""
    differ = sorted(test for test, each in facts.items() if each.get("differs"))
    yield f"{len(differ):,} of {counted(len(facts), 'test')} send something other than was recorded"
    for test in differ:
        yield f"    {line(test, 200)}{'' if known is None or test in known else '   (new)'}"
        for request in facts[test]["differs"]:
            yield from (f"        {text}" for text in _cut(request, long=long))
    alike = sorted(test for test, each in facts.items() if each.get("after_rules") and not each.get("differs"))
    if alike:
        yield f"{counted(len(alike), 'more test')} with differences that rules allow: spacing, ids, times of the run"
        yield from _named(alike, long=long)


def _based(facts: dict[str, dict[str, Any]], passed: set[str], path: Path, *, whole: bool) -> Iterator[str]:
    """What becomes of the baseline; it is written on the way."""
    known, differ = known_in(path), set(fresh(facts, set()))
    if known is None and not whole:
        yield f"there is no {path.name} yet: run the audit over the whole suite, and it is written"
        return
    if known is None:
        written = f"{path.name} is written: commit it; tests that it does not name fail the audit from now on"
        yield _put(path, differ) or written
        return
    if mended := (known & passed) - differ:
        yield _put(path, known - mended) or f"{path.name} names {counted(len(mended), 'test')} less: commit it"
    if new := differ - known:
        yield f"{counted(len(new), 'test')} not in {path.name}: mend, or record with --record-mode=rewrite"


def _whole(reporter: pytest.TerminalReporter, config: pytest.Config) -> bool:
    """Whether all tests ran: none was picked by its name, its file or a word."""
    return not (reporter.stats.get("deselected") or any("::" in word or word.endswith(".py") for word in config.args))


def _cut(lines: list[str], *, long: bool) -> list[str]:
    """As many lines as are told of one request."""
    return (
        lines if long or len(lines) <= SHOWN else [*lines[:SHOWN], f"… {counted(len(lines) - SHOWN, 'more line')}: -v"]
    )


def _put(path: Path, tests: Iterable[str]) -> str:
    """Why a baseline could not be written; empty when it was."""
    try:
        path.write_text(_HEADER + "".join(f"{test}\n" for test in sorted(tests)), "utf-8")
    except OSError as error:
        return f"{path} cannot be written ({error.strerror}): make its folder writable, and run the audit again"
    return ""
