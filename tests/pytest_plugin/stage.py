"""What a pytest of its own said of each test: read off its output, in one process or in several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from textwrap import dedent
from typing import TYPE_CHECKING

from tests.pytest_plugin.suite import suite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.pytest_plugin.suite import Suite

_WORDS = "PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|NOT RUN|NO KEY"
_LINE = re.compile(
    rf"^(?:\[gw\d+\] \[ *\d+%\] (?P<theirs>{_WORDS}) (?P<there>\S.*?) *"
    rf"|(?P<here>\S+::.*?) (?P<ours>{_WORDS})(?: \(.*\))? +\[ *\d+%\])$",
    re.MULTILINE,
)
"""A test's outcome as `pytest -v` says it, of a worker or not."""

_COUNT = re.compile(r"(\d+) ([a-z][a-z ]*?)s?(?=,| in )")


@dataclass(frozen=True)
class Ran:
    """What came of a run: `text` is all that it printed."""

    exit_code: int
    text: str

    @cached_property
    def outcomes(self) -> Mapping[str, str]:
        """What became of each test, by what stands behind its file: `{"test_a[1]": "passed"}`."""
        found: dict[str, str] = {}
        for line in _LINE.finditer(self.text):
            test, word = line["there"] or line["here"], line["theirs"] or line["ours"]
            found[test.partition("::")[2]] = word.lower()
        return found

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """The last line: `{"passed": 2, "not run": 1}`."""
        return {word: int(number) for number, word in _COUNT.findall(self.text.rstrip().splitlines()[-1])}

    def account(self, test: str) -> str:
        """What is said of a test that failed: the text below its headline."""
        pattern = rf"^_+ (?:ERROR at \w+ of )?{re.escape(test)} _+\n(.*?)(?=^[_=-]{{3,}})"
        found = re.search(pattern, self.text, re.MULTILINE | re.DOTALL)
        assert found is not None, f"nothing is said of {test} in\n{self.text}"
        return found[1].strip()


def made(folder: Path, name: str, text: str, **variables: str) -> Suite:
    """A suite with one file of tests, without its common margin; `variables` are in every run's environment."""
    found = suite(folder, **{name: dedent(text)})
    found.variables.update(variables)
    return found


def run(suite: Suite, *words: str, **variables: str) -> Ran:
    """What came of `pytest` with these words."""
    said = suite.pytest("-v", "-v", "--tb=short", *words, COLUMNS="200", **variables)
    return Ran(said.exit_code, said.text)
