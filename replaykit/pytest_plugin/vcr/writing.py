"""New interactions of a test, kept in its cassette's file as vcrpy writes it.

    mode            the file has afterwards
    once            what the test sent, where there was no file; else nothing new
    new_episodes    what it had, and what it did not have
    all             what it had and was not sent again, and everything that was sent
    rewrite         what the test sent
    none            what it had

Law: what is kept went through the test's filters and has no secrets. A body is kept as the client read it,
and its headers say so. The file is whole, or it is what it was: it is put in its place at once.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replaykit import whole
from replaykit.core.model import Body, Exchange
from replaykit.pytest_plugin.vcr.reading import Interaction
from replaykit.session.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replaykit.core.model import Headers, Request, Response, Step, Unseen
    from replaykit.pytest_plugin.vcr.cassette import Cassette
    from replaykit.pytest_plugin.vcr.filters import Answer
    from replaykit.pytest_plugin.vcr.settings import Settings
    from replaykit.session.hiding import Hiding

_ENCODED = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers of a body as it was on the wire."""


class Writing:
    """Keeps what one test sends; `problem` is why something could not be kept."""

    def __init__(self, cassette: Cassette, settings: Settings, hiding: Hiding) -> None:
        """Nothing is written before `save`."""
        self.lost = 0
        self.problem: Exception | None = None
        self._cassette = cassette
        self._settings = settings
        self._hiding = hiding
        self._lock = threading.Lock()

    def keep(self, step: Step) -> None:
        """Take an exchange that has ended into the cassette; one without an answer is none that vcrpy knows."""
        if not isinstance(step, Exchange) or step.response is None:
            return
        response = _plain(step.response)
        with self._lock:
            self._cassette.take(Interaction(replace(step, response=response), answer_of(response)))

    def flush(self) -> None:
        """Nothing waits."""

    def output(self, name: str, value: bytes) -> None:
        """Nothing: vcrpy keeps no outputs."""

    def saw(self, unseen: Unseen) -> None:
        """Nothing: what is sent by others is theirs to keep."""

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Nothing else is kept."""

    def after_fork(self) -> None:
        """In a forked child: what it sends is its own, and is not kept."""
        self._lock = threading.Lock()

    def save(self) -> None:
        """Write the file, where there is anything new."""
        cassette = self._cassette
        if not cassette.dirty:
            return
        clean = [_written(*self._redacted(each)) for each in _chosen(cassette)]
        document = {"version": 1, "interactions": clean}
        serializer = self._settings.serializer
        text = _yaml(document) if serializer is None else serializer.serialize(document)
        _put(Path(cassette.path), text)
        cassette.dirty = False

    def _redacted(self, interaction: Interaction) -> tuple[Request, Answer]:
        """What is kept of an interaction; of one that a file has held, the very same."""
        exchange, answer = interaction.exchange, interaction.answer
        if interaction.file:
            return exchange.request, answer
        request, _ = Requests(self._hiding).redacted(exchange.request)
        assert exchange.response is not None  # noqa: S101 - it has an answer
        response = _plain(exchange.response)
        headers, _ = self._hiding.headers(response.headers)
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        data, _, _ = self._hiding.chunks(response.body.data, response.lengths, kind)
        return request, answer_of(replace(response, headers=headers, body=Body.of(data)))


def answer_of(response: Response) -> Answer:
    """An answer as vcrpy has it."""
    return {
        "status": {"code": response.status, "message": response.reason},
        "headers": _grouped(response.headers),
        "body": {"string": response.body.data},
    }


def _plain(response: Response) -> Response:
    """The answer as the client read it: its body decoded, its headers saying so."""
    if not response.encoding:
        return response
    kept = tuple(pair for pair in response.headers if pair[0].lower() not in _ENCODED)
    return replace(response, headers=(*kept, ("content-length", str(response.body.size))), encoding="")


def _chosen(cassette: Cassette) -> Iterable[Interaction]:
    """What the file is to hold: the table's third row leaves out what was sent again."""
    first = [each for each in cassette.interactions if each.file in {"", cassette.path}]
    if cassette.mode != "all":
        return first
    again = set[int]()
    for new in (each for each in first if not each.file):
        again.update(cassette.fitting(new.request, range(cassette.loaded)))
    gone = {id(cassette.interactions[position]) for position in again}
    return [each for each in first if id(each) not in gone]


def _grouped(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _written(request: Request, answer: Answer) -> dict[str, Any]:
    """An interaction as it stands in a file; bodies that are text, as text."""
    return {
        "request": {
            "body": _text(request.body.data),
            "headers": _grouped(request.headers),
            "method": request.method,
            "uri": request.url,
        },
        "response": {**answer, "body": {**answer["body"], "string": _text(answer["body"]["string"])}},
    }


def _text(data: bytes | str) -> bytes | str:
    try:
        return data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        return data


def _yaml(document: Any) -> str:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(document, Dumper=dumper, default_flow_style=False)
    return text


def _put(path: Path, text: str) -> None:
    """Have the file hold this, in a folder that may have to be made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.write({path: text.encode()})
