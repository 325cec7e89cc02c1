"""Two versions of a contract: every part, what it is about, the order of its events, and its policies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from replaykit.contracts.validators import valid
from replaykit.core.contract.changes import Comparison, contracts
from replaykit.core.contract.changes.order import follows, ordered
from replaykit.core.contract.model import Binds, Contract, Order, Policy

STRING = {"type": "string"}


def fields(required: str = "", /, **properties: Any) -> dict[str, Any]:
    """An object with these fields; `required` names some of them."""
    return {"type": "object", "required": required.split(), "properties": properties}


def event(name: str, **properties: Any) -> dict[str, Any]:
    """The schema of one event."""
    return fields("type", type={"const": name}, **properties)


ORDER = Order("start (open delta* close)* stop", anywhere=("ping",), ends=("error",), index="index", opens="open")
CONTRACT = Contract(
    "acme.messages",
    "1.0.0",
    Binds(host="api.acme.example", path="/v1/messages", versions={"acme-version": ("2023-06-01",)}),
    {
        "request": fields("model", model=STRING, temperature={"type": "number"}),
        "response": fields("stop_reason", stop_reason={"enum": ["end", "tool"]}),
        "event": {"oneOf": [event("start"), event("stop", reason=STRING), event("ping")]},
        "response.headers": fields(**{"x-limit": STRING, "x-left": STRING}),
        "error": fields("error", error=fields("type", type={"enum": ["overloaded"]})),
    },
    date="2026-11-20",
    order=ORDER,
)


def with_part(part: str, schema: Any) -> Contract:
    """The contract with another schema for one part; None takes it away."""
    defs = {**CONTRACT.defs, part: schema}
    return replace(CONTRACT, defs={name: each for name, each in defs.items() if each is not None})


def against(new: Contract) -> Comparison:
    return contracts(CONTRACT, new, valid=valid)


def told(new: Contract) -> list[tuple[str, str, str, str, str]]:
    """Grade, id, part, path and text of each change from the contract to a new one."""
    return [(each.grade, each.id, each.part, each.path, each.text) for each in against(new).changes]


def test_a_contract_equals_itself() -> None:
    """Nothing changed, both verdicts are yes, no text did; another version and day are no change."""
    assert Comparison() == against(CONTRACT)
    assert Comparison() == against(replace(CONTRACT, version="1.0.1", date="2026-12-01"))


def test_evidence_is_text() -> None:
    """More recordings behind the same promises: no change, and a text that is another."""
    found = against(replace(CONTRACT, sources=("42 recorded answers",)))
    assert ((), True, True, True) == (found.changes, found.backward, found.forward, found.text_changed)


PARTS = {
    "request": (
        fields("model", model=STRING, temperature=False),
        ("BREAK", "req.field.refused", "request", "/temperature", "number → refused"),
    ),
    "response": (
        fields("stop_reason", stop_reason={"enum": ["end", "tool", "pause"]}),
        ("RISK", "res.enum.added", "response", "/stop_reason", '"pause"'),
    ),
    "response.headers": (
        fields(**{"x-limit": STRING, "x-left": STRING, "x-reset": STRING}),
        ("ADD", "hdr.added", "response.headers", "/x-reset", "string, optional"),
    ),
    "error": (
        fields("error", error=fields("type", type={"enum": ["overloaded", "quota"]})),
        ("RISK", "err.type.added", "error", "/error/type", '"quota"'),
    ),
    "event": (
        {"oneOf": [event("start"), event("stop", reason={"type": "integer"}), event("ping")]},
        ("BREAK", "res.type.changed", "event<stop>", "/reason", "string → integer"),
    ),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_compared_in_its_direction(part: str) -> None:
    """One change in one part is one change of the contract, graded as that part is."""
    schema, expected = PARTS[part]
    assert [expected] == told(with_part(part, schema))


def test_a_new_event_is_named_as_part() -> None:
    """Where findings of a live check have it, too: `event<ping>`."""
    new = with_part("event", {"oneOf": [*CONTRACT.defs["event"]["oneOf"], event("usage")]})  # type: ignore[index]
    assert [("RISK", "str.event.added", "event<usage>", "", '"usage"')] == told(new)


def test_a_part_that_came_or_went_is_told() -> None:
    """What is no longer described is no longer checked: a risk; the other way it is an addition."""
    assert [("RISK", "con.part.removed", "error", "", "error")] == told(with_part("error", None))
    found = contracts(with_part("error", None), CONTRACT, valid=valid)
    assert [("ADD", "con.part.added")] == [(each.grade, each.id) for each in found.changes]
    assert found.backward is None


BINDS = {
    "/versions/acme-version": (Binds(versions={"acme-version": ("2026-10-21",)}), "con.bound.changed"),
    "/streaming": (Binds(streaming=(False, True)), "con.bound.added"),
    "/betas/acme-beta": (Binds(betas={"acme-beta": ("*",)}), "con.bound.added"),
    "/path": (Binds(path="/v2/messages"), "con.bound.changed"),
}


@pytest.mark.parametrize("path", BINDS)
def test_what_a_contract_is_about_is_compared(path: str) -> None:
    """Another version of the interface breaks, though no schema changed; one more beta is an addition."""
    binds, kind = BINDS[path]
    name = path.split("/")[1]
    new = replace(CONTRACT, binds=replace(CONTRACT.binds, **{name: getattr(binds, name)}))
    assert [(kind, "binds", path)] == [(each.id, each.part, each.path) for each in against(new).changes]


ORDERS = {
    "fewer ways": (Order("start delta stop"), "start delta* stop", ["str.order.narrowed"]),
    "more ways": (Order("start delta* stop"), "start delta stop", ["str.order.changed"]),
    "another way of saying it": (Order("start stop | start"), "start stop?", []),
    "a repeated one": (Order("a+ b"), "a a* b", []),
    "two swapped": (Order("b a"), "a b", ["str.order.changed"]),
    "the end is missing": (Order("a"), "a b", ["str.order.changed"]),
    "an event that is new": (Order("a usage? b"), "a b", []),
    "an event in between": (Order("a b", anywhere=("c",)), "a c? b", ["str.order.changed"]),
    "nothing said": (Order(""), "a b", ["str.order.changed"]),
    "something said": (Order("a b"), "", ["str.order.narrowed"]),
}


@pytest.mark.parametrize("case", ORDERS)
def test_orders_are_compared_by_what_they_allow(case: str) -> None:
    """A stream that could not come before breaks a reader; one that no longer comes breaks nobody."""
    new, old, expected = ORDERS[case]
    assert expected == [each.id for each in ordered(Order(old), new)]


def test_an_order_that_allows_more_shows_how() -> None:
    """The shortest stream that is now possible, up to where it departs from the old order."""
    assert ("start", "end") == follows(Order("start delta* stop"), Order("start delta* stop?"))
    new = replace(CONTRACT, order=replace(ORDER, events="start (open delta* close)*"))
    (change,) = against(new).changes
    assert ("str.order.changed", "order") == (change.id, change.part)
    assert change.text.endswith("now possible: start and end")
    assert against(new).forward is False


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (Order(count="n"), Order(), "str.order.changed"),
        (Order(), Order(count="n"), "str.order.narrowed"),
        (Order(end="[DONE]"), Order(), "str.order.changed"),
        (Order(tag="type"), Order(tag="object"), "str.order.changed"),
        (Order("a ("), Order("a"), "str.order.changed"),
    ],
)
def test_the_marks_of_an_order_are_compared(old: Order, new: Order, kind: str) -> None:
    """What counts, names and ends the events; a pattern that cannot be read is said to be one."""
    assert [kind] == [each.id for each in ordered(old, new)]


def test_an_order_that_came_or_went_is_told() -> None:
    """No order at all is one that allows everything."""
    assert ["str.order.changed"] == [each.id for each in ordered(ORDER, None)]
    assert ["str.order.narrowed"] == [each.id for each in ordered(None, ORDER)]
    assert [] == ordered(None, None)


def test_a_policy_lowers_a_grade_where_it_says_so() -> None:
    """By id and place, with its source; it never raises one."""
    policy = Policy("res.enum.added", "ADD", "announced", "https://acme.example/versions", "2026-11-20", "/stop_*")
    raised = Policy("res.enum.added", "RISK", "no", "https://acme.example/no", "2026-11-20")
    new = with_part("response", fields("stop_reason", stop_reason={"enum": ["end", "tool", "pause"]}))
    (lowered,) = against(replace(new, policy=(policy, raised))).changes
    assert ("ADD", "https://acme.example/versions") == (lowered.grade, lowered.policy)
    (kept,) = against(replace(new, policy=(replace(policy, path="/other"),))).changes
    assert ("RISK", "") == (kept.grade, kept.policy)
