"""`diff`: what changed between two episodes, or in all cassettes that a branch changes."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from replaykit.cli import complain
from replaykit.cli.running import JSON, STORE
from replaykit.errors import CassetteError, NoSuchEpisode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.config import Config
    from replaykit.core.diff import Noise
    from replaykit.core.model import Episode
    from replaykit.report.review import Reviewed

Format: TypeAlias = Literal["text", "md", "html", "json"]

_PAIR = 2


@click.command()
@click.argument("episodes", nargs=-1, metavar="[A [B]]")
@click.option("--base", metavar="REV", help="All cassettes that this branch changes since it left REV, or those named.")
@click.option(
    "--format", "how", type=click.Choice(["text", "md", "html", "json"]), default=None, help="Text by default."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write to.")
@click.option("--open", "is_opened", is_flag=True, help="Show it in a browser, as HTML.")
@JSON
@STORE
def diff(  # noqa: PLR0913, PLR0917 - click's options
    episodes: tuple[str, ...],
    base: str | None,
    how: Format | None,
    output: Path | None,
    is_opened: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    store: Path | None,
) -> None:
    """What changed from A to B; with A alone, from the cassette of that name to its newest draft.

    Where there is no cassette, from the draft before to the newest one. Exit code 0: the same. 1: different.
    2: it cannot be told.

    \b
    replaykit diff support                              the cassette, and the newest draft
    replaykit diff episode_k3v9q2 episode_p7w2m4        any two
    replaykit diff --base origin/main --format md       what a branch changes, as a comment on its pull request
    """
    from replaykit.cli.together import anyway
    from replaykit.config import load

    config, noise = load(Path.cwd()), None
    how = _format(how, output, as_json=as_json, is_opened=is_opened)
    if base is not None:
        found, problems = _changed(episodes, base, config)
    else:
        found, problems = (_compared(episodes, config, store or config.store_path),), ()
        if how == "text":
            noise = anyway(found[0].after, config, store or config.store_path)
    _tell(found, how, base, output, [problem.message for problem in problems], is_opened=is_opened, noise=noise)
    for problem in problems:
        complain(problem)
    sys.exit(2 if problems else int(any(each.fate != "same" for each in found)))


def _format(how: Format | None, output: Path | None, *, as_json: bool, is_opened: bool) -> Format:
    """The format that is meant, when the options agree; else what the file's name says."""
    meant = {each for each, wanted in ((how, how), ("json", as_json), ("html", is_opened)) if wanted}
    if len(meant) > 1:
        told = [f"--format {how}" if how else "", "--json" if as_json else "", "--open" if is_opened else ""]
        raise UsageError(
            f"{' and '.join(filter(None, told))} do not go together",
            remedy="--open is for HTML, --json is --format json",
        )
    ending = output.suffix.lower() if output is not None else ""
    return meant.pop() if meant else _ENDINGS.get(ending, "text")  # type: ignore[return-value] # one of the choices


_ENDINGS: dict[str, Format] = {".html": "html", ".htm": "html", ".md": "md", ".json": "json"}
"""What a file's name says of its format."""


def _tell(  # noqa: PLR0913 - private, from one caller
    found: Sequence[Reviewed],
    how: Format,
    base: str | None,
    output: Path | None,
    unread: Sequence[str],
    *,
    is_opened: bool,
    noise: Noise | None,
) -> None:
    """The differences, in their format, on their way to where they are wanted; `unread` could not be compared.

    `noise` is what differs anyway between the runs that the later side was made with.
    """
    from replaykit.report import difference, terminal

    match how:
        case "text" if output is None:
            lines = difference.review(found[0], noise) if base is None else difference.reviews(found, base, unread)
            terminal.write(lines, paged=True)
        case "text":
            terminal.keep(terminal.plain(difference.reviews(found, base or "", unread)), output)
        case "html":
            from replaykit.report import html

            terminal.deliver(html.review(found, unread), output, "diff", is_opened=is_opened)
        case "md":
            from replaykit.report.markdown import markdown

            terminal.keep(markdown(found, base or "", unread), output)
        case "json":
            import json

            from replaykit.report.document import review_json, reviews_json

            document = review_json(found[0]) if base is None else reviews_json(found, base, unread)
            terminal.keep(json.dumps(document, indent=2) + "\n", output)


def _changed(
    names: Sequence[str], revision: str, config: Config
) -> tuple[tuple[Reviewed, ...], tuple[CassetteError, ...]]:
    """The cassettes that are not what they were at the base, and why others cannot be compared."""
    from replaykit import cassette
    from replaykit.cassette import tape
    from replaykit.git import base
    from replaykit.report.review import reviewed
    from replaykit.session.rules import normalization

    folder, extra = config.cassette_folder, normalization(config)
    start = base(config.root, revision)
    paths = {path.stem: path for path in start.changed(folder, ".tape")}
    known = {*paths, *cassette.names(folder)}
    if unknown := [name for name in names if name not in known]:
        raise NoSuchEpisode(unknown[0])
    found: list[Reviewed] = []
    problems: list[CassetteError] = []
    for name, path in paths.items():
        if names and name not in names:
            continue
        try:
            was = start.content(path)
            before = tape.read(was, f"{path.name} at {revision}") if was is not None else None
            after = cassette.read(path) if path.is_file() else None
        except CassetteError as error:
            problems.append(error)
            continue
        if before is not None or after is not None:
            found.append(reviewed(name, before, after, extra))
    return tuple(sorted(found, key=lambda each: _ORDER.index(each.fate))), tuple(problems)


_ORDER = ("changed", "added", "removed", "same")
"""What a reviewer looks at first; within each, by name."""


def _compared(names: Sequence[str], config: Config, path: Path) -> Reviewed:
    from replaykit.report.review import reviewed
    from replaykit.session.rules import normalization

    if not 1 <= len(names) <= _PAIR:
        raise UsageError(
            "there is nothing to compare" if not names else f"{len(names)} episodes are more than two",
            remedy="replaykit diff EPISODE, replaykit diff A B, or replaykit diff --base origin/main",
        )
    before, after = _pair(names[0], names[1] if len(names) == _PAIR else None, config, path)
    return reviewed(after.name, before, after, normalization(config))


def _pair(a: str, b: str | None, config: Config, path: Path) -> tuple[Episode, Episode]:
    """The two episodes that a person means to compare."""
    from replaykit.session.names import named

    before = named(a, config, path)
    if b is not None or before.newer:
        return before.episode, named(b or before.newer, config, path).episode
    drafts = _drafts(before.episode.name, path)
    if before.episode.state == "accepted":
        history = before.episode.history
        if history and history[-1].only and history[-1].draft in drafts:  # the rest of it is still to be accepted
            return before.episode, named(history[-1].draft, config, path).episode
        drafts = []
    if before.episode.id not in drafts or len(drafts) < _PAIR:
        raise UsageError(
            f"there is no newer draft of {before.episode.name} to compare with",
            remedy=f"record one: `replaykit record --again {shlex.quote(a)}`, or name a second episode",
        )
    if before.episode.id == drafts[0]:
        return named(drafts[1], config, path).episode, before.episode
    return before.episode, named(drafts[0], config, path).episode


def _drafts(name: str, path: Path) -> list[str]:
    """The ids of the drafts of a name, the newest first."""
    from replaykit.store import Store

    if not path.exists():
        return []
    with Store(path) as store:
        return [each.id for each in store.summaries() if each.name == name]
