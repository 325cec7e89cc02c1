"""A stand-in for `import vcr` where vcrpy is not installed: the names that tests and conftests import.

    vcr             VCR, use_cassette, mode, Request
    vcr.cassette    Cassette
    vcr.errors      CannotOverwriteExistingCassetteException
    vcr.record_mode RecordMode
    vcr.request     Request
    vcr.stubs       nothing: there is nothing that is put in the place of anything
    vcr.config      VCR

Law: where vcrpy is installed it is not touched. What is not here raises ImportError or AttributeError,
as in a version of vcrpy that lacks it.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_NAMES: dict[str, dict[str, str]] = {
    "vcr": {
        "VCR": "use:VCR",
        "use_cassette": "use:use_cassette",
        "mode": "cassette:RecordMode",
        "Request": "request:Request",
    },
    "vcr.cassette": {"Cassette": "cassette:Cassette"},
    "vcr.config": {"VCR": "use:VCR"},
    "vcr.errors": {"CannotOverwriteExistingCassetteException": "errors:CannotOverwriteExistingCassetteException"},
    "vcr.record_mode": {"RecordMode": "cassette:RecordMode"},
    "vcr.request": {"Request": "request:Request"},
    "vcr.stubs": {},
}
"""What each module holds: a name, and where it is in this folder."""

HERE = "replaykit"
"""Where the stand-in says that it comes from."""

_PACKAGES = frozenset({"vcr", "vcr.stubs"})


class Stand:
    """A finder and a loader of these modules, by their methods (`importlib.abc`)."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - as called
        target: ModuleType | None = None,  # noqa: ARG002 - as called
    ) -> ModuleSpec | None:
        """The spec of a module that is here."""
        if name not in _NAMES:
            return None
        return ModuleSpec(name, self, origin=HERE, is_package=name in _PACKAGES)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """None: a module like any other."""

    def exec_module(self, module: ModuleType) -> None:
        """Put its names into a module."""
        from importlib import import_module

        for name, place in _NAMES[module.__name__].items():
            file, _, what = place.partition(":")
            found: Any = getattr(import_module(f"replaykit.pytest_plugin.vcr.{file}"), what)
            setattr(module, name, found)


@cache
def installed() -> bool:
    """Whether vcrpy is, and not its stand-in."""
    loaded = sys.modules.get("vcr")
    spec = find_spec("vcr") if loaded is None else loaded.__spec__
    return spec is not None and spec.origin != HERE


def put() -> None:
    """Have `import vcr` give the stand-in, unless vcrpy is installed; once per process."""
    if not installed() and not any(isinstance(each, Stand) for each in sys.meta_path):
        sys.meta_path.append(Stand())  # by its methods
