"""Secrets out, both sides, before anything is kept.

Law: pure and idempotent; what is hidden is named, what holds no secret stays byte for byte, and what
may never change (signatures) never does.

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

from replaykit.core.redact.redactor import Redactor, Scan
from replaykit.core.redact.secret import STAND_IN, Secret, bare, placeholder
from replaykit.core.redact.shape import Rule
from replaykit.core.redact.variable import doubtful, secrets_of

__all__ = ["STAND_IN", "Redactor", "Rule", "Scan", "Secret", "bare", "doubtful", "placeholder", "secrets_of"]
