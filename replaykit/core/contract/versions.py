"""The next version of a contract, and its history in words.

    worst grade       next version of 1.4.2
    BREAK             2.0.0
    RISK, ADD         1.5.0
    none, but text    1.4.3
    nothing           1.4.2

Law: versions follow from grades alone. OURS is about the program that asks, not about the contract, and
is neither counted nor told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.contract.grades import KINDS, RANK, worst
from replaykit.core.contract.model import VERSION, Unfit
from replaykit.core.plain import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from replaykit.core.contract.changes import Change
    from replaykit.core.contract.grades import Grade
    from replaykit.core.contract.model import Contract

History: TypeAlias = "Sequence[tuple[Contract, Sequence[Change]]]"
"""Every version, the first one first, each with what changed from the one before it."""

FIRST: Final = "1.0.0"


def next_version(previous: str, changes: Iterable[Change], *, text_changed: bool) -> str:
    """The version that follows; the first one where there is none, the same one where nothing changed.

    `Unfit` where `previous` is no version.
    """
    if not previous:
        return FIRST
    if not VERSION.fullmatch(previous):
        raise Unfit(f"{previous[:80]!r} is no version: {FIRST}", "/contract/version")
    major, minor, patch = map(int, previous.split("."))
    match worst([change.grade for change in _told(changes)]):
        case "BREAK":
            return f"{major + 1}.0.0"
        case "RISK" | "ADD":
            return f"{major}.{minor + 1}.0"
        case _:
            return f"{major}.{minor}.{patch + 1}" if text_changed else previous


def _told(changes: Iterable[Change]) -> list[Change]:
    """The changes that are the contract's own, the worst first."""
    return sorted((each for each in changes if each.grade != "OURS"), key=lambda each: -RANK[each.grade])


def changelog(history: History) -> str:
    """The history as Markdown, the newest version first: a section a version, with its day and its worst grade."""
    name = history[-1][0].name if history else ""
    sections = [
        "\n".join(_section(contract, changes, first=not index)) for index, (contract, changes) in enumerate(history)
    ]
    return "\n\n".join([f"# {name}".rstrip(), *reversed(sections)]) + "\n"


def _section(contract: Contract, changes: Sequence[Change], *, first: bool) -> Iterator[str]:
    found = _told(changes)
    grade: Grade | None = worst([each.grade for each in found])
    yield " · ".join(
        filter(None, [f"## {line(contract.version)}", line(contract.date), grade or ("" if first else "text")])
    )
    yield ""
    if first:
        yield "The first version."
        yield from (f"- {_plain(source)}" for source in contract.sources)
    elif found:
        yield from dict.fromkeys(_entry(each) for each in found)
    else:
        yield "Written differently; what is promised is the same."


def _entry(change: Change) -> str:
    return f"- **{change.grade}** {sentence(change)}"


def sentence(change: Change) -> str:
    """A change as one sentence: `` `/stop_reason` may now be "pause". ``."""
    words = SENTENCES.get(change.id)
    if words is None:
        words = f"{{place}}: {KINDS[change.id].words}" + (" ({both})" if change.text else "")
    before, after = _plain(change.before), _plain(change.after)
    place = f"`{_code(change.path)}`" if change.path else _whole(change.part)
    told = {"before": before or "nothing", "after": after or "nothing", "both": _plain(change.text)}
    text = words.format(place=place, only=f", only {after}" if after else "", **told)
    introduction = "" if change.id.startswith("str.event.") else _introduction(change.part)
    text = f"{introduction}{text}" if introduction else text[:1].upper() + text[1:]
    return f"{text} (announced: {_plain(change.policy)})." if change.policy else f"{text}."


_WHOLE: Final[Mapping[str, str]] = {
    "event": "the event",
    "request": "the request",
    "error": "the error",
    "response": "the answer",
}
"""What a part as a whole is called."""

_PARTS: Final[Mapping[str, str]] = {
    "request": "In requests, ",
    "request.headers": "In the headers of requests, ",
    "response.headers": "In the headers of answers, ",
    "event": "In events, ",
    "error": "In errors, ",
    "error.headers": "In the headers of errors, ",
}
"""How a sentence about a part begins; the answer itself needs no introduction."""


