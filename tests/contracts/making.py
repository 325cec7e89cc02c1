"""Contracts made up for tests: a shop's orders, whose answers say more from version to version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replaykit.contracts import lock as locks
from replaykit.contracts.layout import laid
from replaykit.contracts.lock import Lock, place
from replaykit.core.contract.model import Binds, Contract, write

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.contracts.registry import Registry

NAME = "shop.orders"

STATUS = {"enum": ["open", "sent"], "x-seen": [30, 30]}


def response(**more: Any) -> dict[str, Any]:
    """What the shop answers: an order, with what a test adds to its fields."""
    fields = {"id": {"type": "string", "x-seen": [30, 30]}, "status": STATUS, **more}
    return {"type": "object", "required": ["id", "status"], "properties": fields}


def contract(version: str = "1.0.0", name: str = NAME, **more: Any) -> Contract:
    """A version of the shop's contract; `more` are fields of its answer."""
    binds = Binds(host="shop.example", method="POST", path="/orders")
    return Contract(name, version, binds, {"response": response(**more)}, date="2026-11-01", sources=("30 answers",))


def published(folder: Path, *contracts: Contract) -> Registry:
    """The folder's registry, now that these versions stand in it as if they had been published."""
    from replaykit.contracts.registry import adopted

    lock = Lock()
    for each in contracts:
        key, data = place(each.name, each.version), laid(write(each))
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(data)
        lock = lock.with_(key, data, each.date)
    (folder / locks.FILE).write_bytes(locks.write(lock))
    return adopted(folder)


def drafted(folder: Path, draft: Contract) -> Path:
    """The path of a draft that now stands in the folder."""
    path = folder / draft.name / "draft.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(laid(write(draft)))
    return path
