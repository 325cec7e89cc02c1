"""`vcr.use_cassette` where vcrpy is not installed: a block, or a function, answered from a cassette that it names.

    with vcr.use_cassette("it.yaml") as cassette:      a block
    @vcr.use_cassette("it.yaml", match_on=["uri"])     each call of a function, `async def` and generators, too
    @vcr.use_cassette                                  likewise; the cassette is called like the function
    vcr.VCR(cassette_library_dir="tapes").use_cassette("it.yaml")

Law: as vcrpy has it, recorded `once` when nothing else is said. What a block of a test was not answered is
judged with the test, and counted with it. In an audit nothing is recorded.
"""

from __future__ import annotations

import inspect
import os
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from replaykit.config import load
from replaykit.pytest_plugin.vcr.blocks import STAGE, Blocks
from replaykit.pytest_plugin.vcr.case import Case
from replaykit.pytest_plugin.vcr.settings import Vcr, settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from replaykit.pytest_plugin.vcr.cassette import Cassette


class VCR(Vcr):
    """Settings for blocks, by the names that vcrpy has for them."""

    def __init__(self, *, record_mode: Any = "once", cassette_library_dir: Any = None, **said: Any) -> None:
        """What is said here holds for every block that does not say otherwise."""
        super().__init__(record_mode, "" if cassette_library_dir is None else os.fspath(cassette_library_dir))
        self.said = said

    def use_cassette(self, path: Any = None, **said: Any) -> Any:
        """A block, which is a decorator, too; of a function alone, that function, decorated."""
        if callable(path):
            return Block(self, None, said)(path)
        return Block(self, None if path is None else os.fspath(path), said)


def use_cassette(path: Any = None, **said: Any) -> Any:
    """The same with no settings but these."""
    return VCR().use_cassette(path, **said)


class Block:
    """A stretch of a program that is answered from a cassette."""

    def __init__(self, vcr: VCR, path: str | None, said: dict[str, Any]) -> None:
        """`path` is None for a function whose name it has."""
        self._vcr = vcr
        self._path = path
        self._said = said
        self._stack = ExitStack()

    def __enter__(self) -> Cassette:
        """The cassette, from now on in use."""
        if self._path is None:
            raise TypeError("use_cassette needs a path as a block: use_cassette('name.yaml')")
        blocks = STAGE.blocks or Blocks()
        said = {**self._vcr.said, **self._said, **({"record_mode": "none"} if blocks.audit else {})}
        wanted = settings(self._vcr, said)
        path = _within(self._folder, self._path)
        case = Case(blocks.test, [path], wanted, load(Path.cwd()), strict=blocks.strict, shelf=blocks.shelf)
        blocks.cases.append(case)
        return self._stack.enter_context(case.under_way(()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The cassette is kept where it was recorded, after an error, too, unless `record_on_exception` is false."""
        said = {**self._vcr.said, **self._said}
        if error is None or said.get("record_on_exception", True):
            self._stack.close()
        else:
            self._stack.__exit__(kind, error, trace)

    def __call__(self, function: Callable[..., Any]) -> Any:
        """The function, each call of it in a block of its own."""
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Any, **named: Any) -> Any:
                with self._of(function):
                    return await function(*args, **named)

            return awaited
        if inspect.isgeneratorfunction(function):

            @wraps(function)
            def yielding(*args: Any, **named: Any) -> Any:
                with self._of(function):
                    return (yield from function(*args, **named))

            return yielding

        @wraps(function)
        def called(*args: Any, **named: Any) -> Any:
            with self._of(function):
                return function(*args, **named)

        return called

    def _of(self, function: Callable[..., Any]) -> Self:
        """A block for one call: beside the function's file, where no folder is given."""
        path = self._path or function.__name__
        if self._path is None and not self._folder:
            path = str(Path(inspect.getfile(function)).parent / path)
        return type(self)(self._vcr, path, self._said)

    @property
    def _folder(self) -> str:
        return os.fspath(self._said.get("cassette_library_dir") or self._vcr.cassette_library_dir)


def _within(folder: str, path: str) -> str:
    """The file of a cassette: in the folder that is given, unless it says so itself."""
    return path if path.startswith(folder) else os.path.join(folder, path)  # noqa: PTH118 - a text by vcrpy's rules
