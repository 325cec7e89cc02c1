"""Runs of agents as the wire has them, kept by the real store: what pages, reports and commands are tried on.

Law: `again` counts recordings of the same run: ids, times, ports, durations and headers differ
between them as they do in life, and nothing else does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from replaykit.core.model import Body, Exchange, Failure, Origin, Request, Response, Span, ToolCall, Unseen
from replaykit.session.facts import facts_of
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from replaykit.core.model import Episode, Headers, Step

NOON = 1_793_534_400.0
"""1 November 2026, 12:00 UTC."""

DAY = 86_400

PROMPT = "You plan journeys.\n\nName degrees in Celsius."
WEATHER: Mapping[str, Any] = {
    "name": "get_weather",
    "description": "Today's weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def printed(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def answered(body: Any, status: int = 200, kind: str = "application/json", headers: Headers = ()) -> Response:
    """A response in one chunk, or in as many as the body is a list of."""
    chunks = body if isinstance(body, list) else [body if isinstance(body, bytes) else printed(body)]
    times = tuple(range(100, 100 + 40 * len(chunks), 40))
    lengths = tuple(map(len, chunks))
    return Response(status, (("content-type", kind), *headers), Body.of(b"".join(chunks)), lengths, times)


def posted(url: str, document: Any, headers: Headers = ()) -> Request:
    body = document if isinstance(document, bytes) else printed(document)
    return Request("POST", url, (("content-type", "application/json"), *headers), Body.of(body))


def fetched(url: str) -> Request:
    return Request("GET", url, (), Body.of(b""))


@dataclass(slots=True)
class Run:
    """A run being made up: each step begins when the one before it has ended."""

    again: int = 0
    steps: list[Step] = field(default_factory=list)
    clock: int = 0

    @property
    def span(self) -> Span:
        """When and where this recording took place."""
        began = NOON + self.again * (3 * DAY + 4711)
        return Span(began, began + 9, f"/home/user{self.again}", f"/home/user{self.again}/agent", "/tmp")  # noqa: S108

    @property
    def port(self) -> int:
        return 40_000 + self.again

    def id(self, prefix: str = "") -> str:
        """An id that no other recording has."""
        random = hash((self.again, len(self.steps), prefix)) % 2**128
        return f"{prefix}{UUID(int=random * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128, version=4)}"

    def step(self, step: Step, took: int = 1_200) -> None:
        """One more step of the run, `took` milliseconds long."""
        took += self.again
        timed: Step
        match step:
            case Exchange():
                timed = replace(step, began=self.clock, first=took // 3, took=took)
            case ToolCall():
                timed = replace(step, began=self.clock, took=took)
        self.steps.append(timed)
        self.clock += (took + 20) * 1_000_000

    def exchange(self, request: Request, response: Response | None, took: int = 1_200, **more: Any) -> None:
        self.step(Exchange(request, response, **more), took)


def message(run: Run, content: list[Any], tokens: int = 0) -> dict[str, Any]:
    """An answer of the Messages API, with an id of its own."""
    called = any(block["type"] == "tool_use" for block in content)
    return {
        "id": run.id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": content,
        "stop_reason": "tool_use" if called else "end_turn",
        "usage": {"input_tokens": 100 + tokens, "output_tokens": 20, "cache_read_input_tokens": tokens},
    }


def streamed(document: dict[str, Any]) -> list[bytes]:
    """A message as the events that add up to it, two chunks for each block."""
    told: list[dict[str, Any]] = [{"type": "message_start", "message": {**document, "content": []}}]
    for index, block in enumerate(document["content"]):
        text = block["type"] == "text"
        empty = {**block, "text": ""} if text else {**block, "input": {}}
        said = block["text"] if text else json.dumps(block["input"])
        kind, name = ("text_delta", "text") if text else ("input_json_delta", "partial_json")
        told.append({"type": "content_block_start", "index": index, "content_block": empty})
        told += [
            {"type": "content_block_delta", "index": index, "delta": {"type": kind, name: piece}}
            for piece in (said[:7], said[7:])
        ]
        told.append({"type": "content_block_stop", "index": index})
    told.append({"type": "message_delta", "delta": {"stop_reason": document["stop_reason"]}, "usage": {}})
    told.append({"type": "message_stop"})
    return [f"event: {each['type']}\n".encode() + b"data: " + printed(each) + b"\n\n" for each in told]


@dataclass(slots=True)
class Claude:
    """A conversation with the Messages API: `ask` sends the whole history and takes in the answer."""

    run: Run
    system: str = PROMPT
    tools: Sequence[Any] = (WEATHER,)
    messages: list[Any] = field(default_factory=list)

    def ask(self, said: Any, *blocks: Any, stream: bool = True, **more: Any) -> None:
        self.messages.append({"role": "user", "content": said})
        document = message(self.run, list(blocks), 40 * len(self.messages))
        chunks: Any = streamed(document) if stream else document
        response = answered(chunks, kind="text/event-stream" if stream else "application/json")
        self.run.exchange(self.request(stream=stream), response, **more)
        self.messages.append({"role": "assistant", "content": document["content"]})

    def request(self, *, stream: bool = True, attempt: int = 0) -> Request:
        """The request that the history amounts to now."""
        document = {
            "model": "claude-sonnet-5-5",
            "max_tokens": 500,
            "system": self.system,
            "tools": list(self.tools),
            "messages": self.messages,
            "stream": stream,
        }
        headers = (
            ("anthropic-version", "2023-06-01"),
            ("x-stainless-retry-count", str(attempt)),
            ("user-agent", f"Anthropic/Python 2.{self.run.again}"),
        )
        return posted(f"http://127.0.0.1:{self.run.port}/v1/messages", document, headers)


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def call(run: Run, name: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": run.id(f"toolu_{name}_"), "name": name, "input": arguments}


def result(call: Mapping[str, Any], said: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call["id"], "content": said}


def travel(again: int = 0, *, prompt: str = PROMPT, extra: bool = False) -> Run:
    """The bundled agent's run: two tools, one over HTTP, a rate limit on the way."""
    run = Run(again)
    claude = Claude(run, prompt)
    claude.messages.append({"role": "user", "content": "Pack for Lisbon, please."})
    limited = answered({"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}}, 429)
    run.exchange(claude.request(), limited, 80)
    claude.messages.pop()
    weather = call(run, "get_weather", city="Lisbon")
    attempt = len(run.steps)
    claude.ask("Pack for Lisbon, please.", text("Let me look.\n\nOne moment."), weather)
    first = run.steps[attempt]
    assert isinstance(first, Exchange)
    run.steps[attempt] = replace(first, attempt=1)
    service = f"http://localhost:{run.port + 5000}/weather?city=Lisbon"
    run.exchange(fetched(service), answered({"city": "Lisbon", "celsius": 14, "at": moment(run)}), 90)
    if extra:
        run.exchange(fetched(f"{service}&days=3"), answered({"city": "Lisbon", "days": [14, 15, 11]}), 90)
    seat = call(run, "book_seat", city="Lisbon")
    claude.ask([result(weather, '{"celsius": 14}')], seat)
    run.step(ToolCall("book_seat", b'{"city":"Lisbon"}', printed({"seat": "12A", "booking": run.id()})), 3)
    claude.ask([result(seat, '{"seat": "12A"}')], text("Take a raincoat. Your seat is 12A."), hidden=("API_KEY",) * 2)
    return run


def moment(run: Run) -> str:
    """The time of the recording, as a service writes it."""
    day, rest = divmod(int(run.span.began - NOON), DAY)
    return f"2026-11-{1 + day:02d}T{12 + rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"


def mixed(again: int = 0) -> Run:
    """One of everything else: chat completions, responses, MCP, binary, failures, streams cut and left."""
    run = Run(again)
    openai = "https://api.openai.com/v1"
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    asked = {"model": "gpt-5", "temperature": 0.2, "tools": [tool]}
    said: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 3?"}]
    wanted = {"id": run.id("call_"), "type": "function", "function": {"name": "add", "arguments": '{"a": 2, "b": 3}'}}
    turn = {"role": "assistant", "content": None, "tool_calls": [wanted]}
    run.exchange(posted(f"{openai}/chat/completions", {**asked, "messages": said}), answered(chat(run, turn)))
    said += [turn, {"role": "tool", "tool_call_id": wanted["id"], "content": "5"}]
    final = {"role": "assistant", "content": "It is 5."}
    run.exchange(
        posted(f"{openai}/chat/completions", {**asked, "temperature": 0, "messages": said}), answered(chat(run, final))
    )
    first = reply(run, "Noted.")
    run.exchange(posted(f"{openai}/responses", {"model": "gpt-5", "input": "Remember 7."}), answered(first))
    for question in ("And 8.", "Which?"):
        follow = {"model": "gpt-5", "previous_response_id": first["id"], "input": question}
        first = reply(run, "Seven and eight." if question == "Which?" else "Noted, too.")
        run.exchange(posted(f"{openai}/responses", follow), answered(first))
    asks = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "find", "arguments": {"q": "tea"}}}
    told = {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "Found: tea"}]}}
    server = posted("https://tools.example/mcp", asks, (("mcp-protocol-version", "2025-11-25"),))
    run.exchange(server, answered(told))
    run.exchange(fetched("https://images.example/logo.png"), answered(b"\x89PNG\r\n\x1a\n\xff\xfe", kind="image/png"))
    run.exchange(fetched("https://down.example/"), None, failure=Failure("ConnectError", "connection refused"))
    run.exchange(fetched("https://feed.example/"), answered([b"data: one\n\n"], kind="text/event-stream"), left=True)
    lost = Failure("RemoteProtocolError", "peer closed connection")
    run.exchange(
        fetched("https://feed.example/2"), answered([b"data: two\n\n"], kind="text/event-stream"), failure=lost
    )
    run.step(ToolCall("divide", b'{"by":0}', failure=Failure("ZeroDivisionError", "division by zero")))
    return run


