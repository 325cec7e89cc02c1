"""What headers say: whose credentials decide which answer, and what was sent differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.core.test_match import MORE, ONE, OTHER, TWO, Run, ask, step

if TYPE_CHECKING:
    from replaykit.core.model import Headers


def bearer(name: str) -> Headers:
    """A request's headers with a redacted key."""
    return (("Authorization", f"Bearer [REDACTED:{name}]"),)


ALICE, BOB, CAROL = map(bearer, ("ALICE_TOKEN", "BOB_TOKEN", "CAROL_TOKEN"))


@pytest.mark.parametrize("place", ["", ONE])
def test_equal_requests_are_answered_by_whose_credentials_they_carry(place: str) -> None:
    """Whoever asks first, each holder is told what he was told; the same is so where an id varies besides."""
    run = Run(tuple(step({"me": place}, who, headers=who_) for who, who_ in (("alice", ALICE), ("bob", BOB))))
    live = {"me": OTHER if place else ""}
    assert [1, 0] == [run.asks(live, headers=who) for who in (BOB, ALICE)]


@pytest.mark.parametrize("place", ["", ONE])
def test_nobody_is_told_what_somebody_else_was_told(place: str) -> None:
    """A holder who asks once more than recorded is not answered in another's place; an unknown one is ambiguous."""
    live = {"me": OTHER if place else ""}
    steps = (step({"me": place}, "alice", headers=ALICE), step({"me": place}, "bob", headers=BOB))
    run = Run(steps)
    assert [0, "missing", 1] == [run.asks(live, headers=who) for who in (ALICE, ALICE, BOB)]
    assert Run(steps).asks(live, headers=CAROL) == "ambiguous"


def test_the_raw_request_is_never_served_where_credentials_decide() -> None:
    """Before redaction nobody knows whose they are, so the fast path leaves it to the search."""
    run = Run((step("me", "alice", headers=ALICE), step("me", "bob", headers=BOB)))
    assert run.index.exact(ask("me", headers=(("Authorization", "Bearer raw"),)), run) is None
    assert not run.details


def test_credentials_do_not_matter_where_the_answer_is_one() -> None:
    """A single recorded holder, or several who were told the same, stand for any."""
    assert Run((step("me", "alice", headers=ALICE),)).asks("me", headers=BOB) == 0
    both = Run((step("me", "hello", headers=ALICE), step("me", "hello", headers=BOB)))
    assert [0, 1] == [both.asks("me", headers=CAROL) for _ in range(2)]


@pytest.mark.parametrize(
    ("name", "recorded", "live"),
    [
        ("X-HTTP-Method-Override", "GET", "DELETE"),
        ("X-Tenant", "north", "south"),
        ("Range", "bytes=0-99", "bytes=100-199"),
        ("X-Dry-Run", "true", ""),
        ("X-Dry-Run", "", "true"),
        ("Accept-Language", "de", "en"),
        ("Accept", "application/json", "text/event-stream"),
        ("Anthropic-Beta", "a", "b"),
    ],
)
def test_a_header_that_says_something_else_is_noted(name: str, recorded: str, live: str) -> None:
    """Every header tells: the step is served, and what was sent differently is named."""
    run = Run((step("a", headers=((name, recorded),) if recorded else ()),))
    assert run.asks("a", headers=((name.lower(), live),) if live else ()) == 0
    assert [(name.lower(), recorded, live)] == run.details[0]["differently"]


@pytest.mark.parametrize(
    "name",
    [
        *("User-Agent", "X-Stainless-Async", "Traceparent", "Baggage", "Date", "Host", "Content-Length", "Cookie"),
        *("Accept-Encoding", "X-Request-Id", "My-Correlation-Id", "Idempotency-Key", "X-Amz-Date", "If-None-Match"),
        *("X-Client-Version", "X-Goog-Api-Client", "Mcp-Session-Id", "Connection", "X-Api-Key", "Authorization"),
    ],
)
def test_a_header_that_changes_from_run_to_run_tells_nothing(name: str) -> None:
    """Neither another value nor its absence is noted."""
    run = Run((step("a", headers=((name, "one"),)), step("b", headers=((name, "one"),)), step("c")))
    assert [0, 1, 2] == [run.asks("a", headers=((name, "two"),)), run.asks("b"), run.asks("c", headers=((name, "x"),))]
    assert [{}, {}, {}] == [*run.details.values()]


def test_several_headers_of_one_name_are_all_compared() -> None:
    """The first of two tells as much as the last."""
    run = Run((step("a", headers=(("X-Role", "admin"), ("X-Role", "user"))),))
    assert run.asks("a", headers=(("X-Role", "guest"), ("X-Role", "user"))) == 0
    assert [("x-role", "admin, user", "guest, user")] == run.details[0]["differently"]


def test_an_id_in_a_header_differs_one_to_one() -> None:
    """A session's id may be another one, the same one in the whole run, in headers as in bodies."""
    steps = [step(name, headers=(("X-Session", ONE),)) for name in "abc"]
    run = Run((*steps, step({"session": ONE}), step({"other": TWO})))
    for name, session in (("a", OTHER), ("b", OTHER), ("c", MORE)):
        run.asks(name, headers=(("X-Session", session),))
    assert {"rules": {"id": [(ONE, OTHER)]}} == run.details[0] == run.details[1]
    assert {"differently": [("x-session", ONE, MORE)]} == run.details[2]
    assert ["missing", 3] == [run.asks({"other": OTHER}), run.asks({"session": OTHER})]


def test_ids_of_headers_and_bodies_are_noted_and_bound_together() -> None:
    """One request may need rules in both: each is named, and each is the others' to know."""
    run = Run((step({"job": ONE}, headers=(("X-Session", TWO),)),))
    assert run.asks({"job": OTHER}, headers=(("X-Session", MORE),)) == 0
    assert {"id": [(ONE, OTHER), (TWO, MORE)]} == run.details[0]["rules"]
    assert [(ONE, OTHER), (TWO, MORE)] == [(each.recorded.decode(), each.live.decode()) for each in run.bound]


def test_a_secret_in_a_header_is_compared_as_it_is_kept() -> None:
    """What redaction hides is no difference; what stands beside it in another header is."""
    kept: Headers = (("X-Tenant", "[REDACTED:TENANT]"), ("X-Mode", "trial"))
    live: Headers = (("X-Tenant", "correct-horse-17-battery"), ("X-Mode", "trial"))
    run = Run((step("a", headers=kept), step("b", headers=kept)))
    assert [0, 1] == [run.asks("a", headers=live), run.asks("b", headers=(live[0], ("X-Mode", "real")))]
    assert [{}, {"differently": [("x-mode", "trial", "real")]}] == [*run.details.values()]


def test_a_secret_in_a_header_that_is_new_is_never_noted() -> None:
    """What is kept of a difference holds no secret."""
    run = Run((step("a"),))
    assert run.asks("a", headers=(("X-Tenant", "correct-horse-17-battery"),)) == 0
    assert {0: {}} == run.details
