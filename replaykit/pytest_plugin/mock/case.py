"""A test that is answered by a router, and the fixture that gives the router.

Law: nothing is kept, and nothing is compared. In mode mock no connection leaves this machine.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.config import load
from replaykit.core.plain import line
from replaykit.core.redact import placeholder
from replaykit.errors import UsageError
from replaykit.guard import Guard
from replaykit.launch.variables import VARIABLES
from replaykit.providers.registry import KEYS
from replaykit.pytest_plugin import CASE, MARK
from replaykit.pytest_plugin.case import Case
from replaykit.pytest_plugin.mock.ready import router
from replaykit.pytest_plugin.mock.routing import NotMocked, Routed, Routing
from replaykit.pytest_plugin.modes import Unknown, mode
from replaykit.pytest_plugin.placing import named
from replaykit.tools.values import NoForm, dumps
from replaykit.transport.patch import Patch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.config import Config


TOLD = (
    "a test in mode mock",
    "let it go through httpx or httpx2, which replaykit_mock answers, or replace what asks for it",
)
"""Who refuses a connection, and what can be done about it."""


class Mocked(Case):
    """A test that is answered by a router; its budgets are of what is recorded, so they are not looked at."""

    def __init__(self, item: pytest.Item, name: str, config: Config, *, refuse: bool = True) -> None:
        """Begin to answer; `refuse`: connections beyond this machine are."""
        super().__init__(item, name, config)
        self.router = _router()
        self._routing = Routing(self.router, config)
        self._told = 0
        patch = Patch(self._routing)
        with ExitStack() as stack:
            stack.enter_context(VARIABLES.put({key: placeholder(key) for key in KEYS if not os.environ.get(key)}))
            patch.put()
            stack.callback(patch.take)
            if refuse:
                guard = Guard(lambda _unseen: None, refuse=True, allow=lambda _host: False, told=TOLD)
                guard.start()
                stack.callback(guard.stop)
            self._stack = stack.pop_all()

    def output(self, name: str, value: object) -> None:
        """Keep nothing; a value without a JSON form is as wrong here as it would be in a recording."""
        try:
            dumps(value, strict=True)
        except (NoForm, ValueError, RecursionError) as error:
            raise UsageError(
                f"output {name!r} has no JSON form: {error}", remedy="give text, numbers, lists or dicts"
            ) from error

    def check(self, name: str, value: object) -> None:
        """The same: there is nothing to compare with."""
        self.output(name, value)

    def transport(self, inner: object = None) -> Any:
        """A transport that is answered by the router."""
        return Routed(self._routing, inner)

    def ended(self, error: BaseException | None) -> None:
        """Fail the test for what it asked that no route answers, whatever its code made of that."""
        if error is None or isinstance(error, Exception):
            self._judge(error)

    def close(self) -> None:
        """Stop answering; fail what was asked after the test itself."""
        self._stack.close()
        self._judge(None)

    def _judge(self, error: BaseException | None) -> None:
        unmocked = self._routing.unmocked[self._told :]
        self._told += len(unmocked)
        if not unmocked:
            return
        texts = list(dict.fromkeys(map(str, unmocked)))
        if error is not None and not isinstance(error, NotMocked):
            texts.append(f"the test ended with {type(error).__name__}: {line(str(error), 200)}")
        raise pytest.fail.Exception("\n\n".join(texts), pytrace=False) from None


def given(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The router of a test, for as long as it runs; in a test with an episode that is not mocked, an idle one."""
    item = request.node
    if MARK in request.fixturenames:
        case = request.getfixturevalue(MARK)
        yield case.router if isinstance(case, Mocked) else _router()
        return
    try:
        refuse = mode(item.config) == "mock"
        case = item.stash[CASE] = Mocked(item, named(item), load(item.config.rootpath), refuse=refuse)
    except (UsageError, Unknown) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    yield case.router
    case.close()


def _router() -> Any:
    """A router, where respx is installed; else the test fails and says how to have it."""
    try:
        return router()
    except ModuleNotFoundError as error:
        if error.name not in ("respx", "httpx"):
            raise
        told = f"replaykit_mock needs {error.name}, which is not installed\nrun: pip install 'replaykit-llm[respx]'"
        raise pytest.fail.Exception(told, pytrace=False) from None
