"""Whose doing it is that a step differs, given that nothing before it did.

    what differs                                        cause
    anything that happened while a tool ran             tool
    the request, in nothing but results of tools        tool
    the request, in anything else                       program
    the answer to an equal question                     model
    the answer to anything else that is equal           tool
    a step that one side alone has                      program
    the same, where it failed and was asked for again   model or tool, which failed

Law: pure, and read off the step itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.diff.items import parts
from replaykit.core.model import Exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.compare.place import Place
    from replaykit.core.diff.difference import Cause
    from replaykit.core.diff.side import Seen


def cause_of(before: Seen, after: Seen, asked: Sequence[Place]) -> Cause:
    """Who made two steps differ; `asked` are the places in their requests."""
    if before.step.within and after.step.within:
        return "tool"
    if not asked:
        return _who(after)
    return "tool" if all(_is_result(place, before, after) for place in asked) else "program"


def cause_alone(seen: Seen, side: Sequence[Seen]) -> Cause:
    """Who made a step stand alone among those of its side."""
    if seen.step.within:
        return "tool"
    return _who(seen) if seen.failed and _is_repeated(seen, side) else "program"


def _who(seen: Seen) -> Cause:
    return "model" if seen.model else "tool"


def _is_result(place: Place, before: Seen, after: Seen) -> bool:
    """Whether a place lies in what a tool gave back, on both sides."""
    found = parts(place, before, after)
    return all(each and all(part.kind == "tool_result" for part in each) for each in found)


def _is_repeated(seen: Seen, side: Sequence[Seen]) -> bool:
    """Whether another step of its side asks for the same."""
    return any(each is not seen and _request(each) == _request(seen) for each in side)


def _request(seen: Seen) -> tuple[object, ...]:
    step = seen.step
    if isinstance(step, Exchange):
        return step.request.method, step.request.url, step.request.body.digest
    return step.name, step.arguments
