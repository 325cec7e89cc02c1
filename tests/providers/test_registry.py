"""Which provider a request belongs to, what its headers say, and that no document is too strange."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.providers.registry import PROVIDERS, find, speeches
from tests.strategies import COSTLY

if TYPE_CHECKING:
    from replaykit.core.model import JSON, Headers
    from replaykit.providers import Operation

VERSION: Headers = (("Anthropic-Version", "2026-10-21"),)
SDK: Headers = (("User-Agent", "AsyncOpenAI/Python 3.51.0"),)
ASKED: JSON = {"model": "m", "input": "x"}
CLOUD: JSON = {"anthropic_version": "bedrock-2023-05-31", "messages": []}


@pytest.mark.parametrize(
    ("request_line", "headers", "document", "expected"),
    [
        ("POST https://api.anthropic.com/v1/messages?beta=true", VERSION, None, "anthropic messages"),
        ("POST http://127.0.0.1:8080/gateway/v1/messages", (), None, "anthropic messages"),
        ("POST https://h/v1/messages/count_tokens", VERSION, None, "anthropic count_tokens"),
        ("GET https://h/v1/models", VERSION, None, "anthropic models"),
        ("GET https://h/v1/models/claude-x", VERSION, None, "anthropic models"),
        ("POST https://h/v1/files", VERSION, None, "anthropic rest"),
        ("POST https://bedrock/model/claude-x/invoke", (), CLOUD, "anthropic messages"),
        ("POST https://h/v1/chat/completions", VERSION, None, "openai chat"),
        ("POST https://api.openai.com/v1/chat/completions", (), None, "openai chat"),
        ("post http://localhost/openai/deployments/d/chat/completions?api-version=1", (), None, "openai chat"),
        ("POST https://h/v1/responses", (), None, "openai responses"),
        ("POST https://h/proxy/openai/responses", (), ASKED, "openai responses"),
        ("POST https://h/proxy/openai/responses", (), None, "other http"),
        ("POST https://survey/responses", (), {"answer": 5}, "other http"),
        ("GET https://h/v1/responses/resp_1", (), None, "openai responses"),
        ("POST https://h/v1/embeddings", (), ASKED, "openai embeddings"),
        ("POST https://h/v1/completions", (), {"prompt": "x"}, "openai completions"),
        ("GET https://h/v1/models", (), None, "openai models"),
        ("GET https://h/api/models", (), None, "other http"),
        ("GET https://h/api/models", SDK, None, "openai models"),
        ("POST https://h/v1/files", SDK, None, "openai rest"),
        ("POST https://api.tavily.com/search", (), {"query": "x"}, "other http"),
        ("GET https://h", (), None, "other http"),
        ("GET not a url", (), None, "other http"),
    ],
)
def test_a_request_finds_its_provider(request_line: str, headers: Headers, document: JSON, expected: str) -> None:
    """A request is recognised by its path, headers and body, wherever it is sent."""
    method, _, url = request_line.partition(" ")
    provider, operation = find(method, url, headers, document)
    assert expected == f"{provider.name} {operation.name}"


@pytest.mark.parametrize(
    ("count", "expected"), [("0", 0), ("2", 2), ("", 0), ("-1", 0), ("two", 0), ("²", 0), ("9" * 5000, 0)]
)
def test_an_sdk_says_which_attempt_it_is(count: str, expected: int) -> None:
    """The retry count of the SDKs is read; nonsense is the first attempt."""
    for provider in PROVIDERS:
        if provider.name != "mcp":
            assert expected == provider.attempt((("X-Stainless-Retry-Count", count),))
        assert 0 == provider.attempt(())


def test_header_names_are_in_lower_case() -> None:
    """Telling headers and credentials can be compared as they are, and content types always tell."""
    for provider in PROVIDERS:
        assert [name.lower() for name in provider.telling] == list(provider.telling)
        assert [name.lower() for name in provider.credentials] == list(provider.credentials)
        assert "content-type" in provider.telling


def test_an_error_answer_is_read_everywhere() -> None:
    """The error's type and text are the answer, in whatever form the service tells it."""
    told: dict[str, tuple[JSON, str]] = {
        "anthropic messages": (
            {"type": "error", "error": {"type": "overloaded_error", "message": "No"}},
            "overloaded_error: No",
        ),
        "openai chat": (
            {"error": {"message": "No", "type": "invalid_request_error", "code": "x"}},
            "invalid_request_error: No",
        ),
        "openai responses": ({"error": {"message": "No", "code": "server_error"}}, "server_error: No"),
        "openai models": ({"error": "No"}, "No"),
        "openai embeddings": ({"error": {"reason": "No"}}, '{"reason":"No"}'),
    }
    for operation in OPERATIONS:
        if operation[0] in told:
            document, expected = told.pop(operation[0])
            answer = operation[1].read_answer(document)
            assert answer is not None
            assert expected == answer.error
    assert {} == told


