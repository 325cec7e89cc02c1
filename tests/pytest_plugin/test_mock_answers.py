# sync and async clients behave alike, and share no type
"""Ready answers of a router, as the real SDKs read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic
import httpx
import httpx2
import openai
import pytest

from replaykit.errors import UsageError
from replaykit.pytest_plugin.mock.ready import router
from tests.sdk.colour import Colour

if TYPE_CHECKING:
    from replaykit.pytest_plugin.mock.routing import Routing

KEY = "sk-made-up-for-a-test-0123456789"
HELLO: list[Any] = [{"role": "user", "content": "Hello?"}]


def claude(colour: Colour, **options: Any) -> Any:
    kind = anthropic.AsyncAnthropic if colour.waits else anthropic.Anthropic
    return kind(api_key=KEY, **options)


def gpt(colour: Colour, **options: Any) -> Any:
    kind = openai.AsyncOpenAI if colour.waits else openai.OpenAI
    return kind(api_key=KEY, **options)


def asked(client: Any, **more: Any) -> Any:
    """A message of Anthropic's API, being asked for."""
    return client.messages.create(model="claude-test", max_tokens=9, messages=HELLO, **more)


def test_anthropic_reads_a_message(mock: Any, colour: Colour) -> None:
    """Text, a tool call, usage and the reason to stop come out of the real SDK as they went in."""
    mock.anthropic(mock.message("One moment.", mock.tool("weather", city="Oslo"), usage=(12, 7)))

    async def program() -> Any:
        async with colour.inside(claude(colour)) as client:
            return await colour.settled(asked(client))

    message = colour.run(program)
    text, call = message.content
    assert ("One moment.", "weather", {"city": "Oslo"}) == (text.text, call.name, call.input)
    assert ("tool_use", "claude-test", 12, 7) == (
        message.stop_reason,
        message.model,
        message.usage.input_tokens,
        message.usage.output_tokens,
    )
    assert message._request_id  # noqa: SLF001  # documented by the SDK under this name


def test_anthropic_reads_a_stream(mock: Any, colour: Colour) -> None:
    """A streamed message comes in pieces and adds up to the plain one, whichever the client asks for."""
    mock.anthropic(mock.message("It is\n cold.  ", mock.tool("pack", {"what": ["a coat"], "name": "é"})))

    async def program() -> tuple[list[str], Any, Any]:
        async with colour.inside(claude(colour)) as client:
            question = {"model": "claude-test", "max_tokens": 9, "messages": HELLO}
            async with colour.inside(client.messages.stream(**question)) as stream:
                pieces = await colour.all(stream.text_stream)
                return pieces, await colour.settled(stream.get_final_message()), await colour.settled(asked(client))

    pieces, streamed, plain = colour.run(program)
    assert len(pieces) > 1
    assert "It is\n cold.  " == "".join(pieces)
    assert {"what": ["a coat"], "name": "é"} == streamed.content[1].input
    assert [each.to_dict().keys() - {"id", "parsed_output"} for each in plain.content] == [
        each.to_dict().keys() - {"id", "parsed_output"} for each in streamed.content
    ]
    assert plain.stop_reason == streamed.stop_reason


def test_openai_reads_a_completion(mock: Any, colour: Colour) -> None:
    """Chat completions come plain and streamed, with tool calls and the usage that was asked for."""
    mock.openai.chat(mock.message("One moment.", mock.tool("weather", city="Oslo"), mock.tool("time")))

    async def program() -> tuple[Any, Any]:
        async with colour.inside(gpt(colour)) as client:
            question: dict[str, Any] = {"model": "gpt-test", "messages": HELLO}
            plain = await colour.settled(client.chat.completions.create(**question))
            streaming = client.chat.completions.stream(**question, stream_options={"include_usage": True})
            async with colour.inside(streaming) as stream:
                await colour.all(stream)
                return plain, await colour.settled(stream.get_final_completion())

    for completion in colour.run(program):
        (choice,) = completion.choices
        calls = [(call.function.name, call.function.arguments) for call in choice.message.tool_calls]
        assert [("weather", '{"city": "Oslo"}'), ("time", "{}")] == calls
        assert ("One moment.", "tool_calls") == (choice.message.content, choice.finish_reason)
        assert completion.usage.total_tokens > completion.usage.completion_tokens > 0


