"""`probes.toml`: the small requests that a nightly run sends to see what a service answers today.

    [plain]
    method = "POST"                    # GET where nothing is sent, else POST
    url = "${SHOP_BASE_URL:-https://shop.example}/orders"
    headers = { "x-api-key" = "${SHOP_API_KEY}" }
    json = { item = "tea" }            # the body
    status = 404                       # the answer's; without it, one that the contract is about
    tokens = 40                        # what it may cost, at most
    send = false                       # not to be sent: somebody is to read it first

Law: a file is read whole or not at all, and says nothing that nobody reads. Variables (`${NAME}`,
`${NAME:-otherwise}`) are filled in when a probe is sent; a value lands within its text and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from replaykit.contracts.files import content, deep
from replaykit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from replaykit.core.model import JSON

_VARIABLE: Final = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<otherwise>[^{}]*))?\}")
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
_ADDRESS: Final = re.compile(r"https?://[^\s/]+\S*")

_SENT: Final = re.compile(r"[\x20-\x7e\x80-\xff\t]*")
"""What the value of a header may hold (RFC 9110, field values)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One small request; `json` is its body when it `has_body`.

    `status` is what the answer's is to be, 0 for whatever the contract is about; `tokens` what it may
    cost at most, 0 for one that costs none. Without `send` it is not sent.
    """

    name: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: JSON = None
    has_body: bool = False
    status: int = 0
    tokens: int = 0
    send: bool = True


@dataclass(frozen=True, slots=True)
class NoKey:
    """A probe that cannot be sent, for these environment variables are not set."""

    probe: str
    names: tuple[str, ...]


def read(folder: Path, path: Path) -> tuple[Probe, ...]:
    """The probes of a file below a folder, in its order; none without a file, `ContractError` when it is wrong."""
    if not path.exists() and not path.is_symlink():
        return ()
    try:
        tables = tomllib.loads(content(folder, path).decode())
    except (ValueError, RecursionError) as error:  # also of text that is no UTF-8, and of numbers without end
        raise ContractError(f"this is no TOML: {error}", path=str(path)) from error
    if (place := deep(tables)) is not None:
        raise ContractError(f"more values stand within each other than are read, at {place}", path=str(path))
    return tuple(_probe(path, name, table) for name, table in tables.items())


def filled(probe: Probe, environment: Mapping[str, str]) -> Probe | NoKey:
    """The probe with its variables filled in; `NoKey` when some are not set and nothing is said otherwise.

    A variable that is set and empty counts as not set. `ContractError` where a value makes no request.
    """
    names = tuple(dict.fromkeys(name for text in _texts(probe) for name in _missing(text, environment)))
    if names:
        return NoKey(probe.name, names)

    def said(text: str) -> str:
        return _VARIABLE.sub(lambda match: environment.get(match["name"]) or match["otherwise"] or "", text)

    headers = {name: said(text) for name, text in probe.headers.items()}
    found = replace(probe, url=said(probe.url), headers=headers, json=_mapped(probe.json, said))
    if not _ADDRESS.fullmatch(found.url):
        raise ContractError(f"probe {probe.name}: its url is none: {probe.url}", remedy=_variables(probe.url))
    for name, text in headers.items():
        if not _SENT.fullmatch(text):
            told = f"probe {probe.name}: the header {name} holds what no header may: {probe.headers[name]}"
            raise ContractError(told, remedy=_variables(probe.headers[name]))
    return found


def _variables(text: str) -> str:
    names = [match["name"] for match in _VARIABLE.finditer(text)]
    return f"look at the value of {' and '.join(names)}" if names else "correct it in probes.toml"


def _missing(text: str, environment: Mapping[str, str]) -> Iterator[str]:
    for match in _VARIABLE.finditer(text):
        if match["otherwise"] is None and not environment.get(match["name"]):
            yield match["name"]


def _texts(probe: Probe) -> Iterator[str]:
    """Every text of a probe that may hold variables."""
    yield probe.url
    yield from probe.headers.values()
    yield from _strings(probe.json)


def _strings(value: JSON) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _strings(each)
        case dict():
            for each in value.values():
                yield from _strings(each)


def _mapped(value: JSON, said: Any) -> JSON:  # noqa: ANN401 - text to text
    match value:
        case str():
            text: str = said(value)
            return text
        case list():
            return [_mapped(each, said) for each in value]
        case dict():
            return {name: _mapped(each, said) for name, each in value.items()}
        case _:
            return value


def _probe(path: Path, name: str, table: object) -> Probe:
    """The probe of a table; `ContractError` with file and key where it is none."""
    if not isinstance(table, dict):
        raise ContractError(f"{name} stands outside of a table", path=str(path), remedy=f"a probe begins with [{name}]")
    for key, value in table.items():
        if key not in _SHAPES:
            raise ContractError(
                f"[{name}] has {key!r}, which nothing reads", path=str(path), remedy=f"it may have {', '.join(_SHAPES)}"
            )
        if wrong := _SHAPES[key](value):
            raise ContractError(f"[{name}] {key} {wrong}", path=str(path))
    if "url" not in table:
        raise ContractError(f"[{name}] has no url", path=str(path))
    found = Probe(name, "POST" if "json" in table else "GET", "", has_body="json" in table)
    probe = replace(found, **table)
    for text in _texts(probe):
        if "${" in _VARIABLE.sub("", text):
            told = f"[{name}] {text[:80]!r} has a variable that is none"
            raise ContractError(told, path=str(path), remedy="it is written ${NAME} or ${NAME:-otherwise}")
    return probe


def _no_method(value: object) -> str:
    return "" if isinstance(value, str) and _METHOD.fullmatch(value) else "is to be a method in capitals"


def _no_text(value: object) -> str:
    return "" if isinstance(value, str) and value else "is to be a text"


def _no_headers(value: object) -> str:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        return "is to be a table of texts"
    wrong = next((name for name in value if not _HEADER.fullmatch(name)), None)
    return "" if wrong is None else f"has {wrong[:40]!r}, which is no name of a header"


def _no_json(value: object) -> str:
    """What of a TOML value JSON cannot say."""
    match value:
        case dt.datetime() | dt.date() | dt.time():
            return f"has the time {value}, which JSON does not know: put it in quotation marks"
        case float() if not math.isfinite(value):
            return f"has {value}, which JSON does not know"
        case dict():
            return next(filter(None, map(_no_json, value.values())), "")
        case list():
            return next(filter(None, map(_no_json, value)), "")
        case _:
            return ""


def _no_status(value: object) -> str:
    return "" if type(value) is int and value in range(100, 600) else "is to be a number from 100 to 599"


def _no_count(value: object) -> str:
    return "" if type(value) is int and value >= 0 else "is to be a number from 0 on"


def _no_choice(value: object) -> str:
    return "" if isinstance(value, bool) else "is to be true or false"


_SHAPES: Final = {
    "method": _no_method,
    "url": _no_text,
    "headers": _no_headers,
    "json": _no_json,
    "status": _no_status,
    "tokens": _no_count,
    "send": _no_choice,
}
"""What a table may have, and what is wrong with a value of it, in words; empty when nothing is."""
