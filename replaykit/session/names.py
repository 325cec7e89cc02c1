"""An episode by what a person calls it.

support                        the accepted cassette, else the newest draft of that name
draft:support                  the newest draft of that name
episode_k3v9q2, k3v            a draft by its id, or the beginning of it when only one has it
latest                         the newest draft of all
cassettes/support.tape         that cassette (its page will do)
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from replaykit import cassette
from replaykit.errors import NoSuchEpisode, StoreError, UsageError, hide

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.core.model import Episode
    from replaykit.store import Store

__tracebackhide__ = hide

SHORTEST = 3
"""Letters of an id that are enough to mean it."""


class Named(NamedTuple):
    """An episode and where it was found.

    `newer` is the id of a draft of its name that began later, when a cassette was meant.
    """

    episode: Episode
    path: Path
    newer: str = ""


def named(text: str, config: Config, store: Path) -> Named:
    """The episode that a person means; `NoSuchEpisode` names the nearest, when there is none."""
    found = _cassette(text, config, store) or _draft(text, store)
    if found is None:
        raise NoSuchEpisode(text, nearest(text, config, store))
    return found


def nearest(text: str, config: Config, store: Path) -> tuple[str, ...]:
    """Names that look like this one."""
    import difflib

    from replaykit.store import Store

    known = [*cassette.names(config.cassette_folder)]
    with suppress(StoreError), Store(store, create=False) as kept:
        for summary in kept.summaries():
            known += [summary.name, summary.id]
    return tuple(difflib.get_close_matches(text, dict.fromkeys(known), n=3, cutoff=0.5))


def _cassette(text: str, config: Config, store: Path) -> Named | None:
    tape = _tape(text)
    if tape is not None:
        return Named(cassette.read(tape), tape)
    episode = cassette.load(config.cassette_folder, text)
    if episode is None:
        return None
    from replaykit.store import Store

    newer = None
    with suppress(StoreError), Store(store, create=False) as kept:  # a cassette needs no store, nor a sound one
        newer = kept.newest(text, after=episode.span.began)
    return Named(episode, config.cassette_folder / f"{text}.tape", "" if newer in (None, episode.id) else newer)


def _tape(text: str) -> Path | None:
    """The tape of a cassette that is named by one of its files."""
    if not text.endswith((".tape", ".yaml")):
        return None
    path = text[: -len(".tape")] + ".tape"
    return Path(path) if os.path.isfile(path) else None  # noqa: PTH113 - 15 µs less, for every test


def _draft(text: str, store: Path) -> Named | None:
    if not store.exists():
        return None
    from replaykit.store import Store

    with Store(store) as kept:
        id = draft_id(text, kept)  # noqa: A001 - the word
        episode = kept.episode(id) if id else None
    return Named(episode, store) if episode is not None else None


def draft_id(text: str, store: Store) -> str | None:
    """The id of the draft that a person means; None when there is none. Reads no step, so a damaged one is found."""
    if text == "latest":
        return store.latest()
    if text.startswith("draft:"):
        return store.newest(text.removeprefix("draft:"))
    newest = store.newest(text)
    if newest is not None:
        return newest
    matching = store.matching(text) if len(text) >= SHORTEST else ()
    if text in matching:
        return text
    if len(matching) > 1:
        raise UsageError(f"{text!r} could be any of {', '.join(matching)}", remedy="give more of the id")
    return matching[0] if matching else None
