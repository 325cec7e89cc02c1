"""Pages: what a reviewer sees of an episode, and that nothing else moves in it."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from replaykit import cassette
from replaykit.cassette.page import page, verify
from replaykit.core.model import Body, Episode, Exchange, Origin, Outputs, Request, ToolCall
from tests.gold.compare import gold
from tests.report.scenes import (
    PROMPT,
    Claude,
    Run,
    answered,
    call,
    fetched,
    kept,
    mixed,
    posted,
    printed,
    result,
    text,
    travel,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NASTY = (
    "ends in a space \n\tbegins with a tab\r\nNUL \0, a lone \ud800, \ufeff and \u2028, \U0001f469\u200d\U0001f680\n"
)
"""What YAML cannot hold literally, each in a line."""


def episode(run: Run, **more: Any) -> Episode:
    return Episode("episode_k3v9q2", "support", span=run.span, steps=tuple(run.steps), **more)


def hunks(before: str, after: str) -> list[list[str]]:
    """The changed lines between two pages, each run of them as one hunk."""
    lines = list(difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=0))[2:]
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("@@"):
            found.append([])
        else:
            found[-1].append(line)
    return found


def read(run: Run) -> list[dict[str, Any]]:
    """The steps of a run's page, as YAML has them."""
    steps: list[dict[str, Any]] = yaml.safe_load(page(episode(run)))["steps"]
    return steps


@pytest.mark.parametrize("scene", [travel, mixed], ids=["travel", "mixed"])
def test_a_page_reads_as_the_gold_file_has_it(scene: Callable[..., Run], store: Path) -> None:
    """Outputs first, then the steps, each with what it added."""
    shown = page(kept(store, scene()))
    assert gold(f"{scene.__name__}.yaml", shown) == shown


@pytest.mark.parametrize("scene", [travel, mixed], ids=["travel", "mixed"])
def test_recording_again_changes_nothing(scene: Callable[..., Run], store: Path) -> None:
    """Other ids, times, ports, folders and durations give the same page, byte for byte."""
    first = page(kept(store, scene(0)))
    assert first == page(kept(store, scene(1)))
    assert first == page(kept(store, scene(2)))


@pytest.mark.parametrize("scene", [travel, mixed], ids=["travel", "mixed"])
def test_both_readers_of_yaml_take_a_page(scene: Callable[..., Run]) -> None:
    """PyYAML and libyaml read the same from it."""
    shown = page(episode(scene()))
    assert yaml.safe_load(shown) == yaml.load(shown, yaml.CSafeLoader)


def test_a_changed_prompt_is_one_hunk() -> None:
    """One word of the system prompt is one line out and one in."""
    changed = PROMPT.replace("Celsius", "Fahrenheit")
    ((out, into),) = hunks(page(episode(travel())), page(episode(travel(prompt=changed))))
    assert "-    Name degrees in Celsius." == out
    assert "+    Name degrees in Fahrenheit." == into


def test_an_inserted_call_is_one_insertion() -> None:
    """A call more, in the middle of a run, moves nothing below it."""
    (found,) = hunks(page(episode(travel())), page(episode(travel(extra=True))))
    assert all(line.startswith("+") for line in found)


def test_an_inserted_question_is_one_insertion() -> None:
    """Another agent's question between two of a conversation is told where it stands, and nowhere else."""

    def scene(*, extra: bool) -> Run:
        run = Run()
        agent = Claude(run)
        agent.ask("Pack for Lisbon.", text("A raincoat."))
        if extra:
            Claude(run, "You judge answers.", tools=()).ask("Is a raincoat wise?", text("Yes."))
        agent.ask("And for Oslo?", text("Boots."))
        return run

    (found,) = hunks(page(episode(scene(extra=False))), page(episode(scene(extra=True))))
    assert all(line.startswith("+") for line in found)
    assert '+  conversation: that of "Pack for Lisbon."' in found


