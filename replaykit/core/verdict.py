"""What a replay came to: every step counted once, every difference in words.

    a recorded step was                             counted as         the verdict
    served, the same byte for byte                  same               same
    served, the same after rules                    after_rules        same
    served, with headers that tell something else   differently        different
    not, or not all its attempts, asked for         never_asked_for    different

    and besides                                     counted as         the verdict
    a request or a call that was not recorded       not_recorded       different
    an output that is another one                   (differences)      different
    something of the replay that could not be kept  (differences)      different
    something sent that departs from a contract     (differences)      different, where that is to fail it
    the run's end before its time                   not_reached        different
    a tool that ran for real                        ran                same
    a connection or program that was not served     unseen             same

What a tool did while it ran belongs to its call: in a replay that answered for the tool, these steps
are not counted, for nobody asks for them.

Law: pure. The retries of an SDK are attempts of one step and count once; so do the attempts at one
request that was not recorded. Of a run that was ended, only what it did is held against it: what it
did not reach, print or return says nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from replaykit.core.attempts import wholes
from replaykit.core.model import Outputs, Unseen, together
from replaykit.core.plain import counted, line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from replaykit.core.attempts import Whole
    from replaykit.core.compare.ground import Ground
    from replaykit.core.model import JSON, Episode, Span
    from replaykit.core.normalize import Rule
    from replaykit.core.uses import Plays, Used

Sort: TypeAlias = Literal["not_recorded", "differently", "never_asked_for", "ended", "output", "lost", "drift"]
Count: TypeAlias = Literal["same", "after_rules", "differently", "never_asked_for"]
_Remarks: TypeAlias = "Sequence[tuple[str, Mapping[str, Any]]]"

DESCRIBED = 10
"""Steps nobody asked for that are told with what they said: reading the bodies of 2,000 takes seconds."""

_SIGNALS = 128
"""Exit codes above it are signals (POSIX.1-2024, XCU 2.8.2, as every shell does it)."""


class Difference(NamedTuple):
    """One thing that was not as recorded: of which sort, at which step (None: at none), in words, and for programs."""

    kind: Sort
    step: int | None
    text: str
    detail: Mapping[str, Any] = MappingProxyType({})


class Verdict(NamedTuple):
    """What a replay came to. `same` to `never_asked_for` count recorded steps, and every step once.

    `not_reached` counts the recorded steps that a run did not come to because it was ended; then
    none is never asked for. `tools` are the names of tools that ran for real and how often;
    `warnings` what is to be said besides. `differences` begin with what happened first, as far as that is known.
    """

    verdict: Literal["same", "different"]
    same: int = 0
    after_rules: int = 0
    differently: int = 0
    not_recorded: int = 0
    never_asked_for: int = 0
    not_reached: int = 0
    ran: int = 0
    rules: tuple[Used, ...] = ()
    differences: tuple[Difference, ...] = ()
    tools: tuple[tuple[str, int], ...] = ()
    unseen: tuple[Unseen, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when all was as recorded, else 1."""
        return int(self.verdict == "different")


def verdict_of(  # noqa: PLR0913 - a verdict hears everybody
    episode: Episode,
    plays: Plays,
    remarks: _Remarks,
    outputs: Outputs | None,
    live: Span,
    *,
    extra: tuple[Rule, ...] = (),
    ended: str = "",
) -> Verdict:
    """The verdict on a replay.

    `plays` are the steps that were served, by position, with `rules` (per kind, pairs of recorded
    and live text) and `differently` (header, recorded value, live value). `remarks` are what else
    was noted: `miss`, `ran`, `unseen`, `output`, `lost`, `warning`. Without `outputs` (a block of a
    program) neither standard output nor the exit code is compared. `extra` are the project's rules.
    `ended` says where a run was ended by us before its time (`here`, `after 5 s`); empty when it was not.
    """
    if outputs is None and not ended and _exact(episode, plays, remarks):
        return Verdict("same", same=len(wholes(episode)))
    steps = _due(episode, plays)
    counts = Counter(_count(whole, plays) for whole in steps)
    misses = tuple(_misses(remarks))
    left = counts["never_asked_for"]
    came = replace(outputs, exit_code=None) if outputs and ended else outputs
    differences = (
        *misses,
        *_differently(episode, steps, plays),
        *(_ended(ended, left) if ended else _never(episode, steps, plays)),
        *_outputs(episode, came, remarks, partial(_ground, episode, plays, live, extra), cut=bool(misses or ended)),
        *_lost(remarks),
    )
    tools = Counter(str(detail.get("name", "")) for kind, detail in remarks if kind == "ran")
    return Verdict(
        "different" if differences else "same",
        same=counts["same"],
        after_rules=counts["after_rules"],
        differently=counts["differently"],
        not_recorded=len(misses),
        never_asked_for=0 if ended else left,
        not_reached=left if ended else 0,
        ran=tools.total(),
        rules=_rules(episode, steps, plays),
        differences=differences,
        tools=tuple(tools.items()),
        unseen=_unseen(remarks),
        warnings=tuple(dict.fromkeys(_sentence(detail) for kind, detail in remarks if kind == "warning")),
    )


