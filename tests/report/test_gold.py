"""The formats for machines and browsers, beside their gold files; lines and Markdown have theirs in test_review.py."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from replaykit.core.model import Acceptance
from replaykit.report import html
from replaykit.report.document import review_json
from replaykit.report.review import reviewed
from tests.gold.compare import gold
from tests.report.test_review import AFTER, BEFORE, CHANGED, GONE, NEW, SAME


def test_json() -> None:
    """All of a difference, as the gold file has it."""
    found = json.dumps(review_json(CHANGED), indent=1) + "\n"
    assert gold("weather.diff.json", found) == found


def test_html() -> None:
    """The page's own markup, as the gold file has it; its style and script are files of their own."""
    page = html.review([CHANGED, NEW, GONE, SAME])
    bare = re.sub(r"(<(style|script)[^>]*>).*?(</\2>)", r"\1\3", page, flags=re.DOTALL)
    found = re.sub(r"sha256-[\w+/=]+", "sha256-", bare)
    assert gold("weather.diff.html", found) == found


def test_a_page_says_who_accepted_what_and_what_it_could_not_read() -> None:
    """Above everything else, and harmless; also where there is nothing besides."""
    decision = Acceptance("Ann <b>", 1_793_534_400, "episode_b", "shorter", only="requests")
    page = html.review([reviewed("x", BEFORE, replace(AFTER, history=(decision,)))], ["x.tape: <cut> short"])
    assert "accepted 2026-11-01 by Ann &lt;b&gt;, the requests only: shorter" in page
    assert "<b>cannot be compared:</b> x.tape: &lt;cut&gt; short" in page
    assert "<b>cannot be compared:</b> x.tape" in html.review([], ["x.tape"])
