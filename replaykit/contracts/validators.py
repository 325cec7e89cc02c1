"""Validators for contracts: a fast one for documents that pass, and one that says what is wrong with the rest.

`jsonschema-rs` answers yes or no in a few microseconds; `jsonschema` is asked only after a no, since it
takes a thousand times as long and can say where and why. Where a union can be told by a tag, only the
variant that the document says it is speaks.

Law: imported only where a contract is checked, and `jsonschema` only where a document does not pass: it takes
0.1 s, and `jsonschema-rs` a tenth of that.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import jsonschema_rs

from replaykit.contracts.patterns import WORDS
from replaykit.core.contract.faults import ALTERNATIVES, TAG, Fault, step
from replaykit.core.contract.model import DIALECT
from replaykit.core.contract.strict import strict
from replaykit.core.contract.unions import Chosen, choose, types
from replaykit.core.plain import line
from replaykit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jsonschema import Draft202012Validator, ValidationError

    from replaykit.core.contract.model import Contract, Schema
    from replaykit.core.contract.schema.dialect import Draft
    from replaykit.core.model import JSON


class Validators:
    """What a contract says of documents, part by part; each part is compiled when it is first asked for."""

    def __init__(self, contract: Contract) -> None:
        """Nothing is compiled yet."""
        self._contract = contract
        self._fast: dict[str, jsonschema_rs.Validator] = {}
        self._slow: dict[str, Any] = {}

    @cached_property
    def _defs(self) -> dict[str, Any]:
        return strict(self._contract.defs)

    def fits(self, part: str, document: JSON) -> bool:
        """Whether a document is what the part promises, without any news."""
        if part not in self._fast:
            self._fast[part] = self._compiled(part)
        try:
            return self._fast[part].is_valid(document)
        except ValueError:  # what has no form in that library: a number beyond its range, a lone surrogate
            return not any(self.faults(part, document))

    def faults(self, part: str, document: JSON) -> Iterator[Fault]:
        """What is wrong with a document, or new in it."""
        if part not in self._slow:
            self._slow[part] = _detailed(self._defs)(self._schema(part))
        for error in self._slow[part].iter_errors(document):
            yield _fault(error)

    def _schema(self, part: str) -> dict[str, Any]:
        return {"$schema": DIALECT, "$ref": f"#/$defs/{part}", "$defs": self._defs}

    def _compiled(self, part: str) -> jsonschema_rs.Validator:
        try:
            return jsonschema_rs.Draft202012Validator(self._schema(part))
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise ContractError(f"{self._contract.title}: its {part} is no JSON Schema: {error}") from error


def valid(schema: Schema, document: JSON) -> bool:
    """Whether a document is valid under a schema, as its own dialect has it (draft 7 where none is named).

    Formats, encodings and media types are asserted, where their form can be checked. A reference out of the
    schema is never fetched: `ContractError` says that it leads nowhere, that the schema has no end, or is none.
    """
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    from replaykit.core.contract.schema import draft

    dialect = _asserting(draft(schema))
    try:
        return bool(dialect(schema, registry=Registry()).is_valid(document))
    except Unresolvable as error:
        raise ContractError(
            f"a reference leads nowhere: {line(error.ref, 200)}",
            remedy="references are followed within the file: put what is meant below its $defs",
        ) from error
    except ContractError:
        raise
    except BaseException as error:  # the library's own core panics where a schema is nothing but a reference to itself
        if isinstance(error, RecursionError) or type(error).__name__ == "PanicException":
            raise ContractError("this schema refers to itself without end") from error
        if not isinstance(error, Exception):
            raise
        raise _senseless(dialect, schema, error) from error


def _senseless(dialect: Any, schema: Schema, error: Exception) -> ContractError:  # noqa: ANN401 - a class of jsonschema
    """Why a schema that no validator can work with is none, and where, as its draft's own schema has it."""
    from jsonschema import SchemaError

    try:
        dialect.check_schema(schema)
    except SchemaError as found:
        where = "".join(f"/{each}" for each in found.absolute_path)
        return ContractError(
            f"this is no JSON Schema ({line(where or '/', 120)}): {line(found.message, 200)}",
            remedy="correct it; its draft is what its $schema says, draft-07 where it says none",
        )
    return ContractError(
        f"the validator cannot work with this schema: {line(f'{type(error).__name__}: {error}', 200)}",
        remedy="an anchor may be what it trips over: refer to its place instead, #/$defs/…",
    )


