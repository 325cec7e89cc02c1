"""What a file says, taken for what it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core import sound
from replaykit.core.sound import FREE, RATIO, TEXT, Kind, Unsound, believable, checked

KINDS = [each for each in vars(sound).values() if isinstance(each, Kind)]

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just(10**400)
ANY = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(ANY)
def test_every_kind_has_an_answer(value: object) -> None:
    """Whatever the value is, each kind says yes or no, and so do those that are made of it."""
    for kind in KINDS:
        for made in (kind, sound.listed(kind), sound.maybe(kind), sound.mapped(kind, kind)):
            assert made.fits(value) in (True, False)


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        (sound.TEXT, ["", "\0", "\ud800"], [None, 1, b"", []]),
        (sound.LABEL, ["", "a b", "é"], ["\0", "\udcff", "\ud800", None]),
        (sound.WORD, ["", "a b", "\udcff"], ["\0", "\ud800", None]),
        (sound.NAME, ["HOME", "\udcff"], ["", "A=B", "A\0"]),
        (sound.HEX, ["", "00ff"], ["0", "xy", "é", None]),
        (sound.FLAG, [True, False], [0, 1, None, "true"]),
        (sound.NUMBER, [-(2**63), 0, 2**63 - 1], [2**63, -(2**63) - 1, True, 1.0, "1"]),
        (sound.COUNT, [0, 2**63 - 1], [-1, 2**63, False]),
        (sound.DURATION, [0, 2**40 - 1], [-1, 2**40]),
        (sound.MOMENT, [0, 0.5, 1_790_000_000.25], [-1, float("nan"), float("inf"), 10**18, True, "0"]),
        (sound.ZONE, [-86_400, 0, 86_400], [-86_401, 86_401, 0.0]),
        (sound.PAIRS, [[], [["a", "b"]]], [[["a"]], [["a", 1]], [["a", "b", "c"]], ["ab"], {"ab": 1}, None]),
        (sound.COUNTS, [[], [0, 2**63 - 1]], [[-1], [True], [1.0], [2**63], [None], "12", {}]),
        (sound.DURATIONS, [[], [2**40 - 1]], [[2**40], [-1]]),
        (sound.listed(sound.FLAG), [[], [True]], [[0], [True, None], (True,), None]),
        (sound.maybe(sound.FLAG), [None, True], [0, ""]),
        (sound.mapped(sound.NAME, sound.FLAG), [{}, {"A": True}], [{"": True}, {"A": 0}, [], None]),
    ],
    ids=lambda value: value.name if isinstance(value, Kind) else "",
)
def test_what_each_kind_takes(kind: Kind, taken: list[object], refused: list[object]) -> None:
    """A kind takes what we write and nothing beside it: a truth value is no number, and NaN is no moment."""
    assert ([True] * len(taken), [False] * len(refused)) == (list(map(kind.fits, taken)), list(map(kind.fits, refused)))


@pytest.mark.parametrize(
    ("form", "said"),
    [(None, "no object"), ([], "no object"), ({}, "lacks 'name'"), ({"name": 1}, "'name' is no text")],
)
def test_what_is_not_sound_is_named(form: object, said: str) -> None:
    """The first field that is missing or of another kind is named."""
    with pytest.raises(Unsound, match=said):
        checked(form, {"name": TEXT})
    assert {"name": "a", "more": 1} == checked({"name": "a", "more": 1}, {"name": TEXT})


def test_how_much_a_file_may_hold() -> None:
    """Every file may unpack to a fixed amount, and a large one to a multiple of itself."""
    assert believable(0, FREE)
    assert not believable(0, FREE + 1)
    assert believable(FREE, FREE * RATIO)
    assert not believable(FREE, FREE * RATIO + 1)
