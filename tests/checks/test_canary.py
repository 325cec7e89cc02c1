"""The canary: a check that does not see what is planted is told, by what it does not see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from replaykit.checks.canary import canary
from replaykit.core.contract.check import Check
from tests.core.contract.promises import HEADERS, answered, check, contract, message, streamed
from tests.core.contract.test_mutations import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.contract.check import Judge
    from replaykit.core.contract.faults import Fault
    from replaykit.core.model import JSON, Exchange


@dataclass(frozen=True)
class Blind:
    """A judge that lets some parts pass, whatever is in them."""

    judge: Judge
    parts: tuple[str, ...]

    def fits(self, part: str, document: JSON) -> bool:
        return part in self.parts or self.judge.fits(part, document)

    def faults(self, part: str, document: JSON) -> Iterator[Fault]:
        return self.judge.faults(part, document)


def blind(*parts: str) -> Check:
    """A check that does not look at these parts."""
    return Check(contract(), Blind(check().judge, parts))


@pytest.mark.parametrize("exchange", ANSWERS.values(), ids=ANSWERS)
def test_a_check_that_sees_everything_is_fine(exchange: Exchange) -> None:
    """Nothing is said of answers, streams and errors whose every planted drift is found."""
    assert not canary(check(), exchange)


@pytest.mark.parametrize(
    ("answer", "part", "missed"),
    [
        ("plain", "response", "response: field gone at /id"),
        ("stream", "event", "event<message_start>: type changed at /message"),
        ("error", "error", "error: field gone at /type"),
        ("plain", "response.headers", "response.headers: header gone at /content-type"),
    ],
)
def test_a_blind_check_is_told(answer: str, part: str, missed: str) -> None:
    """By the contract, and by the first drifts of each sort that it does not see."""
    said = canary(blind(part), ANSWERS[answer])
    assert said.startswith("the check of acme.messages 1.0.0 does not see ")
    assert missed in said


def test_what_was_found_before_hides_no_blindness() -> None:
    """An answer that departs somewhere else is no proof that the check sees what is planted."""
    drifted = answered(message(), headers={**HEADERS, "x-acme-tier": "gold"})
    assert blind("response").exchange(drifted).findings
    assert "does not see response: field gone at /id" in canary(blind("response"), drifted)


def test_a_place_that_has_drifted_already_hides_nothing() -> None:
    """What is planted where an answer departs already is found, though the finding is the same."""
    for drifted in (
        answered(message(usage={"output_tokens": "3"}, id={"planted_drift": 1})),
        streamed({"type": "message_start", "message": []}, {"type": "message_stop"}),
        answered(message(content=[{"type": "text"}])),
    ):
        assert check().exchange(drifted).findings
        assert not canary(check(), drifted)


def test_an_answer_that_cannot_be_read_is_no_blindness() -> None:
    """There is nothing to plant into, and the check has seen that."""
    assert not canary(check(), answered(b"<html>"))
