"""The agent that is measured: what it asks, turn by turn, and what it is told.

Law: deterministic and pure. The same turn of the same agent gives the same bytes in every process
and on every machine, so a server in one process and a client in another agree without talking.
Only the standard library: this file also runs inside the environments of the peers.

An agent of 200 turns repeats its whole history in each request, as agents do: 190 kB a body on
average, 38 MB in all. The text is drawn from a vocabulary with the frequencies of natural language
(Zipf), so it compresses as prose does and not as a repeated paragraph does.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeAlias

JSON: TypeAlias = Any

LENGTHS = (20, 100, 200)
"""Turns of the agents that are measured."""

ANSWER = 440
"""Characters of prose in an answer; with a tool call and a result of six records: 1.9 kB of history a turn."""

RECORDS = 6
"""Records in a tool's result, each with an id, a number, a time and a note, as a database gives them."""

HEADERS = {
    "accept": "application/json",
    "content-type": "application/json",
    "user-agent": "Anthropic/Python 2.10.0",
    "anthropic-version": "2026-10-21",
    "authorization": "Bearer sk-ant-api03-" + "bench" * 18,
    "x-stainless-lang": "python",
    "x-stainless-runtime": "CPython",
    "x-stainless-retry-count": "0",
}
"""What an SDK sends with each request, a credential among it."""

_CONSONANTS = "bcdfghklmnprstvw"
_VOWELS = "aeiou"
_TOOLS = ("search_documents", "read_file", "run_query", "get_weather", "list_orders")


def _dice(seed: str) -> random.Random:
    """Numbers that are always the same for a seed."""
    return random.Random(seed)


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[tuple[str, ...], tuple[float, ...]]:
    """4,000 made-up words and their accumulated Zipf weights: the size of an everyday vocabulary."""
    dice = _dice("vocabulary")
    syllables = [first + vowel for first in _CONSONANTS for vowel in _VOWELS]
    words = dict.fromkeys("".join(dice.choices(syllables, k=dice.choice((1, 2, 2, 3, 3, 4)))) for _ in range(9000))
    chosen = tuple(words)[:4000]
    return chosen, tuple(accumulate(1 / rank for rank in range(1, len(chosen) + 1)))


