"""Differences as Markdown: a comment on a pull request, or a job's summary.

    ### replaykit: 1 episode changed          what a reader sees first
    <details> an episode: what differs first    a table of five lines, then what differed, in fences

Law: recorded text stands in code, a fence or a span longer than any in it, or as escaped text in
`<code>`: nothing in it is markup, a link, a mention or an end of the comment. The whole fits into a
comment; what does not fit is counted, and where to see it is said.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from replaykit.cassette.story import story
from replaykit.core.compare.words import by_line
from replaykit.core.plain import counted, gist, harmless, listed
from replaykit.providers.shape import parse
from replaykit.report.conversation import counts
from replaykit.report.markup import code, escaped, longest, tagged
from replaykit.report.review import CAUSES, content, decisions, first, sections, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.core.compare.place import Place
    from replaykit.core.diff import Difference, Pair
    from replaykit.report.review import Reviewed

LARGEST = 60_000
"""Characters in all: GitHub takes 65,536 in a comment."""

EACH = 20_000
"""Characters of one episode, so that a large one does not push the others out."""

FENCED = 6_000
"""Characters of one fence: more is for `replaykit diff`."""

FEW = 20
"""Cassettes that cannot be compared, of which it is said why."""

BRIEF = 200
"""Characters of a value that stands on a line of its own, whole."""

_MARKS = {"changed": "🟡", "added": "🟢", "removed": "🔴", "same": "⚪"}

_SAID = {"added": "new", "removed": "no more there", "same": "recorded again, the same after rules"}


def markdown(found: Sequence[Reviewed], base: str = "", unread: Sequence[str] = ()) -> str:
    """The differences of these episodes as one comment; `base` is what they are compared with.

    `unread` says of other cassettes why they cannot be compared.
    """
    against = f" since {code(base)}" if base else ""
    told = f"{_tally(found)}{against}" if found else "" if unread else f"no cassette differs{against}"
    missed = f"{counted(len(unread), 'cassette')} cannot be compared" if unread else ""
    text = f"### replaykit: {', '.join(filter(None, (told, missed)))}\n"
    text += "".join(f"\n⚠️ {tagged(why)}\n" for why in unread[:FEW])
    left = 0
    for number, each in enumerate(found):
        more = _episode(each, base, is_open=len(found) == 1)
        if len(text) + len(more) > LARGEST:
            left = len(found) - number
            break
        text += f"\n{more}"
    if left:
        text += f"\n{counted(left, 'more episode')}: {code(_command(base))}\n"
    return text


def _tally(found: Sequence[Reviewed]) -> str:
    """`2 episodes changed, 1 added`."""
    fates = [each.fate for each in found]
    known = [(fate, fates.count(fate)) for fate in ("changed", "added", "removed", "same") if fate in fates]
    (fate, count), *rest = known
    words = {"same": "recorded again"}
    said = [f"{counted(count, 'episode')} {words.get(fate, fate)}"]
    return listed([*said, *(f"{count} {words.get(fate, fate)}" for fate, count in rest)])


def _episode(found: Reviewed, base: str, *, is_open: bool) -> str:
    """One episode, folded; what is too long of it is left out and said."""
    head = f"{_MARKS[found.fate]} <b>{tagged(found.name)}</b>: {_headline(found)}"
    if found.difference is None:
        return f"<details><summary>{head}</summary>\n\n{_alone(found)}\n</details>\n"
    if found.difference.same:
        return f"{head}\n"
    blocks = [*_decided(found), _table(found), *_differences(found, found.difference)]
    kept, size = list[str](), 0
    for block in blocks:
        size += len(block)
        if size > EACH:
            break
        kept.append(block)
    if len(kept) < len(blocks):
        kept.append(f"{counted(len(blocks) - len(kept), 'more part')}: {code(_command(base, found.name))}\n")
    opened = " open" if is_open else ""
    return f"<details{opened}><summary>{head}</summary>\n\n" + "\n".join(kept) + "\n</details>\n"


def _alone(found: Reviewed) -> str:
    """What an episode is that stands on one side only: its size, who accepted it, what came out of it."""
    outputs = found.there.outputs
    shown = [f"{name}: {gist(parse(value), BRIEF)}" for name, value in outputs.values.items()]
    shown += outputs.stdout.decode(errors="backslashreplace").splitlines()
    mark = "-" if found.after is None else "+"
    size = escaped(counts(tuple(story(found.there, str))))
    return "\n".join([f"{size}\n", *_decided(found), _fence(f"{mark} {each}" for each in shown)])


def _decided(found: Reviewed) -> list[str]:
    """Who accepted what, and why."""
    return [f"{tagged(each)}\n" for each in decisions(found)]


def _headline(found: Reviewed) -> str:
    """What a reader should know without unfolding."""
    difference = found.difference
    if difference is None or difference.same:
        return _SAID[found.fate]
    count = len(difference.outputs)
    outputs = f"{counted(count, 'difference')} in the outputs" if count else "same outputs"
    start = difference.first
    return f"{outputs}; {CAUSES[start.cause]} in step {start.step}" if start else outputs


def _table(found: Reviewed) -> str:
    """The five lines of the summary, what changed in bold, and where prices are from below them."""
    told = summary(found)
    rows = [
        f"| {row.name} | {'' if row.name == 'outputs' else _cell(row.before)} "
        f"| {_cell(row.after) if row.same else f'**{_cell(row.after)}**'} |"
        for row in told
    ]
    notes = [f"\n<sub>{escaped(row.note)}</sub>" for row in told if row.note]
    return "\n".join(["| | before | after |", "|---|---|---|", *rows, *notes]) + "\n"


def _cell(text: str) -> str:
    """Numbers and our own words as they are; a model's name is not ours."""
    return tagged(text) if "(" in text else escaped(text)


