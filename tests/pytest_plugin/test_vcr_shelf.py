"""Cassettes that were read before: the same from the shelf as from the file, and nothing from what is no entry."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from xxhash import xxh3_128_digest

from replaykit.errors import CassetteError
from replaykit.pytest_plugin.vcr import shelf as shelves
from replaykit.pytest_plugin.vcr.reading import interactions
from replaykit.pytest_plugin.vcr.settings import Vcr, settings
from replaykit.pytest_plugin.vcr.shelf import Kept, Shelf
from replaykit.vcr.cassette import Played
from tests.pytest_plugin.vcrpy import CITIES, chat, written
from tests.vcr.tapes import answered, as_json, asked, cassette

if TYPE_CHECKING:
    from collections.abc import Callable

PACKED = cassette(
    *[(asked(), answered("{string: !!binary H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==}", "{content-encoding: [gzip]}"))],
    chat("Köln", "snow"),
)
"""An answer that the file has compressed, and text beyond ASCII."""


def read(path: Path, shelf: Shelf | None = None) -> object:
    """What a test has of a file."""
    return interactions([str(path)], settings(Vcr("none", ""), {}), shelf)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf with nothing on it."""
    folder = tmp_path / "cache"
    folder.mkdir()
    return Shelf(folder)


def entry(shelf: Shelf) -> Path:
    """The only entry of a shelf."""
    (found,) = shelf.folder.iterdir()
    return found


@pytest.mark.parametrize("text", [CITIES, PACKED])
def test_the_same_comes_back(tmp_path: Path, shelf: Shelf, text: str) -> None:
    """Exchanges, times and the bodies as the file has them are those of the file, which is not parsed again."""
    path = written(tmp_path, text)
    fresh = read(path)
    assert fresh == read(path, shelf)
    kept = shelf.get(str(path), path.read_bytes())
    assert kept is not None
    first = kept.played.exchanges[0]
    marked = replace(first, request=replace(first.request, method="MARKED"))
    shelf.put(str(path), path.read_bytes(), Kept(Played((marked,) * len(kept.bodies), kept.played.span), kept.bodies))
    assert "MARKED" in str(read(path, shelf))


def test_a_file_that_changed_is_read(tmp_path: Path, shelf: Shelf) -> None:
    """Its entry is that of other bytes: it counts for nothing, and is replaced."""
    read(written(tmp_path), shelf)
    before = entry(shelf).read_bytes()
    path = written(tmp_path, cassette(chat("Oslo", "snow")))
    assert read(path) == read(path, shelf)
    assert before != entry(shelf).read_bytes()


def sealed(change: Callable[[list[object]], object]) -> Callable[[bytes], bytes]:
    """An entry whose document was changed, and whose digest is right."""

    def forge(data: bytes) -> bytes:
        rest = data[len(shelves.HEAD) + 16 :]
        end = 24 + int.from_bytes(rest[16:24], "big")
        document = orjson.loads(rest[24:end])
        change(document)
        text = orjson.dumps(document)
        rest = rest[:16] + len(text).to_bytes(8, "big") + text + rest[end:]
        return shelves.HEAD + xxh3_128_digest(rest) + rest

    return forge


