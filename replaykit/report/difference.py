"""Differences in lines for a terminal: what they amount to, what differed first, then the rest.

Law: all of it. Nothing is cut short or left out, for this is where one looks when an account was too
short; what rules forgive is counted in one line at the end. All recorded text in it was made harmless
where its place was worded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.cassette.story import story
from replaykit.core.plain import counted, line
from replaykit.report.conversation import counts
from replaykit.report.review import ALONE, content, decisions, first, sections, summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.compare.place import Place
    from replaykit.core.diff import Anyway, Difference, Noise, Pair
    from replaykit.report.review import Reviewed
    from replaykit.report.terminal import Line, Span

_NAME = 12
"""Characters of the longest name in the summary, and some."""

_FATES = {"added": ("is new", "good"), "removed": ("is no more", "bad"), "same": ("is the same", "faint")}

_STYLES = {"+ ": "good", "- ": "bad"}


def reviews(found: Sequence[Reviewed], base: str, unread: Sequence[str] = ()) -> Iterator[Line]:
    """The lines of all cassettes that a branch changes; `base` is what it is compared with, `unread` what cannot be."""
    if unread:
        yield ((f"{counted(len(unread), 'cassette')} cannot be compared", "bad"),)
    elif not found:
        yield ((f"no cassette differs from {base}", ""),)
    for number, each in enumerate(found):
        if number:
            yield ()
        yield from review(each)


def review(found: Reviewed, noise: Noise | None = None) -> Iterator[Line]:
    """The lines of one episode; `noise` is what differs anyway, between runs of the same program."""
    if found.difference is None:
        yield from _alone(found)
        return
    anyway = noise.of(found.difference) if noise is not None else None
    yield from _compared(found, found.difference, anyway)
    if anyway is not None and not found.difference.same:
        yield (_tally(found.difference, anyway),)


def _tally(difference: Difference, anyway: Anyway) -> Span:
    """How much of a difference there is between any two runs."""
    found = [anyway.covers(pair, place) for pair in difference.steps for place in pair.places]
    found += [anyway.covers(pair) for pair in difference.steps if pair.kind in ALONE]
    found += [anyway.covers(None, place) for place in difference.outputs]
    left = len(found) - sum(found)
    if not left:
        return ("all of this differs between runs of the same program anyway", "good")
    return (f"{sum(found)} of {counted(len(found), 'difference')} between runs anyway, {left} beyond that", "title")


def _alone(found: Reviewed) -> Iterator[Line]:
    word, style = _FATES[found.fate]
    yield ((line(found.name), "title"), (f" {word}", style))
    yield ((f"{'steps':<{_NAME}} {counts(tuple(story(found.there, str)))}", ""),)
    cost = next(bill for bill in found.bills if bill.is_needed or bill is found.bills[-1])
    yield ((f"{'cost':<{_NAME}} {cost}" + (f" ({cost.source})" if cost.source else ""), ""),)


def _compared(found: Reviewed, difference: Difference, anyway: Anyway | None) -> Iterator[Line]:
    yield ((f"{difference.before} → {difference.after}", "title"),)
    yield from (((each, "faint"),) for each in decisions(found))
    for row in summary(found):
        values = row.after if row.same or row.name == "outputs" else f"{row.before} → {row.after}"
        note = f" ({row.note})" if row.note else ""
        yield ((f"{row.name:<{_NAME}} ", ""), (values, "" if row.same else "warning"), (note, "faint"))
    if difference.same:
        yield ((f"same: {counted(len(difference.steps), 'step')}, nothing differs", "good"),)
    else:
        yield from _first(found, difference, anyway)
        yield from _rest(found, difference, anyway)
    if difference.allowed:
        yield ((f"also differ, as rules allow: {difference.allowed}", "faint"),)


def _first(found: Reviewed, difference: Difference, anyway: Anyway | None) -> Iterator[Line]:
    start = difference.first
    if start is None:
        return
    yield (("first difference: ", "title"), (first(difference), ""))
    for place in start.places:
        yield from _place(place, "  ", start.pair, anyway)
    yield from _content(found, start.pair, "  ")


def _content(found: Reviewed, pair: Pair, indent: str) -> Iterator[Line]:
    """All that a step says which stands on one side only."""
    mark = {"added": "+ ", "removed": "- "}.get(pair.kind, "")
    yield from (((f"{indent}{mark}{each}", _STYLES.get(mark, "")),) for each in content(found, pair))


def _rest(found: Reviewed, difference: Difference, anyway: Anyway | None) -> Iterator[Line]:
    for section in sections(difference):
        yield ((section.name, "title"),)
        for pair, places in section.items:
            alone = f" {pair.kind}" if not places else ""
            note = () if places else _noted(pair, None, anyway)
            yield ((f"  step {pair.number}{alone}: {pair.title}", ""), *note)
            for place in places:
                yield from _place(place, "    ", pair, anyway)
            yield from _content(found, pair, "    ")
    if difference.outputs:
        yield (("outputs", "title"),)
        for place in difference.outputs:
            yield from _place(place, "  ", None, anyway)


def _place(place: Place, indent: str, pair: Pair | None, anyway: Anyway | None) -> Iterator[Line]:
    head, *rest = place.whole
    yield ((f"{indent}{head}", ""), *_noted(pair, place, anyway))
    for text in rest:
        bare = text.lstrip(" ")
        yield ((f"{indent}{text}", _STYLES.get(bare[:2], "")),)


def _noted(pair: Pair | None, place: Place | None, anyway: Anyway | None) -> Line:
    """What to add to a difference that is there between any two runs."""
    return ((" (differs between runs anyway)", "faint"),) if anyway is not None and anyway.covers(pair, place) else ()
