# sync and async clients behave alike, and share no type
"""The real openai SDK, chat completions and Responses, recorded against a scripted server and replayed without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from replaykit.errors import NotRecorded
from tests.servers.models import openai_chat, openai_error, openai_responses
from tests.servers.script import Ending, events, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.sdk.colour import Stage

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
RESPONSES_TOOL = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}
CHAT: dict[str, Any] = {"model": "gpt-test", "messages": [{"role": "user", "content": "How is Paris?"}]}
RESPONSES: dict[str, Any] = {"model": "gpt-test", "input": "How is Paris?"}


def client(stage: Stage) -> Any:
    """The SDK's client, of the stage's colour."""
    made = openai.AsyncOpenAI if stage.colour.waits else openai.OpenAI
    return made(api_key="sk-made-up-for-a-test-0123456789", base_url=f"{stage.server.url}/v1")


@pytest.fixture
def model(stage: Stage) -> Stage:
    """The stage, with both of the provider's endpoints."""
    stage.server.on("POST /v1/chat/completions", openai_chat)
    stage.server.on("POST /v1/responses", openai_responses)
    return stage


def chatting(stage: Stage, name: str = "gpt-test") -> Callable[[], Coroutine[Any, Any, dict[str, Any]]]:
    """A program that asks a model once and gives the completion."""

    async def program() -> dict[str, Any]:
        async with stage.colour.inside(client(stage)) as sdk:
            told: dict[str, Any] = (
                await stage.colour.settled(sdk.chat.completions.create(**{**CHAT, "model": name}))
            ).to_dict()
            return told

    return program


def test_a_plain_completion(model: Stage) -> None:
    """A completion comes back as it was."""
    recorded = model.record(chatting(model))
    assert "You said: How is Paris?" == recorded["choices"][0]["message"]["content"]
    assert recorded == model.replay(chatting(model))


@pytest.mark.parametrize("tools", [[], [CHAT_TOOL]], ids=["text", "tool call"])
def test_a_stream_of_chunks(model: Stage, tools: list[Any]) -> None:
    """A streamed completion gives the same chunks, though the SDK stops at `[DONE]`."""
    question = {**CHAT, "tools": tools} if tools else CHAT

    async def program() -> list[dict[str, Any]]:
        async with model.colour.inside(client(model)) as sdk:
            answer = await model.colour.settled(sdk.chat.completions.create(**question, stream=True))
            return [chunk.to_dict() for chunk in await model.colour.all(answer)]

    recorded = model.record(program)
    assert 6 <= len(recorded)
    assert recorded == model.replay(program)


