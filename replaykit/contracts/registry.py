"""The contracts of a folder: those of a project, or those that come with the package.

    contracts/contracts.lock                    what was published
    contracts/<name>/<version>.json             a version
    contracts/<name>/draft.json                 what `contract publish` takes
    contracts/<name>/CHANGELOG.md, probes.toml  what changed; what a nightly run asks

Law: a version is read only if its digest is the lock's. What is wrong with a folder is told file by
file, with what to do about it.
"""

from __future__ import annotations

import difflib
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from replaykit.contracts import lock as locks
from replaykit.contracts.files import content, document
from replaykit.contracts.lock import Lock, parted, place
from replaykit.contracts.schemas import closed
from replaykit.core.contract.model import NAME, Contract, Unfit
from replaykit.core.contract.model import read as read_contract
from replaykit.errors import ContractError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED: Final = Path(__file__).parent / "shipped"
"""The contracts that come with the package."""

DRAFT: Final = "draft.json"
PROBES: Final = "probes.toml"
CHANGELOG: Final = "CHANGELOG.md"


@dataclass(frozen=True, slots=True)
class Registry:
    """The contracts of a folder, with the lock they are held to."""

    folder: Path
    lock: Lock

    @property
    def names(self) -> tuple[str, ...]:
        """The contracts that have a published version, sorted."""
        return self.lock.names()

    def versions(self, name: str) -> tuple[str, ...]:
        """The published versions of a contract, the oldest first; none when it has none."""
        return self.lock.versions(name)

    def path(self, name: str, file: str) -> Path:
        """Where a file of a contract is, or would be; `UsageError` for a name that no contract can have."""
        return self.folder / checked(name) / file

    def content(self, name: str, version: str) -> bytes:
        """The bytes of a published version; `ContractError` when they are not what was published."""
        path, key = self.path(name, f"{version}.json"), place(name, version)
        if parted(key) is None:
            raise UsageError(f"{version[:80]!r} is no version", remedy=self._has(name))
        if problem := self._problem(key, path):
            raise problem
        return content(self.folder, path)

    def contract(self, name: str, version: str) -> Contract:
        """A published version; `ContractError` when it is not what was published."""
        path = self.path(name, f"{version}.json")
        found = parsed(self.content(name, version), path)
        if (found.name, found.version) != (name, version):
            raise ContractError(f"it says that it is {found.title}, and not {name} {version}", path=str(path))
        return found

    def newest(self, name: str) -> Contract | None:
        """The newest published version of a contract; None when it has none."""
        versions = self.versions(name)
        return self.contract(name, versions[-1]) if versions else None

    def history(self, name: str) -> tuple[Contract, ...]:
        """All published versions of a contract, the oldest first."""
        return tuple(self.contract(name, version) for version in self.versions(name))

    def draft(self, name: str) -> Contract | None:
        """What was inferred and not yet published; None when there is no draft."""
        path = self.path(name, DRAFT)
        if not path.exists() and not path.is_symlink():
            return None
        found = parsed(content(self.folder, path), path)
        if found.name != name:
            raise ContractError(f"it says that it is {found.name}, and not {name}", path=str(path))
        return found

    def drafts(self) -> tuple[str, ...]:
        """The contracts that have a draft, sorted."""
        found = (path.parent.name for path in self.folder.glob(f"*/{DRAFT}"))
        return tuple(sorted(name for name in found if NAME.fullmatch(name)))

    def problems(self) -> tuple[ContractError, ...]:
        """What is wrong with the folder: a version that was edited, is missing, or was never published."""
        return tuple(self._problems())

    def sound(self) -> Registry:
        """The registry itself; a `ContractError` that tells the first problem when something is wrong with it."""
        for problem in self._problems():
            raise problem
        return self

    def _has(self, name: str) -> str:
        versions = self.versions(name)
        return f"{name} has {', '.join(versions)}" if versions else f"adopt it: `replaykit contract add {name}`"

    def _absent(self, path: Path) -> ContractError:
        return ContractError("there is no such version", path=str(path), remedy=self._has(path.parent.name))

    def _problems(self) -> Iterator[ContractError]:
        for key in self.lock.entries:
            if problem := self._problem(key, self.folder / key):
                yield problem
        for path in _versions_in(self.folder):
            key = path.relative_to(self.folder).as_posix()
            if key not in self.lock.entries:
                yield _extra(path)

    def _problem(self, key: str, path: Path) -> ContractError | None:
        """What is wrong with the file in a place; None when nothing is."""
        if key not in self.lock.entries:
            return _extra(path) if path.exists() else self._absent(path)
        if not path.exists() and not path.is_symlink():
            return ContractError("a published contract is missing", path=str(path), remedy=_restore(path))
        try:
            data = content(self.folder, path)
        except ContractError as error:
            return error
        return None if self.lock.holds(key, data) else _edited(path)


def adopted(folder: Path) -> Registry:
    """The contracts of a project's folder; none when there is no such folder."""
    return Registry(folder, locks.read(folder))


def shipped() -> Registry:
    """The contracts that come with the package: each version is what is there."""
    found = Lock()
    for path in _versions_in(SHIPPED):
        found = found.with_(path.relative_to(SHIPPED).as_posix(), path.read_bytes(), "")
    return Registry(SHIPPED, found)


def parsed(data: bytes, path: Path) -> Contract:
    """The contract that bytes hold; `ContractError` with the place where they hold none."""
    try:
        found = read_contract(document(data, path))
        closed(found)
    except Unfit as error:
        raise unfit(error, path) from error
    return found


def unfit(error: Unfit, path: Path) -> ContractError:
    """That a file holds no contract, and where."""
    where = f" ({error.place})" if error.place else ""
    return ContractError(f"this is no contract{where}: {error.reason}", path=str(path))


def checked(name: str) -> str:
    """The name, when a contract can be called so; `UsageError` otherwise."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"a contract cannot be called {name[:80]!r}",
            remedy="its name is <provider>.<operation>, in small letters and digits: shop.orders",
        )
    return name


def _versions_in(folder: Path) -> list[Path]:
    """The files below a folder that are called as versions are, sorted."""
    return sorted(path for path in folder.glob("*/*.json") if parted(path.relative_to(folder).as_posix()))


def unknown(name: str, known: tuple[str, ...], whose: str) -> UsageError:
    """That there is no contract of a name, the nearest that there are first."""
    near = difflib.get_close_matches(name, known, n=len(known) or 1, cutoff=0.4)
    ordered = dict.fromkeys((*near, *known))
    there = f"there are {', '.join(ordered)}" if ordered else "there are none"
    return UsageError(f"there is no contract {name[:80]!r} in {whose}", remedy=there)


def _edited(path: Path) -> ContractError:
    return ContractError(
        "this contract was changed after it was published",
        path=str(path),
        remedy=f"{_restore(path)}; what is to change becomes a new version: "
        f"save it as draft.json, and `replaykit contract publish {path.parent.name}`",
    )


def _extra(path: Path) -> ContractError:
    return ContractError(
        f"no such version was published: {locks.FILE} does not have it",
        path=str(path),
        remedy=f"restore {locks.FILE} with git, or make it the draft: save it as draft.json, "
        f"remove it, and `replaykit contract publish {path.parent.name}`",
    )


def _restore(path: Path) -> str:
    return f"restore it: git checkout -- {shlex.quote(str(path))}"
