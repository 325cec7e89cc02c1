"""Input from somebody who means harm, or from a machine that has none to give: nothing breaks, nothing is lost."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

from replaykit.core.content import MOST
from tests.cli.conftest import settle
from tests.cli.stage import PATIENCE
from tests.servers.script import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.stage import Project
    from tests.servers.wire import Server

TAKES = """
import hashlib, os
import httpx2
with httpx2.stream("GET", os.environ["AGENT_BASE_URL"] + "/bomb") as response:
    print(hashlib.sha256(b"".join(response.iter_raw())).hexdigest())
"""


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """What unpacks to more than there is room for."""
    return gzip.compress(bytes(MOST + 1), compresslevel=1, mtime=0)


@pytest.fixture(scope="module")
def bombed(tmp_path_factory: pytest.TempPathFactory, model: Server, bomb: bytes) -> Project:
    """A project whose agent takes a bomb as it comes on the wire, and is recorded and accepted."""
    model.on("GET /bomb", plain(bomb, headers=(("Content-Encoding", "gzip"), ("Content-Type", "application/json"))))
    project = settle(tmp_path_factory.mktemp("bombed") / "project", model)
    project.write("agent.py", TAKES)
    return project


def test_a_bomb_is_kept_as_it_came(bombed: Project, bomb: bytes) -> None:
    """An answer that unpacks to too much is kept packed, replayed byte for byte, and everybody is told."""
    digest = hashlib.sha256(bomb).hexdigest()
    recorded = bombed.record()
    assert (0, f"{digest}\n") == (recorded.exit_code, recorded.stdout)
    assert "warning: the answer of step 1 is kept as it came, in gzip: it is damaged, " in recorded.stderr
    response = bombed.episode().exchanges[0].response
    assert response is not None
    assert (bomb, "") == (response.body.data, response.encoding)
    replayed = bombed.replay()
    assert (0, f"{digest}\n") == (replayed.exit_code, replayed.stdout), replayed.stderr
    assert 0 == bombed.type("accept", "agent").exit_code
    assert "still packed: gzip\n" in (bombed.folder / "cassettes" / "agent.yaml").read_text()
    assert 0 == bombed.type("verify").exit_code
    assert "application/json" in bombed.type("show", "agent").stdout


def test_a_name_that_is_no_text(accepted: Project) -> None:
    """A word of the command line that is not UTF-8 is a name that nobody has."""
    with accepted.start("show", b"\xff\x1b[31m".decode(errors="surrogateescape")) as shown:
        _, said = shown.communicate(timeout=PATIENCE)
    assert 2 == shown.returncode
    assert said.startswith("error: no episode '\\udcff\\x1b[31m'\n")


def shelled(project: Project, folder: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What came of `replaykit` with these words, which a shell begins (`"$@"`) in a folder, after something else."""
    return subprocess.run(
        ["sh", "-c", script, "sh", *project.line(*words)],
        cwd=folder,
        env=project.environment({}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("words", [("list",), ("record", "--", "python", "agent.py")])
def test_a_folder_that_is_gone(tmp_path: Path, accepted: Project, words: tuple[str, ...]) -> None:
    """Who types a command in a folder that somebody has removed is told so."""
    gone = tmp_path / "gone"
    gone.mkdir()
    done = shelled(accepted, gone, 'rmdir "$PWD" && exec "$@"', *words)
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error: the folder that this was typed in is gone\n")


@pytest.mark.parametrize("words", [("replay", "agent"), ("record", "--", "python", "agent.py")])
def test_where_nothing_can_be_written(accepted: Project, words: tuple[str, ...]) -> None:
    """On a full disk a replay and a recording say what is in their way and what to do, and leave no draft behind."""
    drafts = accepted.drafts()
    done = shelled(accepted, accepted.folder, 'ulimit -f 0 && exec "$@"', *words)
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error: ")
    assert 2 == len(done.stderr.splitlines()), done.stderr
    assert drafts == accepted.drafts()