def test_an_agent_that_chats(model: Stage) -> None:
    """A loop of question, tool call, tool result and answer is replayed turn by turn."""

    async def turn(sdk: Any, messages: list[Any]) -> Any:
        question = {**CHAT, "messages": messages, "tools": [CHAT_TOOL]}
        return (await model.colour.settled(sdk.chat.completions.create(**question))).choices[0].message

    async def program() -> str:
        messages: list[Any] = list(CHAT["messages"])
        async with model.colour.inside(client(model)) as sdk:
            while (message := await turn(sdk, messages)).tool_calls:
                (call,) = message.tool_calls
                messages += [message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
        text: str = message.content
        return text

    recorded = model.record(program)
    assert "You said: sunny" == recorded
    assert recorded == model.replay(program)


def test_a_plain_response(model: Stage) -> None:
    """A response comes back as it was."""

    async def program() -> tuple[str, str]:
        async with model.colour.inside(client(model)) as sdk:
            response = await model.colour.settled(sdk.responses.create(**RESPONSES))
            return response.id, response.output_text

    recorded = model.record(program)
    assert "You said: How is Paris?" == recorded[1]
    assert recorded == model.replay(program)


@pytest.mark.parametrize("tools", [[], [RESPONSES_TOOL]], ids=["text", "tool call"])
def test_a_stream_of_response_events(model: Stage, tools: list[Any]) -> None:
    """A streamed response gives the same events and adds up to the same response."""

    async def program() -> tuple[list[str], dict[str, Any]]:
        async with (
            model.colour.inside(client(model)) as sdk,
            model.colour.inside(sdk.responses.stream(**RESPONSES, tools=tools)) as answer,
        ):
            told = [event.type for event in await model.colour.all(answer)]
            return told, (await model.colour.settled(answer.get_final_response())).to_dict()

    recorded = model.record(program)
    assert ["response.created", "response.completed"] == [recorded[0][0], recorded[0][-1]]
    assert recorded == model.replay(program)


def test_an_agent_on_responses(model: Stage) -> None:
    """A tool call of the Responses API and its output are replayed."""

    async def program() -> str:
        async with model.colour.inside(client(model)) as sdk:
            first = await model.colour.settled(sdk.responses.create(**RESPONSES, tools=[RESPONSES_TOOL]))
            (call,) = first.output
            output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
            question = {**RESPONSES, "input": [call.to_dict(), output], "tools": [RESPONSES_TOOL]}
            text: str = (await model.colour.settled(sdk.responses.create(**question))).output_text
            return text

    recorded = model.record(program)
    assert "You said: sunny" == recorded
    assert recorded == model.replay(program)


@pytest.mark.parametrize(("status", "kind"), [(429, "rate_limit_exceeded"), (500, "server_error")])
def test_a_retry_is_replayed_without_its_wait(model: Stage, status: int, kind: str) -> None:
    """An answer that cost 30 seconds of waiting is replayed with both attempts, in milliseconds."""
    error = openai_error(status, kind, (("retry-after", "30"),))
    model.server.on("POST /v1/chat/completions", error, openai_chat)
    recorded = model.record(chatting(model))
    assert (2, [30.0]) == (len(model.server.requests), model.naps)
    assert recorded == model.replay(chatting(model))
    assert 1 == len(model.naps)
    assert sum(model.naps) < 0.05


def test_a_broken_connection_is_retried_without_its_wait(model: Stage) -> None:
    """A retry after a failure, which no header can shorten, is replayed in milliseconds, too."""
    model.server.on("POST /v1/chat/completions", (Ending.RST,), openai_chat)
    recorded = model.record(chatting(model))
    assert 0.3 < sum(model.naps)
    assert recorded == model.replay(chatting(model))
    assert sum(model.naps) < 0.05


def test_errors_are_the_sdks_own(model: Stage) -> None:
    """An error that ends the run is the same exception, with the same status and body."""
    model.server.on("POST /v1/responses", openai_error(404, "model_not_found"))

    async def program() -> tuple[int, object]:
        async with model.colour.inside(client(model)) as sdk:
            with pytest.raises(openai.NotFoundError) as caught:
                await model.colour.settled(sdk.responses.create(**RESPONSES))
        return caught.value.status_code, caught.value.body

    recorded = model.record(program)
    assert 404 == recorded[0]
    assert recorded == model.replay(program)


def test_a_stream_cut_short(model: Stage) -> None:
    """A completion whose stream breaks off gives the same chunks, and then the same exception."""
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-test", "choices": []}
    gate = model.server.gate()
    model.server.on("POST /v1/chat/completions", stream(*events([chunk]), gate, Ending.RST))

    async def program() -> tuple[list[str], type[BaseException] | None]:
        seen: list[str] = []
        async with model.colour.inside(client(model)) as sdk:
            answer = await model.colour.settled(sdk.chat.completions.create(**CHAT, stream=True))
            try:
                seen.append((await _next(model, answer)).id)
                gate.set()
                await _next(model, answer)
            except Exception as error:  # noqa: BLE001  # whatever the SDK makes of it, the test compares
                return seen, type(error)
        return seen, None

    recorded = model.record(program)
    assert ["c"] == recorded[0]
    assert recorded[1] is not None
    assert recorded == model.replay(program)


async def _next(stage: Stage, answer: Any) -> Any:
    return await anext(answer) if stage.colour.waits else next(answer)


def test_a_miss_is_not_waited_for(model: Stage) -> None:
    """The SDK tries a miss again without its delays."""
    model.record(chatting(model))
    with pytest.raises(NotRecorded):
        model.replay(chatting(model, "gpt-test-2"))
    assert (2, 0.0) == (len(model.naps), sum(model.naps))
