"""What a run of pytest amounts to: episodes replayed and recorded, the counts of their verdicts, time saved.

    12 episodes replayed: 40 same, 2 same after rules; 3 min 02 s saved
    4 episodes recorded, 2 written to cassettes, 1 as its cassette says
    1 of them was completed: 1 new step recorded, 4 served from its cassette; 1 that nobody asked for is dropped
    2 episodes recorded live, as drafts
    ran for real, beside the episodes: curl ×1 (subprocess)
    1 test could not begin: why stands above

Law: it adds up what the tests' reports carry, so that it says the same whichever process ran them. A line
is a fact; what there is none of has no line, and a run without episodes no section.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.model import together
from replaykit.core.plain import counted, line
from replaykit.pytest_plugin.annotations import active, defused
from replaykit.pytest_plugin.orphans import told as orphans
from replaykit.pytest_plugin.outcomes import NOT_RUN, carried, gathered, reports_of, said
from replaykit.report.clock import SECOND, duration
from replaykit.report.suite import SERVED, sums, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from replaykit.report.suite import Trial

MOST = 10
"""Names and tests that are listed."""

WIDE = 200
"""Characters of a name: a file's has no more than 255 bytes."""


def write(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The section at the end, where there is anything to say."""
    found = gathered(reporter)
    lines = [*_tested(found), *_report(config), *orphans(reporter, config)]
    if not lines:
        return
    reporter.section("replaykit", sep="-")
    for each in lines:
        reporter.write_line(defused(each) if active() else each)


def tell(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what the live tests took of what they may, and which were not run."""
    runs = said(reports_of(reporter))
    ran = [facts for several in runs.values() for facts in several if "calls" in facts]
    if ran:
        calls, tokens = (sum(facts[name] for facts in ran) for name in ("calls", "tokens"))
        most = config.option
        reporter.write_line(
            f"live: {counted(calls, 'call')} of at most {most.replaykit_max_calls:,},"
            f" {counted(tokens, 'token')} of at most {most.replaykit_max_tokens:,}"
        )
    kept = [(report.nodeid, facts["why"]) for report in reporter.stats.get(NOT_RUN, ()) for facts in carried(report)]
    if kept:
        reporter.write_line(f"{NOT_RUN}: {counted(len(kept), 'test')}, for {kept[0][1]}")
    for node, _ in kept[:MOST]:
        reporter.write_line(f"    {node}")
    if len(kept) > MOST:
        reporter.write_line(f"    and {len(kept) - MOST:,} more")


def _tested(found: Sequence[Trial]) -> Iterator[str]:
    yield from _replayed([each for each in found if each.how == "replayed"])
    yield from _recorded([each for each in found if each.how == "recorded" and each.draft])
    if live := sum(each.how == "live" for each in found):
        yield f"{counted(live, 'episode')} recorded live, as {'a draft' if live == 1 else 'drafts'}"
    yield from _beside(found)
    if stopped := sum(each.how == "none" and each.outcome != "not run" for each in found):
        yield f"{counted(stopped, 'test')} could not begin: why stands above"


def _replayed(found: Sequence[Trial]) -> Iterator[str]:
    if found:
        total = sums(found)
        saved = duration(round(total.saved * SECOND))
        yield f"{counted(len(found), 'episode')} replayed: {told(total.steps)}; {saved} saved"


def _beside(found: Sequence[Trial]) -> Iterator[str]:
    """What did not come through us, in all tests together."""
    if not any(each.unseen for each in found):
        return
    from replaykit.report.outside import outside, told

    replayed = [each for trial in found if trial.how == "replayed" for each in trial.unseen]
    others = [each for trial in found if trial.how != "replayed" for each in trial.unseen]
    ran, refused = outside(together(replayed))
    rows = (
        ("ran for real, beside the episodes", ran),
        ("refused, for it is in no episode", refused),
        ("not recorded", together(others)),
    )
    for words, several in rows:
        if several:
            more = f" and {len(several) - MOST:,} more" if len(several) > MOST else ""
            yield f"{words}: {told(several[:MOST])}{more}"


def _recorded(found: Sequence[Trial]) -> Iterator[str]:
    if not found:
        return
    drafts, written = [each for each in found if not each.accepted], sum(each.written for each in found)
    same = len(found) - len(drafts) - written
    rest = f", {same:,} as {'its cassette says' if same == 1 else 'their cassettes say'}" if same else ""
    yield f"{counted(len(found), 'episode')} recorded, {written:,} written to cassettes{rest}"
    yield from _completed([each for each in found if "new" in each.steps])
    yield from _listed([f"{line(each.episode, WIDE)}: only a draft ({each.draft})" for each in drafts])
    if written:
        yield "next: look at the pages that are new, at `git diff` or `replaykit diff --base HEAD`, and commit"


def _completed(found: Sequence[Trial]) -> Iterator[str]:
    """What was recorded where cassettes had something already, and what they do not have any more."""
    if not found:
        return
    steps = sums(found).steps
    served = sum(steps[name] for name in SERVED)
    verb, whose = ("was", "its cassette") if len(found) == 1 else ("were", "their cassettes")
    dropped = steps["dropped"]
    gone = f"; {dropped:,} that nobody asked for {'is' if dropped == 1 else 'are'} dropped" if dropped else ""
    new = counted(steps["new"], "new step")
    yield f"{len(found):,} of them {verb} completed: {new} recorded, {served:,} served from {whose}{gone}"


def _listed(texts: Sequence[str]) -> Iterator[str]:
    """Texts a line each, the ones beyond the limit by their number."""
    yield from (f"    {text}" for text in texts[:MOST])
    if len(texts) > MOST:
        yield f"    and {len(texts) - MOST:,} more"


def _report(config: pytest.Config) -> Iterator[str]:
    """Where the report is that was asked for."""
    if config.option.replaykit_report and not config.option.collectonly:
        from replaykit.pytest_plugin.report import WRITERS

        yield from (writer.said for writer in config.stash[WRITERS])
