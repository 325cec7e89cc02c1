"""What of the machine a run took place on goes into its cassette: only what the run itself has said.

A cassette is committed and read by others. The folders of the machine are needed to recognise them
in a request, and where no text of the run names one, nobody needs to know it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.core.model import Exchange, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.model import Episode


def shareable(episode: Episode) -> Episode:
    """The episode, without those folders of its machine that no text of it names."""
    span = episode.span
    unsaid = {folder for folder in (span.home, span.folder, span.temp) if folder}
    for text in _texts(episode):
        unsaid -= {folder for folder in unsaid if any(spelling in text for spelling in _spellings(folder))}
        if not unsaid:
            break
    home, folder, temp = ("" if each in unsaid else each for each in (span.home, span.folder, span.temp))
    return replace(episode, span=replace(span, home=home, folder=folder, temp=temp))


def _texts(episode: Episode) -> Iterator[bytes]:
    """Everything that was said in a run."""
    yield episode.outputs.stdout
    yield episode.origin.stdin
    yield " ".join(episode.origin.command).encode("utf-8", "surrogateescape")
    yield from episode.outputs.values.values()
    for step in episode.steps:
        match step:
            case ToolCall():
                yield step.arguments
                yield step.result
            case Exchange():
                yield step.request.url.encode("utf-8", "surrogateescape")
                yield step.request.body.read()
                if step.response is not None:
                    yield step.response.body.read()


def _spellings(path: str) -> tuple[bytes, ...]:
    """A path as it is, in JSON, and in a URL."""
    forms = (path, path.replace("\\", "\\\\"), path.replace("/", "\\/"), path.replace("/", "%2F"))
    return tuple(form.encode("utf-8", "surrogateescape") for form in dict.fromkeys(forms))
