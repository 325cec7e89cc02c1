"""Local functions as steps: `@replaykit.tool`, or `tools = ["agent.tools:*"]` for those that nobody decorates.

    no session              the function runs
    record                  it runs; arguments and result, or exception, are kept
    replay                  it does not run: the recorded result is given, or the exception raised
    replay, `run=True`      it runs, is counted, and its arguments must be those that were recorded
    replay, no JSON form    it runs likewise: what it gave could not be kept (a generator, a client)
    replay, was cancelled   it waits to be cancelled, as it did

Law: outside a session a tool is its function. In a replay, other arguments are a miss. What a tool
does while it runs are steps, too, that belong to it: in a replay that answers for the tool, nobody
asks for them.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from replaykit.core.model import Failure, ToolCall
from replaykit.errors import UsageError, hide
from replaykit.session.active import belongs, current, within
from replaykit.session.away import away
from replaykit.session.failures import failure_of, raised
from replaykit.tools.values import NoForm, dumps, exact, loads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from replaykit.session import Session

__tracebackhide__ = hide

P = ParamSpec("P")
R = TypeVar("R")

CANCELLED = "cancelled"
"""The kind of failure of a call that was cancelled from outside."""

CANCELLATIONS = frozenset({"asyncio.exceptions.CancelledError", "trio.Cancelled"})
"""Exceptions by which that is told; each library raises its own, and only itself."""


@overload
def tool(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool(*, name: str = "", run: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def tool(
    function: Callable[P, R] | None = None, /, *, name: str = "", run: bool = False
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """The function as a step of every episode it is called in; sync or async, or a method.

    `name` is what the step is called (by default the function's own name). `run=True`: the function
    runs in a replay, too, because what it does beside its result is wanted.
    """
    if function is None:
        return lambda given: _wrapped(given, name, run=run)
    return _wrapped(function, name, run=run)


def is_tool(function: object) -> bool:
    """Whether it is one already."""
    return getattr(function, "__replaykit__", False) is True


def _wrapped(function: Callable[P, R], name: str, *, run: bool) -> Callable[P, R]:
    if isinstance(function, classmethod | staticmethod):
        kind = type(function).__name__
        raise UsageError(f"a {kind} cannot be made a tool", remedy=f"put `@replaykit.tool` below `@{kind}`")
    if not callable(function):
        raise UsageError(f"{function!r} cannot be made a tool: it is no function")
    if is_tool(function):
        return function
    call = _Tool(function, name or getattr(function, "__name__", type(function).__name__), run=run)
    wrapper: Any = call.awaited() if inspect.iscoroutinefunction(function) else call.direct()
    wrapper.__replaykit__ = True
    return wrapper  # type: ignore[no-any-return]


class _Tool:
    """A function that is a tool, in its two forms, which differ in what they await."""

    def __init__(self, function: Callable[..., Any], name: str, *, run: bool) -> None:
        self.name = name
        self.run = run
        self.names: Mapping[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
        self._function = function
        self._signature = _signature(function)
        self._owner = _owner(function, self._signature)

    def direct(self) -> Callable[..., Any]:
        function = self._function

        @wraps(function)
        def wrapper(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            session = current()
            if session is None:
                return function(*arguments, **named)
            call = _Call(self, session, self.arguments(arguments, named))
            if call.is_given():
                if keep := call.carrying():
                    keep()
                return call.given()
            try:
                with call.under_way():
                    result = function(*arguments, **named)
            except Exception as error:
                session.called(call.failed(failure_of(error)))
                raise
            session.called(call.returned(result))
            return result

        return wrapper

    def awaited(self) -> Callable[..., Any]:
        function = self._function

        @wraps(function)
        async def wrapper(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            session = current()
            if session is None:
                return await function(*arguments, **named)
            call = _Call(self, session, self.arguments(arguments, named))
            if call.is_given():
                if keep := call.carrying():
                    await away(keep)
                await call.cancelled_again()
                return call.given()
            try:
                with call.under_way():
                    result = await function(*arguments, **named)
            except BaseException as error:
                failure = _outcome(error)
                if failure is not None:
                    failed = call.failed(failure)
                    await away(lambda: session.called(failed))
                raise
            done = call.returned(result)
            await away(lambda: session.called(done))
            return result

        return wrapper

    def arguments(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> bytes:
        """The arguments by name, as JSON; the object whose method it is, is none."""
        try:
            bound = dict(self._signature.bind(*arguments, **named).arguments) if self._signature else None
        except TypeError:
            bound = None
        if bound is None:
            bound = {"arguments": arguments, **named}
        return dumps({name: value for name, value in bound.items() if name != self._owner}, strict=False)


class _Call:
    """One call of a tool in a session."""

    def __init__(self, tool: _Tool, session: Session, arguments: bytes) -> None:
        self._tool = tool
        self._session = session
        self._arguments = arguments
        self._recorded = session.tool(tool.name, arguments, run=tool.run)
        self._value: Any = None
        self._within = within()
        self._began = session.clock()

    def is_given(self) -> bool:
        """Whether the recording answers; when it holds a result that cannot be made again, the function has to run."""
        if self._recorded is None or self._recorded.failure is not None:
            return self._recorded is not None
        try:
            self._value = loads(self._recorded.result, self._tool.names)
        except NoForm:
            self._session.remark("ran", {"name": self._tool.name})
            return False
        return True

    def carrying(self) -> Callable[[], None] | None:
        """What takes the recorded call over into the run, where it is to be."""
        call = self._recorded
        assert call is not None  # noqa: S101 - it answers
        now = replace(call, arguments=self._arguments, began=self._began, within=self._within)
        return self._session.carrying(call, lambda _began, _within: now)

    def given(self) -> Any:  # noqa: ANN401
        """The recorded result; raises what was raised."""
        if self._recorded is not None and self._recorded.failure is not None:
            raise raised(self._recorded.failure, self._tool.names)
        return self._value

    async def cancelled_again(self) -> None:
        """Wait for ever where the recorded call was cancelled."""
        if self._recorded is not None and self._recorded.failure == Failure(CANCELLED, ""):
            from anyio import sleep_forever

            await sleep_forever()

    def under_way(self) -> AbstractContextManager[None]:
        """While it lasts, steps belong to this call, unless they are asked for in a replay as well."""
        return belongs(within() if self._tool.run else self._began)

    def failed(self, failure: Failure) -> ToolCall:
        """The call as it is kept when it failed."""
        return self._kept(b"", failure=failure)

    def returned(self, result: object) -> ToolCall:
        """The call as it is kept when it gave a result."""
        try:
            return self._kept(exact(result, self._tool.names))
        except Exception:  # noqa: BLE001 - a result may raise whatever it likes when it is compared
            return self._kept(dumps(result, strict=False), opaque=True)

    def _kept(self, result: bytes, *, failure: Failure | None = None, opaque: bool = False) -> ToolCall:
        took = (self._session.clock() - self._began) // 1_000_000
        return ToolCall(
            self._tool.name,
            self._arguments,
            result,
            failure,
            began=self._began,
            took=took,
            opaque=opaque,
            within=self._within,
        )


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature, where a function has one: some of those written in C have none."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _owner(function: Callable[..., Any], signature: inspect.Signature | None) -> str:
    """The name of the first parameter, when that is the object or class whose method this is."""
    first = next(iter(signature.parameters), "") if signature else ""
    home, _, _ = getattr(function, "__qualname__", "").rpartition(".")
    return first if first in ("self", "cls") and home and not home.endswith("<locals>") else ""


def _outcome(error: BaseException) -> Failure | None:
    """The failure that an exception is; None for one that ends the program and is no outcome of the call."""
    if isinstance(error, Exception):
        return failure_of(error)
    kind = type(error)
    return Failure(CANCELLED, "") if f"{kind.__module__}.{kind.__qualname__}" in CANCELLATIONS else None
