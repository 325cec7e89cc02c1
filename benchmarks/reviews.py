"""What a reviewer waits for: two recordings of an agent, compared.

Law: both sides are opened from their tapes, as in a review, and opening counts. Nothing is kept from
one comparison to the next.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.shelves import episode, usual
from benchmarks.workload import answer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.workload import Run

PROMPT, WORD = b'"system":"', b'"text":"'
"""What stands before the system prompt of a request, and before the first text of an answer."""

NEW = b"Be brief. "


def compared(folder: Path, agent: Run) -> dict[str, Any]:
    """Seconds of comparing an agent with itself after a change, from the two tapes to the difference.

    `prompt`: its system prompt has one more sentence, so that every request differs. `answer`: the
    model said something else in the middle, which all later requests repeat; what differed first is found.
    """
    from replaykit import cassette
    from replaykit.core.diff import diff

    bodies = agent.requests()
    said = [answer(agent.name, turn) for turn in range(agent.turns)]
    prompted = [body.replace(PROMPT, PROMPT + NEW) for body in bodies]
    middle = agent.turns // 2
    old = said[middle][said[middle].index(WORD) :][: 2 * len(WORD) + len(NEW)]
    new = old.replace(WORD, WORD + NEW)
    answered = [*said[:middle], said[middle].replace(old, new), *said[middle + 1 :]]
    repeated = [body.replace(old, new) for body in bodies]
    for name, asked, told in (("old", bodies, said), ("prompt", prompted, said), ("answer", repeated, answered)):
        cassette.save(folder, replace(episode(name, tuple(zip(asked, told, strict=True))), name=name))

    def first(name: str) -> int:
        """The step that differs first."""
        difference = diff(*(cassette.read(folder / f"{each}.tape") for each in ("old", name)))
        return difference.first.step if difference.first else 0

    if (first("prompt"), first("answer")) != (1, middle + 1):
        raise SystemExit("the wrong step was said to differ first")
    return {name: usual(partial(first, name)) for name in ("prompt", "answer")}
