"""The libraries that are not answered here (urllib3, requests, aiohttp, …), left to vcrpy where it is installed.

vcrpy's own stubs are put in place for them, and play from the test's cassette: one cassette, one count of
what was played, whoever asks. httpx and httpx2 stay ours.

    a test                                      vcrpy is
    has one of them imported, and never asks    not loaded, and its stubs are not put in place
    asks by one of `DOORS`                      loaded right before that, its stubs in place
    imports httplib2 or tornado                 likewise, at once

Law: vcrpy is loaded when it is needed, and not before: that takes 0.15 s, and its stubs 1 ms of each test.
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack, contextmanager
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from replaykit.core.match import Found, Missing
from replaykit.core.model import Body
from replaykit.core.model import Request as Asked
from replaykit.imports import Watch
from replaykit.pytest_plugin.vcr.request import asked
from replaykit.pytest_plugin.vcr.stand import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replaykit.pytest_plugin.vcr.cassette import Cassette
    from replaykit.pytest_plugin.vcr.filters import Answer
    from replaykit.pytest_plugin.vcr.player import Playing
    from replaykit.pytest_plugin.vcr.request import Request

DOORS = {
    "aiohttp": ("aiohttp.client", "ClientSession._request"),
    "http.client": ("http.client", "HTTPConnection", "HTTPSConnection"),
    "urllib3": ("urllib3.connectionpool", "HTTPConnectionPool.urlopen"),
}
"""What every request of a library goes through, by the import that brings it: a module, and methods or classes in it.

requests, botocore and huggingface-hub come through urllib3, urllib through http.client.
"""

DIRECT = frozenset({"httplib2", "tornado"})
"""Whose import alone makes vcrpy needed: nobody has looked for their doors."""

PATCHES = "vcr.patch"
"""The module of vcrpy's that has all of `TAKEN` when it has run."""

TAKEN = {
    "vcr.stubs": ("VCRHTTPConnection._baseclass", "VCRHTTPSConnection._baseclass"),
    PATCHES: ("_HTTPConnection", "_HTTPSConnection"),
}
"""Where vcrpy keeps the classes that it found in http.client when it was loaded: what its stubs really connect with."""

_BEHIND = "_replaykit_behind"
"""The attribute of a watched class that has the library's own."""

OURS = ("_httpx", "_httpx2", "_httpcore")
"""What vcrpy's builder of patches calls those for httpx: `skip_patchers` is there from 9.4 on only."""

_NOTHING = Asked("", "", (), Body.of(b""))


class Shared:
    """A test's cassette as vcrpy's stubs use it, by the names that they use."""

    custom_patches = ()

    def __init__(self, cassette: Cassette, playing: Playing) -> None:
        """`playing` serves everybody who asks in this test."""
        self._cassette = cassette
        self._playing = playing
        self._path = cassette.path
        self.record_mode = cassette.record_mode
        self.write_protected = cassette.write_protected

    def can_play_response_for(self, request: Request) -> bool:
        """Whether there is an answer that may be played now."""
        return self._playing.could(_ours(request))

    def play_response(self, request: Request) -> Answer:
        """The answer, claimed."""
        found = self._playing.find(_ours(request))
        if not isinstance(found, Found):
            raise self._playing.refused(_ours(request), found or Missing())
        return self._cassette.interactions[found.position].answer

    def filter_request(self, request: Request) -> Request | None:
        """None for a request that is nobody's business; raises for one that is and has no answer here."""
        if self._playing.drops(_ours(request)):
            return None
        if self.write_protected:
            raise self._playing.refused(_ours(request), Missing())
        return request

    def append(self, request: Request, response: Answer) -> None:
        """Take in what was sent."""
        self._cassette.append(request, response)

    def find_requests_with_most_matches(self, request: Request) -> list[Any]:
        """The recorded requests that come nearest."""
        return self._cassette.find_requests_with_most_matches(request)


