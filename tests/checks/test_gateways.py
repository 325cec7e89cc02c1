"""A provider behind a company's gateway: probes that are sent through it, recordings of it, and whose answer it was.

The gateway is a server of this machine under a name that none of ours takes for this machine.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx2
import pytest
import time_machine

import replaykit
from replaykit.checks.cap import Cap
from replaykit.checks.night import Night, probed
from replaykit.config import load
from replaykit.contracts import journal
from replaykit.contracts.checking import adopted as versions
from replaykit.contracts.registry import adopted
from tests.checks.stage import BINDS, KEY, LIMITS, NAME, PROBES, contract
from tests.cli.calls import typed
from tests.core.contract.promises import message
from tests.servers.script import document

if TYPE_CHECKING:
    from tests.checks.stage import Project, Service

HOST = "127.1"
"""The gateway: `inet_aton` of every system reads it as 127.0.0.1, and as text it is another host."""

PLAIN = PROBES.partition("[stream]")[0]
DECLARED = f'[tool.replaykit.gateways]\n"{HOST}" = "anthropic"\n'
ASKED = {"model": "acme-1", "max_tokens": 9, "messages": []}


@pytest.fixture
def gateway(service: Service, project: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the service is reached by way of the gateway, behind a path of its own; its contract binds to another."""
    service.server.on("POST /anthropic/v1/messages", service.answer)
    project.adopt(contract(binds={**BINDS, "host": "api.anthropic.com"}), probes=PLAIN)
    url = f"http://{HOST}:{service.server.port}/anthropic"
    monkeypatch.setenv("MODEL_BASE_URL", url)
    monkeypatch.chdir(project.folder)
    return url


def recorded(gateway: str, version: str = "2023-06-01") -> None:
    """A run that asks the gateway five times."""
    headers = {"anthropic-version": version, "x-api-key": KEY}
    with replaykit.record("support"), httpx2.Client(headers=headers) as client:
        for number in range(5):
            client.post(f"{gateway}/v1/messages", json={**ASKED, "max_tokens": number})


@pytest.mark.usefixtures("gateway")
def test_a_probe_is_held_to_its_contract_wherever_it_is_sent(service: Service, project: Project) -> None:
    """A base URL leads to a host of which no project says anything: it ran, and what departs is that host's."""
    service.plain = message(stop_reason="pause_turn")
    report = project.night()
    ((state, count),) = [(row.state, row.exchanges) for row in report.rows]
    (found,) = report.standings
    assert ("ran", 1, "res.enum.added", HOST) == (state, count, found.drift.finding.id, found.drift.finding.host)
    assert (f"{HOST} answered 1 of 1 exchange in place of api.anthropic.com",) == report.notes
    assert report.failed


@pytest.mark.usefixtures("gateway")
def test_a_night_knows_the_gateways_of_its_project(service: Service, project: Project) -> None:
    """One that is declared with its port is told with it; that the contract was checked there, its list tells, too."""
    host = f"{HOST}:{service.server.port}"
    (project.folder / "pyproject.toml").write_text(f'[tool.replaykit.gateways]\n"{host}" = "anthropic"\n')
    service.plain = message(stop_reason="pause_turn")
    with time_machine.travel("2026-11-19 03:00Z"):
        report = project.night()
    assert [host] == [each.drift.finding.host for each in report.standings]
    (row,) = json.loads(typed("contract", "list", "--json").stdout)["contracts"]
    assert "2026-11-19" == row["checked"]


STATUSES = {"a model that is gone": ("no such model: acme-1", "mod.gone"), "another": ("no", "err.status.changed")}


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(("text", "kind"), STATUSES.values(), ids=STATUSES)
def test_a_gateway_that_has_no_answer(service: Service, project: Project, text: str, kind: str) -> None:
    """What it says of models and with its status is told as the gateway's, too; another process hears the same."""
    service.first = [document({"type": "error", "error": {"type": "api_error", "message": text}}, 404, LIMITS)]
    contracts = versions(adopted(project.folder / "contracts"))
    night = Night(load(project.folder), contracts, Cap())
    found = night.probe(NAME, "plain")
    night.close()
    ((each,),) = [seen.checked.findings for seen in found.seen]
    assert (kind, HOST, HOST) == (each.id, each.host, found.seen[0].checked.host)
    assert found == probed(json.loads(json.dumps(found.document)), contracts)


@pytest.mark.usefixtures("gateway")
def test_a_probe_of_a_gateway_chooses_its_version_by_its_headers(service: Service, project: Project) -> None:
    """Of two versions of the contract the one that binds to what is asked for, though it is not the newest."""
    binds = {**BINDS, "host": "api.anthropic.com"}
    newer = {**binds, "versions": {"anthropic-version": ["2026-10-21"]}}
    old, new = contract(binds=binds), contract(binds=newer, contract={"name": NAME, "version": "2.0.0"})
    project.adopt(old, new, probes=PLAIN)
    service.plain = message(stop_reason="pause_turn")
    (found,) = project.night().standings
    assert ("1.0.0", HOST) == (found.drift.version, found.drift.finding.host)


