"""A contract and its findings, as values; a contract's document read and written.

The document is a JSON Schema 2020-12 of its own, whose `$defs` hold the parts:

    request, request.headers      what is sent
    response, response.headers    what comes back when all is well
    event                         one event of a stream; `order` says how they follow each other
    error, error.headers          what comes back otherwise

Law: what is read is checked before it is believed; `Unfit` says where it is wrong. Writing what was
read gives the same document.
"""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from xxhash import xxh3_64_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.contract.grades import Direction, Grade

Schema: TypeAlias = "dict[str, Any] | bool"
"""A JSON Schema, as its parsed document."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

PARTS: Final = (
    "request",
    "request.headers",
    "response",
    "response.headers",
    "event",
    "error",
    "error.headers",
)
"""What a contract may say something about, in the order in which it is said."""

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)+")
"""What a contract may be called: `<provider>.<operation>`."""

VERSION: Final = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Unfit(ValueError):
    """A document that is no contract; `place` is the JSON Pointer of what is wrong with it."""

    def __init__(self, reason: str, place: str = "") -> None:
        """`reason` completes the sentence "this is no contract:"."""
        super().__init__(reason)
        self.reason = reason
        self.place = place


@dataclass(frozen=True, slots=True)
class Binds:
    """What a contract is about.

    `provider` and `operation` are those of `providers.registry`, empty for a server that nobody there
    knows: then `host`, `method` and `path` decide (`{…}` stands for one segment of a path). `versions`
    are request headers that name the version of the interface, with the values that the contract is
    about; `betas` those that switch on more (`*`: any value). `status` is a class (`2XX`).
    """

    provider: str = ""
    operation: str = ""
    host: str = ""
    method: str = "POST"
    path: str = "/"
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    betas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    status: str = "2XX"
    streaming: tuple[bool, ...] = (False,)


@dataclass(frozen=True, slots=True)
class Order:
    """How the events of a stream follow each other.

    `events` is a pattern of their names (`start delta* stop`; `( )`, `|`, `*`, `+`, `?`), `tag` the field
    that names one. Those in `anywhere` may come at any time, those in `ends` end the stream in place of
    the pattern's end. `opens` is the event that begins a block, whose number stands in `index` from 0 on;
    `count` a field that grows by one; `end` the data of a last event that is no JSON (`[DONE]`).
    """

    events: str = ""
    tag: str = "type"
    anywhere: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    index: str = ""
    opens: str = ""
    count: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A grade that is lowered, for the provider has announced it: where (`source`), and as of when (`date`).

    `id` is that of the findings, `path` a shell pattern of their place.
    """

    id: str
    grade: Grade
    why: str
    source: str
    date: str
    path: str = "*"


@dataclass(frozen=True, slots=True)
class Contract:
    """A named, versioned schema with what it binds to.

    `date` is an ISO day; `sources` say what it was learned from. `retires` has the models that the
    provider has announced to switch off, with the ISO day.
    """

    name: str
    version: str
    binds: Binds
    defs: Mapping[str, Schema]
    date: str = ""
    sources: tuple[str, ...] = ()
    order: Order | None = None
    policy: tuple[Policy, ...] = ()
    retires: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name and version, as messages have it."""
        return f"{self.name} {self.version}".rstrip()

    @property
    def parts(self) -> tuple[str, ...]:
        """What the contract says something about."""
        return tuple(part for part in PARTS if part in self.defs)

    def schema(self, part: str) -> dict[str, Any]:
        """The schema of one part, complete in itself."""
        return {"$schema": DIALECT, "$ref": f"#/$defs/{part}", "$defs": dict(self.defs)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure from a contract.

    `id` is its kind (`grades.KINDS`), `path` a JSON Pointer with `*` for any index and the tag of a
    variant (`/content/*<text>/text`), `part` the part of the contract (an event's with its name:
    `event<ping>`). `text` says what happened and `shape` what was found there, both without content that
    could be secret. `policy` is the source of the policy that lowered its grade. `host` is the host that has
    answered in place of the contract's own, a gateway's: empty where nothing stood between.
    """

    id: str
    grade: Grade
    direction: Direction
    part: str
    path: str
    text: str
    shape: str = ""
    policy: str = ""
    host: str = ""


def key(name: str, finding: Finding) -> str:
    """What a finding of this contract is called from run to run: eight letters and digits, told by what it says.

    What departs at a gateway is another finding than the same at the provider: it is somebody else's to mend.
    """
    told = f"{name}\0{finding.id}\0{finding.part}\0{finding.path}\0{finding.text}"
    told += f"\0{finding.host}" if finding.host else ""
    return b32encode(xxh3_64_digest(told.encode("utf-8", "replace"))).decode().lower()[:8]