def row(*place: int, value: object) -> Callable[[bytes], bytes]:
    """An entry with another value at a place of its first row."""

    def change(document: list[object]) -> None:
        held: list[object] = document[2][0]  # type: ignore[index]
        for each in place[:-1]:
            held = held[each]  # type: ignore[assignment]
        held[place[-1]] = value

    return sealed(change)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _data: b"",
        lambda data: data[:-1],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: data + b"more",
        lambda data: data.replace(b"replaykit-vcr", b"replaykit-vcs", 1),
        lambda data: data[: len(shelves.HEAD)],
        sealed(lambda document: document.clear()),
        sealed(lambda document: document.__setitem__(0, "now")),
        row(0, 0, value=7),
        row(0, 2, value=[["name"]]),
        row(0, 2, value=[["name", None]]),
        row(0, 3, value=-1),
        row(0, 3, value=1 << 60),
        row(1, 0, value=True),
        row(1, 0, value=700),
        row(1, 3, value=[1]),
        row(1, 3, value={"a": 1}),
        row(2, 2, value=-5),
        row(2, 4, value=3),
    ],
)
def test_what_is_no_entry_is_not_there(tmp_path: Path, shelf: Shelf, damage: Callable[[bytes], bytes]) -> None:
    """Cut, changed, or forged with a digest that is right: the file is read, and the entry written anew."""
    path = written(tmp_path)
    fresh = read(path, shelf)
    whole = entry(shelf).read_bytes()
    entry(shelf).write_bytes(damage(whole))
    assert shelf.get(str(path), path.read_bytes()) is None
    assert fresh == read(path, shelf)
    assert whole == entry(shelf).read_bytes()


def module(folder: Path, name: str, change: str) -> Any:
    """A project's own serializer, which is a module: it reads JSON after a change of its text."""
    path = folder / f"{name}.py"
    path.write_text(
        "import json\nASKED = []\n"
        f"def deserialize(text):\n    ASKED.append(text)\n    return json.loads(text{change})\n"
    )
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def times(folder: Path, name: str, change: str, shelf: Shelf) -> int:
    """How often a serializer was asked in two tests that have the same file."""
    vcr = Vcr("none", "")
    own = module(folder, name, change)
    vcr.register_serializer("own", own)
    path = written(folder, as_json(({"method": "GET", "uri": "https://a.test/"}, {"status": {"code": 204}})), "it.own")
    for _ in range(2):
        found, _ = interactions([str(path)], settings(vcr, {"serializer": "own"}), shelf)
        assert ["GET"] == [each.request.method for each in found]
    return len(own.ASKED)


def test_a_serializer_is_asked_once_where_it_says_what_the_file_says(tmp_path: Path, shelf: Shelf) -> None:
    """After a change of its source again; one that makes something else of a file is asked each time."""
    other = ".replace('a.test', 'b.test')"
    assert 2 == times(tmp_path, "other", other, shelf)
    assert [] == [*shelf.folder.iterdir()]
    assert 1 == times(tmp_path, "same", "", shelf)
    assert 1 == times(tmp_path, "same", "[:]", shelf)


def test_what_cannot_be_kept_is_read_each_time(tmp_path: Path, shelf: Shelf) -> None:
    """A folder that is not there, text that JSON lacks, an encoding that nobody has undone: no entry, and no error."""
    path = written(tmp_path)
    assert read(path) == read(path, Shelf(tmp_path / "gone"))
    strange = written(tmp_path, cassette((asked(), answered("{string: x}", "{content-encoding: [strange]}"))))
    assert read(strange) == read(strange, shelf)
    assert [] == [*shelf.folder.iterdir()]


def test_a_file_that_cannot_be_read_has_no_entry(tmp_path: Path, shelf: Shelf) -> None:
    """Its error is the same each time."""
    path = written(tmp_path, "interactions: [")
    for _ in range(2):
        with pytest.raises(CassetteError, match="this is no YAML"):
            read(path, shelf)
    assert [] == [*shelf.folder.iterdir()]


@pytest.mark.skipif("REPLAYKIT_CORPUS" not in os.environ, reason="REPLAYKIT_CORPUS names no folder of cassettes")
def test_recordings_of_real_projects_come_back_as_they_are(shelf: Shelf) -> None:
    """Every cassette that can be read is the same from the shelf."""
    kept = 0
    for path in Path(os.environ["REPLAYKIT_CORPUS"]).rglob("*.yaml"):
        try:
            fresh = read(path)
        except CassetteError:
            continue
        read(path, shelf)
        assert fresh == read(path, shelf)
        kept += shelf.get(str(path), path.read_bytes()) is not None
    assert kept > 100