def drifted(verdict: Verdict, drift: tuple[Difference, ...]) -> Verdict:
    """The verdict on a replay that fails also for what departs from contracts, if anything does."""
    if not drift:
        return verdict
    return verdict._replace(verdict="different", differences=(*verdict.differences, *drift))


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict for programs: `verdict`, the counts, `rules`, `differences`, `tools`, `unseen`, `warnings`."""
    return {
        "verdict": verdict.verdict,
        "same": verdict.same,
        "after_rules": verdict.after_rules,
        "differently": verdict.differently,
        "not_recorded": verdict.not_recorded,
        "never_asked_for": verdict.never_asked_for,
        "not_reached": verdict.not_reached,
        "ran": verdict.ran,
        "rules": [_used(each) for each in verdict.rules],
        "differences": [
            {**each.detail, "kind": each.kind, "step": each.step, "text": each.text} for each in verdict.differences
        ],
        "tools": dict(verdict.tools),
        "unseen": [asdict(each) for each in verdict.unseen],
        "warnings": list(verdict.warnings),
    }


def _used(used: Used) -> dict[str, JSON]:
    return {
        "kind": used.kind,
        "times": used.times,
        "before": used.before,
        "after": used.after,
        "step": used.step,
        "place": used.place,
    }


def _exact(episode: Episode, plays: Plays, remarks: _Remarks) -> bool:
    """Whether every step was served byte for byte, and that is all there is to say, as of most tests of a suite."""
    told = remarks or episode.outputs.values or any(plays.values())
    return not told and len(plays) == len(episode.steps)


def _due(episode: Episode, plays: Plays) -> tuple[Whole, ...]:
    """The steps that are counted: those that were served, and those that somebody had to ask for."""
    free = episode.spared(plays) - plays.keys()
    return tuple([whole for whole in wholes(episode) if not free.issuperset(whole.positions)])


def _count(whole: Whole, plays: Plays) -> Count:
    """The row of the table; of several attempts, the gravest."""
    if any(position not in plays for position in whole.positions):
        return "never_asked_for"
    details = [detail for position in whole.positions if (detail := plays[position])]
    if any(detail.get("differently") for detail in details):
        return "differently"
    return "after_rules" if any(detail.get("rules") for detail in details) else "same"


def _misses(remarks: _Remarks) -> Iterator[Difference]:
    """Each miss once, however often an SDK tried it."""
    misses = [detail for kind, detail in remarks if kind == "miss"]
    if not misses:
        return
    times = Counter(map(_account, misses))
    first: dict[str, Mapping[str, Any]] = {}
    for detail in misses:
        first.setdefault(_account(detail), detail)
    for text, detail in first.items():
        step = detail.get("step")
        rest = {key: value for key, value in detail.items() if key != "account"}
        yield Difference("not_recorded", step if isinstance(step, int) else None, text, {**rest, "times": times[text]})


def _account(detail: Mapping[str, Any]) -> str:
    return str(detail.get("account", ""))


def _differently(episode: Episode, steps: Iterable[Whole], plays: Plays) -> Iterator[Difference]:
    """The headers of steps that said something else, once for all attempts of each."""
    if not any(map(_rows, plays.values())):
        return
    from replaykit.core.steps import Titles

    titles = Titles.of(episode)
    for whole in steps:
        rows = {tuple(row): None for position in whole.positions for row in _rows(plays.get(position, {}))}
        if rows:
            said = ", ".join(f"{line(str(name))} {_value(before)} → {_value(after)}" for name, before, after in rows)
            headers = [{"name": name, "before": before, "after": after} for name, before, after in rows]
            text = f"step {whole.number} was sent differently: {said}: {titles.rough(whole.step)}"
            yield Difference("differently", whole.number, text, {"headers": headers})


def _rows(detail: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """The headers with which a step was sent differently: name, recorded value, live value."""
    rows: Sequence[Sequence[Any]] = detail.get("differently", ())
    return rows


def _value(value: object) -> str:
    return line(str(value)) if value else "(none)"


def _never(episode: Episode, steps: Iterable[Whole], plays: Plays) -> Iterator[Difference]:
    """The steps that nobody asked for, the first few with what they said."""
    left = [whole for whole in steps if any(position not in plays for position in whole.positions)]
    if not left:
        return
    from replaykit.core.steps import Titles
    from replaykit.core.threads import described

    titles = Titles.of(episode)
    told = [*described(left[:DESCRIBED], titles), *(titles.rough(whole.step) for whole in left[DESCRIBED:])]
    for whole, what in zip(left, told, strict=True):
        asked = sum(position in plays for position in whole.positions)
        text = f"step {whole.number} was never asked for: {what}"
        if asked:
            recorded = counted(len(whole.positions), "attempt")
            text = f"step {whole.number} took {recorded} when it was recorded, and only {asked} now: {what}"
        yield Difference("never_asked_for", whole.number, text, {"what": what})


def _ended(ended: str, left: int) -> Iterator[Difference]:
    """The one line on a run that was ended: steps it did not reach are no news."""
    reached = f"; {counted(left, 'recorded step')} {'was' if left == 1 else 'were'} not reached" if left else ""
    yield Difference("ended", None, f"the run was ended {ended}{reached}", {"not_reached": left})


def _outputs(
    episode: Episode, outputs: Outputs | None, remarks: _Remarks, ground: Callable[[], Ground], *, cut: bool
) -> Iterator[Difference]:
    """What came out differently; of a run that was cut short, then or now, only what came out both times."""
    given = {str(detail["name"]): str(detail["value"]).encode() for kind, detail in remarks if kind == "output"}
    before = episode.outputs
    now = Outputs(values=given) if outputs is None else replace(outputs, values={**outputs.values, **given})
    cut = not episode.finished or (cut and _killed(now.exit_code))
    if cut:
        both = before.values.keys() & now.values.keys()
        before = replace(before, values={name: before.values[name] for name in both})
        now = replace(now, values={name: now.values[name] for name in both})
    named = outputs is None or cut
    if before.values == now.values and (named or before == now):
        return
    from replaykit.core.compare.outputs import compare, values

    for place in (values if named else compare)(before, now, ground()):
        yield Difference("output", None, place.text, place.as_json())


def _killed(code: int | None) -> bool:
    """Whether a run was ended from outside: no exit code, or a signal's (-15 to Python, 128 + 15 to a shell)."""
    return code is None or code < 0 or code > _SIGNALS


