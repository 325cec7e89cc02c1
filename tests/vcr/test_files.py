"""Which files of a folder are cassettes of vcrpy, and what their episodes are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from replaykit.cassette import checked
from replaykit.vcr.files import called, found, names
from tests.vcr.tapes import ANSWERED, ASKED, as_json, cassette

TAPE = cassette((ASKED, ANSWERED))


def test_a_folder_is_looked_through(tmp_path: Path) -> None:
    """Cassettes are found by what stands in them; the rest is counted, hidden folders and links are not entered."""
    texts = {
        "b/test_two.yml": TAPE,
        "a/test_one.yaml": TAPE,
        "a/broken.yaml": TAPE[:60],
        "a/compact.json": '{"version": 1, "interactions": []}',
        "a/pretty.json": as_json(({}, {})),
        "a/old.yaml": "- request:\n    body: null\n",
        "config.yaml": "name: CI\n",
        "package.json": "{}",
        "go/tape.yaml": f"---\nversion: 2\n{TAPE.removesuffix('version: 1' + chr(10))}",
        "ruby/tape.yml": "http_interactions:\n- request:\n    method: get\n",
        "notes.txt": TAPE,
        ".cache/test_three.yaml": TAPE,
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "b" / "link").symlink_to(tmp_path, target_is_directory=True)
    files, others = found([tmp_path])
    expected = ["a/broken", "a/compact", "a/old", "a/pretty", "a/test_one", "b/test_two"]
    assert expected == [file.relative_to(tmp_path).with_suffix("").as_posix() for file in files]
    assert 4 == others


def test_a_file_that_is_named_is_meant(tmp_path: Path) -> None:
    """Whatever it is, and once, however often it is named."""
    path = tmp_path / "notes.txt"
    path.write_text("nothing", "utf-8")
    assert ([path], 0) == found([path, tmp_path / "." / "notes.txt"])


def test_names_are_told_apart() -> None:
    """As much of a path as it takes is in a name, capitals aside, and no more; the order does not matter."""
    files = [Path(f"/p/{name}") for name in ("a/x.yaml", "b/X.yaml", "b/y.yaml", "c/z.yaml", "c/z.json", "d/b/y.yaml")]
    expected = ["a.x", "b.X", "p.b.y", "z-yaml", "z-json", "d.b.y"]
    assert expected == list(names(files).values())
    assert names(files) == names(files[::-1])
    assert {} == names([])


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("test_it[gpt-4, a=1]", "test_it[gpt-4, a=1]"),
        ("a:b<c>?", "a-b-c--"),
        (".hidden", "hidden"),
        ("(a)", "a-"),
        ("__init__", "__init__"),
        ("latest", "cassette-latest"),
        ("…", "cassette"),
        ("ends. .", "ends"),
    ],
)
def test_names_are_names(stem: str, name: str) -> None:
    """What no file can be called everywhere is replaced."""
    assert name == called(Path(f"/p/{stem}.yaml")) == checked(name)


def test_long_names_are_cut() -> None:
    """Two tests that differ only at the end of a long name keep two names."""
    one, two = (called(Path(f"/p/test_{'é' * 118}{end}.yaml")) for end in "ab")
    assert one != two
    assert [one, two] == [checked(one), checked(two)]