def test_a_page_grows_with_what_is_said() -> None:
    """200 turns take no more than 1.3 times the text of the last request and all answers."""
    run = Run()
    claude = Claude(run)
    for turn in range(100):
        said = f"Read file {turn}, which says: " + " ".join(f"word{turn}{number}" for number in range(120))
        wanted = call(run, "read_file", path=f"src/module_{turn}.py")
        claude.ask(said, text(f"I look at file {turn} now."), wanted)
        claude.ask([result(wanted, said)], text(f"File {turn} is fine, and here is why: " + "it is short. " * 20))
    last = run.steps[-1]
    assert isinstance(last, Exchange)
    answers = sum(len(printed(message["content"])) for message in claude.messages if message["role"] == "assistant")
    assert len(page(episode(run)).encode()) <= 1.3 * (last.request.body.size + answers)


@pytest.mark.parametrize("place", ["system", "user", "answer"])
def test_text_is_exact(place: str) -> None:
    """What YAML cannot hold literally comes back from it as it was said."""
    run = Run()
    agent = Claude(run, NASTY if place == "system" else PROMPT)
    agent.ask(NASTY if place == "user" else "Hi.", text(NASTY if place == "answer" else "Hello."), stream=False)
    (step,) = read(run)
    assert NASTY == {"system": step["system"], "user": step["asks"][0]["user"], "answer": step["answers"]}[place]


def test_escaped_text_is_told_line_by_line() -> None:
    """A text with one bad line still is a line of the page for each of its own."""
    run = Run()
    Claude(run).ask("one\ntwo \n three\tfour\n", text("Fine."))
    assert '  - user: "one\\n\\\n      two \\n\\\n      \\ three\\tfour\\n"\n' in page(episode(run))


def test_outputs_come_first() -> None:
    """A reviewer sees what came out before how it came about."""
    shown = page(episode(travel(), outputs=Outputs(b"Take a raincoat.\n", 0)))
    assert 0 < shown.index("\noutputs:") < shown.index("\nsteps:")


def test_two_agents_that_take_turns_are_told_apart() -> None:
    """Interleaved conversations show only what each of them added."""
    run = Run()
    one, two = Claude(run, "You are one."), Claude(run, "You are two.")
    for turn in range(3):
        one.ask(f"first {turn}", text("1"))
        two.ask(f"second {turn}", text("2"))
    steps = read(run)
    assert [[{"user": f"{who} {turn}"}] for turn in range(3) for who in ("first", "second")] == [
        step["asks"] for step in steps
    ]
    assert [True, True, False, False, False, False] == ["system" in step for step in steps]


def test_a_history_that_drops_its_oldest_turns_is_no_new_one() -> None:
    """A sliding window shows what it added, and how much it forgot."""
    run = Run()
    agent = Claude(run)
    for number in range(3):
        agent.ask(f"question {number}", text(f"answer {number}"))
    del agent.messages[:2]
    agent.ask("question 3", text("answer 3"))
    last = read(run)[-1]
    assert "2 turns" == last["forgets"]
    assert [{"user": "question 3"}] == last["asks"]


def test_thinking_that_is_not_sent_back_is_no_change() -> None:
    """A program may leave thinking out of the history; the answer is not told again for that."""
    run = Run()
    agent = Claude(run)
    agent.ask("Hi.", {"type": "thinking", "thinking": "Greet."}, text("Hello."), stream=False)
    agent.messages[-1] = {"role": "assistant", "content": [text("Hello.")]}
    agent.ask("Bye.", text("Goodbye."))
    first, second = read(run)
    assert [{"thinking": "Greet."}, {"text": "Hello."}] == first["answers"]
    assert [{"user": "Bye."}] == second["asks"]


def test_the_same_question_again_says_so() -> None:
    """Asking twice is told, though nothing was added."""
    run = Run()
    agent = Claude(run)
    agent.ask("Roll a die.", text("4"))
    del agent.messages[:]
    agent.ask("Roll a die.", text("2"))
    assert "the same again" == read(run)[1]["asks"]


