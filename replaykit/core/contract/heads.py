"""The headers of an answer that a contract speaks of.

Law: what a proxy, a clock or a cache adds is not the service's promise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.core.model import JSON, Headers

_SILENT = frozenset(
    {
        # the wire's own
        *("connection", "content-encoding", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade"),
        # where it came through, and when
        *("age", "alt-svc", "date", "expires", "nel", "report-to", "server", "server-timing", "vary", "via"),
        *("cache-control", "etag", "last-modified", "pragma", "accept-ranges", "allow"),
        # what browsers are told
        *("content-security-policy", "p3p", "permissions-policy", "referrer-policy", "strict-transport-security"),
        *("x-content-type-options", "x-frame-options", "x-powered-by", "x-robots-tag", "x-xss-protection"),
        # who and which
        *("request-id", "set-cookie", "x-request-id", "mcp-session-id", "traceparent", "traceresponse", "tracestate"),
        *("www-authenticate", "location", "x-envoy-upstream-service-time", "x-runtime"),
    }
)
_SILENT_BEGINS = re.compile(
    r"cf-|x-amz|x-amzn|access-control-|x-cache|x-served-|x-stainless-|sec-|x-b3-|x-cloud-|x-timer"
)
_SILENT_ENDS = (
    "-request-id",
    "-trace-id",
    "-correlation-id",
    "-organization",
    "-organization-id",
    "-project",
    "-processing-ms",
)


def telling(headers: Headers) -> dict[str, JSON]:
    """The headers of an answer that promise something: names in lower case, the first value of each."""
    found: dict[str, JSON] = {}
    for name, value in headers:
        lower = name.lower()
        if lower not in found and _tells(lower):
            found[lower] = value
    return found


def _tells(name: str) -> bool:
    """Whether a header of an answer, by its name in lower case, is the service's own promise."""
    return name not in _SILENT and not _SILENT_BEGINS.match(name) and not name.endswith(_SILENT_ENDS)
