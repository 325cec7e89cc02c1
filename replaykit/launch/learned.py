"""What the processes of a run have to tell of their secrets: for what comes out of it is hidden at its end.

Law: values stand in the run's folder alone, readable by its owner, and go with it. What the command was
started with is known already and is not written: a salted digest says so.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from replaykit.core.redact import Secret, secrets_of
from replaykit.launch.settings import left, note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KNOWN = "known.json"
"""The file with the digests, in the run's folder."""


def known(run: str, environment: Mapping[str, str]) -> None:
    """Every process can tell from now on whether a secret is one that its command was started with."""
    salt = os.urandom(16)
    secrets, warnings = secrets_of(environment)
    plain = (Secret(warning.partition(" ")[0], "") for warning in warnings)
    digests = [_digest(salt, secret) for secret in (*secrets, *plain)]
    path = os.path.join(run, KNOWN)  # noqa: PTH118 - as in settings
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        json.dump({"salt": salt.hex(), "digests": digests}, file)


def tell(run: str, secrets: Sequence[Secret]) -> None:
    """Leave those that are new in the run's folder."""
    try:
        with open(os.path.join(run, KNOWN), encoding="ascii") as file:  # noqa: PTH118, PTH123 - as in settings
            form = json.load(file)
    except (OSError, ValueError):
        form = {"salt": "", "digests": ()}
    salt, digests = bytes.fromhex(form["salt"]), frozenset(form["digests"])
    for secret in secrets:
        if _digest(salt, secret) not in digests:
            note(run, "secret", os.getpid(), secret.name, secret.value, secret.part)


def learned(run: str) -> tuple[Secret, ...]:
    """What the processes of a run have told; one that is too plain to be hidden has an empty value."""
    told = (Secret(record[2], record[3], part=record[4]) for record in left(run) if record[0] == "secret")
    return tuple(dict.fromkeys(told))


def _digest(salt: bytes, secret: Secret) -> str:
    said = f"{secret.name}={secret.value}".encode("utf-8", "surrogateescape")
    return hashlib.blake2b(said, salt=salt, digest_size=16).hexdigest()
