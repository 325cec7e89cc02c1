"""The formats for machines and browsers, beside their gold files; lines and Markdown have theirs in test_review.py."""

from __future__ import annotations

import json
import re

from replaykit.report import html
from replaykit.report.document import review_json
from tests.gold.compare import gold
from tests.report.test_review import CHANGED, GONE, NEW, SAME


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
