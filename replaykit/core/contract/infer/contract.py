"""A contract out of traffic and declarations, part by part.

    part                from
    request             what was sent; what sources declare; what sets this version apart from others
    response, event     what was answered, and what sources declare: their definitions are shared
    error               the same; errors are rare, so that one is enough to believe a declared envelope
    ….headers           what was sent and answered
    order, policy       the provider's promise; the order of an unknown server's events as it was seen

Law: the more permissive of all sources holds. Where they disagree is told, and nothing is decided in silence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from replaykit.core import pointer, stream
from replaykit.core.contract.infer.groups import binds_of
from replaykit.core.contract.infer.headers import grown as grown_heads
from replaykit.core.contract.infer.headers import heads
from replaykit.core.contract.infer.known import SURE, Growth, evidence, wary
from replaykit.core.contract.infer.learn import learned
from replaykit.core.contract.infer.order import grown as grown_order
from replaykit.core.contract.infer.order import order
from replaykit.core.contract.infer.pool import Pool
from replaykit.core.contract.infer.reader import Reader
from replaykit.core.contract.infer.shape import Choice, Field, Record, Ref, Shape, tag_of
from replaykit.core.contract.infer.sources import Comparison, Disagreement
from replaykit.core.contract.infer.spelled import seen as counts
from replaykit.core.contract.infer.traffic import gathered
from replaykit.core.contract.infer.write import Writer
from replaykit.core.contract.model import NAME, Binds, Contract, Order, Unfit, read, write
from replaykit.core.contract.strict import SEEN
from replaykit.core.contract.unions import tags
from replaykit.core.plain import counted, listed
from replaykit.providers import registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.core.contract.infer.traffic import Row, Traffic
    from replaykit.core.contract.model import Schema
    from replaykit.core.model import Exchange
    from replaykit.providers.promise import Promise

_JSON: Final = "application/json"

BODIES: Final = ("request", "response", "event", "error")
"""The parts that are documents, and that a source may declare."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a source says of a part: its JSON Schema. `at` is a JSON Pointer to where it stands in the part's document.

    `source` names it in messages and in the contract: `anthropic 2.10.0: anthropic.types:Message`.
    """

    part: str
    source: str
    schema: Mapping[str, Any]
    at: str = ""

    @property
    def package(self) -> str:
        """Whose declaration it is: `anthropic 2.10.0`."""
        return self.source.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Inference:
    """A contract, without a version, and where its sources disagree."""

    contract: Contract
    disagreements: tuple[Disagreement, ...]


def infer(name: str, exchanges: Sequence[Exchange], *, date: str) -> Contract:
    """The contract that the exchanges of one operation keep; `date` is the ISO day it is made on.

    `Unfit` when there is nothing to learn from: no exchange, or none with a document.
    """
    return reconciled(name, exchanges, (), date=date).contract


def reconciled(  # noqa: PLR0913 - what is known, from four sides
    name: str,
    exchanges: Sequence[Exchange],
    declarations: Sequence[Declaration],
    *,
    date: str,
    binds: Binds | None = None,
    known: Contract | None = None,
) -> Inference:
    """The contract of what was seen and what is declared, the more permissive of both where they disagree.

    `known` is a published contract that it goes on from: what that says and traffic does not contradict stays, and
    evidence adds up. Beside declarations it counts for nothing: what sources say has to be told from what was seen.

    A field is required when every source demands it and traffic had it each of `SURE` times, or each time
    where there were fewer documents in all; fields, types, words and variants are those of all. Without
    exchanges `binds` says what the contract is about.
    """
    if not NAME.fullmatch(name):
        raise Unfit(f"{name[:80]!r} is no name: <provider>.<operation>, in small letters", "/contract/name")
    if not exchanges and binds is None and not declarations:
        raise Unfit("there is nothing to learn from: no exchange of this operation was recorded")
    known = None if declarations else known
    about = binds or (binds_of(exchanges[0].request) if exchanges else _bound(name))
    promise = registry.promise(about.provider, about.operation)
    traffic = gathered(exchanges)
    about = _versioned(about, promise, traffic, known.binds if known else None)
    if known is None:
        parts, disagreements = _bodies(traffic, declarations, promise)
    else:
        parts, disagreements = _grown(known, traffic, promise), set()
    defs = _edited({**parts, **_headers(traffic, promise, known)}, about, promise)
    if "event" in defs:
        defs["event"] = _frequented(defs["event"], defs, traffic.rows)
    if not defs.keys() & set(BODIES):
        raise Unfit("there is nothing to learn from: no exchange of this operation has a JSON document")
    contract = Contract(
        name=name,
        version="",
        binds=about,
        defs=defs,
        date=date,
        sources=evidence(known.sources if known else (), _sources(traffic, about, declarations)),
        order=_ordered(traffic, parts, promise, known.order if known else None),
    )
    return Inference(_promised(contract, promise), tuple(sorted(disagreements)))


def _bodies(
    traffic: Traffic, declarations: Sequence[Declaration], promise: Promise
) -> tuple[dict[str, Schema], set[Disagreement]]:
    """The parts that are documents, with all definitions, and where sources disagree about them.

    What is sent and what is answered have definitions of their own: they may have the same name.
    """
    found: dict[str, Schema] = {}
    disagreements = set[Disagreement]()
    for side, begins in ((BODIES[:1], "request."), (BODIES[1:], "")):
        pool, shapes = Pool(), dict[str, Shape]()
        for part in side:
            seen = learned(traffic.documents[part], _free(promise, part)) if traffic.documents[part] else None
            said = [each for each in declarations if each.part == part]
            disagreements |= set(_disagreements(part, seen, said)) if seen is not None else set()
            if (whole := _whole(pool, seen, said)) is not None:
                shapes[part] = whole
        for place in promise.due if "response" in shapes else ():
            _demand(pool, shapes["response"], pointer.steps(place))
        writer = Writer(pool, SURE, begins, found)
        for part in reversed(shapes):
            few = part == "error" or len(traffic.documents[part]) < SURE
            writer.sure = 0 if few else SURE  # where there is little to see, what is declared counts
            writer.wary = any(each.part == part for each in declarations)
            writer.part(part, shapes[part])
    return found, disagreements


def _demand(pool: Pool, shape: Shape, path: Sequence[str]) -> None:
    """Have what is declared at a path, in each variant on its way, be demanded, too."""
    name, *rest = path
    if name == "*":
        _demand(pool, shape.items or Shape(), rest)
        return
    for thing in shape.thing.variants.values() if isinstance(shape.thing, Choice) else (shape.thing,):
        if (
            not isinstance(thing, Ref)
            or not isinstance(record := pool.thing(thing), Record)
            or name not in record.fields
        ):
            continue
        if rest:
            _demand(pool, record.fields[name].shape, rest)
        else:
            fields = {**record.fields, name: replace(record.fields[name], due=True)}
            pool.defs[pool.called(thing.name)] = replace(record, fields=fields)


def _disagreements(part: str, seen: Shape, said: Sequence[Declaration]) -> Iterator[Disagreement]:
    """Where traffic and the types of one package disagree, these taken together."""
    for package in dict.fromkeys(each.package for each in said):
        pool = Pool()
        whole = _whole(pool, None, [each for each in said if each.package == package])
        if whole is not None:
            yield from Comparison(part, package, pool).of(seen, whole)


def _whole(pool: Pool, seen: Shape | None, said: Sequence[Declaration]) -> Shape | None:
    whole: Shape | None = None
    for each in said:
        shape = _read(each, pool)
        whole = shape if whole is None else pool.joined(whole, shape)
    if seen is None or whole is None:
        return seen if whole is None else whole
    return pool.joined(whole, seen)


def _read(declaration: Declaration, pool: Pool) -> Shape:
    """The shape that a source declares for a whole part, what stands around it included."""
    shape = Reader(declaration.schema, pool).read()
    for name in reversed(pointer.steps(declaration.at)):
        thing = None if name == "*" else Record({name: Field(shape, due=True)}, declared=True)
        shape = Shape(items=shape if name == "*" else None, thing=thing, declared=True)
    return shape


def _grown(known: Contract, traffic: Traffic, promise: Promise) -> dict[str, Schema]:
    """The parts of a published contract, all that it defines among them, grown by what was seen."""
    growth = Growth(dict(known.defs), wary=wary(known.defs))
    for part in BODIES:
        if documents := traffic.documents[part]:
            growth.part(part, documents, _free(promise, part))
    return growth.defs


def _headers(traffic: Traffic, promise: Promise, known: Contract | None) -> dict[str, Schema]:
    """The parts that are headers. What answers on the way, in an error's stead, has types of its own."""
    answers = frozenset({_JSON, *([stream.SSE] if promise.streams else [])}) if promise.known else frozenset()
    media = {"request": frozenset({_JSON}) if promise.known else frozenset(), "response": answers, "error": None}
    found: dict[str, Schema] = {}
    for part, kinds in media.items():
        documents = [each for each in traffic.documents[f"{part}.headers"] if isinstance(each, dict)]
        before = known.defs.get(f"{part}.headers") if known else None
        if isinstance(before, dict) and documents:
            found[f"{part}.headers"] = grown_heads(before, documents, kinds)
        elif (schema := heads(documents, kinds, open_=part == "request")) is not None:
            found[f"{part}.headers"] = schema
    return found


