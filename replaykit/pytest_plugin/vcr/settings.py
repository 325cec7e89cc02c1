"""What a test wants of its cassette: its marks, `vcr_config` and the hook's object, made into functions.

    what says it                        is overruled by
    the object of the hook, as it came  what `pytest_recording_configure` made of it
    that                                `vcr_config`, then each mark, the one nearest to the test last

Law: what cannot be done is refused by name, with what to do. What vcrpy itself does not know is left
alone, as vcrpy leaves it: projects keep settings of their own there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args

from replaykit.core.plain import line, listed
from replaykit.errors import UsageError
from replaykit.pytest_plugin.vcr import filters
from replaykit.pytest_plugin.vcr.matchers import BUILT_IN, DEFAULT, IMPLIED, Matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from replaykit.pytest_plugin.vcr.filters import Answer
    from replaykit.pytest_plugin.vcr.request import Request

Mode: TypeAlias = Literal["once", "new_episodes", "none", "all", "rewrite"]

MODES: tuple[Mode, ...] = get_args(Mode)

LATER = frozenset(
    {
        "after_load_interaction",
        "before_save_interaction",
        "custom_patches",
        "drop_unused_requests",
        "filter_sensitive_data",
        "func_path_generator",
        "inject_cassette",
        "path_transformer",
        "persister",
        "skip_patchers",
    }
)
"""Settings of vcrpy that are refused: leaving them out in silence would play or keep something else."""


class Serializer(Protocol):
    """What a project registers: a module or an object with these two."""

    def deserialize(self, cassette_string: str) -> Any:
        """The mapping that a file's text stands for."""

    def serialize(self, cassette_dict: Any) -> str:
        """The text of a file for a mapping."""


class Json:
    """vcrpy's serializer called `json`."""

    def deserialize(self, cassette_string: str) -> Any:
        """What the JSON says."""
        return json.loads(cassette_string)

    def serialize(self, cassette_dict: Any) -> str:
        """As JSON; bodies must be text."""
        return json.dumps(cassette_dict, indent=4) + "\n"


class Vcr:
    """What `pytest_recording_configure(config, vcr)` is given: settings to be read and set, and two registers."""

    def __init__(self, record_mode: str, folder: str) -> None:
        """The settings of a test before anybody has said anything."""
        self.record_mode = record_mode
        self.cassette_library_dir = folder
        self.match_on: Sequence[str] = DEFAULT
        self.serializer = "yaml"
        self.filter_headers: Sequence[Any] = ()
        self.filter_query_parameters: Sequence[Any] = ()
        self.filter_post_data_parameters: Sequence[Any] = ()
        self.filter_nested_post_data_parameters = False
        self.before_record_request: Any = None
        self.before_record_response: Any = None
        self.ignore_hosts: Sequence[Any] = ()
        self.ignore_localhost = False
        self.decode_compressed_response = False
        self.allow_playback_repeats = False
        self.matchers: dict[str, Matcher] = dict(BUILT_IN)
        self.serializers: dict[str, Serializer | None] = {"yaml": None, "json": Json()}

    def register_matcher(self, name: str, matcher: Matcher) -> None:
        """Have `match_on` know a function of two requests, the live one first, by this name."""
        self.matchers[name] = matcher

    def register_serializer(self, name: str, serializer: Serializer) -> None:
        """Have cassettes read and written by this one, where it is the one in use."""
        self.serializers[name] = serializer

    def register_persister(self, persister: object) -> None:
        """Refuse: cassettes are files here."""
        raise _later("register_persister", f"cassettes cannot be kept by {type(persister).__name__}")


@dataclass(frozen=True, slots=True)
class Settings:
    """How one test plays and records.

    `match` are the matchers with their names; `implied` says that they cannot tell equal requests apart.
    `sift` and `sieve` are the filters of requests and of answers, None where there are none. `ignores`
    knows the hosts that requests go to unseen. `serializer` is None for vcrpy's own YAML.
    """

    mode: Mode
    match: tuple[tuple[str, Matcher], ...]
    implied: bool
    sift: Callable[[Request], Request | None] | None
    sieve: Callable[[Answer], Answer | None] | None
    ignores: Callable[[str], bool]
    repeats: bool
    serializer: Serializer | None


