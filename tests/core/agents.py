"""Episodes of a small agent, as values, for the tests beside this file: it asks for the weather, and is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Body, Episode, Exchange, Origin, Outputs, Request, Response, Span, ToolCall
from replaykit.report.cost import Bill
from replaykit.report.difference import review
from replaykit.report.review import Reviewed
from replaykit.report.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replaykit.core.diff import Difference
    from replaykit.core.model import Step

URL = "https://api.anthropic.com/v1/messages"
SYSTEM = "You must always answer politely."
TOOL: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}, "units": {"type": "string"}}},
}
HEADERS = (("anthropic-version", "2023-06-01"), ("content-type", "application/json"))
JSON_HEADERS = (("content-type", "application/json"),)
NOON = 1_793_534_400.0
"""A day in November 2026, as Unix seconds."""


def printed(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def request(document: Any, url: str = URL, method: str = "POST") -> Request:
    body = Body.of(document if isinstance(document, bytes) else printed(document))
    return Request(method, url, HEADERS if url.endswith("/v1/messages") else JSON_HEADERS, body)


def response(document: Any, status: int = 200) -> Response:
    body = Body.of(document if isinstance(document, bytes) else printed(document))
    return Response(status, JSON_HEADERS, body, (body.size,), (1,))


def exchange(asked: Any, answered: Any = None, url: str = URL, method: str = "POST", **more: Any) -> Exchange:
    return Exchange(request(asked, url, method), response(answered if answered is not None else {}), **more)


def episode(*steps: Step, name: str = "support", **more: Any) -> Episode:
    return Episode("episode_k3v9q2", name, steps=steps, **{"origin": Origin(("python", "agent.py")), **more})


def question(*said: Any, system: str = SYSTEM, tools: Sequence[Any] = (TOOL,), **settings: Any) -> dict[str, Any]:
    """A request whose messages alternate, the user's first."""
    roles = ("user", "assistant")
    messages = [{"role": roles[index % 2], "content": content} for index, content in enumerate(said)]
    return {"model": "claude-x", "system": system, "messages": messages, "tools": list(tools), **settings}


def called(city: str, id: str = "toolu_01AbCdEfGhIjKlMn") -> list[Any]:  # noqa: A002 - the word
    """What the assistant says to call the tool."""
    return [{"type": "tool_use", "id": id, "name": "get_weather", "input": {"city": city}}]


def told(result: str, id: str = "toolu_01AbCdEfGhIjKlMn") -> list[Any]:  # noqa: A002
    """What the tool gave back."""
    return [{"type": "tool_result", "tool_use_id": id, "content": result}]


def answer(content: Any, stop: str = "end_turn", **more: Any) -> dict[str, Any]:
    """A message of the model; a text stands for a block of text."""
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    usage = {"input_tokens": 100, "output_tokens": 5}
    return {"type": "message", "role": "assistant", "model": "claude-x", "content": blocks, "stop_reason": stop} | {
        "usage": usage,
        **more,
    }


def lines_of(difference: Difference) -> list[str]:
    """A difference in lines, as a person reads it."""
    return plain(review(Reviewed("", None, None, difference, (Bill(), Bill())))).splitlines()


@dataclass(frozen=True, slots=True)
class Agent:
    """A run: each turn asks for the weather of a city and is told, the last one answers.

    `seed` makes the ids that a server would make up.
    """

    cities: tuple[str, ...] = ("Paris", "Oslo", "Rome")
    system: str = SYSTEM
    weather: Callable[[str], str] = lambda city: f"{city}: 22 C"
    verdict: str = "It is warm in all of them."
    asked: str = "Where is it warm?"
    seed: str = "a"
    tokens: int = 100

    def episode(self, **more: Any) -> Episode:
        """What is recorded of it."""
        steps: list[Step] = []
        said: list[Any] = [self.asked]
        for number, city in enumerate(self.cities):
            id = f"toolu_01{self.seed}7Xq2Kf9{number}Zp4Wm8Ry1Tn"  # noqa: A001
            steps.append(self._turn(said, called(city, id), "tool_use", len(steps)))
            arguments, result = json.dumps({"city": city}).encode(), self.weather(city)
            steps.append(ToolCall("get_weather", arguments, json.dumps(result).encode(), began=len(steps)))
            said += [called(city, id), told(result, id)]
        steps.append(self._turn(said, self.verdict, "end_turn", len(steps)))
        outputs = Outputs(f"{self.verdict}\n".encode(), 0)
        whole = Episode(
            f"episode_{self.seed}", "weather", steps=tuple(steps), outputs=outputs, span=Span(NOON, NOON + 9)
        )
        return replace(whole, **more)

    def _turn(self, said: Sequence[Any], content: Any, stop: str, began: int) -> Exchange:
        usage = {"input_tokens": self.tokens, "output_tokens": 5}
        return exchange(question(*said, system=self.system), answer(content, stop, usage=usage), began=began)
