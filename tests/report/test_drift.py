"""A night's report as Markdown and as a page: what, how bad, since when, how often, who knows, what next."""

from __future__ import annotations

import html
import re
import shlex
from dataclasses import replace

import pytest

from replaykit.contracts.standing import Standing
from replaykit.report.drift import Report, day, told
from replaykit.report.drift.lines import headline, lines, steps
from replaykit.report.drift.markdown import LARGEST, markdown
from replaykit.report.html.drift import drift as page
from replaykit.report.terminal import plain
from tests.report.drifted import ATTACK, HOSTILE, NIGHT, drift
from tests.report.scenes import NOON


def said(text: str) -> str:
    """What a reader sees of Markdown or HTML: entities read, markup gone."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<(?!-)[^>]*>", " ", text)))


EMPTY = Report(NOON, "recordings", (replace(NIGHT.rows[0], state="skipped", exchanges=0, why="no recording"),), ())
GREEN = replace(NIGHT, rows=NIGHT.rows[:1], standings=(), problems=())


@pytest.mark.parametrize("write", [markdown, page], ids=["markdown", "page"])
def test_a_report_says_everything_of_a_finding(write: object) -> None:
    """Where, what, since when, how often, in which episodes, who has acknowledged it, and what to do next."""
    assert callable(write)
    text = said(write(NIGHT))
    for each in (
        "red: 1 BREAK, 2 RISK, 1 ADD",
        "1 ran, 1 failed, 1 no key, 1 skipped",
        "live, 44 calls and 1,234 tokens",
        "/content",
        "a required field is gone",
        "first seen 19 Nov 2026, not yet on 18 Nov 2026",
        "first seen 1 Nov 2026, not there on 10 Nov 2026",
        "3 of 41",
        "episode_0",
        "none (key00001)",
        "expired on 1 Dec 2026, ann (key00003)",
        "ann until 1 Dec 2026: the SDK knows it",
        "announced: https://acme.example/versions (2026-11-01)",
        "list: ACME_KEY is not set",
        "plain: it answers 529, however often it is asked",
        "the check of acme.chat 2.1.0 does not see response: field gone at /id",
        "drift.json: this is no JSON; what was there is now drift.json.damaged",
        "1 acknowledged",
        "replaykit show episode_0",
        "replaykit contract ack key00000 --owner … --reason … --until DATE",
    ):
        assert each in text


def test_what_is_open_stands_first() -> None:
    """The worst above the rest, what somebody has acknowledged last; in lines, in tables and on cards."""
    found = [each.drift.key for each in NIGHT.standings if each.grade != "ADD"]  # of that, none has to be acknowledged
    for text in (markdown(NIGHT), page(NIGHT)):
        places = [min(match.start() for match in re.finditer(key, text)) for key in found[:3]]
        assert places == sorted(places)
    assert markdown(NIGHT).index('new "c"') > markdown(NIGHT).index("new variant")
    assert ["BREAK", "RISK", "RISK", "ADD", "RISK"] == [
        line.split()[0] for line in plain(lines(NIGHT)).splitlines()[:5]
    ]


def test_markdown_is_obeyed_nowhere() -> None:
    """No tag, mention, emphasis, link or cell of what services and people said."""
    text = markdown(ATTACK)
    assert "<script" not in text
    for each in ("@someone", "**b**", "https://evil", "\x1b", "\u202e", "| `x`"):
        assert each not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {5, 7} == {line.count("|") for line in rows}
    assert "@someone" in said(text)


def test_a_page_is_obeyed_nowhere() -> None:
    """What somebody said is text on it: as many tags as on a page without it."""
    calm = replace(
        ATTACK, problems=("x",), notes=("x",), rows=(replace(ATTACK.rows[0], why="x"),), standings=NIGHT.standings[2::2]
    )
    tags = re.compile(r"<[a-z/]")
    assert len(tags.findall(page(calm))) == len(tags.findall(page(ATTACK)))
    assert HOSTILE not in page(ATTACK)
    assert "\u202e" not in page(ATTACK)
    assert "&lt;script&gt;" in page(ATTACK)


def test_a_long_night_fits_into_a_comment() -> None:
    """What there is no room for is counted, and what was checked still stands below."""
    many = tuple(
        Standing(drift("res.field.added", f"new field {number}", f"/{'x' * 150}{number}", number=number), "2026-11-19")
        for number in range(900)
    )
    text = markdown(replace(NIGHT, standings=many))
    shown = text.count("| ⚪ ADD |")
    assert len(text) <= LARGEST
    assert shown > 50
    assert f"{900 - shown:,} more findings: `replaykit contract check --all`" in text
    assert "list: ACME&#95;KEY is not set" in text


def test_nothing_that_was_not_checked_looks_good() -> None:
    """A run without anything is red on the page, and says so; a clean one is green, and has no next step."""
    assert "red: nothing ran" in said(page(EMPTY))
    assert "Nothing was checked." in page(EMPTY)
    assert "from recordings, not live" in said(markdown(EMPTY))
    for text in (said(page(GREEN)), said(markdown(GREEN))):
        assert "green: no drift" in text
        assert "contract ack" not in text
        assert "replaykit show" not in text
    assert "Nothing departs from its contract." in page(GREEN)
    assert "failed" not in headline(GREEN), "what did not happen is not counted"


def test_what_somebody_answers_for_is_drift_all_the_same() -> None:
    """A night is green with it, and does not say that there is none."""
    seen = tuple(each for each in NIGHT.standings if not each.is_open)
    assert headline(replace(GREEN, standings=seen)).startswith("green: 1 acknowledged · ")


def test_the_next_step_is_no_command_but_ours() -> None:
    """An episode is looked at before anybody answers for it; whatever it is called, the shell reads one word."""
    named = replace(drift("res.enum.added", "x"), episodes=("a; rm -rf ~",))
    look, ack = steps(replace(NIGHT, standings=(Standing(named, ""),)))
    assert ["next:", "replaykit", "show", "a; rm -rf ~"] == shlex.split(look)
    assert ack.startswith("then: replaykit contract ack ")


def test_a_day_is_told_as_people_do() -> None:
    """And what is none, or never was, as it is."""
    assert ["19 Nov 2026", "never", "soon"] == [day(each) for each in ("2026-11-19", "", "soon")]


@pytest.mark.parametrize(
    ("clean", "words"),
    [
        ("", "first seen 19 Nov 2026"),
        ("2026-11-18", "first seen 19 Nov 2026, not yet on 18 Nov 2026"),
        ("2026-11-19", "first seen 19 Nov 2026"),
        ("2026-11-20", "first seen 19 Nov 2026, not there on 20 Nov 2026"),
    ],
)
def test_since_when_says_when_it_was_not_there(clean: str, words: str) -> None:
    """Before it came, or since; a day on which it was and was not says nothing."""
    assert words == told(Standing(drift("res.enum.added", "new"), "2026-11-19", clean)).since
