"""What git knows of a project: who works in it, and what its files were at another revision.

Law: git is asked, and nothing is changed. A revision is a word of a person's command, never an option.
"""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


_HOOKS: Final = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git sets for its hooks. `GIT_DIR` alone makes any folder the top of its working tree (git(1))."""


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that a branch is compared with: where it left `revision`."""

    root: Path
    revision: str
    commit: str

    def changed(self, folder: Path, ending: str) -> tuple[Path, ...]:
        """The files of a folder that are not what they were at the base, or are not there any more, sorted.

        The working tree counts, with what is not committed yet and what git does not know; what it
        ignores does not.
        """
        place = f":(top,literal){self._place(folder)}"
        tracked = _git(self.root, "diff", "--no-renames", "--name-only", "-z", self.commit, "--", place)
        unknown = _git(self.root, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", place)
        names = {*tracked.split(b"\0"), *unknown.split(b"\0")}
        found = sorted(name.decode("utf-8", "surrogateescape") for name in names if name.endswith(ending.encode()))
        return tuple(path for name in found if (path := self.root / name).parent == folder.resolve())

    def content(self, path: Path) -> bytes | None:
        """What a file held at the base; None when it was not there, a `UsageError` when git cannot read it."""
        place = self._place(path)
        if not _git(self.root, "ls-tree", "--full-tree", "-z", self.commit, "--", place):
            return None
        return _git(self.root, "cat-file", "blob", f"{self.commit}:{place}")

    def _place(self, path: Path) -> str:
        """A path as git names it: from the repository's root."""
        path = path.resolve()
        if not path.is_relative_to(self.root):
            raise UsageError(f"{path} is not in the repository {self.root}", remedy="run it where the cassettes are")
        return path.relative_to(self.root).as_posix()


def base(folder: Path, revision: str) -> Base:
    """The commit at which the branch in this folder left a revision; a `UsageError` says why there is none.

    As in a pull request, what happened on the other branch since then is no change of this one.
    """
    root = Path(_git(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").removesuffix("\n"))
    known = _run(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    shallow = _run(folder, "rev-parse", "--is-shallow-repository").stdout == b"true\n"
    if known.returncode:
        remote, slash, branch = revision.partition("/")
        fetch = f"git fetch {shlex.quote(remote)} {shlex.quote(branch)}" if slash else "git fetch"
        raise UsageError(f"git knows no revision {revision!r} here", remedy=f"fetch it: `{fetch}`, or name another")
    commit = known.stdout.decode().strip()
    found = _run(folder, "merge-base", commit, "HEAD")
    if found.returncode:
        deepen = "fetch more of it: `git fetch --unshallow` (in GitHub Actions, `fetch-depth: 0` at actions/checkout)"
        raise UsageError(
            f"this branch and {revision} share no commit" + (" that this shallow clone knows" if shallow else ""),
            remedy=deepen if shallow else "name the revision that the branch began at",
        )
    return Base(root.resolve(), revision, found.stdout.decode().strip())


def person(folder: Path) -> str:
    """Who works here, as commits are signed: `Ann <ann@example.org>`; else who is logged in."""
    name, mail = (_setting(folder, f"user.{each}") for each in ("name", "email"))
    if name or mail:
        return f"{name} <{mail}>".strip() if mail else name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without an account, as in many containers
        return "somebody without a name"


def _setting(folder: Path, name: str) -> str:
    try:
        return _run(folder, "config", "--get", name).stdout.decode("utf-8", "replace").strip()
    except UsageError:
        return ""


def _git(folder: Path, *words: str) -> bytes:
    """What git prints; a `UsageError` with its own words when it fails."""
    ran = _run(folder, *words)
    if ran.returncode:
        said = ran.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise UsageError(f"git {words[0]}: {said.partition(chr(10))[0]}", remedy="run it in the project's repository")
    return ran.stdout


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command: Sequence[str] = ("git", "-C", str(folder), *words)
    own = os.environ if "GIT_WORK_TREE" in os.environ else {k: v for k, v in os.environ.items() if k not in _HOOKS}
    try:
        return subprocess.run(  # noqa: S603 - no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=own
        )
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror}", remedy="install git") from error
