"""What the environment says of a run of tests, read when the first of them uses replaykit.

    TEST_SEED=7                 `random` (and numpy's, where it is loaded) begins each test with this seed
    TEST_TIMEOUT=30             a test that takes more seconds fails where it is
    TEST_TEMPERATURE=0          every question of a recorded episode names this temperature, or none
    TEST_NORMALIZE_OUTPUTS=0    outputs are compared as they are, without rules; 1 by default

Law: a value that cannot be meant is an error, and nothing is guessed.
"""

from __future__ import annotations

import math
import os
import random
import signal
import sys
import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from replaykit.core.attempts import wholes
from replaykit.core.model import Exchange
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import FrameType

    from replaykit.core.model import Episode

T = TypeVar("T")

_TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class Variables(NamedTuple):
    """The settings of a run; None where the environment says nothing."""

    seed: int | None = None
    timeout: float | None = None
    temperature: float | None = None
    normalize: bool = True

    def sow(self) -> None:
        """Have the test's random numbers be those of every other run."""
        if self.seed is None:
            return
        random.seed(self.seed)
        if (numpy := sys.modules.get("numpy")) is not None:
            numpy.random.seed(self.seed % 2**32)

    def limited(self) -> AbstractContextManager[None]:
        """A test in it that takes too long is interrupted, where the platform can do that, and on the main thread."""
        if self.timeout is None or threading.current_thread() is not threading.main_thread():
            return nullcontext()
        return _limited(self.timeout)

    def unmet(self, episode: Episode) -> list[str]:
        """The steps whose temperature is another one, a line each."""
        if self.temperature is None:
            return []
        return [
            f"step {number} asks with temperature {heat}, and TEST_TEMPERATURE is {self.temperature:g}"
            for number, heat in _temperatures(episode)
            if heat != self.temperature
        ]


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """What runs in it is interrupted after so many seconds."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"the test took more than the {seconds:g} seconds of TEST_TIMEOUT")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def variables() -> Variables:
    """What the environment says; a `UsageError` names a value that cannot be meant."""
    return Variables(
        _read("TEST_SEED", int, "a whole number"),
        _read("TEST_TIMEOUT", _positive, "a number of seconds above zero"),
        _read("TEST_TEMPERATURE", _finite, "a number"),
        _read("TEST_NORMALIZE_OUTPUTS", _truth, "1 or 0") is not False,
    )


def _read(name: str, kind: Callable[[str], T], wanted: str) -> T | None:
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        return kind(text)
    except (ValueError, KeyError):
        raise UsageError(f"{name}={text!r} is not {wanted}") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _positive(text: str) -> float:
    number = _finite(text)
    if number <= 0:
        raise ValueError(text)
    return number


def _truth(text: str) -> bool:
    return _TRUTHS[text.lower()]


def _temperatures(episode: Episode) -> Iterator[tuple[int, object]]:
    """The questions that name a temperature, by number."""
    from replaykit.core.steps import Asked

    for whole in wholes(episode):
        question = Asked(whole.step.request).question if isinstance(whole.step, Exchange) else None
        if question is not None and question.settings.get("temperature") is not None:
            yield whole.number, question.settings["temperature"]
