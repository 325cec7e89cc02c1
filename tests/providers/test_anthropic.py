"""Anthropic's wire: streams added up, conversations read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.core.conversation import Part, Turn, Usage
from replaykit.providers.registry import find
from tests.providers.wires import CALL, OVERLOADED, PING, TEXT, THINKING, block, close, sse, start

if TYPE_CHECKING:
    from replaykit.core.model import JSON

PROVIDER, MESSAGES = find("POST", "http://127.0.0.1/v1/messages", (), None)
WHOLE = [start(), PING, *THINKING, *CALL, *close("tool_use", input_tokens=13)]


def summed(*documents: dict[str, JSON]) -> dict[str, JSON]:
    """What a stream of these events amounts to."""
    whole = MESSAGES.add_up(sse(documents))
    assert isinstance(whole, dict)
    return whole


def content(*documents: dict[str, JSON]) -> JSON:
    """The content blocks that such a stream amounts to."""
    return summed(start(), *documents)["content"]


def test_a_stream_adds_up_to_its_message() -> None:
    """Thoughts, signature and parsed tool input are in place; usage is of the start and the end together."""
    expected: JSON = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [
            {"type": "thinking", "thinking": "Let me look.", "signature": "Eo8BCkYI"},
            {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris", "days": 3}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 13, "cache_read_input_tokens": 100, "output_tokens": 42},
    }
    assert expected == summed(*WHOLE)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], {}),
        ([""], {}),
        (["{}"], {}),
        (['{"n": 123456789012345678901234567890}'], {"n": 123456789012345678901234567890}),
        (['{"city": "Par'], '{"city": "Par'),
        (["null"], None),
        (["not json"], "not json"),
    ],
)
def test_a_tools_input_is_parsed_or_kept(pieces: list[str], expected: JSON) -> None:
    """The JSON of a call's input is parsed exactly; what does not parse is kept as its text."""
    deltas: list[dict[str, JSON]] = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    told = content(*block(0, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, *deltas))
    assert [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": expected}] == told


def test_citations_gather() -> None:
    """Each citation is one more in the block's list."""
    cites: list[dict[str, JSON]] = [{"type": "citations_delta", "citation": {"n": number}} for number in (1, 2)]
    told = content(
        *block(0, {"type": "text", "text": "", "citations": []}, *cites, {"type": "text_delta", "text": "x"})
    )
    assert [{"type": "text", "text": "x", "citations": [{"n": 1}, {"n": 2}]}] == told


def test_a_block_that_came_whole_stays() -> None:
    """A server tool's result, which has no deltas, is as it was started."""
    result: dict[str, JSON] = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"title": "T"}]}
    assert [result] == content(*block(0, result))


def test_unknown_deltas_add_their_texts() -> None:
    """A kind of delta that is new to us adds up by the plain rule: texts added, the rest replaced."""
    deltas: list[dict[str, JSON]] = [{"type": "poem_delta", "verse": "a", "n": 1}, {"type": "poem_delta", "verse": "b"}]
    assert [{"type": "poem", "verse": "ab", "n": 1}] == content(*block(0, {"type": "poem"}, *deltas))


@pytest.mark.parametrize("cut", range(1, len(WHOLE) + 1))
def test_a_cut_stream_gives_what_was_there(cut: int) -> None:
    """Cut after any event, a stream still adds up to the message as far as it came."""
    whole = summed(*WHOLE[:cut])
    started = sum(event["type"] == "content_block_start" for event in WHOLE[:cut])
    assert ("msg_1", started) == (whole["id"], len(content(*WHOLE[1:cut])))  # type: ignore[arg-type]
    assert ("tool_use" if cut >= len(WHOLE) - 1 else None) == whole["stop_reason"]


def test_a_torn_event_counts_when_it_is_whole_json() -> None:
    """The line feeds after an event may be missing; half an event adds nothing."""
    body = sse([start(), *TEXT])
    assert body.endswith(b"\n\n")
    assert MESSAGES.add_up(body) == MESSAGES.add_up(body[:-2])
    assert MESSAGES.add_up(body) == MESSAGES.add_up(body + b'event: message_delta\ndata: {"type": "mess')


