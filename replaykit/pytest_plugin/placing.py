"""What a test's episode is called, and when its fixture is set up.

Law: two tests have two names, unless their marks say otherwise; then they can be answered, and not be recorded
in one run. A name is a file's name everywhere, so what cannot stand in one is replaced, and a digest of the
whole tells such names apart.
"""

from __future__ import annotations

import hashlib
import os
import re

import pytest

from replaykit.pytest_plugin import MARK

_STRANGE = re.compile(r"[^\w.,=@+\[\] -]")

TESTS: pytest.StashKey[dict[str, list[str]]] = pytest.StashKey()
"""The tests of a run by the names of their episodes."""

LONGEST = 100
"""Characters of a name, so that a digest fits behind it."""


def named(item: pytest.Item) -> str:
    """The name of a test's episode: what its mark says, else its place: `test_agent.TestTravel.test_packs[lisbon]`."""
    mark = item.get_closest_marker(MARK)
    given = (mark.args[0] if mark.args else mark.kwargs.get("name")) if mark is not None else None
    if given is not None:
        return str(given)
    path, *rest = item.nodeid.split("::")
    words = [each for each in path.removesuffix(".py").replace("\\", "/").split("/") if each]
    if words[:1] == ["tests"] and len(words) > 1:
        del words[0]
    whole = ".".join([*words, *rest])
    plain = _STRANGE.sub("-", whole).strip(" .")
    if plain == whole and len(plain) <= LONGEST:
        return plain
    return f"{plain[:LONGEST]}-{hashlib.sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def typed(item: pytest.Item) -> str:
    """What asks pytest for this test from where it was started, wherever its root is."""
    _, *rest = item.nodeid.split("::")
    return "::".join([os.path.relpath(item.path, item.config.invocation_params.dir), *rest])


def sharing(item: pytest.Item, name: str) -> list[str]:
    """The tests of this run whose episode has this name, where these are several."""
    stash = item.config.stash
    if TESTS not in stash:
        stash[TESTS] = {}
        for each in item.session.items:
            if MARK in getattr(each, "fixturenames", ()):
                stash[TESTS].setdefault(named(each), []).append(each.nodeid)
    found = stash[TESTS].get(name, [])
    return found if len(found) > 1 else []


def place(item: pytest.Function) -> None:
    """Have the fixture set up before any other of the test's own, and after those of wider scope.

    What a wider one asks for is asked once for many tests, and belongs to the episode of none.
    """
    names = item.fixturenames
    if MARK in names:
        names.remove(MARK)
    known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - there is no other way to know a fixture's scope
    wide = [at for at, name in enumerate(names) if name in known and known[name][-1].scope != "function"]
    names.insert(wide[-1] + 1 if wide else 0, MARK)
    if wide:
        from replaykit.pytest_plugin.wide import watch

        watch(item.config)