def _differences(found: Reviewed, difference: Difference) -> Iterator[str]:
    """What differed first, then the rest, sort by sort."""
    if difference.first is not None:
        yield f"**First difference:** {tagged(first(difference))}\n"
        yield _fence((*_lines(difference.first.places), *_content(found, difference.first.pair)))
    for section in sections(difference):
        yield _folded(f"{section.name} ({len(section.items)})", _listing(found, section.items))
    if difference.outputs:
        yield f"**Outputs**\n\n{_fence(_lines(difference.outputs))}"
    if difference.allowed:
        yield f"<sub>Also differ, as rules allow: {escaped(difference.allowed)}</sub>\n"


def _listing(found: Reviewed, items: Iterable[tuple[Pair, Sequence[Place]]]) -> Iterator[str]:
    for pair, places in items:
        kind = f" {pair.kind}" if not places else ""
        yield f"@@ step {pair.number}{kind}: {pair.title} @@"
        yield from _lines(places)
        yield from _content(found, pair)


def _content(found: Reviewed, pair: Pair) -> Iterator[str]:
    """What a step says that stands on one side only."""
    return (f"{'-' if pair.kind == 'removed' else '+'} {each}" for each in content(found, pair))


def _lines(places: Sequence[Place]) -> Iterator[str]:
    """Places as a diff is written: what was and what is marked in the first column, so that both are coloured."""
    for place in places:
        pair = _values(place)
        if pair:
            yield from (f"  {place.place}", *pair)
        elif len(place.whole) == 1 and place.kind in _ALONE:
            yield f"{_ALONE[place.kind]} {place.text}"
        else:
            yield from map(_marked, place.whole)


_ALONE = {"added": "+", "removed": "-"}
"""The marks of places that stand on one side only."""


def _values(place: Place) -> Sequence[str]:
    """Both values of a place, each behind its mark, texts line by line; none where they are too long to stand there."""
    before, after = place.before, place.after if place.shown is None else place.shown
    if place.kind != "changed" or place.said is not None:
        return ()
    if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        return tuple(by_line(before, after))
    found = tuple(f"{mark} {gist(value, BRIEF)}" for mark, value in (("-", before), ("+", after)))
    return found if max(map(len, found)) < BRIEF else ()


def _marked(text: str) -> str:
    """A line with its mark in the first column, so that it is coloured; others stand behind two spaces."""
    bare = text.lstrip(" ")
    return bare if bare[:2] in ("- ", "+ ") or bare in ("-", "+") else f"  {text}"


def _folded(title: str, lines: Iterator[str]) -> str:
    return f"<details><summary>{escaped(title)}</summary>\n\n{_fence(lines)}\n</details>\n"


def _fence(lines: Iterable[str]) -> str:
    """Lines in a fence that none of them can close; of many, as many as a reader will read."""
    found, size = list[str](), 0
    for text in lines:
        shown = harmless(text).replace("\n", "\\n")
        size += len(shown) + 1
        if size > FENCED:
            found.append("  … more: `replaykit diff` has all of it")
            break
        found.append(shown)
    if not found:
        return ""
    fence = "`" * max(3, longest(found) + 1)
    return "\n".join([f"{fence}diff", *found, fence]) + "\n"


def _command(base: str, name: str = "") -> str:
    return shlex.join(["replaykit", "diff", *(["--base", base] if base else []), *([name] if name else [])])