def test_an_error_in_mid_stream_shows() -> None:
    """A message that an error breaks off keeps its text and carries the error."""
    whole = summed(start(), *TEXT, OVERLOADED)
    answer = MESSAGES.read_answer(whole)
    assert answer is not None
    assert "overloaded_error: Overloaded" == answer.error
    assert Turn("assistant", (Part("text", "It is raining — 雨"),)) == answer.turn


def test_an_error_alone_is_an_error_answer() -> None:
    """A stream that begins with an error amounts to the plain error answer."""
    assert OVERLOADED == summed(OVERLOADED)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"type":"message"}', b"data: 7\n\n", b"data: [DONE]\n\n", b"\x00\x01"])
def test_what_is_no_stream_adds_up_to_nothing(body: bytes) -> None:
    """A body that is not such a stream has no sum."""
    assert MESSAGES.add_up(body) is None


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (WHOLE, True),
        (WHOLE[:-1], False),
        ([start(), OVERLOADED], True),
        ([*WHOLE, PING], True),
        ([start(), *block(0, {"type": "text"}, {"type": "text_delta", "text": '"message_stop" and "error"'})], False),
    ],
)
def test_a_stream_has_ended(documents: list[dict[str, JSON]], expected: bool) -> None:  # noqa: FBT001  (a column)
    """`message_stop` or an error ends a stream; a text that speaks of them does not."""
    body = sse(documents)
    assert expected == MESSAGES.ended(body)
    assert expected == MESSAGES.ended(body.replace(b"\n", b"\r\n"))
    assert not MESSAGES.ended(b"")


REQUEST: JSON = {
    "model": "claude-x",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
    "tools": [{"name": "get_weather", "input_schema": {"type": "object"}}, {"type": "web_search_20250305"}],
    "messages": [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "Eo8"},
                {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Paris"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "rain"}]},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "document", "title": "Atlas", "source": {}},
            ],
        },
    ],
}


def test_a_request_reads_as_a_question() -> None:
    """History, system prompt, tools by name and the remaining settings are told apart."""
    question = MESSAGES.read_request(REQUEST)
    assert question is not None
    assert ("claude-x", "Be brief.\nBe kind.") == (question.model, question.system)
    assert ["get_weather", "web_search_20250305"] == list(question.tools)
    assert {"max_tokens": 100} == question.settings
    call = Part("tool_call", name="get_weather", id="t1", data={"city": "Paris"})
    result = Part("tool_result", "rain", "get_weather", "t1")
    assert (
        Turn("user", (Part("text", "Weather?"),)),
        Turn("assistant", (Part("thinking", "Hm."), call)),
        Turn("user", (result, Part("image", "image/png"), Part("other", "Atlas"))),
    ) == question.turns


def test_an_answer_counts_cached_tokens_into_its_input() -> None:
    """Anthropic counts cached tokens apart; here they are part of the input."""
    answer = MESSAGES.read_answer(summed(*WHOLE))
    assert answer is not None
    assert Usage(input=113, output=42, cached=100) == answer.usage
    assert ("tool_use", "claude-x", "") == (answer.stop, answer.model, answer.error)


def test_counting_and_listing_are_read() -> None:
    """Token counts are usage, models are names."""
    version = (("anthropic-version", "2026-10-21"),)
    _, count = find("POST", "https://h/v1/messages/count_tokens", version, REQUEST)
    _, models = find("GET", "https://h/v1/models?limit=2", version, None)
    counted, listed = count.read_answer({"input_tokens": 9}), models.read_answer({"data": [{"id": "claude-x"}]})
    assert counted is not None
    assert listed is not None
    assert Usage(input=9) == counted.usage
    assert Turn("server", (Part("other", "claude-x"),)) == listed.turn
