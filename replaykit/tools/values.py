"""What a local function was given and gave back, as JSON, and back.

    None, bool, int, float, str, list, dict with text keys     as they are
    tuple, set, frozenset, bytes, datetime, date, Decimal, UUID, Path    {"$tuple": …}
    dataclass, pydantic model                                   {"$object": "Weather", "fields": {…}}
    anything else                                               has no form as a result

Law: what is read back is the value that was written, or the function runs. Nothing is ever
imported or unpickled: an object's class is looked up by name among those that the function's own
module knows, for a cassette may come from a stranger.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import json
import pathlib
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FORMS: dict[str, tuple[type[Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "$tuple": (tuple, list, tuple),
    "$set": (set, lambda value: sorted(value, key=repr), set),
    "$frozenset": (frozenset, lambda value: sorted(value, key=repr), frozenset),
    "$bytes": (bytes, lambda value: base64.b64encode(value).decode(), base64.b64decode),
    "$datetime": (datetime.datetime, datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    "$date": (datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
    "$decimal": (decimal.Decimal, str, decimal.Decimal),
    "$uuid": (uuid.UUID, str, uuid.UUID),
    "$path": (pathlib.PosixPath, str, pathlib.Path),
}


class NoForm(TypeError):
    """A value has no JSON form from which it could be made again."""


def dumps(value: Any, *, strict: bool) -> bytes:  # noqa: ANN401 - whatever a function takes or gives
    """The JSON text of a value; a value without a form raises `NoForm`, or is named by its class if not `strict`."""
    return json.dumps(_form(value, strict=strict), ensure_ascii=True, separators=(",", ":")).encode()


def loads(text: bytes, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The value of a text that `dumps` wrote; `names` are those of the function's module. May raise `NoForm`."""
    return _value(json.loads(text), names)


def _form(value: Any, *, strict: bool) -> Any:  # noqa: ANN401 - a table of cases
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is list:
        return [_form(item, strict=strict) for item in value]
    if type(value) is dict and all(type(key) is str for key in value):
        members = {key: _form(item, strict=strict) for key, item in value.items()}
        return {"$dict": members} if any(key.startswith("$") for key in members) else members
    for tag, (kind, write, _) in _FORMS.items():
        if type(value) is kind:
            return {tag: _form(write(value), strict=strict)}
    fields = _fields(value)
    if fields is not None:
        return {"$object": type(value).__qualname__, "fields": _form(fields, strict=strict)}
    if strict:
        raise NoForm(type(value).__qualname__)
    return {"$other": f"{type(value).__module__}.{type(value).__qualname__}"}


def _fields(value: Any) -> dict[str, Any] | None:  # noqa: ANN401
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value) if each.init}
    if hasattr(type(value), "model_validate") and hasattr(value, "__dict__"):
        return {name: getattr(value, name) for name in type(value).model_fields}
    return None


def _value(form: Any, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
    if isinstance(form, list):
        return [_value(item, names) for item in form]
    if not isinstance(form, dict):
        return form
    if set(form) == {"$object", "fields"}:
        return _object(form["$object"], _value(form["fields"], names), names)
    if len(form) == 1:
        ((tag, content),) = form.items()
        if tag == "$dict":
            return {key: _value(item, names) for key, item in content.items()}
        if tag in _FORMS:
            return _FORMS[tag][2](_value(content, names))
    return {key: _value(item, names) for key, item in form.items()}


def _object(name: str, fields: dict[str, Any], names: Mapping[str, Any]) -> Any:  # noqa: ANN401
    kind: Any = names.get(name.partition(".")[0])
    for part in name.split(".")[1:]:
        kind = getattr(kind, part, None)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind(**fields)
    if isinstance(kind, type) and hasattr(kind, "model_construct"):
        return kind.model_construct(**fields)
    raise NoForm(name)
