"""The Responses API: events added up, conversations read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.core.conversation import Part, Turn, Usage
from replaykit.providers.registry import find
from tests.providers.wires import numbered, response, sse

if TYPE_CHECKING:
    from replaykit.core.model import JSON

PROVIDER, RESPONSES = find("POST", "http://127.0.0.1/v1/responses", (), None)

CREATED: dict[str, JSON] = {"type": "response.created", "response": response("in_progress")}
MESSAGE: dict[str, JSON] = {"type": "message", "id": "m", "role": "assistant", "content": []}
CALL: dict[str, JSON] = {"type": "function_call", "id": "f", "call_id": "c", "name": "get_weather", "arguments": ""}
TEXT: dict[str, JSON] = {"type": "output_text", "text": "", "annotations": []}


def at(kind: str, index: int = 0, **fields: JSON) -> dict[str, JSON]:
    """An event about an output item."""
    return {"type": f"response.{kind}", "output_index": index, **fields}


STORY = numbered(
    CREATED,
    at("output_item.added", item={"type": "reasoning", "id": "r", "summary": []}),
    at("reasoning_summary_part.added", summary_index=0, part={"type": "summary_text", "text": ""}),
    at("reasoning_summary_text.delta", summary_index=0, delta="Let me "),
    at("reasoning_summary_text.delta", summary_index=0, delta="look."),
    at("output_item.added", 1, item=MESSAGE),
    at("content_part.added", 1, content_index=0, part=TEXT),
    at("output_text.delta", 1, content_index=0, delta="It is "),
    at("output_text.delta", 1, content_index=0, delta="raining"),
    at("output_text.annotation.added", 1, content_index=0, annotation={"type": "url_citation"}),
    at("output_item.added", 2, item=CALL),
    at("function_call_arguments.delta", 2, delta='{"city": '),
    at("function_call_arguments.delta", 2, delta='"Paris"}'),
)
SAID: dict[str, JSON] = {
    **MESSAGE,
    "content": [{**TEXT, "text": "It is raining", "annotations": [{"type": "url_citation"}]}],
}
CALLED: dict[str, JSON] = {**CALL, "arguments": '{"city": "Paris"}'}
THOUGHT: dict[str, JSON] = {
    "type": "reasoning",
    "id": "r",
    "summary": [{"type": "summary_text", "text": "Let me look."}],
}


def summed(documents: list[dict[str, JSON]]) -> dict[str, JSON]:
    """What a stream of these events amounts to."""
    whole = RESPONSES.add_up(sse(documents))
    assert isinstance(whole, dict)
    return whole


@pytest.mark.parametrize("status", ["completed", "failed", "incomplete"])
def test_a_whole_stream_is_its_last_response(status: str) -> None:
    """The last event carries the response, and that is what counts."""
    final = response(status, SAID, usage={"input_tokens": 5})
    assert final == summed([*STORY, {"type": f"response.{status}", "response": final}])


def test_a_cut_stream_is_the_best_state_of_its_deltas() -> None:
    """Reasoning, text with annotations and a call's arguments are put together from their pieces."""
    assert response("in_progress", THOUGHT, SAID, CALLED) == summed(STORY)


def test_what_is_finished_replaces_its_pieces() -> None:
    """A part or an item that was finished is as it was finished, and not its pieces once more."""
    done = at("content_part.done", 1, content_index=0, part={**TEXT, "text": "Final."})
    assert [{**MESSAGE, "content": [{**TEXT, "text": "Final."}]}] == summed([*STORY[:9], done])["output"][1:]  # type: ignore[index]
    item = at("output_item.done", 1, item={**MESSAGE, "status": "completed"})
    assert {**MESSAGE, "status": "completed"} == summed([*STORY[:9], done, item])["output"][1]  # type: ignore[index]


def test_a_last_response_without_output_gets_the_items() -> None:
    """Where a service leaves the output out of the last event, the finished items stand in."""
    final: dict[str, JSON] = {"id": "resp_1", "status": "completed", "output": None}
    assert [THOUGHT, SAID, CALLED] == summed([*STORY, {"type": "response.completed", "response": final}])["output"]


