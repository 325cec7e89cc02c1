"""Questions that repeat their history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.history import DEEPEST, RECENT, RECENT_BYTES, History, Link, Past, Questions
from tests.turns import agent, bodies

pieces = st.lists(st.sampled_from([b"a", b"ab", b"{", b"x" * 50, b"]}", b""]), max_size=12).map(b"".join)


def kept(questions: list[bytes]) -> tuple[list[Link], list[bytes], list[int]]:
    """The questions as they are kept: how each builds on others, its own bytes, and how many bases it has."""
    history, links, rests, depths = History(), list[Link](), list[bytes](), list[int]()
    for number, question in enumerate(questions):
        base, link = history.nearest(question)
        depths.append(0 if base is None else base.depth + 1)
        links.append(link)
        rests.append(link.rest(question))
        history.add(Past(number, depths[-1], question))
    return links, rests, depths


@given(st.lists(pieces | st.binary(max_size=30), max_size=30), st.data())
def test_any_questions_come_back(questions: list[bytes], data: st.DataObject) -> None:
    """Growing, shrinking, empty and unrelated questions are whole again, in whatever order they are asked for."""
    links, rests, _ = kept(questions)
    whole = Questions(links.__getitem__, rests.__getitem__)
    order = data.draw(st.permutations(range(len(questions))))
    assert [questions[number] for number in order] == [whole.question(number) for number in order]


@given(st.lists(pieces, max_size=30))
def test_what_is_shared_never_overlaps(questions: list[bytes]) -> None:
    """A question is never larger than its base and its rest together: no chain of small rests is a bomb."""
    links, _, _ = kept(questions)
    bases = [(link, questions[link.base]) for link in links if link.base is not None]
    assert [] == [link for link, base in bases if link.shared + link.tail > len(base)]


def test_a_growing_question_costs_what_it_adds() -> None:
    """Between the history before and the settings behind, only the new turn is kept."""
    questions = bodies(agent("support", 50))
    _, rests, _ = kept(questions)
    assert len(rests[1]) + 20 > max(map(len, rests[1:]))


def test_agents_that_take_turns_build_on_themselves() -> None:
    """The base is the question that shares the most, not the one before."""
    crowd = [bodies(agent(f"agent {number}", 20)) for number in range(RECENT)]
    links, _, _ = kept([turn[number] for number in range(20) for turn in crowd])
    assert [each - RECENT for each in range(RECENT, 20 * RECENT)] == [link.base for link in links[RECENT:]]


def test_a_chain_ends() -> None:
    """Beyond 255 bases a question stands by itself, and others build on that one."""
    questions = bodies(agent("long", 600, said=10))
    links, rests, depths = kept(questions)
    assert DEEPEST == max(depths)
    assert [0, DEEPEST + 1, 2 * (DEEPEST + 1)] == [number for number, link in enumerate(links) if link.base is None]
    assert questions[-1] == Questions(links.__getitem__, rests.__getitem__).question(599)


def test_calls_without_a_body_push_nothing_out() -> None:
    """However many empty questions come between, the next one still builds on its own history."""
    first, second = bodies(agent("support", 2))
    links, _, _ = kept([first, *[b""] * (2 * RECENT), second])
    assert (0, None) == (links[-1].base, links[1].base)


def test_large_questions_do_not_fill_the_memory() -> None:
    """Of many large questions only the last few are remembered, and of a huge one just that."""
    history = History()
    half = RECENT_BYTES // 2
    for number in range(4):
        history.add(Past(number, 0, bytes([number]) * half))
    assert (None, 3) == (_base(history, b"\x00" * 9), _base(history, b"\x03" * 9))
    history.add(Past(4, 0, b"\x04" * (RECENT_BYTES + 1)))
    assert 4 == _base(history, b"\x03" * 9)


def _base(history: History, question: bytes) -> int | None:
    base, link = history.nearest(question)
    return base.number if base is not None and (link.shared or base.number == 4) else None


def test_one_asked_for_after_the_other_is_not_put_together_twice() -> None:
    """Reading 200 questions in order unpacks each rest once."""
    questions = bodies(agent("support", 200, said=10))
    links, rests, _ = kept(questions)
    read = list[int]()

    def rest(number: int) -> bytes:
        read.append(number)
        return rests[number]

    whole = Questions(links.__getitem__, rest)
    assert questions == [whole.question(number) for number in range(200)]
    assert list(range(200)) == read