def test_openai_reads_a_response(mock: Any, colour: Colour) -> None:
    """The Responses API comes plain and streamed, with texts and tool calls in their order."""
    mock.openai.responses(mock.message("One moment.", mock.tool("weather", city="Oslo")))

    async def program() -> tuple[Any, Any]:
        async with colour.inside(gpt(colour)) as client:
            plain = await colour.settled(client.responses.create(model="gpt-test", input="Hello?"))
            async with colour.inside(client.responses.stream(model="gpt-test", input="Hello?")) as stream:
                await colour.all(stream)
                return plain, await colour.settled(stream.get_final_response())

    for response in colour.run(program):
        call = response.output[1]
        assert ("One moment.", "completed") == (response.output_text, response.status)
        assert ("weather", '{"city": "Oslo"}') == (call.name, call.arguments)


def test_an_answer_that_was_cut(mock: Any) -> None:
    """A reason to stop is given in the provider's own word, on each wire."""
    mock.anthropic(mock.message("Half", stop="max_tokens"))
    mock.openai(mock.message("Half", stop="length"))
    client = gpt(Colour(waits=False))
    assert "max_tokens" == asked(claude(Colour(waits=False))).stop_reason
    assert "length" == client.chat.completions.create(model="m", messages=HELLO).choices[0].finish_reason
    response = client.responses.create(model="m", input="Hello?")
    assert ("incomplete", "length") == (response.status, response.incomplete_details.reason)


@pytest.mark.parametrize(
    ("trouble", "streamed", "theirs", "ours"),
    [
        ("timeout", httpx2.ReadTimeout, anthropic.APITimeoutError, openai.APITimeoutError),
        ("overloaded", anthropic.APIStatusError, anthropic.APIStatusError, openai.APIError),
    ],
)
def test_a_stream_breaks_off(mock: Any, trouble: str, streamed: Any, theirs: Any, ours: Any) -> None:
    """A stream gives all its pieces and then the trouble; an answer that is not streamed is the trouble alone."""
    broken = mock.message("It is", then=getattr(mock, trouble)())
    mock.anthropic(broken)
    mock.openai(broken)
    model, other = claude(Colour(waits=False), max_retries=0), gpt(Colour(waits=False), max_retries=0)
    pieces: list[Any] = []
    with pytest.raises(streamed), model.messages.stream(model="m", max_tokens=9, messages=HELLO) as stream:
        pieces.extend(stream.text_stream)
    chunks = other.chat.completions.create(model="m", messages=HELLO, stream=True)
    with pytest.raises(ours):
        pieces.extend(chunk.choices[0].delta.content for chunk in chunks)
    assert ["It", " is", "", "It", " is"] == pieces
    with pytest.raises(theirs):
        asked(model)
    with pytest.raises(ours):
        other.responses.create(model="m", input="?")


def test_a_stream_of_responses_says_its_error(mock: Any) -> None:
    """The Responses API tells an error as an event, which the SDK hands on."""
    mock.openai.responses(mock.message("It is", then=mock.error(500, "no more")))
    events = list(gpt(Colour(waits=False)).responses.create(model="m", input="?", stream=True))
    assert ["response.output_text.delta", "error"] == [event.type for event in events[-2:]]
    assert ("no more", len(events) - 1) == (events[-1].message, events[-1].sequence_number)


def test_answers_come_one_after_the_other(mock: Any, routing: Routing) -> None:
    """Several answers are given in their order, and the request after the last one is an error that counts them."""
    mock.anthropic("one", {"two": 2}, lambda question: f"three: {question['messages'][-1]['content']}")
    client = claude(Colour(waits=False))
    assert ["one", '{"two": 2}', "three: Hello?"] == [asked(client).content[0].text for _ in range(3)]
    with pytest.raises(anthropic.APIConnectionError):
        asked(client)
    assert "anthropic has given its 3 answers, and is asked once more" in str(routing.unmocked[0])


