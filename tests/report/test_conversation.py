"""`show` as text: the whole conversation, in a form that is harmless to any terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.model import Episode, Failure, ToolCall
from replaykit.report.clock import duration
from replaykit.report.conversation import conversation
from replaykit.report.terminal import plain, write
from tests.gold.compare import gold
from tests.report.scenes import Claude, Run, answered, fetched, kept, mixed, text, travel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Screen(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def episode(run: Run) -> Episode:
    return Episode("episode_k3v9q2", "support", span=run.span, steps=tuple(run.steps))


def shown(run: Run) -> str:
    return plain(conversation(episode(run)))


@pytest.mark.parametrize("scene", [travel, mixed], ids=["travel", "mixed"])
def test_a_conversation_reads_as_the_gold_file_has_it(scene: Callable[..., Run], store: Path) -> None:
    """Head, steps with times and tokens, outputs; real ids and times, as a person needs them here."""
    run = scene()
    found = plain(conversation(kept(store, run, id="episode_k3v9q2")))
    found = re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "(a random id)", found)
    assert gold(f"{scene.__name__}.txt", found) == found


def test_recorded_text_gives_no_orders_to_the_terminal() -> None:
    """Escape sequences, backspaces and bidirectional overrides are spelled out, wherever they stand."""
    evil = "\x1b[2J\x08\u202e\r"
    run = Run()
    Claude(run, evil, tools=[{"name": evil}]).ask(evil, text(evil), {"type": evil}, stream=False)
    run.exchange(fetched(f"https://a.example/{evil}"), answered(evil.encode(), kind=evil))
    run.step(ToolCall(evil, b'{"a":1}', failure=Failure(evil, evil), hidden=(evil,)))
    told = episode(run)
    told = replace(told, name=evil, outputs=replace(told.outputs, stdout=evil.encode() + b"\xff"))
    found = plain(conversation(told))
    assert set() == {"\x1b", "\x08", "\u202e", "\r"} & {*found}
    assert found.count("\\x1b[2J") >= 9


def test_a_lone_surrogate_can_be_printed() -> None:
    """What cannot be encoded is spelled out, too."""
    run = Run()
    Claude(run).ask("a \ud800 b", text("Fine."))
    assert "a \\ud800 b" in shown(run).encode().decode()


def test_colours_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets styles, a pipe gets the same text without them."""
    monkeypatch.setenv("COLUMNS", "500")
    screen, pipe = Screen(), io.StringIO()
    for file in (screen, pipe):
        write(conversation(episode(travel())), file)
    assert "\x1b[" in screen.getvalue()
    assert "\x1b" not in pipe.getvalue()
    assert pipe.getvalue() == "".join(
        f"{line.rstrip()}\n" for line in re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    )


def test_markup_is_text() -> None:
    """What looks like a style or an emoji's name to the printer stays what it is."""
    run = Run()
    Claude(run).ask("[bold red]no[/] :smile:", text("Fine."))
    screen = Screen()
    write(conversation(episode(run)), screen)
    assert "[bold red]no[/] :smile:" in screen.getvalue()


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(0, "0 ms"), (999, "999 ms"), (1_240, "1.2 s"), (125_000, "2 min 05 s")]
)
def test_durations(milliseconds: int, words: str) -> None:
    """A length of time in the unit that one can read."""
    assert words == duration(milliseconds)


def test_nothing_recorded() -> None:
    """An episode without steps says so."""
    assert "no steps" in shown(Run())


def test_a_large_body_is_its_kind_and_size() -> None:
    """A megabyte of text is not poured over the terminal."""
    run = Run()
    run.exchange(fetched("https://big.example/"), answered(b"x" * 1_000_000, kind="text/plain"))
    assert "(text/plain, 1.0 MB)" in shown(run)
    assert len(shown(run)) < 1_000


def test_every_step_says_when_and_how_long() -> None:
    """Time since the beginning, duration and tokens stand beside each step."""
    first: Any = shown(travel()).split("\n\n")[1].split("\n")[0]
    assert "+0.10 s · 1.2 s · claude-sonnet-5-5 · 180 in (40 cached), 20 out" in first
