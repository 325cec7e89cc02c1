# sync and async clients behave alike, and share no type
"""The real anthropic SDK, recorded against a scripted server and replayed without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import pytest

from replaykit.errors import NotRecorded
from tests.servers.models import anthropic_error, anthropic_messages
from tests.servers.script import Ending, events, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.sdk.colour import Stage

KEY = "sk-ant-api03-made-up-for-a-test-0123456789"
TOOL = {
    "name": "weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QUESTION: dict[str, Any] = {
    "model": "claude-test-1",
    "max_tokens": 200,
    "messages": [{"role": "user", "content": "How is Paris?"}],
}


def client(stage: Stage, key: str = KEY, **options: Any) -> Any:
    """The SDK's client, of the stage's colour."""
    made = anthropic.AsyncAnthropic if stage.colour.waits else anthropic.Anthropic
    return made(api_key=key, base_url=stage.server.url, **options)


def asking(stage: Stage, key: str = KEY, **question: Any) -> Callable[[], Coroutine[Any, Any, dict[str, Any]]]:
    """A program that asks once and gives the message."""

    async def program() -> dict[str, Any]:
        async with stage.colour.inside(client(stage, key)) as model:
            message = await stage.colour.settled(model.messages.create(**{**QUESTION, **question}))
            told: dict[str, Any] = message.to_dict()
            return told

    return program


def test_a_plain_answer(stage: Stage) -> None:
    """A message comes back as it was, its request id included, without the key."""
    stage.server.on("POST /v1/messages", anthropic_messages)

    async def program() -> tuple[str, str | None]:
        async with stage.colour.inside(client(stage)) as model:
            message = await stage.colour.settled(model.messages.create(**QUESTION))
            return message.content[0].text, message._request_id  # noqa: SLF001  # documented by the SDK under this name

    recorded = stage.record(program)
    assert ("You said: How is Paris?", "req_011CRzTestRequest") == recorded
    assert recorded == stage.replay(program)


def test_another_key_is_served(stage: Stage) -> None:
    """A replay on a fresh machine, with a placeholder for the key, is the same run."""
    stage.server.on("POST /v1/messages", anthropic_messages)
    recorded = stage.record(asking(stage))
    assert recorded == stage.replay(asking(stage, key="placeholder"))


def test_a_stream_of_events(stage: Stage) -> None:
    """`stream=True` gives the same events in the same order."""
    stage.server.on("POST /v1/messages", anthropic_messages)

    async def program() -> list[dict[str, Any]]:
        async with stage.colour.inside(client(stage)) as model:
            answer = await stage.colour.settled(model.messages.create(**QUESTION, stream=True))
            return [event.to_dict() for event in await stage.colour.all(answer)]

    recorded = stage.record(program)
    assert ["message_start", "message_stop"] == [recorded[0]["type"], recorded[-1]["type"]]
    assert recorded == stage.replay(program)


def test_a_stream_of_text(stage: Stage) -> None:
    """`messages.stream` gives the same pieces of text and adds up to the same message."""
    stage.server.on("POST /v1/messages", anthropic_messages)

    async def program() -> tuple[list[str], dict[str, Any]]:
        async with (
            stage.colour.inside(client(stage)) as model,
            stage.colour.inside(model.messages.stream(**QUESTION)) as answer,
        ):
            pieces = await stage.colour.all(answer.text_stream)
            return pieces, (await stage.colour.settled(answer.get_final_message())).to_dict()

    recorded = stage.record(program)
    assert ["You s", "aid: "] == recorded[0][:2]
    assert recorded == stage.replay(program)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_an_agent_with_a_tool(stage: Stage, streamed: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """A loop of question, tool call, tool result and answer is replayed turn by turn."""
    stage.server.on("POST /v1/messages", anthropic_messages)

    async def turn(model: Any, messages: list[Any]) -> Any:
        question = {**QUESTION, "messages": messages, "tools": [TOOL]}
        if not streamed:
            return await stage.colour.settled(model.messages.create(**question))
        async with stage.colour.inside(model.messages.stream(**question)) as answer:
            return await stage.colour.settled(answer.get_final_message())

    async def program() -> str:
        messages: list[Any] = list(QUESTION["messages"])
        async with stage.colour.inside(client(stage)) as model:
            while (message := await turn(model, messages)).stop_reason == "tool_use":
                call = message.content[0]
                result = {"type": "tool_result", "tool_use_id": call.id, "content": f"{call.input['city']}: sunny"}
                messages += [
                    {"role": "assistant", "content": [call.to_dict()]},
                    {"role": "user", "content": [result]},
                ]
        text: str = message.content[0].text
        return text

    recorded = stage.record(program)
    assert "You said: Paris: sunny" == recorded
    assert recorded == stage.replay(program)


WAIT = (("retry-after", "30"),)
"""What the server asks for, in seconds."""


@pytest.mark.parametrize(("status", "kind"), [(429, "rate_limit_error"), (500, "api_error"), (529, "overloaded_error")])
def test_a_retry_is_replayed_without_its_wait(stage: Stage, status: int, kind: str) -> None:
    """An answer that cost 30 seconds of waiting is replayed with both attempts, in milliseconds."""
    stage.server.on("POST /v1/messages", anthropic_error(status, kind, WAIT), anthropic_messages)
    recorded = stage.record(asking(stage))
    assert (2, [30.0]) == (len(stage.server.requests), stage.naps)
    assert recorded == stage.replay(asking(stage))
    assert 1 == len(stage.naps)
    assert sum(stage.naps) < 0.05


@pytest.mark.parametrize("broken", [Ending.FIN, Ending.RST])
def test_a_broken_connection_is_retried_without_its_wait(stage: Stage, broken: Ending) -> None:
    """A retry after a failure, which no header can shorten, is replayed in milliseconds, too."""
    stage.server.on("POST /v1/messages", (broken,), anthropic_messages)
    recorded = stage.record(asking(stage))
    assert 0.3 < sum(stage.naps)
    assert recorded == stage.replay(asking(stage))
    assert sum(stage.naps) < 0.05


def test_the_sdk_waits_again_after_a_replay(stage: Stage) -> None:
    """A replay that shortens the SDK's delays leaves them as it found them."""
    from anthropic import _base_client

    before = _base_client.INITIAL_RETRY_DELAY  # type: ignore[attr-defined]
    stage.server.on("POST /v1/messages", (Ending.FIN,), anthropic_messages)
    stage.record(asking(stage))
    stage.replay(asking(stage))
    assert before == _base_client.INITIAL_RETRY_DELAY  # type: ignore[attr-defined]


