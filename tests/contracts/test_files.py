"""Files of `contracts/`: read within bounds, written whole, laid out to be reviewed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.contracts.files import DEEPEST, LARGEST, alone, content, document, save
from replaykit.contracts.layout import WIDTH, laid
from replaykit.errors import ContractError

if TYPE_CHECKING:
    from pathlib import Path

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(allow_nan=False, width=32)
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@settings(max_examples=50)
@given(DOCUMENTS.filter(lambda value: value not in (float("inf"), -float("inf"))))
def test_a_document_is_laid_out_and_read_back(value: Any) -> None:
    """What is laid out says the same as before, in text that anybody can encode, with a line feed at its end."""
    text = laid(value).decode()
    assert text.endswith("\n")
    assert json.dumps(value) == json.dumps(json.loads(text))


def test_small_things_stand_on_one_line() -> None:
    """A value that fits is not opened, one that does not is, and what cannot be seen is escaped."""
    small = {"type": "string", "x-seen": [5, 5]}
    whole: Any = {"a": small, "b": {"properties": {f"field_{n}": small for n in range(4)}}, "c": "\u202e", "d": "é"}
    lines = laid(whole).decode().splitlines()
    assert '  "a": {"type": "string", "x-seen": [5, 5]},' == lines[1]
    assert '      "field_0": {"type": "string", "x-seen": [5, 5]},' == lines[4]
    assert ['  "c": "\\u202e",', '  "d": "é"'] == lines[-3:-1]
    assert max(map(len, lines)) <= WIDTH


def refused(folder: Path, path: Path) -> str:
    """What is said of a file that is not read."""
    with pytest.raises(ContractError) as caught:
        document(content(folder, path), path)
    assert str(path) == caught.value.path
    return str(caught.value)


def test_what_is_no_json(tmp_path: Path) -> None:
    """Text that is none, and text that was cut, is named with file and place."""
    path = tmp_path / "a.json"
    for text, said in (
        ('{\n "a": 1,\n <<<<<<< HEAD', "line 3"),
        ("", "this is no JSON"),
        ('{"a": NaN}', "this is no JSON"),
        (b"\xff\xfe", "this is no JSON"),
        ("[" * 5000 + "]" * 5000, "this is no JSON"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), f"more than {DEEPEST} values stand within each other, at /0/0"),
    ):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        assert said in refused(tmp_path, path)
    path.write_text("[" * DEEPEST + "]" * DEEPEST)
    assert document(content(tmp_path, path), path)


def test_what_is_no_file(tmp_path: Path) -> None:
    """A pipe is not waited for, a huge file not read, and a link that leads out of the folder not followed."""
    folder = tmp_path / "contracts"
    (folder / "shop.orders").mkdir(parents=True)
    (tmp_path / "secret.json").write_text("{}")
    os.mkfifo(folder / "pipe.json")
    with (folder / "huge.json").open("wb") as file:
        file.truncate(LARGEST + 1)
    (folder / "shop.orders" / "out.json").symlink_to(tmp_path / "secret.json")
    (folder / "in.json").symlink_to(folder / "shop.orders")
    assert "this is no plain file" in refused(folder, folder / "pipe.json")
    assert "16.8 MB are more than is read" in refused(folder, folder / "huge.json")
    assert f"this leads out of {folder}, to {tmp_path / 'secret.json'}" in refused(
        folder, folder / "shop.orders" / "out.json"
    )
    assert "Is a directory" in refused(folder, folder / "in.json")
    assert "No such file" in refused(folder, folder / "gone.json")


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """A folder that is a link to elsewhere is not written into."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (folder / "shop.orders").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ContractError, match="this leads out of"):
        save(folder, {folder / "shop.orders" / "1.0.0.json": b"{}"})
    assert [] == list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_who_may_read_what_is_written(tmp_path: Path, umask: int, mode: int) -> None:
    """Whoever the umask allows, as with every other file, in a folder that is made for it."""
    path, before = tmp_path / "shop.orders" / "1.0.0.json", os.umask(umask)
    try:
        save(tmp_path, {path: b"{}"})
    finally:
        os.umask(before)
    assert mode == path.stat().st_mode & 0o777


FULL = """
import pathlib, resource, signal, sys
from replaykit.contracts.files import save
folder = pathlib.Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
save(folder, {folder / "small": b"new", folder / "large": b"x" * 2000})
"""


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """Where one of several files cannot be written, all are what they were, and nothing lies beside them."""
    (tmp_path / "small").write_text("old")
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "ContractError" in done.stderr
    assert "File too large\nnothing was changed" in done.stderr
    assert {"small": "old"} == {path.name: path.read_text() for path in tmp_path.iterdir()}


def test_a_place_that_is_taken_undoes_the_others(tmp_path: Path) -> None:
    """Where one of several files cannot be moved to its place, those before it are put back."""
    (tmp_path / "first").write_text("old")
    (tmp_path / "third" / "folder").mkdir(parents=True)
    with pytest.raises(ContractError, match="nothing was changed"):
        save(tmp_path, {tmp_path / name: b"new" for name in ("first", "second", "third")})
    assert ["first", "third"] == sorted(path.name for path in tmp_path.iterdir())
    assert "old" == (tmp_path / "first").read_text()


COUNT = """
import pathlib, sys
from replaykit.contracts.files import alone, save
folder = pathlib.Path(sys.argv[1])
for _ in range(25):
    with alone(folder):
        path = folder / "count"
        count = int(path.read_text()) if path.exists() else 0
        save(folder, {path: str(count + 1).encode()})
"""


def test_processes_take_turns(tmp_path: Path) -> None:
    """Two processes that change a folder lose nothing of each other, and leave nothing behind."""
    folder = tmp_path / "contracts"
    both = [subprocess.Popen([sys.executable, "-c", COUNT, str(folder)]) for _ in range(2)]
    assert [0, 0] == [each.wait(60) for each in both]
    assert {"count": "50"} == {path.name: path.read_text() for path in folder.iterdir()}


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where a file stands in the folder's place, that is said, and nothing is changed."""
    (tmp_path / "contracts").write_text("")
    with pytest.raises(ContractError, match="File exists\nnothing was changed"), alone(tmp_path / "contracts"):
        pass
