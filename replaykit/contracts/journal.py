"""`drift.json`: since when which finding is there, and when each contract was last checked.

Law: it lies beside the store and can be lost: then findings are as new as the next run. A damaged one is
set aside with a word of it, and a run never fails for it. Days are ISO days.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from replaykit.contracts.files import alone, content, document, save
from replaykit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from replaykit.core.contract.model import Finding
    from replaykit.core.model import JSON

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a finding over time.

    `first` and `last` are the first and the last day on which it was seen, `clean` the last one on which it
    was looked for and not there (empty: never). `seen` of `of` exchanges had it in the last run that saw it.
    `host` is the finding's: a gateway's.
    """

    contract: str
    id: str
    path: str
    text: str
    first: str
    last: str
    clean: str = ""
    seen: int = 0
    of: int = 0
    host: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """Findings by their keys, and the day on which each contract was last checked: at its own host, by its name.

    At a gateway it is checked under name and host, for neither says anything of the other.
    `problem` is what a person should know of the file it was read from; empty when all is well.
    """

    findings: Mapping[str, Sight] = field(default_factory=dict)
    checked: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def since(self, key: str) -> str:
        """The first day on which a finding was seen; empty when it never was."""
        return self.findings[key].first if key in self.findings else ""

    def last(self, name: str) -> str:
        """The last day on which a contract was checked, wherever that was; empty when it never was."""
        return max((day for each, day in self.checked.items() if each.partition(" ")[0] == name), default="")

    def matching(self, beginning: str) -> tuple[str, ...]:
        """The keys that begin so."""
        return tuple(sorted(each for each in self.findings if each.startswith(beginning)))

    def noted(  # noqa: PLR0913 - what was checked, where and when, and what came of it
        self,
        name: str,
        today: str,
        found: Mapping[str, tuple[Finding, int]],
        of: int,
        *,
        live: bool = True,
        host: str = "",
    ) -> Journal:
        """The journal after a run that checked `of` exchanges against a contract, at a gateway's `host` if any.

        `found` has what was found by its key, and how many of them had it. Only a `live` run can say that
        something is not there: recordings are of their own day.
        """
        mine = {each for each, sight in self.findings.items() if (sight.contract, sight.host) == (name, host)}
        gone = mine - found.keys() if live else set()
        kept = {each: replace(sight, clean=today) if each in gone else sight for each, sight in self.findings.items()}
        new = {each: self._sight(each, name, today, finding, count, of) for each, (finding, count) in found.items()}
        checked = {**self.checked, _place(name, host): today} if live else self.checked
        return replace(self, findings={**kept, **new}, checked=checked)

    def _sight(self, key: str, name: str, today: str, finding: Finding, count: int, of: int) -> Sight:  # noqa: PLR0913, PLR0917
        known = self.findings.get(key)
        first, clean = (known.first, known.clean) if known else (today, self._clean(name, finding.host))
        return Sight(name, finding.id, finding.path, finding.text, first, today, clean, count, of, finding.host)

    def _clean(self, name: str, host: str) -> str:
        """The last day on which a finding that is new was not there: that of the contract's last check."""
        return self.checked.get(_place(name, host), "")


def _place(name: str, host: str) -> str:
    """What a contract is called where it was checked."""
    return f"{name} at {host}" if host else name


def read(path: Path) -> Journal:
    """The journal of a file; an empty one without it. A damaged one is set aside, and `problem` says so."""
    if not path.exists() and not path.is_symlink():
        return Journal()
    try:
        return _journal(path, document(content(path.parent, path), path))
    except ContractError as error:
        return Journal(problem=_aside(path, error.message))


def update(path: Path, change: Callable[[Journal], Journal]) -> Journal:
    """The journal after a change, which now stands in the file; processes that change it take turns.

    What cannot be written is told in `problem`.
    """
    found = Journal()
    try:
        with alone(path.parent):
            found = read(path)
            changed = change(found)
            save(path.parent, {path: write(changed)})
    except ContractError as error:
        return replace(change(found), problem=f"{error.message}: since when findings are there is not kept")
    return changed


def write(journal: Journal) -> bytes:
    """The text of a journal."""
    findings = {each: asdict(sight) for each, sight in sorted(journal.findings.items())}
    fields = {"version": VERSION, "checked": dict(sorted(journal.checked.items())), "findings": findings}
    return (json.dumps(fields, indent=1) + "\n").encode()


def _aside(path: Path, why: str) -> str:
    """What became of a damaged journal, in words."""
    away = path.with_name(f"{path.name}.damaged")
    told = f"{why}; since when findings are there is not known any more"
    try:
        path.replace(away)
    except OSError as error:
        return f"{told}, and it could not be set aside ({error.strerror})"
    return f"{told}; what was there is now {away.name}"


def _journal(path: Path, found: JSON) -> Journal:
    fields = found if isinstance(found, dict) else {}
    version, findings, checked = (fields.get(name) for name in ("version", "findings", "checked"))
    if version != VERSION:
        raise ContractError(f"this is no journal of version {VERSION}", path=str(path))
    if not isinstance(findings, dict) or not isinstance(checked, dict):
        raise ContractError("its findings and checks are to be objects", path=str(path))
    days = {name: day for name, day in checked.items() if isinstance(day, str)}
    return Journal({each: _read_sight(path, each, value) for each, value in findings.items()}, days)


def _read_sight(path: Path, key: str, value: JSON) -> Sight:
    texts: dict[str, Any] = value if isinstance(value, dict) else {}
    wanted = {each.name: int if each.name in {"seen", "of"} else str for each in fields(Sight)}
    texts = {"host": "", **texts}  # journals from before there were gateways have none
    for name, kind in wanted.items():
        if type(texts.get(name)) is not kind:
            raise ContractError(f"/findings/{key}/{name} is to be a {_KINDS[kind]}", path=str(path))
    return Sight(**{name: texts[name] for name in wanted})


_KINDS = {int: "number", str: "text"}
