"""Chat completions: chunks added up, conversations read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.core.conversation import Part, Turn, Usage
from replaykit.providers.registry import find
from tests.providers.wires import DONE, choice, chunk, piece, sse

if TYPE_CHECKING:
    from replaykit.core.model import JSON

PROVIDER, CHAT = find("POST", "http://127.0.0.1/v1/chat/completions", (), None)
USAGE: JSON = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3}}


def summed(*documents: dict[str, JSON]) -> dict[str, JSON]:
    """What a stream of these chunks amounts to."""
    whole = CHAT.add_up(sse(documents) + DONE)
    assert isinstance(whole, dict)
    return whole


def messages(*documents: dict[str, JSON]) -> list[JSON]:
    """The messages of the choices that such a stream amounts to."""
    choices = summed(*documents)["choices"]
    assert isinstance(choices, list)
    return [each["message"] for each in choices if isinstance(each, dict)]


def test_a_stream_adds_up_to_its_completion() -> None:
    """Texts are joined, the last reason and usage stay, padding goes."""
    whole = summed(
        chunk(choice(role="assistant", content="", refusal=None), obfuscation="xx"),
        chunk(choice(content="It is "), system_fingerprint="fp_1", usage=None),
        chunk(choice(content="raining"), system_fingerprint=None),
        chunk(choice(finish="stop")),
        chunk(usage=USAGE),
    )
    expected: JSON = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 7,
        "model": "gpt-x",
        "system_fingerprint": "fp_1",
        "usage": USAGE,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "It is raining", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
    }
    assert expected == whole


def test_several_choices_stay_apart() -> None:
    """Choices come interleaved and end up by their index."""
    told = messages(
        chunk(choice(1, content="b")),
        chunk(choice(0, content="a")),
        chunk(choice(1, content="B"), choice(0, content="A")),
    )
    assert [{"role": "assistant", "content": "aA"}, {"role": "assistant", "content": "bB"}] == told


def test_tool_calls_come_together_by_index() -> None:
    """Two calls whose arguments come in turns are two calls, without the numbers that only streams have."""
    (told,) = messages(
        chunk(choice(role="assistant", content=None, tool_calls=[piece(0, "", id="c0", type="function", name="f")])),
        chunk(choice(tool_calls=[piece(1, "[", id="c1", type="function", name="g")])),
        chunk(choice(tool_calls=[piece(0, '{"a":'), piece(1, "2")])),
        chunk(choice(tool_calls=[piece(0, "1}"), piece(1, "]")])),
    )
    expected: JSON = [
        {"id": "c0", "type": "function", "function": {"arguments": '{"a":1}', "name": "f"}},
        {"id": "c1", "type": "function", "function": {"arguments": "[2]", "name": "g"}},
    ]
    assert isinstance(told, dict)
    assert (None, expected) == (told["content"], told["tool_calls"])


def test_what_services_repeat_is_not_doubled() -> None:
    """Role, id and name in every chunk, as some services send them, are stated once."""
    call = {"id": "c", "type": "function", "name": "f"}
    (told,) = messages(
        chunk(choice(role="assistant", content="a", tool_calls=[piece(0, "{", **call)])),
        chunk(choice(role="assistant", content="a", tool_calls=[piece(0, "}", **call)])),
    )
    expected: JSON = [{"id": "c", "type": "function", "function": {"arguments": "{}", "name": "f"}}]
    assert {"role": "assistant", "content": "aa", "tool_calls": expected} == told


def test_log_probabilities_gather() -> None:
    """The tokens of all chunks are in one list."""
    token: list[JSON] = [{"token": name} for name in "ab"]
    whole = summed(
        chunk({**choice(content="a"), "logprobs": {"content": [token[0]], "refusal": None}}),
        chunk({**choice(content="b"), "logprobs": {"content": [token[1]], "refusal": None}}),
        chunk(choice(finish="stop")),
    )
    assert [{"content": token, "refusal": None}] == [each["logprobs"] for each in whole["choices"]]  # type: ignore[union-attr, index, call-overload]


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([{"refusal": "I "}, {"refusal": "won't"}], [Part("text", "I won't")]),
        ([{"reasoning_content": "Hm"}, {"reasoning_content": "."}, {"content": "Yes"}], "thinking text"),
        ([{"reasoning": "Hm"}, {"reasoning": "."}, {"content": "Yes"}], "thinking text"),
        (
            [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]}, {"content": "Yes"}],
            "thinking text",
        ),
    ],
)
def test_dialects_are_read(deltas: list[dict[str, JSON]], expected: str | list[Part]) -> None:
    """Refusals, and thoughts in the fields of several services, are parts of the answer."""
    answer = CHAT.read_answer(summed(*(chunk({"index": 0, "delta": delta}) for delta in deltas)))
    assert answer is not None
    assert answer.turn is not None
    wanted = [Part("thinking", "Hm."), Part("text", "Yes")] if expected == "thinking text" else expected
    assert wanted == list(answer.turn.parts)


def test_a_first_chunk_of_azure_names_nothing() -> None:
    """Empty id and model of a leading filter report do not hide the real ones."""
    filtered: dict[str, JSON] = {
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "choices": [],
        "prompt_filter_results": [],
    }
    whole = summed(filtered, chunk(choice(content="a")))
    assert ("chatcmpl-1", 7, "gpt-x", "chat.completion") == tuple(
        whole[key] for key in ("id", "created", "model", "object")
    )


def test_an_error_in_mid_stream_shows() -> None:
    """What came stays, and the error is told beside it."""
    answer = CHAT.read_answer(
        summed(chunk(choice(content="It is ")), {"error": {"message": "Broken", "type": "server_error", "code": None}})
    )
    assert answer is not None
    assert ("server_error: Broken", Turn("assistant", (Part("text", "It is "),))) == (answer.error, answer.turn)


@pytest.mark.parametrize("body", [b"", b"{}", b"data: {}\n\n", DONE, b'data: {"type":"ping"}\n\n'])
def test_what_is_no_stream_adds_up_to_nothing(body: bytes) -> None:
    """A body without a chunk has no sum."""
    assert CHAT.add_up(body) is None


WORDS = sse([chunk(choice(content="[DONE]"))])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (WORDS, False),
        (WORDS + DONE, True),
        (WORDS + DONE.rstrip(), True),
        (WORDS + DONE.replace(b"\n", b"\r\n") + b": bye\r\n\r\n", True),
        (sse([{"error": {"message": "Broken"}}]), True),
        (sse([chunk(error=None)]), False),
    ],
)
def test_a_stream_has_ended(body: bytes, expected: bool) -> None:  # noqa: FBT001  (a column)
    """`[DONE]` or an error ends a stream, even without the empty line after it; a text `[DONE]` does not."""
    assert expected == CHAT.ended(body)


def test_a_request_reads_as_a_question() -> None:
    """Opening instructions are the system prompt; calls have their arguments parsed and results their names."""
    calls: JSON = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]
    question = CHAT.read_request(
        {
            "model": "gpt-x",
            "temperature": 0.2,
            "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "f"}}],
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Go"},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                    ],
                },
                {"role": "assistant", "content": None, "tool_calls": calls},
                {"role": "tool", "tool_call_id": "c", "content": "done"},
                {"role": "system", "content": "Hurry."},
            ],
        }
    )
    assert question is not None
    assert ("Be brief.\n\nBe kind.", {"temperature": 0.2}) == (question.system, question.settings)
    assert ["f", "f #2"] == list(question.tools)
    assert (
        Turn("user", (Part("text", "Go"), Part("image", "image/png"))),
        Turn("assistant", (Part("tool_call", name="f", id="c", data={"a": 1}),)),
        Turn("tool", (Part("tool_result", "done", "f", "c"),)),
        Turn("system", (Part("text", "Hurry."),)),
    ) == question.turns


def test_usage_is_read() -> None:
    """Input, output, and what of the input was cached."""
    answer = CHAT.read_answer(summed(chunk(choice(content="a", finish="stop")), chunk(usage=USAGE)))
    assert answer is not None
    assert (Usage(9, 4, 3), "gpt-x") == (answer.usage, answer.model)


def test_a_completion_that_is_no_chat_adds_up() -> None:
    """The texts of the older completions are joined, too, and their prompt is the question."""
    _, older = find("POST", "https://h/v1/completions", (), {"model": "ada", "prompt": "Once"})
    pieces = [{"object": "text_completion", "choices": [{"index": 0, "text": text}]} for text in ("upon ", "a time")]
    question, answer = older.read_request({"prompt": "Once"}), older.read_answer(older.add_up(sse(pieces)))  # type: ignore[arg-type]
    assert question is not None
    assert answer is not None
    assert (Turn("user", (Part("text", "Once"),)),) == question.turns
    assert Turn("assistant", (Part("text", "upon a time"),)) == answer.turn
