"""The canary: a drift of each sort planted in a copy of an answer, which the check has to find.

Law: a check that does not see what was planted sees nothing, and its run has failed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.bound import Parsed
from replaykit.core.contract.mutations import mutations, promised
from replaykit.core.plain import listed

if TYPE_CHECKING:
    from replaykit.core.contract.check import Check
    from replaykit.core.contract.model import Finding
    from replaykit.core.contract.mutations import Mutation
    from replaykit.core.model import Exchange

_TAGS: Final = re.compile(r"<[^>]*>")
_FEW: Final = 3
"""Drifts that are named of those that were not found."""


def canary(check: Check, exchange: Exchange, parsed: Parsed | None = None) -> str:
    """What the check of a contract does not see in a copy of this exchange; empty when it sees all that was planted.

    `parsed` is its request, where somebody has read it before.
    """
    parsed = parsed or Parsed(exchange.request)
    known = frozenset(check.exchange(exchange, parsed).findings)
    first: dict[tuple[str, str], Mutation] = {}
    for each in mutations(check.contract, exchange):
        first.setdefault((each.part.partition("<")[0], each.sort), each)
    if not first and not known and promised(check.contract, exchange):
        return f"the check of {check.contract.title} sees nothing: its contract says nothing that an answer could break"
    missed = [str(each) for each in first.values() if not _seen(check, exchange, parsed, each, known)]
    return f"the check of {check.contract.title} does not see {listed(missed, _FEW)}" if missed else ""


def _seen(check: Check, exchange: Exchange, parsed: Parsed, mutation: Mutation, known: frozenset[Finding]) -> bool:
    """Whether the check finds a drift that is planted; `known` are the findings without it.

    Where the same place has drifted already, the same finding counts.
    """
    found = check.exchange(mutation.planted(exchange), parsed).findings
    return any(each not in known or _TAGS.sub("", each.path) == mutation.place for each in found)
