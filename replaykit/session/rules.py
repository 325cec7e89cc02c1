"""What a project declares, as redaction and normalization take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core import redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.config import Config
    from replaykit.core.normalize import Rule
    from replaykit.core.redact import Redactor, Secret


def redactor(config: Config, environment: Mapping[str, str], more: Sequence[Secret] = ()) -> Redactor:
    """What takes the secrets of this environment, and what the project names, out of everything that is kept.

    `more` are secrets that came later.
    """
    from replaykit.providers.registry import CREDENTIALS, UNTOUCHABLE

    secrets, _ = redact.secrets_of(environment)
    rules = tuple(redact.Rule(name, pattern, f"[REDACTED:{name}]") for name, pattern in config.hide.items())
    return redact.Redactor((*secrets, *more), rules, CREDENTIALS, frozenset(), UNTOUCHABLE)


def normalization(config: Config) -> tuple[Rule, ...]:
    """The project's own rules of what may differ between two runs."""
    if not config.rules:
        return ()
    from replaykit.core.normalize import declare

    return tuple(declare(name, pattern) for name, pattern in config.rules.items())
