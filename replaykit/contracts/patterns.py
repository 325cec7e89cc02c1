r"""Patterns in `jsonschema`, found by the engine of `jsonschema-rs`: as ECMA-262 has it, and in time.

Python's own engine takes minutes for `^(a+)+$` and thirty letters that a service sent, knows no `\p{L}`, and lets
`$` stand before a line feed. So both validators have one answer, and none that is never given.

Law: a pattern that cannot be read is an error with the pattern in it, wherever it stands; it is never passed over.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from replaykit.core.plain import gist
from replaykit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema import ValidationError

    Found = Callable[[str], bool]


@lru_cache(maxsize=512)
def found(pattern: str) -> Found:
    """Whether the pattern is found in a text, as a function; `ContractError` for what is no pattern."""
    try:
        fast = jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:  # what Python alone can read: `\\Z`, `(?#…)`
        try:
            slow = re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise ContractError(
                f"{gist(pattern, 80)} is no pattern: {error}",
                remedy="correct it in the schema; patterns are ECMA-262's",
            ) from error
        return lambda text: slow.search(text) is not None
    return lambda text: fast.is_valid(_sayable(text))


def _sayable(text: str) -> str:
    """The text, a question mark for each half of a character: those have no form in that library."""
    return text.encode(errors="replace").decode()


def _pattern(_: object, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not found(pattern)(value):
        yield ValidationError("the pattern is not found")


def _named(validator: Any, patterns: Mapping[str, Any], value: object, _: object) -> Iterator[ValidationError]:  # noqa: ANN401 - a class of jsonschema
    members = value if isinstance(value, dict) else {}
    for pattern, schema in patterns.items():
        for name in filter(found(pattern), members):
            yield from validator.descend(members[name], schema, path=name, schema_path=pattern)


def _others(validator: Any, schema: Any, value: object, around: Mapping[str, Any]) -> Iterator[ValidationError]:  # noqa: ANN401 - as above
    """The members that neither `properties` nor `patternProperties` beside this speak of."""
    from jsonschema import ValidationError

    if not isinstance(value, dict):
        return
    known, patterns = around.get("properties", {}), [found(each) for each in around.get("patternProperties", {})]
    others = [name for name in value if name not in known and not any(each(name) for each in patterns)]
    if schema is False and others:
        yield ValidationError("members that nobody knows")
    elif isinstance(schema, dict):
        for name in others:
            yield from validator.descend(value[name], schema, path=name)


WORDS: Final = {"pattern": _pattern, "patternProperties": _named, "additionalProperties": _others}
"""The keywords of every draft that ask for patterns, as `jsonschema.validators.extend` takes them."""
