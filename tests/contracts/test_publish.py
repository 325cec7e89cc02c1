"""Drafts become versions, and the package's versions a project's: whole, once, and held to the lock."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from replaykit.contracts import lock as locks
from replaykit.contracts.publish import adopt, changelog, publish, raised, released
from replaykit.contracts.registry import adopted
from replaykit.contracts.validators import valid
from replaykit.core.contract.changes import contracts
from replaykit.errors import ContractError, UsageError
from tests.contracts.making import NAME, STATUS, contract, drafted, published

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.contracts.publish import Level
    from replaykit.contracts.registry import Registry
    from replaykit.core.contract.model import Contract

compare = partial(contracts, valid=valid)
TODAY = "2026-11-20"
ONE = contract()
LOST = contract(status=STATUS | {"enum": ["lost", "open", "sent"]})
NOTED = contract(note={"type": "string", "x-seen": [3, 30]})
GONE = contract(id={"type": "integer"})


def files(folder: Path) -> dict[str, bytes]:
    """What stands in a folder, by the paths in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("draft", "version", "grade"),
    [(LOST, "1.1.0", "RISK"), (NOTED, "1.1.0", "ADD"), (GONE, "2.0.0", "BREAK")],
)
def test_a_draft_becomes_the_version_that_its_changes_ask_for(
    tmp_path: Path, draft: Contract, version: str, grade: str
) -> None:
    """BREAK makes a major version, RISK and ADD a minor one; version, lock and changelog stand there, the draft not."""
    published(tmp_path, ONE)
    drafted(tmp_path, replace(draft, version=""))
    done = publish(tmp_path, NAME, TODAY, compare)
    assert (version, "1.0.0", True) == (done.contract.version, done.previous, done.is_news)
    assert done.comparison is not None
    assert grade == done.comparison.grade
    registry = adopted(tmp_path).sound()
    assert done.contract == registry.newest(NAME)
    assert TODAY == registry.lock.entries[f"{NAME}/{version}.json"].date
    assert {locks.FILE, f"{NAME}/1.0.0.json", f"{NAME}/{version}.json", f"{NAME}/CHANGELOG.md"} == files(
        tmp_path
    ).keys()
    assert changelog(registry.history(NAME), compare).encode() == files(tmp_path)[f"{NAME}/CHANGELOG.md"]


def test_evidence_alone_is_a_patch() -> None:
    """What is seen more often promises nothing else: the last number grows."""
    seen = contract(status=STATUS | {"x-seen": [60, 60]})
    assert "1.0.1" == released(ONE, replace(seen, version=""), TODAY, compare).contract.version
    assert not released(ONE, replace(ONE, version="", date=TODAY), TODAY, compare).is_news
    assert "1.0.0" == released(None, ONE, TODAY, compare).contract.version


@pytest.mark.parametrize(
    ("version", "level", "expected"),
    [
        ("1.4.3", "minor", "1.5.0"),
        ("1.4.3", "major", "2.0.0"),
        ("1.5.0", "minor", "1.5.0"),
        ("2.0.0", "major", "2.0.0"),
    ],
)
def test_a_level_raises_the_version(version: str, level: Level, expected: str) -> None:
    """What is asked for counts where it is more than what changed asks for."""
    assert expected == raised("1.4.2", version, level)


@pytest.mark.parametrize(("version", "level"), [("1.5.0", "patch"), ("2.0.0", "minor"), ("2.0.0", "patch")])
def test_a_level_lowers_nothing(version: str, level: Level) -> None:
    """What is less than the changes ask for is refused."""
    with pytest.raises(
        UsageError, match=f"these changes make {version}: --level can raise that, and {level} lowers it"
    ):
        raised("1.4.2", version, level)


def test_a_version_in_the_way_is_not_written_over(tmp_path: Path) -> None:
    """Where a file that nobody published stands in the next version's place, nothing is changed."""
    published(tmp_path, ONE)
    drafted(tmp_path, LOST)
    (tmp_path / NAME / "1.1.0.json").write_text("{}")
    before = files(tmp_path)
    with pytest.raises(ContractError, match=r"1\.1\.0\.json: no such version was published"):
        publish(tmp_path, NAME, TODAY, compare)
    assert before == files(tmp_path)


def test_a_disk_that_is_full_publishes_nothing(tmp_path: Path) -> None:
    """Where the lock cannot be written, the version is not there either, and the draft still is."""
    published(tmp_path, ONE)
    drafted(tmp_path, LOST)
    (tmp_path / NAME / "CHANGELOG.md").mkdir()
    (tmp_path / NAME / "CHANGELOG.md" / "kept").write_text("")
    before = files(tmp_path)
    with pytest.raises(ContractError, match="nothing was changed"):
        publish(tmp_path, NAME, TODAY, compare)
    assert before == files(tmp_path)
    adopted(tmp_path).sound()


