"""`replaykit record`: the program as it was, and all of it in one episode."""

from __future__ import annotations

import json
import os
import platform
import signal
import sqlite3
import venv
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import settle
from tests.cli.scripts import ASKS, FAMILY, FAMILY_ASKS
from tests.cli.stage import PATIENCE, Project, Ran
from tests.servers.script import chunked, plain, stream
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replaykit.core.model import Episode

KEY = "sk-live-9fK2mQ8xLp7VtR3w"
PASSWORD = "correct horse 77 battery?"

SECRETIVE = """
import base64, os, sys
import httpx2
from talk import URL, ask
key, password = os.environ["SHOP_API_KEY"], os.environ["SHOP_PASSWORD"]
first = sys.stdin.readline().strip()
print("read:", first, "rest:", len(sys.stdin.read()))
print("to stderr", file=sys.stderr)
ask(f"my key is {key} and {password}", headers={"x-shop": key, "authorization": f"Bearer {key}"})
httpx2.get(URL, params={"token": key, "q": password})
httpx2.post(URL, json={"text": base64.b64encode(f"{key}:{password}".encode()).decode()})
print("printed", key)
sys.exit(3)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, model: Server) -> Project:
    """A project whose agent is full of secrets."""
    project = settle(tmp_path_factory.mktemp("shop") / "project", model)
    project.write("sub/agent.py", SECRETIVE)
    project.write("sub/talk.py", (project.folder / "talk.py").read_text())
    project.write("pyproject.toml", '[tool.replaykit]\nenvironment = ["SHOP_MODE"]\n')
    project.git("init", "-q")
    project.git("add", ".")
    project.git("commit", "-q", "-m", "first")
    project.variables |= {"SHOP_API_KEY": KEY, "SHOP_PASSWORD": PASSWORD, "SHOP_MODE": "fast", "TZ": "Asia/Tokyo"}
    return project


@pytest.fixture(scope="module")
def sold(shop: Project) -> Ran:
    """What came of recording it, from a folder below the root."""
    return shop.type("record", "--", "python", "agent.py", "--fast", "a b", stdin=f"first\n{KEY}\nmore", folder="sub")


def test_the_program_is_as_it_was(sold: Ran) -> None:
    """Standard output and the exit code are the program's, and so is standard error before our summary."""
    assert (3, f"read: first rest: {len(KEY) + 5}\nprinted {KEY}\n") == (sold.exit_code, sold.stdout)
    assert sold.stderr.startswith("to stderr\nagent (draft episode_")


def test_what_the_run_started_from_is_kept(shop: Project, sold: Ran) -> None:
    """Command, folder, input, declared environment, names of secrets, seed, zone, versions and commit."""
    assert 3 == sold.exit_code
    origin = shop.episode().origin
    assert ("python", "agent.py", "--fast", "a b") == origin.command
    assert "sub" == origin.folder
    assert b"first\n[REDACTED:SHOP_API_KEY]\nmore" == origin.stdin
    assert {"AGENT_BASE_URL": shop.variables["AGENT_BASE_URL"], "SHOP_MODE": "fast"} == origin.environment
    assert ("SHOP_API_KEY", "SHOP_PASSWORD") == origin.secrets
    assert origin.seed.isdecimal()
    assert "Asia/Tokyo" == origin.timezone
    assert platform.python_version() == origin.python
    assert version("anthropic") == origin.versions["anthropic"]
    assert shop.git("rev-parse", "HEAD") == origin.commit


def test_what_came_out_is_kept(shop: Project, sold: Ran) -> None:
    """Standard output without its secrets, and the exit code."""
    outputs = shop.episode().outputs
    assert sold.exit_code == outputs.exit_code
    assert f"read: first rest: {len(KEY) + 5}\nprinted [REDACTED:SHOP_API_KEY]\n".encode() == outputs.stdout


def test_no_secret_is_anywhere_in_the_store(shop: Project, sold: Ran) -> None:
    """Neither the store's bytes nor what unpacks from them: no prompt, query, header, input, output or base64."""
    assert KEY in sold.stdout
    files = [path.read_bytes() for path in (shop.folder / "episodes").iterdir()]
    unpacked = repr([_opened(step) for step in shop.episode().exchanges]).encode()
    table = sqlite3.connect(shop.folder / "episodes" / "episodes.db").execute("SELECT origin, stdout FROM episodes")
    kept = b"\n".join([*files, unpacked, repr(table.fetchall()).encode()])
    for secret in (KEY, PASSWORD, "correct+horse", "correct%20horse", "c2stbGl2ZS05Zksy"):
        assert secret.encode() not in kept
    assert b"REDACTED" in unpacked


def _opened(step: object) -> object:
    """A step with its bodies read."""
    return step, step.request.body.data, step.response and step.response.body.data  # type: ignore[attr-defined]


def test_the_summary_names_what_was_hidden(sold: Ran) -> None:
    """Each secret by its name, how often, and the command that comes next."""
    *_, hidden, following = sold.stderr.splitlines()
    assert hidden.startswith("hidden: ")
    assert "SHOP_API_KEY ×" in hidden
    assert "SHOP_PASSWORD ×" in hidden
    assert "next: replaykit replay agent" == following