@cache
def _asserting(edition: Draft) -> Any:  # noqa: ANN401 - a class of jsonschema, made for this
    """The dialect of a draft, in which a text has to have the form that it is said to have."""
    import jsonschema
    from jsonschema.validators import extend

    dialect = getattr(jsonschema, _DIALECTS[edition])
    formed = {word: _formed(word) for word in ("format", "contentEncoding", "contentMediaType")}
    return extend(dialect, {**WORDS, **formed})  # type: ignore[no-untyped-call]


_DIALECTS: Final[Mapping[Draft, str]] = {
    4: "Draft4Validator",
    6: "Draft6Validator",
    7: "Draft7Validator",
    2019: "Draft201909Validator",
    2020: "Draft202012Validator",
}
"""What `jsonschema` calls its validators."""


def _formed(word: str) -> Callable[..., Iterator[ValidationError]]:
    from jsonschema import ValidationError

    from replaykit.core.contract.schema import asserted

    def check(_: object, name: str, value: JSON, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        within = schema.get("contentEncoding", "") if word == "contentMediaType" else ""
        if isinstance(value, str) and asserted(word, name, value, within) is False:
            yield ValidationError(f"not of the {word} {name}")

    return check


def _fault(error: ValidationError) -> Fault:
    """The fault that an error is, with the tags of the variants on its way."""
    steps, marks = list(error.absolute_path), dict(getattr(error, "marks", ()))
    path = ""
    for number, each in enumerate(steps, start=1):
        path += "/*" if isinstance(each, int) else f"/{step(each)}"
        if tag := marks.get(len(steps) - number):
            path += f"<{tag}>"
    schema = error.schema if isinstance(error.schema, dict) else {}
    return Fault(str(error.validator), path, error.instance, error.validator_value, schema)


def _union(
    otherwise: Callable[..., Iterator[ValidationError]], defs: Mapping[str, Schema]
) -> Callable[..., Iterator[ValidationError]]:
    """A union's keyword: the variant that a document says it is; `otherwise` where nothing tells."""
    from jsonschema import ValidationError

    def check(
        validator: Draft202012Validator, alternatives: Sequence[Schema], document: JSON, union: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        match choose(union, alternatives, document, defs):
            case Chosen(index, tag):
                for error in validator.descend(document, alternatives[index], schema_path=index):
                    error.marks = [*getattr(error, "marks", ()), *([(len(error.path), tag)] if tag else [])]
                    yield error
            case "tag missing" | "tag unknown":
                field = union["discriminator"]["propertyName"]
                yield ValidationError("no variant", validator=TAG, validator_value=field)
            case "type unknown":
                named = [types(each, defs) or {"object"} for each in alternatives]
                wanted = sorted({kind for each in named for kind in each})
                yield ValidationError("no such type", validator=ALTERNATIVES, validator_value=wanted)
            case None:
                yield from otherwise(validator, alternatives, document, union)

    return check


def _detailed(defs: Mapping[str, Schema]) -> Callable[[Schema], Draft202012Validator]:
    """The class of validators that tell variants by their tags; `defs` is what references lead into."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    known = Draft202012Validator.VALIDATORS
    unions = {name: _union(known[name], defs) for name in ("oneOf", "anyOf")}
    made = extend(Draft202012Validator, {**WORDS, **unions})  # type: ignore[no-untyped-call]
    return cast("Callable[[Schema], Draft202012Validator]", made)
