"""What an episode needs of its environment, put into this process for a while and taken back.

Law: `os.environ` belongs to the whole process. Of several blocks at once the last to begin has its
way; each takes back its own, in any order, and what the program has set meanwhile is the program's.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.core import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replaykit.config import Config
    from replaykit.core.model import Origin


def declared(origin: Origin, config: Config) -> Origin:
    """The origin with those variables alone that this project declares, and stand-ins for its secrets.

    An episode may come from anywhere, and say anything: another PATH, libraries to load.
    """
    if not origin.environment:
        return origin
    stand_ins = {redact.placeholder(name) for name in origin.secrets}
    kept = {
        name: value
        for name, value in origin.environment.items()
        if config.declares(name) or (name in origin.secrets and value in stand_ins)
    }
    return replace(origin, environment=kept)


def needed(origin: Origin, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables an episode needs here: the declared ones as recorded, a placeholder for each missing secret."""
    stand_ins = {name: redact.placeholder(name) for name in origin.secrets}
    missing = {name: text for name, text in stand_ins.items() if environment.get(name, "") in ("", text)}
    return {**missing, **origin.environment}


class Variables:
    """What blocks have put into the environment of this process, and what was there before."""

    def __init__(self) -> None:
        """Nothing is put in yet."""
        self._layers: list[Mapping[str, str]] = []
        self._before: dict[str, str | None] = {}
        self._lock = threading.Lock()

    @contextmanager
    def put(self, layer: Mapping[str, str]) -> Iterator[None]:
        """These variables, for as long as the block lasts."""
        with self._lock:
            for name in layer:
                self._before.setdefault(name, os.environ.get(name))
            self._layers.append(layer)
            os.environ.update(layer)
        try:
            yield
        finally:
            with self._lock:
                self._take(layer)

    def _take(self, layer: Mapping[str, str]) -> None:
        ours = {name: self._value(name) for name in layer}
        self._layers = [each for each in self._layers if each is not layer]
        for name, value in ours.items():
            if os.environ.get(name) == value:
                _set(name, self._value(name))
            if not any(name in each for each in self._layers):
                del self._before[name]

    def _value(self, name: str) -> str | None:
        """What the variable is to be: of the last block that wants it, else as it was."""
        return next((layer[name] for layer in reversed(self._layers) if name in layer), self._before[name])


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


VARIABLES = Variables()
"""The one record of this process."""
