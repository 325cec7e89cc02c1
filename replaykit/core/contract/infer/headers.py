r"""Header parts: names, the form of their values, and which of them come together.

    a value that is always    its form
    a media type              `^text/event-stream`, and what other types were seen; of errors any:
                              what stands on the way answers as it likes
    a moment (RFC 3339)       date-time
    digits                    `^\d+$`
    a duration (`6m0s`)       as Go writes it
    anything else             a text

Law: no value of a header enters a contract, but for media types.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

from replaykit.core import stream
from replaykit.core.contract.faults import HIDDEN
from replaykit.core.contract.infer.learn import ENOUGH
from replaykit.core.contract.infer.spelled import formed, seen
from replaykit.core.contract.infer.text import MOMENT
from replaykit.core.contract.strict import SEEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.core.model import JSON

_FORMS: Final = (
    ("pattern", r"^\d+$"),
    ("pattern", r"^-?\d+(?:\.\d+)?$"),
    ("pattern", r"^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|ns|d))+$"),
    ("format", "date-time"),
)
_MEDIA: Final = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")

_KINDS: Final = re.compile(r"\^\(\?:([^()]+)\)")
"""The form of a media type, as it is written here."""

_OPTIONAL: Final = {"x-declared": "optional"}
"""Of a header that always came and that nobody promised: gateways add and drop such."""

_LIMITS: Final = re.compile(r"(?:^|-)rate-?limit-")
"""Headers that count what is left of a rate: limit, remaining and reset of one thing come together."""

_ROLES: Final = re.compile(r"(?:^|-)(limit|remaining|reset)(?=-|$)")


def heads(
    values: Sequence[Mapping[str, JSON]], media: frozenset[str] | None = frozenset(), *, open_: bool = False
) -> dict[str, Any] | None:
    """The schema of the headers of all these messages; None when none has any.

    `media` are types that their bodies may have, seen or not; None: any. `open_`: there may be other headers.
    """
    counts = Counter(name for each in values for name in each)
    if not counts:
        return None
    fields = {name: _form(name, _values(values, name), media) for name in sorted(counts)}
    found: dict[str, Any] = {
        "type": "object",
        "properties": {
            name: {**form, SEEN: [counts[name], len(values)], **({} if _counts(name) else _OPTIONAL)}
            for name, form in fields.items()
        },
    }
    if together := _together(values, counts):
        found["dependentRequired"] = together
    return found | ({"additionalProperties": True} if open_ else {})


def grown(
    known: Mapping[str, Any], values: Sequence[Mapping[str, JSON]], media: frozenset[str] | None = frozenset()
) -> dict[str, Any]:
    """The schema of the headers that a contract knows, and of these messages: what they do not keep to is left out."""
    fresh = heads(values, media) or {"properties": {}}
    fields: Mapping[str, Any] = known.get("properties", {})
    counts = {name: seen(each) or (0, 0) for name, each in fields.items()}
    of = max((of for _, of in counts.values()), default=0)
    found = dict(fields)
    for name in {**fields, **fresh["properties"]}:
        n = sum(name in each for each in values)
        form = _kept(name, fields[name], _values(values, name)) if name in fields else fresh["properties"][name]
        if isinstance(form, dict):
            found[name] = {**form, SEEN: [counts.get(name, (0, 0))[0] + n, of + len(values)]}
    groups = {name: its for name, its in fresh.get("dependentRequired", {}).items() if not {name, *its} & fields.keys()}
    together = {name: its for name, its in known.get("dependentRequired", {}).items() if _come(name, its, values)}
    parts = {
        "properties": dict(sorted(found.items())) if found.keys() - fields.keys() else found,
        "dependentRequired": dict(sorted((together | groups).items())),
        "required": [name for name in known.get("required", []) if all(name in each for each in values)],
    }
    every = {**known, **{name: each for name, each in parts.items() if each or name == "properties"}}
    return {name: each for name, each in every.items() if parts.get(name, True)}


def _come(name: str, others: Sequence[str], values: Sequence[Mapping[str, JSON]]) -> bool:
    """Whether headers came together whenever one of them came."""
    return all(len({name, *others} & each.keys()) in (0, len({name, *others})) for each in values)


def _kept(name: str, form: Any, values: Sequence[str]) -> Any:  # noqa: ANN401 - a schema is any JSON
    """The form of a header, as far as these values have it, too."""
    if not isinstance(form, dict) or not values or formed(form, values) == form:
        return form
    if name == "content-type" and (kinds := _KINDS.fullmatch(str(form.get("pattern")))):
        media = _media(values, frozenset(each.replace("\\", "") for each in kinds[1].split("|")))
        return {name: each for name, each in form.items() if name != "pattern"} | media
    bare = formed(form, values)
    wider = {**bare, "pattern": _FORMS[1][1]}  # digits are numbers, too
    return wider if form.get("pattern") == _FORMS[0][1] and formed(wider, values) == wider else bare


def _counts(name: str) -> bool:
    """Whether a header is missed when it does not come: what bodies and limits of rates are, clients rely on."""
    return name == "content-type" or bool(_LIMITS.search(name))


def _values(documents: Sequence[Mapping[str, JSON]], name: str) -> list[str]:
    """What a header was, each time that it was not hidden."""
    told = [str(each[name]) for each in documents if name in each]
    return [value for value in told if not HIDDEN.search(value)]


def _form(name: str, values: Sequence[str], media: frozenset[str] | None) -> dict[str, Any]:
    if name == "content-type":
        return _media(values, media)
    if len(values) >= ENOUGH:
        for keyword, form in _FORMS:
            test = MOMENT if keyword == "format" else re.compile(form.removeprefix("^").removesuffix("$"))
            if all(map(test.fullmatch, values)):
                return {"type": "string", keyword: form}
    return {"type": "string"}


def _media(values: Sequence[str], media: frozenset[str] | None) -> dict[str, Any]:
    kinds = sorted({stream.media(value) for value in values} | (media or set()))
    if media is None or not (media or len(values) >= ENOUGH) or not all(map(_MEDIA.fullmatch, kinds)):
        return {"type": "string"}
    forms = "|".join(re.escape(kind).replace("\\-", "-") for kind in kinds)
    return {"type": "string", "pattern": f"^(?:{forms})"}


def _together(values: Sequence[Mapping[str, JSON]], counts: Counter[str]) -> dict[str, list[str]]:
    """For each header of a rate's group the others of it, where they always came together."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in counts:
        if _LIMITS.search(name) and (thing := _thing(name)):
            groups[thing].append(name)
    found = dict[str, list[str]]()
    for names in groups.values():
        have = [set(names) & each.keys() for each in values]
        if len(names) > 1 and counts[names[0]] >= ENOUGH and all(len(each) in (0, len(names)) for each in have):
            found |= {name: sorted(set(names) - {name}) for name in names}
    return dict(sorted(found.items()))


def _thing(name: str) -> str:
    """What a header counts: its name without what it says of it; empty when it says nothing of the kind."""
    roles = [match for match in _ROLES.finditer(name) if match.start() >= name.find("limit")]
    last = roles[-1] if roles else None
    return "" if last is None else f"{name[: last.start()]}*{name[last.end() :]}"
