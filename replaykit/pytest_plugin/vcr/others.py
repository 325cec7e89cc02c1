"""The libraries that are not answered here (urllib3, requests, aiohttp, …), left to vcrpy where it is installed.

vcrpy's own stubs are put in place for them, and play from the test's cassette: one cassette, one count of
what was played, whoever asks. httpx and httpx2 stay ours.

Law: vcrpy is loaded when one of these libraries is, and not before. A vcrpy that cannot leave out httpx
(before 9.4) is left alone, and those libraries are refused as without it.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from replaykit.core.match import Found, Missing
from replaykit.core.model import Body
from replaykit.core.model import Request as Asked
from replaykit.imports import Watch
from replaykit.pytest_plugin.vcr.request import asked
from replaykit.pytest_plugin.vcr.stand import installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.pytest_plugin.vcr.cassette import Cassette
    from replaykit.pytest_plugin.vcr.filters import Answer
    from replaykit.pytest_plugin.vcr.player import Playing
    from replaykit.pytest_plugin.vcr.request import Request

LIBRARIES = frozenset({"aiohttp", "httplib2", "tornado", "urllib3"})
"""Whose import makes vcrpy needed; `http.client` alone does not, for everybody has it."""

OURS = ("httpx", "httpx2")

_NOTHING = Asked("", "", (), Body.of(b""))


class Shared:
    """A test's cassette as vcrpy's stubs use it, by the names that they use."""

    custom_patches = ()
    skip_patchers = OURS

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
    with ExitStack() as stack:
        done: list[str] = []

        def tell(name: str) -> None:
            if not done:
                done.append(name)
                _put(stack, Shared(cassette, playing))

        watch = Watch(LIBRARIES.__contains__, tell)
        stack.callback(watch.stop)
        watch.start()
        yield


def _put(stack: ExitStack, shared: Shared) -> None:
    """Put vcrpy's stubs in place, until the stack is closed."""
    patch = import_module("vcr.patch")
    if hasattr(patch, "PATCHER_NAMES"):  # it knows how to leave out ours
        for each in patch.CassettePatcherBuilder(shared).build():
            stack.enter_context(each)


def _ours(request: Request) -> Asked:
    """A request of vcrpy's as ours; the two classes have the same attributes."""
    return asked(request, _NOTHING)
