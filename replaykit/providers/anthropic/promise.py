"""What Anthropic promises of its operations, and what it may add within a version.

Law: as all providers, pure. Sources stand beside what they say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from replaykit.providers.promise import Edition, Promise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON

_MAY: Final[Mapping[str, JSON]] = {
    "id": "str.event.added",
    "path": "*",
    "grade": "ADD",
    "why": "within a version, new types of events may be sent",
    "source": "https://platform.claude.com/docs/en/api/versioning",
    "date": "2026-11-20",
}

_EDITIONS: Final = {
    "2023-06-01": Edition(
        {"temperature": {"type": "number"}, "top_k": {"type": "integer"}, "top_p": {"type": "number"}},
        source="https://platform.claude.com/docs/en/api/messages",
    ),
    "2026-10-21": Edition(
        {"temperature": False, "top_k": False, "top_p": False},
        {"authorization": "^Bearer "},
        "https://platform.claude.com/docs/en/api/migration-2026-10-21",
    ),
}

_ORDER: Final[Mapping[str, JSON]] = {
    "tag": "type",
    "events": "message_start (content_block_start content_block_delta* content_block_stop)* "
    "message_delta+ message_stop",
    "anywhere": ["ping"],
    "ends": ["error"],
    "index": {"field": "index", "opens": "content_block_start"},
}

_TOOLS: Final = ("/tools/*/input_schema", "/messages/*/content/*/input", "/metadata")

_ANY: Final = Promise(
    host="api.anthropic.com", versions=("anthropic-version",), betas=("anthropic-beta",), policy=(_MAY,)
)

PROMISES: Final[Mapping[str, Promise]] = {
    "messages": replace(
        _ANY,
        path="/v1/messages",
        streams=True,
        editions=_EDITIONS,
        free={"request": _TOOLS, "response": ("/content/*/input",), "event": ("/content_block/input",)},
        due=("/stop_reason", "/stop_sequence"),
        order=_ORDER,
    ),
    "count_tokens": replace(_ANY, path="/v1/messages/count_tokens", free={"request": _TOOLS}),
    "models": replace(_ANY, method="GET", path="/v1/models", heads=()),
    "": _ANY,
}
"""By operation; the last is that of all others."""
