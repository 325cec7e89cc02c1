"""Exchanges that tests of inference share: a server of one's own, and one that streams."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Body, Exchange, Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOP = "http://127.0.0.1:8000/orders/17"
JSON: Headers = (("Content-Type", "application/json"),)


def asked(url: str = SHOP, sent: Any = None, headers: Headers = ()) -> Request:
    """A request; with a body when there is something to send."""
    data = b"" if sent is None else json.dumps(sent).encode()
    return Request("GET" if sent is None else "POST", url, headers, Body.of(data))


def answered(document: Any, request: Request | None = None, status: int = 200, headers: Headers = JSON) -> Exchange:
    """An exchange that was answered with a document."""
    body = Body.of(json.dumps(document).encode())
    return Exchange(request or asked(), Response(status, headers, body))


def streamed(events: Iterable[Any], end: str = "", request: Request | None = None, *, left: bool = False) -> Exchange:
    """An exchange that was answered with a stream of events, and with `end` behind them."""
    lines = [json.dumps(event) for event in events] + ([end] if end else [])
    body = Body.of("".join(f"data: {line}\n\n" for line in lines).encode())
    return Exchange(request or asked(), Response(200, (("Content-Type", "text/event-stream"),), body), left=left)