def prose(seed: str, length: int) -> str:
    """`length` characters of sentences, always the same for a seed."""
    dice = _dice(seed)
    words, weights = _vocabulary()
    drawn = dice.choices(words, cum_weights=weights, k=length // 3)
    sentences, start = [], 0
    while start < len(drawn):
        size = dice.randint(6, 18)
        sentences.append(" ".join(drawn[start : start + size]).capitalize() + ".")
        start += size
    return " ".join(sentences)[:length]


def _dumps(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an agent: its name, how many turns it takes, and what changes from run to run.

    `session` and `now` are empty for an agent whose requests are equal in every run. Otherwise the
    session's id stands in the first message and in the metadata, and the time in the system prompt.
    """

    name: str = "agent"
    turns: int = 20
    stream: bool = False
    session: str = ""
    now: str = ""

    def requests(self) -> list[bytes]:
        """The body of every request, in the order of the SDK's own fields."""
        messages = [self._task()]
        for turn in range(self.turns - 1):
            messages += _exchange(self.name, turn)
        head, tail = '{"max_tokens":4096,"messages":[', "]," + self._settings()
        return [(head + ",".join(messages[: 2 * turn + 1]) + tail).encode() for turn in range(self.turns)]

    def _task(self) -> str:
        session = f"This is session {self.session}. " if self.session else ""
        return _dumps({"role": "user", "content": session + prose(f"{self.name} task", 600)})

    def _settings(self) -> str:
        now = f"It is now {self.now}. " if self.now else ""
        user = f"{self.name} {self.session}".strip()
        settings = {
            "model": "claude-opus-5",
            "metadata": {"user_id": user},
            **({"stream": True} if self.stream else {}),
            "system": now + prose("system prompt", 2400),
            "tools": [_tool(name) for name in _TOOLS],
        }
        return _dumps(settings)[1:]


def turn_of(body: bytes) -> tuple[str, int]:
    """The agent and the turn that a request belongs to, read from its body alone."""
    start = body.rfind(b'"user_id":"') + len(b'"user_id":"')
    user = body[start : body.index(b'"', start)].decode()
    return user.partition(" ")[0], body.count(b'"tool_result"')


def _tool(name: str) -> JSON:
    field = {"type": "string", "description": prose(f"{name} field", 90)}
    schema = {"type": "object", "properties": {"query": field, "reason": field}, "required": ["query"]}
    return {"name": name, "description": prose(name, 180), "input_schema": schema}


def _content(name: str, turn: int) -> list[JSON]:
    """What the model says at a turn: some text, and one tool call."""
    dice = _dice(f"{name} {turn}")
    call = {"query": prose(f"{name} {turn} query", 60), "reason": prose(f"{name} {turn} reason", 70)}
    identifier = f"toolu_{dice.getrandbits(96):024x}"
    return [
        {"type": "text", "text": prose(f"{name} {turn} answer", ANSWER)},
        {"type": "tool_use", "id": identifier, "name": dice.choice(_TOOLS), "input": call},
    ]


@lru_cache(maxsize=1024)
def _exchange(name: str, turn: int) -> tuple[str, str]:
    """The two messages that a turn adds to the history: the answer, and the tool's result."""
    content = _content(name, turn)
    said = {"role": "assistant", "content": content}
    told = {"type": "tool_result", "tool_use_id": content[1]["id"], "content": _result(name, turn)}
    return _dumps(said), _dumps({"role": "user", "content": [told]})


def _result(name: str, turn: int) -> str:
    """What a tool says: records, as JSON within the JSON."""
    dice = _dice(f"result {name} {turn}")
    return _dumps(
        [
            {
                "id": f"ord_{dice.getrandbits(48):012x}",
                "total": dice.randint(100, 99_999) / 100,
                "at": f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T{dice.randint(0, 23):02}:00:00Z",
                "note": prose(f"{name} {turn} {number}", 70),
            }
            for number in range(RECORDS)
        ]
    )


def _message(name: str, turn: int) -> JSON:
    dice = _dice(f"message {name} {turn}")
    return {
        "id": f"msg_{dice.getrandbits(96):024x}",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5",
        "content": _content(name, turn),
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 400 * turn + 900, "output_tokens": dice.randint(120, 400)},
    }


@lru_cache(maxsize=1024)
def answer(name: str, turn: int) -> bytes:
    """The plain JSON answer to an agent's request at a turn."""
    return _dumps(_message(name, turn)).encode()


@lru_cache(maxsize=1024)
def events(name: str, turn: int) -> tuple[bytes, ...]:
    """The same answer as server-sent events, in the order of the Messages API; deltas of 24 characters."""
    message = _message(name, turn)
    text, call = message["content"]
    opening = {**message, "content": [], "stop_reason": None}
    deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(text["text"])]
    inputs = [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(_dumps(call["input"]))]
    stop = {"stop_reason": "tool_use", "stop_sequence": None}
    documents = [
        {"type": "message_start", "message": opening},
        *_block(0, {"type": "text", "text": ""}, deltas),
        *_block(1, {**call, "input": {}}, inputs),
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": message["usage"]["output_tokens"]}},
        {"type": "message_stop"},
    ]
    return tuple(f"event: {event['type']}\ndata: {_dumps(event)}\n\n".encode() for event in documents)


def _pieces(text: str) -> list[str]:
    return [text[start : start + 24] for start in range(0, len(text), 24)]


def _block(index: int, opening: JSON, deltas: list[JSON]) -> list[JSON]:
    return [
        {"type": "content_block_start", "index": index, "content_block": opening},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]
