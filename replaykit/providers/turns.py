"""What the conversations of all providers share: texts and data of nested content, names of tool results.

Law: pure and lenient, as `shape`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xxhash import xxh3_64_hexdigest

from replaykit.core.plain import counted
from replaykit.providers.place import tool_name
from replaykit.providers.shape import mapping, sequence, string

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replaykit.core.conversation import Part, Turn
    from replaykit.core.model import JSON


def spoken(content: JSON) -> str:
    """The text of content that is a string or a list of typed parts; what is no text, by its type in brackets."""
    if isinstance(content, str):
        return content
    return "\n".join(_spoken(part) for part in sequence(content))


def _spoken(part: JSON) -> str:
    """The text of one part of content."""
    fields = mapping(part)
    text = fields.get("text", fields.get("refusal"))
    return string(part) or (text if isinstance(text, str) else f"[{string(fields.get('type')) or 'other'}]")


_HOLDERS = ("source", "image_url", "file", "input_audio")
"""Fields of a block that hold the data of an image, a file or a sound, or what holds it in turn."""

_DATA = ("data", "file_data", "url", "image_url")
"""Fields that are such data: base64, or an address that begins with `data:`."""

_SMALLEST = 64
"""Characters from which on data is more than a name or an address."""


def held(content: JSON) -> str:
    """Size and digest of the data that one block, or each block of a list, holds; empty when none does."""
    if isinstance(content, list):
        return ", ".join(filter(None, map(held, content)))
    fields = mapping(content)
    inner = [mapping(fields.get(key)) for key in _HOLDERS]
    data = [text for each in (fields, *inner) for key in _DATA if len(text := string(each.get(key))) >= _SMALLEST]
    return ", ".join(map(_weighed, data))


def _weighed(data: str) -> str:
    """Size and digest of base64, of which four characters are three bytes."""
    code = data.partition(";base64,")[2] or data
    size = len(code.rstrip("=")) * 3 // 4
    return f"{counted(size, 'byte')}, digest {xxh3_64_hexdigest(code.encode('utf-8', 'surrogatepass'))}"


def named(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns, with each tool result carrying the name of the tool that its call asked for."""
    names: dict[str, str] = {}
    done = []
    for turn in turns:
        names.update((part.id, part.name) for part in turn.parts if part.kind == "tool_call")
        done.append(replace(turn, parts=tuple(_named(part, names) for part in turn.parts)))
    return tuple(done)


def _named(part: Part, names: Mapping[str, str]) -> Part:
    """A part, with its tool's name when it is a result that does not state it."""
    if part.kind != "tool_result" or part.name:
        return part
    return replace(part, name=names.get(part.id, ""))


def declared(tools: JSON) -> dict[str, JSON]:
    """Tool declarations by name, in their order; a second tool of a name keeps its own entry (`search #2`)."""
    found: dict[str, JSON] = {}
    for tool in sequence(tools):
        name, times = tool_name(tool) or "tool", 2
        key = name
        while key in found:
            key, times = f"{name} #{times}", times + 1
        found[key] = tool
    return found


def others(document: Mapping[str, JSON], *known: str) -> dict[str, JSON]:
    """The fields of a request that no other word stands for."""
    return {key: value for key, value in document.items() if key not in known}


def whole(texts: Iterable[str]) -> str:
    """Texts as paragraphs of one, empty ones left out."""
    return "\n\n".join(filter(None, texts))
