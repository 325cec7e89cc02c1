"""The page of a cassette: what an accepted episode did, as YAML that people review in a diff.

    page, episode, command, stdin   what was run
    outputs                         what came out: named values, standard output, exit code
    not recorded                    what did not come through us
    steps                           turn by turn, each with what it added (story.py)
    history                         who accepted it, when and why, and what that changed

Law: generated from the tape and from nothing else, and read by people only. A recording of the same
gives the same page: times, ids, ports and folders stand under names (naming.py), volatile headers and
durations not at all. So a changed message is one hunk, and an inserted call one insertion: no step
has a number.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from replaykit.cassette import yaml
from replaykit.cassette.naming import Names
from replaykit.cassette.passage import Passages
from replaykit.cassette.story import story
from replaykit.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replaykit.core.model import JSON, Acceptance, Episode

VERSION = 1
"""Raised when the same tape gives another page than before."""

HEAD = """\
# What replaykit recorded and a person accepted, to be read. Replays read the tape beside it.
# Not to be edited: `replaykit accept` writes it, `replaykit verify` compares it with its tape.
"""


def page(episode: Episode, body: str = "") -> str:
    """The page of an episode, given its `body` where that is made already."""
    history: dict[str, JSON] = {"history": [_acceptance(each) for each in episode.history]} if episode.history else {}
    return (body or body_of(episode)) + _lines(history)


def body_of(episode: Episode) -> str:
    """The page of an episode without its history: a decision changes nothing of it (0.15 s for 200 turns)."""
    passages = Passages(Names(episode.span))
    document = _opening(episode, passages)
    if outputs := _outputs(episode, passages):
        document["outputs"] = outputs
    if episode.unseen:
        document["not recorded"] = [
            passages.shown(f"{each.what} ×{each.times} ({each.how})") for each in episode.unseen
        ]
    document["steps"] = [passages.step(told) for told in story(episode, passages.shown)]
    return HEAD + _lines(document)


def _lines(document: dict[str, JSON]) -> str:
    return "".join(f"{line}\n" for line in yaml.mapping(document))


def _opening(episode: Episode, passages: Passages) -> dict[str, JSON]:
    origin = episode.origin
    opening: dict[str, JSON] = {"page": VERSION, "episode": episode.name}
    if not episode.finished:
        opening["finished"] = False
    if origin.command:
        opening["command"] = passages.shown(shlex.join(origin.command))
    if origin.program:
        opening["program"] = passages.shown(origin.program)
    if origin.folder not in ("", "."):
        opening["folder"] = passages.shown(origin.folder)
    if origin.stdin:
        opening["stdin"] = passages.content(origin.stdin)
    return opening


def _outputs(episode: Episode, passages: Passages) -> dict[str, JSON]:
    """What came out; named values stand in a mapping of their own, for they may be called anything."""
    outputs = episode.outputs
    found: dict[str, JSON] = {}
    if outputs.values:
        found["values"] = {name: passages.document(value) for name, value in outputs.values.items()}
    if outputs.stdout:
        found["stdout"] = passages.content(outputs.stdout)
    if outputs.exit_code is not None:
        found["exit code"] = outputs.exit_code
    return found


def _acceptance(accepted: Acceptance) -> dict[str, JSON]:
    """Who decided what, as of the day it was decided: these times are facts, and no part of a run."""
    when = datetime.fromtimestamp(accepted.when, UTC)
    told = {
        "accepted": f"{when:%Y-%m-%d %H:%M} UTC",
        "by": accepted.who,
        "draft": accepted.draft + (f", in place of {accepted.instead}" if accepted.instead else ""),
        "only": accepted.only,
        "changed": accepted.changed,
        "why": accepted.why,
    }
    return {name: text for name, text in told.items() if text}


def verify(folder: Path) -> tuple[str, ...]:
    """What is wrong with the cassettes of a folder, a sentence each with its remedy; empty when nothing is."""
    return tuple(_problems(folder))


def rewrite(folder: Path) -> tuple[Path, ...]:
    """The pages that were not those of their tapes, and are now; tapes that cannot be read are left to `verify`."""
    from replaykit.cassette import read, write

    found = []
    for path in sorted(folder.glob("*.tape")):
        shown = path.with_suffix(".yaml")
        if _compared(folder, path.stem, there=shown.exists()):
            with suppress(CassetteError):
                write({shown: page(read(path)).encode()})
                found.append(shown)
    return tuple(found)


def _problems(folder: Path) -> Iterator[str]:
    tapes = {path.stem for path in folder.glob("*.tape")}
    pages = {path.stem for path in folder.glob("*.yaml") if path.stem in tapes or (path.is_file() and _is_page(path))}
    for name in sorted(tapes | pages):
        if name not in tapes:
            yield f"{folder / name}.yaml: a page without its tape; {_restore(folder, name, 'tape')}, or remove the page"
        elif problem := _compared(folder, name, there=name in pages):
            yield problem


def _compared(folder: Path, name: str, *, there: bool) -> str:
    """What is wrong with one cassette that has a tape."""
    from replaykit.cassette import contents, read

    path = folder / f"{name}.yaml"
    try:
        expected = page(read(folder / f"{name}.tape"))
        found = contents(path).decode("utf-8", "replace").replace("\r\n", "\n") if there else ""
    except CassetteError as error:
        return str(error).replace("\n", "; ")
    if not there:
        return (
            f"{path}: the tape has no page; {_restore(folder, name, 'yaml')}, or write it: `replaykit verify --write`"
        )
    if found == expected:
        return ""
    lines = zip_longest(expected.split("\n"), found.split("\n"))
    place = next(number for number, (ours, theirs) in enumerate(lines, start=1) if ours != theirs)
    return (
        f"{path}:{place}: not what its tape says; {_restore(folder, name, 'yaml')},"
        f" write it anew: `replaykit verify --write`, or record and `replaykit accept {name}`"
    )


def _restore(folder: Path, name: str, kind: str) -> str:
    return f"restore it: `git checkout -- {shlex.quote(str(folder / name) + '.' + kind)}`"


def _is_page(path: Path) -> bool:
    """Whether a file says of itself that it is a page: the folder may hold other YAML."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEAD)).replace(b"\r\n", b"\n").startswith(HEAD.encode()[:60])
    except OSError:
        return False