def test_a_clock_in_the_prompt_is_told_once() -> None:
    """A system prompt that names the present moment is not shown again with every request."""
    run = Run()
    agent = Claude(run)
    for second in range(3):
        agent.system = f"It is 2026-11-01T12:00:0{second}Z. Be brief."
        agent.ask(f"question {second}", text("answer"))
    first, *others = read(run)
    assert "It is ⟨now⟩. Be brief." == first["system"]
    assert not any("system" in step for step in others)


def test_a_changed_system_prompt_shows_the_lines_that_changed() -> None:
    """Where a long prompt changes within a run, only the changed lines are told."""
    run = Run()
    agent = Claude(run, "\n".join(f"Rule {number} of the house." for number in range(30)))
    agent.ask("Hi.", text("Hello."))
    agent.system = agent.system.replace("Rule 7 of", "Law 7 of")
    agent.ask("Bye.", text("Goodbye."))
    assert "-Rule 7 of the house.\n+Law 7 of the house." == read(run)[1]["system, changed lines"]


def test_another_day_stays_what_it_is() -> None:
    """Only now and today have names; 24 December and a digest of content are told as they were."""
    run = Run()
    Claude(run).ask(f"Today is 2026-11-01. Fly on 2026-12-24 with {'0a1b' * 10}.", text("Done."))
    assert [{"user": f"Today is ⟨today⟩. Fly on 2026-12-24 with {'0a1b' * 10}."}] == read(run)[0]["asks"]


def test_a_long_body_is_cut_and_still_shows_a_change() -> None:
    """A body beyond what one reads stands with its beginning and a digest, so that a change far behind shows."""

    def shown(end: str) -> str:
        run = Run()
        run.exchange(fetched("https://long.example/"), answered(("word " * 2_000 + end).encode(), kind="text/plain"))
        told: str = read(run)[0]["answers"]
        return told

    assert re.search(r"… 6,003 characters more, digest [0-9a-f]{16}$", shown("one"))
    assert len(shown("one")) < 5_000
    assert shown("one") != shown("two")


def test_a_multipart_boundary_is_no_difference() -> None:
    """The boundary of an upload, drawn anew each time, has a name."""

    def shown(boundary: str) -> str:
        run = Run()
        body = f"--{boundary}\r\nname\r\n--{boundary}--".encode()
        headers = (("content-type", f"multipart/form-data; boundary={boundary}"),)
        run.exchange(Request("POST", "https://up.example/", headers, Body.of(body)), answered(b""))
        return page(episode(run))

    assert shown("x1y2z3") == shown("k3v9q2")


def test_json_nested_beyond_reason_is_told_as_text() -> None:
    """A value that no reader of YAML could follow stands as compact JSON below a certain depth."""
    value: Any = 1
    for _ in range(300):
        value = {"a": value}
    run = Run()
    run.step(ToolCall("dig", printed(value), b"null"))
    deep, levels = read(run)[0]["arguments"], 0
    while isinstance(deep, dict):
        deep, levels = deep["a"], levels + 1
    assert levels < 30
    for _ in range(levels):
        value = value["a"]
    assert value == json.loads(deep)


def test_another_image_shows() -> None:
    """Images, alone or in a tool's result, stand as kind, size and digest, so that a changed one is seen."""

    def shown(letter: str) -> tuple[Any, Any]:
        run = Run()
        source = {"type": "base64", "media_type": "image/png", "data": letter * 400}
        agent, look = Claude(run), call(run, "look")
        agent.ask([{"type": "image", "source": source}], look)
        agent.ask([result(look, "") | {"content": [{"type": "image", "source": source}]}], text("Nice."))
        first, second = read(run)
        return first["asks"][0]["user"], second["asks"][0]["user"]

    (image,), (told,) = shown("A")
    assert re.fullmatch(r"image/png, 300 bytes, digest [0-9a-f]{16}", image["image"])
    assert {"result of call 1, look": "[image]", "which holds": image["image"].removeprefix("image/png, ")} == told
    assert all(ours != theirs for ours, theirs in zip(shown("A"), shown("B"), strict=True))


