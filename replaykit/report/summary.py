"""What is said after a recording and after a replay, in lines for a terminal.

Law: the cause comes first, and what follows from it is told once and by its number. Nothing that
really ran is left out; `--json` lists all differences in full.

    of a replay                                          what is shown
    requests that were not recorded                      each, with its account
    a program that came to another end                   one line: where, what it left out, what it reached for
    steps sent differently in the same way               one line
    steps that nobody asked for                          the first few, the others by their numbers
    outputs                                              the first few, the others by how many
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from replaykit.core.attempts import numbers, wholes
from replaykit.core.content import MOST, sealed
from replaykit.core.model import Exchange
from replaykit.core.plain import counted, line, listed, measure
from replaykit.core.steps import Asked
from replaykit.report.outside import is_program, outside, told
from replaykit.session.facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from replaykit.core.model import Episode
    from replaykit.core.uses import Used
    from replaykit.core.verdict import Difference, Verdict

NEVER = 3
"""Steps nobody asked for that are told in full: what they said fills a screen with ten."""

OUTPUTS = 5
"""Differences of the outputs that are told: the others follow from the same cause, most often."""

RULES = 3
"""Kinds of rules that are told with an example."""

TEXT = 24
"""Characters of an id or a time in such an example: enough to tell which it is."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a replay went, besides its verdict: `took` in seconds, what held it, how far it came.

    `reached` is the number of the last recorded step that was served, 0 for none; `newer` the id of
    a draft that is newer than the cassette, or empty.
    """

    took: float
    isolated: bool = False
    reached: int = 0
    newer: str = ""


def recorded_lines(
    episode: Episode, took: float, warnings: Sequence[str] = (), *, accepted: bool = False, options: str = ""
) -> Iterator[str]:
    """The summary of a draft: what it holds, what was hidden, what was not seen, what to do next.

    `took` is in seconds; `warnings` are sentences about this run. `accepted`: there is a cassette of its
    name, which its bare name means. `options` stand behind the next command, too.
    """
    yield f"{episode.name} (draft {episode.id})   {_counts(episode)} · {_seconds(took)}{_tokens(episode)}"
    notes = [*_hidden(episode), *_unseen(episode)]
    if notes:
        yield "   ".join(notes)
    yield from warned((*warnings, *_sealed(episode)))
    if not episode.finished:
        yield "the run was ended by a signal: the draft is kept, and marked as unfinished"
    if not episode.steps:
        yield "nothing came through httpx, httpx2 or a tool: there is nothing to replay"
        return
    draft = f"draft:{episode.name}" if accepted else episode.name
    yield f"next: replaykit replay {shlex.quote(draft)}{options}"
    if accepted:
        name = shlex.quote(episode.name)
        yield f"then: replaykit accept {name}{options} (until then {name} means the cassette, as it was)"


def warned(warnings: Sequence[str]) -> Iterator[str]:
    """Each warning, harmless, on a line of its own."""
    for each in warnings:
        yield f"warning: {line(each.replace(chr(10), ': '), 400)}"


def replayed_lines(episode: Episode, verdict: Verdict, course: Course) -> Iterator[str]:
    """The verdict of a replay: the counts, what really ran beside the episode, then what differs, the cause first."""
    guard = "isolated" if course.isolated else "guarded"
    yield f"{episode.name} ({episode.state} {episode.id})   {_verdict(verdict)} · {_seconds(course.took)} · {guard}"
    ran, refused = outside(verdict.unseen, isolated=course.isolated)
    if ran:
        yield click.style(f"ran for real, beside the episode: {told(ran)}", fg="yellow")
    if verdict.tools:
        yield "ran for real, as declared: " + ", ".join(f"{line(name)} ×{times}" for name, times in verdict.tools)
    if refused:
        yield f"refused, for it is not from the episode: {told(refused)}"
    yield from _examples(verdict.rules)
    yield from warned(verdict.warnings)
    if course.newer:
        yield f"a newer draft exists: {course.newer} (replaykit replay {shlex.quote(f'draft:{episode.name}')})"
    for block in _blocks(verdict, course):
        yield ""
        yield from block.splitlines()


def _blocks(verdict: Verdict, course: Course) -> Iterator[str]:
    """What differs, in blocks, the cause first."""
    found: dict[str, list[Difference]] = {}
    for each in verdict.differences:
        found.setdefault(each.kind, []).append(each)
    crash = next((each for each in found.get("output", ()) if _crashed(each)), None)
    yield from (each.text for each in found.get("not_recorded", ()))
    if crash is not None:
        follows = [each for each in verdict.differences if _follows(each, course.reached)]
        yield _crash(crash, follows, verdict, course)
        found = {kind: [each for each in group if each not in (crash, *follows)] for kind, group in found.items()}
    for kind, fold in _FOLDS.items():
        if lines := list(fold(found.get(kind, []))):
            yield "\n".join(lines)


def _crashed(difference: Difference) -> bool:
    """Whether a program that is compared ended in another way than well."""
    return difference.detail.get("place") == "exit code" and difference.detail.get("after") != 0


def _follows(difference: Difference, reached: int) -> bool:
    """Whether it follows from an early end: a step behind the last one that was served, an output that did not come."""
    if difference.kind == "never_asked_for":
        return (difference.step or 0) > reached
    return difference.kind == "output" and difference.detail.get("after") is None


def _crash(crash: Difference, follows: Sequence[Difference], verdict: Verdict, course: Course) -> str:
    """How a program ended that did not end as recorded, how far it came, and what it may have ended of."""
    code, recorded = crash.detail.get("after"), crash.detail.get("before")
    left = sum(each.kind == "never_asked_for" for each in follows)
    if not left:
        where = "after the last recorded step"
    elif course.reached:
        where = f"after step {course.reached}"
    else:
        where = "before its first step"
    said = [f"the program ended with exit code {code} (recorded: {recorded}) {where}"]
    if left:
        said.append(f"{counted(left, 'recorded step')} {'was' if left == 1 else 'were'} not reached")
    if called := [f"{line(each.what)} ({line(each.how)})" for each in verdict.unseen if not is_program(each)]:
        said.append(f"it called {listed(called)}, which {'is' if len(called) == 1 else 'are'} not in the episode")
    if missing := len(follows) - left:
        said.append(f"{counted(missing, 'output')} of the recorded run {'is' if missing == 1 else 'are'} missing")
    return "; ".join(said)


def _differently(found: Sequence[Difference]) -> Iterator[str]:
    """Steps that were sent differently, those that were so in the same way in one line."""
    groups: dict[str, list[Difference]] = {}
    for each in found:
        headers = each.detail.get("headers", ())
        said = ", ".join(
            f"{line(str(row['name']))} {_value(row['before'])} → {_value(row['after'])}" for row in headers
        )
        groups.setdefault(said, []).append(each)
    for said, group in groups.items():
        if len(group) == 1:
            yield group[0].text
        else:
            yield f"sent differently ×{len(group)}, steps {listed([each.step for each in group])}: {said}"


def _value(value: object) -> str:
    return line(str(value)) if value else "(none)"


def _never(found: Sequence[Difference]) -> Iterator[str]:
    """The first few steps that nobody asked for, and the numbers of the others."""
    yield from (each.text for each in found[:NEVER])
    if rest := [each.step for each in found[NEVER:]]:
        which = f"step {rest[0]} was" if len(rest) == 1 else f"steps {listed(rest)} were"
        yield f"{which} never asked for, either"


def _printed(found: Sequence[Difference]) -> Iterator[str]:
    """The first few differences of the outputs, and how many there are besides."""
    yield from (each.text for each in found[:OUTPUTS])
    if (rest := len(found) - OUTPUTS) > 0:
        yield f"and {counted(rest, 'more difference')} in what came out (--json lists all)"


def _ended(found: Sequence[Difference]) -> Iterator[str]:
    """Where the run was ended; how many steps it did not reach stands in the counts."""
    for each in found:
        said = each.text.partition("; ")[0]
        yield f"{said} (--keep-going goes on)" if said.endswith(" here") else said


def _all(found: Sequence[Difference]) -> Iterator[str]:
    return (each.text for each in found)


_FOLDS: dict[str, Callable[[Sequence[Difference]], Iterator[str]]] = {
    "differently": _differently,
    "never_asked_for": _never,
    "output": _printed,
    "lost": _all,
    "ended": _ended,
}
"""How each sort is shown, in this order, after what was not recorded."""


def _examples(rules: Sequence[Used]) -> Iterator[str]:
    """Where rules were needed: the first use of each kind."""
    for used in rules[:RULES]:
        more = f" (and {used.times - 1} more)" if used.times > 1 else ""
        what = f"{line(used.before, TEXT)} as {line(used.after, TEXT)}"
        yield f"by rules: {used.kind} in step {used.step}, {used.place}: {what}{more}"


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


def _sealed(episode: Episode) -> Iterator[str]:
    """The answers that could not be unpacked: what is in them was not redacted."""
    for number, step in zip(numbers(episode), episode.steps, strict=True):
        response = step.response if isinstance(step, Exchange) else None
        if response is not None and (encoding := sealed(response)):
            yield (
                f"the answer of step {number} is kept as it came, in {encoding}: it is damaged, of an encoding that is "
                f"not known here, or unpacks to more than {measure(MOST)}. No secrets were looked for in it"
            )


def _unseen(episode: Episode) -> list[str]:
    if not episode.unseen:
        return []
    return [f"not recorded: {told(episode.unseen)}"]


def _seconds(took: float) -> str:
    return f"{took * 1000:.0f} ms" if took < 1 else f"{took:.1f} s" if took < 10 else f"{took:.0f} s"  # noqa: PLR2004
