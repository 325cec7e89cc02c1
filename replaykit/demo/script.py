"""What the demo's model says next, read from the conversation alone.

Law: pure and deterministic. The same request gets the same answer, with the same ids, and a system
prompt that asks for something else gets something else:

    get_weather offered, no result of it yet    say so, and call it
    book_seat offered, no result of it yet      say so, and call it
    otherwise                                   the answer, in the unit the system prompt names
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import orjson
from xxhash import xxh3_64_hexdigest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Document: TypeAlias = "dict[str, Any]"

WEATHER: Final[Mapping[str, tuple[int, str]]] = {
    "Kyoto": (9, "clear sky"),
    "Lisbon": (14, "light rain"),
    "Nairobi": (24, "sunshine"),
    "Oslo": (-3, "snow"),
}
"""Degrees Celsius and the sky, by city: the demo's climate never changes."""

GARMENTS: Final = {"clear sky": "a jacket", "light rain": "a raincoat", "sunshine": "a hat", "snow": "warm boots"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of the model: what it says, and the tool it calls (empty for none)."""

    text: str
    tool: str = ""
    arguments: Mapping[str, str] | None = None


def reply(document: Document) -> Reply:
    """The model's next message in a conversation (the body of a Messages API request)."""
    city = subject(document)
    results = dict(tool_results(document))
    offered = {tool.get("name") for tool in document.get("tools") or ()}
    if "get_weather" in offered - results.keys():
        return Reply(f"Let me look at the weather in {city} first.", "get_weather", {"city": city})
    if "book_seat" in offered - results.keys():
        return Reply(f"I know the weather. Now I book you a seat to {city}.", "book_seat", {"city": city})
    return Reply(" ".join(sentences(city, results, fahrenheit="fahrenheit" in system(document).lower())))


def sentences(city: str, results: Mapping[str, Document], *, fahrenheit: bool) -> Iterator[str]:
    """The sentences of the answer, each from what a tool found out."""
    weather, seat = results.get("get_weather", {}), results.get("book_seat", {})
    if {"celsius", "sky"} <= weather.keys():
        yield f"{city} has {weather['sky']} at {degrees(weather['celsius'], fahrenheit=fahrenheit)}:"
        yield f"pack {GARMENTS.get(weather['sky'], 'what you like')}."
    if {"seat", "reservation"} <= seat.keys():
        yield f"Your seat is {seat['seat']}, reservation {seat['reservation']}."
    if not weather and not seat:
        yield f"{city} is always worth a journey."


def degrees(celsius: int, *, fahrenheit: bool) -> str:
    """A temperature with its unit."""
    return f"{round(celsius * 9 / 5 + 32)} °F" if fahrenheit else f"{celsius} °C"


def forecast(city: str) -> Document | None:
    """What the weather service says of a city; None when it has never heard of it."""
    if city not in WEATHER:
        return None
    celsius, sky = WEATHER[city]
    return {"city": city, "celsius": celsius, "sky": sky}


def subject(document: Document) -> str:
    """The city that the user's first message names; Lisbon when it names none we know."""
    first: Document = next(iter(document["messages"]), {})
    said = " ".join(block.get("text", "") for block in blocks(first))
    return next((city for city in WEATHER if city in said), "Lisbon")


def system(document: Document) -> str:
    """The system prompt as one text; it may come as a text or as blocks."""
    prompt = document.get("system") or ""
    return prompt if isinstance(prompt, str) else "\n".join(block.get("text", "") for block in prompt)


def blocks(message: Document) -> list[Document]:
    """The content blocks of a message; a bare text is one block."""
    content = message.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def tool_results(document: Document) -> Iterator[tuple[str, Document]]:
    """The name of each tool that has run, with the JSON object it gave (empty when it gave another thing)."""
    everything = [block for message in document["messages"] for block in blocks(message)]
    names = {block["id"]: block["name"] for block in everything if block.get("type") == "tool_use"}
    for block in everything:
        if block.get("type") == "tool_result":
            yield names.get(block.get("tool_use_id"), ""), parsed(block)


def parsed(result: Document) -> Document:
    """The JSON object in a tool result's text; empty when there is none."""
    text = "".join(block.get("text", "") for block in blocks(result))
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def message(document: Document) -> Document:
    """The whole answer to a request, as the Messages API gives it when nobody asks for a stream."""
    said = reply(document)
    mark = xxh3_64_hexdigest(orjson.dumps(document["messages"]) + system(document).encode())
    content: list[Document] = [{"type": "text", "text": said.text}]
    if said.tool:
        content.append({"type": "tool_use", "id": f"toolu_{mark}", "name": said.tool, "input": said.arguments})
    return {
        "id": f"msg_{mark}",
        "type": "message",
        "role": "assistant",
        "model": document["model"],
        "content": content,
        "stop_reason": "tool_use" if said.tool else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": tokens(document), "output_tokens": tokens(content)},
    }


def tokens(value: Document | list[Document]) -> int:
    """About how many tokens something takes: four bytes each, as English text does."""
    return len(orjson.dumps(value)) // 4
