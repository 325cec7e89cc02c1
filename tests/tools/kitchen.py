"""Functions of an agent, of every kind, as an agent's module has them."""

from __future__ import annotations

import asyncio
import datetime as dt
import decimal
import enum
import pathlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
from pydantic import BaseModel

import replaykit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

RUNS: list[str] = []
"""What ran for real, in order."""


@dataclass(frozen=True)
class Weather:
    city: str
    degrees: float
    at: dt.datetime = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


@dataclass
class Counter:
    """A dataclass that cannot be made again from what it was made from."""

    seen: int = 0
    total: int = field(default=7, init=False)

    @classmethod
    def after(cls, total: int) -> Counter:
        made = cls()
        made.total = total
        return made


class Place(NamedTuple):
    name: str
    at: tuple[float, float]


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Order(BaseModel):
    number: int
    price: decimal.Decimal
    items: list[Place] = []


class OutOfStockError(Exception):
    """An error of the agent's own, with an argument that is not its text."""

    def __init__(self, item: str, left: int) -> None:
        super().__init__(f"only {left} {item} left")
        self.left = left


RESULTS: dict[str, Any] = {
    "none": None,
    "texts": ["a", "\ud800", "\0", "é", "$tuple"],
    "numbers": [1, -0.0, 1.5e300, 10**40, True],
    "dict": {"a": {"b": [1]}, "": None},
    "dollars": {"$tuple": [1], "$dict": {}, "$object": "Weather", "fields": {}},
    "keys": {1: "a", (2, 3): "b", None: "c"},
    "tuple": (1, ("a", [2])),
    "sets": [{1, 2}, frozenset({"a"})],
    "bytes": b"\x00\xff",
    "times": [dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC), dt.date(2026, 1, 1), dt.time(12, 30), dt.timedelta(1, 2, 3)],
    "others": [decimal.Decimal("1.10"), uuid.UUID(int=7), pathlib.Path("a/b")],
    "dataclass": Weather("Paris", 21.5),
    "named tuple": Place("Paris", (1.0, 2.0)),
    "enums": [Colour.RED, Level.HIGH],
    "model": Order(number=1, price=decimal.Decimal("9.90"), items=[Place("a", (0.0, 0.0))]),
    "nested": {"weather": [Weather("Rome", 30), (Colour.RED,)]},
}
"""Results of all forms."""


class Stubborn:
    """Something that nobody can compare, print or copy."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    __hash__ = None  # type: ignore[assignment]


class Text(str):
    """A text of a class of its own."""

    __slots__ = ()


def local_object() -> object:
    @dataclass
    class Local:
        a: int = 1

    return Local()


OPAQUE: dict[str, Any] = {
    "object": object(),
    "function": RUNS.append,
    "half made": Counter.after(9),
    "stubborn": Stubborn(),
    "of its own": Text("a"),
    "local class": local_object(),
    "a class": Weather,
    "too long": 10**5000,
}
"""Results that cannot be kept."""


@replaykit.tool
def cook(name: str, *_rest: Any, **_more: Any) -> Any:
    RUNS.append(name)
    return {**RESULTS, **OPAQUE}[name]


@replaykit.tool
async def cook_later(name: str) -> Any:
    RUNS.append(name)
    await asyncio.sleep(0)
    return RESULTS[name]


@replaykit.tool(name="notify_all", run=True)
def notify(text: str) -> str:
    RUNS.append(text)
    return f"{text}, {len(RUNS)} times"


@replaykit.tool
def fail(kind: str) -> None:
    RUNS.append(kind)
    match kind:
        case "key":
            raise KeyError("a key")
        case "own":
            raise OutOfStockError("apples", 3)
        case "value":
            raise ValueError("not", "two")
        case "hidden":
            raise _hidden()
        case "exit":
            raise SystemExit(3)


def _hidden() -> Exception:
    class GoneError(LookupError):
        """Nobody can find this class again."""

    return GoneError("gone")


@replaykit.tool
async def wait(seconds: float) -> str:
    RUNS.append("wait")
    await asyncio.sleep(seconds)
    return "waited"


@replaykit.tool
def count(to: int) -> Iterator[int]:
    RUNS.append("count")
    yield from range(to)


@replaykit.tool
async def tick(to: int) -> AsyncIterator[int]:
    RUNS.append("tick")
    for number in range(to):
        yield number


class Shop:
    """Somebody whose methods are tools; it has no form at all."""

    def __init__(self) -> None:
        self.lock = object()

    @replaykit.tool
    def buy(self, item: str) -> str:
        RUNS.append(item)
        return f"bought {item}"

    @classmethod
    @replaykit.tool
    def open(cls, city: str) -> str:
        RUNS.append(city)
        return f"open in {city}"

    @staticmethod
    @replaykit.tool
    def close(city: str) -> str:
        RUNS.append(city)
        return f"closed in {city}"


@replaykit.tool
def factorial(number: int) -> int:
    RUNS.append(f"{number}!")
    return 1 if number < 2 else number * factorial(number - 1)


@replaykit.tool
def fetch(url: str) -> str:
    RUNS.append("fetch")
    return httpx2.get(url).text


@replaykit.tool
def fetch_many(url: str, many: int) -> list[str]:
    RUNS.append("fetch_many")
    with ThreadPoolExecutor(many) as threads:
        return [answer.text for answer in threads.map(httpx2.get, [url] * many)]


@replaykit.tool
def connect(url: str) -> object:
    """A client with an answer in it: cannot be kept."""
    RUNS.append("connect")
    httpx2.get(url)
    return object()
