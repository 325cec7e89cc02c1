"""Probes as the text of a `probes.toml`: what `contract infer` writes where there is none.

Law: reading the text gives the probes back. TOML has no null: what holds one cannot be written.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from replaykit.contracts.probes import Probe
    from replaykit.core.model import JSON

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def written(probes: Iterable[Probe], head: str = "") -> bytes:
    """The text of a file, `head` above it as a comment."""
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    tables = ["\n".join(_table(each)) for each in probes]
    return "\n\n".join([*filter(None, [comment.rstrip("\n")]), *tables, ""]).removesuffix("\n").encode()


def sayable(value: JSON) -> bool:
    """Whether TOML can say a value: it has no null, and numbers of 64 bits."""
    match value:
        case None:
            return False
        case int():
            return -(2**63) <= value < 2**63
        case list():
            return all(map(sayable, value))
        case dict():
            return all(map(sayable, value.values()))
        case _:
            return True


def _table(probe: Probe) -> Iterator[str]:
    yield f"[{_key(probe.name)}]"
    yield f"method = {_value(probe.method)}"
    yield f"url = {_value(probe.url)}"
    if probe.headers:
        yield f"headers = {_value(dict(probe.headers))}"
    if probe.has_body:
        yield f"json = {_value(probe.json)}"
    if probe.status:
        yield f"status = {probe.status}"
    if probe.tokens:
        yield f"tokens = {probe.tokens}"
    if not probe.send:
        yield "send = false"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: JSON) -> str:
    match value:
        case str():
            return _text(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            inner = ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case float():
            return repr(value)
        case _:
            return json.dumps(value)


def _text(text: str) -> str:
    """A basic string; its escapes are those of JSON, but for DEL, and for letters beyond 16 bits, which stand so."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
