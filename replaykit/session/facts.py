"""What the store says of a step to people: what it was, which model, how many tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.model import Exchange, header
from replaykit.core.steps import Asked, answer_of
from replaykit.providers.registry import find
from replaykit.store import Facts

if TYPE_CHECKING:
    from replaykit.core.model import Request, Response, Step

BODILESS = frozenset({204, 205, 304})
"""Statuses whose responses have no body (RFC 9110, 6.4.1)."""


def facts_of(step: Step) -> Facts:
    """The facts of a step; never raises, whatever was answered."""
    if not isinstance(step, Exchange):
        return Facts(step.name)
    request = step.request
    provider, operation = find(request.method, request.url, request.headers, None)
    if provider.name == "other":
        asked = Asked(request)
        return Facts(f"{request.method} {asked.host}{asked.url.path}")
    answer = answer_of(operation, step.response)
    usage = answer.usage if answer is not None else None
    return Facts(
        f"{provider.name} {operation.name}",
        answer.model or None if answer is not None else None,
        usage.input if usage is not None else None,
        usage.output if usage is not None else None,
    )


def ended(request: Request, response: Response | None) -> bool:
    """Whether a program that stopped reading had read the whole: all that was announced, or up to the terminator."""
    if response is None:
        return False
    announced = header(response.headers, "content-length")
    if request.method == "HEAD" or response.status in BODILESS:
        return True
    if announced.isdecimal() and not response.encoding and int(announced) == response.body.size:
        return True
    _, operation = find(request.method, request.url, request.headers, None)
    return operation.ended(response.body.data)
