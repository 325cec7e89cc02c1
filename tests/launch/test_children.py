"""Every Python below a command announces itself, or is named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.core.model import Unseen
from replaykit.launch.children import HOOK, RUN, environment, spawner, uncovered
from tests.launch.conftest import ROOT, importing

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def covered(run: Path, **variables: str) -> dict[str, str]:
    """An environment whose Pythons announce themselves, without a session to start."""
    return environment(importing() | variables, run)


def python(script: str, env: Mapping[str, str], *flags: str) -> str:
    """What a script prints, on both streams."""
    command = [sys.executable, *flags, "-c", script]
    return subprocess.run(
        command, env=env, text=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ).stdout


def announced(run: Path) -> set[int]:
    """The processes that announced themselves, by start or by fork."""
    return {
        int(found) for found in re.findall(r"^\('(?:start|fork)', (\d+)", (run / "processes").read_text(), re.MULTILINE)
    }


def test_a_python_announces_itself(run: Path) -> None:
    """A child with our environment is covered, so that nothing is named."""
    spawner(run)([sys.executable, "-c", "pass"])
    python("pass", covered(run))
    assert () == uncovered(run)


def test_a_run_without_processes_has_nothing_to_name(run: Path) -> None:
    """No file of processes means that there were none."""
    assert () == uncovered(run)


@pytest.mark.parametrize("flag", ["-S", "-I", "-E"])
def test_a_python_that_nothing_can_enter_is_named(run: Path, flag: str) -> None:
    """A child with a flag that keeps us out is named, with the flag."""
    command = [sys.executable, flag, "-c", "pass"]
    spawner(run)(command)
    python("pass", covered(run), flag)
    (found,) = uncovered(run)
    assert f"started with {flag}" == found.how
    assert found.what.endswith(f"{flag} -c pass")


def test_a_cleaned_environment_is_named(run: Path) -> None:
    """A child that was given an environment without us never announces itself, and is counted."""
    for _ in range(2):
        spawner(run)([sys.executable, "-c", "pass"])
    python("pass", {})
    python("pass", covered(run))
    (found,) = uncovered(run)
    assert ("never announced itself", 1) == (found.how, found.times)


def test_a_command_that_does_not_exist_is_not_missed(run: Path) -> None:
    """A Python that could not be started at all is no gap; neither is a program that is none."""
    spawner(run)(["python9.99", "-c", "pass"])
    spawner(run)(["true"])
    assert () == uncovered(run)


def test_an_interpreter_without_replaykit_is_named(run: Path, tmp_path: Path) -> None:
    """Where replaykit cannot be imported, the interpreter is named, and the program runs on."""
    venv.create(tmp_path / "bare", symlinks=True)
    interpreter = str(tmp_path / "bare" / "bin" / "python")
    (run / "session.json").write_text("{}")
    env = environment({}, run)
    spawner(run)([interpreter, "-c", "print('ran')"])
    out = subprocess.run([interpreter, "-c", "print('ran')"], env=env, text=True, check=True, capture_output=True)
    assert ("ran\n", "") == (out.stdout, out.stderr)
    (found,) = uncovered(run)
    assert interpreter == found.what
    assert found.how.startswith("replaykit is missing from it: ModuleNotFoundError")


def test_a_session_that_does_not_start_is_said(run: Path) -> None:
    """A session that fails is named at the end, and seen at once."""
    (run / "session.json").write_text("no settings")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        python("import httpx2", environment(importing(), run))
    assert "json.decoder.JSONDecodeError" in caught.value.stdout
    (found,) = uncovered(run)
    assert found.how.startswith("its session did not start: ")


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_multiprocessing_children_announce_themselves(run: Path, tmp_path: Path, method: str) -> None:
    """Each way to make a process leaves its line, whatever its parent is."""
    script = tmp_path / "family.py"
    script.write_text(
        "import multiprocessing, os\n"
        "def tell(queue): queue.put(os.getpid())\n"
        "if __name__ == '__main__':\n"
        f"    context = multiprocessing.get_context({method!r})\n"
        "    queue = context.SimpleQueue()\n"
        "    children = [context.Process(target=tell, args=(queue,)) for _ in range(2)]\n"
        "    for child in children: child.start()\n"
        "    print(*[queue.get() for child in children])\n"
        "    for child in children: child.join()\n"
    )
    out = subprocess.run([sys.executable, str(script)], env=covered(run), text=True, check=True, capture_output=True)
    children = {int(word) for word in out.stdout.split()}
    assert 2 == len(children)
    assert children <= announced(run)


def test_what_we_shadow_runs_and_takes_its_place(run: Path, tmp_path: Path) -> None:
    """The sitecustomize that would have been found is found, and the path is what it would have been."""
    (tmp_path / "sitecustomize.py").write_text("print('theirs'); mark = 'set'\n")
    script = "import sys, sitecustomize as s; print(s.mark, s.__file__, sys.path)"
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    bare = python(script, {**os.environ, "PYTHONPATH": path})
    assert bare.startswith("theirs\nset ")
    assert bare == python(script, covered(run, PYTHONPATH=path))
    assert announced(run)


def test_what_we_shadow_fails_as_ever(run: Path, tmp_path: Path) -> None:
    """An error in the shadowed sitecustomize is reported as without us, and we are there all the same."""
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('theirs')\n")
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    bare = python("print('ran')", {**os.environ, "PYTHONPATH": path})
    assert "ValueError: theirs" in bare
    assert bare == python("print('ran')", covered(run, PYTHONPATH=path))
    assert announced(run)


def test_the_hook_costs_next_to_nothing(run: Path) -> None:
    """Announcing takes less than 15 ms of a child's start, by the interpreter's own account."""
    costs = []
    for _ in range(3):
        account = python("pass", covered(run), "-X", "importtime")
        costs += [int(found) for found in re.findall(r"\| +(\d+) \| +sitecustomize", account)]
    assert min(costs) < 15_000


CARRYING = "import json, os, subprocess, sys; from replaykit.launch.children import carry; undo = carry()\n"


def test_a_new_environment_is_carried_on(run: Path) -> None:
    """A Python that is started with an environment of its own is covered, its variables untouched."""
    child = "import os, sys; print(sorted(os.environ), os.environ['PYTHONPATH'], os.environ['A'])"
    starts = CARRYING + (
        f"given = {{'PYTHONPATH': 'src', 'A': 'b'}}\n"
        f"for command in ([sys.executable, '-c', {child!r}], ['env', sys.executable, '-c', {child!r}]):\n"
        "    subprocess.run(command, env=given, check=True)\n"
        "assert given == {'PYTHONPATH': 'src', 'A': 'b'}\n"
    )
    lines = python(starts, covered(run)).splitlines()
    assert 2 == len(lines)
    assert [True] * 2 == [f"{HOOK}{os.pathsep}src b" in line and RUN in line for line in lines]
    assert 3 == len(announced(run))


def test_other_programs_get_what_they_are_given(run: Path) -> None:
    """A program that is no Python finds nothing of ours in an environment of its own; nor does anyone after `undo`."""
    starts = CARRYING + (
        "print(subprocess.run(['env'], env={'A': 'b'}, capture_output=True).stdout)\n"
        "undo()\n"
        "show = 'import os; print(sorted(os.environ))'\n"
        "print(subprocess.run([sys.executable, '-c', show], env={'LC_ALL': 'C'}, capture_output=True).stdout)\n"
        "print(subprocess.Popen.__init__.__qualname__)"
    )
    expected = "b'A=b\\n'\nb\"['LC_ALL']\\n\"\nPopen.__init__\n"
    assert expected == python(starts, covered(run))


def test_a_changed_environment_is_mended(run: Path) -> None:
    """A program that empties its own environment still has children that are covered."""
    starts = CARRYING + (
        "os.environ.clear()\n"
        "subprocess.run([sys.executable, '-c', 'pass'], check=True)\n"
        "subprocess.run(f'{sys.executable} -c pass', shell=True, check=True)\n"
    )
    python(starts, covered(run))
    assert 3 == len(announced(run))


def test_carrying_changes_no_errors(run: Path) -> None:
    """A call that is wrong fails as it does without us."""
    starts = CARRYING + (
        "for call in (lambda: subprocess.Popen(), lambda: subprocess.Popen(['true'], nonsense=1)):\n"
        "    try: call()\n"
        "    except TypeError as error: print('nonsense' in str(error) or 'args' in str(error))\n"
    )
    assert "True\nTrue\n" == python(starts, covered(run))


def test_a_script_is_known_by_its_first_line(run: Path, tmp_path: Path) -> None:
    """A script with a #! line that starts Python is matched with the process it became."""
    script = tmp_path / "tool"
    script.write_text(f"#!{sys.executable}\nprint('ran')\n")
    script.chmod(0o755)
    spawner(run)([str(script)])
    assert 1 == len(uncovered(run))
    subprocess.run([str(script)], env=covered(run), check=True, capture_output=True)
    assert () == uncovered(run)