def _ground(episode: Episode, plays: Plays, live: Span, extra: tuple[Rule, ...]) -> Ground:
    from replaykit.core.uses import ground

    return ground(episode, plays, live, extra)


def _rules(episode: Episode, steps: Iterable[Whole], plays: Plays) -> tuple[Used, ...]:
    if not any(detail.get("rules") for detail in plays.values()):
        return ()
    from replaykit.core.uses import uses

    return tuple(uses(episode, steps, plays))


def _unseen(remarks: _Remarks) -> tuple[Unseen, ...]:
    """What did not come through us."""
    return together(
        Unseen(str(detail["what"]), str(detail["how"]), int(detail.get("times", 1)))
        for kind, detail in remarks
        if kind == "unseen"
    )


def _lost(remarks: _Remarks) -> Iterator[Difference]:
    """What could not be kept: without it nobody can say that all was the same."""
    for kind, detail in remarks:
        if kind == "lost":
            yield Difference("lost", None, _sentence(detail), detail)


def _sentence(detail: Mapping[str, Any]) -> str:
    """The text of a remark that says itself; else whatever it holds."""
    said = detail.get("text") or detail.get("message") or detail.get("what")
    return line(str(said), 400) if said else line(", ".join(f"{key}: {value}" for key, value in detail.items()), 400)
