"""Local functions as steps: `@replaykit.tool`, or `tools = ["agent.tools:*"]` for those that nobody decorates.

    no session              the function runs
    record                  it runs; arguments and result, or exception, are kept
    replay                  it does not run: the recorded result is given, or the exception raised
    replay, `run=True`      it runs, is counted, and its arguments must be those that were recorded
    replay, no JSON form    it runs likewise: what it gave could not be kept

Law: outside a session a tool is its function. In a replay, other arguments are a miss.
"""

from __future__ import annotations

import fnmatch
import inspect
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, overload

from replaykit.core.model import Failure, ToolCall
from replaykit.errors import UsageError
from replaykit.imports import Watch
from replaykit.session.active import current
from replaykit.session.away import away
from replaykit.session.failures import failure_of, raised
from replaykit.tools.values import NoForm, dumps, loads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from replaykit.session import Session

P = ParamSpec("P")
R = TypeVar("R")


@overload
def tool(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool(*, name: str = "", run: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def tool(
    function: Callable[P, R] | None = None, /, *, name: str = "", run: bool = False
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """The function as a step of every episode it is called in; sync or async.

    `name` is what the step is called (by default the function's own name). `run=True`: the function
    runs in a replay, too, because what it does beside its result is wanted.
    """
    if function is None:
        return lambda given: _wrapped(given, name, run=run)
    return _wrapped(function, name, run=run)


def _wrapped(function: Callable[P, R], name: str, *, run: bool) -> Callable[P, R]:
    if getattr(function, "__replaykit__", False):
        return function
    call = _Call(function, name or getattr(function, "__name__", "tool"), run=run)
    wrapper: Any = call.awaited() if inspect.iscoroutinefunction(function) else call.direct()
    wrapper.__replaykit__ = True
    return wrapper  # type: ignore[no-any-return]


class _Call:
    """A function that is a tool, in its two forms, which differ in what they await."""

    def __init__(self, function: Callable[..., Any], name: str, *, run: bool) -> None:
        self._function = function
        self._name = name
        self._run = run
        self._signature = inspect.signature(function)
        self._names: Mapping[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})

    def direct(self) -> Callable[..., Any]:
        function = self._function

        @wraps(function)
        def wrapper(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            session = current()
            if session is None:
                return function(*arguments, **named)
            text = self._arguments(arguments, named)
            recorded = session.tool(self._name, text, run=self._run)
            if recorded is not None and (given := self._given(recorded, session)) is not None:
                return given[0]
            began = session.clock()
            try:
                result = function(*arguments, **named)
            except Exception as error:
                session.called(self._called(session, text, began, failure=failure_of(error)))
                raise
            session.called(self._called(session, text, began, result=result))
            return result

        return wrapper

    def awaited(self) -> Callable[..., Any]:
        function = self._function

        @wraps(function)
        async def wrapper(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            session = current()
            if session is None:
                return await function(*arguments, **named)
            text = self._arguments(arguments, named)
            recorded = session.tool(self._name, text, run=self._run)
            if recorded is not None and (given := self._given(recorded, session)) is not None:
                return given[0]
            began = session.clock()
            try:
                result = await function(*arguments, **named)
            except Exception as error:
                failed = self._called(session, text, began, failure=failure_of(error))
                await away(lambda: session.called(failed))
                raise
            done = self._called(session, text, began, result=result)
            await away(lambda: session.called(done))
            return result

        return wrapper

    def _arguments(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> bytes:
        try:
            bound = dict(self._signature.bind(*arguments, **named).arguments)
        except TypeError:
            bound = {"arguments": list(arguments), **named}
        return dumps(bound, strict=False)

    def _given(self, recorded: ToolCall, session: Session) -> tuple[Any] | None:
        """The recorded result, in a tuple; None when it cannot be made again and the function has to run."""
        if recorded.failure is not None:
            raise raised(recorded.failure, self._names)
        try:
            return (loads(recorded.result, self._names),)
        except NoForm:
            session.remark("ran", {"name": self._name})
            return None

    def _called(
        self, session: Session, arguments: bytes, began: int, *, result: object = None, failure: Failure | None = None
    ) -> ToolCall:
        took = (session.clock() - began) // 1_000_000
        if failure is not None:
            return ToolCall(self._name, arguments, failure=failure, began=began, took=took)
        try:
            return ToolCall(self._name, arguments, dumps(result, strict=True), began=began, took=took)
        except (NoForm, ValueError, RecursionError):
            shown = dumps(result, strict=False) if not isinstance(result, str) else b"null"
            return ToolCall(self._name, arguments, shown, began=began, took=took, opaque=True)


class Tools:
    """The functions that a project names, made steps while a block lasts."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Patterns are `module:name`, where the name may hold `*`."""
        self._wanted: dict[str, list[str]] = {}
        for pattern in patterns:
            module, colon, name = pattern.partition(":")
            if not (module and colon and name):
                raise UsageError(f"[tool.replaykit] tools: {pattern!r} is not of the form 'module:name'")
            self._wanted.setdefault(module, []).append(name)
        self._watch = Watch(self._wanted.__contains__, self._wrap)
        self._undo: list[tuple[object, str, object]] = []

    def __enter__(self) -> Self:
        """Wrap them, those of modules not yet imported as soon as they are."""
        if self._wanted:
            self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Put the functions back."""
        if self._wanted:
            self._watch.stop()
        while self._undo:
            owner, name, function = self._undo.pop()
            setattr(owner, name, function)

    def _wrap(self, module_name: str) -> None:
        module = sys.modules[module_name]
        for name, value in list(vars(module).items()):
            wanted = any(fnmatch.fnmatchcase(name, pattern) for pattern in self._wanted[module_name])
            if wanted and inspect.isfunction(value) and value.__module__ == module_name and not name.startswith("_"):
                self._undo.append((module, name, value))
                setattr(module, name, tool(value))