def write(run: Path, *records: tuple[Any, ...]) -> None:
    """The file of processes with these lines."""
    (run / "processes").write_text("".join(f"{record!a}\n" for record in records))


commands = st.lists(
    st.lists(st.text(min_size=1, max_size=8), max_size=3).map(lambda words: (sys.executable, *words)), max_size=6
)


@settings(max_examples=40)
@given(commands, commands)
def test_what_did_not_announce_itself_is_what_is_named(present: list[Any], absent: list[Any]) -> None:
    """As many Pythons are named as were started and not announced, whatever their arguments are."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        starts = [("start", 1, words) for words in present]
        write(Path(folder), *starts, *[("spawn", 1, words) for words in present + absent])
        assert len(absent) == sum(found.times for found in uncovered(folder))


def test_half_a_line_hurts_nobody(run: Path) -> None:
    """A line that was cut short by a full disk is passed over."""
    write(run, ("missing", 1, "/usr/bin/python3", "gone"))
    with (run / "processes").open("a") as file:
        file.write("('spawn', 3, ('pyth")
    assert (Unseen("/usr/bin/python3", "replaykit is missing from it: gone"),) == uncovered(run)


def test_the_environment_names_the_run_alone(run: Path) -> None:
    """A command's environment has the run's folder, and our hook before what was there."""
    whole = environment({"PYTHONPATH": "a:b", "HOME": "/h"}, run)
    assert {"HOME": "/h", RUN: str(run), "PYTHONPATH": f"{HOOK}:a:b"} == whole
    assert whole == environment(whole, run)


def test_a_run_within_a_run_has_its_own_children(run: Path, tmp_path: Path) -> None:
    """A child that is given another run, as by `replaykit replay` below `replaykit record`, is that one's."""
    inner = tmp_path / "inner"
    inner.mkdir()
    starts = CARRYING + (
        f"subprocess.run([sys.executable, '-c', 'pass'], check=True, env={{**os.environ, {RUN!r}: {str(inner)!r}}})"
    )
    python(starts, covered(run))
    assert (1, 1) == (len(announced(run)), len(announced(inner)))
