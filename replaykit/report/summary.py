"""What is said after a recording and after a replay, in lines for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from replaykit.core.model import Exchange
from replaykit.core.plain import counted, line
from replaykit.core.steps import Asked, wholes
from replaykit.session.facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.model import Episode, Unseen
    from replaykit.core.verdict import Verdict

WIDE = 160
"""Characters of a command line or a reason: an interpreter's path is what tells it from another."""


def recorded_lines(episode: Episode, took: float, warnings: Sequence[str] = ()) -> Iterator[str]:
    """The summary of a draft: what it holds, what was hidden, what was not seen, what to do next.

    `took` is in seconds; `warnings` are sentences about this run.
    """
    yield f"{episode.name} (draft {episode.id})   {_counts(episode)} · {_seconds(took)}{_tokens(episode)}"
    notes = [*_hidden(episode), *_unseen(episode)]
    if notes:
        yield "   ".join(notes)
    yield from warned(warnings)
    if not episode.finished:
        yield "the run was ended by a signal: the draft is kept, and marked as unfinished"
    if not episode.steps:
        yield "nothing came through httpx, httpx2 or a tool: there is nothing to replay"
        return
    yield f"next: replaykit replay {episode.name}"


def warned(warnings: Sequence[str]) -> Iterator[str]:
    """Each warning, harmless, on a line of its own."""
    for each in warnings:
        yield f"warning: {line(each.replace(chr(10), ': '), 400)}"


def replayed_lines(episode: Episode, verdict: Verdict, took: float, *, isolated: bool, newer: str) -> Iterator[str]:
    """The verdict of a replay: the counts, then what differs, then what ran or was refused beside it."""
    guard = "isolated" if isolated else "guarded"
    yield f"{episode.name} ({episode.state} {episode.id})   {_verdict(verdict)} · {_seconds(took)} · {guard}"
    for difference in verdict.differences:
        yield ""
        yield from difference.text.splitlines()
    if verdict.tools:
        yield "ran for real: " + ", ".join(f"{line(name)} ×{times}" for name, times in verdict.tools)
    if verdict.unseen:
        yield f"not from the episode: {_outside(verdict.unseen)}"
    yield from warned(verdict.warnings)
    if newer:
        yield f"a newer draft exists: {newer} (replaykit replay draft:{episode.name})"


def _counts(episode: Episode) -> str:
    """What the run did, SDK retries taken together."""
    exchanges = [whole.step for whole in wholes(episode) if isinstance(whole.step, Exchange)]
    models = sum(map(_asks_model, exchanges))
    others = len(exchanges) - models
    parts = [counted(models, "model call")] if models else []
    parts += [counted(others, "request")] if others or not models else []
    parts += [counted(len(episode.tool_calls), "tool call")] if episode.tool_calls else []
    return " · ".join(parts)


def _asks_model(exchange: Exchange) -> bool:
    """Whether a model answered, or was asked to: without an answer its question says so."""
    if facts_of(exchange).model:
        return True
    question = Asked(exchange.request).question
    return question is not None and bool(question.model)


def _verdict(verdict: Verdict) -> str:
    counts = [
        (verdict.same, "same"),
        (verdict.after_rules, "same after rules" + _rules(verdict)),
        (verdict.differently, "sent differently"),
        (verdict.not_recorded, "not recorded"),
        (verdict.never_asked_for, "never asked for"),
        (verdict.not_reached, "not reached"),
    ]
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"{verdict.verdict}: {said or 'nothing was asked for'}"


def _rules(verdict: Verdict) -> str:
    return f" ({', '.join(f'{used.kind} ×{used.times}' for used in verdict.rules)})" if verdict.rules else ""


def _tokens(episode: Episode) -> str:
    facts = [facts_of(step) for step in episode.exchanges]
    total = sum((each.input_tokens or 0) + (each.output_tokens or 0) for each in facts)
    return f" · {total:,} tokens" if total else ""


def _hidden(episode: Episode) -> list[str]:
    counts = Counter(name for step in episode.steps for name in step.hidden)
    return ["hidden: " + ", ".join(f"{name} ×{count}" for name, count in counts.most_common())] if counts else []


def _unseen(episode: Episode) -> list[str]:
    if not episode.unseen:
        return []
    return [f"not recorded: {_outside(episode.unseen)}"]


def _outside(unseen: Sequence[Unseen]) -> str:
    return ", ".join(f"{line(each.what, WIDE)} ×{each.times} ({line(each.how, WIDE)})" for each in unseen)


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004
