"""Whose session it is: the table of `replaykit.session.active`, row by row."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, TypeVar

import pytest

from replaykit.errors import NoSession
from replaykit.session import Session
from replaykit.session.active import carrying, current, entered

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def session(name: str) -> Session:
    return Session(name, clock=lambda: 0)


def elsewhere(work: Callable[[], T]) -> T:
    """What work gives in a context that knows of no session."""
    return Context().run(work)


def test_none_is_active() -> None:
    """A program is on its own, wherever it looks."""
    assert current() is None
    assert elsewhere(current) is None


def test_this_context_has_one() -> None:
    """Its own session wins, however many are active; an inner block's before the outer one's."""
    one, two = session("one"), session("two")
    with entered(one):
        assert one is current()
        with entered(two):
            assert two is current()
        assert one is current()
    assert current() is None


def test_it_has_none_and_one_is_active() -> None:
    """A thread or a callback of the same program belongs to the one session there is."""
    one = session("one")
    with entered(one):
        assert one is elsewhere(current)


def test_it_has_none_and_several_are_active() -> None:
    """That is an error which names them: never a guess."""
    expected = pytest.raises(NoSession, match=r"2 active .* 'one' and 'two'")
    with entered(session("one")), entered(session("two")), expected:
        elsewhere(current)


def test_a_context_outlives_its_session() -> None:
    """A context whose session has ended has none."""
    with entered(session("one")):
        context = copy_context()
    assert context.run(current) is None


def test_carried_over_to_a_thread() -> None:
    """A function that is carried belongs to its session in any thread, for as long as it runs."""
    one = session("one")
    with entered(one), entered(session("two")):
        pass
    found: list[Session | None] = []

    def look() -> None:
        found.append(current())

    with entered(session("other")), entered(one):
        thread = threading.Thread(target=carrying(look))
        thread.start()
        thread.join()
    assert [one] == found


def test_left_in_another_context() -> None:
    """A block that is left elsewhere than it was entered (an async generator does so) ends all the same."""
    stack = ExitStack()
    context = copy_context()
    context.run(stack.enter_context, entered(session("one")))
    stack.close()
    assert current() is None
    assert context.run(current) is None
