"""The contracts of a folder: held to their lock, and what is said when they are not what was published."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.contracts import lock as locks
from replaykit.contracts.layout import laid
from replaykit.contracts.lock import Entry, Lock
from replaykit.contracts.registry import Registry, adopted, unknown
from replaykit.core.contract.model import write
from replaykit.errors import ContractError, UsageError
from tests.contracts.making import NAME, contract, drafted, published

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def refers(schema: dict[str, Any]) -> str:
    """The document of a contract whose answer has a field of this schema."""
    return laid(write(contract("", a=schema))).decode()


ONE, TWO, TEN = (contract(version, note={"type": "string"}) for version in ("1.0.0", "1.2.0", "1.10.0"))


@pytest.fixture
def shop(tmp_path: Path) -> Registry:
    """A folder with three versions of one contract and one of another."""
    return published(tmp_path / "contracts", TEN, ONE, TWO, contract(name="shop.items"))


def test_what_was_published_is_read(shop: Registry) -> None:
    """Names are sorted, versions by their numbers, and each is what was written."""
    assert (("shop.items", NAME), ("1.0.0", "1.2.0", "1.10.0")) == (shop.names, shop.versions(NAME))
    assert (ONE, TWO, TEN) == shop.history(NAME)
    assert TEN == shop.newest(NAME)
    assert () == shop.problems()
    assert shop.sound() is shop


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A project without contracts has none, and nothing is wrong with it."""
    registry = adopted(tmp_path / "contracts").sound()
    assert ((), (), None) == (registry.names, registry.drafts(), registry.newest(NAME))


def test_a_draft_is_no_version(shop: Registry) -> None:
    """A draft is read apart from what was published, and does not disturb the lock."""
    assert shop.draft(NAME) is None
    drafted(shop.folder, contract(""))
    assert contract("") == shop.draft(NAME)
    assert (NAME,) == shop.drafts()
    assert () == shop.problems()


def test_other_line_ends_are_no_change(shop: Registry) -> None:
    """A checkout with the line ends of another system is what was published."""
    path = shop.folder / NAME / "1.0.0.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert () == shop.problems()
    assert ONE == shop.contract(NAME, "1.0.0")


def _edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"open", b"shut"))


def _exchange(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("harm", "said", "remedy"),
    [
        (_edit, "this contract was changed after it was published", "git checkout -- "),
        (lambda path: path.unlink(), "a published contract is missing", "restore it"),
        (lambda path: path.write_text(""), "this contract was changed after it was published", "restore it"),
        (_exchange, "this leads out of", "put the file itself there"),
    ],
)
def test_a_version_that_is_not_what_it_was(
    shop: Registry, harm: Callable[[Path], None], said: str, remedy: str
) -> None:
    """One that was edited, removed or exchanged is named with what to do, and is not read; the others are."""
    path = shop.folder / NAME / "1.2.0.json"
    harm(path)
    (problem,) = shop.problems()
    assert str(path) == problem.path
    assert said in problem.message
    assert remedy in problem.remedy
    with pytest.raises(ContractError, match=said):
        shop.sound()
    with pytest.raises(ContractError, match=said):
        shop.contract(NAME, "1.2.0")
    assert TEN == shop.newest(NAME)


def test_a_version_that_nobody_published(shop: Registry) -> None:
    """A file that is called as a version and is not in the lock is named, and not read."""
    path = shop.folder / NAME / "2.0.0.json"
    shutil.copy(shop.folder / NAME / "1.0.0.json", path)
    (problem,) = shop.problems()
    assert (str(path), True) == (problem.path, "contracts.lock does not have it" in problem.message)
    with pytest.raises(ContractError, match="no such version was published"):
        shop.contract(NAME, "2.0.0")
    (path.parent / "notes.json").write_text("{}")
    assert 1 == len(shop.problems())


def test_a_version_that_says_it_is_another(shop: Registry) -> None:
    """A document in the place of another is refused, though the lock was made to agree."""
    data = (shop.folder / NAME / "1.0.0.json").read_bytes()
    (shop.folder / NAME / "1.2.0.json").write_bytes(data)
    forged = Registry(shop.folder, shop.lock.with_(f"{NAME}/1.2.0.json", data, ""))
    with pytest.raises(ContractError, match=r"it says that it is shop\.orders 1\.0\.0, and not shop\.orders 1\.2\.0"):
        forged.contract(NAME, "1.2.0")


@pytest.mark.parametrize("name", ["../x.y", "x", "Shop.Orders", "shop/orders", "", ".x.y", "a." * 50_000])
def test_a_name_that_leads_elsewhere(shop: Registry, name: str) -> None:
    """What is no name of a contract is refused before a file is touched."""
    with pytest.raises(UsageError, match="a contract cannot be called"):
        shop.path(name, "draft.json")


@pytest.mark.parametrize("version", ["../1.0.0", "1.0", "latest", "", "01.0.0"])
def test_a_version_that_is_none(shop: Registry, version: str) -> None:
    """What is no version is refused, with those that there are."""
    with pytest.raises(UsageError, match=r"is no version\nshop.orders has 1.0.0, 1.2.0, 1.10.0"):
        shop.contract(NAME, version)


