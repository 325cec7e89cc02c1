"""What a run starts from, kept without its secrets, and given them back where it runs again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from replaykit.config import Config
from replaykit.core.model import Origin, Unseen
from replaykit.core.redact import Redactor, secrets_of
from replaykit.session.origin import origin_here, redacted, redacted_unseen, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEY = "x7Kq2LmzR8vTT1abcd9"
DRAWN = "aB3dE5gH7jK9mN1p"
ENVIRONMENT = {"SHOP_API_KEY": KEY, "OPENAI_BASE_URL": f"https://me:{DRAWN}@gw.example.com/v1?api_key={KEY}&x=1"}
CLEAN = Redactor(secrets_of(ENVIRONMENT)[0])


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["agent.py", KEY], ["agent.py", "[REDACTED:SHOP_API_KEY]"]),
        ([f"--key={KEY}"], ["--key=[REDACTED:SHOP_API_KEY]"]),
        (["--password", "hunter2"], ["--password", "[REDACTED]"]),
        (["--api-key=abc", "--token", "weekly"], ["--api-key=[REDACTED]", "--token", "weekly"]),
        (["-H", "X-Api-Key: abc"], ["-H", "X-Api-Key: [REDACTED]"]),
        (["-H", "Authorization: Bearer abc"], ["-H", "Authorization: Bearer [REDACTED]"]),
        (["env", "DB_PASSWORD=hunter2", "x"], ["env", "DB_PASSWORD=[REDACTED]", "x"]),
        (["--url=https://me:pw@h/?api_key=1"], ["--url=https://me:REDACTED@h/?api_key=[REDACTED]"]),
        ([f"https://me:{KEY}@h/"], ["https://me:REDACTED-SHOP_API_KEY@h/"]),
        (["--max-tokens", "40", "--password", "--quiet"], ["--max-tokens", "40", "--password", "--quiet"]),
        (["-c", "token=open('A1b2C3d4e5f6').read()"], ["-c", "token=open('A1b2C3d4e5f6').read()"]),
    ],
)
def test_the_words_of_a_command_are_kept_without_secrets(words: Sequence[str], kept: Sequence[str]) -> None:
    """Known ones wherever they stand, others by the option, header or variable that they are given for."""
    once = redacted(Origin(tuple(words)), CLEAN)
    assert tuple(kept) == once.command
    assert once == redacted(once, CLEAN)


def test_everything_else_of_an_origin_is_kept_without_secrets() -> None:
    """The folder, the program, and each value of the environment."""
    origin = Origin(folder=f"runs/{KEY}", program=f"{KEY}.py", environment={"A_MODEL": KEY, **ENVIRONMENT})
    kept = redacted(origin, CLEAN)
    assert ("runs/[REDACTED:SHOP_API_KEY]", "[REDACTED:SHOP_API_KEY].py") == (kept.folder, kept.program)
    assert "[REDACTED:SHOP_API_KEY]" == kept.environment["A_MODEL"]
    address = "https://me:REDACTED-OPENAI_BASE_URL@gw.example.com/v1?api_key=[REDACTED:SHOP_API_KEY]&x=1"
    assert address == kept.environment["OPENAI_BASE_URL"]


def test_a_declared_address_is_kept(tmp_path: Path) -> None:
    """One with a password in it is a setting of the run, and no placeholder could stand for it."""
    origin = origin_here((), Config(tmp_path), ENVIRONMENT)
    assert ("SHOP_API_KEY",) == origin.secrets
    assert {"OPENAI_BASE_URL"} == set(origin.environment)


def test_a_command_gets_its_secrets_back() -> None:
    """Each stand-in becomes what the variable of its name holds here, also the part of an address."""
    words = (KEY, f"--key={KEY}", f"https://{DRAWN}:{KEY}@h/", "plain")
    kept = redacted(Origin(words), CLEAN).command
    assert KEY not in "".join(kept)
    assert words == spoken(kept, ENVIRONMENT)


def test_a_secret_that_is_missing_leaves_its_stand_in() -> None:
    """A replay has no other; the placeholder of its environment is the same text."""
    words = ("[REDACTED:SHOP_API_KEY]", "[REDACTED]")
    assert words == spoken(words, {})
    assert words == spoken(words, {"SHOP_API_KEY": "[REDACTED:SHOP_API_KEY]"})


def test_what_was_not_seen_is_kept_without_secrets() -> None:
    """A command line that was shortened may end within one."""
    unseen = Unseen(f"python -I -c {KEY[:12]}…", f"failed with {KEY}", 2)
    expected = replace(unseen, what="python -I -c [REDACTED:SHOP_API_KEY]…", how="failed with [REDACTED:SHOP_API_KEY]")
    assert expected == redacted_unseen(unseen, CLEAN)
