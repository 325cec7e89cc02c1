"""Fixtures of wider scope than a function: where they ask a service, no test's episode answers them.

    --replaykit    --replaykit-record   what such a fixture asks for beyond this machine
    golden         none                 is refused, and its tests fail at their set-up
    mock           any                  is refused, the same way
    golden         missing, all         is really sent, and recorded in no episode
    live           any                  is really sent, and recorded in no episode

Whose set-up it is decides: that of a test with an episode is guarded, and so is what the fixture does in its
end. One that a test without an episode has set up first is there already, and nobody asks what it did. One
that a test asks for while it runs (`request.getfixturevalue`) belongs to the test's episode.

Law: tests without an episode run as if we were not here. What was refused is taken down at once, so that the
next test sets it up again, and a test without an episode gets it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

from replaykit.core.plain import line
from replaykit.guard import Guard
from replaykit.pytest_plugin import CASE, has_episode
from replaykit.pytest_plugin.modes import Unknown, mode, recording
from replaykit.report.outside import outside

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from replaykit.core.model import Unseen

NAME: Final = "replaykit-wide"
"""What the plugin of a run is called."""

HELD: Final = frozenset({"anyio", "httpx", "httpx2", "trio"})
"""Clients whose refused requests fail a fixture that made nothing of them, as they fail a test; an async one connects
in a task, in which what it stands on is all that can be seen of it."""

WIDE: Final = 200
"""Characters of an error's text."""

_TODO: Final = (
    "it belongs to no test's episode: give it function scope, or an episode of its own"
    " (`with replaykit.replay(…):` around what it asks for)"
)

_XUNIT: Final = re.compile(r"_(?:xunit|unittest)_(\w+?)_fixture_")
"""How pytest calls the fixtures that it makes of `setup_module`, `setup_class` and `setUpClass`."""


class Wide:
    """A plugin of one run: it holds wide fixtures to the promise of the tests that have them set up."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, object, object]:
        """Guard a fixture while it is set up, and while it is taken down again."""
        __tracebackhide__ = True  # of failures that are the fixture's own
        if fixturedef.scope == "function" or not _guards(request):
            return (yield)
        asked: list[Unseen] = []
        guard, error, value = _guard(fixturedef, asked.append), None, None
        fixturedef.addfinalizer(guard.stop)  # the first one is the last to be called
        guard.start()
        try:
            value = yield
        except (Exception, pytest.skip.Exception) as raised:  # noqa: BLE001 - it is raised again, unless we were why
            error = raised
        finally:
            guard.stop()
            fixturedef.addfinalizer(guard.start)
        if refused := _refused(asked, error):
            _fail(fixturedef, request, refused, error)
        if error is not None:
            raise error
        return value


def watch(config: pytest.Config) -> None:
    """Have wide fixtures guarded in this run."""
    if not config.pluginmanager.has_plugin(NAME):
        config.pluginmanager.register(Wide(), NAME)


def _guards(request: Any) -> bool:
    """Whether a fixture is set up for a test with an episode, before that begins, in a run that sends nothing."""
    item = request._pyfuncitem  # noqa: SLF001 - `node` is the module or the session
    if CASE in item.stash or not has_episode(item):
        return False
    try:
        how = mode(item.config)
    except Unknown:  # its episode is about to say so
        return False
    return how == "mock" or (how == "golden" and recording(item.config) == "none")


def _guard(fixture: Any, note: Callable[[Unseen], None]) -> Guard:
    """What refuses a fixture's connections beyond this machine, and takes all of them down."""
    return Guard(note, refuse=True, allow=lambda _host: False, told=(_named(fixture), _TODO))


def _named(fixture: Any) -> str:
    """What people call a fixture: `the session fixture shop`, `setup_module`."""
    made = _XUNIT.match(fixture.argname)
    return made[1] if made else f"the {fixture.scope} fixture {line(fixture.argname, WIDE)}"


def _refused(asked: list[Unseen], error: BaseException | None) -> str:
    """What was refused and matters, in words: `api.example.com (httpx2)`; empty for nothing."""
    _ran, beyond = outside(asked)
    found = (line(f"{each.what} ({each.how})", WIDE) for each in beyond if error is not None or each.how in HELD)
    return ", ".join(dict.fromkeys(found))


def _fail(fixture: Any, request: Any, refused: str, error: BaseException | None) -> NoReturn:
    """Fail the test that a fixture was set up for, and have it be set up anew for whoever asks for it next."""
    with suppress(Exception):  # it may be only half there
        fixture.finish(request)
    lines = [f"{_named(fixture)} asks for {refused}, and was refused: in this run nothing beyond this machine is asked"]
    if error is not None and _TODO not in str(error):  # else it is the refusal, as its client words it
        lines.append(f"it ended with {type(error).__name__}: {line(str(error), WIDE)}")
    raise pytest.fail.Exception("\n".join([*lines, _TODO]), pytrace=False) from None
