"""What a provider promises of its wire, and what it reserves: all that traffic alone cannot tell.

Law: pure; facts only. What is said of the order of events, of fields that are a program's own, and of
changes to be expected stands in the provider's documentation; `source` and `date` say where and as of when.
Each provider has its own beside what else is known of it (`providers/*/promise.py`); `registry.promise` finds them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of an interface, in what sets its requests apart from those of the others.

    `fields` are top fields of a request with their schemas, False for one that is refused; `heads` the
    forms of headers, as patterns. `source` says where this stands.
    """

    fields: Mapping[str, JSON] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """What is known of an operation beforehand.

    - `host`, `method` and `path` are where the provider itself has it; `streams`: it can be streamed.
    - `versions` are request headers that name the interface's version, `betas` those that switch on more,
      `heads` those whose form a contract holds on to, all in lower case.
    - `free` are JSON pointers (`*` for any name or index), by part, of what is the program's own: the
      arguments of its tools, their schemas, its metadata.
    - `due` are JSON pointers of what the documentation has in every answer, though an SDK's types let it be
      absent because it may be null.
    - `events`: each event of a stream is part of the contract; else only what they add up to.
    - `editions` are the versions by their names.
    - `order` is that of the events, `policy` what the provider has announced, both as in a contract's document.
    """

    host: str = ""
    method: str = "POST"
    path: str = "/"
    streams: bool = False
    versions: tuple[str, ...] = ()
    editions: Mapping[str, Edition] = field(default_factory=dict)
    betas: tuple[str, ...] = ()
    heads: tuple[str, ...] = ("content-type",)
    free: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    due: tuple[str, ...] = ()
    events: bool = True
    order: Mapping[str, JSON] = field(default_factory=dict)
    policy: tuple[Mapping[str, JSON], ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything is known at all."""
        return bool(self.host or self.versions)