def _edited(defs: dict[str, Schema], binds: Binds, promise: Promise) -> dict[str, Schema]:
    """The parts, with what sets the versions that are meant apart in what is sent; several: only what they share."""
    named = [value for values in binds.versions.values() for value in values]
    told = [promise.editions[value] for value in named if value in promise.editions]
    if not told or "request" not in defs:
        return defs
    first, *rest = told
    fields = {name: each for name, each in first.fields.items() if all(name in other.fields for other in rest)}
    fields = {name: each for name, each in fields.items() if all(other.fields[name] == each for other in rest)}
    forms = {name: {"type": "string", "pattern": each} for name, each in first.heads.items() if not rest}
    name, request = _place(defs, "request")
    properties = dict(request.get("properties", {}))
    for key, each in fields.items():
        known = properties.get(key)
        evidence = {SEEN: known[SEEN]} if isinstance(known, dict) and SEEN in known else {}
        properties[key] = {**each, **evidence} if isinstance(each, dict) else False
    edited: dict[str, Schema] = {**defs, name: {**request, "properties": dict(sorted(properties.items()))}}
    if forms:
        known = defs.get("request.headers", {"type": "object", "additionalProperties": True})
        _, heads_ = _place({"": known}, "")
        edited["request.headers"] = {**heads_, "properties": {**heads_.get("properties", {}), **forms}}
    return edited


