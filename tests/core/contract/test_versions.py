"""Versions follow from grades, and the changelog is what a person would write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.core.contract.changes import Change
from replaykit.core.contract.changes.moves import MOVES, kind
from replaykit.core.contract.grades import KINDS, grade_of
from replaykit.core.contract.model import Binds, Contract, Unfit
from replaykit.core.contract.versions import SENTENCES, changelog, next_version, sentence

if TYPE_CHECKING:
    from replaykit.core.contract.grades import Direction, Grade


def change(name: str, path: str = "/a", *, before: str = "", after: str = "", part: str = "response") -> Change:
    """A change of this kind."""
    return Change(name, grade_of(name), "response", path, before, after, part=part)


@pytest.mark.parametrize(
    ("grades", "text", "expected"),
    [
        (["ADD", "BREAK", "RISK"], False, "2.0.0"),
        (["ADD", "RISK"], True, "1.5.0"),
        (["ADD"], False, "1.5.0"),
        ([], True, "1.4.3"),
        ([], False, "1.4.2"),
        (["OURS"], False, "1.4.2"),
        (["OURS"], True, "1.4.3"),
    ],
)
def test_a_version_follows_from_the_worst_grade(grades: list[Grade], text: bool, expected: str) -> None:  # noqa: FBT001
    """A break is a major version, news a minor one, a text a patch, and nothing none."""
    changes = [Change("res.enum.added", grade, "response", "/a") for grade in grades]
    assert expected == next_version("1.4.2", changes, text_changed=text)


def test_the_first_version_is_the_first() -> None:
    """Whatever it says; and what is no version has no next one."""
    assert "1.0.0" == next_version("", [], text_changed=True)
    with pytest.raises(Unfit, match=r"'1.2' is no version: 1.0.0"):
        next_version("1.2", [], text_changed=True)


def test_what_is_left_is_told() -> None:
    """Values that are gone, and what there is in their place, if there is a word for it."""
    assert '`/a` is no longer "x".' == sentence(change("res.enum.removed", before='"x"'))
    told = sentence(change("res.enum.removed", before="any string", after='"paid" or "sent"'))
    assert '`/a` is no longer any string, only "paid" or "sent".' == told


def test_a_history_reads_like_one() -> None:
    """The newest version first, each with its day, its worst grade, and a sentence a change, the worst first."""
    first = Contract("acme.messages", "1.0.0", Binds(), {"response": {}}, date="2026-11-01", sources=("41 answers",))
    second = Contract("acme.messages", "2.0.0", Binds(), {"response": {}}, date="2026-11-20")
    third = Contract("acme.messages", "2.0.1", Binds(), {"response": {}}, date="2026-11-21")
    changes = [
        change("res.enum.added", "/stop_reason", after='"pause"'),
        change("req.field.refused", "/temperature", before="number", after="refused", part="request"),
        change("ours.version", "/acme-version", part="request"),
        change("str.event.added", "", after='"usage"', part="event<usage>"),
        change("res.field.added", "/delta/<b>", after="string, optional", part="event<delta>"),
    ]
    assert """\
# acme.messages

## 2.0.1 · 2026-11-21 · text

Written differently; what is promised is the same.

## 2.0.0 · 2026-11-20 · BREAK

- **BREAK** In requests, `/temperature` is no longer accepted.
- **RISK** `/stop_reason` may now be "pause".
- **RISK** The event `usage` is new.
- **ADD** In the event `delta`, `/delta/<b>` is new: string, optional.

## 1.0.0 · 2026-11-01

The first version.
- 41 answers
""" == changelog([(first, []), (second, changes), (third, [])])


def test_a_policy_is_named_in_the_changelog() -> None:
    """A grade that was lowered says on whose word."""
    lowered = Change("res.enum.added", "ADD", "response", "/a", after='"x"', policy="https://acme.example/v")
    contract = Contract("acme.messages", "1.1.0", Binds(), {})
    assert '- **ADD** `/a` may now be "x" (announced: https://acme.example/v).' in changelog(
        [(contract, []), (contract, [lowered])]
    )


def test_every_change_has_its_sentence() -> None:
    """Whatever can happen to a schema, in whatever direction, is told in words of its own."""
    directions: list[Direction] = ["request", "response", "stream", "headers", "error"]
    possible = {kind(move, each, path) for move in MOVES for each in directions for path in ("", "/a/type")} - {""}
    assert set() == possible - SENTENCES.keys()
    assert set() == SENTENCES.keys() - KINDS.keys()
    for name in SENTENCES:
        text = sentence(change(name, before="x", after="y"))
        assert text.endswith(".")
        assert "{" not in text


def test_a_kind_without_a_sentence_is_told_by_its_own_words() -> None:
    """Nothing is left out because nobody thought of it."""
    assert "`/m`: a model is gone (m-1)." == sentence(change("mod.gone", "/m", before="m-1"))


def test_the_changelog_takes_no_orders() -> None:
    """Markup in names and values is text, and control characters are spelled out."""
    text = sentence(change("res.enum.added", "/a`b", after='"<b>*x*\x1b[2J"'))
    assert '`/a\'b` may now be "\\<b\\>\\*x\\*\\\\x1b\\[2J".' == text
