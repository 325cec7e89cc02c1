"""Contracts in tests: what is held against them, and what a run says of all its tests together.

    contracts: 2 findings
        OURS anthropic.messages sent /anthropic-version another version … "2026-10-21" (…) (k3v9q2ab) · 14 tests
        RISK anthropic.messages /stop_reason new "x" (m4w8r3bc) · 1 test

Law: the project's contracts are read once for all tests. A finding is told once, with how many tests have it: an
SDK that was upgraded shows in every one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.plain import counted
from replaykit.launch.promised import promises_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from replaykit.config import Config
    from replaykit.launch.contracts import Held, Promises

PROMISED: pytest.StashKey[Promises | None] = pytest.StashKey()
"""The project's contracts, for all tests of a run."""

MOST = 10
"""Findings that are listed."""


def promised(config: pytest.Config, settings: Config) -> Promises | None:
    """What exchanges are held against; None when nobody looks."""
    if PROMISED not in config.stash:
        config.stash[PROMISED] = promises_of(settings)
    return config.stash[PROMISED]


def facts(held: Held | None) -> dict[str, Any]:
    """What a test's report carries of what departs, for the summary; nothing when nothing does."""
    if held is None:
        return {}
    from replaykit.core.contract.drift import sentence

    found = [sentence(each.drift, often=False) for each in held.open]
    notes = [*held.problems, *held.warnings]
    return ({"drift": found} if found else {}) | ({"notes": notes} if notes else {})


def unmet(name: str, held: Held | None, rest: str = "") -> list[str]:
    """Why a test fails that departs from contracts; nothing when it does not fail for that."""
    if held is None or not held.failed:
        return []
    return ["\n".join(filter(None, [f"{name} departs from its contracts:", *held.told(rest), held.remedy]))]


def tell(reporter: pytest.TerminalReporter) -> None:
    """Say what departs in any test, and what could not be looked at."""
    from replaykit.pytest_plugin.outcomes import reports_of, said

    lasts = [runs[-1] for runs in said(reports_of(reporter)).values()]
    for note in dict.fromkeys(note for each in lasts for note in each.get("notes", ())):
        reporter.write_line(f"warning: {note}")
    for told in _told([each["drift"] for each in lasts if "drift" in each]):
        reporter.write_line(told)


def _told(found: Iterable[list[str]]) -> Iterator[str]:
    """A line for each finding, with how many tests have it."""
    tests: dict[str, int] = {}
    for sentences in found:
        for each in sentences:
            tests[each] = tests.get(each, 0) + 1
    if not tests:
        return
    yield f"contracts: {counted(len(tests), 'finding')}"
    for each, count in list(tests.items())[:MOST]:
        yield f"    {each} · {counted(count, 'test')}"
    if len(tests) > MOST:
        yield f"    and {len(tests) - MOST:,} more"