def chat(run: Run, turn: Any) -> dict[str, Any]:
    """An answer of chat completions."""
    return {
        "id": run.id("chatcmpl-"),
        "created": int(run.span.began),
        "model": "gpt-5-2026-08-07",
        "choices": [{"index": 0, "message": turn, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 30, "completion_tokens": 5},
    }


def reply(run: Run, said: str) -> dict[str, Any]:
    """An answer of the Responses API."""
    content = [{"type": "output_text", "text": said}]
    return {
        "id": run.id("resp_"),
        "object": "response",
        "model": "gpt-5",
        "status": "completed",
        "output": [{"type": "message", "role": "assistant", "content": content}],
        "usage": {"input_tokens": 9, "output_tokens": 2},
    }


def kept(path: Path, run: Run, name: str = "support", *, id: str = "", finished: bool = True) -> Episode:  # noqa: A002
    """The run as an episode, kept step by step by the store at `path`, and read from it again."""
    store = Store(path)
    origin = Origin(("python", "agent.py", "Lisbon"), python="3.11.9", commit=run.id())
    episode = store.begin(name, origin, run.span, id=id)
    keeper = store.keeper(episode)
    for step in run.steps:
        keeper.keep(step, facts_of(step))
    store.output(episode, "answer", b'"Take a raincoat."')
    store.saw(episode, Unseen("api.tavily.example", "urllib3", 2))
    if finished:
        out = f"Take a raincoat.\nYour booking is {run.id()}.\n"
        store.finish(episode, ended=run.span.ended, exit_code=0, stdout=out.encode())
    found = store.episode(episode)
    store.close()
    assert found is not None
    return found