def test_the_whole_family_is_in_one_episode(project: Project, model: Server) -> None:
    """Threads, executors, tasks, subprocesses and multiprocessing children of all kinds: all kept, none doubled."""
    model.requests.clear()
    project.write("family.py", FAMILY)
    ran = project.record("family.py")
    asked = Counter(json.loads(step.request.body.data)["text"] for step in project.episode("family").exchanges)
    assert (0, 1) == (ran.exit_code, project.drafts()), ran.stderr
    assert Counter(FAMILY_ASKS) == asked
    assert Counter(FAMILY_ASKS) == Counter(str(each.json()["text"]) for each in model.requests)


def test_a_child_that_cannot_be_covered_is_named(project: Project, tmp_path: Path) -> None:
    """A Python started with -S, one without replaykit, and a program in another language are in the summary."""
    venv.create(tmp_path / "bare", symlinks=True)
    bare = str(tmp_path / "bare" / "bin" / "python")
    project.write(
        "agent.py",
        f"import subprocess, sys\nfrom talk import ask\nask('hello')\n"
        f"subprocess.run([sys.executable, '-S', '-c', 'pass'])\nsubprocess.run([{bare!r}, '-c', 'pass'])\n"
        f"subprocess.run(['sort', '--version'], stdout=subprocess.DEVNULL)\n",
    )
    said = project.record().stderr
    assert "python -S -c pass ×1 (started with -S)" in said
    assert f"{bare} ×1 (replaykit is missing from it: ModuleNotFoundError" in said
    assert "sort ×1 (subprocess)" in said


def test_another_http_library_is_named(project: Project, model: Server) -> None:
    """What did not come through httpx or httpx2 is counted by host, with the library it went through."""
    url = model.on("GET /tool", plain(b"ok"))
    project.write(
        "agent.py",
        f"import requests\nfrom urllib.request import urlopen\n"
        f"requests.get({url!r})\nrequests.get({url!r})\nurlopen({url!r})\n",
    )
    said = project.record().stderr
    assert "not recorded: 127.0.0.1 ×2 (urllib3), 127.0.0.1 ×1 (http.client)" in said
    assert "nothing came through httpx, httpx2 or a tool: there is nothing to replay" in said


def test_a_child_that_leaves_a_stream_has_it_kept(project: Project, model: Server) -> None:
    """A forked child that ends in the middle of an answer leaves behind what it had read."""
    model.on("GET /stream", stream(b"data: 1\n\n", model.gate()))
    project.write(
        "agent.py",
        f"import multiprocessing, httpx2\n\n"
        f"def child():\n"
        f"    global kept\n"
        f"    kept = httpx2.Client().send(httpx2.Request('GET', {model.url + '/stream'!r}), stream=True)\n"
        f"    print(next(kept.iter_raw()))\n\n"
        f"process = multiprocessing.get_context('fork').Process(target=child)\nprocess.start()\nprocess.join()\n",
    )
    ran = project.record()
    (step,) = project.episode().exchanges
    assert "b'data: 1\\n\\n'\n" == ran.stdout
    assert step.response is not None
    assert (b"data: 1\n\n", True) == (step.response.body.data, step.left)


def test_a_key_too_plain_to_hide_is_warned_of(project: Project) -> None:
    """`KEY=test` may not eat every "test": it is not hidden, and that is said."""
    project.write("agent.py", "from talk import ask\nask('a test')\n")
    ran = project.record(MODEL_API_KEY="test")
    (step,) = project.episode().exchanges
    assert b'{"text":"a test"}' == step.request.body.data.replace(b": ", b":")
    assert "warning: MODEL_API_KEY is named like a secret, but its value is shorter than 12 characters" in ran.stderr


def test_a_store_that_fails_is_not_the_programs_business(project: Project) -> None:
    """The program runs on when the store is destroyed under it; how many steps could not be kept is said."""
    project.write(
        "agent.py",
        "import sqlite3\nfrom talk import ask\nprint(ask('a'))\n"
        "sqlite3.connect('episodes/episodes.db').execute('DROP TABLE steps')\nprint(ask('b'), ask('c'))\n",
    )
    ran = project.record()
    assert (0, "a!\nb! c!\n") == (ran.exit_code, ran.stdout)
    assert "warning: 2 steps could not be kept: " in ran.stderr
    assert "could not be kept: " in ran.stderr.splitlines()[-1]


def test_a_session_that_cannot_begin_is_not_the_programs_business(project: Project) -> None:
    """The program runs on when its session cannot begin."""
    project.write("pyproject.toml", "")
    project.write("agent.py", "open('pyproject.toml', 'w').write('not TOML')\n" + ASKS)
    ran = project.record("agent.py")
    assert (0, "a!\n") == (ran.exit_code, ran.stdout), ran.stderr
    assert "its session did not start: " in ran.stderr
    assert "pyproject.toml: " in ran.stderr


