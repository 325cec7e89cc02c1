"""Which case a test gets.

    mode     recording  cassette   the test is
    golden   none       there      answered from it               Played
    golden   none       not there  failed: what to do is said
    golden   missing    there      answered from it and, where    Completed
                                   that lacks something, recorded
    golden   missing    not there  recorded                       Kept
    golden   all        -          recorded                       Kept
    live     any        -          recorded as a draft, never accepted   Live
    mock     any        -          answered by a router           Mocked

Law: nothing is answered from a draft, and what cannot be answered says what to do.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import checked
from replaykit.config import load as load_config
from replaykit.core.plain import line, listed
from replaykit.errors import ReplayError
from replaykit.pytest_plugin.case import Kept, Played
from replaykit.pytest_plugin.modes import Unknown, mode, recording
from replaykit.pytest_plugin.placing import named, sharing, typed
from replaykit.pytest_plugin.wants import wants

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.pytest_plugin.case import Case

SETTINGS: pytest.StashKey[Config] = pytest.StashKey()
"""The project's settings, for all tests of a run."""

LONGEST = 4096
"""Characters of a path: PATH_MAX of Linux."""

SHOWN = 3
"""Tests that are named where many want the same episode."""


def begin(item: pytest.Item) -> Case:
    """A test's case, under way; fails the test when there is nothing that could answer it."""
    try:
        how, keep = mode(item.config), recording(item.config)
        config = _settings(item.config)
        name = named(item)
        if how == "mock":
            from replaykit.pytest_plugin.mock.case import Mocked

            return Mocked(item, name, config)
        if how == "live":
            from replaykit.pytest_plugin.live import live

            return live(item, name, config)
        tape = _tape(config, checked(name))
        accepted = os.path.isfile(tape)  # noqa: PTH113 - see `_tape`
        shared = sharing(item, name) if keep != "none" else []
        if keep == "all" or (keep == "missing" and not accepted):
            if shared:
                raise pytest.fail.Exception(_shared(name, shared), pytrace=False)
            return Kept(item, name, config, accepts=True)
        if not accepted:
            wants(item)  # what its mark cannot say comes first: it would fail the recording that is asked for
            raise pytest.fail.Exception(_missing(item, name, config), pytrace=False)
        if keep == "missing" and not shared:
            from replaykit.pytest_plugin.completing import Completed

            return Completed(item, name, config, tape)
        return Played(item, name, config, tape)
    except (ReplayError, Unknown) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _tape(config: Config, name: str) -> str:
    """Where the cassette of a name is; as text, for a path that is put together and looked at takes 20 µs a test."""
    return os.path.join(config.root, config.cassettes, f"{name}.tape")  # noqa: PTH118 - as said


def _settings(config: pytest.Config) -> Config:
    """The project's settings, read once for all tests."""
    if SETTINGS not in config.stash:
        found, contracts = load_config(config.rootpath), config.option.replaykit_contracts
        config.stash[SETTINGS] = found if contracts is None else replace(found, contracts=contracts)
    return config.stash[SETTINGS]


def _missing(item: pytest.Item, name: str, config: Config) -> str:
    """What to say of a test that has no cassette."""
    draft, record = _draft(name, config.store_path), f"pytest {shlex.quote(typed(item))} --replaykit-record=missing"
    if draft:
        return (
            f"{name} is recorded ({draft}) but not accepted\n"
            f"run `replaykit show {shlex.quote(f'draft:{name}')}`, then `replaykit accept {shlex.quote(name)}`\n"
            f"or record it again: {record}"
        )
    here = item.config.invocation_params.dir == config.root
    folder = f"{config.cassettes}/" if here else line(str(config.cassette_folder), LONGEST)
    return f"{name} has no cassette in {folder}\nrecord it: {record}"


def _shared(name: str, tests: Sequence[str]) -> str:
    """What to say of a test whose recording would take the place of another's."""
    return (
        f"{name} is the episode of {listed(tests, SHOWN)}, so that none of them was recorded\n"
        "give each a name of its own, or record it with one of them alone"
    )


def _draft(name: str, path: Path) -> str:
    """The id of the newest draft of a name; empty when there is none."""
    if not path.exists():
        return ""
    from replaykit.store import Store

    with Store(path) as store:
        return store.newest(name) or ""
