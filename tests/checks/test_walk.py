"""The whole way: recordings of one's own tool server, their contract, a server that drifts, the night's report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import time_machine

import replaykit
from tests.cli.calls import typed
from tests.servers.script import chunked, document, events

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.servers.script import Asked, Script
    from tests.servers.wire import Server

TOKEN = "q8Zr5TnW2pXkLmV7"
ORDER: dict[str, Any] = {"id": "ord_1", "status": "open", "total": 7, "lines": [{"type": "tea", "amount": 1}]}
EVENTS: list[dict[str, Any]] = [{"type": "begin", "id": 1}, {"type": "part", "text": "a"}, {"type": "end", "total": 7}]


class Shop:
    """A tool server, as it is before somebody changes it."""

    def __init__(self, server: Server) -> None:
        self.order = ORDER
        self.events = EVENTS
        self.limit = "50"
        self.url = server.on("POST /orders", self.answer)

    def answer(self, asked: Asked) -> Script:
        sent = asked.json()
        if "item" not in sent:
            return document({"error": {"code": "no_item"}}, 422)
        limit = (("x-limit", self.limit),)
        if sent.get("stream"):
            return chunked(*events(self.events), headers=(("Content-Type", "text/event-stream"), *limit))
        return document(self.order, headers=limit)


def recorded(shop: Shop) -> None:
    """A run of an agent that orders, streams, and once forgets what."""
    with replaykit.record("support"), httpx2.Client(headers={"authorization": f"Bearer {TOKEN}"}) as client:
        for number in range(6):
            client.post(shop.url, json={"item": "tea" * number})
            client.post(shop.url, json={"item": "tea" * number, "stream": True})
        client.post(shop.url, json={})


def test_a_server_of_ones_own_drifts(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Infer, publish 1.0.0, a clean night; then the server drifts, and the report says what, how bad, since when."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    shop = Shop(server)
    recorded(shop)
    assert 0 == typed("contract", "infer", "shop.orders", "--from", "support").exit_code
    assert "shop.orders 1.0.0 published" in typed("contract", "publish", "shop.orders").stderr
    probes = tmp_path / "contracts" / "shop.orders" / "probes.toml"
    probes.write_text(probes.read_text().replace("send = false\n", ""))
    with time_machine.travel("2026-11-18 03:00Z"):
        clean = typed("contract", "check", "--live", "--strict")
    assert (0, "green: no drift · 1 ran, 0 no key, 0 skipped · live, 3 calls and 0 tokens") == (
        clean.exit_code,
        clean.stdout.splitlines()[-1],
    )
    shop.order = {**ORDER, "total": "7.00", "lines": [{"type": "voucher", "code": "x"}], "carrier": "post"}
    shop.events = [EVENTS[0], {"type": "chunk", "text": "a"}, EVENTS[2]]
    shop.limit = "many"
    with time_machine.travel("2026-11-19 03:00Z"):
        typed("contract", "check", "--live")
    with time_machine.travel("2026-11-20 03:00Z"):
        night = typed("contract", "check", "--live", "--format", "json")
        page = typed("contract", "check", "--live", "--format", "md")
    found = json.loads(night.stdout)["findings"]
    assert {
        ("BREAK", "res.type.changed", "/total"),
        ("RISK", "res.variant.added", "/lines/*"),
        ("ADD", "res.field.added", "/carrier"),
        ("BREAK", "str.event.removed", ""),
        ("BREAK", "hdr.format.changed", "/x-limit"),
    } == {(each["grade"], each["id"], each["path"]) for each in found}
    assert {("2026-11-19", "2026-11-18", "2026-11-20")} == {
        (each["first"], each["clean"], each["last"]) for each in found
    }
    assert 1 == night.exit_code == page.exit_code
    row = next(line for line in page.stdout.splitlines() if "/total" in line)
    assert "BREAK" in row
    assert "another type integer → string" in row
    assert "first seen 19 Nov 2026, not yet on 18 Nov 2026" in row
