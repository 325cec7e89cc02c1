"""Files that are no cassettes, damaged or hostile: each refused in words, with its line, and in bounded memory."""

from __future__ import annotations

import base64
import gzip
import re
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
import yaml
from backports import zstd

from replaykit import vcr
from replaykit.config import Config
from replaykit.errors import CassetteError
from replaykit.session.hiding import Hiding
from replaykit.vcr import cassette, document
from replaykit.vcr.encoding import Bomb, undone
from tests.vcr.tapes import ANSWERED, ASKED, answered, as_json, asked, read
from tests.vcr.tapes import cassette as file_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHOLE = file_of((ASKED, ANSWERED), (ASKED, ANSWERED))
BOMB = "\n".join(
    [
        "a: &a [x, x, x, x, x, x, x, x, x, x]",
        *(f"{n}: &{n} [{', '.join([f'*{last}'] * 10)}]" for last, n in zip("abcdefgh", "bcdefghi", strict=True)),
    ]
)


def refused(folder: Path, text: str | bytes, name: str = "tape.yaml") -> str:
    """Why a file was not read: what is said, after the path of the file."""
    with pytest.raises(CassetteError) as caught:
        read(folder, text, name)
    said = str(caught.value).splitlines()[0]
    assert said.startswith(str(folder / name))
    assert said.isprintable()
    return said.removeprefix(str(folder / name))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ": the file is empty"),
        ("3", ":1: this is no cassette of vcrpy"),
        ("a: b\n", ":1: this is no cassette of vcrpy: it has no list of interactions"),
        ("interactions: 3\n", ":1: this is no cassette of vcrpy: it has no list of interactions"),
        ("[1, 2]", ": this is no cassette of vcrpy: it has no list of interactions"),
        ("---\na: 1\n---\nb: 2\n", ": the file has several documents"),
        (file_of((ASKED, ANSWERED), end="version: 2\n"), ": this is a cassette of go-vcr, and not of vcrpy"),
        ("http_interactions: []\n", ": this is a cassette of Ruby's VCR, and not of vcrpy"),
        (file_of((ASKED, ANSWERED), end="version: 1.5\n"), ":13: version 1.5 of a cassette is not known"),
        ("interactions:\n- 3\n", ":2: interaction 1: it is no mapping"),
        ("interactions:\n- request: {}\n", ":2: interaction 1: it has no response"),
        (file_of(("\n    uri: x", ANSWERED)), ":3: interaction 1: its request has no method"),
        (file_of((asked(uri="[x]"), ANSWERED)), ":6: interaction 1: its uri is no text"),
        (file_of((asked(headers="yes"), ANSWERED)), ":4: interaction 1: its headers are neither a mapping nor"),
        (file_of((asked(headers="[nonsense]"), ANSWERED)), ":4: interaction 1: a header is no line of a name and"),
        (file_of((asked(headers="{a: [[b]]}"), ANSWERED)), ":4: interaction 1: a header is neither text nor bytes"),
        (file_of((asked(headers="{1: b}"), ANSWERED)), ":4: interaction 1: a header is neither text nor bytes"),
        (file_of((asked("12"), ANSWERED)), ":3: interaction 1: its body is 12, neither text nor bytes"),
        (file_of((ASKED, answered("{text: a}"))), ":9: interaction 1: its body is neither text nor bytes"),
        (file_of((ASKED, answered("{string: [a]}"))), ":9: interaction 1: its body is neither text nor bytes"),
        (file_of((ASKED, answered("{base64_string: a}"))), ":9: interaction 1: its base64_string is no base64"),
        (file_of((ASKED, answered(status="{message: OK}"))), ":11: interaction 1: its status code is None"),
        (file_of((ASKED, answered(status="{code: 20}"))), ":11: interaction 1: its status code is 20, and no number"),
        (file_of((ASKED, answered(status="OK"))), ":11: interaction 1: its status is no mapping"),
        (file_of((ASKED, "\n    headers: {}")), ":9: interaction 1: it has no status"),
        (file_of((asked("{a: 2025-01-01}"), ANSWERED)), ":3: interaction 1: a body holds a value that JSON does not"),
        (WHOLE + "version: 1\n", ":25: the key version stands twice in one mapping"),
        (file_of((asked(headers="{a: b, a: c}"), ANSWERED)), ":4: the key a stands twice in one mapping"),
        (file_of((asked(headers="{[a]: b}"), ANSWERED)), ":4: a key is a list or a mapping"),
        (file_of((asked("*none"), ANSWERED)), ":3: *none stands for nothing before it"),
        (file_of((asked("&a [*a]"), ANSWERED)), ":3: *a stands for nothing before it"),
        (file_of((asked("!!binary a"), ANSWERED)), ':3: "a" is no binary'),
        (file_of((asked("!!int 0xz"), ANSWERED)), ':3: "0xz" is no int'),
        (file_of((asked("!!float ''"), ANSWERED)), ':3: "" is no float'),
        (file_of((asked("2001-99-99"), ANSWERED)), ':3: "2001-99-99" is no timestamp'),
        (file_of((asked(f"0x{'f' * 4_000}"), ANSWERED)), ":3: a number has more than 1,000 characters"),
        ("a:\n  <<: {b: c}\n", ":2: it has a merge key (<<), which vcrpy never writes"),
        ("a: [\n\nb\n", ":4: this is no YAML: did not find expected"),
        ("a: b: c\n", ":1: this is no YAML: mapping values are not allowed"),
    ],
)
def test_it_is_no_cassette(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong is said with the line and the interaction where it stands."""
    assert refused(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"interactions": [\n1,]}', ":2: this is no JSON"),
        ('{"a": 1, "a": 2}', ": the key a stands twice in one mapping"),
        ("[" * 100_000, ": it is nested more than 200 levels deep"),
        ("[" * 300 + "]" * 300, ": it is nested more than 200 levels deep"),
        (f'{{"a": {"9" * 5_000}}}', ": a number has more than 1,000 characters"),
        (as_json(({"method": "GET"}, {})), ": interaction 1: its request has no uri"),
        ('{"a": "\N{SNOWMAN}'.encode("utf-16"), ":1: this is no UTF-8"),
    ],
)
def test_it_is_no_cassette_in_json(tmp_path: Path, text: str | bytes, said: str) -> None:
    """JSON has lines where its syntax fails, and the number of the interaction elsewhere."""
    assert refused(tmp_path, text, "tape.json").startswith(said)


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system [touch hacked]",
        "!!python/object/new:os.system {args: [touch hacked]}",
        "!!python/name:os.system ''",
        "!!python/module:os ''",
        "!!python/object:replaykit.core.model.Body {}",
        "!!python/object/apply:multidict._multidict.istr.upper [a]",
        "!!python/object/apply:multidict._multidict.CIMultiDict [a]",
        "!!python/complex 1j",
        "!mine {a: b}",
        "!!set {a, b}",
    ],
)
def test_tags_make_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    """A tag that vcrpy does not write is refused with its line, and nothing is made or run."""
    monkeypatch.chdir(tmp_path)
    said = refused(tmp_path, file_of((asked(tag), ANSWERED)))
    assert said.startswith(":3: the tag !")
    assert said.endswith("and is not read")
    assert ["tape.yaml"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("tag", ["apply:multidict._multidict.istr [1]", "new:_io.BytesIO {}", "apply:builtins.iter 3"])
def test_tags_that_hold_something_else(tmp_path: Path, tag: str) -> None:
    """What vcrpy writes in one way is not read in another."""
    assert refused(tmp_path, file_of((asked(f"!!python/object/{tag}"), ANSWERED))).startswith(":3: ")


def test_a_bomb_of_aliases(tmp_path: Path) -> None:
    """A few lines that stand for a billion values are refused at the line where it is too much."""
    assert refused(tmp_path, BOMB).endswith("its aliases stand for more than 33.6 MB")


def test_a_file_that_is_nested_too_deep(tmp_path: Path) -> None:
    """A tower of brackets ends with a sentence, not with the interpreter's stack."""
    assert ":1: it is nested more than 200 levels deep" == refused(tmp_path, "a: " + "[" * 100_000)
    assert ":1: it is nested more than 200 levels deep" == refused(tmp_path, "- " * 100_000)


def test_a_ladder_of_aliases(tmp_path: Path) -> None:
    """What is nested by aliases alone is as deep as if it stood there."""
    ladder = "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(900))
    assert ":199: it is nested more than 200 levels deep" == refused(tmp_path, f"a0: &a0 [x]\n{ladder}")


def test_a_number_of_many_digits(tmp_path: Path) -> None:
    """Numbers in base 60, which take the square of their length, are refused by that."""
    assert ":1: a number has more than 1,000 characters" == refused(tmp_path, f"a: 1{':1' * 500_000}")


def test_a_tower_of_tags(tmp_path: Path) -> None:
    """Tags whose contents are gone through are not read one in the other."""
    chunks = "!!python/object/apply:builtins.iter [[" * 90 + "1," * 1_000 + "]]" * 90
    assert ":3: more than 2 tags of vcrpy stand one in the other" == refused(
        tmp_path, file_of((asked(chunks), ANSWERED))
    )


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    """A file beyond any cassette is refused before it is read."""
    path = tmp_path / "tape.yaml"
    with path.open("wb") as file:
        file.truncate((128 << 20) + 1)
    with pytest.raises(CassetteError, match=r"tape\.yaml: its 134\.2 MB are more than is read"):
        vcr.read(path, Hiding(Config(tmp_path)))


def test_a_file_of_too_many_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million empty lists are no cassette."""
    monkeypatch.setattr(document, "NODES", 1_000)
    assert refused(tmp_path, "a: [" + "[]," * 1_000 + "]").endswith("the file holds more than 1,000 values")


def test_bodies_that_are_bombs_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bodies of a file unpack to is counted together."""
    monkeypatch.setattr(cassette, "FREE", 60_000)
    packed = base64.b64encode(gzip.compress(bytes(40_000), mtime=0)).decode()
    reply = answered(f"{{string: !!binary {packed}}}", "{content-encoding: [gzip]}")
    assert 1 == len(read(tmp_path, file_of((ASKED, reply))).steps)
    assert refused(tmp_path, file_of((ASKED, reply), (ASKED, reply))).startswith(
        ":12: interaction 2: with its body, what is compressed would unpack to more than 60.0 kB"
    )


@pytest.mark.parametrize("code", ["gzip", "deflate", "zstd", "br"])
def test_no_encoding_unpacks_more_than_there_is_room_for(code: str) -> None:
    """However small a body is, most of what it would unpack to never is."""
    zeros = bytes(48 << 20)
    engines: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "zstd": zstd.compress,
        "br": lambda data: bytes(brotli.compress(data, quality=1)),
    }
    packed = engines[code](zeros)
    del zeros
    tracemalloc.start()
    try:
        with pytest.raises(Bomb):
            undone(packed, code, 1_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20


def test_every_part_of_a_file(tmp_path: Path) -> None:
    """Wherever a cassette was cut short, it is refused, or read as the interactions before the cut, whole."""
    text = yaml.safe_dump(yaml.safe_load(WHOLE))
    whole, outcomes = read(tmp_path, text).exchanges, set[int]()
    for end in {*range(0, len(text), 5), *(found.end() for found in re.finditer("\n", text))}:
        try:
            found = read(tmp_path, text[:end]).exchanges
        except CassetteError:
            continue
        outcomes.add(len(found))
        assert whole[: len(found)] == found
    assert {1, 2} == outcomes


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A file that is no UTF-8, or holds what YAML may not, is refused with the line."""
    assert refused(tmp_path, b"a: b\nc: \xff\xfe\n").startswith(":2: this is no text")
    assert refused(tmp_path, b"a: b\nc: d\x00\n").startswith(":2: this is no text")
    assert refused(tmp_path, gzip.compress(WHOLE.encode())).startswith(":1: this is no text")


def test_there_is_no_file(tmp_path: Path) -> None:
    """A folder, or nothing at all, is named."""
    hiding = Hiding(Config(tmp_path))
    with pytest.raises(CassetteError, match=r"nowhere\.yaml: No such file"):
        vcr.read(tmp_path / "nowhere.yaml", hiding)
    with pytest.raises(CassetteError, match="directory"):
        vcr.read(tmp_path, hiding)
