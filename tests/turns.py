"""The questions of an agent, which repeat their history.

Law: nothing here needs Hypothesis, for programs that a test starts use it, too, and would wait for that import.
"""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING

from replaykit.core.model import Body, Exchange, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.model import Step


def response(status: int, chunks: Sequence[bytes], head: tuple[tuple[str, str], ...] = ()) -> Response:
    """A response that came in these chunks, one millisecond each."""
    return Response(status, head, Body.of(b"".join(chunks)), tuple(map(len, chunks)), tuple(range(1, len(chunks) + 1)))


def question(body: bytes, *, began: int = 1, answer: bytes = b"{}", within: int = 0) -> Exchange:
    """An exchange with this body, answered with 200."""
    request = Request("POST", "http://model.test/v1/messages", (("content-type", "application/json"),), Body.of(body))
    return Exchange(request, response(200, [answer] if answer else []), began=began, first=1, took=2, within=within)


def turns(name: str, *, start: int = 1, said: int = 300) -> Iterator[Exchange]:
    """The exchanges of an agent whose every request repeats its history, with its settings behind them."""
    head, tail = b'{"messages":[', b'],"system":"' + f"You are {name}. ".encode() * 40 + b'"}'
    history = f'{{"role":"user","content":"the task of {name}"}}'.encode()
    for turn in count():
        letters = bytes(97 + (turn * 7 + each) % 26 for each in range(said))
        answer = f'{{"text":"{name} says {turn} '.encode() + letters + b'"}'
        yield question(head + history + tail, began=start + turn, answer=answer)
        history += b"," + answer + b',{"role":"user","content":"go on"}'


def agent(name: str, many: int, *, start: int = 1, said: int = 300) -> list[Exchange]:
    """The first turns of such an agent."""
    return list(islice(turns(name, start=start, said=said), many))


def bodies(found: Sequence[Step]) -> list[bytes]:
    """The body of each request."""
    return [step.request.body.data for step in found if isinstance(step, Exchange)]
