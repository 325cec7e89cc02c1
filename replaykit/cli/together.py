"""Runs of one program that were made together (`record --again --runs N`): what differs between them differs anyway.

Law: each draft names all of them, so that a later `diff` marks what the recording has marked, while they are there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from replaykit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.diff import Difference, Noise
    from replaykit.core.model import Episode

KIND: Final = "together"
"""What a remark is called that names the drafts."""


def between(made: Sequence[Episode], config: Config) -> tuple[Difference, ...]:
    """How the first run differs from each later one."""
    from replaykit.core.diff import diff
    from replaykit.session.rules import normalization

    first, *others = made
    extra = normalization(config)
    return tuple(diff(first, other, extra=extra) for other in others)


def remember(made: Sequence[Episode], path: Path) -> None:
    """Have each draft name all of them, where there are several; what cannot be kept is only not marked later."""
    if len(made) == 1:
        return
    from replaykit.store import Store

    drafts = [each.id for each in made]
    with suppress(StoreError), Store(path, create=False) as store:
        for each in drafts:
            store.remark(each, KIND, {"drafts": drafts})


def anyway(draft: Episode | None, config: Config, path: Path) -> Noise | None:
    """What differs between the runs that a draft was made with, as far as these are still there; None without any."""
    from replaykit.core.diff import noise
    from replaykit.store import Store

    if draft is None or draft.state == "accepted" or not path.exists():
        return None
    with suppress(StoreError), Store(path, create=False) as store:
        named = [each for remark in store.remarks(draft.id, KIND) for each in _texts(remark.detail.get("drafts"))]
        runs = [run for run in map(store.episode, named) if run is not None]
        return noise(between(runs, config)) if len(runs) > 1 else None
    return None


def _texts(value: object) -> list[str]:
    """The texts of a list, whatever a store holds in its place."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
