"""Findings that somebody has seen: who answers for them, why, and until when that is enough.

    contracts/acks.json     one line a finding, sorted by contract and place

Law: an acknowledgement ends by itself, a year ahead at most. It covers exactly the finding it names;
one without a key covers every finding of its kind in its place.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from replaykit.contracts.files import alone, content, document, save
from replaykit.core.contract.grades import KINDS
from replaykit.core.plain import line
from replaykit.errors import ContractError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from replaykit.core.contract.model import Finding
    from replaykit.core.model import JSON

FILE: Final = "acks.json"

LONGEST: Final = timedelta(days=366)
"""How far ahead an acknowledgement may end: what is to stay belongs into a new version of the contract."""

LETTERS: Final = 8
"""Characters of a finding's key."""


@dataclass(frozen=True, slots=True)
class Ack:
    """One acknowledgement; `since` and `until` are ISO days, both of them included.

    `key` is that of the finding (`core.contract.model.key`), empty for all of the kind `id` at `path`.
    """

    key: str
    contract: str
    id: str
    path: str
    owner: str
    reason: str
    since: str
    until: str

    def covers(self, key: str, contract: str, finding: Finding) -> bool:
        """Whether it is this finding, with this key, of this contract, that was acknowledged; for ever or not."""
        if self.key:
            return self.key == key
        return (self.contract, self.id, self.path) == (contract, finding.id, finding.path)

    def holds(self, today: str) -> bool:
        """Whether it has not expired on an ISO day."""
        return today <= self.until


def read(folder: Path) -> tuple[Ack, ...]:
    """The acknowledgements of a folder of contracts; none without a file, `ContractError` when it is damaged."""
    path = folder / FILE
    if not path.exists() and not path.is_symlink():
        return ()
    found = document(content(folder, path), path)
    if not isinstance(found, list):
        raise ContractError("it is to be a list of acknowledgements", path=str(path), remedy="restore it with git")
    return tuple(_ack(path, number, each) for number, each in enumerate(found))


def add(folder: Path, ack: Ack) -> Ack | None:
    """What an acknowledgement took the place of, now that it stands in the file; None when there was none."""
    with alone(folder):
        known = read(folder)
        former = next((each for each in known if _same(each, ack)), None)
        kept = [each for each in known if each is not former]
        save(folder, {folder / FILE: write((*kept, ack))})
    return former


def write(acks: Iterable[Ack]) -> bytes:
    """The text of a file of acknowledgements, one in a line."""
    ordered = sorted(acks, key=lambda each: (each.contract, each.path, each.id, each.key))
    lines = [f"  {json.dumps(asdict(each))}" for each in ordered]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def day(text: str, today: date) -> str:
    """A day that an acknowledgement may end on; `UsageError` for one that is past, too far ahead, or none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is no day", remedy=f"give one like {today + timedelta(days=30)}") from None
    if found < today:
        raise UsageError(f"{found} is past", remedy=f"today is {today}: give a day ahead")
    if found > today + LONGEST:
        raise UsageError(
            f"{found} is more than a year ahead",
            remedy=f"give a day until {today + LONGEST}; what is to stay becomes a new version of the contract",
        )
    return found.isoformat()


def said(option: str, text: str) -> str:
    """What a person said with an option, on one line; `UsageError` when that is nothing."""
    if not text.strip():
        raise UsageError(f"{option} is empty", remedy="somebody is to answer for it, and to say why")
    return line(text.strip(), 400)


def _same(one: Ack, other: Ack) -> bool:
    return (one.key, one.contract, one.id, one.path) == (other.key, other.contract, other.id, other.path)


def _ack(path: Path, number: int, value: JSON) -> Ack:
    """The acknowledgement that a value of the file holds; `ContractError` with its place when it holds none."""
    texts: dict[str, Any] = value if isinstance(value, dict) else {}
    names = [each.name for each in fields(Ack)]
    wrong = next((name for name in names if not isinstance(texts.get(name), str)), "")
    if not wrong and texts["id"] not in KINDS:
        wrong = "id"
    if not wrong:
        wrong = next((name for name in ("since", "until") if not _is_day(texts[name])), "")
    if wrong:
        raise ContractError(
            f"/{number}/{wrong}: {_WANTED.get(wrong, 'it is to be a text')}",
            path=str(path),
            remedy="restore it with git, or remove the line and `replaykit contract ack` anew",
        )
    return Ack(**{name: texts[name] for name in names})


_WANTED = {
    "id": "it is to be a kind of finding: res.enum.added",
    "since": "it is to be a day: 2026-11-20",
    "until": "it is to be a day: 2026-11-20",
}
"""What a field is to be, where that is more than a text."""


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
