"""`replaykit replay`: the same run again, or the first thing that differs."""

from __future__ import annotations

import itertools
import os
import signal
import venv
from typing import TYPE_CHECKING

import pytest

from replaykit.launch.isolate import isolated
from tests.cli.conftest import copied, settle
from tests.cli.scripts import LIGHT, TRAVEL
from tests.cli.stage import PATIENCE
from tests.servers.models import anthropic_error, anthropic_messages
from tests.servers.script import document, plain
from tests.servers.wire import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.stage import Project

KEY = "sk-live-9fK2mQ8xLp7VtR3w"

MACHINE = """
import os, sys, time
import anthropic
print(hash("order of sets"), time.tzname, sys.stdin.read(), os.environ["AGENT_MODEL"])
"""
"""Prints what a replay has to restore: seed, zone, input, declared environment."""


@pytest.fixture(scope="module")
def travel(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A recorded journey on the real SDK; the server has gone, the key and all variables are set no more."""
    with Server() as server:
        limited = anthropic_error(429, "rate_limit_error", (("retry-after-ms", "1"),))
        server.on("POST /v1/messages", limited, anthropic_messages)
        server.on("GET /weather", plain(b"sunny"))
        project = settle(tmp_path_factory.mktemp("travel") / "project", server)
        project.write("agent.py", MACHINE + TRAVEL)
        ran = project.record(
            stdin="typed",
            ANTHROPIC_API_KEY=KEY,
            AGENT_MODEL="claude-x",
            TZ="Asia/Tokyo",
            PYTHONHASHSEED="11",
        )
    assert 0 == ran.exit_code, ran.stderr
    project.variables.clear()
    project.write("expected.txt", ran.stdout)
    project.write("summary.txt", ran.stderr)
    return project


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same journey, recorded without an SDK."""
    with Server() as server:
        server.on("POST /v1/messages", anthropic_messages)
        server.on("GET /weather", plain(b"sunny"))
        project = settle(tmp_path_factory.mktemp("light") / "project", server)
        project.write("agent.py", LIGHT)
        ran = project.record()
    assert (0, "You said: sunny, seat 7A\n") == (ran.exit_code, ran.stdout), ran.stderr
    project.variables.clear()
    return project


@pytest.fixture
def journey(light: Project, tmp_path: Path) -> Project:
    """A copy of it, to be changed."""
    return copied(light, tmp_path / "copy")


def change(project: Project, before: str, after: str) -> None:
    """The agent, edited."""
    path = project.folder / "agent.py"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


ROME = """
import contextlib
with contextlib.suppress(Exception):
    ask({"role": "user", "content": "Rome?"})
"""

BEYOND = """
import contextlib, urllib.request
with contextlib.suppress(OSError):
    urllib.request.urlopen("http://192.0.2.1/")
"""

PROMPT = ("You always answer", "You never answer")


def test_the_summary_counts_as_people_do(travel: Project) -> None:
    """A retry belongs to its call; a model call, a request and a call of a local function are three things."""
    assert (travel.folder / "expected.txt").read_text().endswith("\nYou said: sunny, seat 7A\nYou said: Bye\n")
    summary = (travel.folder / "summary.txt").read_text()
    assert "   3 model calls · 1 request · 1 tool call · " in summary
    assert " · 57 tokens\n" in summary


def test_the_same_without_network_and_key(travel: Project) -> None:
    """Without server, key and variables: the same output, seed, zone, input and environment; the tool does not run."""
    ran = travel.replay()
    assert 0 == ran.exit_code, ran.stderr
    assert (travel.folder / "expected.txt").read_text() == ran.stdout
    assert "booking" not in ran.stderr
    (first,) = ran.stderr.splitlines()
    assert "   same: 5 same · " in first
    assert first.endswith(" · guarded")


def test_a_changed_prompt_is_a_difference(journey: Project) -> None:
    """The program is ended at its first miss; the account says which words changed, and nothing of what came after."""
    change(journey, *PROMPT)
    ran = journey.replay()
    assert 1 == ran.exit_code
    assert "different: 1 not recorded, 4 not reached" in ran.stderr
    assert 'turn 1, system prompt: "always" → "never"' in ran.stderr
    assert "replaykit record --again agent" in ran.stderr
    assert "the run was ended here" in ran.stderr
    assert 1 == ran.stderr.count("not reached")
    assert "Traceback" not in ran.stderr
    for beside in ("never asked for", "exit code", "stdout line"):
        assert beside not in ran.stderr


@pytest.mark.parametrize(
    "after",
    ["except Exception: print('swallowed')", "except Exception: __import__('threading').Event().wait()"],
    ids=["swallowed", "hung"],
)
def test_a_miss_cannot_be_hidden(journey: Project, after: str) -> None:
    """A program that catches the exception and goes on, or hangs on it, is ended at the miss all the same."""
    change(journey, *PROMPT)
    text = (journey.folder / "agent.py").read_text()
    journey.write("agent.py", "try:\n" + "".join(f"    {line}\n" for line in text.splitlines()) + after)
    ran = journey.replay()
    assert 1 == ran.exit_code
    assert "swallowed" not in ran.stdout
    assert "not recorded: turn 1 of agent" in ran.stderr


def test_keep_going_collects_more(journey: Project) -> None:
    """With --keep-going the program hears of each miss and goes on, and what was not asked for is said, too."""
    change(journey, *PROMPT)
    change(journey, 'question = {"role"', ROME + 'question = {"role"')
    report = journey.replay("agent", "--keep-going", "--json").json
    assert ("different", 2, 0) == (report["verdict"], report["not_recorded"], report["not_reached"])
    assert {"not_recorded", "never_asked_for", "output"} == {each["kind"] for each in report["differences"]}


def test_json_stands_alone_on_stdout(journey: Project) -> None:
    """The program's output is not in the way; the verdict, the counts and the differences are there."""
    change(journey, *PROMPT)
    ran = journey.replay("agent", "--json")
    report = ran.json
    assert (1, "different", 1, 4, 0) == (
        ran.exit_code,
        report["verdict"],
        report["not_recorded"],
        report["not_reached"],
        report["never_asked_for"],
    )
    miss, end = report["differences"]
    assert ("not_recorded", 1) == (miss["kind"], miss["step"])
    assert ("ended", 4) == (end["kind"], end["not_reached"])
    assert [
        {
            "place": "turn 1, system prompt",
            "kind": "changed",
            "before": "You always answer politely.",
            "after": "You never answer politely.",
        }
    ] == miss["places"]


def test_json_of_several_episodes_is_a_list(light: Project) -> None:
    """Each episode has its verdict, and the gravest is the exit code."""
    ran = light.replay("agent", "latest", "--json")
    assert (0, ["same", "same"]) == (ran.exit_code, [each["verdict"] for each in ran.json])


def test_a_program_that_hangs_is_ended_in_time(journey: Project) -> None:
    """--timeout ends it, and the verdict says so, without a word on what the program did not come to."""
    change(journey, 'print(answer[0]["text"])', "import threading; threading.Event().wait()")
    ran = journey.replay("agent", "--timeout", "1.5")
    assert 1 == ran.exit_code
    assert "the run was ended after 1." in ran.stderr
    assert "(--timeout)" in ran.stderr
    assert "stdout line" not in ran.stderr


def test_ctrl_c_ends_a_replay(journey: Project) -> None:
    """The interrupt ends the program, then us as it ended it; it is never the same, and the next one is not begun."""
    change(
        journey, 'print(answer[0]["text"])', "import threading; print('ready', flush=True); threading.Event().wait()"
    )
    process = journey.start("replay", "agent", "agent")
    assert process.stdout is not None
    assert "ready\n" == process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (-signal.SIGINT, "") == (process.returncode, out)
    assert 1 == err.count("agent (draft episode_")
    assert "   different: 4 same · " in err
    assert "the run was ended by SIGINT" in err


INTERRUPTED = """
import signal, sys, threading
from talk import ask
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(ask("a"), flush=True)
threading.Event().wait()
"""


def test_a_replay_that_was_interrupted_is_never_the_same(project: Project) -> None:
    """Not where the recorded run was interrupted at the same place, nor where the program ends well on the signal."""
    project.write("agent.py", INTERRUPTED)
    for words in (("record", "--", "python", "agent.py"), ("replay", "agent")):
        process = project.start(*words)
        assert process.stdout is not None
        assert "a!\n" == process.stdout.readline()
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
    assert (1, True) == (process.returncode, "the run was ended by SIGTERM" in err), err


def test_what_nobody_asked_for_is_a_difference(journey: Project) -> None:
    """A recorded step that the program does not come to any more fails the verdict, and is named."""
    change(journey, 'client.get("/weather").text', '"sunny"')
    ran = journey.replay()
    assert 1 == ran.exit_code
    assert "different: 3 same, 1 never asked for" in ran.stderr
    assert "step 2 was never asked for: GET 127.0.0.1:" in ran.stderr


def test_what_was_sent_differently_is_a_difference(journey: Project) -> None:
    """Another API version under the same body is served, said and fails the verdict."""
    change(journey, "2026-10-21", "2027-01-01")
    ran = journey.replay()
    assert 1 == ran.exit_code
    assert "different: 1 same, 3 sent differently" in ran.stderr
    assert "sent differently ×3, steps 1, 2 and 4: anthropic-version 2026-10-21 → 2027-01-01" in ran.stderr
    assert 1 == ran.stderr.count("2027-01-01")


def test_connections_beyond_this_machine_are_refused(journey: Project) -> None:
    """Another library that goes out is refused with an error that it knows, and the verdict names it."""
    change(journey, 'print(answer[0]["text"])', 'print(answer[0]["text"])' + BEYOND)
    ran = journey.replay()
    assert 0 == ran.exit_code, ran.stderr
    assert "refused, for it is not from the episode: 192.0.2.1 ×1 (http.client)" in ran.stderr
    assert "ran for real" not in ran.stderr
    assert 0 == journey.replay("agent", "--strict").exit_code


@pytest.mark.skipif(isolated(["true"]).command is None, reason="this machine gives no network namespaces")
def test_isolated_there_is_no_network_at_all(journey: Project) -> None:
    """--isolate runs the command where even loopback leads nowhere, and the verdict says isolated."""
    ran = journey.replay("agent", "--isolate")
    assert 0 == ran.exit_code, ran.stderr
    assert " · isolated\n" in ran.stderr


def test_an_unknown_episode(light: Project) -> None:
    """Exit code 2, with the names that come nearest."""
    ran = light.replay("agnet")
    assert (2, "") == (ran.exit_code, ran.stdout)
    assert "no episode 'agnet'" in ran.stderr
    assert "did you mean agent" in ran.stderr


def test_all_are_found_before_one_runs(light: Project) -> None:
    """An episode that is not there ends the command before any other has run."""
    ran = light.type("replay", "agent", "nope")
    assert (2, "") == (ran.exit_code, ran.stdout)
    assert "no episode 'nope'" in ran.stderr
    assert "same" not in ran.stderr


def test_input_that_nobody_reads_is_said(light: Project) -> None:
    """What is piped into a replay is left unread, and that is said; an empty pipe is not worth a word."""
    note = "note: standard input was left unread"
    assert note in light.type("replay", "agent", stdin="typed").stderr
    assert note not in light.replay().stderr


@pytest.mark.parametrize("given", ["x", "0", "-1", "nan"])
def test_a_time_that_is_none(light: Project, given: str) -> None:
    """--timeout takes seconds, and says so."""
    ran = light.replay("agent", "--timeout", given)
    assert (2, True) == (ran.exit_code, f"'{given}' is not a number of seconds" in ran.stderr), ran.stderr


def test_an_episode_without_steps_is_no_replay(project: Project) -> None:
    """Where nothing was asked for there is nothing to be the same: exit code 2, before anything runs."""
    project.write("agent.py", "print('ran')")
    project.record()
    ran = project.replay()
    assert (2, "") == (ran.exit_code, ran.stdout)
    assert "has no steps: a replay of it would prove nothing" in ran.stderr


BESIDE = """
import subprocess, sys
from urllib.request import urlopen
from talk import URL, ask
print(ask("a"))
urlopen(URL.removesuffix("/ask") + "/beside")
subprocess.run(["sort", "--version"], stdout=subprocess.DEVNULL)
subprocess.run([sys.executable, "-S", "-c", "pass"])
"""


def test_what_ran_for_real_is_said_first(project: Project, model: Server) -> None:
    """Connections to this machine and programs beside the episode stand under the counts; --strict fails on them."""
    model.on("GET /beside", plain(b"ok"))
    project.write("agent.py", BESIDE)
    project.record()
    ran = project.replay()
    beside = "127.0.0.1 ×1 (http.client), sort ×1 (subprocess), python -S -c pass ×1 (started with -S)"
    assert (0, f"ran for real, beside the episode: {beside}") == (ran.exit_code, ran.stderr.splitlines()[1])
    strict = project.replay("agent", "--strict", "--json")
    assert (1, "same") == (strict.exit_code, strict.json["verdict"])
    assert ["127.0.0.1", "sort", "python -S -c pass"] == [each["what"] for each in strict.json["beside"]]


CRASHES = """
import urllib.request
from talk import ask
print(ask("a"))
urllib.request.urlopen("http://192.0.2.1/")
print(ask("b"))
print(ask("c"))
"""


def test_a_program_that_crashes_is_explained_by_its_cause(project: Project) -> None:
    """Where it ended and what it reached for come first; the steps and lines that are missing are counted."""
    project.write("agent.py", CRASHES.replace("urllib.request.urlopen", "str"))
    project.record()
    project.write("agent.py", CRASHES)
    ran = project.replay()
    told = ran.stderr[ran.stderr.index("agent (draft") :].splitlines()
    assert [
        "refused, for it is not from the episode: 192.0.2.1 ×1 (http.client)",
        "",
        (
            "the program ended with exit code 1 (recorded: 0) after step 1; 2 recorded steps were not reached; "
            "it called 192.0.2.1 (http.client), which is not in the episode; 2 outputs of the recorded run are missing"
        ),
    ] == told[1:]


def test_an_interpreter_from_elsewhere_is_replaced(journey: Project, tmp_path: Path) -> None:
    """Where `python` is one that knows no replaykit, ours runs the episode; in an active environment it is refused."""
    venv.create(tmp_path / "bare", symlinks=True)
    path = f"{tmp_path / 'bare' / 'bin'}{os.pathsep}{os.defpath}"
    assert 0 == journey.replay("agent", PATH=path).exit_code
    refused = journey.replay("agent", PATH=path, VIRTUAL_ENV=str(tmp_path / "bare"))
    assert 2 == refused.exit_code
    assert "has no replaykit" in refused.stderr


CHILDREN = """
import multiprocessing, sys
import httpx2
from talk import ask

def child(queue):
    queue.put(ask("the same"))

if __name__ == "__main__":
    httpx2.Client().close()  # imports what eight forks would import each for itself
    context = multiprocessing.get_context(sys.argv[1] if sys.argv[1:] else "fork")
    queue = context.SimpleQueue()
    children = [context.Process(target=child, args=(queue,)) for _ in range(8)]
    for each in children:
        each.start()
    print(sorted(queue.get() for each in children))
    for each in children:
        each.join()
"""


def test_several_processes_share_one_cursor(project: Project) -> None:
    """Eight children that ask for the same get each of the eight recorded answers exactly once."""
    count = itertools.count()
    with Server() as server:
        server.on("POST /ask", lambda _asked: document({"said": f"answer {next(count)}"}))
        project.write("agent.py", CHILDREN)
        recorded = project.record(AGENT_BASE_URL=server.url)
    ran = project.replay()
    assert str([f"answer {n}" for n in range(8)]) + "\n" == recorded.stdout == ran.stdout
    assert (0, True) == (ran.exit_code, "same: 8 same" in ran.stderr), ran.stderr


FRESH = """
import datetime, uuid
from talk import ask
now = datetime.datetime.now(datetime.timezone.utc).isoformat()
print(ask(f"job {uuid.uuid4()} at {now}"))
print(ask("plain"))
"""


def test_what_is_new_in_every_run_is_the_same_after_rules(project: Project) -> None:
    """A fresh id and the current time fold, in requests and outputs, and the verdict names both rules."""
    project.write("agent.py", FRESH)
    recorded = project.record()
    ran = project.replay()
    assert 0 == ran.exit_code, ran.stderr
    assert "same: 1 same, 1 same after rules (" in ran.stderr
    assert 2 == ran.stderr.count("\nby rules: ")
    assert "\nby rules: id in step 1, " in ran.stderr
    assert {"id", "time"} == {each["kind"] for each in project.replay("agent", "--json").json["rules"]}
    assert recorded.stdout != ran.stdout
