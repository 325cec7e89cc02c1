"""A model's service on loopback, and a project that has adopted a contract of it, with probes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from replaykit.checks.live import check
from replaykit.config import load
from replaykit.contracts.checking import adopted as versions
from replaykit.contracts.registry import adopted
from replaykit.core.contract.model import Contract, read
from tests.contracts.making import published
from tests.core.contract.promises import EVENT, HEADERS, MODEL, message
from tests.servers.script import document, events, stream

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.checks.cap import Cap
    from replaykit.core.contract.grades import Grade
    from replaykit.report.drift import Report
    from tests.servers.script import Asked, Script
    from tests.servers.wire import Server

NAME = "anthropic.messages"
KEY = "q8Zk2LpV0xW4mB7nT1rYq8Zk2LpV0xW4"
NIGHTLY: frozenset[Grade] = frozenset({"BREAK", "RISK"})
BINDS = {
    "provider": "anthropic",
    "operation": "messages",
    "versions": {"anthropic-version": ["2023-06-01"]},
    "streaming": [False, True],
}

PROBES = """
[plain]
url = "${MODEL_BASE_URL}/v1/messages"
headers = { "anthropic-version" = "2023-06-01", "x-api-key" = "${MODEL_KEY}" }
json = { model = "acme-1", max_tokens = 9, messages = [] }
tokens = 40

[stream]
url = "${MODEL_BASE_URL}/v1/messages"
headers = { "anthropic-version" = "2023-06-01", "x-api-key" = "${MODEL_KEY}" }
json = { model = "acme-1", max_tokens = 9, stream = true, messages = [] }
tokens = 40

[error]
url = "${MODEL_BASE_URL}/v1/messages"
headers = { "anthropic-version" = "2023-06-01", "x-api-key" = "${MODEL_KEY}" }
json = { model = "no-such-model", messages = [] }
status = 404
"""

EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "message_start", "message": {}},
    {"type": "ping"},
    {"type": "delta", "index": 0, "text": "Paris"},
    {"type": "message_stop"},
)
USUAL = [each | ({"x-seen": [41, 41]} if each["$ref"].endswith(".delta") else {}) for each in EVENT["oneOf"]]
"""What an event may be; nearly every stream has been seen to have a delta."""

ERROR = {"type": "error", "error": {"type": "api_error", "message": "no such model: no-such-model"}}
LIMITS = tuple((name, value) for name, value in HEADERS.items() if name not in ("date", "content-type"))


def contract(name: str = NAME, **changes: Any) -> Contract:
    """What the service promises, with these members of the document instead."""
    defs = {key: value for key, value in MODEL["$defs"].items() if key != "request"} | {
        "event": EVENT | {"oneOf": USUAL}
    }
    fields = {**MODEL, "contract": {**MODEL["contract"], "name": name}, "binds": BINDS, "$defs": defs, **changes}
    return read(fields)


@dataclass
class Service:
    """The service: what it answers now; a test changes what it likes."""

    server: Server
    plain: Any = field(default_factory=message)
    events: tuple[dict[str, Any], ...] = EVENTS
    error: Any = field(default_factory=lambda: ERROR)
    headers: tuple[tuple[str, str], ...] = LIMITS
    first: list[Script] = field(default_factory=list)
    """Answers that are given before any other."""

    def __post_init__(self) -> None:
        self.server.on("POST /v1/messages", self.answer)

    def answer(self, asked: Asked) -> Script:
        sent = asked.json()
        if self.first:
            return self.first.pop(0)
        if sent["model"] == "no-such-model":
            return document(self.error, 404, self.headers)
        if sent.get("stream"):
            head, *rest = stream(*events(self.events))
            assert isinstance(head, bytes)
            more = "".join(f"{name}: {value}\r\n" for name, value in self.headers).encode()
            return (head.replace(b"\r\n\r\n", b"\r\n" + more + b"\r\n"), *rest)
        return document(self.plain, 200, self.headers)


@dataclass
class Project:
    """A project's folder, with contracts and probes in it."""

    folder: Path

    def adopt(self, *contracts: Contract, probes: str = PROBES) -> None:
        """Have it adopt these contracts; the last one has these probes."""
        (self.folder / ".git").mkdir(parents=True, exist_ok=True)
        published(self.folder / "contracts", *contracts)
        if probes:
            (self.folder / "contracts" / contracts[-1].name / "probes.toml").write_text(probes)

    def night(self, cap: Cap | None = None, said: list[str] | None = None) -> Report:
        """What a nightly run comes to."""
        config = load(self.folder)
        known = versions(adopted(config.contract_folder).sound())
        return check(known, config, NIGHTLY, cap, (said if said is not None else []).append)
