"""What OpenAI promises of its operations, and what is no breaking change to it.

Law: as all providers, pure. Sources stand beside what they say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from replaykit.providers.promise import Promise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON

_SAID: Final[Mapping[str, JSON]] = {
    "source": "https://platform.openai.com/docs/api-reference/backward-compatibility",
    "date": "2026-11-20",
}

_MAY: Final[tuple[Mapping[str, JSON], ...]] = (
    {
        "id": "str.event.added",
        "path": "*",
        "grade": "ADD",
        "why": "new types of events are no breaking change",
        **_SAID,
    },
    {
        "id": "res.format.changed",
        "path": "*id",
        "grade": "ADD",
        "why": "the length and form of ids may change",
        **_SAID,
    },
)

_STATES: Final = "response.completed | response.failed | response.incomplete"

_ORDER: Final[Mapping[str, JSON]] = {
    "tag": "type",
    "events": f"(response.created | response.queued) (response.queued | response.in_progress)* ({_STATES})",
    "ends": ["error"],
    "count": "sequence_number",
}

_ANY: Final = Promise(host="api.openai.com", policy=_MAY)

PROMISES: Final[Mapping[str, Promise]] = {
    "chat": replace(
        _ANY,
        path="/v1/chat/completions",
        streams=True,
        free={
            "request": (
                "/tools/*/function/parameters",
                "/functions/*/parameters",
                "/response_format/json_schema/schema",
                "/metadata",
                "/logit_bias",
            ),
            "response": ("/metadata",),
        },
        due=("/choices/*/message/content",),
        order={"tag": "object", "events": "chat.completion.chunk*", "end": "[DONE]"},
    ),
    "responses": replace(
        _ANY,
        path="/v1/responses",
        streams=True,
        free={
            "request": ("/tools/*/parameters", "/text/format/schema", "/metadata", "/prompt/variables"),
            "response": ("/tools/*/parameters", "/text/format/schema", "/metadata", "/prompt/variables"),
            "event": (
                "/response/tools/*/parameters",
                "/response/text/format/schema",
                "/response/metadata",
                "/response/prompt/variables",
            ),
        },
        due=("/error", "/incomplete_details", "/status"),
        order=_ORDER,
    ),
    "models": replace(_ANY, method="GET", path="/v1/models", heads=()),
    "": _ANY,
}
"""By operation; the last is that of all others."""
