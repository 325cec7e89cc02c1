"""What a validator objects to, and the findings that it amounts to.

    the fault                  in an answer         in headers            in an error              in what is sent
    an unknown field           res.field.added      hdr.added             res.field.added          ours.field.added
    a required one is missing  res.field.removed    hdr.required.gone     err.envelope.changed     ours.field.removed
    one that always came is    res.field.optional   hdr.group.gone        res.field.optional       -
    another type               res.type.changed     hdr.format.changed    err.envelope.changed     ours.type.changed
    an unknown word            res.enum.added       hdr.format.changed    err.type.added           ours.value.changed
    an unknown tag             res.variant.added    -                     err.type.added           ours.value.changed

Law: a finding says where, and the *shape* of what is there, never its content: that may be secret. Short
words, as enums are made of, are told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from replaykit.core import pointer
from replaykit.core.contract.grades import KINDS, RANK
from replaykit.core.contract.model import Finding
from replaykit.core.contract.strict import FIRM, REFUSED
from replaykit.core.contract.unions import type_of
from replaykit.core.plain import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from replaykit.core.contract.grades import Direction
    from replaykit.core.contract.model import Policy

TAG: Final = "discriminator"
"""The keyword of a fault with a tag: `limit` is its field, `value` the document that lacks it or has a new one."""

ALTERNATIVES: Final = "alternatives"
"""The keyword of a document of a type that no alternative has: `limit` are their types."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One objection of a validator.

    `keyword` is what of the `schema` was not kept, `limit` what stands there, `value` what came instead,
    at `path` (a JSON Pointer with `*` and tags).
    """

    keyword: str
    path: str
    value: Any
    limit: Any
    schema: Mapping[str, Any]


_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:/+-]{0,39}")
_SECRET: Final = re.compile(r"\d{5}|[A-Z0-9]{9}|^(?:sk|pk|ghp|AIza|xox.)[-_]|[0-9a-f]{9}")
"""What is no word of an interface: numbers, keys, digests."""


def shape(value: object) -> str:
    """What a value is, without what it says: `"pause_turn"` for a word, else its type and size."""
    match value:
        case str():
            return f'"{value}"' if wordlike(value) else f"a string of {len(value)}"
        case dict():
            named = [name for name in value if isinstance(name, str) and wordlike(name)][:_NAMED]
            return f"object of {len(value)} ({', '.join(named)})" if named else f"object of {len(value)}"
        case list():
            return f"array of {len(value)}"
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case _:
            return type_of(value)


HIDDEN: Final = re.compile(r"REDACTED|X{3}|^\*+$|^<[A-Z_]+>$")
"""What stands where a recorder, ours or another, took a value out: its form is not the service's."""

_NAMED = 6
"""Fields of an object that are named."""

_FIELDS = 100
"""New fields of an object that are told one by one; an answer of OpenAI has 35 in all."""


def wordlike(text: str) -> bool:
    """Whether a text is a word of an interface, which can be told to anybody."""
    return bool(_WORD.fullmatch(text)) and not _SECRET.search(text)


def step(text: str) -> str:
    """A field's name as a step of a path; one that may be content is not told."""
    return pointer.step(text) if wordlike(text) or text.startswith("$") else "…"


class Where(NamedTuple):
    """Where something was found: which way it went, in which part of the contract, and the place in it."""

    direction: Direction
    part: str
    path: str = ""


def findings(fault: Fault, direction: Direction, part: str, policies: Sequence[Policy] = ()) -> Iterator[Finding]:
    """The findings of a fault, each with its grade; nothing where redaction stands in the way of judging."""
    if isinstance(fault.value, str) and HIDDEN.search(fault.value):
        return
    for kind, path, detail, value in _READ.get(fault.keyword, _bound)(fault):
        yield graded(finding(_named(kind, direction, path), Where(direction, part, path), detail, value), policies)


def finding(kind: str, where: Where, detail: str, value: str = "") -> Finding:
    """A finding of a kind, in the words of its table and a detail."""
    found = KINDS[kind]
    return Finding(kind, found.grade, *where, f"{found.words} {detail}".rstrip(), value)


def graded(finding: Finding, policies: Sequence[Policy]) -> Finding:
    """The finding with the grade that a policy gives it, if one lowers it."""
    for each in policies:
        lower = RANK[each.grade] < RANK[finding.grade]
        if lower and each.id == finding.id and fnmatchcase(finding.path, each.path):
            return replace(finding, grade=each.grade, policy=f"{each.source} ({each.date})")
    return finding


_Told: TypeAlias = "tuple[str, str, str, str]"
"""What is told of a fault: what happened, in words for every direction; where; the detail; the value's shape."""


def _unknown(fault: Fault) -> Iterator[_Told]:
    known = fault.schema.get("properties", {})
    unknown = sorted(fault.value.keys() - known.keys())
    if len(unknown) > _FIELDS:  # they are data: a line for each would be one for each customer
        yield "field.added", f"{fault.path}/…", "", shape(fault.value)
        return
    for each in unknown:
        yield "field.added", f"{fault.path}/{step(each)}", "", shape(fault.value[each])


