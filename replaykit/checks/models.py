"""Models: which are asked for, by probes and in accepted episodes, and what has become of them.

    found                                            finding
    a 404 that names the model                       mod.gone
    a list of models without it                      mod.gone
    it answers as another one than it did            mod.snapshot.changed
    the contract has the day of its end              mod.deprecated

"Than it did" means: in the newest accepted episode that asked the same host for it, else in the newest
nightly run before this one.

Law: a model is the one that was asked for at that host. What cannot be read says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final

from replaykit.checks.recordings import accepted
from replaykit.checks.sending import NAME
from replaykit.core.contract.faults import Where, finding, graded
from replaykit.core.model import header
from replaykit.core.plain import counted, line
from replaykit.core.steps import Asked, answer_of, document_of
from replaykit.core.stream import is_stream
from replaykit.errors import StoreError
from replaykit.providers.shape import mapping
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.contract.model import Contract, Finding
    from replaykit.core.model import Episode, Exchange, Request

_GONE: Final = frozenset({404, 410})
_NIGHTS: Final = 3
"""Nightly runs that are looked at for what a model answered as."""

_WIDE: Final = 80


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it is asked for: whose wire, at which host, by which name."""

    provider: str
    host: str
    name: str


def _model_of(request: Request) -> Model | None:
    """The model that a request asks for; None when it asks for none."""
    asked = Asked(request)
    question = asked.question
    if question is None or not question.model:
        return None
    return Model(asked.wire[0].name, asked.host, question.model)


class Models:
    """What is known of models before a run; files are read when somebody asks."""

    def __init__(self, config: Config, path: Path, probed: Iterable[Request], today: str) -> None:
        """`path` is the store's, `probed` are the requests of this run that are to be answered; `today` an ISO day."""
        self._config = config
        self._path = path
        self._probed = tuple(filter(None, map(_model_of, probed)))
        self._today = date.fromisoformat(today)
        self._earlier: dict[Model, str] | None = None

    def findings(self, contract: Contract, exchange: Exchange, own: str, *, first: bool) -> Iterator[Finding]:
        """What an answer says of models; `own` is the id of this run's draft.

        With `first`, the models of accepted episodes are looked at, too, since one probe is enough for that.
        """
        response, asked = exchange.response, _model_of(exchange.request)
        if response is None:
            return
        answer = answer_of(Asked(exchange.request).wire[1], response)
        now = answer.model if answer is not None else ""
        if asked is not None and now and (before := self._before(asked, own)) not in ("", now):
            yield _found(contract, "mod.snapshot.changed", f"({asked.name}: {before} → {now})")
        yield from self._retiring(contract, asked, now, first=first)
        yield from self._listed(contract, exchange)

    def _retiring(self, contract: Contract, asked: Model | None, now: str, *, first: bool) -> Iterator[Finding]:
        if not contract.retires:
            return
        names = {asked.name, now} if asked is not None else set()
        if first:
            names |= {each.name for each in self._accepted if each.provider == contract.binds.provider}
        for name in sorted(names & contract.retires.keys()):
            day = contract.retires[name]
            yield _found(contract, "mod.deprecated", f"({name} on {day})", _left(date.fromisoformat(day), self._today))

    def _listed(self, contract: Contract, exchange: Exchange) -> Iterator[Finding]:
        """The models in use at this host that a list of its models does not have."""
        asked = Asked(exchange.request)
        provider, operation = asked.wire
        response = exchange.response
        if response is None or operation.name != "models" or is_stream(header(response.headers, "content-type")):
            return
        document = mapping(document_of(operation, response))
        listed, answer = document.get("data"), operation.read_answer(document)
        if not isinstance(listed, list) or answer is None or answer.turn is None or document.get("has_more") is True:
            return
        names = [part.text for part in answer.turn.parts]
        for each in sorted({each.name for each in (*self._probed, *self._accepted) if _at(each, provider.name, asked)}):
            if not any(name == each or name.startswith(f"{each}-") for name in names):
                yield _found(contract, "mod.gone", f"({each}: the list does not have it)")

    def _before(self, model: Model, own: str) -> str:
        """What a model answered as before this run; empty when that is not known."""
        return self._accepted.get(model) or self._nightly(own).get(model, "")

    @cached_property
    def _accepted(self) -> dict[Model, str]:
        """The models of accepted episodes, and what they answered as in the newest one."""
        found = [each for each in accepted(self._config) if not isinstance(each, str)]
        return _answered(sorted(found, key=lambda each: each.span.began))

    def _nightly(self, own: str) -> dict[Model, str]:
        """The same of the last nightly runs before this one."""
        if self._earlier is None:
            self._earlier = _answered(reversed(list(_nights(self._path, own))))
        return self._earlier


def gone(contract: Contract, exchange: Exchange) -> Finding | None:
    """That the model is gone, where an answer says so; None when it says something else."""
    asked, response = _model_of(exchange.request), exchange.response
    if asked is None or response is None or response.status not in _GONE:
        return None
    if asked.name.encode() not in response.body.data:
        return None
    return _found(contract, "mod.gone", f"({asked.name}: {response.status})")


def _at(model: Model, provider: str, asked: Asked) -> bool:
    return (model.provider, model.host) == (provider, asked.host)


def _left(day: date, today: date) -> str:
    days = (day - today).days
    return f"{counted(days, 'day')} left" if days >= 0 else f"{counted(-days, 'day')} ago"


def _nights(path: Path, own: str) -> Iterator[Episode]:
    """The newest nightly runs but this one, the newest first."""
    if not path.exists():
        return
    try:
        with Store(path, create=False) as store:
            ids = [each.id for each in store.summaries() if each.name == NAME and each.id != own]
            for id_ in ids[:_NIGHTS]:
                if (episode := store.episode(id_)) is not None:
                    yield episode
    except StoreError:
        return


def _answered(episodes: Iterable[Episode]) -> dict[Model, str]:
    """What each model answered as, the latest of these episodes counting."""
    found: dict[Model, str] = {}
    for episode in episodes:
        for exchange in episode.exchanges:
            asked = _model_of(exchange.request)
            if asked is not None:
                answer = answer_of(Asked(exchange.request).wire[1], exchange.response)
                said = answer.model if answer is not None else ""
                found[asked] = said or found.get(asked, "")
    return found


def _found(contract: Contract, kind: str, detail: str, shape: str = "") -> Finding:
    return graded(finding(kind, Where("models", "model"), line(detail, _WIDE * 3), shape), contract.policy)
