"""Commands in a text: what a scan takes for one, and how long it takes."""

from __future__ import annotations

import time

import pytest

from replaykit.scan.typed import typed
from tests.scan.hoard import PLAIN

USER = f"curl -u me:{PLAIN}".encode()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (USER, [11]),
        (b"curl a.b " + USER, [20]),
        (USER + b"; " + USER, [11, len(USER) + 13]),
        (b"curl" + b" a" * 1_900 + b" " + USER + b"; " + b" a" * 2_000, [4 + 3_800 + 1 + 11]),
        (b"curl" + b" a" * 1_900 + b" curl" + b" a" * 1_000 + b" -u me:" + PLAIN.encode(), [4 + 3_800 + 5 + 2_000 + 7]),
        (b"curl" + b" a" * 3_000 + b" -u me:" + PLAIN.encode(), []),
        (b"curl a.b; -u me:" + PLAIN.encode(), []),
    ],
)
def test_a_password_is_found_once(text: bytes, places: list[int]) -> None:
    """Whatever commands stand before it or within its own, and as far as one goes."""
    assert places == [place for place, _ in typed(text)]


def test_a_text_of_nothing_but_commands() -> None:
    """None is looked through for each of those before it: a megabyte of them would take a minute."""
    began = time.perf_counter()
    assert [] == [*typed(b"curl " * 200_000)]
    assert time.perf_counter() - began < 5
