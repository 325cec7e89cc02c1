"""What stands above the steps of an episode: its figures, what came out, and what it was.

Law: what is not known is said to be unknown, or not said at all; it never counts as zero.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.model import ToolCall
from replaykit.core.plain import line, measure
from replaykit.providers.shape import parse
from replaykit.report.clock import SECOND, duration, when
from replaykit.report.cost import HOW
from replaykit.report.html.kinds import failed, kind_of
from replaykit.report.html.prose import Member, code, document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.cassette.story import Told
    from replaykit.core.model import Episode, Outputs
    from replaykit.report.cost import Bill
    from replaykit.report.html.prose import Passage


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure: what it is of, and a word about it; `bad` where it is no good news."""

    name: str
    value: str
    note: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to look up; `code` where it is something that one types, `warns` where it is a warning."""

    name: str
    value: str
    code: bool = False
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """That somebody accepted it: who, when, why, and what was different."""

    who: str
    when: str
    why: str = ""
    changed: str = ""


def tiles(episode: Episode, told: Sequence[Told], bill: Bill) -> tuple[Tile, ...]:
    """The figures of an episode."""
    return (_result(episode, told), *_counts(told), _tokens(told), cost(bill))


def cost(bill: Bill) -> Tile:
    """What it cost, and by which prices."""
    if not bill.is_needed:
        return Tile("cost", "none", "no model answered")
    if not bill.source:
        return Tile("cost", "unknown", f"no price table: {HOW}")
    unknown = f"without {', '.join(bill.unknown)}: unknown" if bill.unknown and bill.amount is not None else ""
    note = "; ".join(filter(None, (unknown, bill.source)))
    if bill.amount is None:
        return Tile("cost", "unknown", f"{', '.join(bill.unknown)}; {bill.source}")
    return Tile("cost", f"${bill.amount:.4f}", note)


def facts(episode: Episode) -> tuple[Fact, ...]:
    """What it was: what was typed, when, with what, and what is not in it."""
    return tuple(fact for fact in _facts(episode) if fact.value)


def outputs(found: Outputs) -> tuple[Member, ...]:
    """What came out, named values first."""
    values = [Member(name, _value(value)) for name, value in found.values.items()]
    printed = [Member("stdout", code(found.stdout.decode(errors="backslashreplace")))] if found.stdout else []
    return (*values, *printed)


def decisions(episode: Episode) -> tuple[Decision, ...]:
    """How it came to be accepted, the latest decision first."""
    return tuple(
        Decision(each.who, when(each.when, episode.span.zone), each.why, each.changed) for each in episode.history[::-1]
    )


def _value(data: bytes) -> Passage:
    value = parse(data)
    if isinstance(value, str):
        return code(value)
    return code(data.decode(errors="backslashreplace")) if value is None else document(value)


def _result(episode: Episode, told: Sequence[Told]) -> Tile:
    """How the run ended, and how long it took."""
    span, code = episode.span, episode.outputs.exit_code
    took = duration(int(max(span.ended - span.began, 0) * SECOND)) if episode.finished and span.ended else ""
    fails = sum(failed(each.step) for each in told)
    note = f"{fails} of the steps failed" if fails > 1 else "1 step failed" if fails else ""
    if not episode.finished:
        return Tile("ended", "by a signal", note, bad=True)
    if code is None:
        return Tile("took", took or "unknown", note)
    return Tile("exit code", str(code), "; ".join(filter(None, (took and f"after {took}", note))), bad=code != 0)


def _counts(told: Sequence[Told]) -> Iterator[Tile]:
    kinds = Counter(map(kind_of, told))
    retries = sum(len(each.attempts) for each in told)
    models = {each.question.model for each in told if each.question is not None and each.question.model}
    tools = Counter(line(each.step.name) for each in told if isinstance(each.step, ToolCall))
    yield Tile("model calls", f"{kinds['model']:,}", line(", ".join(sorted(models)), 80))
    yield Tile(
        "tool calls", f"{kinds['tool']:,}", line(", ".join(f"{name} ×{n:,}" for name, n in tools.most_common(4)), 80)
    )
    if kinds["http"] or retries:
        yield Tile("HTTP", f"{kinds['http']:,}", f"{retries} tried again" if retries else "")


def _tokens(told: Sequence[Told]) -> Tile:
    usages = [each.answer.usage for each in told if each.answer is not None and each.answer.usage is not None]
    asked, said = sum(usage.input for usage in usages), sum(usage.output for usage in usages)
    cached = sum(usage.cached for usage in usages)
    if not usages:
        return Tile("tokens", "unknown", "no answer says how many")
    note = f"{asked:,} in" + (f" ({cached:,} cached)" if cached else "") + f", {said:,} out"
    return Tile("tokens", f"{asked + said:,}", note)


def _facts(episode: Episode) -> Iterator[Fact]:
    origin, span = episode.origin, episode.span
    hidden = Counter(name for step in episode.steps for name in step.hidden)
    yield Fact("command", shlex.join(origin.command), code=True)
    yield Fact("program", origin.program, code=True)
    yield Fact("when", when(span.began, span.zone) + _zone(span.zone) if span.began else "")
    yield Fact("folder", "" if origin.folder == "." else origin.folder, code=True)
    nothing = not (episode.outputs.values or episode.outputs.stdout)
    yield Fact("outputs", "nothing was printed, no output was named" if nothing else "")
    yield Fact("stdin", measure(len(origin.stdin)) if origin.stdin else "")
    yield Fact("hidden", ", ".join(f"{name} ×{times}" for name, times in hidden.items()))
    unseen = ", ".join(f"{each.what} ×{each.times} ({each.how})" for each in episode.unseen)
    yield Fact("not recorded", unseen, warns=True)
    yield Fact("secrets", ", ".join(origin.secrets))
    yield Fact("environment", "\n".join(f"{name}={value}" for name, value in origin.environment.items()), code=True)
    yield Fact("Python", origin.python)
    yield Fact("versions", ", ".join(f"{name} {value}" for name, value in origin.versions.items()))
    yield Fact("commit", origin.commit[:12], code=True)
    yield Fact("seed", origin.seed, code=True)
    yield Fact("episode", episode.id, code=True)


def _zone(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f" UTC{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}" if seconds else " UTC"