def test_errors_are_the_sdks_own(stage: Stage) -> None:
    """An error that ends the run is the same exception, with the same status and body."""
    stage.server.on("POST /v1/messages", anthropic_error(400, "invalid_request_error"))

    async def program() -> tuple[int, object]:
        async with stage.colour.inside(client(stage)) as model:
            with pytest.raises(anthropic.BadRequestError) as caught:
                await stage.colour.settled(model.messages.create(**QUESTION))
        return caught.value.status_code, caught.value.body

    recorded = stage.record(program)
    assert 400 == recorded[0]
    assert recorded == stage.replay(program)


def test_an_error_in_a_stream(stage: Stage) -> None:
    """A stream that turns into an error gives its events, and then the same exception."""
    start = {"type": "ping"}
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    stage.server.on("POST /v1/messages", stream(*events([start, error], names=True)))

    async def program() -> object:
        async with stage.colour.inside(client(stage)) as model:
            answer = await stage.colour.settled(model.messages.create(**QUESTION, stream=True))
            with pytest.raises(anthropic.APIStatusError) as caught:
                await stage.colour.all(answer)
        return caught.value.body

    recorded = stage.record(program)
    assert error == recorded
    assert recorded == stage.replay(program)


def test_a_changed_prompt_is_a_miss_whatever_the_sdk_makes_of_it(stage: Stage) -> None:
    """A miss that the SDK disguises as a connection error, and the program swallows, still fails the block."""
    stage.server.on("POST /v1/messages", anthropic_messages)
    stage.record(asking(stage))
    changed = [{"role": "user", "content": "How is Rome?"}]

    async def program() -> None:
        with pytest.raises((anthropic.APIConnectionError, NotRecorded)):
            await asking(stage, messages=changed)()
        await asking(stage)()

    with pytest.raises(NotRecorded, match="Rome"):
        stage.replay(program)


def test_a_miss_is_not_waited_for(stage: Stage) -> None:
    """The SDK tries a miss again without its delays, and waits as ever when the replay is over."""
    from anthropic import _base_client

    before = _base_client.INITIAL_RETRY_DELAY  # type: ignore[attr-defined]
    stage.server.on("POST /v1/messages", anthropic_messages)
    stage.record(asking(stage))
    with pytest.raises(NotRecorded):
        stage.replay(asking(stage, model="claude-test-2"))
    assert (2, 0.0) == (len(stage.naps), sum(stage.naps))
    assert before == _base_client.INITIAL_RETRY_DELAY  # type: ignore[attr-defined]


def test_raw_responses(stage: Stage) -> None:
    """`with_raw_response` and `with_streaming_response` give the same headers and lines."""
    stage.server.on("POST /v1/messages", anthropic_messages)

    async def program() -> tuple[str | None, list[str]]:
        async with stage.colour.inside(client(stage)) as model:
            raw = await stage.colour.settled(model.messages.with_raw_response.create(**QUESTION))
            streaming = model.messages.with_streaming_response.create(**QUESTION, stream=True)
            async with stage.colour.inside(streaming) as answer:
                return raw.headers.get("request-id"), await stage.colour.all(answer.iter_lines())

    recorded = stage.record(program)
    assert ("req_011CRzTestRequest", "event: message_start") == (recorded[0], recorded[1][0])
    assert recorded == stage.replay(program)
