"""Pages as text: what stands in them, in which order, and that they grow with what was said."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from replaykit.core.model import Acceptance, Episode, Outputs, Span
from replaykit.report import html
from replaykit.report.cost import Bill
from replaykit.report.review import reviewed
from tests.report.html import agents, hostile
from tests.report.scenes import Claude, Run, kept, mixed, text, travel

if TYPE_CHECKING:
    from pathlib import Path

VOID = {"br", "input", "meta"}
SHAPES = {"circle", "line", "rect"}
"""Elements that have no end: of HTML, and of SVG, where they close themselves."""


class Reader(HTMLParser):
    """Reads a page as a browser would: what it says, and which elements are open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES, attrs

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "script" not in self.open:
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


def shown(episode: Episode, bill: Bill = agents.BILL) -> str:
    return Reader(html.episode(episode, bill)).text


def compared(before: Episode | None, after: Episode | None) -> str:
    return Reader(html.review([reviewed("support", before, after)])).text


def found(words: list[str], page: str) -> list[str]:
    """The words that the page has, in the order in which it has them."""
    return sorted((word for word in words if word in page), key=page.index)


@pytest.mark.parametrize("scene", [travel, mixed, agents.coder], ids=["travel", "mixed", "coder"])
def test_a_page_is_well_formed(scene: object) -> None:
    """Every element is closed where it should be, every name is given once, every link leads somewhere."""
    page = html.episode(agents.episode(scene()), agents.BILL)  # type: ignore[operator]
    reader = Reader(page)
    assert [] == reader.open
    assert sorted(set(reader.ids)) == sorted(reader.ids)
    assert set() == set(re.findall(r'href="#([^"]+)"', page)) - set(reader.ids)


def test_a_review_is_well_formed() -> None:
    """Also one of several episodes, new and gone ones among them, all of them hostile."""
    one, other = hostile.episode(), hostile.episode(1)
    names = [reviewed("a", one, other), reviewed("a", one, one), reviewed("b", None, one), reviewed("c", one, None)]
    page = html.review(names)
    reader = Reader(page)
    assert [] == reader.open
    assert sorted(set(reader.ids)) == sorted(reader.ids)
    assert set() == set(re.findall(r'href="#([^"]+)"', page)) - set(reader.ids)


def test_a_page_can_be_written() -> None:
    """Whatever was recorded, the page is UTF-8, and nothing in it reorders or hides a line."""
    for page in (html.episode(hostile.episode(), agents.BILL), html.review([reviewed("x", None, hostile.episode())])):
        assert page.encode().decode() == page
        assert None is re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
        assert {"script"} == {"script", "img", "iframe", "base"} & set(Reader(page).tags)


def test_an_episode_is_told_from_its_figures_to_its_steps() -> None:
    """Figures, what came out, what it was, the time line, the steps."""
    page = shown(agents.episode(agents.coder()))
    words = [
        "exit code 0",
        "What came out",
        "wrote src/fares.py",
        "About this run",
        "Time line",
        "1 model call: anthropic",
    ]
    assert words == found(words, page)
    for fact in (
        "python -m agents.mend --task 'nightly build'",
        "2026-11-01 12:00 UTC",
        "ANTHROPIC_API_KEY ×2",
        "api.tavily.com ×2 (urllib3), git ×1 (subprocess)",
        "anthropic 2.1.0, httpx2 2.0.3",
        "4f1c9e02ab77",
        "2,040 in (720 cached), 120 out",
    ):
        assert fact in page


def test_a_conversation_is_told_as_one() -> None:
    """Turns by who speaks, calls with their arguments, results, images by kind and size, failures by their words."""
    page = shown(agents.episode(agents.coder()))
    for said in (
        "user The nightly build is",
        "image image/png, 3,599 bytes, digest",
        "thinking, 54 words",
        'calls read_file { "path" : "src/fares.py" }',
        "result of search",
        "attempt 2",
        "tried before: status 529, after 300 ms",
        "GET https://tariffs.example/v2/fares?age=10 503",
        "failed ConnectError: [Errno 111] Connection refused",
        "failed PermissionError: not before the tests pass",
        "within a tool call",
        "a new conversation",
        "system prompt 178 characters",
        "4 tools read_file, search, run_tests, write_file",
    ):
        assert said in page


