"""Secrets out, both sides, before anything is kept.

Law: pure and idempotent; what is hidden is named, what holds no secret stays byte for byte, and what
may never change (signatures) never does. Nothing of it is loaded before it is used: its patterns take 25 ms
to compile, and a replay in which every request is the recorded one looks for no secret.

    redactor    the one object that a session uses: URLs, headers, bodies, chunks, texts
    naming      which names say secret
    secret      a secret, what stands in for it, which values can be one
    variable    which variables hold secrets
    literal     a secret's value, in every encoding
    shape       keys and tokens by their form; the project's rules
    field       JSON fields that are credentials, and those that nobody touches
    wire        query parameters, userinfo, credential headers, cookies
    delta       streams: the deltas added up
    edit        what replaces what, and where chunks then end
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from replaykit.core.redact.redactor import Redactor, Scan
    from replaykit.core.redact.secret import STAND_IN, Secret, bare, placeholder
    from replaykit.core.redact.shape import Rule
    from replaykit.core.redact.variable import doubtful, secrets_of

__all__ = ["STAND_IN", "Redactor", "Rule", "Scan", "Secret", "bare", "doubtful", "placeholder", "secrets_of"]

_HOMES = {
    **dict.fromkeys(("Redactor", "Scan"), "redactor"),
    **dict.fromkeys(("STAND_IN", "Secret", "bare", "placeholder"), "secret"),
    "Rule": "shape",
    **dict.fromkeys(("doubtful", "secrets_of"), "variable"),
}
"""In which module a name lives."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