def merged(config: Mapping[str, Any], marks: Sequence[Any]) -> dict[str, Any]:
    """All that a test says for itself, the mark nearest to it last."""
    found = dict(config)
    for mark in reversed(marks):
        found.update(mark.kwargs)
    return found


def settings(vcr: Vcr, said: Mapping[str, Any]) -> Settings:
    """The settings of a test, given what it says for itself; `UsageError` for what cannot be done."""
    for name in sorted(LATER & said.keys()):
        if said[name]:
            raise _later(name, f"{name}={line(repr(said[name]))}")

    def of(name: str) -> Any:
        return said.get(name, getattr(vcr, name))

    names = (*of("match_on"), *said.get("additional_matchers", ()))
    return Settings(
        mode=moded(of("record_mode")),
        match=tuple((name, _registered("matcher", name, vcr.matchers)) for name in names),
        implied=all(name in IMPLIED and vcr.matchers.get(name) is BUILT_IN[name] for name in names),
        sift=_chain(_of_requests(of, said)),
        sieve=_chain(_of_answers(of)),
        ignores=filters.among(_ignored(of)),
        repeats=bool(of("allow_playback_repeats")),
        serializer=_registered("serializer", of("serializer"), vcr.serializers),
    )


def moded(word: Any) -> Mode:
    """The mode that a word stands for, or a member of vcrpy's enumeration."""
    said = getattr(word, "value", word)
    for mode in MODES:
        if mode == said:
            return mode
    raise UsageError(f"record_mode={line(repr(said))} is no mode", remedy=f"it is one of {listed(MODES)}")


def _of_requests(of: Callable[[str], Any], said: Mapping[str, Any]) -> Iterable[Any]:
    """The filters of requests, in vcrpy's order."""
    if of("filter_headers"):
        yield filters.headers(of("filter_headers"))
    if of("filter_query_parameters"):
        yield filters.query(of("filter_query_parameters"))
    if of("filter_post_data_parameters"):
        nested = bool(of("filter_nested_post_data_parameters"))
        yield filters.post_data(of("filter_post_data_parameters"), nested=nested)
    if hosts := _ignored(of):
        yield filters.ignored(filters.among(hosts))
    yield from _several(said.get("before_record") or of("before_record_request"))


def _ignored(of: Callable[[str], Any]) -> tuple[Any, ...]:
    """The hosts whose requests are nobody's business."""
    return (*of("ignore_hosts"), *(filters.LOCAL if of("ignore_localhost") else ()))


def _of_answers(of: Callable[[str], Any]) -> Iterable[Any]:
    """The filters of answers, in vcrpy's order."""
    if of("decode_compressed_response"):
        yield filters.decompressed
    yield from _several(of("before_record_response"))


def _several(hooks: Any) -> Iterable[Any]:
    """One function or several, or none."""
    return () if hooks is None else (hooks,) if callable(hooks) else hooks


def _chain(functions: Iterable[Callable[[Any], Any]]) -> Callable[[Any], Any] | None:
    """All functions, one after the other, up to the first that gives None; None when there are none."""
    each = tuple(functions)

    def run(value: Any) -> Any:
        for function in each:
            if value is None:
                break
            value = function(value)
        return value

    return run if each else None


def _registered(what: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise UsageError(
            f"no {what} is called {line(repr(name))}: there are {listed(sorted(known), 12)}",
            remedy=f"register it in pytest_recording_configure(config, vcr): vcr.register_{what}({name!r}, …)",
        )
    return known[name]


def _later(name: str, what: str) -> UsageError:
    return UsageError(
        f"not supported yet by --replaykit-vcr: {what}",
        remedy=f"leave out {name}, or run this test without --replaykit-vcr",
    )
