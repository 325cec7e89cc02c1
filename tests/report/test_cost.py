"""What tokens cost: by a table that says which it is, and unknown rather than zero."""

from __future__ import annotations

import sys
from decimal import Decimal
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from replaykit.core.model import Span
from replaykit.report.cost import Bill, bill
from tests.core.agents import NOON, answer, episode, exchange, question

if TYPE_CHECKING:
    from replaykit.core.model import Episode

MODEL = "claude-sonnet-4-5"
"""3 dollars for a million tokens in and 15 for a million out, a tenth of 3 for those from a cache."""


def asked(model: str = MODEL, *, url: str = "http://127.0.0.1:1234/v1/messages", **usage: int) -> Episode:
    """An episode of one question, answered with so many tokens."""
    counted = {"input_tokens": 100_000, "output_tokens": 10_000, **usage}
    step = exchange(question("Hello"), answer("Hi", model=model, usage=counted), url=url)
    return episode(step, span=Span(NOON, NOON + 9))


def test_tokens_have_the_price_of_the_day() -> None:
    """By the model and the wire, also where a gateway on this machine gave them; the table and the day are named."""
    found = bill(asked())
    table = f"genai-prices {metadata.version('genai-prices')}, prices of 2026-11-01"
    assert (Decimal("0.45"), (), table) == (found.amount, found.unknown, found.source)
    assert "$0.4500" == str(found)


def test_a_small_amount_is_not_nothing() -> None:
    """Two digits that mean something are shown of it."""
    assert ["$0.0000", "$0.0123", "$0.00081", "$0.0000048"] == [
        str(Bill(Decimal(amount))) for amount in ("0", "0.01234", "0.00080750", "0.00000475")
    ]


def test_what_comes_from_a_cache_is_cheaper_and_what_goes_into_one_dearer() -> None:
    """Both are counted into the input by us, and not by Anthropic."""
    cheap = bill(asked(input_tokens=0, cache_read_input_tokens=50_000)).amount
    plain = bill(asked(input_tokens=50_000)).amount
    dear = bill(asked(input_tokens=0, cache_creation_input_tokens=50_000)).amount
    assert cheap is not None
    assert plain is not None
    assert dear is not None
    assert cheap < plain < dear


def test_a_model_that_nobody_knows_is_unknown() -> None:
    """It is named, and what is known is said beside it."""
    strange = bill(asked("my-model"))
    assert (None, ("my-model",), "unknown (my-model)") == (strange.amount, strange.unknown, str(strange))
    both = bill(episode(*asked().steps, *asked("my-model").steps, span=Span(NOON, NOON)))
    assert "$0.4500 + unknown (my-model)" == str(both)


def test_an_answer_without_tokens_is_unknown() -> None:
    """A stream that did not say what it took costs something, and not nothing."""
    step = exchange(question("Hello"), {**answer("Hi", model=MODEL), "usage": None})
    assert (MODEL,) == bill(episode(step)).unknown


@pytest.mark.parametrize("field", ["input_tokens", "output_tokens", "cache_read_input_tokens"])
def test_impossible_tokens_are_unknown(field: str) -> None:
    """Whatever a gateway counts: fewer than none have no price, and none at all in the input is no count."""
    for usage in ({"input_tokens": 100, "output_tokens": 10, field: -200}, {"input_tokens": "7", "output_tokens": 1.5}):
        found = bill(episode(exchange(question("Hello"), answer("Hi", model=MODEL, usage=usage))))
        assert (None, (MODEL,)) == (found.amount, found.unknown)


def test_what_no_model_answered_costs_nothing() -> None:
    """Errors, tools and counts of tokens are not billed, and need no table."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "later"}}
    count = exchange(question("Hello"), {"input_tokens": 12}, "https://api.anthropic.com/v1/messages/count_tokens")
    weather = exchange({}, {"celsius": 22}, "https://weather.example/today")
    found = bill(episode(exchange(question("Hello"), error), count, weather))
    assert (Bill(), "none", False) == (found, str(found), found.is_needed)


def test_without_a_table_all_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, each model is named, and nothing is guessed."""
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    found = bill(asked())
    assert (None, (MODEL,), "", True) == (found.amount, found.unknown, found.source, found.is_needed)


def test_a_name_cannot_do_harm() -> None:
    """A model is called whatever the wire says."""
    assert ("\\x1b[31mred",) == bill(asked("\x1b[31mred")).unknown
