"""What others have recorded: cassettes of vcrpy and pytest-recording, read as episodes.

    read        a file as an episode, without a store
    drafts      files as drafts in a store: what `replaykit import` does

    document    the file as a tree of nodes with their lines, bounded and harmless
    tags        the tags that vcrpy writes into YAML
    cassette    the tree as exchanges, in every form that vcrpy has had
    body        bodies; encoding: what they were compressed with; url: addresses; moments: when it was
    files       which files of a folder, and what their episodes are called

Law: what is read is untrusted, and nothing of it is ever run. Content is exact: the bytes that vcrpy
would have played. An episode is redacted before anybody gets it, as if it had been recorded here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.cassette import contents
from replaykit.core.model import Body, Episode, Exchange, Origin
from replaykit.core.plain import measure
from replaykit.core.sound import FREE
from replaykit.errors import CassetteError
from replaykit.session.requests import Requests
from replaykit.vcr.cassette import played
from replaykit.vcr.document import Unfit, tree
from replaykit.vcr.files import stranger

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.core.model import Response
    from replaykit.session.hiding import Hiding
    from replaykit.vcr.cassette import Played

LARGEST = FREE
"""Bytes of a file that is read: vcrpy itself gives up at a third of it."""

REMEDY = "record what it holds anew: `replaykit record`"


def read(path: Path, hiding: Hiding, *, name: str = "", program: str = "") -> Episode:
    """The episode that a file of vcrpy holds, redacted, its steps in the order of the file; it lies in no store.

    It has no id. `CassetteError` names the file and the line of what cannot be read.
    """
    try:
        return episode(path, hiding, name or path.stem, program)
    except Unfit as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise CassetteError(error.reason, path=place, remedy=REMEDY) from error


def episode(path: Path, hiding: Hiding, name: str, program: str) -> Episode:
    """The same, with `Unfit` for what is no cassette of vcrpy; `CassetteError` for a file that cannot be opened."""
    found = parsed(path)
    requests = Requests(hiding)
    steps = tuple(_clean(exchange, requests, hiding) for exchange in found.exchanges)
    program = hiding.text(program or f"the tests that play the vcrpy cassette {path.name}")[0]
    return Episode("", name, origin=Origin(program=program, source="vcrpy"), span=found.span, steps=steps)


def parsed(path: Path) -> Played:
    """What a file holds, exactly; nothing is hidden."""
    data = contents(path, _sized)
    if whose := stranger(data):
        raise Unfit(f"this is a cassette of {whose}, and not of vcrpy")
    root = tree(data, json_only=path.suffix == ".json")
    found = played(root, len(data))
    if root.line and "version" not in root.value and not data.endswith(b"\n"):
        last = data.count(b"\n") + 1
        raise Unfit("it ends in the middle of a line, and without a version: it was cut short", last)
    return found


def _sized(_head: bytes, size: int, _path: str) -> None:
    if size > LARGEST:
        raise Unfit(f"its {measure(size)} are more than is read of a cassette of vcrpy ({measure(LARGEST)})")


def _clean(exchange: Exchange, requests: Requests, hiding: Hiding) -> Exchange:
    """The exchange without secrets, as a recorder would have kept it."""
    request, hidden = requests.redacted(exchange.request)
    response = exchange.response
    if response is not None:
        response, more = _clean_response(response, hiding)
        hidden += more
    return replace(exchange, request=request, response=response, hidden=hidden)


def _clean_response(response: Response, hiding: Hiding) -> tuple[Response, tuple[str, ...]]:
    headers, hidden = hiding.headers(response.headers)
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    data, lengths, more = hiding.chunks(response.body.data, response.lengths, kind)
    body = response.body if data is response.body.data else Body.of(data)
    return replace(response, headers=headers, body=body, lengths=lengths), hidden + more
