"""The redactor of a session, for as long as it lives: programs load their secrets when they please.

Law: what a variable has once held stays hidden, whatever becomes of the variable. A program that reads
a `.env` file after its imports has its key hidden from the next step on, wherever it stands.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from replaykit.core import redact
from replaykit.session.rules import redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from replaykit.config import Config
    from replaykit.core.model import Headers
    from replaykit.core.redact import Redactor, Secret

    Told = Callable[[Sequence[Secret]], None]


class Hiding:
    """A redactor that knows the environment of this moment, and all that was in it before.

    Its methods are those of `Redactor`. Looking for a change costs 2 µs: the dictionary behind
    `os.environ` is compared, not decoded. That it is copied is all that beginning takes; what it says is
    worked out when somebody asks, as nobody does in a replay in which every request is the recorded one.
    """

    def __init__(self, config: Config, told: Told | None = None) -> None:
        """`told` hears of secrets as they come; one too plain to be hidden comes with an empty value."""
        self._config = config
        self._told = told
        self._source: Mapping[Any, Any] = getattr(os.environ, "_data", os.environ)
        self._seen: Mapping[Any, Any] = dict(self._source)
        self._known: dict[Secret, None] = {}
        self._redactor: Redactor | None = None
        if told is not None:
            self.now()

    @property
    def names(self) -> frozenset[str]:
        """The variables that were a secret, whole: a replay needs a placeholder for each."""
        self.now()
        return frozenset(secret.name for secret in self._known if not secret.part)

    def now(self) -> Redactor:
        """The redactor of this moment; the same one until the environment changes."""
        clean = self._redactor or self._read(self._seen)
        return clean if self._source == self._seen else self._read(dict(self._source))

    def url(self, url: str) -> tuple[str, tuple[str, ...]]:
        """See `Redactor`."""
        return self.now().url(url)

    def headers(self, headers: Headers) -> tuple[Headers, tuple[str, ...]]:
        """See `Redactor`."""
        return self.now().headers(headers)

    def text(self, text: str) -> tuple[str, tuple[str, ...]]:
        """See `Redactor`."""
        return self.now().text(text)

    def chunks(
        self, data: bytes, lengths: Sequence[int], content_type: str
    ) -> tuple[bytes, tuple[int, ...], tuple[str, ...]]:
        """See `Redactor`."""
        return self.now().chunks(data, lengths, content_type)

    def _read(self, seen: Mapping[Any, Any]) -> Redactor:
        environment = {os.fsdecode(name): os.fsdecode(value) for name, value in seen.items()}
        secrets, warnings = redact.secrets_of(environment)
        plain = (redact.Secret(warning.partition(" ")[0], "") for warning in warnings)
        new = [secret for secret in (*secrets, *plain) if secret not in self._known]
        if not new and self._redactor is not None:  # another variable: pytest sets one for each phase of a test
            self._seen = seen
            return self._redactor
        known = {**dict.fromkeys(secrets), **self._known, **dict.fromkeys(new)}
        clean = redactor(self._config, {}, tuple(known))
        if new and self._told is not None:
            self._told(new)
        self._seen, self._known, self._redactor = seen, known, clean
        return clean
