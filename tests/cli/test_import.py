"""`replaykit import`, as somebody types it who comes from vcrpy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import replaykit
from replaykit import cassette
from replaykit.errors import NoSuchEpisode, UsageError
from replaykit.store import Store
from tests.cli.calls import typed
from tests.vcr.tapes import ANSWERED, ASKED, URL, answered, asked
from tests.vcr.tapes import cassette as tape

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.store import Summary

KEYED = asked(headers="{authorization: [Bearer q8Zr5TnW2pXkLmV7]}", uri=f"{URL}?api_key=q8Zr5TnW2pXkLmV7")
BROKEN = tape((ASKED, answered(status="{code: twenty}")))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the cassettes of two test files, and another YAML file; the current folder."""
    texts = {
        "pyproject.toml": "",
        "ci.yaml": "name: CI\n",
        "tests/cassettes/test_a/test_it.yaml": tape((ASKED, ANSWERED), (KEYED, ANSWERED)),
        "tests/cassettes/test_b/test_it.yaml": tape((ASKED, answered("{string: other}"))),
        "tests/cassettes/test_b/test_more.yaml": tape((ASKED, ANSWERED)),
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parsed(*words: str) -> Any:
    return json.loads(typed("import", *words, "--json").stdout)


def drafts(project: Path) -> list[Summary]:
    """The drafts of the project, the newest first."""
    path = project / "episodes" / "episodes.db"
    if not path.exists():
        return []
    with Store(path) as store:
        return list(store.summaries())


def test_a_folder_becomes_drafts(project: Path) -> None:
    """Every cassette below it is a draft, named by what tells it from the others; what comes next is said."""
    done = typed("import", ".")
    assert (0, "") == (done.exit_code, done.stdout), done.stderr
    assert ["test_a.test_it", "test_b.test_it", "test_more"] == sorted(each.name for each in drafts(project))
    assert {"draft"} == {each.state for each in drafts(project)}
    told = done.stderr.splitlines()
    assert told[0].startswith("test_a.test_it (draft episode_")
    assert told[0].endswith("   2 exchanges   tests/cassettes/test_a/test_it.yaml")
    assert [
        "3 files imported, 4 exchanges",
        "left out: 1 file that is no cassette of vcrpy",
        "hidden: query api_key ×1, header authorization ×1",
        "next: replaykit show draft:test_a.test_it",
        "then: replaykit accept test_a.test_it (and so on for each)",
    ] == told[3:]


def test_nothing_is_kept_twice(project: Path) -> None:
    """A file that has not changed is known, as a draft or as a cassette; one that has is a newer draft."""
    path = project / "tests" / "cassettes" / "test_b" / "test_more.yaml"
    first = parsed(str(path))[0]
    again = parsed(str(path))[0]
    assert [True, False] == [first["new"], again["new"]]
    assert {**first, "new": False} == again
    assert "unchanged since it was imported" in typed("import", str(path)).stderr
    typed("accept", "test_more")
    typed("rm", first["episode"])
    assert not parsed(str(path))[0]["new"]
    assert [] == drafts(project)
    path.write_text(tape((ASKED, answered("{string: changed}"))), "utf-8")
    assert parsed(str(path))[0]["new"]
    assert ["test_more"] == [each.name for each in drafts(project)]


def test_a_name_that_another_episode_has(project: Path) -> None:
    """The same name from another folder is a longer one, whenever it comes."""
    names = [parsed(f"tests/cassettes/{folder}/test_it.yaml")[0]["name"] for folder in ("test_a", "test_b", "test_a")]
    assert ["test_it", "test_b.test_it", "test_it"] == names
    assert {"test_it", "test_b.test_it", "test_more"} == {each["name"] for each in parsed("tests")}
    assert 3 == len(drafts(project))


def test_a_name_that_was_given(project: Path) -> None:
    """`--as` names the episode of one file; of several it cannot, and what is no name is none."""
    assert "weather" == parsed("tests/cassettes/test_a/test_it.yaml", "--as", "weather")[0]["name"]
    for words in (("tests",), ("tests/cassettes/test_a/test_it.yaml", "ci.yaml")):
        with pytest.raises(UsageError, match="--as names one episode, and there are"):
            typed("import", *words, "--as", "weather")
    with pytest.raises(UsageError, match="an episode cannot be called 'a/b'"):
        typed("import", "tests/cassettes/test_a/test_it.yaml", "--as", "a/b")
    assert ["weather"] == [each.name for each in drafts(project)]


def test_what_is_refused_is_said(project: Path) -> None:
    """The others are imported, the exit code is 1, and file, line and reason are told, to scripts as well."""
    (project / "tests" / "broken.yaml").write_text(BROKEN, "utf-8")
    (project / "tests" / "empty.yaml").write_text("interactions: []\nversion: 1\n", "utf-8")
    done = typed("import", "tests", "--json")
    assert 1 == done.exit_code
    assert "3 files imported, 4 exchanges; 2 refused:\n" in done.stderr
    reason = "interaction 1: its status code is twenty, and no number from 100 to 599"
    assert f"    tests/broken.yaml:11: {reason}\n" in done.stderr
    assert "    tests/empty.yaml: it holds no interactions: there is nothing to replay\n" in done.stderr
    broken, *_ = [each for each in json.loads(done.stdout) if each["file"] == "tests/broken.yaml"]
    assert {
        "file": "tests/broken.yaml",
        "imported": False,
        "new": False,
        "episode": None,
        "name": None,
        "exchanges": 0,
        "hidden": {},
        "reason": reason,
        "line": 11,
    } == broken


def test_nothing_could_be_imported(project: Path) -> None:
    """The exit code is 2 where no cassette was found or none could be read, and no store is made for it."""
    (project / "broken.yaml").write_text(BROKEN, "utf-8")
    (project / "folder").mkdir()
    for words in (("broken.yaml",), ("ci.yaml",), ("folder",), ("nowhere.yaml",), ()):
        assert 2 == typed("import", *words).exit_code
    assert "0 files imported, 0 exchanges; 1 refused:\n    ci.yaml:1: this is no" in typed("import", "ci.yaml").stderr
    assert not (project / "episodes").exists()


def test_another_store(project: Path) -> None:
    """`--store` names the file, and the next commands name it, too."""
    done = typed("import", "tests/cassettes/test_b/test_more.yaml", "--store", "other.db")
    assert "next: replaykit show draft:test_more --store other.db\n" in done.stderr
    assert (True, []) == ((project / "other.db").exists(), drafts(project))


def test_a_name_of_a_file_is_harmless(project: Path) -> None:
    """A file may be called anything; what is shown of it moves no cursor."""
    (project / "a\x1b[31m\n.yaml").write_text(BROKEN, "utf-8")
    done = typed("import", "a\x1b[31m\n.yaml")
    assert "\\x1b[31m\\n.yaml:11: " in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.usefixtures("project")
def test_from_a_file_to_a_test() -> None:
    """Imported, shown, accepted and verified, it answers a client; as a command it says what to run instead."""
    typed("import", "tests/cassettes/test_b/test_more.yaml")
    assert '{"sun":true}' in typed("show", "test_more").stdout
    assert ["test_more", "draft", "–"] == typed("list").stdout.splitlines()[1].split()[1:4]
    assert 0 == typed("accept", "test_more").exit_code
    assert 0 == typed("verify").exit_code
    request = httpx2.Request("POST", URL, headers={"content-type": "application/json"}, content=b'{"city":"Paris"}')
    with replaykit.replay("test_more"), httpx2.Client() as client:
        assert b'{"sun":true}' == client.send(request).content
    with pytest.raises(UsageError) as caught:
        typed("replay", "test_more")
    assert "the tests that play the vcrpy cassette tests/cassettes/test_b/test_more.yaml" in caught.value.message
    assert "with replaykit.replay('test_more')" in caught.value.remedy


def test_the_page_of_an_import(project: Path) -> None:
    """Its page names the file, and nothing of the machine that it lies on."""
    typed("import", "tests")
    typed("accept", "test_more")
    page = (project / "cassettes" / "test_more.yaml").read_text("utf-8")
    assert "program: the tests that play the vcrpy cassette tests/cassettes/test_b/test_more.yaml\n" in page
    assert str(project) not in page
    assert (project / "cassettes" / "test_more.tape").is_file()
    with pytest.raises(NoSuchEpisode):
        typed("show", "test_it")
    assert ("test_more",) == cassette.names(project / "cassettes")
