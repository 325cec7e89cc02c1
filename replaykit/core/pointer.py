"""JSON Pointers (RFC 6901): `/a~1b/0` is the first item under `a/b`.

Law: a name that was made a step is the name again when the step is read.
"""

from __future__ import annotations


def steps(pointer: str) -> tuple[str, ...]:
    """The names and indexes that a pointer leads through; none of the empty one, which is the whole document."""
    return tuple(map(name, pointer.split("/")[1:]))


def name(step: str) -> str:
    """The name that a step stands for."""
    return step.replace("~1", "/").replace("~0", "~")


def step(name: str) -> str:
    """The step that stands for a name."""
    return name.replace("~", "~0").replace("/", "~1")
