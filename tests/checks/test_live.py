"""A night over real sockets: probes are sent and kept, a service drifts piece by piece, and each is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from replaykit.checks.cap import Cap
from replaykit.checks.sending import NAME as DRAFT
from replaykit.config import load
from replaykit.contracts import acks
from replaykit.contracts.acks import Ack
from replaykit.errors import ContractError
from replaykit.report.drift import told
from replaykit.store import Store
from tests.checks.stage import ERROR, EVENTS, KEY, LIMITS, NAME, PROBES, contract
from tests.core.contract.promises import message
from tests.servers.script import document, plain

if TYPE_CHECKING:
    from replaykit.core.model import Episode
    from replaykit.report.drift import Report
    from tests.checks.stage import Project, Service

PLAIN = PROBES.partition("[stream]")[0]
"""One probe alone."""


def found(report: Report) -> set[tuple[str, str, str]]:
    """The findings of a report: kind, grade, place."""
    return {(each.drift.finding.id, each.grade, told(each).place) for each in report.standings}


def states(report: Report) -> list[tuple[str, str]]:
    """What became of contracts, and why."""
    return [(row.state, row.why) for row in report.rows]


def nights(project: Project) -> list[Episode]:
    """The drafts of nightly runs, the newest first."""
    with Store(load(project.folder).store_path) as store:
        ids = [each.id for each in store.summaries() if each.name == DRAFT]
        return [episode for each in ids if (episode := store.episode(each)) is not None]


def test_a_night_is_sent_and_kept_as_one_draft(service: Service, project: Project) -> None:
    """Each probe once, in its order; what was said is in the store, without the key; nothing departs."""
    said: list[str] = []
    report = project.night(said=said)
    assert (False, (), [("ran", "")]) == (report.failed, report.standings, states(report))
    assert ["live: at most 100 calls and 200,000 tokens; 3 probes of 1 contract, of 80 tokens at most"] == said
    assert ["acme-1", "acme-1", "no-such-model"] == [each.json()["model"] for each in service.server.requests]
    assert {KEY} == {each.headers["x-api-key"] for each in service.server.requests}
    assert ((3, 3), (100, 200_000)) == (report.spent, report.cap)
    (draft,) = nights(project)
    assert ([200, 200, 404], True) == (
        [each.response.status for each in draft.exchanges if each.response],
        draft.finished,
    )
    assert "MODEL_KEY" in draft.origin.secrets
    assert KEY.encode() not in load(project.folder).store_path.read_bytes()


FIELDS: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "gone": ({"content": None}, ("res.null.added", "BREAK", "/content")),
    "stop reason": ({"stop_reason": "pause_turn"}, ("res.enum.added", "RISK", "/stop_reason")),
    "variant": ({"content": [{"type": "image", "url": "x"}]}, ("res.variant.added", "RISK", "/content/*")),
    "type": ({"model": 7}, ("res.type.changed", "BREAK", "/model")),
    "form": ({"id": "chat_1"}, ("res.format.changed", "RISK", "/id")),
    "constant": ({"type": "answer"}, ("res.const.changed", "BREAK", "/type")),
    "deep": ({"usage": {}}, ("res.field.removed", "BREAK", "/usage/output_tokens")),
    "news": ({"more": 1}, ("res.field.added", "ADD", "/more")),
}


@pytest.mark.parametrize(("change", "finding"), FIELDS.values(), ids=FIELDS)
def test_a_service_drifts_field_by_field(
    service: Service, project: Project, change: dict[str, Any], finding: tuple[str, str, str]
) -> None:
    """One finding each, graded and in its place; what is only new does not fail the night."""
    project.adopt(contract(), probes=PLAIN)
    service.plain = message(**change)
    report = project.night()
    assert {finding} == found(report)
    assert (finding[1] != "ADD") == report.failed
    assert "1 of 1" == told(report.standings[0]).count


STREAMS: dict[str, tuple[tuple[dict[str, Any], ...], str, str]] = {
    "renamed": (tuple({**each, "type": "part"} if each["type"] == "delta" else each for each in EVENTS), *(
        "str.event.removed", "BREAK")),
    "new": ((*EVENTS[:2], {"type": "pong", "a": 1}, *EVENTS[2:]), "str.event.added", "RISK"),
    "order": ((EVENTS[0], EVENTS[3], EVENTS[2]), "str.order.broken", "BREAK"),
    "no end": (EVENTS[:3], "str.end.missing", "BREAK"),
    "field": ((EVENTS[0], {"type": "delta", "index": 0}, EVENTS[3]), "res.field.removed", "BREAK"),
}  # fmt: skip


@pytest.mark.parametrize(("events", "kind", "grade"), STREAMS.values(), ids=STREAMS)
def test_a_service_drifts_event_by_event(
    service: Service, project: Project, events: tuple[dict[str, Any], ...], kind: str, grade: str
) -> None:
    """An event by another name, a new one, another order, no end, a field of an event."""
    service.events = events
    assert {(kind, grade)} == {each[:2] for each in found(project.night())}


HEADERS: dict[str, tuple[tuple[tuple[str, str], ...], set[tuple[str, str, str]]]] = {
    "gone": ((), {("hdr.group.gone", "RISK", "header /limit-requests")}),
    "form": (
        (("limit-requests", "many"), LIMITS[1]),
        {("hdr.format.changed", "BREAK", "header /limit-requests")},
    ),
    "new": ((*LIMITS, ("x-new-limit", "1")), {("hdr.added", "ADD", "header /x-new-limit")}),
}


@pytest.mark.parametrize(("headers", "findings"), HEADERS.values(), ids=HEADERS)
def test_a_service_drifts_header_by_header(
    service: Service, project: Project, headers: tuple[tuple[str, str], ...], findings: set[tuple[str, str, str]]
) -> None:
    """Limits that go, that look another way, that are new."""
    service.headers = headers
    report = project.night()
    assert findings == found(report)
    assert {"2 of 2"} == {told(each).count for each in report.standings}


def test_errors_have_a_status_and_an_envelope(service: Service, project: Project) -> None:
    """A probe that is to fail and fails otherwise is drift, and what it says then is checked as an error."""
    service.error = {"detail": "Not found"}
    assert {
        ("err.envelope.changed", "BREAK", "error /type"),
        ("err.envelope.changed", "BREAK", "error /error"),
    } < found(project.night())
    service.error = {"type": "error", "error": {"type": "model_gone", "message": "no"}}
    assert {("err.type.added", "RISK", "error /error/type")} == found(project.night())
    service.error = ERROR
    service.first = [document(message(), 200, LIMITS), document(ERROR, 400, LIMITS), document(ERROR, 422, LIMITS)]
    report = project.night()
    assert {
        ("err.status.changed", "BREAK", "probe stream"),
        ("err.status.changed", "BREAK", "probe error"),
    } == found(report)
    assert {"another status 2XX → 400", "another status 404 → 422"} == {told(each).text for each in report.standings}


def test_a_busy_service_is_asked_again_and_has_not_drifted(service: Service, project: Project) -> None:
    """429, 503 and a cut answer, then the right one: it ran, every try is counted, and nothing departs."""
    again = (("retry-after-ms", "1"),)
    busy = document({"odd": 1}, 429, again)
    service.first = [busy, plain(b"<html>", 503, again)]
    report = project.night()
    assert (False, set(), [("ran", "")]) == (report.failed, found(report), states(report))
    assert (5, 5) == (report.spent[0], len(service.server.requests))


def test_a_service_that_stays_away_is_no_drift_and_no_green(service: Service, project: Project) -> None:
    """One that wants to be asked in an hour, and one that does not take the key: failed, with why, and no finding."""
    project.adopt(contract(), probes=PLAIN)
    service.first = [document({}, 529, (("retry-after", "3600"),))]
    late = project.night()
    service.first = [document({}, 401)]
    locked = project.night()
    assert [("failed", "plain: it answers 529, and wants to be asked again in 3,600 s")] == states(late)
    (row,) = locked.rows
    assert row.state == "failed"
    assert row.why.endswith("/v1/messages does not take the key: it answered 401")
    assert [(True, set()), (True, set())] == [(each.failed, found(each)) for each in (late, locked)]


def test_a_cap_is_never_gone_over(service: Service, project: Project) -> None:
    """What it does not allow is not sent, said to be so, and fails the night."""
    report = project.night(Cap(2, 200_000))
    assert 2 == len(service.server.requests)
    why = "error: not run: the cap of 2 calls is reached; --max-calls allows more"
    assert [("ran", ""), ("failed", why)] == states(report)
    assert report.failed
    tight = project.night(Cap(9, 42))
    assert ["acme-1", "no-such-model"] == [each.json()["model"] for each in service.server.requests[2:]]
    why = "stream: not run: it would go over the cap of 42 tokens; --max-tokens allows more"
    assert ("failed", why) in states(tight)


def test_what_did_not_run_is_not_green(service: Service, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, not to be sent, no probes: three reasons, none of which is a check, and a night of them is red."""
    monkeypatch.delenv("MODEL_KEY")
    nobody = project.night()
    assert [("no key", "; ".join(f"{each}: MODEL_KEY is not set" for each in ("plain", "stream", "error")))] == states(
        nobody
    )
    project.adopt(contract(), probes=PLAIN + "send = false\n")
    kept = project.night()
    assert [("skipped", f"plain: send = false in contracts/{NAME}/probes.toml")] == states(kept)
    project.adopt(contract("acme.other"), contract(), probes=PLAIN)
    both = project.night()
    assert ("skipped", "it has no probes: write contracts/acme.other/probes.toml") in states(both)
    assert [True, True, True] == [each.failed for each in (nobody, kept, both)]
    assert [] == service.server.requests