def test_a_version_that_is_not_there(shop: Registry) -> None:
    """One that was never published is said to be absent, with those that there are."""
    with pytest.raises(ContractError, match=r"there is no such version\nshop.orders has 1.0.0"):
        shop.contract(NAME, "3.0.0")
    with pytest.raises(ContractError, match=r"adopt it: `replaykit contract add shop\.prices`"):
        shop.contract("shop.prices", "1.0.0")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "/contract: it is missing"),
        ("[]", ": it is to be an object"),
        ('{"contract": {"name": "shop.orders"}, "$defs": {"response": 7}, "binds": {}}', "/$defs/response"),
        ('{"contract": {"name": "shop.items"}, "$defs": {"response": {}}, "binds": {}}', "it is shop.items, and not"),
        ("<", "this is no JSON"),
        (refers({"$ref": "http://127.0.0.1:9/a.json"}), "/$defs/response/properties/a/$ref: it refers to 'http://127"),
        (refers({"anyOf": [{"$ref": "#/$defs/gone"}]}), "/properties/a/anyOf/0/$ref: it refers to '#/$defs/gone'"),
        (refers({"$id": "http://127.0.0.1:9/"}), "/properties/a/$id: $id is not read here"),
        (refers({"items": {"$dynamicRef": "#a"}}), "/properties/a/items/$dynamicRef: $dynamicRef is not read"),
    ],
)
def test_a_draft_that_is_no_contract(shop: Registry, text: str, said: str) -> None:
    """A draft is checked like anything a person may have edited: the message has the file and the place."""
    path = drafted(shop.folder, contract(""))
    path.write_text(text)
    with pytest.raises(ContractError, match=r"shop\.orders/draft\.json") as caught:
        shop.draft(NAME)
    told = str(caught.value)
    assert said in told.replace("(", "").replace(")", "")


def test_a_name_that_looks_like_a_reference(shop: Registry) -> None:
    """Fields and values that are called as keywords are data: they lead nowhere, and are allowed."""
    fields: dict[str, Any] = {"$ref": {"type": "string"}, "b": {"const": {"$ref": "http://127.0.0.1:9/"}}}
    odd = contract("", NAME, **fields)
    drafted(shop.folder, odd)
    assert odd == shop.draft(NAME)


def test_a_lock_has_a_line_for_each_version(shop: Registry) -> None:
    """The lock is sorted by name and number, one line each, so that branches merge; it is read as it was written."""
    lines = (shop.folder / locks.FILE).read_text().splitlines()
    assert ["{", "}"] == [lines[0], lines[-1]]
    assert ["shop.items/1.0.0", f"{NAME}/1.0.0", f"{NAME}/1.2.0", f"{NAME}/1.10.0"] == [
        line.split('"')[1].removesuffix(".json") for line in lines[1:-1]
    ]
    assert shop.lock == locks.read(shop.folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "it is to be an object"),
        ('{\n<<<<<<< HEAD\n"a": 1}', "this is no JSON"),
        ('{"../../etc/x.y/1.0.0.json": {"sha256": "%s"}}', "is no place of a version"),
        ('{"shop.orders/latest.json": {"sha256": "%s"}}', "is no place of a version"),
        ('{"shop.orders/1.0.0.json": {"sha256": "abc"}}', "has no SHA-256 of 64 digits"),
        ('{"shop.orders/1.0.0.json": 7}', "has no SHA-256 of 64 digits"),
        ('{"shop.orders/1.0.0.json": {"sha256": "%s", "date": "yesterday"}}', "has no day like 2026-11-20"),
    ],
)
def test_a_damaged_lock(tmp_path: Path, text: str, said: str) -> None:
    """A lock that is none is an error that names the file; nothing is taken for published."""
    (tmp_path / locks.FILE).write_text(text.replace("%s", "0" * 64))
    with pytest.raises(ContractError, match=r"contracts\.lock") as caught:
        adopted(tmp_path)
    assert said in str(caught.value)


def test_a_lock_grows_without_changing() -> None:
    """Adding a version gives a new lock; the old one stays what it is."""
    empty = Lock()
    one = empty.with_(f"{NAME}/1.0.0.json", b"{}", "2026-11-20")
    assert ((), ("1.0.0",)) == (empty.versions(NAME), one.versions(NAME))
    assert {f"{NAME}/1.0.0.json": Entry(locks.digest(b"{}"), "2026-11-20")} == one.entries


def test_the_nearest_names_come_first() -> None:
    """Of what there is, what was probably meant is named first, and everything is named."""
    told = str(unknown("shop.order", ("mcp.initialize", "shop.items", NAME), "the package"))
    assert "there is no contract 'shop.order' in the package\nthere are shop.orders, shop.items, mcp.initialize" == told
    assert "there are none" in str(unknown("a.b", (), "the package"))