def read(document: object) -> Contract:
    """The contract that a parsed document holds; `Unfit` for what is none."""
    fields = _object(document, "")
    head = _object(fields.get("contract"), "/contract")
    name, version = _text(head, "name", "/contract"), _text(head, "version", "/contract", "")
    if not NAME.fullmatch(name):
        raise Unfit(f"{name[:80]!r} is no name: <provider>.<operation>, in small letters", "/contract/name")
    if version and not VERSION.fullmatch(version):
        raise Unfit(f"{version[:80]!r} is no version: 1.0.0", "/contract/version")
    defs = _object(fields.get("$defs"), "/$defs")
    for key, schema in defs.items():
        if not isinstance(schema, dict | bool):
            raise Unfit("a schema is an object, true or false", f"/$defs/{key}")
    if not any(part in defs for part in PARTS):
        raise Unfit(f"it has none of the parts {', '.join(PARTS)}", "/$defs")
    order = fields.get("order")
    return Contract(
        name=name,
        version=version,
        binds=_binds(_object(fields.get("binds"), "/binds")),
        defs=defs,
        date=_text(head, "date", "/contract", ""),
        sources=_texts(head.get("sources", []), "/contract/sources"),
        order=None if order is None else _order(_object(order, "/order")),
        policy=tuple(_policies(fields.get("policy", []))),
        retires={model: _day(day, model) for model, day in _object(fields.get("retires", {}), "/retires").items()},
    )


def write(contract: Contract) -> dict[str, Any]:
    """The document of a contract; `read` gives the contract back."""
    head: dict[str, Any] = {"name": contract.name, "version": contract.version, "date": contract.date}
    fields: dict[str, Any] = {
        "$schema": DIALECT,
        "title": contract.title,
        "contract": {**head, "sources": list(contract.sources)},
        "binds": _bound(contract.binds),
    }
    if contract.order is not None:
        fields["order"] = _ordered(contract.order)
    if contract.policy:
        fields["policy"] = [
            {"id": each.id, "path": each.path, "grade": each.grade}
            | {"why": each.why, "source": each.source, "date": each.date}
            for each in contract.policy
        ]
    if contract.retires:
        fields["retires"] = dict(sorted(contract.retires.items()))
    if "response" in contract.defs:
        fields["$ref"] = "#/$defs/response"
    ordered = (*contract.parts, *sorted(contract.defs.keys() - set(PARTS)))
    return {**fields, "$defs": {key: contract.defs[key] for key in ordered}}


def _binds(fields: Mapping[str, Any]) -> Binds:
    streaming = fields.get("streaming", [False])
    if not isinstance(streaming, list) or not all(isinstance(each, bool) for each in streaming):
        raise Unfit("it is a list of true and false", "/binds/streaming")
    texts = {name: _text(fields, name, "/binds", default) for name, default in _TEXTS.items()}
    return Binds(
        **texts,
        versions=_lists(fields, "versions"),
        betas=_lists(fields, "betas"),
        streaming=tuple(streaming),
    )


_TEXTS = {"provider": "", "operation": "", "host": "", "method": "POST", "path": "/", "status": "2XX"}
"""The texts of `Binds`, with what they are when nothing is said."""


def _bound(binds: Binds) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(binds, name) for name in _TEXTS}
    for name in ("versions", "betas"):
        if values := getattr(binds, name):
            fields[name] = {key: list(each) for key, each in values.items()}
    return {**fields, "streaming": list(binds.streaming)}


def _order(fields: Mapping[str, Any]) -> Order:
    index = _object(fields.get("index", {}), "/order/index")
    return Order(
        events=_text(fields, "events", "/order", ""),
        tag=_text(fields, "tag", "/order", ""),
        anywhere=_texts(fields.get("anywhere", []), "/order/anywhere"),
        ends=_texts(fields.get("ends", []), "/order/ends"),
        index=_text(index, "field", "/order/index", ""),
        opens=_text(index, "opens", "/order/index", ""),
        count=_text(fields, "count", "/order", ""),
        end=_text(fields, "end", "/order", ""),
    )


def _ordered(order: Order) -> dict[str, Any]:
    fields: dict[str, Any] = {"tag": order.tag, "events": order.events}
    for name, values in (("anywhere", order.anywhere), ("ends", order.ends)):
        if values:
            fields[name] = list(values)
    if order.index:
        fields["index"] = {"field": order.index, "opens": order.opens}
    return fields | {name: text for name in ("count", "end") if (text := getattr(order, name))}


def _policies(found: object) -> list[Policy]:
    from replaykit.core.contract.grades import KINDS, RANK

    if not isinstance(found, list):
        raise Unfit("it is a list", "/policy")
    policies = []
    for number, each in enumerate(found):
        place = f"/policy/{number}"
        fields = _object(each, place)
        kind, grade = _text(fields, "id", place), _text(fields, "grade", place)
        if kind not in KINDS:
            raise Unfit(f"{kind[:80]!r} is no kind of finding", f"{place}/id")
        if grade not in RANK or RANK[grade] > RANK[KINDS[kind].grade]:
            raise Unfit(f"a policy lowers a grade, and {kind} is {KINDS[kind].grade}", f"{place}/grade")
        why, source, date = (_text(fields, name, place) for name in ("why", "source", "date"))
        policies.append(Policy(kind, grade, why, source, date, _text(fields, "path", place, "*")))
    return policies


def _day(value: object, model: str) -> str:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Unfit("it is to be a day: 2026-11-20", f"/retires/{model}")
    return value


def _object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unfit("it is missing" if value is None else "it is to be an object", place)
    return value


def _text(fields: Mapping[str, Any], name: str, place: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise Unfit("it is missing" if value is None else "it is to be a text", f"{place}/{name}")
    return value


def _texts(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unfit("it is to be a list of texts", place)
    return tuple(value)


def _lists(fields: Mapping[str, Any], name: str) -> dict[str, tuple[str, ...]]:
    found = _object(fields.get(name, {}), f"/binds/{name}")
    return {key.lower(): _texts(values, f"/binds/{name}/{key}") for key, values in found.items()}
