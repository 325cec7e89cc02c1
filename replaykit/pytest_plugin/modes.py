"""How a run of pytest gets its answers, and whether it records.

    --replaykit   TEST_MODE      answers come from
    golden        GOLDEN         accepted cassettes (the default)
    mock          MOCK           a router that the test fills
    live          LIVE_SMOKE     the real services

    --replaykit-record   a marked test is
    none                 answered (the default)
    missing              answered from its cassette, and recorded where it has none, or that lacks something
    all                  recorded

Law: the flag wins over the variable, and the variable is read when a test uses replaykit: somebody
else's TEST_MODE is nobody's business before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import pytest

Mode: TypeAlias = Literal["mock", "golden", "live"]
Recording: TypeAlias = Literal["none", "missing", "all"]

VARIABLE = "TEST_MODE"

WORDS: dict[str, Mode] = {"MOCK": "mock", "GOLDEN": "golden", "LIVE_SMOKE": "live"}


class Unknown(ValueError):
    """A mode that there is not."""


def mode(config: pytest.Config) -> Mode:
    """Where answers come from; `Unknown` names the three for a word that is none of them."""
    flag: Mode | None = config.getoption("replaykit_mode")
    word = os.environ.get(VARIABLE, "")
    if flag is not None or not word:
        return flag or "golden"
    if word.upper() not in WORDS:
        raise Unknown(f"{VARIABLE}={word!r} is no mode: MOCK, GOLDEN or LIVE_SMOKE (or --replaykit=mock|golden|live)")
    return WORDS[word.upper()]


def recording(config: pytest.Config) -> Recording:
    """Whether marked tests are recorded."""
    found: Recording = config.getoption("replaykit_record")
    return found