def _operations() -> list[tuple[str, Operation]]:
    lines: list[tuple[str, str, JSON]] = [
        ("POST", "http://h/v1/messages", None),
        ("POST", "http://h/v1/chat/completions", None),
        ("POST", "http://h/v1/responses", None),
        ("POST", "http://h/v1/embeddings", ASKED),
        ("POST", "http://h/v1/completions", ASKED),
        ("GET", "http://h/v1/models", None),
        ("POST", "http://h/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}),
        ("POST", "http://h/rpc", {"jsonrpc": "2.0", "id": 1, "method": "add"}),
        ("POST", "http://h/any", None),
    ]
    found = [find(method, url, (), document) for method, url, document in lines]
    return [(f"{provider.name} {operation.name}", operation) for provider, operation in found]


OPERATIONS = _operations()

WORDS = re.findall(
    r"\S+",
    """
  type role content text messages input output system instructions tools function name arguments parameters id
  input_schema properties tool_calls tool_call_id call_id choices delta message index logprobs usage error code
  model data result params method jsonrpc thinking signature tool_use tool_result user assistant tool response
  item part output_index content_index sequence_number message_start message_delta content_block_start
  content_block content_block_delta text_delta input_json_delta partial_json citations_delta response.created
  response.completed response.output_item.added response.output_text.delta response.content_part.added
  reasoning function_call summary
""",
)
NAMES = st.sampled_from(WORDS) | st.text(max_size=3)
VALUES = st.none() | st.booleans() | st.integers(-1, 3) | st.floats() | NAMES
DOCUMENTS = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)
KEYS = NAMES | st.integers(-1, 3)
PATHS = st.lists(KEYS, max_size=6).map(tuple)
LISTS = ("messages", "input", "tools", "choices", "output", "content", "system")
REQUESTS = st.fixed_dictionaries({name: st.lists(DOCUMENTS, max_size=4) for name in LISTS})
INSIDE = st.builds(lambda name, index, rest: (name, index, *rest), st.sampled_from(LISTS), st.integers(-1, 4), PATHS)


@COSTLY
@given(DOCUMENTS | REQUESTS, PATHS | INSIDE)
def test_no_document_is_too_strange(document: JSON, path: tuple[str | int, ...]) -> None:
    """Any JSON is read without an error, and every path has words."""
    for _, operation in OPERATIONS:
        operation.read_request(document)
        operation.read_answer(document)
        assert operation.place(path, document)
    for method in ("GET", "POST"):
        assert find(method, "http://h/v1/models", (), document)


@COSTLY
@given(st.lists(DOCUMENTS, max_size=8))
def test_no_stream_is_too_strange(documents: list[JSON]) -> None:
    """Any events add up to something that can be read, and can be asked for its end."""
    body = b"".join(b"data: " + json.dumps(document).encode() + b"\n\n" for document in documents)
    for _, operation in OPERATIONS:
        operation.read_answer(operation.add_up(body))
        assert operation.ended(body) in (True, False)


@COSTLY
@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    """Bytes that are no stream at all are none."""
    for _, operation in OPERATIONS:
        operation.read_answer(operation.add_up(body))
        operation.ended(body)


def test_answers_can_be_made_up() -> None:
    """By provider, by wire, or all; a name that merely begins like another is nobody's."""
    both = {"openai.chat", "openai.responses"}
    assert both == {speech.name for speech in speeches("openai")}
    assert ["openai.chat"] == [speech.name for speech in speeches("openai.chat")]
    assert {"anthropic", *both} == {speech.name for speech in speeches()}
    assert () == speeches("open")


def test_depth_is_no_trap() -> None:
    """A document nested beyond what a parser takes is left out."""
    body = b"data: " + b'{"a":' * 100_000 + b"\n\n" + b"data: " + b"[" * 100_000 + b"]" * 100_000 + b"\n\n"
    assert [None] * len(OPERATIONS) == [operation.add_up(body) for _, operation in OPERATIONS]
