"""Other libraries are handed over when one of them asks for something, and not before."""

from __future__ import annotations

import http.client
import sys
import threading
import urllib.request
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.pytest_plugin.vcr.others import DIRECT, DOORS, PATCHES, Doors, Shared
from replaykit.pytest_plugin.vcr.request import Request
from tests.pytest_plugin.vcrpy import opened, written

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

REAL = http.client.HTTPConnection, http.client.HTTPSConnection


class Stub(http.client.HTTPConnection):
    """What is put in the place of a connection: it answers nobody."""

    def connect(self) -> None:
        """Nothing is connected."""
        raise ConnectionError


class Puts:
    """Counts how often it is asked to put the stub in place, which it does."""

    def __init__(self) -> None:
        """Nobody has asked."""
        self.times = 0

    def __call__(self, stack: ExitStack) -> None:
        """Once more."""
        self.times += 1
        assert REAL == (http.client.HTTPConnection, http.client.HTTPSConnection)
        http.client.HTTPConnection = Stub  # type: ignore[misc]
        stack.callback(setattr, http.client, "HTTPConnection", REAL[0])


@pytest.fixture
def puts() -> Puts:
    """A counter at nought."""
    return Puts()


def test_nobody_asks(puts: Puts) -> None:
    """Nothing is put in place, a subclass of somebody's own works on, and everything is as it was afterwards."""
    with Doors(puts) as doors:
        doors.tell("http.client")
        assert issubclass(http.client.HTTPConnection, REAL[0])
        assert "a.test" == type("Own", (http.client.HTTPConnection,), {})("a.test").host
    assert (0, REAL) == (puts.times, (http.client.HTTPConnection, http.client.HTTPSConnection))


def test_the_first_who_asks_opens(puts: Puts) -> None:
    """Those who make a connection themselves, urllib among them, get what was put in place; it is put there once."""
    with Doors(puts) as doors:
        doors.tell("http.client")
        assert isinstance(http.client.HTTPConnection("a.test"), Stub)
        with pytest.raises(OSError, match="urlopen error"):
            urllib.request.urlopen("http://a.test/")
        doors.tell("http.client")
    assert (1, REAL) == (puts.times, (http.client.HTTPConnection, http.client.HTTPSConnection))


def test_vcrpy_is_loaded_while_a_door_is_watched(puts: Puts, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes for the libraries' own classes are these: a stub that was made of a watched one had no end."""
    stubs, patches = ModuleType("vcr.stubs"), ModuleType(PATCHES)
    for module in (stubs, patches):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    with Doors(puts) as doors:
        doors.tell("http.client")
        plain, secure = http.client.HTTPConnection, http.client.HTTPSConnection
        vars(patches).update(_HTTPConnection=plain, _HTTPSConnection=secure)
        vars(stubs)["VCRHTTPConnection"] = type("VCRHTTPConnection", (), {"_baseclass": plain})
        vars(stubs)["VCRHTTPSConnection"] = type("VCRHTTPSConnection", (), {"_baseclass": Stub})
        doors.tell(PATCHES)
    holders = vars(stubs)["VCRHTTPConnection"], vars(stubs)["VCRHTTPSConnection"]
    assert [REAL[0], Stub] == [vars(each)["_baseclass"] for each in holders]
    assert REAL == (vars(patches)["_HTTPConnection"], vars(patches)["_HTTPSConnection"])
    assert 0 == puts.times


class Library:
    """Somebody's client."""

    def ask(self, word: str, *, loud: bool = False) -> str:
        """The word."""
        return word.upper() if loud else word


def test_a_method_is_a_door(puts: Puts, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is called as it was meant to be, once what is to be in place is there, by several threads, too."""
    module = ModuleType("somebodys")
    monkeypatch.setattr(module, "Library", Library, raising=False)
    monkeypatch.setitem(sys.modules, "somebodys", module)
    monkeypatch.setitem(DOORS, "somebodys", ("somebodys", "Library.ask"))
    plain, said = Library.ask, list[str]()
    with Doors(puts) as doors:
        doors.tell("somebodys")
        assert plain is not Library.ask
        threads = [threading.Thread(target=lambda: said.append(Library().ask("a", loud=True))) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert (["A"] * 4, 1, plain) == (said, puts.times, Library.ask)


@pytest.mark.parametrize("door", [*sorted(DIRECT), "nowhere", "strange"])
def test_what_cannot_be_watched_is_used(puts: Puts, monkeypatch: pytest.MonkeyPatch, door: str) -> None:
    """A library without a door, or with another one than is known, opens when it is imported."""
    added: dict[str, Any] = {"nowhere": ("nowhere.at_all", "Library.ask"), "strange": ("http.client", "Nobody.ask")}
    if door in added:
        monkeypatch.setitem(DOORS, door, added[door])
    with Doors(puts) as doors:
        doors.tell(door)
        assert 1 == puts.times


def test_the_doors_are_where_they_are_said_to_be() -> None:
    """Of the libraries that are installed here."""
    for library, (module, *places) in DOORS.items():
        found = pytest.importorskip(module, reason=f"{library} is not installed")
        for place in places:
            for name in place.split("."):
                found = getattr(found, name)
            assert callable(found)
            found = sys.modules[module]


@pytest.mark.parametrize(("strict", "told"), [(False, (0, 1)), (True, (1, 0))])
def test_a_miss_of_a_library_that_is_left_to_vcrpy(tmp_path: Path, *, strict: bool, told: tuple[int, int]) -> None:
    """It does not fail a test that goes on without an answer, unless the test is strict; it is counted in both."""
    case = opened(written(tmp_path), strict=strict)
    with case.under_way([]) as cassette, pytest.raises(Exception, match="nobody/asked"):
        Shared(cassette, case.playing).filter_request(Request("GET", "https://nobody/asked", None, {}))
    facts = case.facts()
    assert told == (len(case.playing.misses), facts["beside"])
    assert 1 == facts["missed"]
