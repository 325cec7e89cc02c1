"""Whose command may run unasked: what is shown of it first, and what a tape may not decide."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import tape
from replaykit.cli.trust import confirm
from replaykit.config import Config
from replaykit.core.model import Body, Episode, Exchange, Origin, Outputs, Request, ToolCall
from replaykit.errors import UsageError
from replaykit.session.names import Named
from tests.cli.scripts import ASKS
from tests.turns import question

if TYPE_CHECKING:
    from tests.cli.stage import Project

EVIL = "x\x1b[2J\u202e\ny"
"""What clears a screen, turns a line round and begins another."""


def elsewhere(folder: Path) -> Path:
    """A folder that is in no repository."""
    folder.mkdir()
    return folder


def repository(folder: Path) -> Path:
    """A folder that is one."""
    (folder / ".git").mkdir(parents=True)
    return folder


def asked(capsys: pytest.CaptureFixture[str], path: Path, root: Path, **origin: object) -> str:
    """What is shown before this command runs, where nobody can say yes; empty when it runs unasked."""
    state = "accepted" if path.suffix == ".tape" else "draft"
    command = {"command": ("python", "agent.py")} | origin
    named = Named(Episode("episode_abc234", "agent", state, origin=Origin(**command)), path)  # type: ignore[arg-type]
    confirm(named, Config(root), yes=True)
    assert "" == capsys.readouterr().err
    try:
        confirm(named, Config(root), yes=False)
    except UsageError:
        shown = capsys.readouterr().err
        assert "its command would be run here:\n" in shown
        return shown
    return ""


def test_in_a_repository_its_own_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cassette of this repository and a draft of its store run; those of another, or of one within it, are shown."""
    root, other = repository(tmp_path / "project"), repository(tmp_path / "project" / "vendor")
    for mine in ("cassettes/agent.tape", "sub/agent.tape", "episodes/episodes.db", "sub/other.db"):
        assert "" == asked(capsys, root / mine, root), mine
        assert "" == asked(capsys, root / mine, root / "sub"), mine
    for foreign in (other / "cassettes" / "agent.tape", tmp_path / "agent.tape", other / "x.db", tmp_path / "x.db"):
        assert f"{foreign} is not part of {root}" in asked(capsys, foreign, root)


def test_without_a_repository_only_the_own_store_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no repository, a cassette may have come with any download; what was recorded here was not."""
    root = elsewhere(tmp_path / "downloads")
    assert "" == asked(capsys, root / "episodes" / "episodes.db", root)
    for path in (root / "evil.tape", root / "cassettes" / "evil.tape", root / "other.db"):
        assert f"{path} is in no repository of yours" in asked(capsys, path, root)


def test_a_link_leads_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cassette is where its file is, not where a link to it stands."""
    root = repository(tmp_path / "project")
    (tmp_path / "agent.tape").touch()
    (root / "agent.tape").symlink_to(tmp_path / "agent.tape")
    assert "is not part of" in asked(capsys, root / "agent.tape", root)


