"""A travel agent: it asks a model, runs the tools the model wants, and asks again until it has an answer.

Its two tools are the two kinds there are: `get_weather` calls a service over HTTP, `book_seat` is a
local function. The model and the service are where ANTHROPIC_BASE_URL and WEATHER_BASE_URL say.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2

import replaykit

if TYPE_CHECKING:
    from collections.abc import Callable

    from anthropic.types import Message, MessageParam, ToolParam, ToolResultBlockParam, ToolUseBlock

QUESTION = "I want to go to Lisbon. What should I pack? And book me a seat."
PROMPT = Path(__file__).with_name("travel_prompt.txt").read_text(encoding="utf-8")
CITY: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def get_weather(city: str) -> dict[str, Any]:
    """Today's weather in a city."""
    answer = httpx2.get(f"{os.environ['WEATHER_BASE_URL']}/weather", params={"city": city})
    return answer.raise_for_status().json()  # type: ignore[no-any-return]


@replaykit.tool
def book_seat(city: str) -> dict[str, Any]:
    """Book a seat on the next train to a city."""
    row, number = random.randint(1, 40), random.randint(1000, 9999)  # noqa: S311 - a seat is no secret
    return {"city": city, "seat": f"{row}A", "reservation": f"R-{number}"}


FUNCTIONS: dict[str, Callable[..., dict[str, Any]]] = {"get_weather": get_weather, "book_seat": book_seat}
TOOLS: list[ToolParam] = [
    {"name": name, "description": function.__doc__ or "", "input_schema": CITY} for name, function in FUNCTIONS.items()
]


def ask(client: anthropic.Anthropic, messages: list[MessageParam]) -> Message:
    """The model's next message; its text is printed as it comes."""
    with client.messages.stream(
        model="claude-sonnet-5-5",
        max_tokens=500,
        system=PROMPT,
        tools=TOOLS,
        messages=messages,
    ) as stream:
        for text in stream.text_stream:
            print(text, end="", flush=True)
        print()
        return stream.get_final_message()


def run(call: ToolUseBlock) -> ToolResultBlockParam:
    """What a tool says to the model."""
    result = FUNCTIONS[call.name](**call.input)
    print(f"  [{call.name} -> {result}]")
    return {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(result)}


def main(question: str) -> None:
    """Ask until the model wants no more tools."""
    client = anthropic.Anthropic()
    messages: list[MessageParam] = [{"role": "user", "content": question}]
    began = perf_counter()
    while True:
        answer = ask(client, messages)
        calls = [block for block in answer.content if block.type == "tool_use"]
        if not calls:
            print(f"({(perf_counter() - began) * 1000:,.0f} ms from question to answer)", file=sys.stderr)
            return
        messages.append({"role": "assistant", "content": answer.content})
        messages.append({"role": "user", "content": [run(call) for call in calls]})


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or QUESTION)
