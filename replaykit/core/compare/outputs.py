"""What came out of two runs, compared: standard output by line and word, the exit code, named values by place.

Where a line, or the whole of standard output, is JSON on both sides, it is told by place, too.

Law: what rules fold is equal, one to one and over the whole run: a time that is now on both sides,
an id in another id's place, each run's own folders.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from replaykit.core.compare.differing import LARGEST, bodies, of_documents, one_sided, replaced
from replaykit.core.compare.place import Place
from replaykit.core.model import Body
from replaykit.core.normalize import fold
from replaykit.core.plain import line
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.core.compare.ground import Ground
    from replaykit.core.model import Outputs

MOST = 2_000
"""Lines of an output that are aligned; of a longer one it is said where it begins to differ."""


def compare(before: Outputs, after: Outputs, ground: Ground) -> tuple[Place, ...]:
    """The places in which two runs' outputs differ."""
    return (*printed(before.stdout, after.stdout, ground), *_code(before, after), *values(before, after, ground))


def values(before: Outputs, after: Outputs, ground: Ground) -> tuple[Place, ...]:
    """The places in which the named values differ."""
    found: list[Place] = []
    for name in dict.fromkeys([*before.values, *after.values]):
        found += _value(f"output {line(name)}", name, before.values, after.values, ground)
    return tuple(found)


def printed(before: bytes, after: bytes, ground: Ground) -> tuple[Place, ...]:
    """The lines of standard output that differ."""
    if ground.alike(before, after):
        return ()
    if found := _read("stdout", before, after, ground):
        return found
    ours, theirs = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if max(len(ours), len(theirs)) > MOST:
        return (bodies("stdout", Body.of(before), Body.of(after), ground),)
    found = tuple(_lines(ours, theirs, ground))
    return found or (bodies("stdout", Body.of(before), Body.of(after), ground),)


def _read(place: str, before: bytes, after: bytes, ground: Ground) -> tuple[Place, ...]:
    """The places in two texts that are JSON objects or arrays; none when they are not, or differ in spelling alone."""
    if max(len(before), len(after)) > LARGEST or not all(each.lstrip()[:1] in (b"{", b"[") for each in (before, after)):
        return ()
    ours, theirs = parse(before), parse(after)
    if ours is None or theirs is None:
        return ()
    return tuple(each for each in of_documents(place, ours, theirs, ground, ", ") if not each.folds)


def _code(before: Outputs, after: Outputs) -> tuple[Place, ...]:
    """The exit code, where it is known what it was; a run that was killed has none."""
    if before.exit_code is None or before.exit_code == after.exit_code:
        return ()
    now = "none, it was killed" if after.exit_code is None else str(after.exit_code)
    text = f" {before.exit_code} → {now}"
    return (Place(before.exit_code, after.exit_code, lambda: "exit code", said=text),)


def _value(
    place: str, name: str, before: Mapping[str, bytes], after: Mapping[str, bytes], ground: Ground
) -> Sequence[Place]:
    if name not in after:
        return (_absent(one_sided(place, parse(before[name]), None), place),)
    if name not in before:
        return (one_sided(place, None, parse(after[name])),)
    return [each for each in of_documents(place, parse(before[name]), parse(after[name]), ground) if not each.folds]


def _absent(place: Place, name: str) -> Place:
    """A value that was not given again, in words of its own: `removed` would say that somebody took it away."""
    return replace(place, where=lambda: name, said=" was not given this time", kind="removed")


def _lines(ours: list[bytes], theirs: list[bytes], ground: Ground) -> Iterator[Place]:
    """The lines that differ, numbered as they are now, removed ones as they were."""
    old = [fold(each, ground.rules).skeleton for each in ours]
    new = [fold(each, ground.rules).skeleton for each in theirs]
    for _, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for step in range(max(i2 - i1, j2 - j1)):
            i, j = i1 + step, j1 + step
            yield from _line(ours[i] if i < i2 else None, theirs[j] if j < j2 else None, i, j, ground)


def _line(before: bytes | None, after: bytes | None, i: int, j: int, ground: Ground) -> Iterator[Place]:
    if before is not None and after is not None:
        if not ground.alike(before, after):
            place = f"stdout line {j + 1}"
            yield from _read(place, before, after, ground) or (replaced(place, *_ends(before, after), ground),)
    elif after is not None:
        yield one_sided(f"stdout line {j + 1}", None, _text(after))
    elif before is not None:
        yield one_sided(f"stdout line {i + 1}", _text(before), None)


def _ends(before: bytes, after: bytes) -> tuple[str, str]:
    """Two lines as text; their ends are shown where nothing else differs."""
    old, new = _text(before), _text(after)
    return (old, new) if old != new else (before.decode("latin-1"), after.decode("latin-1"))


def _text(data: bytes) -> str:
    return data.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