def test_a_probe_that_its_contract_is_not_about_is_a_mistake(service: Service, project: Project) -> None:
    """It cannot be checked, and that is said, with what to do."""
    project.adopt(contract(), probes='[plain]\nurl = "${MODEL_BASE_URL}/health"\n')
    service.server.on("GET /health", document({"ok": True}))
    ((state, why),) = states(project.night())
    assert "failed" == state
    assert f"{NAME} 1.0.0 is not about GET " in why
    assert why.endswith("correct the probe, or what the contract binds to")


def test_probes_that_cannot_be_read_are_an_error(project: Project) -> None:
    """Nothing is sent before all of them are read."""
    project.adopt(contract(), probes="[plain]\nurl = 7\n")
    with pytest.raises(ContractError, match=r"probes\.toml: \[plain\] url is to be a text"):
        project.night()


def test_what_was_found_says_since_when(service: Service, project: Project) -> None:
    """Clean on the 18th, there on the 19th, and still on the 20th: told so, until somebody acknowledges it."""
    with time_machine.travel("2026-11-18 03:00Z"):
        assert not project.night().failed
    service.plain = message(stop_reason="pause_turn")
    with time_machine.travel("2026-11-19 03:00Z"):
        assert project.night().failed
    with time_machine.travel("2026-11-20 03:00Z"):
        report = project.night()
        (each,) = report.standings
        assert "first seen 19 Nov 2026, not yet on 18 Nov 2026" == told(each).since
        assert ("2026-11-20", (nights(project)[0].id,)) == (each.drift.last, each.drift.episodes)
        drift = each.drift
        seen = Ack(
            drift.key, NAME, "res.enum.added", "/stop_reason", "ann", "the SDK knows it", "2026-11-20", "2026-11-30"
        )
        acks.add(project.folder / "contracts", seen)
        acknowledged = project.night()
    assert (False, "ack: ann until 30 Nov 2026: the SDK knows it") == (
        acknowledged.failed,
        told(acknowledged.standings[0]).ack,
    )