@contextmanager
def left(cassette: Cassette, playing: Playing) -> Iterator[None]:
    """Other libraries are answered by vcrpy from this cassette, from the moment on when one of them is there."""
    if not installed():
        yield
        return
    with Doors(lambda stack: _put(stack, Shared(cassette, playing))) as doors:
        watch = Watch({*DOORS, *DIRECT, PATCHES}, doors.tell)
        doors.stack.callback(watch.stop)
        watch.start()
        yield


class Doors:
    """Waits in one test for the first request by another library, and then has `put` do what is to be done."""

    def __init__(self, put: Callable[[ExitStack], None]) -> None:
        """`put` gets the stack on which it may put what is to be undone."""
        self.stack = ExitStack()
        self._put = put
        self._watched = ExitStack()
        self._opened = False
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        """Nothing is watched before somebody tells."""
        return self

    def __exit__(self, *_: object) -> None:
        """Everything is as it was."""
        with self._lock:
            self._opened = True
            self._watched.close()
        self.stack.close()

    def tell(self, library: str) -> None:
        """Watch a library that was imported; one that cannot be watched is used, as far as anybody knows.

        vcrpy may be imported while doors are watched: for the error of a miss, or by a test.
        """
        if library == PATCHES:
            bare()
            return
        module, *places = DOORS.get(library, ("", ""))
        try:
            with self._lock:
                for place in () if self._opened else places:
                    self._watch(import_module(module), place)
        except (ImportError, AttributeError, ValueError):
            self.open()

    def open(self) -> None:
        """Do what is to be done, once; what watched is gone before."""
        with self._lock:
            if not self._opened:
                self._opened = True
                self._watched.close()
                self._put(self.stack)

    def _watch(self, module: Any, place: str) -> None:
        """Have a method, or the making of an instance, open first."""
        owner, _, name = place.rpartition(".")
        holder = getattr(module, owner) if owner else module
        original = getattr(holder, name)
        setattr(holder, name, (_method if owner else _class)(holder, name, original, self.open))
        self._watched.callback(setattr, holder, name, original)


def _method(holder: Any, name: str, original: Any, first: Callable[[], None]) -> Any:
    """A method that calls `first`, and then whatever stands in its place."""

    @wraps(original)
    def method(*args: Any, **named: Any) -> Any:
        first()
        return getattr(holder, name)(*args, **named)

    return method


def _class(holder: Any, name: str, original: Any, first: Callable[[], None]) -> Any:
    """A class that calls `first`, and then makes an instance of whatever stands in its place."""

    def make(kind: Any, *args: Any, **named: Any) -> Any:
        if kind is not found:  # somebody's own, made of it meanwhile
            return original.__new__(kind)
        first()
        return getattr(holder, name)(*args, **named)

    said = {"__new__": make, "__module__": original.__module__, "__doc__": original.__doc__, _BEHIND: original}
    found = type(name, (original,), said)
    return found


def bare() -> None:
    """Have vcrpy keep the libraries' own classes, where it took watched ones: by these its stubs would make stubs."""
    for module, places in TAKEN.items():
        for place in places:
            owner, _, name = place.rpartition(".")
            holder: Any = sys.modules.get(module)
            holder = getattr(holder, owner, None) if owner else holder
            taken = getattr(holder, name, None)
            if isinstance(taken, type) and _BEHIND in vars(taken):
                setattr(holder, name, vars(taken)[_BEHIND])


def _put(stack: ExitStack, shared: Shared) -> None:
    """Put vcrpy's stubs in place, until the stack is closed."""
    theirs = import_module("vcr.patch").CassettePatcherBuilder
    leaving = dict.fromkeys(OURS, lambda _builder: ())
    for each in type(theirs.__name__, (theirs,), leaving)(shared).build():
        stack.enter_context(each)


def _ours(request: Request) -> Asked:
    """A request of vcrpy's as ours; the two classes have the same attributes."""
    return asked(request, _NOTHING)