PUBLISH = """
import pathlib, sys
from functools import partial
from replaykit.contracts.publish import publish
from replaykit.contracts.validators import valid
from replaykit.core.contract.changes import contracts
from replaykit.errors import UsageError
try:
    done = publish(pathlib.Path(sys.argv[1]), "shop.orders", "2026-11-20", partial(contracts, valid=valid))
    print(done.contract.version)
except UsageError as error:
    print("nothing")
"""


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strng"}, "/$defs/response/properties/a/type): 'strng' is not"),
        ({"pattern": "("}, "(/$defs/response"),
        ({"required": 7}, "/$defs/response/properties/a/required): 7 is not"),
    ],
)
def test_a_draft_that_no_validator_takes(tmp_path: Path, schema: dict[str, object], said: str) -> None:
    """What was misspelt in a draft is said with its place before it is published for ever."""
    drafted(tmp_path, contract("", a=schema))
    with pytest.raises(ContractError, match=r"draft\.json: this is no contract") as caught:
        publish(tmp_path, NAME, TODAY, compare)
    assert said in str(caught.value)
    assert not (tmp_path / locks.FILE).exists()


def test_two_that_publish_at_once(tmp_path: Path) -> None:
    """Of two processes that take the same draft one publishes it, and the other finds nothing to publish."""
    published(tmp_path, ONE)
    drafted(tmp_path, LOST)
    both = [
        subprocess.Popen([sys.executable, "-c", PUBLISH, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert ["1.1.0\n", "nothing\n"] == sorted(each.communicate(timeout=60)[0] for each in both)
    assert ("1.0.0", "1.1.0") == adopted(tmp_path).sound().versions(NAME)


@pytest.fixture
def package(tmp_path: Path) -> Registry:
    """A package that ships one contract in two versions, with probes."""
    registry = published(tmp_path / "package", ONE, replace(LOST, version="1.1.0"))
    (registry.folder / NAME / "probes.toml").write_text('[plain]\nurl = "https://shop.example/orders"\n')
    return registry


def test_a_contract_is_adopted_byte_for_byte(package: Registry, tmp_path: Path) -> None:
    """All versions come as they are, with probes, lock and changelog; once more there is nothing new."""
    folder = tmp_path / "contracts"
    done = adopt(folder, package, NAME, compare)
    assert (("1.0.0", "1.1.0"), "", True, "1.1.0") == (done.added, done.previous, done.probes, done.contract.version)
    theirs, ours = files(package.folder), files(folder)
    assert theirs.keys() | {f"{NAME}/CHANGELOG.md"} == ours.keys()
    assert {place: data for place, data in theirs.items() if place != locks.FILE}.items() <= ours.items()
    assert "2026-11-01" == adopted(folder).sound().lock.entries[f"{NAME}/1.0.0.json"].date
    again = adopt(folder, package, NAME, compare)
    assert ((), "1.1.0", None, False) == (again.added, again.previous, again.comparison, again.probes)
    assert ours == files(folder)


def test_newer_versions_come_later(package: Registry, tmp_path: Path) -> None:
    """What the package has got since is adopted with what changed in it; probes that were changed stay."""
    folder = tmp_path / "contracts"
    adopt(folder, published(tmp_path / "older", ONE), NAME, compare)
    (folder / NAME / "probes.toml").write_text("# mine\n")
    done = adopt(folder, package, NAME, compare)
    assert (("1.1.0",), "1.0.0", False) == (done.added, done.previous, done.probes)
    assert done.comparison is not None
    assert ["res.enum.added"] == [each.id for each in done.comparison.changes]
    assert "# mine\n" == (folder / NAME / "probes.toml").read_text()
    assert "## 1.1.0" in (folder / NAME / "CHANGELOG.md").read_text()


def test_versions_of_ones_own_are_not_mixed_with_the_packages(package: Registry, tmp_path: Path) -> None:
    """Where a project went on by itself, the package's newer versions are refused, and nothing is written."""
    folder = tmp_path / "contracts"
    published(folder, NOTED)
    before = files(folder)
    with pytest.raises(UsageError, match=r"shop\.orders 1\.0\.0 is this project's own") as caught:
        adopt(folder, package, NAME, compare)
    assert "package:shop.orders" in caught.value.remedy
    assert before == files(folder)
    ahead = published(tmp_path / "ahead", replace(NOTED, version="3.0.0")).folder
    assert () == adopt(ahead, package, NAME, compare).added


def test_an_unknown_contract_leaves_no_trace(package: Registry, tmp_path: Path) -> None:
    """A name that the package does not have is told with those it has, and no folder is made."""
    with pytest.raises(UsageError, match=r"there is no contract 'shop.order' in the package\nthere are shop.orders"):
        adopt(tmp_path / "contracts", package, "shop.order", compare)
    assert not (tmp_path / "contracts").exists()


def test_a_lock_that_was_forged_is_seen(tmp_path: Path) -> None:
    """A digest in the lock that is not the file's stops a publication."""
    published(tmp_path, ONE)
    drafted(tmp_path, LOST)
    fields = json.loads((tmp_path / locks.FILE).read_text())
    fields[f"{NAME}/1.0.0.json"]["sha256"] = "0" * 64
    (tmp_path / locks.FILE).write_text(json.dumps(fields))
    with pytest.raises(ContractError, match="this contract was changed after it was published"):
        publish(tmp_path, NAME, TODAY, compare)
