"""What an episode's tokens cost, by the price table of `genai-prices` (the extra `prices`).

    a model's answer with its tokens       by the address it came from, else by whose wire it speaks
    one without tokens, or no such price   unknown, by the model's name
    an error, an exchange with no model    nothing

Law: an unknown price is said to be unknown and never counts as zero. Prices are those of the day of
the recording, for they change; which table said so stands beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Exchange
from replaykit.core.plain import line
from replaykit.core.steps import Asked, answer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.conversation import Usage
    from replaykit.core.model import Episode

HOW = "pip install 'replaykit-llm[prices]'"
"""What to do to see prices."""

_MODEL = 60
"""Characters of a model's name."""


@dataclass(frozen=True, slots=True)
class Bill:
    """`amount` in US dollars of all that has a price, None when nothing has.

    `unknown` names the models without a price. `table` is where prices are from (`genai-prices 0.2.3`), `day`
    whose prices they are (`2026-11-20`); both are empty where there is no table or nothing to price.
    """

    amount: Decimal | None = None
    unknown: tuple[str, ...] = ()
    table: str = ""
    day: str = ""

    @property
    def source(self) -> str:
        """Where the prices are from, and of which day; empty when there are none."""
        return f"{self.table}, prices of {self.day}" if self.table else ""

    @property
    def is_needed(self) -> bool:
        """Whether there was anything to price."""
        return self.amount is not None or bool(self.unknown)

    @property
    def _digits(self) -> int:
        """Decimals that show two digits of the amount that mean something, four at least."""
        small = self.amount is not None and 0 < self.amount < Decimal("0.001")
        return 1 - self.amount.adjusted() if small and self.amount is not None else 4

    def __str__(self) -> str:
        """As people read it: `$0.0123`, `$0.0123 + unknown (model-x)`, `unknown (model-x)`, `none`."""
        known = "" if self.amount is None else f"${self.amount:.{self._digits}f}"
        unknown = f"unknown ({', '.join(self.unknown)})" if self.unknown else ""
        return " + ".join(filter(None, (known, unknown))) or "none"


@dataclass(frozen=True, slots=True)
class _Item:
    """One answer of a model: which, by whose wire, from where, and its tokens when they are known."""

    model: str
    provider: str
    url: str
    usage: Usage | None


def bill(episode: Episode) -> Bill:
    """What the models' answers of an episode cost."""
    items = tuple(_items(episode))
    if not items:
        return Bill()
    prices = _prices()
    day = datetime.fromtimestamp(episode.span.began, UTC) if episode.span.began else datetime.now(UTC)
    costs = [(item.model, _cost(prices, item, day)) for item in items]
    known = [cost for _, cost in costs if cost is not None]
    unknown = dict.fromkeys(line(model, _MODEL) for model, cost in costs if cost is None)
    source = ("", "") if prices is None else (f"genai-prices {metadata.version('genai-prices')}", f"{day:%Y-%m-%d}")
    return Bill(sum(known, Decimal()) if known else None, tuple(unknown), *source)


def _items(episode: Episode) -> Iterator[_Item]:
    for step in episode.steps:
        if not isinstance(step, Exchange):
            continue
        asked = Asked(step.request)
        answer = answer_of(asked.roughly[1], step.response)
        if answer is None or answer.turn is None or answer.error:
            continue
        model = answer.model or (asked.question.model if asked.question is not None else "")
        if model:
            yield _Item(model, asked.roughly[0].name, step.request.url, answer.usage)


def _cost(prices: Any, item: _Item, day: datetime) -> Decimal | None:  # noqa: ANN401 - a module that may not be there
    """The US dollars of an answer; None when its price or its tokens are unknown, or no number of tokens."""
    if prices is None or item.usage is None or not _is_possible(item.usage):
        return None
    usage = prices.Usage(
        input_tokens=item.usage.input,
        output_tokens=item.usage.output,
        cache_read_tokens=item.usage.cached,
        cache_write_tokens=item.usage.written,
    )
    for where in ({"provider_api_url": item.url}, {"provider_id": item.provider}):
        try:
            total: Decimal = prices.calc_price(usage, item.model, genai_request_timestamp=day, **where).total_price
        except (LookupError, ValueError):  # not in the table; or tokens that cannot be (more cached than read)
            continue
        return total
    return None


def _is_possible(usage: Usage) -> bool:
    """Whether an answer can have taken so many tokens: what is no number was read as 0, and a model reads something."""
    return usage.input > 0 and min(usage.output, usage.cached, usage.written) >= 0


def _prices() -> Any:  # noqa: ANN401 - a module that may not be there
    try:
        return import_module("genai_prices")
    except ImportError:
        return None
