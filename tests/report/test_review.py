"""One order of telling, in lines and in Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.model import Outputs
from replaykit.report.difference import review, reviews
from replaykit.report.document import review_json, reviews_json
from replaykit.report.markdown import LARGEST, markdown
from replaykit.report.review import Reviewed, reviewed, summary
from replaykit.report.terminal import plain
from tests.core.agents import SYSTEM, Agent, episode, exchange, question
from tests.gold.compare import gold

if TYPE_CHECKING:
    from replaykit.core.model import Episode

BEFORE = Agent(system=f"{SYSTEM}\nName degrees in Celsius.\nBe brief.").episode().accepted()
AFTER = Agent(
    cities=("Paris", "London", "Oslo", "Rome"),
    system=f"{SYSTEM}\nName degrees in Fahrenheit.\nBe brief.",
    weather=lambda city: f"{city}: 71 F",
    verdict="It is warm in all of them, London too.",
    seed="b",
    tokens=120,
).episode()

CHANGED = reviewed("weather", BEFORE, AFTER)
SAME = reviewed("same", BEFORE, replace(BEFORE, id="episode_z"))
NEW = reviewed("new", None, AFTER)
GONE = reviewed("gone", BEFORE, None)


def test_in_lines() -> None:
    """Five lines, the first difference, then the rest, sort by sort, as the gold file has it."""
    found = plain(review(CHANGED))
    assert gold("weather.diff.txt", found) == found


def test_in_markdown() -> None:
    """A headline, a table, what differed first, and folds, as the gold file has it."""
    found = markdown([CHANGED, NEW, GONE, SAME], "origin/main")
    assert gold("weather.diff.md", found) == found


def test_the_five_lines() -> None:
    """Outputs, turns, tool calls, tokens and cost, each before and after."""
    assert [
        ("outputs", "same", "1 difference"),
        ("turns", "4", "5"),
        ("tool calls", "3", "4"),
        ("tokens", "420", "625"),
        ("cost", "unknown (claude-x)", "unknown (claude-x)"),
    ] == [(row.name, row.before, row.after) for row in summary(CHANGED)]
    assert () == summary(NEW)


def test_fates() -> None:
    """Changed, the same, new, no more."""
    found = (CHANGED, SAME, NEW, GONE)
    assert ["changed", "same", "added", "removed"] == [each.fate for each in found]
    text = plain(reviews(found, "main"))
    assert "same: 7 steps, nothing differs\n" in text
    assert "\nnew is new\nsteps        5 model calls · 4 tool calls · 625 tokens\n" in text
    assert "\ngone is no more\nsteps        4 model calls · 3 tool calls · 420 tokens\n" in text
    assert "no cassette differs from main\n" == plain(reviews((), "main"))


def test_for_scripts() -> None:
    """Each with its fate, what differs and what it cost; together they are the same when each is."""
    document: Any = reviews_json([SAME, CHANGED, NEW], "main")
    assert ("main", False, ["same", "changed", "added"]) == (
        document["base"],
        document["same"],
        [each["fate"] for each in document["episodes"]],
    )
    assert reviews_json([SAME], "main")["same"] is True
    changed: Any = review_json(CHANGED)
    assert (False, "program", {"usd": None, "unknown": ["claude-x"]}) == (
        changed["same"],
        changed["first"]["cause"],
        {key: changed["cost"][0][key] for key in ("usd", "unknown")},
    )


HOSTILE = [
    "```\n</details>\n# Approved by everyone\n@team look",
    "````diff\n```",
    "<script>alert(1)</script> </summary></code><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png) | a | b |",
    "\x1b]0;owned\x07\x1b[31mred\u202etxt.exe",
]


def hostile(text: str) -> tuple[Episode, Episode]:
    """Two episodes that differ, with a text wherever one can stand."""
    ours, theirs = (
        episode(
            exchange(
                {
                    **question(f"{each} {text}", system=f"{text} {each}", tools=[]),
                    "model": text,
                    text.encode("utf-8", "replace").decode(): each,
                },
                {"type": "message", "content": [{"type": "text", "text": f"{text} {each}"}], "model": f"{text}{each}"},
            ),
            name="hostile",
            outputs=Outputs(f"{text}\n{each}\n".encode("utf-8", "replace"), 0, {}),
        )
        for each in ("was", "is")
    )
    return ours, theirs


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_recorded_breaks_out_of_markdown(text: str) -> None:
    """Fences close where we close them, tags are ours, and outside of code nothing recorded stands."""
    found = markdown([reviewed("hostile", *hostile(text))])
    outside = re.sub(r"^(`{3,})diff\n.*?^\1$", "", found, flags=re.MULTILINE | re.DOTALL)
    outside = re.sub(r"<code>[^<]*</code>", "", outside)
    assert {"details", "summary", "b", "sub"} >= {tag.lower() for tag in re.findall(r"</?([a-zA-Z]+)", outside)}
    for word in ("Approved", "@team", "javascript:", "evil.example/x.png)", "alert(1)<", "`"):
        assert word not in outside
    assert outside.count("<details") == outside.count("</details>")
    assert not {"\x1b", "\u202e"} & {*found}


def test_a_comment_is_never_too_long() -> None:
    """What does not fit is counted, with the command that shows it; nothing is cut in the middle."""
    words = " ".join(f"word{number}" for number in range(4000))
    after = replace(AFTER, outputs=Outputs("\n".join(f"{words} {n}" for n in range(40)).encode(), 0))
    one = reviewed("run", BEFORE, after)
    found = markdown([replace(one, name=f"run {n}") for n in range(40)], "origin/main")
    assert len(found) <= LARGEST + 200
    assert found.count("<details") == found.count("</details>")
    assert "\n  … more: `replaykit diff` has all of it\n```\n" in found
    assert re.search(r"\n\d+ more episodes: `replaykit diff --base origin/main`\n$", found)


def test_a_place_that_is_brief_stands_whole() -> None:
    """Before and after, marked in the first column, so that a reader sees both in colour."""
    ours, theirs = (
        episode(exchange(question("Hello", system=system, temperature=heat), {}))
        for system, heat in (("a", 0), ("b", 1))
    )
    found = markdown([Reviewed("x", ours, theirs, reviewed("x", ours, theirs).difference, SAME.bills)])
    assert '\n- "a"\n+ "b"\n' in found
    assert "\n- 0\n+ 1\n" in found