def test_cost_says_what_it_does_not_know() -> None:
    """A price that is unknown is unknown and never zero; prices stand with their day."""
    bare = agents.episode(Run())
    assert "cost $0.1837 without claude-tiny-9: unknown; genai-prices 0.2.3, prices of 2026-11-20" in shown(bare)
    assert "cost unknown x; table of today" in shown(bare, Bill(None, ("x",), "table of today"))
    assert "cost unknown no price table: pip install" in shown(bare, Bill(None, ("x",)))
    assert "cost none no model answered" in shown(bare, Bill())


def test_an_episode_that_did_nothing_has_a_page() -> None:
    """It says that there is nothing."""
    page = shown(Episode("episode_a", ""))
    for said in ("nothing was printed", "Nothing came through httpx, httpx2 or a tool.", "tokens unknown"):
        assert said in page


def test_a_run_without_times_has_no_time_line() -> None:
    """Where no times were kept, none are drawn."""
    run = agents.coder()
    run.steps = [replace(each, began=0, took=0) for each in run.steps]
    page = shown(agents.episode(run, span=Span()))
    assert ["About this run", "Steps"] == found(["About this run", "Time line", "Steps"], page)


def test_an_unfinished_run_says_so() -> None:
    """Its badge and its first figure."""
    page = shown(replace(agents.episode(travel()), finished=False))
    assert "draft unfinished" in page
    assert "ended by a signal" in page


def test_who_accepted_it_stands_there() -> None:
    """The latest decision first, with its reason."""
    history = (
        Acceptance("ada", 1_793_534_400.0, "a", "first"),
        Acceptance("bob", 1_793_620_800.0, "b", "shorter answers"),
    )
    page = shown(agents.episode(travel(), history=history))
    assert "bob 2026-11-02 12:00: shorter answers ada 2026-11-01 12:00: first" in page


def test_a_review_opens_with_five_lines_then_what_differed_first() -> None:
    """Then the rest by sort, then what came out, then step by step."""
    before, after = agents.episode(travel()), agents.episode(travel(1, prompt="You plan trips.", extra=True))
    after = replace(after, outputs=Outputs(b"Take a hat.\n", 0))
    page = compared(before, after)
    words = [
        *("outputs ", "turns 3", "tool calls 2", "tokens 1,080", "cost "),
        *("What differed first", "The program asked for something else", "system prompt", "What else differs"),
        *("steps 1", "a new step: GET", "What came out", "Step by step", "changed only", "1 step the same"),
    ]
    assert words == found(words, page)


def test_what_is_only_on_one_side_is_told_whole() -> None:
    """A step that was inserted stands there with all that it said."""
    page = compared(agents.episode(travel()), agents.episode(travel(1, extra=True)))
    assert '"days" : [ 14 , 15 , 11 ]' in page


def test_a_new_episode_is_told_whole() -> None:
    """There is nothing to compare it with."""
    page = compared(None, agents.episode(travel()))
    assert "support added" in page
    assert "All that it does 5 steps" in page
    assert "Take a raincoat. Your seat is 12A." in page


def test_recording_again_without_a_change_is_no_difference() -> None:
    """The page says so, and what rules allow."""
    page = compared(agents.episode(travel()), agents.episode(travel(1)))
    assert "Nothing differs. Also differ, as rules allow: " in page
    assert "5 steps the same" in page


def test_several_episodes_have_a_table_of_contents() -> None:
    """Each with what became of it."""
    one, other = agents.episode(travel()), agents.episode(travel(1, prompt="Be brief."))
    page = Reader(html.review([reviewed("a", one, other), reviewed("b", one, one), reviewed("c", None, one)])).text
    words = ["3 episodes: 1 changed, 1 new, 1 the same", "a changed the program", "b same nothing", "c added 5 steps"]
    assert words == found(words, page)
    nothing = Reader(html.review([]))
    assert "No episode differs." in nothing.text
    assert "steps" in nothing.ids


def test_a_page_grows_with_what_was_said(store: Path) -> None:
    """Twice the turns are twice the bytes, though requests repeat their history."""

    def size(turns: int) -> int:
        run = Run()
        claude = Claude(run)
        for number in range(turns):
            claude.ask(f"Question {number}? " * 20, text(f"Answer {number}. " * 40))
        return len(html.episode(kept(store.with_name(f"{turns}.db"), run), agents.BILL))

    one, two, three = (size(turns) for turns in (20, 40, 60))
    assert (two - one) == pytest.approx(three - two, rel=0.05)