def test_big_numbers_are_exact() -> None:
    """An integer that no float holds stands on the page digit by digit."""
    run = Run()
    run.exchange(posted("https://big.example/", b'{"n":12345678901234567890123}'), answered(b'{"tiny":1e-07}'))
    (step,) = read(run)
    assert 12345678901234567890123 == step["sends"]["n"]
    assert 1e-07 == step["answers"]["tiny"]


# ------------------------------------------------------------------- verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the cassette of a run."""
    cassette.save(tmp_path / "cassettes", kept(tmp_path / "episodes.db", travel()))
    return tmp_path / "cassettes"


def test_a_saved_cassette_verifies(folder: Path) -> None:
    """Page and tape, as accepting writes them, belong together."""
    assert () == verify(folder)


def test_a_page_checked_out_with_crlf_verifies(folder: Path) -> None:
    """Line ends that git made of ours are no edit."""
    path = folder / "support.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert () == verify(folder)


def test_an_edited_page_is_refused_with_place_and_remedy(folder: Path) -> None:
    """The first line that is not the tape's is named, and what to do."""
    path = folder / "support.yaml"
    lines = path.read_text("utf-8").split("\n")
    number = next(at for at, line in enumerate(lines, start=1) if "raincoat" in line)
    path.write_text("\n".join(lines).replace("raincoat", "umbrella"), "utf-8")
    (problem,) = verify(folder)
    assert problem.startswith(f"{path}:{number}: not what its tape says")
    assert f"git checkout -- {path}" in problem
    assert "replaykit accept support" in problem


def test_a_tape_without_a_page_is_named(folder: Path) -> None:
    """A page that was forgotten in a commit is missed."""
    (folder / "support.yaml").unlink()
    (problem,) = verify(folder)
    assert problem.startswith(f"{folder / 'support.yaml'}: the tape has no page")


def test_a_page_without_its_tape_is_named(folder: Path) -> None:
    """A tape that was forgotten in a commit is missed."""
    (folder / "support.tape").unlink()
    (problem,) = verify(folder)
    assert problem.startswith(f"{folder / 'support.yaml'}: a page without its tape")


def test_a_damaged_tape_is_named(folder: Path) -> None:
    """A tape that was cut short is a problem, not an exception."""
    path = folder / "support.tape"
    path.write_bytes(path.read_bytes()[:-9])
    (problem,) = verify(folder)
    assert problem.startswith(f"{path}: ")


def test_other_yaml_in_the_folder_is_left_alone(folder: Path) -> None:
    """Cassettes of other tools may lie beside ours."""
    (folder / "theirs.yaml").write_text("interactions: []\nversion: 1\n", "utf-8")
    assert () == verify(folder)


def test_an_empty_folder_verifies(tmp_path: Path) -> None:
    """Where nothing was accepted yet, nothing is wrong."""
    assert () == verify(tmp_path / "nowhere")


def test_an_unfinished_run_says_so() -> None:
    """A page of a run that was killed does not pass for a whole one."""
    shown = page(replace(episode(travel()), finished=False))
    assert "\nfinished: false\n" in shown


def test_a_page_names_what_was_run() -> None:
    """A command stands there as typed; an episode of a block has none, and names its program."""
    origins = (Origin(("python", "agent.py")), Origin(program="rd.py"))
    told = [yaml.safe_load(page(Episode("episode_k3v9q2", "support", origin=origin))) for origin in origins]
    names = ("command", "program")
    assert [("python agent.py", None), (None, "rd.py")] == [tuple(map(each.get, names)) for each in told]
