"""What the Model Context Protocol promises of its operations: where a server's own things stand.

Law: as all providers, pure. The events of its streams are messages; what they answer with is the contract.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from replaykit.providers.promise import Promise

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIRE: Final = Promise(path="/mcp", streams=True, events=False)

PROMISES: Final[Mapping[str, Promise]] = {
    "initialize": replace(
        _WIRE,
        free={
            "request": ("/params/capabilities/experimental", "/params/_meta"),
            "response": ("/result/capabilities/experimental", "/result/_meta"),
        },
    ),
    "tools.list": replace(
        _WIRE,
        free={
            "request": ("/params/_meta",),
            "response": ("/result/tools/*/inputSchema", "/result/tools/*/outputSchema", "/result/tools/*/_meta"),
        },
    ),
    "tools.call": replace(
        _WIRE,
        free={
            "request": ("/params/arguments", "/params/_meta"),
            "response": ("/result/structuredContent", "/result/_meta", "/result/content/*/_meta"),
        },
    ),
    "": replace(_WIRE, versions=("mcp-protocol-version",)),
}
"""By operation; the last is that of all others."""
