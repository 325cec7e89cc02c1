"""The contracts that come with the package, compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.contracts.registry import shipped
from replaykit.contracts.validators import Validators
from replaykit.core.contract.check import Check

if TYPE_CHECKING:
    from replaykit.core.contract.model import Contract


@pytest.fixture(scope="session")
def contracts() -> tuple[Contract, ...]:
    """All versions of all contracts."""
    registry = shipped()
    return tuple(contract for name in registry.names for contract in registry.history(name))


@pytest.fixture(scope="session")
def checks(contracts: tuple[Contract, ...]) -> dict[str, Check]:
    """Each version with its validators, by its title."""
    return {contract.title: Check(contract, Validators(contract)) for contract in contracts}
