"""Files of vcrpy as drafts of a store.

    the file                                        comes to
    is read, and is new                             a draft, finished, that a person may accept
    holds what the draft or cassette of its name    that one: nothing is kept twice
        holds already
    has a name that another program's episode has   a longer name, with its folder's
    cannot be read                                  nothing, and why and where
    holds no interaction                            nothing: there would be nothing to replay

Law: a draft is whole or is not there. Nothing is accepted here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from replaykit import cassette
from replaykit.errors import CassetteError
from replaykit.session.facts import facts_of
from replaykit.session.hiding import Hiding
from replaykit.session.origin import relative
from replaykit.store import Store
from replaykit.vcr import episode
from replaykit.vcr.document import Unfit
from replaykit.vcr.files import called, names

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.model import Episode

OUTSIDE = 3
"""Last parts of a path that lies outside the project: where it is on this machine is nobody's business."""


LENGTHS = range(1, 5)
"""Parts of a path that a name is made of, when shorter ones belong to others."""


@dataclass(frozen=True, slots=True)
class Import:
    """What came of one file: an episode of the store, or the reason and the line (0: none) why there is none.

    `known`: the episode was there already.
    """

    file: Path
    episode: Episode | None = None
    known: bool = False
    reason: str = ""
    line: int = 0


def drafts(files: Sequence[Path], config: Config, path: Path, *, name: str = "") -> Iterator[Import]:
    """What comes of each file, in turn; `name` is what the episode of a single one is called."""
    hiding, taken = Hiding(config), set[str]()
    given = {files[0]: name} if name else names(files)
    for file in files:
        try:
            read = episode(file, hiding, given[file], _program(file, config))
            if not name:
                read = replace(read, name=_free(read, file, config, path, taken))
            taken.add(read.name)
            yield _kept(read, file, config, path)
        except Unfit as error:
            yield Import(file, reason=error.reason, line=error.line)
        except CassetteError as error:
            yield Import(file, reason=error.message.removeprefix(f"{file}: "))


def _program(file: Path, config: Config) -> str:
    """What plays a file, as one would say it: where it lies in the project."""
    inside = file.resolve().is_relative_to(config.root)
    place = relative(file, config.root) if inside else "/".join(file.resolve().parts[1:][-OUTSIDE:])
    return f"the tests that play the vcrpy cassette {place}"


def _kept(read: Episode, file: Path, config: Config, path: Path) -> Import:
    """The episode as the store has it now."""
    if not read.steps:
        raise Unfit("it holds no interactions: there is nothing to replay")
    for known in _namesakes(read.name, config, path):
        if known.steps == read.steps and known.origin.program == read.origin.program:
            return Import(file, known, known=True)
    with Store(path) as store:
        return Import(file, _written(store, read))


def _free(read: Episode, file: Path, config: Config, path: Path, taken: Container[str]) -> str:
    """The name that the file's episode has already, else the shortest that no other has; none that is taken."""
    longer = (called(file, length) for length in LENGTHS)
    names = tuple(name for name in dict.fromkeys((read.name, *longer)) if name not in taken)
    programs = {name: {each.origin.program for each in _namesakes(name, config, path)} for name in names}
    own = (name for name in names if read.origin.program in programs[name])
    free = (name for name in names if not programs[name])
    return next(own, None) or next(free, read.name)


def _namesakes(name: str, config: Config, path: Path) -> Iterator[Episode]:
    """The newest draft and the cassette of a name, those that are there."""
    if path.exists():
        with Store(path) as store:
            newest = store.newest(name)
            draft = store.episode(newest) if newest is not None else None
        if draft is not None:
            yield draft
    accepted = cassette.load(config.cassette_folder, name)
    if accepted is not None:
        yield accepted


def _written(store: Store, read: Episode) -> Episode:
    """The episode as a draft that is committed; when it cannot be, nothing of it stays."""
    draft = store.begin(read.name, read.origin, read.span)
    try:
        keeper = store.keeper(draft)
        for step in read.steps:
            keeper.keep(step, facts_of(step))
        store.finish(draft, ended=read.span.ended)
    except BaseException:
        store.remove(draft)
        raise
    return replace(read, id=draft)
