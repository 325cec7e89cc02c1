"""Record an LLM agent once; replay it without network or keys; review what changed.

with replaykit.record("support"): …       one episode of every exchange inside
with replaykit.replay("support"): …       the same, answered from the episode
@replaykit.tool                           a local function becomes a step
"""

from __future__ import annotations

from replaykit.version import VERSION

TYPE_CHECKING = False  # `typing` itself takes 8 ms, and every Python below a recorded command comes by here
if TYPE_CHECKING:
    from typing import Any

    from replaykit.errors import (
        CassetteError,
        Different,
        Drifted,
        NeverAskedFor,
        NotRecorded,
        ReplayError,
        StoreError,
        Unreachable,
        UsageError,
    )
    from replaykit.launch.program import Recording, Replaying, record, replay
    from replaykit.tools import tool

__version__ = VERSION

__all__ = [
    "CassetteError",
    "Different",
    "Drifted",
    "NeverAskedFor",
    "NotRecorded",
    "Recording",
    "ReplayError",
    "Replaying",
    "StoreError",
    "Unreachable",
    "UsageError",
    "__version__",
    "record",
    "replay",
    "tool",
]

_HOMES = {
    **dict.fromkeys(("Recording", "Replaying", "record", "replay"), "replaykit.launch.program"),
    "tool": "replaykit.tools",
}
"""Where the public names live that are not errors; imported when first used, so that `import replaykit` is free."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOMES.get(name, "replaykit.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
