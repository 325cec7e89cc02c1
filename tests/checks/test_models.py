"""Models over nights: gone, retired, and aliases that answer as somebody else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from replaykit import cassette
from replaykit.report.drift import told
from replaykit.store import Store
from tests.checks.stage import NAME, PROBES, contract
from tests.checks.test_live import found, nights
from tests.core.contract.promises import message
from tests.servers.script import document

if TYPE_CHECKING:
    from replaykit.report.drift import Report
    from tests.checks.stage import Project, Service

PLAIN = PROBES.partition("[stream]")[0]
LISTING = """
[list]
url = "${MODEL_BASE_URL}/v1/models"
headers = { "anthropic-version" = "2023-06-01", "x-api-key" = "${MODEL_KEY}" }
"""
MODELS = {"provider": "anthropic", "operation": "models", "method": "GET", "path": "/v1/models"}
LISTED = {"type": "object", "required": ["data"], "properties": {"data": {"type": "array"}, "has_more": {}}}


def words(report: Report) -> list[str]:
    """What a report says of models."""
    return [told(each).text for each in report.standings if each.drift.finding.direction == "models"]


def accepted(project: Project) -> None:
    """Have the newest night be accepted as an episode of the project."""
    cassette.save(project.folder / "cassettes", replace(nights(project)[0], name="support"))


def test_a_model_that_is_not_found_is_gone(service: Service, project: Project) -> None:
    """A 404 that names the model breaks; one that does not is another status of the probe."""
    project.adopt(contract(), probes=PLAIN)
    service.first = [document({"type": "error", "error": {"type": "not_found_error", "message": "model: acme-1"}}, 404)]
    gone = project.night()
    assert ({("mod.gone", "BREAK", "model")}, ["a model is gone (acme-1: 404)"]) == (found(gone), words(gone))
    service.first = [document({"type": "error", "error": {"type": "api_error", "message": "no such path"}}, 404)]
    assert {("err.status.changed", "BREAK", "probe plain")} == found(project.night())


def test_an_alias_that_answers_as_another_model_is_a_risk(service: Service, project: Project) -> None:
    """Than the night before; once nobody minds, the new one is the one it was."""
    project.adopt(contract(), probes=PLAIN)
    service.plain = message(model="acme-1-0101")
    assert set() == found(project.night())
    service.plain = message(model="acme-1-0202")
    changed = project.night()
    assert {("mod.snapshot.changed", "RISK", "model")} == found(changed)
    assert ["an alias answers with another model (acme-1: acme-1-0101 → acme-1-0202)"] == words(changed)
    assert set() == found(project.night())


def test_what_was_accepted_counts_more_than_the_night_before(service: Service, project: Project) -> None:
    """The project was tried on the accepted answers: the alias is another until it accepts others."""
    project.adopt(contract(), probes=PLAIN)
    service.plain = message(model="acme-1-0101")
    project.night()
    accepted(project)
    service.plain = message(model="acme-1-0202")
    assert [True, True] == [bool(words(project.night())) for _ in range(2)]
    with Store(project.folder / "episodes" / "episodes.db") as store:
        for each in nights(project):
            store.remove(each.id)
    assert words(project.night())
    (project.folder / "cassettes" / "support.tape").write_bytes(b"no tape")
    assert not words(project.night())


def test_a_model_that_is_to_be_retired_says_the_days_left(service: Service, project: Project) -> None:
    """Of models that are asked for, or that accepted episodes ask for; the same finding every day."""
    project.adopt(contract(retires={"acme-1": "2026-12-24", "acme-0": "2026-12-24"}), probes=PLAIN)
    with time_machine.travel("2026-11-20 03:00Z"):
        today = project.night()
    with time_machine.travel("2026-12-25 03:00Z"):
        later = project.night()
    assert ["a model is to be retired (acme-1 on 2026-12-24)"] == words(today) == words(later)
    assert ["34 days left", "1 day ago"] == [told(each.standings[0]).note for each in (today, later)]
    assert today.standings[0].drift.key == later.standings[0].drift.key
    accepted(project)
    service.plain = message(model="acme-2")
    project.adopt(contract(retires={"acme-1": "2026-12-24"}), probes=PLAIN.replace("acme-1", "acme-2"))
    assert ["a model is to be retired (acme-1 on 2026-12-24)"] == words(project.night())


@pytest.mark.parametrize(
    ("listed", "gone"),
    [
        ({"data": [{"id": "acme-1"}, {"id": "acme-2"}]}, []),
        ({"data": [{"id": "acme-1-20260101"}]}, []),
        ({"data": [{"id": "acme-10"}]}, ["a model is gone (acme-1: the list does not have it)"]),
        ({"data": []}, []),
        ({"data": [{"id": "acme-10"}], "has_more": True}, []),
    ],
    ids=["there", "snapshot", "gone", "empty", "more"],
)
def test_a_list_of_models_has_those_in_use(service: Service, project: Project, listed: Any, gone: list[str]) -> None:
    """By name, or as a snapshot of it; what asks for an error is not in use, and half a list proves nothing."""
    project.adopt(contract(), probes=PROBES)
    list_ = contract("anthropic.models", binds=MODELS, order=None, **{"$defs": {"response": LISTED}})
    project.adopt(contract(), list_, probes=LISTING)
    (project.folder / "contracts" / NAME / "probes.toml").write_text(PROBES)
    service.server.on("GET /v1/models", document(listed))
    report = project.night()
    assert gone == words(report)
    assert bool(gone) == report.failed
