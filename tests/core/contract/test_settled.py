"""Which version of an interface a recording asks for, and how a finding is said on one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from replaykit.core.contract.bound import Parsed, settled
from replaykit.core.contract.check import asked
from replaykit.core.contract.drift import Drift, sentence
from replaykit.core.contract.model import Binds, Contract, Finding
from replaykit.core.model import Body, Request

OLD = Contract("shop.orders", "1.2.0", Binds(path="/orders", versions={"x-api": ("1", "1b")}), {"response": True})
NEW = replace(OLD, version="1.10.0")
OTHER = replace(OLD, version="2.0.0", binds=replace(OLD.binds, versions={"x-api": ("2",)}))
CONTRACTS = (OLD, NEW, OTHER, replace(OTHER, name="shop.stock"))


def request(**headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request("POST", "https://shop.example/orders", named, Body.of(b"{}"))


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ((), ()),
        ((request(),), ()),
        ((request(X_API="1"), request(x_api="1b")), ("1.10.0", "1.2.0")),
        ((request(x_api="2"), request()), ("2.0.0",)),
        ((request(x_api="1"), request(x_api="2")), ("2.0.0", "1.10.0", "1.2.0")),
        ((request(x_api="3"),), ()),
    ],
)
def test_what_was_recorded_settles_the_version(recorded: tuple[Request, ...], expected: tuple[str, ...]) -> None:
    """The versions that bind to a header which was sent, the newest first; a request without it says nothing."""
    assert expected == tuple(each.version for each in settled(CONTRACTS, "shop.orders", recorded))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-10-21", '"2026-10-21"'),
        ("2024-12-01-preview", '"2024-12-01-preview"'),
        ("v2", '"v2"'),
        ("sk-live-9fK2mQ8xLp7VtR3w", "a string of 24"),
        ("2026-10-21\x1b[31m", "a string of 15"),
    ],
)
def test_a_version_is_told_and_nothing_else_is(value: str, told: str) -> None:
    """What looks like a version is told in full; any other value by its shape, for it may be a secret."""
    (found,) = asked(OLD, Parsed(request(x_api=value)))
    assert f"another version of the interface is asked for {told} (the contract binds to 1, 1b)" == found.text


def test_a_finding_in_a_line() -> None:
    """Its grade, contract, part, place and text, how often, and its key; nothing that a terminal obeys."""
    found = Finding("ours.field.added", "OURS", "request", "request", "/a\x1b[1m", "a field is sent")
    drift = Drift("shop.orders", "1.2.0", "k3v9q2ab", found, 3, 0, "", "", ())
    assert "OURS shop.orders sent /a\\x1b[1m a field is sent ×3 (k3v9q2ab)" == sentence(drift)
    assert "OURS shop.orders sent /a\\x1b[1m a field is sent (k3v9q2ab)" == sentence(replace(drift, times=1))