@pytest.mark.parametrize("folder", ["../../etc", "/etc", "away"])
def test_a_folder_outside_is_shown(tmp_path: Path, folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that runs outside of the project is shown with the folder it means, be the cassette our own."""
    root = repository(tmp_path / "project")
    (root / "away").symlink_to("/etc")
    assert "" == asked(capsys, root / "agent.tape", root, folder="inside")
    shown = asked(capsys, root / "agent.tape", root, folder=folder)
    assert f"agent runs outside of {root}" in shown
    assert f"    in {(root / folder).resolve()}\n" in shown


def test_all_of_it_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command is shown to its end, and so are the variables that will be set, and no others; nothing is obeyed."""
    command = ("echo", "a" * 5000, EVIL, "; the end")
    environment = {"OPENAI_BASE_URL": "http://evil.test", "A_MODEL": EVIL, "LD_PRELOAD": "/x.so"}
    root = elsewhere(tmp_path / "downloads")
    shown = asked(capsys, root / "evil.tape", root, command=command, environment=environment)
    _, line, *variables = shown.splitlines()
    escaped = EVIL.encode("unicode_escape").decode()
    assert f"    {shlex.join(command)}".replace(EVIL, escaped) == line
    assert ["    with OPENAI_BASE_URL=http://evil.test", f"    with A_MODEL={escaped}"] == variables


def test_it_does_not_run_before_it_is_confirmed(accepted: Project, tmp_path: Path) -> None:
    """`replay` and `record --again` show the command and end with exit code 2; with --yes, or at home, it runs."""
    project = accepted
    project.write("agent.py", ASKS + "open('ran', 'w').close()\n")
    foreign, store = tmp_path / "agent.tape", tmp_path / "other.db"
    shutil.copy(project.folder / "cassettes" / "agent.tape", foreign)
    shutil.copy(project.folder / "episodes" / "episodes.db", store)
    url = project.variables["AGENT_BASE_URL"]
    for words in ([str(foreign)], ["draft:agent", "--store", str(store)]):
        for command in (["replay"], ["record", "--again"]):
            shown = project.type(*command, *words)
            assert (2, False) == (shown.exit_code, (project.folder / "ran").exists())
            assert f"    python agent.py\n    with AGENT_BASE_URL={url}\nerror: it was not confirmed" in shown.stderr
    assert 0 == project.replay(str(foreign), "--yes").exit_code
    assert 0 == project.replay("cassettes/agent.yaml").exit_code


PRINTS = "import os; print(os.environ['A_MODEL'], os.environ.get('EVIL'), os.environ['A_KEY'])"


def test_a_tape_sets_what_the_project_declares(project: Project) -> None:
    """Of the variables on a tape only those are set that the project declares, and placeholders for its secrets."""
    environment = {"A_MODEL": "recorded", "EVIL": "1", "A_KEY": "mine"}
    origin = Origin(("python", "-c", PRINTS), environment=environment, secrets=("A_KEY",))
    told = Episode("episode_abc234", "agent", origin=origin, steps=(question(b"{}"),))
    (project.folder / "agent.tape").write_bytes(tape.write(told))
    assert "recorded None [REDACTED:A_KEY]\n" == project.replay("agent.tape").stdout
    declared = Config(project.folder, environment=("EVIL",))
    assert declared.declares("EVIL")
    assert not declared.declares("EVILS")


def test_nothing_on_a_tape_is_obeyed(project: Project) -> None:
    """Errors, diffs and JSON tell what a tape says in letters that a terminal can take, lone surrogates too."""
    asked = Request("POST", "http://h[2J/", (), Body.of(b"{}"))
    steps = (Exchange(asked, None), ToolCall("t\ud800", b"{}", b'"\\ud800"', began=2))
    evil = Episode(EVIL, EVIL, origin=Origin(("true",)), steps=steps, outputs=Outputs(b"", 1))
    (project.folder / "cassettes").mkdir()
    for name, episode in (("evil", evil), ("a\x1b[2J\nb", evil), ("other", replace(evil, steps=steps[:1]))):
        (project.folder / "cassettes" / f"{name}.tape").write_bytes(tape.write(episode))
    (project.folder / "cassettes" / "bad.tape").write_bytes(b"replaykit tape \x1b[2J\n")
    commands = {
        ("diff", "evil"): 2,
        ("diff", "evil", "other"): 1,
        ("diff", "evil", "other", "--json"): 1,
        ("show", "evil"): 0,
        ("list",): 2,
        ("verify",): 1,
        ("replay", "evil", "--json"): 1,
        ("show", "bad"): 2,
    }
    for words, expected in commands.items():
        ran = project.type(*words)
        assert (words, expected) == (words, ran.exit_code), ran.stderr
        assert "Traceback" not in ran.stderr, ran.stderr
        assert [] == [each for each in "\x1b\u202e" if each in ran.stdout + ran.stderr], words


def test_a_folder_whose_name_is_not_text(project: Project) -> None:
    """A project in a folder of any bytes is recorded, shown and replayed like any other."""
    folder = Path(f"{project.folder}-\udcff")
    project.folder.rename(folder)
    project.folder = folder
    project.write("agent.py", "import os\nfrom talk import ask\nprint(ask('a'), ask(repr(os.getcwdb())))\n")
    assert 0 == project.record().exit_code
    for words in (["show", "agent"], ["replay", "agent"], ["accept", "agent"], ["verify"]):
        ran = project.type(*words)
        assert 0 == ran.exit_code, ran.stderr
