"""What git knows of a project, asked of the real git."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from replaykit.errors import UsageError
from replaykit.git import base, person

if TYPE_CHECKING:
    from pathlib import Path


class Repository:
    """A repository in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
        done = subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, **files: str | None) -> None:
        """A commit in which these tapes hold this, or are gone."""
        (self.folder / "cassettes").mkdir(exist_ok=True)
        for name, text in files.items():
            path = self.folder / "cassettes" / f"{name}.tape"
            path.unlink() if text is None else path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change", "--allow-empty")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """One commit on main with two tapes, and a branch with another commit that began there."""
    repository = Repository(tmp_path / "project")
    repository.git("init", "-q")
    repository.commit(kept="same", edited="was", gone="was")
    repository.git("checkout", "-q", "-b", "branch")
    repository.commit(edited="is", gone=None, new="is")
    return repository


def changed(repository: Repository, revision: str = "main") -> dict[str, bytes | None]:
    """What differs from the base, by name, and what it was there."""
    start = base(repository.folder, revision)
    folder = repository.folder / "cassettes"
    return {path.stem: start.content(path) for path in start.changed(folder, ".tape")}


def test_what_a_branch_changes(repository: Repository) -> None:
    """New, edited and removed files, with what they held; those that are the same are not among them."""
    assert {"edited": b"was", "gone": b"was", "new": None} == changed(repository)


def test_what_happened_on_the_other_branch_is_no_change_of_this_one(repository: Repository) -> None:
    """As in a pull request, the base is where the branch began."""
    repository.git("checkout", "-q", "main")
    repository.commit(kept="changed on main", later="on main")
    repository.git("checkout", "-q", "branch")
    assert {"edited": b"was", "gone": b"was", "new": None} == changed(repository)


def test_what_is_not_committed_counts(repository: Repository) -> None:
    """The working tree is looked at, with files that git does not know yet, and without ignored ones."""
    folder = repository.folder / "cassettes"
    (folder / "kept.tape").write_text("edited just now")
    (folder / "unknown é.tape").write_text("new")
    (folder / "ignored.tape").write_text("new")
    (folder / "note.txt").write_text("no tape")
    (folder / "below").mkdir()
    (folder / "below" / "other.tape").write_text("not in the folder itself")
    (repository.folder / ".gitignore").write_text("ignored.tape\n")
    assert {"edited", "gone", "new", "kept", "unknown é"} == changed(repository).keys()


def test_a_subfolder_will_do(repository: Repository) -> None:
    """A project may live below the repository's root."""
    start = base(repository.folder / "cassettes", "main")
    assert repository.folder.resolve() == start.root
    assert 3 == len(start.changed(repository.folder / "cassettes", ".tape"))


def test_in_a_hook_of_a_worktree(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """There git names its own folder to us, and a project may live below the root all the same."""
    monkeypatch.setenv("GIT_DIR", str(repository.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert repository.folder.resolve() == base(repository.folder / "cassettes", "main").root
    assert {"edited": b"was", "gone": b"was", "new": None} == changed(repository)


def test_what_git_has_lost_is_no_new_file(repository: Repository) -> None:
    """A blob that is not there, as in a partial clone without its origin, is an error and not an absence."""
    blob = repository.git("rev-parse", "main:cassettes/edited.tape")
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(UsageError, match="git cat-file"):
        changed(repository)


def test_an_unknown_revision_says_how_to_get_it(repository: Repository) -> None:
    """The remedy is a command."""
    with pytest.raises(UsageError, match="no revision 'origin/main'") as caught:
        base(repository.folder, "origin/main")
    assert "git fetch origin main" in caught.value.remedy


@pytest.mark.parametrize("revision", ["--output=x", "-h", "main:cassettes", "", "a b"])
def test_a_revision_is_never_an_option(repository: Repository, revision: str) -> None:
    """What is no commit is refused, whatever git would make of it."""
    with pytest.raises(UsageError):
        base(repository.folder, revision)
    assert not (repository.folder / "x").exists()


def test_a_shallow_clone_is_told_so(repository: Repository, tmp_path: Path) -> None:
    """As an action checks out by default: then the commit at which the branch began is not there."""
    repository.git("checkout", "-q", "main")
    repository.commit(later="on main")
    clone = Repository(tmp_path / "clone")
    url = repository.folder.resolve().as_uri()
    clone.git("init", "-q")
    clone.git("fetch", "-q", "--depth", "1", url, "branch:branch", "main:refs/remotes/origin/main")
    clone.git("checkout", "-q", "branch")
    with pytest.raises(UsageError, match="share no commit that this shallow clone knows") as caught:
        base(clone.folder, "origin/main")
    assert "fetch-depth: 0" in caught.value.remedy


def test_outside_of_a_repository(tmp_path: Path) -> None:
    """Git's own words say what is wrong."""
    with pytest.raises(UsageError, match="not a git repository"):
        base(tmp_path, "main")


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, that is said; who works there is still known."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "ann")
    with pytest.raises(UsageError, match="git cannot be run"):
        base(tmp_path, "main")
    assert "ann" == person(tmp_path)


def test_who_works_here(repository: Repository) -> None:
    """As commits are signed."""
    repository.git("config", "user.name", "Ann Other")
    repository.git("config", "user.email", "ann@example.org")
    assert "Ann Other <ann@example.org>" == person(repository.folder)
