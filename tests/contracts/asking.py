"""A contract of the place that test agents ask: `POST /ask`, wherever on this machine it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replaykit.core.contract.model import Binds, Contract
from tests.contracts.making import published

if TYPE_CHECKING:
    from pathlib import Path

NAME = "agent.ask"


def asking(*required: str, host: str = "127.0.0.1", version: str = "1.0.0", api: str = "1") -> Contract:
    """A version of it, bound to a value of `x-api`, whose answers have what is said, and these fields."""
    text: dict[str, Any] = {"type": "string", "x-seen": [9, 9]}
    binds = Binds(host=host, method="POST", path="/ask", versions={"x-api": (api,)})
    answer = record(**dict.fromkeys(("said", *required), text))
    return Contract(NAME, version, binds, {"request": record(text=text), "response": answer}, date="2026-11-01")


def record(**fields: Any) -> dict[str, Any]:
    """An object that has all of these fields."""
    return {"type": "object", "required": list(fields), "properties": fields}


def adopt(project: Path, *contracts: Contract) -> None:
    """A project that has adopted these."""
    published(project / "contracts", *contracts)