def _place(defs: Mapping[str, Schema], name: str) -> tuple[str, dict[str, Any]]:
    """Where the schema of a part stands, and what it is."""
    found = defs[name]
    while isinstance(found, dict) and isinstance(ref := found.get("$ref"), str):
        name = ref.removeprefix("#/$defs/")
        found = defs[name]
    return name, found if isinstance(found, dict) else {}


def _free(promise: Promise, part: str) -> tuple[tuple[str, ...], ...]:
    return tuple(map(pointer.steps, promise.free.get(part, ())))


def _bound(name: str) -> Binds:
    """What a contract of this name is about, if a provider has such an operation."""
    provider, _, operation = name.partition(".")
    promise = registry.promise(provider, operation)
    return Binds(provider, operation, promise.host, promise.method, promise.path) if promise.host else Binds()


def _versioned(binds: Binds, promise: Promise, traffic: Traffic, known: Binds | None) -> Binds:
    """What the contract binds to, with the versions that were asked for, and whether it streams."""
    asked = {name: tuple(sorted({value for key, value in traffic.asked if key == name})) for name in promise.versions}
    versions = dict(binds.versions) or asked
    plain, streams = traffic.answers or not traffic.streams, traffic.streams or promise.streams
    if known is not None:
        versions = {name: tuple(sorted({*values, *asked.get(name, ())})) for name, values in known.versions.items()}
        plain, streams = plain or False in known.streaming, streams or True in known.streaming
    return replace(
        binds,
        versions={name: values for name, values in versions.items() if values},
        betas=known.betas if known else dict.fromkeys(promise.betas, ("*",)),
        streaming=tuple(flag for flag, held in ((False, plain), (True, streams)) if held),
    )


def _frequented(event: Schema, defs: Mapping[str, Schema], rows: Sequence[Row]) -> Schema:
    """The part with how many of the whole streams had each event, beside its reference."""
    whole = [frozenset(row.names) for row in rows if row.whole]
    match event:
        case {"discriminator": {"propertyName": str() as tag}, "oneOf": list() as variants} if whole and isinstance(
            event, dict
        ):
            before = [counts(each) or (0, 0) for each in variants]
            seen, of = Counter({at: n for at, (n, _) in enumerate(before)}), max(of for _, of in before) + len(whole)
            for name, index in tags(tag, variants, defs).items():
                seen[index] += sum(name in names for names in whole)
            counted_ = [{**each, SEEN: [seen[at], of]} for at, each in enumerate(variants)]
            return {**event, "oneOf": counted_}
        case _:
            return event


def _ordered(traffic: Traffic, parts: Mapping[str, Schema], promise: Promise, known: Order | None) -> Order | None:
    """The order that was seen; a provider's own stands in its promise."""
    if promise.order or "event" not in parts or not traffic.rows:
        return known
    if known is not None:
        event: Any = parts["event"]
        return grown_order(
            known, traffic.rows, known.tag if tags(known.tag, event.get("oneOf", [event]), parts) else ""
        )
    thing = learned(traffic.documents["event"]).thing
    told = tag_of(thing, lambda found: found) if thing else None
    return order(traffic.rows, told[0] if told else "")


def _promised(contract: Contract, promise: Promise) -> Contract:
    """The contract with what its provider has promised of orders, and announced of changes."""
    document = write(contract)
    if promise.order and "event" in contract.defs:
        document["order"] = dict(promise.order)
    if promise.policy:
        document["policy"] = [dict(each) for each in promise.policy]
    return read(document)


def _sources(traffic: Traffic, binds: Binds, declarations: Sequence[Declaration]) -> Iterator[str]:
    numbers = (
        (traffic.answers, "recorded answer"),
        (traffic.streams, "recorded stream"),
        (traffic.errors, "recorded error"),
    )
    seen = [counted(count, noun) for count, noun in numbers if count]
    others = sorted(f"{name} {value}" for name, value in traffic.asked if value not in binds.versions.get(name, ()))
    details = [traffic.span(), f"of {listed(others)}" if others else ""]
    if seen:
        yield " ".join([", ".join(seen), *(f"({each})" for each in details if each)])
    yield from dict.fromkeys(each.source for each in declarations)
