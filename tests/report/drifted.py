"""A report of a night with everything in it that can be told, and what somebody hostile would like to have told."""

from __future__ import annotations

from dataclasses import replace

from replaykit.contracts.acks import Ack
from replaykit.contracts.standing import Standing
from replaykit.core.contract.drift import Drift
from replaykit.core.contract.grades import KINDS, Grade
from replaykit.core.contract.model import Finding
from replaykit.report.drift import Report, Row
from tests.report.scenes import NOON

HOSTILE = "</td><script>alert(1)</script> | `x` @someone **b** \x1b[31m https://evil.example/ &amp; \u202e"


def drift(kind: str, text: str, path: str = "/stop_reason", *, number: int = 0, episodes: int = 1) -> Drift:
    """One finding of a kind, of three exchanges of 41."""
    found = Finding(kind, KINDS[kind].grade, "response", "response", path, text)
    names = tuple(f"episode_{each}" for each in range(episodes))
    return Drift("acme.messages", "1.0.0", f"key{number:05}", found, 3, 41, "2026-11-19", "2026-11-20", names)


def announced(found: Drift, grade: Grade) -> Drift:
    """The same, with a grade that a policy gave it."""
    return replace(
        found, finding=replace(found.finding, grade=grade, policy="https://acme.example/versions (2026-11-01)")
    )


ACK = Ack("key00002", "acme.messages", "res.enum.added", "/b", "ann", "the SDK knows it", "2026-11-01", "2026-12-01")

NIGHT = Report(
    NOON,
    "live",
    (
        Row("acme.messages", "1.0.0", "ran", 41),
        Row("acme.chat", "2.1.0", "failed", 0, "plain: it answers 529, however often it is asked"),
        Row("acme.models", "1.0.0", "no key", 0, "list: ACME_KEY is not set"),
        Row("acme.tools", "1.0.0", "skipped", 0, "it has no probes: write contracts/acme.tools/probes.toml"),
    ),
    (
        Standing(drift("res.field.removed", "a required field is gone", "/content"), "2026-11-19", "2026-11-18"),
        Standing(drift("res.enum.added", 'new "pause_turn"', number=1, episodes=9), "2026-11-19"),
        Standing(drift("res.enum.added", 'new "b"', "/b", number=3), "2026-11-01", "", ACK, expired=True),
        Standing(announced(drift("res.variant.added", 'new variant "x"', number=4), "ADD"), "2026-11-19"),
        Standing(drift("res.enum.added", 'new "c"', "/b", number=2), "2026-11-01", "2026-11-10", ACK),
    ),
    ("the check of acme.chat 2.1.0 does not see response: field gone at /id",),
    frozenset({"BREAK", "RISK"}),
    (44, 1234),
    (100, 200_000),
    ("drift.json: this is no JSON; what was there is now drift.json.damaged",),
)


def attack(text: str) -> Report:
    """A night in which whoever could say anything said this."""
    finding = replace(drift("res.enum.added", text, text), episodes=(text,))
    ack = replace(ACK, owner=text, reason=text)
    return replace(
        NIGHT,
        rows=(Row("acme.messages", "1.0.0", "failed", 0, text),),
        standings=(Standing(finding, "2026-11-19", "", ack, expired=True), Standing(finding, "2026-11-19", "", ack)),
        problems=(text,),
        notes=(text,),
    )


ATTACK = attack(HOSTILE)
