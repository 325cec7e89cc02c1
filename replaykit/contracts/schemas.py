"""Whether the schemas of a contract's document can be used: nothing leads out of it, and all of it is JSON Schema.

Law: reading a contract asks no server. Validators would: a `$ref` to an address is fetched by them. So
whatever leads elsewhere is refused before a validator sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from replaykit.core import pointer
from replaykit.core.contract.model import DIALECT, Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.contract.model import Contract

INSIDE: Final = "#/$defs/"
"""What a reference begins with that stays in its document."""

_MOVING: Final = frozenset({"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"})
"""Keywords that change what a reference means."""

_DATA: Final = frozenset({"const", "enum", "default", "examples"})
"""Keywords whose values are documents, and no schemas."""

_NAMING: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})
"""Keywords whose values are schemas by names that are no keywords."""


def closed(contract: Contract) -> None:
    """Nothing, when all references of a contract lead to its own definitions; else `Unfit` with their place."""
    for place, word, value in _references(dict(contract.defs), "/$defs", named=True):
        if word in _MOVING:
            raise Unfit(f"{word} is not read here: definitions are found by their place", f"{place}/{word}")
        target = pointer.name(value.removeprefix(INSIDE))
        if not value.startswith(INSIDE) or target not in contract.defs:
            raise Unfit(f"it refers to {value[:80]!r}, and not to a definition in {INSIDE}", f"{place}/{word}")


def checked(contract: Contract) -> None:
    """Nothing, when every part of a contract is a JSON Schema that a validator takes; else `Unfit` with the place."""
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema_rs import Draft202012Validator as Fast
    from jsonschema_rs import ReferencingError

    try:
        Draft202012Validator.check_schema({"$schema": DIALECT, "$defs": dict(contract.defs)})
    except SchemaError as error:
        raise Unfit(error.message[:200], "".join(f"/{each}" for each in error.absolute_path)) from error
    for part in contract.parts:
        try:
            Fast(contract.schema(part))
        except (ValueError, ReferencingError) as error:
            raise Unfit(str(error).partition("\n")[0][:200], f"/$defs/{part}") from error


def _references(value: Any, place: str, *, named: bool) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - any document
    """Every reference below a place: where, with which keyword, and to what. `named`: its keys are no keywords."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _references(each, f"{place}/{at}", named=False)
    for word, each in value.items() if isinstance(value, dict) else ():
        if not named and isinstance(each, str) and (word == "$ref" or word in _MOVING):
            yield place, word, each
        elif named or word not in _DATA:
            yield from _references(each, f"{place}/{word}", named=not named and word in _NAMING)
