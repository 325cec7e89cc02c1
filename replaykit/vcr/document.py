"""A cassette's file as a tree of nodes, each with its line: YAML by its events, JSON by Python's own reader.

    what the file does                              what comes of it
    plain values, lists, mappings, `!!binary`       nodes
    tags that vcrpy itself has written              nodes, plain ones (tags.py)
    any other tag, a merge key, a second document   refused
    a key twice, a key that is no scalar            refused
    aliases, as vcrpy writes them                   the node they mean, up to `REPEATED` bytes in all
    nesting beyond `DEPTH`, nodes beyond `NODES`    refused, before anything is built of them
    a number of more than `DIGITS`                  refused: Python reads and prints none of them in reasonable time

Law: nothing in a file is ever called, imported or made an object of a class. The parser's events are
read one by one and no tree is built by the parser, whose own would be recursive and without bounds.
What is refused is an `Unfit` with its line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.core.plain import counted, line, measure, quoted
from replaykit.vcr import tags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEPTH = 200
"""Levels of nesting: tools' schemas, the deepest that people record, have about thirty."""

NODES = 2_000_000
"""Values in a file: some 500 MB of memory, and ten times what the largest recordings hold."""

REPEATED = 32 << 20
"""Bytes that aliases may stand for: vcrpy writes them where one header list belongs to two requests."""

DIGITS = 1000
"""Characters of a number: Python prints integers up to 4,300 digits, and YAML's base 60 takes the square of them."""

READ = 2
"""Collections whose tags are read (tags.py), one in the other: each goes through all that it holds, and vcrpy writes
none in another."""

WEIGHT = 64
"""Bytes that a node counts for beside its text."""

Scalar: TypeAlias = "str | bytes | int | float | bool | None"

_YAML = "tag:yaml.org,2002:"


class Unfit(ValueError):
    """Why a file is no cassette that can be read: the reason, and the line (0: none is known)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        """Keep the two apart."""
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file and the line it begins on, 0 in JSON.

    `value` is a scalar, a tuple of nodes, or a mapping of scalars to nodes; `text` is what the file
    says where a scalar is neither text nor bytes (`0x1F`, `2025-01-01`). `weight` is in bytes, and
    `depth` the levels below it, both with what aliases stand for.
    """

    value: Any
    line: int = 0
    text: str = ""
    weight: int = WEIGHT
    depth: int = 0

    def bare(self) -> Any:  # noqa: ANN401 - any tree
        """The value alone, of Python's own lists and dictionaries; nesting is bounded already."""
        match self.value:
            case dict():
                return {name: each.bare() for name, each in self.value.items()}
            case tuple():
                return [each.bare() for each in self.value]
        return self.value


def tree(data: bytes, *, json_only: bool = False) -> Node:
    """The tree of a file, by what it begins with: JSON with a bracket, YAML with anything else."""
    if not (json_only or data.lstrip()[:1] in {b"{", b"["}):
        return _yaml(data)
    try:
        return _json(data)
    except json.JSONDecodeError as error:
        if json_only:
            raise Unfit(f"this is no JSON: {line(error.msg)}", error.lineno) from error
        return _yaml(data)


