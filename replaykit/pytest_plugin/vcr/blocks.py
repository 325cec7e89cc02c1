"""The blocks of `vcr.use_cassette` in the test that is under way: counted with it, and judged with it.

Law: one test at a time is under way in a process, whatever thread or task its code runs in.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from replaykit.pytest_plugin.vcr.judging import end

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from replaykit.pytest_plugin.vcr.case import Case
    from replaykit.pytest_plugin.vcr.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a test says of its blocks; `cases` are those that were begun."""

    test: str = "a block of vcr.use_cassette"
    strict: bool = False
    audit: bool = False
    shelf: Shelf | None = None
    cases: list[Case] = field(default_factory=list)


@dataclass(slots=True)
class Stage:
    """Which blocks are those of now."""

    blocks: Blocks | None = None

    @contextmanager
    def of(self, blocks: Blocks) -> Iterator[None]:
        """A test is under way."""
        self.blocks = blocks
        try:
            yield
        finally:
            self.blocks = None


STAGE = Stage()


@contextmanager
def counted(item: pytest.Item) -> Iterator[None]:
    """A test's own code runs in it; what its blocks were not answered fails it, whoever caught the error."""
    try:
        yield
    finally:
        cases = [] if STAGE.blocks is None else STAGE.blocks.cases
        for number, case in enumerate(cases, start=1):
            item.user_properties.append(("replaykit_vcr", {**_facts(item, case), "block": number}))
    for case in cases:
        end(item, case.playing)


def _facts(item: pytest.Item, case: Case) -> dict[str, object]:
    told = {"differs": case.told()} if item.config.option.replaykit_audit else {}
    return {**case.facts(), **told}