def test_one_answer_is_given_every_time(mock: Any) -> None:
    """A single answer never runs out, and `openai` answers whichever of the two APIs is asked."""
    route = mock.openai("yes")
    client = gpt(Colour(waits=False))
    assert "yes" == client.chat.completions.create(model="m", messages=HELLO).choices[0].message.content
    assert ["yes", "yes"] == [client.responses.create(model="m", input="?").output_text for _ in range(2)]
    assert 3 == route.call_count
    assert {"model": "m", "input": "?"} == json.loads(route.calls.last.request.content)


def test_patterns_tell_requests_apart(mock: Any) -> None:
    """A ready answer takes respx's patterns, and is for the requests that they match."""
    mock.anthropic("the small one", json__model="small")
    mock.anthropic("another")
    client = claude(Colour(waits=False))
    small = client.messages.create(model="small", max_tokens=9, messages=HELLO)
    assert ("the small one", "another") == (small.content[0].text, asked(client).content[0].text)


@pytest.mark.parametrize(
    ("status", "theirs", "ours"),
    [
        (400, anthropic.BadRequestError, openai.BadRequestError),
        (401, anthropic.AuthenticationError, openai.AuthenticationError),
        (429, anthropic.RateLimitError, openai.RateLimitError),
        (500, anthropic.InternalServerError, openai.InternalServerError),
    ],
)
def test_errors_are_the_sdks_own(mock: Any, status: int, theirs: Any, ours: Any) -> None:
    """An error's envelope is the provider's, so that its SDK raises the class that it has for it."""
    mock.anthropic(mock.error(status, "no such luck"))
    mock.openai(mock.error(status, "no such luck"))
    with pytest.raises(theirs, match="no such luck") as raised:
        asked(claude(Colour(waits=False), max_retries=0))
    assert raised.value.body["type"] == "error"
    with pytest.raises(ours, match="no such luck") as caught:
        gpt(Colour(waits=False), max_retries=0).responses.create(model="m", input="?")
    assert "message" in caught.value.body


def test_an_sdk_tries_again_at_once(mock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate limit, an overload and a timeout are tried again without the seconds that they ask for."""
    naps: list[float] = []
    monkeypatch.setattr("time.sleep", naps.append)
    troubles = (mock.error(429, retry_after=30), mock.overloaded(), mock.timeout())
    first = mock.anthropic(*troubles, "at last")
    second = mock.openai.chat(*troubles, "at last")
    assert "at last" == asked(claude(Colour(waits=False), max_retries=3)).content[0].text
    completion = gpt(Colour(waits=False), max_retries=3).chat.completions.create(model="m", messages=HELLO)
    assert "at last" == completion.choices[0].message.content
    assert [429, 529] == [call.response.status_code for call in first.calls[:2]]
    assert [429, 503] == [call.response.status_code for call in second.calls[:2]]
    assert "30" == first.calls[0].response.headers["retry-after"]
    assert 6 == len(naps)
    assert sum(naps) < 0.1


def test_a_timeout_is_the_sdks_own(mock: Any, colour: Colour) -> None:
    """A timeout is raised as the class that the SDK has for it, in whatever library it is built on."""
    mock.anthropic(mock.timeout())

    async def program() -> None:
        async with colour.inside(claude(colour, max_retries=0)) as client:
            await colour.settled(asked(client))

    with pytest.raises(anthropic.APITimeoutError):
        colour.run(program)


def test_the_same_test_gives_the_same_bytes(mock: Any) -> None:
    """Ids and times are made up of the order alone."""
    told = []
    for made in (mock, router()):
        made.anthropic("Hello")
        request = httpx.Request("POST", "https://a.example/v1/messages", json={"model": "m", "stream": True})
        told.append(b"".join(made.handler(request).stream))
    assert told[0] == told[1]


@pytest.mark.parametrize("wrong", [None, 7, b"bytes", int])
def test_what_is_no_answer_is_refused_at_once(mock: Any, wrong: object) -> None:
    """A mistake is said on the line that makes it, with what can be given."""
    with pytest.raises(UsageError, match="is no answer"):
        mock.anthropic(wrong)


def test_nothing_is_no_answer(mock: Any) -> None:
    """A route without answers, and a timeout of no phase, are refused where they are written."""
    with pytest.raises(UsageError, match="nothing to answer"):
        mock.openai.chat()
    with pytest.raises(UsageError, match="connect, read, write, pool"):
        mock.timeout("sometime")