def test_an_error_in_mid_stream_shows() -> None:
    """What came stays, and the error is told beside it."""
    error: dict[str, JSON] = {"type": "error", "code": "server_error", "message": "Broken", "param": None}
    answer = RESPONSES.read_answer(summed([*STORY, error]))
    assert answer is not None
    assert answer.turn is not None
    assert ("server_error: Broken", 3) == (answer.error, len(answer.turn.parts))
    assert RESPONSES.ended(sse([*STORY, error]))


@pytest.mark.parametrize("body", [b"", b"{}", b"data: {}\n\n", b"data: [DONE]\n\n"])
def test_what_is_no_stream_adds_up_to_nothing(body: bytes) -> None:
    """A body without an event of a response has no sum and no end."""
    assert RESPONSES.add_up(body) is None
    assert not RESPONSES.ended(body)


def test_a_stream_has_ended() -> None:
    """Completed, failed or incomplete ends a stream; a text that speaks of it does not."""
    talk = [*STORY, at("output_text.delta", 1, content_index=0, delta='"response.completed"')]
    assert not RESPONSES.ended(sse(talk))
    for status in ("completed", "failed", "incomplete"):
        body = sse([*talk, {"type": f"response.{status}", "response": response(status)}])
        assert RESPONSES.ended(body)
        assert not RESPONSES.ended(body[:-10])


def test_a_request_reads_as_a_question() -> None:
    """A run of the model's items is one turn; instructions are the system prompt."""
    question = RESPONSES.read_request(
        {
            "model": "gpt-x",
            "instructions": "Be brief.",
            "store": False,
            "tools": [{"type": "function", "name": "get_weather"}, {"type": "web_search"}],
            "input": [
                {"role": "developer", "content": "Be kind."},
                {"role": "user", "content": [{"type": "input_text", "text": "Go"}, {"type": "input_file"}]},
                THOUGHT,
                SAID,
                CALLED,
                {"type": "function_call_output", "call_id": "c", "output": "rain"},
                {"type": "web_search_call", "id": "w", "action": {"query": "q"}},
            ],
        }
    )
    assert question is not None
    assert ("Be brief.\n\nBe kind.", {"store": False}) == (question.system, question.settings)
    assert ["get_weather", "web_search"] == list(question.tools)
    call = Part("tool_call", name="get_weather", id="c", data={"city": "Paris"})
    assert (
        Turn("user", (Part("text", "Go"), Part("other", "input_file"))),
        Turn("assistant", (Part("thinking", "Let me look."), Part("text", "It is raining"), call)),
        Turn("tool", (Part("tool_result", "rain", "get_weather", "c"),)),
        Turn("assistant", (Part("tool_call", name="web_search", id="w", data={"query": "q"}),)),
    ) == question.turns


def test_an_input_may_be_a_text() -> None:
    """A plain text is one turn of the user."""
    question = RESPONSES.read_request({"model": "gpt-x", "input": "Go"})
    assert question is not None
    assert (Turn("user", (Part("text", "Go"),)),) == question.turns


def test_an_answer_says_why_it_stopped() -> None:
    """The status, with its reason where it is incomplete, and the usage."""
    usage: JSON = {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 3}}
    incomplete = response("incomplete", SAID, usage=usage, incomplete_details={"reason": "max_output_tokens"})
    answer = RESPONSES.read_answer(incomplete)
    assert answer is not None
    assert ("incomplete: max_output_tokens", Usage(9, 4, 3)) == (answer.stop, answer.usage)


def test_embeddings_are_counted() -> None:
    """The texts asked for, and how many numbers came back for each."""
    _, embeddings = find("POST", "https://h/v1/embeddings", (), {"model": "e", "input": ["a", "b"]})
    question = embeddings.read_request({"model": "e", "input": ["a", "b"]})
    answer = embeddings.read_answer({"model": "e", "data": [{"embedding": [0.1, 0.2]}, {"embedding": "AAAA"}]})
    assert question is not None
    assert answer is not None
    assert (Turn("user", (Part("text", "a"), Part("text", "b"))),) == question.turns
    assert Turn("server", (Part("other", "vector of 2 numbers"), Part("other", "vector"))) == answer.turn
