"""What an SDK declares: a type of an installed package, as a JSON Schema.

    anthropic.types:Message                  a model, a union, a TypedDict: module and name
    anthropic.types.Message                  the same, as Python writes it
    pages:Page[anthropic.types:Message]      a type of something: a page of messages

Law: importing a module runs it. So only what a person names is imported, and only by a name that Python
itself could import; nothing from a contract or a recording gets here.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

_NAME: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Declared:
    """The JSON Schema of a type, and where it is from: `anthropic 2.10.0`."""

    schema: Mapping[str, Any]
    source: str


def schema_of(target: str) -> Declared:
    """The schema of a type that is named `module:Name` or `module.Name`; `UsageError` when there is none.

    Field names are those on the wire. What has no form in JSON (open files) may be anything.
    """
    outer, _, inner = target.removesuffix("]").partition("[")
    found, module = _found(outer)
    if inner:
        try:
            found = found[_found(inner)[0]]
        except TypeError as error:
            raise UsageError(f"{outer} is not of something", remedy=f"name it alone: {outer}") from error
    return Declared(_schema(found, target), source(module))


def _found(target: str) -> tuple[Any, str]:
    """What is called so, and the module that it is from."""
    module, name = _parted(target)
    found: Any = _imported(module, target)
    for part in name.split("."):
        if not hasattr(found, part):
            raise UsageError(f"{module} has no {name!r}", remedy=_near(found, part, module))
        found = getattr(found, part)
    return found, module


def source(module: str) -> str:
    """The distribution that a module is from, with its version; the module's own name when it is from none."""
    top = module.partition(".")[0]
    for name in (top, *importlib.metadata.packages_distributions().get(top, ())):
        try:
            return f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return top


def _parted(target: str) -> tuple[str, str]:
    module, colon, name = target.partition(":")
    if not colon:
        module, _, name = target.rpartition(".")
    if len(target) > _LONGEST or not _NAME.fullmatch(module) or not _NAME.fullmatch(name):
        raise UsageError(
            f"{target[:80]!r} names no type",
            remedy="a type is named by its module and its name: anthropic.types:Message",
        )
    return module, name


def _imported(module: str, target: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != top:
            raise UsageError(
                f"{module} needs {error.name}, which is not installed", remedy=f"pip install {error.name}"
            ) from error
        if error.name == top:
            raise UsageError(f"there is no package {top!r} here", remedy=f"pip install {top}") from error
        raise UsageError(f"{top} has no module {error.name!r}", remedy=f"is {target!r} spelt right?") from error
    except Exception as error:
        raise UsageError(
            f"{module} cannot be imported: {type(error).__name__}", remedy=f'see why: python -c "import {module}"'
        ) from error


def _near(found: object, name: str, module: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, [each for each in dir(found) if not each.startswith("_")])
    return f"did you mean {', '.join(near)}?" if near else f'`python -c "import {module}; help({module})"` shows them'


def _schema(found: Any, target: str) -> Mapping[str, Any]:  # noqa: ANN401 - whatever a module holds
    """The schema of a type; what has no JSON form in it promises nothing."""
    try:
        from pydantic import ConfigDict, PydanticUserError, TypeAdapter
        from pydantic.json_schema import GenerateJsonSchema
    except ImportError as error:
        raise UsageError(
            "reading a type takes pydantic, which is not installed", remedy="pip install pydantic"
        ) from error

    class Lenient(GenerateJsonSchema):
        ignored_warning_kinds: set[Any] = {"skipped-choice", "non-serializable-default", "skipped-discriminator"}  # noqa: RUF012 - pydantic's own

        def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:  # noqa: ANN401, ARG002
            return {}

    if not isinstance(found, type) and not hasattr(found, "__origin__") and not hasattr(found, "__args__"):
        raise UsageError(
            f"{target} is no type, but a {type(found).__name__}", remedy="name a model, a union or a TypedDict"
        )
    try:
        adapter = TypeAdapter[Any](found)
    except PydanticUserError:
        adapter = TypeAdapter[Any](found, config=ConfigDict(arbitrary_types_allowed=True))
    except Exception as error:
        raise UsageError(
            f"{target} has no schema: {type(error).__name__}", remedy="name a model, a union or a TypedDict"
        ) from error
    return adapter.json_schema(schema_generator=Lenient)
