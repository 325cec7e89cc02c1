"""What a local function was given and gave back, as JSON, and back.

    None, bool, int, float, str, list, dict with text keys      as they are
    dict with other keys                                        {"$map": [[key, value], …]}
    tuple, set, bytes, datetime, Decimal, UUID, Path, …         {"$tuple": …}
    a member of an Enum                                         {"$enum": "Colour", "name": "RED"}
    dataclass, named tuple, pydantic model                      {"$object": "Weather", "fields": {…}}
    anything else                                               has no form as a result;
                                                                as an argument, {"$other": "its.Class"}

Law: what is read back is the value that was written, or the function runs. Nothing is ever
imported or unpickled: an object's class is looked up by name among those that the function's own
module knows, for a cassette may come from a stranger.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
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
    "$datetime": (dt.datetime, dt.datetime.isoformat, dt.datetime.fromisoformat),
    "$date": (dt.date, dt.date.isoformat, dt.date.fromisoformat),
    "$time": (dt.time, dt.time.isoformat, dt.time.fromisoformat),
    "$duration": (
        dt.timedelta,
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda form: dt.timedelta(*form),
    ),
    "$decimal": (decimal.Decimal, str, decimal.Decimal),
    "$uuid": (uuid.UUID, str, uuid.UUID),
    "$path": (pathlib.PosixPath, str, pathlib.Path),
    "$map": (dict, lambda value: [[key, item] for key, item in value.items()], dict),
}

_TAGS = {kind: tag for tag, (kind, _, _) in _FORMS.items()}
_PLAIN = frozenset({type(None), bool, int, float, str})
_LIKE = (str, int, float, list, tuple, dict)
"""What an argument of a class that is derived from one of these is taken for."""


class NoForm(TypeError):
    """A value has no JSON form from which it could be made again."""


def dumps(value: Any, *, strict: bool) -> bytes:  # noqa: ANN401 - whatever a function takes or gives
    """The JSON text of a value; a value without a form raises `NoForm`, or is named by its class if not `strict`."""
    try:
        return json.dumps(_form(value, strict=strict), ensure_ascii=True, separators=(",", ":")).encode()
    except NoForm:
        raise
    except Exception as error:  # cycles, depth, 5,000 digits, and whatever a class of the program's own may raise
        if strict:
            raise NoForm(f"{type(value).__qualname__}: {error}") from error
        return json.dumps(_other(value)).encode()


def loads(text: bytes, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The value of a text that `dumps` wrote; `names` are those of the function's module. `NoForm` when it is none."""
    try:
        return _value(json.loads(text), names)
    except NoForm:
        raise
    except Exception as error:  # a class may have changed since, and refuse what it took
        raise NoForm(str(error)) from error


def exact(value: Any, names: Mapping[str, Any]) -> bytes:  # noqa: ANN401
    """The JSON text from which this very value comes back; `NoForm` when there is none."""
    text = dumps(value, strict=True)
    again = loads(text, names)
    if dumps(again, strict=True) != text or not (b"NaN" in text or again == value):
        raise NoForm(f"{type(value).__qualname__} does not come back as it was")
    return text


def _form(value: Any, *, strict: bool) -> Any:  # noqa: ANN401
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_form(item, strict=strict) for item in value]
    if kind is dict and all(type(key) is str for key in value):
        members = {key: _form(item, strict=strict) for key, item in value.items()}
        return {"$dict": members} if any(key.startswith("$") for key in members) else members
    if kind in _TAGS:
        tag = _TAGS[kind]
        return {tag: _form(_FORMS[tag][1](value), strict=strict)}
    return _named(value, strict=strict)


def _named(value: Any, *, strict: bool) -> Any:  # noqa: ANN401
    """The form of a value of a class of the program's own."""
    name, fields = type(value).__qualname__, _fields(value)
    if fields is not None:
        return {"$object": name, "fields": _form(fields, strict=strict)}
    if isinstance(value, enum.Enum) and value.name is not None:
        return {"$enum": name, "name": value.name}
    if strict:
        raise NoForm(name)
    like = next((each for each in _LIKE if isinstance(value, each)), None)
    return _other(value) if like is None else _form(like(value), strict=False)


def _other(value: Any) -> dict[str, str]:  # noqa: ANN401
    return {"$other": f"{type(value).__module__}.{type(value).__qualname__}"}


def _fields(value: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """What a value of one of the three kinds of records is made from; None when it is something else."""
    kind = type(value)
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(kind):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(kind) if each.init}
    if _is_model(kind):
        return {name: getattr(value, name) for name in kind.model_fields}
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return dict(zip(kind._fields, value, strict=True))
    return None


def _is_model(kind: type[Any]) -> bool:
    """Whether this is a class of pydantic's models, which is not imported for that."""
    return hasattr(kind, "model_construct") and hasattr(kind, "model_fields")


def _value(form: Any, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
    if isinstance(form, list):
        return [_value(item, names) for item in form]
    if not isinstance(form, dict):
        return form
    tag = next(iter(form), "")
    if tag in _FORMS:
        return _FORMS[tag][2](_value(form[tag], names))
    return _made(form, names)


def _made(form: dict[str, Any], names: Mapping[str, Any]) -> Any:  # noqa: ANN401
    match form:
        case {"$object": str(name), "fields": dict(fields)}:
            return _object(name, _value(fields, names), names)
        case {"$enum": str(name), "name": str(member)}:
            return _class(name, names, enum.Enum)[member]
        case {"$dict": dict(members)}:
            return {key: _value(item, names) for key, item in members.items()}
    return {key: _value(item, names) for key, item in form.items()}


def _object(name: str, fields: dict[str, Any], names: Mapping[str, Any]) -> Any:  # noqa: ANN401
    kind = _class(name, names)
    if _is_model(kind):
        return kind.model_construct(**fields)
    if dataclasses.is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        return kind(**fields)
    raise NoForm(name)


def _class(name: str, names: Mapping[str, Any], above: type[Any] = object) -> Any:  # noqa: ANN401
    """The class of a dotted name, as the function's module knows it."""
    first, *rest = name.split(".")
    kind: Any = names.get(first)
    for part in rest:
        kind = getattr(kind, part, None)
    if isinstance(kind, type) and issubclass(kind, above):
        return kind
    raise NoForm(name)
