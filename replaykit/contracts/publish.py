"""A draft becomes a version, and the package's versions become a project's: computed, shown, written once.

Law: nothing is written but whole: version, lock and changelog in one go, while nobody else publishes. What
a version is called follows from what changed; a person may only raise it.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from replaykit.contracts.files import alone, content, save
from replaykit.contracts.layout import laid
from replaykit.contracts.lock import FILE, place, rank
from replaykit.contracts.lock import write as write_lock
from replaykit.contracts.registry import CHANGELOG, DRAFT, PROBES, Registry, adopted, parsed, unfit, unknown
from replaykit.contracts.schemas import checked
from replaykit.core.contract.model import Unfit, write
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from replaykit.core.contract.changes import Comparison
    from replaykit.core.contract.model import Contract

    Compare: TypeAlias = Callable[[Contract, Contract], Comparison]

Level: TypeAlias = Literal["major", "minor", "patch"]

LEVELS: Final[tuple[Level, ...]] = ("major", "minor", "patch")


@dataclass(frozen=True, slots=True)
class Release:
    """What a publication comes to: a contract, and what changed since `previous` (empty: it is the first).

    `comparison` is None for a first version. Without `is_news` the contract is what was published already.
    """

    contract: Contract
    previous: str = ""
    comparison: Comparison | None = None
    is_news: bool = True


@dataclass(frozen=True, slots=True)
class Adoption:
    """What became of a contract of the package: its newest version, the one before, and what is new in it.

    `added` are the versions that came; none when they were there already. `probes` is whether its probes came
    too; a project's own are left alone.
    """

    contract: Contract
    added: tuple[str, ...]
    previous: str = ""
    comparison: Comparison | None = None
    probes: bool = False


def publish(folder: Path, name: str, today: str, compare: Compare, level: Level | None = None) -> Release:
    """What the draft of a contract became: its next version, published; or nothing, when it says nothing new.

    The draft is gone afterwards. `UsageError` without a draft, or for a level below the one that follows.
    """
    with alone(folder) if folder.is_dir() else nullcontext():
        registry = adopted(folder).sound()
        draft = registry.draft(name)
        if draft is None:
            raise _no_draft(registry, name)
        try:
            checked(draft)
        except Unfit as error:
            raise unfit(error, registry.path(name, DRAFT)) from error
        release = released(registry.newest(name), draft, today, compare, level)
        if release.is_news:
            contract = release.contract
            data = laid(write(contract))
            history = (*registry.history(name), contract)
            _keep(registry, contract.name, {contract.version: data}, today, history, compare)
        registry.path(name, DRAFT).unlink(missing_ok=True)
    return release


def released(
    newest: Contract | None, draft: Contract, today: str, compare: Compare, level: Level | None = None
) -> Release:
    """What the publication of a draft comes to, given the newest version; nothing is written."""
    from replaykit.core.contract.versions import next_version

    comparison = compare(newest, draft) if newest is not None else None
    previous = newest.version if newest is not None else ""
    if newest is not None and write(replace(draft, version=newest.version, date=newest.date)) == write(newest):
        return Release(newest, previous, comparison, is_news=False)
    version = next_version(previous, comparison.changes if comparison else (), text_changed=True)
    version = raised(previous, version, level) if level else version
    return Release(replace(draft, version=version, date=today), previous, comparison)


def raised(previous: str, version: str, level: Level) -> str:
    """The version that a level above the computed one asks for; `UsageError` for a level below it."""
    if not previous:
        return version
    major, minor, patch = rank(previous)
    wanted = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}[level]
    if wanted < rank(version):
        raise UsageError(
            f"after {previous} these changes make {version}: --level can raise that, and {level} lowers it",
            remedy="leave out --level; a policy of the contract lowers the grade of what was announced",
        )
    return ".".join(map(str, wanted))


def adopt(folder: Path, package: Registry, name: str, compare: Compare) -> Adoption:
    """What became of a contract of the package in a project's folder: all versions that it had not yet.

    `UsageError` for a contract that the package does not have, or whose versions went on in the project.
    """
    if name not in package.names:
        raise unknown(name, package.names, "the package")
    with alone(folder):
        registry = adopted(folder).sound()
        previous, known = registry.newest(name), registry.versions(name)
        new = [version for version in package.versions(name) if not known or rank(version) > rank(known[-1])]
        if new:
            _kin(registry, package, name)
            data = {version: package.content(name, version) for version in new}
            history = (*registry.history(name), *(package.contract(name, version) for version in new))
            _keep(registry, name, data, "", history, compare)
        probes = _probes(registry, package, name)
    contract = previous if previous is not None and not new else package.contract(name, new[-1])
    comparison = compare(previous, contract) if previous is not None and new else None
    return Adoption(contract, tuple(new), previous.version if previous else "", comparison, probes)


def changelog(history: Sequence[Contract], compare: Compare) -> str:
    """The changelog of a contract's versions, the oldest of them first, in words."""
    from replaykit.core.contract.versions import changelog as worded

    steps = zip((None, *history), history, strict=False)
    return worded([(new, compare(old, new).changes if old is not None else ()) for old, new in steps])


def _keep(  # noqa: PLR0913, PLR0917 - one publication
    registry: Registry,
    name: str,
    data: dict[str, bytes],
    today: str,
    history: Sequence[Contract],
    compare: Compare,
) -> None:
    """Versions stand in the folder, in its lock, and in the changelog."""
    folder, lock = registry.folder, registry.lock
    texts: dict[Path, bytes] = {}
    for version, text in data.items():
        path = registry.path(name, f"{version}.json")
        texts[path] = text
        lock = lock.with_(place(name, version), text, today or parsed(text, path).date)
    texts[registry.path(name, CHANGELOG)] = changelog(history, compare).encode()
    texts[folder / FILE] = write_lock(lock)
    save(folder, texts)


def _kin(registry: Registry, package: Registry, name: str) -> None:
    """Nothing, when a project's versions of a contract are the package's; a `UsageError` when it has its own."""
    for version in registry.versions(name):
        key = place(name, version)
        if registry.lock.entries[key].sha256 != getattr(package.lock.entries.get(key), "sha256", None):
            raise UsageError(
                f"{name} {version} is this project's own, and the package's newer versions do not go on from it",
                remedy=f"see what they say: `replaykit contract diff {name} package:{name}`, "
                f"and publish what you want of it with `replaykit contract publish {name}`",
            )


def _probes(registry: Registry, package: Registry, name: str) -> bool:
    """Whether the package's probes came into a folder that had none."""
    source, target = package.path(name, PROBES), registry.path(name, PROBES)
    if not source.exists() or target.exists() or target.is_symlink():
        return False
    save(registry.folder, {target: content(package.folder, source)})
    return True


def _no_draft(registry: Registry, name: str) -> UsageError:
    known = f"; {name} {registry.versions(name)[-1]} is published" if registry.versions(name) else ""
    return UsageError(
        f"{registry.path(name, DRAFT)} is not there: there is nothing to publish{known}",
        remedy=f"make one: `replaykit contract infer {name} --from EPISODE`",
    )
