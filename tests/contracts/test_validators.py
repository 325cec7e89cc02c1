"""The fast validator and the one that explains: the same verdict, always."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.contracts.validators import Validators, valid
from replaykit.core.contract.model import Contract, Schema, read
from replaykit.errors import ContractError
from tests.core.contract.promises import MODEL, contract, message

JUDGE = Validators(contract())

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(["text", "tool_use", "message", "end_turn", "msg_1", "2026-11-20T10:00:00Z"]),
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*message(), "text", "x"]), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*message(), "more"]), DOCUMENTS))
def test_both_validators_agree_on_every_answer(changes: dict[str, Any]) -> None:
    """A sound answer with anything in the place of some of its members: both say yes, or both say no."""
    document = message(**changes)
    assert JUDGE.fits("response", document) == (not list(JUDGE.faults("response", document)))


@given(DOCUMENTS)
def test_both_validators_agree_on_anything_at_all(document: Any) -> None:
    """Whatever comes in the place of an event or an error, too."""
    for part in ("event", "error", "request"):
        assert JUDGE.fits(part, document) == (not list(JUDGE.faults(part, document)))


@pytest.mark.parametrize("value", [10**400, -(2**70), "\ud800", 1e308, 1.0, [[[[]]]] * 50])
def test_values_at_the_edge_are_judged_alike(value: Any) -> None:
    """Integers of hundreds of digits, half a character, a number that is whole but written with a point."""
    document = message(usage={"output_tokens": value})
    assert JUDGE.fits("response", document) == (not list(JUDGE.faults("response", document)))


def changed(**defs: Any) -> Contract:
    """The contract with other definitions."""
    return read({**MODEL, "$defs": {**MODEL["$defs"], **defs}})


def test_a_contract_that_is_no_schema_says_which_part() -> None:
    """A type there is not, or a reference into nothing, is an error that names contract and part."""
    for wrong in ({"type": "text"}, {"$ref": "#/$defs/nowhere"}):
        with pytest.raises(ContractError, match=r"acme\.messages 1\.0\.0: its response"):
            Validators(changed(response=wrong)).fits("response", {})


def test_a_schema_is_read_in_its_own_dialect() -> None:
    """Without a dialect it is draft 7, where the items of a tuple stand in `items`."""
    tuple_of_one = {"items": [{"type": "string"}], "additionalItems": False}
    assert not valid(tuple_of_one, [1])
    assert not valid(tuple_of_one, ["a", "b"])
    assert valid(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{"type": "string"}]}, ["a", 2]
    )
    assert not valid({"format": "date"}, "tomorrow")
    anything: Schema = True
    assert valid(anything, 1)
    assert not valid(not anything, 1)


def test_a_reference_is_never_fetched() -> None:
    """A schema that refers to a server does not reach it, and the message says which reference that was."""
    with pytest.raises(ContractError, match=r"leads nowhere: http://127\.0\.0\.1:9/schema"):
        valid({"$ref": "http://127.0.0.1:9/schema"}, {})
