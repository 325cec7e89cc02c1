"""What a mark wants of its episode besides that it fits: budgets, and what may be left over.

Law: a budget is of what was recorded, so that it says the same in every mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from replaykit.core.attempts import wholes
from replaykit.core.model import ToolCall
from replaykit.core.plain import counted, line
from replaykit.pytest_plugin import MARK

if TYPE_CHECKING:
    from replaykit.core.model import Episode

_KNOWN = {"name": str, "unused": bool, "max_calls": int, "max_tokens": int, "max_turns": int}


class Wants(NamedTuple):
    """`unused`: recorded steps need not all be asked for. The others are the most there may be, None for any number.

    `max_calls` counts requests and tool calls, `max_turns` those to a model, `max_tokens` what these took.
    """

    unused: bool = False
    max_calls: int | None = None
    max_tokens: int | None = None
    max_turns: int | None = None

    def unmet(self, episode: Episode) -> list[str]:
        """What an episode takes more of than is wanted, a line each."""
        if self.max_calls is self.max_tokens is self.max_turns is None:
            return []
        calls, turns, tokens = _taken(episode)
        rows = (
            (calls, self.max_calls, "call", "max_calls"),
            (turns, self.max_turns, "turn", "max_turns"),
            (tokens, self.max_tokens, "token", "max_tokens"),
        )
        return [
            f"{episode.name} takes {counted(taken, what)}, and its mark allows {name}={most}"
            for taken, most, what, name in rows
            if most is not None and taken > most
        ]


def wants(item: pytest.Item) -> Wants:
    """What a test's mark says; fails the test for what no mark can say."""
    mark = item.get_closest_marker(MARK)
    said: dict[str, Any] = dict(mark.kwargs) if mark is not None else {}
    wrong = [
        line(name) if name not in _KNOWN else f"{name}={line(repr(value))}"
        for name, value in said.items()
        if name not in _KNOWN or not isinstance(value, _KNOWN[name] | None)
    ]
    if wrong or (mark is not None and len(mark.args) > 1):
        raise pytest.fail.Exception(
            f"@pytest.mark.{MARK} does not understand {', '.join(wrong) or 'several names'}: it takes a name, and "
            + ", ".join(f"{name}={kind.__name__}" for name, kind in _KNOWN.items() if name != "name"),
            pytrace=False,
        )
    said.pop("name", None)
    return Wants(**said)


def _taken(episode: Episode) -> tuple[int, int, int]:
    """How many calls, turns and tokens an episode took; the retries of an SDK are one call."""
    from replaykit.core.steps import Asked, answer_of

    calls = turns = tokens = 0
    for whole in wholes(episode):
        calls += 1
        if isinstance(whole.step, ToolCall):
            continue
        asked = Asked(whole.step.request)
        turns += bool(asked.turn)
        answer = answer_of(asked.roughly[1], whole.step.response)
        if answer is not None and answer.usage is not None:
            tokens += answer.usage.input + answer.usage.output
    return calls, turns, tokens