def _missing(fault: Fault) -> Iterator[_Told]:
    firm = fault.schema.get(FIRM, fault.limit)
    gone = [each for each in fault.limit if each not in fault.value]
    for each, *rest in _together(gone, fault.schema.get("dependentRequired", {})):
        told = f"(and with it {listed([step(name) for name in rest])})" if rest else ""
        yield "field.removed" if each in firm else "field.optional", f"{fault.path}/{step(each)}", told, ""


def _together(gone: Sequence[str], groups: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """What is missing, what always comes together in one: limit, remaining and reset of a rate are one loss."""
    told = set[str]()
    for each in gone:
        if each not in told:
            group = (each, *(name for name in groups.get(each, ()) if name in gone and name not in told))
            told.update(group)
            yield group


def _torn(fault: Fault) -> Iterator[_Told]:
    has = fault.value
    lost = {each for name, needs in fault.limit.items() if name in has for each in needs if each not in has}
    for each in sorted(lost):
        yield "group.torn", f"{fault.path}/{step(each)}", "", ""


def _typed(fault: Fault) -> Iterator[_Told]:
    wanted = [fault.limit] if isinstance(fault.limit, str) else list(fault.limit)
    now = type_of(fault.value)
    kind = "null.added" if now == "null" else "type.widened" if (wanted, now) == (["integer"], "number") else ""
    yield kind or "type.changed", fault.path, f"{' or '.join(wanted)} → {now}", shape(fault.value)


def _listed(fault: Fault) -> Iterator[_Told]:
    word = isinstance(fault.value, str) and wordlike(fault.value)
    yield "enum.added", fault.path, shape(fault.value) if word else f"a {type_of(fault.value)}", shape(fault.value)


def _constant(fault: Fault) -> Iterator[_Told]:
    yield "const.changed", fault.path, f"{shape(fault.limit)} → {shape(fault.value)}", shape(fault.value)


def _formed(fault: Fault) -> Iterator[_Told]:
    now = next((f", now {words}" for words, form in _FORMS.items() if form.fullmatch(str(fault.value))), "")
    yield "format.changed", fault.path, f"no longer {fault.limit}{now}", shape(fault.value)


_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "digits": re.compile(r"\d+"),
    "a number": re.compile(r"-?\d+\.\d+"),
    "a span of time (6m0s)": re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|ns|d))+"),
    "a moment (RFC 3339)": re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"),
}
"""Forms that have a name. A finding is known by its words: these say neither how long a text is nor what it says."""


def _tagged(fault: Fault) -> Iterator[_Told]:
    tag = fault.value.get(fault.limit) if isinstance(fault.value, dict) else None
    if isinstance(tag, str):
        yield "variant.added", fault.path, shape(tag) if wordlike(tag) else "a string", shape(fault.value)
    else:
        yield "tag.missing", f"{fault.path}/{step(fault.limit)}", "", shape(fault.value)


def _unwanted(fault: Fault) -> Iterator[_Told]:
    refused = fault.limit == REFUSED["not"]
    told = ("field.refused", "") if refused else ("type.changed", "is what it may not be")
    yield told[0], fault.path, told[1], shape(fault.value)


def _formless(fault: Fault) -> Iterator[_Told]:
    yield "type.changed", fault.path, "fits none of the forms", shape(fault.value)


def _bound(fault: Fault) -> Iterator[_Told]:
    yield "bound.widened", fault.path, f"{fault.keyword} {shape(fault.limit)}", shape(fault.value)


_READ: Final[Mapping[str, Callable[[Fault], Iterator[_Told]]]] = {
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "required": _missing,
    "dependentRequired": _torn,
    "type": _typed,
    ALTERNATIVES: _typed,
    "enum": _listed,
    "const": _constant,
    "pattern": _formed,
    TAG: _tagged,
    "not": _unwanted,
    **dict.fromkeys(("oneOf", "anyOf", "if", "contains", "propertyNames"), _formless),
}
"""By the keyword that was not kept; every other one is a bound."""


def _named(kind: str, direction: Direction, path: str) -> str:
    """The id of what happened, in this direction."""
    if direction == "headers" and path == "/content-type" and kind == "format.changed":
        return "hdr.type.changed"
    return _IDS.get(direction, {}).get(kind) or _OTHERS.get(direction) or f"res.{kind}"


_IDS: Final[Mapping[Direction, Mapping[str, str]]] = {
    "response": {"field.refused": "res.field.added", "group.torn": "res.field.removed"},
    "stream": {"field.refused": "res.field.added", "group.torn": "res.field.removed"},
    "headers": {
        "field.added": "hdr.added",
        "field.removed": "hdr.required.gone",
        "field.optional": "hdr.group.gone",
        "group.torn": "hdr.group.torn",
    },
    "error": {
        "field.added": "res.field.added",
        "field.optional": "res.field.optional",
        "format.changed": "res.format.changed",
        "enum.added": "err.type.added",
        "variant.added": "err.type.added",
    },
    "request": {
        "field.added": "ours.field.added",
        "field.refused": "ours.field.refused",
        "field.removed": "ours.field.removed",
        "type.changed": "ours.type.changed",
        "type.widened": "ours.type.changed",
        "null.added": "ours.type.changed",
    },
}
_OTHERS: Final[Mapping[Direction, str]] = {
    "headers": "hdr.format.changed",
    "error": "err.envelope.changed",
    "request": "ours.value.changed",
}