def test_a_damaged_journal_is_a_note_and_no_failure(service: Service, project: Project) -> None:
    """Since when is not known any more, which is said; the service has not drifted for it."""
    project.night()
    (project.folder / "episodes" / "drift.json").write_text("{")
    service.headers = (*LIMITS, ("x-new-limit", "1"))
    report = project.night()
    (note,) = report.notes
    assert "since when findings are there is not known any more" in note
    assert (False, ()) == (report.failed, report.problems)


def test_an_alien_body_is_a_finding_and_no_crash(service: Service, project: Project) -> None:
    """A page of a proxy in place of an answer departs from what was promised."""
    project.adopt(contract(), probes=PLAIN)
    service.first = [plain(b"<html>hello</html>", 200, (("content-type", "text/html"), *LIMITS))]
    assert {"res.body.unreadable", "hdr.type.changed"} == {each[0] for each in found(project.night())}


def test_a_contract_without_promises_is_a_blind_one(service: Service, project: Project) -> None:
    """Nothing can be planted that its check would see: the night fails, for its green would mean nothing."""
    defs: Any = {"response": {"type": "object"}}
    project.adopt(contract(**{"$defs": defs}), probes=PLAIN)
    report = project.night()
    blind = f"the check of {NAME} 1.0.0 sees nothing: its contract says nothing that an answer could break"
    assert ((blind,), True) == (report.problems, report.failed)
    assert service.server.requests


def test_the_report_of_a_night_is_json(service: Service, project: Project) -> None:
    """States, findings, what was spent: for programs."""
    from replaykit.report.drift.document import as_json

    service.plain = message(stop_reason="pause_turn")
    told = json.loads(json.dumps(as_json(project.night())))
    assert ("live", True, 1) == (told["source"], told["failed"], told["states"]["ran"])
    assert {"calls": 3, "tokens": 3, "most_calls": 100, "most_tokens": 200_000} == told["spent"]
    assert ["/stop_reason"] == [each["path"] for each in told["findings"]]
