"""What a function was given and gave back, as JSON, and back."""

from __future__ import annotations

import datetime as dt
import decimal
import pathlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.tools.values import NoForm, dumps, exact, loads
from tests.strategies import COSTLY
from tests.tools import kitchen

NAMES = vars(kitchen)

keys = st.text(max_size=5) | st.sampled_from(["$tuple", "$dict", "$object", "fields", "$enum", "name"])
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=10),
    st.binary(max_size=10),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.sampled_from([pathlib.Path("a"), kitchen.Colour.RED, kitchen.Level.HIGH]),
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=3),
        st.dictionaries(st.integers() | st.booleans() | st.tuples(st.text(max_size=2)), inner, max_size=2),
        st.sets(st.integers() | st.text(max_size=3), max_size=3),
        st.builds(kitchen.Weather, st.text(max_size=3), st.floats(allow_nan=False)),
        st.builds(kitchen.Place, inner, st.tuples(st.floats(allow_nan=False))),
    ),
    max_leaves=8,
)


def shape(value: Any) -> Any:
    """A value with the classes of all its parts, for 1 == 1.0 == True."""
    match value:
        case dict():
            return type(value), [(shape(key), shape(item)) for key, item in value.items()]
        case list() | tuple():
            return type(value), [shape(item) for item in value]
    return type(value), repr(value) if isinstance(value, float) else value


@given(values)
def test_any_value_comes_back(value: Any) -> None:
    """A value of any form is the same when it is read, down to the classes of its parts."""
    assert shape(value) == shape(loads(exact(value, NAMES), NAMES))


@given(values)
def test_equal_values_have_one_text(value: Any) -> None:
    """The text of a value is canonical, so that equal arguments are equal calls."""
    text = dumps(value, strict=True)
    assert text == dumps(loads(text, NAMES), strict=True)


@COSTLY
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(keys, inner)
    )
)
def test_any_text_is_a_value_or_none(document: Any) -> None:
    """A text that a stranger wrote gives a value or `NoForm`, never another error."""
    import json

    try:
        loads(json.dumps(document).encode(), NAMES)
    except NoForm:
        return


@pytest.mark.parametrize(
    "text",
    [
        b'{"$object":"RUNS","fields":{}}',
        b'{"$object":"replaykit.tool","fields":{}}',
        b'{"$object":"Shop","fields":{}}',
        b'{"$object":"ThreadPoolExecutor","fields":{"max_workers":1}}',
        b'{"$object":"Weather","fields":{"town":"Paris"}}',
        b'{"$object":"os.system","fields":{}}',
        b'{"$enum":"Weather","name":"RED"}',
        b'{"$enum":"Colour","name":"__class__"}',
        b'{"$bytes":7}',
        b'{"$datetime":"yesterday"}',
        b'{"$set":[[1]]}',
        b'{"$map":[1]}',
        b"{",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_only_records_are_made(text: bytes) -> None:
    """A text makes records and enumerations that the module knows, and calls nothing else."""
    with pytest.raises(NoForm):
        loads(text, NAMES)


def test_what_is_kept_is_exact() -> None:
    """A value that would come back as another one has no form: a record that was changed after it was made."""
    changed = kitchen.Order(number=1, price=decimal.Decimal(1))
    changed.__dict__["number"] = object()
    for value in (changed, kitchen.Counter.after(9), kitchen.Text("a"), kitchen.local_object(), {"a": {1, None, ()}}):
        if value == {"a": {1, None, ()}}:
            assert value == loads(exact(value, NAMES), NAMES)
        else:
            with pytest.raises(NoForm):
                exact(value, NAMES)


def test_arguments_always_have_a_text() -> None:
    """What has no form is known by its class, and what is derived from a plain one by its content."""
    texts = [
        dumps(value, strict=False) for value in (kitchen.Text("a"), object(), [object()], {1: object()}, kitchen.Shop)
    ]
    assert [
        b'"a"',
        b'{"$other":"builtins.object"}',
        b'[{"$other":"builtins.object"}]',
        b'{"$map":[[1,{"$other":"builtins.object"}]]}',
        b'{"$other":"builtins.type"}',
    ] == texts
