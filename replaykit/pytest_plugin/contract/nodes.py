"""What is collected of contracts: `contracts/anthropic.messages/probes.toml::plain`.

live          a test for each probe; one, `none`, for a contract without any, which is skipped
recordings    one test for each contract: `recordings`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from replaykit.contracts.registry import PROBES
from replaykit.core.plain import line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replaykit.checks.night import Probed
    from replaykit.pytest_plugin.contract.run import Run

PROPERTY: Final = "replaykit-contract"
"""What a test's report calls what became of its probe."""

NONE: Final = "none"
RECORDINGS: Final = "recordings"
"""What a test is called that is no probe's."""


class ContractFile(pytest.File):
    """A contract: its probes' file, whether it is there or not."""

    run: Run
    contract: str

    @classmethod
    def of(cls, parent: pytest.Collector, run: Run, contract: str) -> ContractFile:
        """The contract of this name."""
        path: Path = run.folder / contract / PROBES
        made: ContractFile = cls.from_parent(parent, path=path)
        made.run, made.contract = run, contract
        return made

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each probe."""
        for name in self.run.tests(self.contract):
            yield ContractItem.from_parent(self, name=name)


class ContractItem(pytest.Item):
    """A probe, or the recordings, of a contract."""

    parent: ContractFile

    def __init__(self, **named: Any) -> None:
        """Carry the mark that it was asked for by."""
        super().__init__(**named)
        self.add_marker("contract")

    def runtest(self) -> None:
        """Fail for drift that nobody has acknowledged, and for a service that could not be asked."""
        run = self.parent.run
        found = run.check(self.parent.contract, self.name)
        self.user_properties.append((PROPERTY, found.document | {"spent": run.spent()}))
        if found.state in ("skipped", "no key"):
            raise pytest.skip.Exception(_why(found), _use_item_location=True)
        if said := run.failure(found):
            pytest.fail(said, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Its place, and what it is called in reports."""
        return self.path, 0, f"{self.parent.contract} {self.name}"


def _why(found: Probed) -> str:
    return line(found.why if found.state == "skipped" else f"no key: {found.why}", 300)
