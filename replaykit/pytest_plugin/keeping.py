"""What becomes of a recorded test's draft: read again, and accepted as the cassette of that test.

Law: a cassette is written for a test that passed, and its history says which.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import load, save, shown
from replaykit.cassette.acceptance import Choice
from replaykit.git import person
from replaykit.session.rules import normalization
from replaykit.store import Store

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.core.model import Episode

PERSON: pytest.StashKey[str] = pytest.StashKey()
"""Who accepts what a run records."""


def kept(config: Config, draft: str) -> Episode:
    """A draft of ours."""
    with Store(config.store_path) as store:
        found = store.episode(draft)
    assert found is not None  # noqa: S101 - it was begun by us
    return found


def accept(item: pytest.Item, config: Config, draft: Episode) -> bool:
    """Have a test's cassette be this draft; the test's own name says why.

    False for one that says the same already, and stays as it is.
    """
    folder = config.cassette_folder
    choice = Choice(draft, load(folder, draft.name))
    if not choice.is_news(shown(folder, draft.name)):
        return False
    who, why = _person(item.config, config), f"pytest {item.nodeid}"
    signed = choice.decided(who=who, when=int(time.time()), why=why, extra=normalization(config))
    save(folder, signed, choice.body)
    return True


def _person(run: pytest.Config, config: Config) -> str:
    """Who works here, asked once for all tests: git takes 3 ms to say it."""
    if PERSON not in run.stash:
        run.stash[PERSON] = person(config.root)
    return run.stash[PERSON]