def test_a_command_that_is_not_there_leaves_nothing(project: Project) -> None:
    """It is said plainly, with exit code 2, and no draft is left."""
    ran = project.type("record", "--", "no-such-agent")
    assert (2, 0) == (ran.exit_code, project.drafts())
    assert "cannot run 'no-such-agent': no such command" in ran.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--name", "a", "--", "python", "agent.py"], "no such option --name (did you mean --as?)"),
        (["--as", "latest", "--", "python", "agent.py"], "`latest` is a word for the newest draft of all"),
        (["--as", "draft:x", "--", "python", "agent.py"], "`draft:` before a name means the newest draft"),
        (["latest.py"], "did you mean `python latest.py`?"),
        (["--", "python", "latest.py"], "an episode cannot be called 'latest'"),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_what_was_meant_is_said(project: Project, words: list[str], said: str) -> None:
    """An option, a name or a command that cannot be is refused before anything runs, with what may have been meant."""
    ran = project.type("record", *words)
    assert (2, "", 0) == (ran.exit_code, ran.stdout, project.drafts())
    assert said in ran.stderr


def test_options_behind_the_command_are_its_own(project: Project) -> None:
    """With or without `--`, what follows the command's first word belongs to the command."""
    project.write("agent.py", "import sys\nfrom talk import ask\nprint(ask(' '.join(sys.argv[1:])))\n")
    assert "--as x --yes!\n" == project.type("record", "python", "agent.py", "--as", "x", "--yes").stdout


def test_the_next_command_is_whole(project: Project) -> None:
    """A name with a space is quoted, and a store that was given is given again."""
    project.write("agent.py", "from talk import ask\nask('a')\n")
    ran = project.type("record", "--as", "my agent", "--store", "here.db", "--", "python", "agent.py")
    assert "next: replaykit replay 'my agent' --store here.db\n" in ran.stderr


def test_a_python_without_replaykit_is_refused(project: Project, tmp_path: Path) -> None:
    """Where `python` is one that knows no replaykit nothing would be recorded: the remedy is said instead."""
    venv.create(tmp_path / "bare", symlinks=True)
    project.write("agent.py", "print('ran')")
    ran = project.record(PATH=f"{tmp_path / 'bare' / 'bin'}{os.pathsep}{os.defpath}")
    assert (2, "") == (ran.exit_code, ran.stdout)
    assert "bare/bin/python has no replaykit: nothing would be recorded" in ran.stderr
    assert "install replaykit-llm there, or name the interpreter" in ran.stderr


# Ends.


@pytest.fixture
def waiting(project: Project) -> Iterator[tuple[Project, Server]]:
    """A project whose agent asks twice, and whose server keeps the second answer to itself."""
    with Server() as server:
        server.on("POST /ask", plain(b'{"said": "one"}'), chunked(b'{"said": ', server.gate(), b'"two"}'))
        project.variables["AGENT_BASE_URL"] = server.url
        project.write(
            "agent.py", "from talk import ask\nprint(ask('first'), flush=True)\nprint(ask('second'), flush=True)\n"
        )
        yield project, server


def _unfinished(episode: Episode) -> list[bytes]:
    """What was answered in a draft that says of itself that it was cut short."""
    assert not episode.finished
    return [step.response.body.data for step in episode.exchanges if step.response is not None]


def _asked_twice(server: Server) -> None:
    while len(server.requests) < 2:
        server.asked.clear()
        assert len(server.requests) >= 2 or server.asked.wait(PATIENCE)


def test_ctrl_c_leaves_a_draft(waiting: tuple[Project, Server]) -> None:
    """The interrupt reaches the program, ends us as it ended it, and leaves a readable draft marked unfinished."""
    project, server = waiting
    process = project.start("record", "--", "python", "agent.py")
    _asked_twice(server)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (-signal.SIGINT, "one\n") == (process.returncode, out)
    assert "KeyboardInterrupt" in err
    assert "the run was ended by a signal: the draft is kept, and marked as unfinished" in err
    assert b'{"said": "one"}' == _unfinished(project.episode())[0]


def test_a_killed_program_leaves_a_draft(project: Project) -> None:
    """SIGKILL in the middle of a run: what had finished is kept, and the exit code is a shell's."""
    project.write(
        "agent.py",
        "import os, signal\nfrom talk import ask\nask('a')\nask('b')\nos.kill(os.getpid(), signal.SIGKILL)\n",
    )
    ran = project.record()
    assert 128 + signal.SIGKILL == ran.exit_code
    assert [b'{"said": "a!"}', b'{"said": "b!"}'] == _unfinished(project.episode())


def test_killing_us_leaves_a_draft(waiting: tuple[Project, Server]) -> None:
    """SIGKILL of `replaykit` itself: what had finished is readable, and marked unfinished."""
    project, server = waiting
    process = project.start("record", "--", "python", "agent.py")
    _asked_twice(server)
    process.kill()
    process.wait(PATIENCE)
    assert [b'{"said": "one"}'] == _unfinished(project.episode())
    server.stop()
    process.communicate(timeout=PATIENCE)