@pytest.mark.usefixtures("gateway")
def test_a_probe_of_another_wire_is_told_so(service: Service, project: Project) -> None:
    """What it asks for is named, as it would be at the provider's own host."""
    service.server.on("POST /anthropic/v1/chat/completions", document({"id": "chat_1"}))
    project.adopt(
        contract(binds={**BINDS, "host": "api.anthropic.com"}), probes=PLAIN.replace('messages"', 'chat/completions"')
    )
    (row,) = project.night().rows
    place = f"POST {HOST}:{service.server.port}/anthropic/v1/chat/completions"
    assert "failed" == row.state
    assert row.why.startswith(f"plain: {NAME} 1.0.0 is not about {place}, which is openai chat: correct the probe")


def test_recordings_of_a_gateway_count_once_it_is_declared(service: Service, project: Project, gateway: str) -> None:
    """Before, the contract says who was asked, and how a gateway is declared; then each exchange is checked."""
    service.plain = message(stop_reason="pause_turn")
    recorded(gateway)
    before = typed("contract", "check", "support")
    hint = f'the same was asked of {HOST}; where that is a gateway, say "{HOST}" = "anthropic" in [tool.replaykit'
    assert (2, True) == (before.exit_code, f"{hint}.gateways]" in before.stdout)
    (project.folder / "pyproject.toml").write_text(DECLARED)
    after = typed("contract", "check", "support")
    finding, _, row, note, _ = after.stdout.splitlines()
    assert finding.startswith(f'RISK  {NAME} /stop_reason at {HOST} new "pause_turn" · first seen ')
    assert f"ran     {NAME} 1.0.0  5 exchanges" == row
    assert f"note     {HOST} answered 5 of 5 exchanges in place of api.anthropic.com" == note
    (found,) = json.loads(typed("contract", "check", "support", "--json").stdout)["findings"]
    assert (HOST, 5, 5) == (found["host"], found["times"], found["of"])
    (sight,) = journal.read(load(project.folder).drift_path).findings.values()
    assert HOST == sight.host


def test_a_contract_is_learned_through_a_gateway(project: Project, gateway: str) -> None:
    """It is the provider's, bound to the version that was asked for; who answered is said, and what is to declare."""
    recorded(gateway, "2026-10-21")
    words = ("contract", "infer", NAME, "--from", "support", "--afresh")
    before = typed(*words, "--host", HOST, "--path", "/anthropic/v1/messages").stderr
    assert "    binds to anthropic-version 2026-10-21\n" in before
    entry = f'"{HOST}" = "anthropic" in [tool.replaykit.gateways]'
    assert f"    answered by {HOST}, where it does not hold: {entry}\n" in before
    (project.folder / "pyproject.toml").write_text(DECLARED)
    done = typed(*words, "--json")
    assert f"    answered by {HOST} in place of api.anthropic.com\n" in done.stderr
    told = json.loads(done.stdout)
    assert ({"anthropic-version": ["2026-10-21"]}, [HOST], []) == (
        told["versions"],
        told["gateways"],
        told["strangers"],
    )
    draft = json.loads((project.folder / "contracts" / NAME / "draft.json").read_text())
    assert ("anthropic", "api.anthropic.com") == (draft["binds"]["provider"], draft["binds"]["host"])
    assert 0 == typed("contract", "check", "--all").exit_code


def test_a_server_of_ones_own_may_have_versions(
    service: Service, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A header that names one each time is told, with what binds to it; one that changes, or is no version, is not."""
    url = service.server.on("POST /orders", document({"id": "ord_1"}))
    monkeypatch.chdir(project.folder)
    with replaykit.record("shopping"), httpx2.Client(headers={"x-api-version": "2", "x-version": KEY}) as client:
        for number in range(3):
            client.post(url, json={"item": "tea"}, headers={"client-version": str(number)})
    done = typed("contract", "infer", "shop.orders", "--from", "shopping", "--json")
    note = 'x-api-version was 2 each time; for that version alone: "versions": {"x-api-version": ["2"]} in the binds'
    assert 1 == done.stderr.count("-version was ")
    assert f"    {note} of the draft\n" in done.stderr
    assert ({}, {"x-api-version": "2"}) == (json.loads(done.stdout)["versions"], json.loads(done.stdout)["unbound"])
    path = project.folder / "contracts" / "shop.orders" / "draft.json"
    draft = json.loads(path.read_text())
    draft["binds"] |= {"versions": {"x-api-version": ["1"]}}
    path.write_text(json.dumps(draft))
    assert "another version of the interface is asked for" in typed("contract", "check", "--all").stdout