def _json(data: bytes) -> Node:
    try:
        found = json.loads(data.decode(), object_pairs_hook=_unique, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise Unfit("this is no UTF-8", data.count(b"\n", 0, error.start) + 1) from error
    except RecursionError as error:
        raise _too_deep(0) from error
    return _node(found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict[str, Any]()
    for name, value in pairs:
        if name in found:
            raise _twice(name, 0)
        found[name] = value
    return found


def _integer(text: str) -> int:
    return int(_short(text, 0))


def _short(number: str, at: int) -> str:
    """The text of a number that is not too long for one."""
    if len(number) > DIGITS:
        raise Unfit(f"a number has more than {counted(DIGITS, 'character')}", at)
    return number


def _node(value: Any, depth: int = 0, at: int = 0) -> Node:  # noqa: ANN401 - any JSON
    if depth > DEPTH:
        raise _too_deep(0)
    match value:
        case dict():
            return Node({name: _node(each, depth + 1, at) for name, each in value.items()}, at)
        case list():
            return Node(tuple(_node(each, depth + 1, at) for each in value), at)
    return Node(value, at, "" if value is None or isinstance(value, str | bytes) else json.dumps(value))


def _yaml(data: bytes) -> Node:
    import yaml

    builder = _Builder(_scalars())
    try:
        for event in yaml.parse(data, Loader=_loader()):
            builder.take(event)
    except yaml.reader.ReaderError as error:
        before = data[: error.position] if isinstance(error.position, int) else b""
        raise Unfit(f"this is no text: {line(error.reason)}", before.count(b"\n") + 1) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"this is no YAML: {line(error.problem or error.context or 'unreadable', 200)}"
        raise Unfit(reason, mark.line + 1 if mark is not None else 0) from error
    return builder.root()


def _loader() -> Any:  # noqa: ANN401 - one of two classes with nothing in common but their methods
    """The safe loader: libyaml's where PyYAML was built with it, twenty times as fast."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _scalars() -> Callable[[Any], tuple[str, Scalar]]:
    """What makes a tag and a value of a scalar's event, as the safe loader would."""
    import yaml

    loader: Any = yaml.SafeLoader("")
    signs = loader.yaml_implicit_resolvers  # by the first character of what may be something else than text

    def read(event: Any) -> tuple[str, Scalar]:  # noqa: ANN401 - PyYAML's
        tag = event.tag
        if tag is None and not (event.implicit[0] and event.value[:1] in signs):
            return "str", event.value
        if tag in {None, "!"}:
            tag = loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        plain = tag.removeprefix(_YAML)
        if plain in tags.TEXTS:
            return plain, event.value
        if plain not in tags.SCALARS:
            raise Unfit(tags.unknown(tag), event.start_mark.line + 1)
        if plain in tags.NUMBERS:
            _short(event.value, event.start_mark.line + 1)
        try:
            node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
            return plain, loader.yaml_constructors[tag](loader, node)
        except Exception as error:  # PyYAML's constructors fail in a dozen ways, and all say the same
            raise Unfit(f"{quoted(event.value)} is no {plain}", event.start_mark.line + 1) from error

    return read


@dataclass(slots=True)
class _Open:
    """A collection under way: its members one after the other, in a mapping keys and values in turn."""

    tag: str
    line: int
    anchor: str | None
    mapping: bool
    members: list[Node] = field(default_factory=list)
    weight: int = WEIGHT
    depth: int = 0


class _Builder:
    """Makes nodes of events, without recursion."""

    def __init__(self, scalar: Callable[[Any], tuple[str, Scalar]]) -> None:
        self._scalar = scalar
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._roots: list[Node] = []
        self._nodes = 0
        self._repeated = 0

    def root(self) -> Node:
        """The one document of the file."""
        if len(self._roots) != 1:
            raise Unfit("the file is empty" if not self._roots else "the file has several documents")
        return self._roots[0]

    def take(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's
        """One event more; those of the stream and of its documents say nothing."""
        act = _ACTS.get(type(event).__name__)
        if act is not None:
            act(self, event)

    def leaf(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's
        """A scalar."""
        tag, value = self._scalar(event)
        text = event.value
        node = Node(value, event.start_mark.line + 1, "" if tag in tags.SAID else text, WEIGHT + len(text))
        self._add(node, event.anchor)

    def alias(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's
        """What an anchor before it stands at, once more."""
        node, at = self._anchors.get(event.anchor), event.start_mark.line + 1
        if node is None:
            raise Unfit(f"*{line(event.anchor)} stands for nothing before it", at)
        self._repeated += node.weight
        if self._repeated > REPEATED:
            raise Unfit(f"its aliases stand for more than {measure(REPEATED)}", at)
        self._add(node, None)

    def begin(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's
        """A list or a mapping."""
        mapping, at = type(event).__name__ == _MAPPING, event.start_mark.line + 1
        tag = "" if event.tag in {None, "!"} else event.tag.removeprefix(_YAML)
        if tag and not tags.known(tag, mapping=mapping):
            self._readable(tag, event)
        self._open.append(_Open(tag, at, event.anchor, mapping))
        if len(self._open) > DEPTH:
            raise _too_deep(at)

    def _readable(self, tag: str, event: Any) -> None:  # noqa: ANN401 - PyYAML's
        """Refuse a tag that nobody reads, and more than `READ` that somebody does, one in the other."""
        at = event.start_mark.line + 1
        if tags.reader(tag) is None:
            raise Unfit(tags.unknown(event.tag), at)
        if sum(tags.reader(each.tag) is not None for each in self._open if each.tag) >= READ:
            raise Unfit(f"more than {READ} tags of vcrpy stand one in the other", at)

    def end(self, _event: Any) -> None:  # noqa: ANN401 - PyYAML's
        """The end of the innermost one."""
        done = self._open.pop()
        held = Node(_mapped(done) if done.mapping else tuple(done.members), done.line, "", done.weight, done.depth)
        self._add(_untagged(held, done.tag) if done.tag else held, done.anchor)

    def _add(self, node: Node, anchor: str | None) -> None:
        self._nodes += 1
        if self._nodes > NODES:
            raise Unfit(f"the file holds more than {counted(NODES, 'value')}", node.line)
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self._roots.append(node)
            return
        if len(self._open) + node.depth > DEPTH:  # what aliases stand for is counted, too
            raise _too_deep(node.line)
        above = self._open[-1]
        above.members.append(node)
        above.weight += node.weight
        if above.depth <= node.depth:
            above.depth = node.depth + 1


_MAPPING = "MappingStartEvent"

_ACTS: Mapping[str, Callable[[_Builder, Any], None]] = {
    "ScalarEvent": _Builder.leaf,
    "AliasEvent": _Builder.alias,
    "SequenceStartEvent": _Builder.begin,
    _MAPPING: _Builder.begin,
    "SequenceEndEvent": _Builder.end,
    "MappingEndEvent": _Builder.end,
}
"""What becomes of each event, by the name of its class."""


def _untagged(held: Node, tag: str) -> Node:
    """The node that a tag makes of what it holds; the same where it makes nothing of it."""
    read = tags.reader(tag)
    if read is None:
        return held
    try:
        return replace(_node(read(held.bare()), at=held.line), weight=held.weight, depth=held.depth)
    except tags.Unlike as error:
        raise Unfit(f"!!{line(tag, 120)} does not hold what vcrpy writes there", held.line) from error


def _mapped(done: _Open) -> Mapping[Scalar, Node]:
    """The mapping whose keys and values these are, in turn."""
    found: dict[Scalar, Node] = {}
    for key, value in zip(done.members[::2], done.members[1::2], strict=True):
        if isinstance(key.value, tuple | dict):
            raise Unfit("a key is a list or a mapping", key.line)
        if key.value in found:
            raise _twice(str(key.value), key.line)
        found[key.value] = value
    return found


def _twice(name: str, at: int) -> Unfit:
    return Unfit(f"the key {line(name)} stands twice in one mapping", at)


def _too_deep(at: int) -> Unfit:
    return Unfit(f"it is nested more than {DEPTH} levels deep", at)
