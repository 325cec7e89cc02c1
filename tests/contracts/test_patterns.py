"""Patterns as validators find them: as ECMA-262 has it, in time, and never with a traceback."""

from __future__ import annotations

from typing import Any

import pytest

from replaykit.contracts.patterns import found
from replaykit.contracts.validators import Validators, valid
from replaykit.core.contract.changes import compared
from replaykit.errors import ContractError
from tests.core.contract.promises import answered, check, contract, message

ENDLESS = "^(a+)+$"
"""A pattern for which an engine that goes back takes twice as long for every letter more."""


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (ENDLESS, "a" * 5000 + "!", False),
        ("^a$", "a\n", False),
        (r"^\d$", "٣", False),
        (r"^\p{L}+$", "café", True),
        ("^(?<year>[0-9]{4})$", "2026", True),
        (r"^a\Z", "a", True),
        ("a", "\ud800a", True),
    ],
)
def test_a_pattern_is_found_as_its_standard_has_it(pattern: str, text: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """Whole texts end at their end, digits are ten, letters are those of all scripts, and no text takes for ever."""
    assert expected is found(pattern)(text)
    assert expected is valid({"pattern": pattern}, text)


@pytest.mark.parametrize(
    ("schema", "document", "expected"),
    [
        ({"patternProperties": {ENDLESS: False}}, {"a" * 60 + "!": 1}, True),
        ({"patternProperties": {r"^\p{L}$": {"type": "string"}}}, {"é": 1}, False),
        ({"patternProperties": {r"^\p{L}$": {}}, "additionalProperties": False}, {"é": 1}, True),
        ({"patternProperties": {r"^\p{L}$": {}}, "additionalProperties": False}, {"1": 1}, False),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": "b"}, True),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": 2}, False),
    ],
)
def test_members_are_named_by_patterns_of_the_same_sort(schema: Any, document: Any, expected: bool) -> None:  # noqa: FBT001 - a table
    """What a name has to be like is read as what a text has to be like."""
    assert expected is valid(schema, document)


@pytest.mark.parametrize("pattern", [ENDLESS, r"^\p{L}+$"])
def test_an_answer_that_breaks_a_pattern_is_a_finding(pattern: str) -> None:
    """A text that a service sends neither holds up its check nor ends it, whatever the pattern is."""
    model = {"type": "object", "properties": {"model": {"type": "string", "pattern": pattern}}}
    about = contract(**{"$defs": {"response": model}})
    assert list(Validators(about).faults("response", {"model": "a" * 60 + "!"}))
    assert check(about).exchange(answered(message(model="a" * 60 + "!"))).findings


def test_a_counterexample_is_confirmed_in_time() -> None:
    """Two schemas whose difference only long texts show are compared at once."""
    long = {"type": "string", "minLength": 60, "pattern": "^a*b$"}
    assert compared(long, {"type": "string", "pattern": ENDLESS}, valid=valid).backward is False


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"pattern": "(["}, "is no pattern"),
        ({"enum": 5}, r"no JSON Schema \(/enum\)"),
        ({"allOf": 7}, r"no JSON Schema \(/allOf\)"),
        ({"if": 7}, r"no JSON Schema \(/if\)"),
    ],
)
def test_what_is_no_schema_is_said_to_be_none(schema: Any, said: str) -> None:
    """A keyword with a value that it cannot have is an error that names the place."""
    with pytest.raises(ContractError, match=said):
        valid(schema, "text")
