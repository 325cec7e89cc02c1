"""What differs in every run, under names that do not: for pages, which a new recording must not change.

    what                               shown as
    a random id, once it was seen      ⟨id 1⟩, ⟨id 2⟩, … in the order in which the page shows them
    a port of loopback, a temp name    ⟨port 1⟩, ⟨temp 1⟩
    a time that was now, a date today  ⟨now⟩, ⟨today⟩
    home, project and temp folder      ⟨home⟩, ⟨folder⟩, ⟨temp folder⟩

Law: what replay takes for the same is shown as the same, and nothing else is touched: 24 December
stays 24 December. Digests of content (SHA-1, SHA-2) are no ids here: they change with the content.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from replaykit.core.normalize import Rules, fold
from replaykit.core.normalize.moments import now
from replaykit.core.normalize.scan import plain

if TYPE_CHECKING:
    from replaykit.core.model import Span
    from replaykit.core.normalize import Token

_DIGESTS = frozenset({40, 56, 64, 96, 128})
"""Hexadecimal digits of SHA-1 and of the SHA-2 family (FIPS 180-4)."""

_MOMENTS = {"time": "now", "date": "today"}


class Names:
    """The names of one episode; a text is looked at once, however often it is repeated."""

    def __init__(self, span: Span) -> None:
        """Begin without names; `span` says what now, today and home were."""
        self._span = span
        self._rules = Rules.of(span)
        self._folders = {
            path.rstrip("/\\").encode("utf-8", "surrogateescape"): name
            for path, name in ((span.temp, "temp folder"), (span.folder, "folder"), (span.home, "home"))
        }
        self._given: dict[tuple[str, bytes], str] = {}
        self._counts: Counter[str] = Counter()
        self._texts: dict[str, str] = {}

    def shown(self, text: str) -> str:
        """The text with names in place of what differs in every run."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = self._replaced(text)
        return known

    def _replaced(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        pieces, start = list[bytes](), 0
        for token in fold(data, self._rules).tokens:
            if name := self._name(token):
                pieces += (data[start : token.start], f"⟨{name}⟩".encode())
                start = token.end
        return b"".join((*pieces, data[start:])).decode("utf-8", "surrogatepass") if pieces else text

    def _name(self, token: Token) -> str:
        """The name of a token; empty for one that stays as it is."""
        if token.kind in _MOMENTS:
            return _MOMENTS[token.kind] if now(token, self._span) else ""
        if token.kind == "folder":
            return self._folders.get(plain(token.text), "")
        if token.rule == "hex" and len(token.text) in _DIGESTS:
            return ""
        key = (token.kind, plain(token.text))
        if key not in self._given:
            self._counts[token.kind] += 1
            self._given[key] = f"{token.kind} {self._counts[token.kind]}"
        return self._given[key]
