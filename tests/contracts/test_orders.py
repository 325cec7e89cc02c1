"""The orders of events in the contracts that come with the package: which streams keep them, and which do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.contract.streams import check
from tests.providers.wires import CALL, DONE, TEXT, choice, chunk, close, numbered, response, sse, start

if TYPE_CHECKING:
    from replaykit.core.contract.check import Check
    from replaykit.core.model import JSON

ORDER = ("str.order.broken", "str.end.missing")


MESSAGES, CHAT, RESPONSES = "anthropic.messages 2.0.0", "openai.chat 1.0.0", "openai.responses 1.0.0"


def told(promised: Check, body: bytes, *, whole: bool = False) -> list[str]:
    """What is said of the order of a stream."""
    found = check(promised.contract, body, "text/event-stream", promised.judge, whole=whole)
    return [each.text for each in found if each.id in ORDER]


PING: dict[str, JSON] = {"type": "ping"}
STOP: dict[str, JSON] = {"type": "message_stop"}
OVERLOADED: dict[str, JSON] = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
WHOLE = [start(), *TEXT, *close("end_turn")]
BLOCK_OR_DELTA = "content_block_start or message_delta is due"
"""What is due between blocks."""


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (WHOLE, ""),
        ([start(), *close("end_turn")], ""),
        ([start(), *close("end_turn")[:1], *close("end_turn")], ""),
        ([PING, start(), PING, *TEXT, PING, *close("end_turn"), PING], ""),
        ([start(), {"type": "new_event"}, *TEXT, *close("end_turn")], ""),
        ([start(), OVERLOADED, *TEXT, start()], ""),
        (TEXT, "content_block_start where message_start is due"),
        ([start(), start()], f"message_start where {BLOCK_OR_DELTA}"),
        ([start(), *TEXT[1:]], f"content_block_delta where {BLOCK_OR_DELTA}"),
        ([start(), *TEXT[:2], *CALL], "content_block_start where content_block_delta or content_block_stop is due"),
        ([start(), *CALL], "content_block_start with index 1 where 0 is due"),
        ([start(), *TEXT[:1], *CALL[1:]], "content_block_delta with index 1 where 0 is due"),
        ([start(), *TEXT, STOP], f"message_stop where {BLOCK_OR_DELTA}"),
        ([*WHOLE, *TEXT], "content_block_start where nothing is due"),
        ([*WHOLE, {"type": "new_event"}], "an event where nothing is due"),
    ],
)
def test_the_order_of_a_message(documents: list[dict[str, Any]], expected: str, checks: dict[str, Check]) -> None:
    """The first event out of order is named; pings and new events are no disorder, nor is what follows an error."""
    broken = [f"out of order {expected}"] if expected else []
    assert broken == told(checks[MESSAGES], sse(documents), whole=True)


def test_a_cut_stream_is_no_disorder(checks: dict[str, Check]) -> None:
    """Of an answer that did not come to its end, no end is due; of one that did, it is."""
    assert [] == told(checks[MESSAGES], sse(WHOLE[:5]))
    due = "the stream has no end (due: content_block_start or message_delta)"
    assert [due] == told(checks[MESSAGES], sse(WHOLE[:5]), whole=True)


WORDS = sse([chunk(choice(content="[DONE]"))], names=False)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (WORDS + DONE, ""),
        (WORDS + DONE.rstrip(), ""),
        (b": hello\n\n" + WORDS + DONE + b": bye\n\n", ""),
        (sse([{"error": {"message": "x", "type": "server_error"}}], names=False) + WORDS, ""),
        (DONE + WORDS, "out of order an event after [DONE]"),
    ],
)
def test_the_order_of_chunks(body: bytes, expected: str, checks: dict[str, Check]) -> None:
    """Chunks, then `[DONE]`, then nothing."""
    assert ([expected] if expected else []) == told(checks[CHAT], body, whole=True)


CREATED: dict[str, JSON] = {"type": "response.created", "response": response("in_progress")}
COMPLETED: dict[str, JSON] = {"type": "response.completed", "response": response("completed")}
ITEM: dict[str, JSON] = {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message"}}
ERROR: dict[str, JSON] = {"type": "error", "message": "Broken"}


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (numbered(CREATED, ITEM, COMPLETED), ""),
        (numbered({**CREATED, "type": "response.queued"}, {**CREATED, "type": "response.in_progress"}, COMPLETED), ""),
        ([*numbered(CREATED), ERROR, *numbered(COMPLETED)], ""),
        (numbered(COMPLETED), "response.completed where response.created or response.queued is due"),
        ([*numbered(CREATED), {**COMPLETED, "sequence_number": 2}], "sequence_number 2 after 0"),
        (numbered(CREATED, COMPLETED, ITEM), "an event where nothing is due"),
    ],
)
def test_the_order_of_a_response(documents: list[dict[str, Any]], expected: str, checks: dict[str, Check]) -> None:
    """Created first, numbers without a gap, nothing after the last."""
    broken = [f"out of order {expected}"] if expected else []
    assert broken == told(checks[RESPONSES], sse(documents), whole=True)
