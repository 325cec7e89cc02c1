"""`list`, `show`, `rm`, `doctor`, `verify`, as a person or a script types them, in a project of their own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from replaykit import cassette
from replaykit.errors import NoSuchEpisode, UsageError
from replaykit.store import Store
from tests.cli.calls import typed
from tests.report.scenes import kept, mixed, travel

if TYPE_CHECKING:
    from pathlib import Path

ID = "episode_k3v9q2"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two drafts, `support` and `other`, in its store, and nothing accepted; the current folder."""
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    (tmp_path / "episodes").mkdir()
    kept(store_of(tmp_path), travel(), id=ID)
    kept(store_of(tmp_path), mixed(1), "other", id="episode_m4c8x1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def store_of(project: Path) -> Path:
    return project / "episodes" / "episodes.db"


def accept(project: Path, run: Any = None, name: str = "support") -> None:
    """The cassette of a run; by default of the draft that is there."""
    store = Store(store_of(project))
    found = store.episode(ID) if run is None else kept(store_of(project), run, name)
    store.close()
    assert found is not None
    cassette.save(project / "cassettes", found)


def parsed(*words: str) -> Any:
    return json.loads(typed(*words, "--json").stdout)


# --------------------------------------------------------------------- list


def test_list_shows_drafts_and_cassettes(project: Path) -> None:
    """Accepted episodes come first, each episode once."""
    accept(project)
    head, first, second = typed("list").stdout.splitlines()
    assert ["ID", "NAME", "STATE", "WHEN", "STEPS", "MODELS", "TOKENS"] == head.split()
    assert [ID, "support", "accepted"] == first.split()[:3]
    assert ["episode_m4c8x1", "other", "draft"] == second.split()[:3]


def test_list_for_scripts(project: Path) -> None:
    """Every column has a key."""
    accept(project)
    found = parsed("list")
    assert [(ID, "support", "accepted", 5), ("episode_m4c8x1", "other", "draft", 11)] == [
        (each["id"], each["name"], each["state"], each["steps"]) for each in found
    ]
    assert "2026-11-01T12:00:00.000Z" == found[0]["when"]
    assert ["claude-sonnet-5-5"] == found[0]["models"]
    assert {"input": 1_020, "output": 60} == found[0]["tokens"]


def test_a_cassette_is_summed_up_as_its_draft_was(project: Path) -> None:
    """Accepting an episode changes its state in the list, and nothing else."""
    before = {each["id"]: each for each in parsed("list")}[ID]
    accept(project)
    assert {**before, "state": "accepted"} == parsed("list")[0]


@pytest.mark.usefixtures("project")
def test_list_of_another_store(tmp_path: Path) -> None:
    """`--store` names the file."""
    assert [] == parsed("list", "--store", str(tmp_path / "nowhere.db"))
    assert not (tmp_path / "nowhere.db").exists()


def test_list_where_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty project says what to do, and makes no file."""
    monkeypatch.chdir(tmp_path)
    done = typed("list")
    assert "replaykit record" in done.stderr
    assert "" == done.stdout
    assert [] == list(tmp_path.iterdir())


def test_one_damaged_cassette_hides_no_other(project: Path) -> None:
    """The others are listed, that one is marked, and the exit code is 2; a script gets the same."""
    accept(project)
    (project / "cassettes" / "broken.tape").write_bytes(b"no tape at all")
    done = typed("list")
    assert 2 == done.exit_code
    assert ["broken", "damaged"] == done.stdout.splitlines()[1].split()[1:3]
    assert [ID, "support", "accepted"] == done.stdout.splitlines()[2].split()[:3]
    assert "error: " in done.stderr
    assert "broken.tape" in done.stderr
    found = typed("list", "--json")
    assert (2, ["damaged", "accepted", "draft"]) == (
        found.exit_code,
        [each["state"] for each in json.loads(found.stdout)],
    )


def test_a_damaged_store_hides_no_cassette(project: Path) -> None:
    """What is accepted is listed whatever became of the store, which is named."""
    accept(project)
    store_of(project).write_bytes(b"no database, but long enough to be taken for one" * 99)
    done = typed("list")
    assert (2, [ID]) == (done.exit_code, [line.split()[0] for line in done.stdout.splitlines()[1:]])
    assert "episodes.db" in done.stderr


# --------------------------------------------------------------------- show


@pytest.mark.usefixtures("project")
def test_show_is_readable() -> None:
    """A conversation, without colours in a pipe."""
    shown = typed("show", "support").stdout
    assert "Take a raincoat. Your seat is 12A." in shown
    assert "\x1b" not in shown


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", ["support", "draft:support", ID, "k3v"])
def test_show_takes_every_way_to_name_an_episode(name: str) -> None:
    """A name, an exact draft, an id, the beginning of one."""
    assert ID == parsed("show", name)["id"]


@pytest.mark.usefixtures("project")
def test_show_tells_once_what_was_hidden() -> None:
    """The names of secrets stand in the head with their totals, and under no step."""
    assert 1 == typed("show", "support").stdout.count("API_KEY")


@pytest.mark.parametrize("words", [("show", "support"), ("show", "support", "--json"), ("list",)])
def test_a_reader_may_leave(project: Path, words: tuple[str, ...]) -> None:
    """`replaykit show x | head` is quiet, and no failure."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        command = [sys.executable, "-m", "replaykit", *words]
        done = subprocess.run(command, cwd=project, stdout=nobody, stderr=subprocess.PIPE, check=False)
    assert (0, b"") == (done.returncode, done.stderr)


def test_show_for_scripts(project: Path) -> None:
    """The keys that scripts rely on, for drafts and cassettes alike."""
    draft = parsed("show", "support")
    accept(project)
    accepted = parsed("show", "cassettes/support.tape")
    assert {"id", "name", "state", "outputs", "steps"} <= draft.keys()
    assert {**draft, "state": "accepted"} == accepted


def test_show_of_a_cassette_names_the_newer_draft(project: Path) -> None:
    """A name means the cassette, and says that there is something newer."""
    accept(project)
    kept(store_of(project), travel(1), id="episode_newer1")
    done = typed("show", "support")
    assert "replaykit show episode_newer1" in done.stderr
    assert "accepted episode_k3v9q2" in done.stdout


@pytest.mark.usefixtures("project")
def test_show_of_an_unknown_name() -> None:
    """The nearest names are given."""
    with pytest.raises(NoSuchEpisode, match="did you mean support"):
        typed("show", "suport")


# ----------------------------------------------------------------------- rm


def test_rm_removes_drafts(project: Path) -> None:
    """Several at once, by any name."""
    assert {"removed": [ID, "episode_m4c8x1"]} == parsed("rm", "support", "m4c")
    assert () == Store(store_of(project)).summaries()


def test_rm_removes_all_or_none(project: Path) -> None:
    """A name that is not there stops it before anything is gone."""
    with pytest.raises(NoSuchEpisode):
        typed("rm", "support", "nobody")
    assert 2 == len(Store(store_of(project)).summaries())


@pytest.mark.parametrize("name", ["support", "cassettes/support.yaml"])
def test_rm_refuses_a_cassette(project: Path, name: str) -> None:
    """What is under git is git's to remove."""
    accept(project)
    with pytest.raises(UsageError, match=r"`git rm cassettes/support\.yaml cassettes/support\.tape`"):
        typed("rm", name)
    assert (project / "cassettes" / "support.tape").exists()


def test_rm_removes_the_draft_of_an_accepted_name(project: Path) -> None:
    """`draft:` is exact."""
    accept(project)
    assert {"removed": [ID]} == parsed("rm", "draft:support")
    assert (project / "cassettes" / "support.tape").exists()


def test_rm_removes_a_damaged_draft(project: Path) -> None:
    """An episode that can no longer be read can be removed: that is the remedy."""
    spoil(project)
    assert {"removed": [ID]} == parsed("rm", "support")
    assert () == Store(store_of(project)).check()


def spoil(project: Path) -> None:
    """Every step of the draft `support` is damaged."""
    with sqlite3.connect(store_of(project)) as connection:
        connection.execute("UPDATE frames SET frame = x'00' WHERE id IN (SELECT id FROM steps WHERE episode = 1)")
    connection.close()


# ------------------------------------------------------------------- doctor


def checked(*words: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """The exit code of `doctor`, and what it found by name."""
    done = typed("doctor", "--json", *words)
    found = json.loads(done.stdout)
    assert found["well"] == (done.exit_code == 0)
    names = dict.fromkeys(check["name"] for check in found["checks"])
    return done.exit_code, {name: [each for each in found["checks"] if each["name"] == name] for name in names}


def test_doctor_finds_a_sound_project_well(project: Path) -> None:
    """Versions, libraries, store and cassettes are looked at, and all is well."""
    accept(project)
    code, found = checked()
    assert 0 == code
    assert "Python 3." in found["replaykit"][0]["text"]
    assert "httpx2 2." in found["libraries"][0]["text"]
    assert "2 drafts, all readable" in found["store"][0]["text"]
    assert "1 cassette, each with its page" in found["cassettes"][0]["text"]
    assert found["isolation"][0]["state"] in ("good", "note")


@pytest.mark.usefixtures("project")
def test_doctor_for_people() -> None:
    """A line a check."""
    done = typed("doctor")
    assert 0 == done.exit_code
    assert "ok     replaykit " in done.stdout


def test_doctor_names_damage(project: Path) -> None:
    """A damaged step and an edited page are wrong, each with a remedy."""
    accept(project)
    spoil(project)
    (project / "cassettes" / "support.yaml").write_text("page: 1\n", "utf-8")
    code, found = checked()
    assert 1 == code
    assert "wrong" == found["store"][0]["state"]
    assert "replaykit rm" in found["store"][0]["remedy"]
    assert "wrong" == found["cassettes"][0]["state"]
    assert "git checkout" in found["cassettes"][0]["remedy"]


def test_doctor_of_a_file_that_is_no_store(project: Path) -> None:
    """Another file in the store's place is wrong, and is left as it is."""
    other = project / "notes.db"
    other.write_text("not a database, but long enough to be taken for one" * 20, "utf-8")
    before = other.read_bytes()
    code, found = checked("--store", str(other))
    assert (1, "wrong") == (code, found["store"][0]["state"])
    assert before == other.read_bytes()


def test_doctor_sends_nobody_to_the_doctor(project: Path) -> None:
    """The remedy for a store whose pages are damaged is something else to do."""
    sound = store_of(project).read_bytes()
    (project / "bad.db").write_bytes(sound[:100] + b"\xff" * 3_996 + sound[4_096:])
    code, found = checked("--store", "bad.db")
    assert (1, "wrong") == (code, found["store"][0]["state"])
    assert "move the file away" in found["store"][0]["remedy"]
    assert "doctor" not in found["store"][0]["remedy"]


def test_doctor_finds_tools_that_are_not_there(project: Path) -> None:
    """A pattern whose module is not there, or fits nothing in it, is wrong, with what is there; none is imported."""
    (project / "agentpkg").mkdir()
    (project / "agentpkg" / "__init__.py").write_text("raise RuntimeError('imported')\n", "utf-8")
    functions = "def get_weather(): ...\nif True:\n    async def book(): ...\ndef _own(): ...\n"
    (project / "agentpkg" / "tools.py").write_text(functions, "utf-8")

    def told(*patterns: str) -> list[tuple[str, str, str]]:
        settings = f"[tool.replaykit]\ntools = {json.dumps(patterns)}\n"
        (project / "pyproject.toml").write_text(settings, "utf-8")
        code, found = checked()
        checks = [(each["state"], each["text"], each["remedy"]) for each in found["tools"]]
        assert code == any(state == "wrong" for state, _, _ in checks)
        return checks

    assert [("good", "agentpkg.tools:*, agentpkg.tools:boo?: there", "")] == told(
        "agentpkg.tools:*", "agentpkg.tools:boo?"
    )
    assert [
        ("wrong", "'agentpkg.tool:*': there is no module agentpkg.tool", "did you mean agentpkg.tools?"),
        ("wrong", "'nope_there_is_none.x:*': there is no module nope_there_is_none.x", ""),
        ("wrong", "'agentpkg.tools:_own': no function of agentpkg.tools is called so", "it has get_weather and book"),
        ("wrong", "'agentpkg.tools' is not of the form 'module:name'", _FORM),
    ] == told("agentpkg.tool:*", "nope_there_is_none.x:*", "agentpkg.tools:_own", "agentpkg.tools")


_FORM = "write 'agent.tools:*' for all functions of agent.tools"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [("[tool.replaykit\n", "pyproject.toml"), ('[tool.replaykit]\nrules = {job = "job"}\n', "rule 'job'")],
)
def test_doctor_finds_broken_settings_among_others(project: Path, settings: str, expected: str) -> None:
    """Settings that cannot be read are one failed check, and the others are made all the same."""
    (project / "pyproject.toml").write_text(settings, "utf-8")
    code, found = checked()
    assert (1, "wrong") == (code, found["settings"][0]["state"])
    assert expected in found["settings"][0]["text"]
    assert "2 drafts, all readable" in found["store"][0]["text"]


def test_doctor_names_unfinished_drafts(project: Path) -> None:
    """A run that was killed is worth knowing, and nothing is wrong with it."""
    kept(store_of(project), travel(), id="episode_killed", finished=False)
    code, found = checked()
    assert 0 == code
    assert "episode_killed" in found["drafts"][0]["text"]


def test_doctor_on_git(project: Path) -> None:
    """A store that git would commit is named, with the line for .gitignore; one that is ignored is well."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "--quiet", str(project)], check=True, env=environment)
    _, found = checked()
    assert "add to .gitignore: /episodes/episodes.db*" == found["git"][0]["remedy"]
    (project / ".gitignore").write_text("/episodes/episodes.db*\n", "utf-8")
    _, found = checked()
    assert ["the store is ignored"] == [each["text"] for each in found["git"]]


# ------------------------------------------------------------------- verify


def test_verify_of_sound_cassettes(project: Path) -> None:
    """Exit code 0, and how many."""
    accept(project)
    accept(project, mixed(), "other")
    assert {"verified": True, "cassettes": 2, "problems": []} == parsed("verify")
    assert "2 cassettes: every page is its tape's" in typed("verify").stderr


@pytest.mark.usefixtures("project")
def test_verify_where_nothing_is_accepted() -> None:
    """Nothing is wrong, and nothing was proved."""
    done = typed("verify")
    assert (0, "cassettes: no cassettes yet; `replaykit accept` makes the first\n") == (done.exit_code, done.stderr)


def test_verify_of_an_edited_page(project: Path) -> None:
    """Exit code 1, with file, line and remedy."""
    accept(project)
    page = project / "cassettes" / "support.yaml"
    page.write_text(page.read_text("utf-8").replace("Lisbon", "Oslo"), "utf-8")
    done = typed("verify", "cassettes")
    assert 1 == done.exit_code
    assert "cassettes/support.yaml:5: not what its tape says" in done.stderr


def test_an_error_ends_the_command_with_2(project: Path) -> None:
    """What is wrong and what to do stand on stderr, and nothing on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "replaykit", "show", "nobody"], cwd=project, capture_output=True, text=True, check=False
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert "error: no episode 'nobody'" in done.stderr
