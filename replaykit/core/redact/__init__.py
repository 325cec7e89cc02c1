"""Secrets out, both sides, before anything is kept.

Law: pure and idempotent; what is hidden is named, what holds no secret stays byte for byte, and what
may never change (signatures) never does.

    redactor    the one object that a session uses: URLs, headers, bodies, chunks, texts
    secret      which variables hold secrets, and what stands in for one
    literal     a secret's value, in every encoding
    shape       keys and tokens by their form; the project's rules
    field       JSON fields that are credentials, and those that nobody touches
    wire        query parameters, userinfo, credential headers, cookies
    delta       streams: the deltas added up
    edit        what replaces what, and where chunks then end
"""

from replaykit.core.redact.redactor import Redactor, Scan
from replaykit.core.redact.secret import Secret, placeholder, secrets_of
from replaykit.core.redact.shape import Rule

__all__ = ["Redactor", "Rule", "Scan", "Secret", "placeholder", "secrets_of"]