def _whole(part: str) -> str:
    """What a change without a path is about."""
    kind, _, tag = part.partition("<")
    return f"{_WHOLE.get(kind, 'the whole')} `{_code(tag[:-1])}`" if tag else _WHOLE.get(kind, "the whole")


def _introduction(part: str) -> str:
    if part.startswith("event<"):
        return f"In {_whole(part)}, "
    return _PARTS.get(part, "")


_MARKS: Final = re.compile(r"([\\`*_\[\]<>#|&~])")


def _plain(text: str) -> str:
    """A text that Markdown leaves as it is."""
    return _MARKS.sub(r"\\\1", line(text, 300))


def _code(text: str) -> str:
    """A text between backticks."""
    return line(text, 300).replace("`", "'")


SENTENCES: Final[Mapping[str, str]] = {
    "res.field.added": "{place} is new: {after}",
    "res.field.removed": "{place} is gone; it was {before}",
    "res.field.dropped": "{place} is no longer known; it was {before}",
    "res.field.optional": "{place} was always there, and may now be missing",
    "res.field.required": "{place} is now always there",
    "res.type.changed": "{place} was {before} and is now {after}",
    "res.type.widened": "{place} was {before} and may now be {after}",
    "res.type.narrowed": "{place} was {before} and is now only {after}",
    "res.null.added": "{place} may now be null",
    "res.enum.added": "{place} may now be {after}",
    "res.enum.removed": "{place} is no longer {before}{only}",
    "res.variant.added": "{place} may now be the variant {after}",
    "res.variant.removed": "{place} is no longer the variant {before}",
    "res.tag.missing": "{place} no longer says which variant it is",
    "res.const.changed": "{place} was always {before} and is now {after}",
    "res.format.changed": "{place} has another form: {both}",
    "res.bound.widened": "{place} may go beyond its bounds: {both}",
    "res.bound.narrowed": "{place} keeps within narrower bounds: {both}",
    "res.undecided": "{place} changed, and nothing proves how: {both}",
    "req.field.refused": "{place} is no longer accepted",
    "req.field.required": "{place} is now required",
    "req.field.added": "{place} may be sent: {after}",
    "req.field.optional": "{place} is no longer required",
    "req.type.narrowed": "{place} may be {after} only; it was {before}",
    "req.type.changed": "{place} has to be {after}; it was {before}",
    "req.type.widened": "{place} may be {after}; it was {before}",
    "req.enum.removed": "{place} may no longer be {before}{only}",
    "req.enum.added": "{place} may be {after}",
    "req.variant.removed": "{place} may no longer be the variant {before}",
    "req.variant.added": "{place} may be the variant {after}",
    "req.bound.narrowed": "{place} has to keep within narrower bounds: {both}",
    "req.bound.widened": "{place} has wider bounds: {both}",
    "req.const.changed": "{place} has to be {after}; it was {before}",
    "req.format.changed": "{place} has to have another form: {both}",
    "req.default.changed": "{place} is {after} where it is not sent; it was {before}",
    "req.undecided": "{place} changed, and nothing proves how: {both}",
    "str.event.added": "{place} is new",
    "str.event.removed": "{place} no longer comes",
    "str.order.changed": "events come in another order: {both}",
    "str.order.narrowed": "events keep to a stricter order: {both}",
    "hdr.added": "{place} is new",
    "hdr.dropped": "{place} is no longer known",
    "hdr.optional": "{place} always came, and may now be missing",
    "hdr.required": "{place} now always comes",
    "hdr.required.gone": "{place} is gone",
    "hdr.group.gone": "{place} always came, and no longer does",
    "hdr.format.changed": "{place} has another form: {both}",
    "hdr.type.changed": "{place} has another value: {both}",
    "err.envelope.changed": "{place} has another shape: {both}",
    "err.type.added": "{place} may now be {after}",
    "con.bound.changed": "the contract is about {after}; it was about {before} ({place})",
    "con.bound.added": "the contract is about {after}; it was about {before} ({place})",
    "con.bound.removed": "the contract is about {after} only; it was about {before} ({place})",
    "con.part.added": "the contract now says something about {after}",
    "con.part.removed": "the contract no longer says anything about {before}",
}
"""Every kind of change as a sentence; a kind without one is told by its own words."""
