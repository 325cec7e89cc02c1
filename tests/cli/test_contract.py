"""`replaykit contract`: adopting, listing, comparing and acknowledging, and what is said when it cannot be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.contracts import journal
from replaykit.contracts.registry import adopted, shipped
from replaykit.core.contract.model import Finding, key
from replaykit.errors import CassetteError, ContractError, NoSuchEpisode, UsageError
from tests.cli.calls import typed
from tests.contracts.making import NAME, STATUS, contract, drafted, published
from tests.vcr.tapes import ANSWERED, ASKED, cassette

if TYPE_CHECKING:
    from pathlib import Path

FINDING = Finding("res.enum.added", "RISK", "response", "response", "/status", 'new "lost"')
KEY = key(NAME, FINDING)
TODAY = datetime.now(UTC).date()
SOON = (TODAY + timedelta(days=30)).isoformat()
SAID = ("--owner", "ann", "--reason", "our parser takes it", "--until", SOON)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with nothing in it, the current folder."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parsed(*words: str) -> Any:
    return json.loads(typed("contract", *words, "--json").stdout)


def test_every_command_says_what_it_does() -> None:
    """The group lists its commands in the order in which one meets them, each with what it does; a slip is guessed."""
    told = typed("contract", "--help").stdout
    names = [
        line.split()[0]
        for line in told.partition("Commands:")[2].splitlines()
        if line.startswith("  ") and line[2] != " "
    ]
    assert ["add", "list", "show", "history", "infer", "diff", "publish", "check", "ack"] == names
    for name in names:
        assert "--json" in typed("contract", name, "--help").stdout, name
    slip = typed("contract", "pubish")
    assert (2, True) == (slip.exit_code, "did you mean `replaykit contract publish`?" in slip.stderr)


def test_the_packages_contracts_are_adopted(project: Path) -> None:
    """`add` takes over the package's bytes, all versions of them and the probes; once more there is nothing newer."""
    package, name = shipped(), "anthropic.messages"
    done = typed("contract", "add", name, "openai.chat")
    assert 0 == done.exit_code
    assert f"{name}: {' and '.join(package.versions(name))} adopted   contracts/{name}" in done.stderr
    assert done.stderr.endswith("next: git add contracts\n")
    registry = adopted(project / "contracts").sound()
    assert (name, "openai.chat") == registry.names
    assert package.versions(name) == registry.versions(name)
    for path in (*(f"{version}.json" for version in package.versions(name)), "probes.toml"):
        assert package.path(name, path).read_bytes() == registry.path(name, path).read_bytes()
    (again,) = parsed("add", name)
    assert {"name": name, "added": [], "findings": [], "probes": False}.items() <= again.items()


def test_what_the_package_does_not_have(project: Path) -> None:
    """An unknown name is told with what there is, the nearest first, and nothing is adopted of the others."""
    with pytest.raises(
        UsageError, match=r"there is no contract 'anthropic\.message' in the package\nthere are anthropic\.mess"
    ):
        typed("contract", "add", "anthropic.message", "openai.chat")
    with pytest.raises(UsageError, match=r"there is no contract '\.\./x' in the package"):
        typed("contract", "add", "../x")
    assert not (project / "contracts").exists()


def test_what_there_is_is_listed(project: Path) -> None:
    """Each contract stands in a line with version, date, probes and its last check; beside them the package's."""
    nothing = typed("contract", "list")
    assert (0, "") == (nothing.exit_code, nothing.stdout)
    assert "no contracts yet; adopt one" in nothing.stderr
    assert "in the package: anthropic.count_tokens 1.0.0" in nothing.stderr
    folder = published(project / "contracts", contract(), contract("1.1.0")).folder
    (folder / NAME / "probes.toml").write_text("[a]\nurl = 'https://a.b'\n[b]\nurl = 'https://a.b'\nsend = false\n")
    drafted(folder, contract("", "shop.items"))
    journal.update(project / "episodes" / "drift.json", lambda found: found.noted(NAME, "2026-11-19", {}, 3))
    head, items, orders = typed("contract", "list").stdout.splitlines()
    assert head.split() == ["NAME", "VERSION", "DATE", "PARTS", "PROBES", "CHECKED", "BINDS", "TO"]
    assert items.split() == [
        "shop.items",
        "draft",
        "–",
        "1",
        "0",
        "never",
        *["POST", "shop.example/orders,", "2XX,", "plain"],
    ]
    assert f"{NAME}  1.1.0    2026-11-01  1      1 (+1 not sent)  2026-11-19  POST shop" in orders
    found = {each["name"]: each for each in parsed("list")["contracts"]}
    assert {"version": "1.1.0", "versions": ["1.0.0", "1.1.0"], "draft": False, "sent": 1}.items() <= found[
        NAME
    ].items()
    assert {"version": None, "draft": True, "checked": None}.items() <= found["shop.items"].items()
    assert ["1.0.0"] == parsed("list")["package"]["mcp.initialize"]


def test_the_packages_contracts_can_be_seen_before_they_are_adopted(project: Path) -> None:
    """`show`, `history` and `diff` know them without a project's contracts, and say so; a draft is said to be one."""
    shown = typed("contract", "show", "anthropic.messages")
    assert "anthropic-version 2026-10-21" in shown.stdout
    assert "this is the package's; adopt it: replaykit contract add anthropic.messages" in shown.stderr
    assert "## 1.0.0" in typed("contract", "history", "package:anthropic.messages").stdout
    changed = typed("contract", "diff", "anthropic.messages@1.0.0", "anthropic.messages")
    assert (1, True) == (changed.exit_code, "/temperature" in changed.stdout)
    drafted(project / "contracts", contract(""))
    with pytest.raises(UsageError, match=r"shop\.orders is not published yet\nits draft is shop\.orders@draft"):
        typed("contract", "show", NAME)
    with pytest.raises(UsageError, match=r"there is no contract 'shop\.nothing' in this project, nor in the package"):
        typed("contract", "show", "shop.nothing")


def test_what_others_recorded_is_learned_from(project: Path) -> None:
    """A cassette of vcrpy, or a folder of them, is as good as an episode; what cannot be read is named."""
    for name in ("one.yaml", "two.yaml"):
        (project / "tapes").mkdir(exist_ok=True)
        (project / "tapes" / name).write_text(cassette((ASKED, ANSWERED)))
    one, two = (parsed("infer", "model.chat", "--from", path) for path in ("tapes/one.yaml", "tapes"))
    assert (["1 recorded answer"], ["2 recorded answers"]) == (one["sources"], two["sources"])
    (project / "other.yaml").write_text("a: 1\n")
    with pytest.raises(CassetteError, match=r"other\.yaml"):
        typed("contract", "infer", "model.chat", "--from", "other.yaml")
    with pytest.raises(NoSuchEpisode, match="no episode 'nothing'"):
        typed("contract", "infer", "model.chat", "--from", "nothing")


def schemas(project: Path, old: object, new: object) -> tuple[str, str]:
    for name, schema in (("old.json", old), ("new.json", new)):
        (project / name).write_text(json.dumps(schema))
    return "old.json", "new.json"


def test_schemas_are_compared(project: Path) -> None:
    """Two files give graded findings, and whether each accepts the other's documents; the same file gives none."""
    wide = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]}
    narrow = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    sides = schemas(project, narrow, wide)
    done = typed("contract", "diff", *sides, "--json")
    found = json.loads(done.stdout)
    assert (1, {"backward": True, "forward": False}) == (done.exit_code, found["compatible"])
    (one,) = found["findings"]
    assert ("res.null.added", "BREAK", "/a", "response") == tuple(
        one[name] for name in ("id", "grade", "path", "direction")
    )
    request = typed("contract", "diff", *sides, "--direction", "request", "--json")
    assert (0, {"ADD"}) == (request.exit_code, {each["grade"] for each in json.loads(request.stdout)["findings"]})
    same = typed("contract", "diff", "old.json", "old.json")
    assert (0, "") == (same.exit_code, same.stdout)
    assert "old.json → old.json: no change of substance" in same.stderr


def test_a_risk_counts_where_one_is_strict(project: Path) -> None:
    """A new value is a line and no failure; with `--strict` it is one."""
    published(project / "contracts", contract())
    drafted(project / "contracts", contract("", status=STATUS | {"enum": ["lost", "open", "sent"]}))
    done = typed("contract", "diff", NAME, f"{NAME}@draft")
    assert (0, True) == (done.exit_code, done.stdout.startswith("RISK   response /status"))
    assert 1 == typed("contract", "diff", NAME, f"{NAME}@draft", "--strict").exit_code
    assert "every document of the new is valid under the old: no" in done.stderr


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (None, UsageError, "No such file"),
        ("{", ContractError, "this is no JSON"),
        ("7", ContractError, "this is no JSON Schema"),
        ('{"contract": {}, "$defs": {}}', ContractError, "this is no contract"),
        ("[" * 100_000, ContractError, "this is no JSON"),
    ],
)
def test_what_is_no_schema(project: Path, text: str | None, error: type[Exception], said: str) -> None:
    """A file that holds none is named, with what is wrong in it."""
    (project / "old.json").write_text("{}")
    if text is not None:
        (project / "new.json").write_text(text)
    with pytest.raises(error, match=f"new.json: {said}"):
        typed("contract", "diff", "old.json", "new.json")


def test_a_schema_is_not_compared_with_a_contract(project: Path) -> None:
    """Two sides of another kind, and a direction for contracts, are refused with what would do."""
    published(project / "contracts", contract())
    (project / "old.json").write_text("{}")
    with pytest.raises(UsageError, match=r"old\.json is a schema, and shop\.orders 1\.0\.0 a contract"):
        typed("contract", "diff", "old.json", NAME)
    with pytest.raises(UsageError, match="--direction is for schemas"):
        typed("contract", "diff", NAME, NAME, "--direction", "request")


def seen(project: Path) -> None:
    journal.update(
        project / "episodes" / "drift.json", lambda found: found.noted(NAME, "2026-11-19", {KEY: (FINDING, 3)}, 41)
    )


def test_a_finding_is_acknowledged(project: Path) -> None:
    """By its letters, or their beginning, it is kept with who, why and until when; again takes the former's place."""
    seen(project)
    done = typed("contract", "ack", KEY[:4], *SAID)
    assert f"{KEY}: {NAME} /status res.enum.added: ann until {SOON}\nnext: git add contracts/acks.json\n" == done.stderr
    (kept,) = parsed("ack", "--list")
    assert {
        "key": KEY,
        "contract": NAME,
        "id": "res.enum.added",
        "path": "/status",
        "owner": "ann",
        "reason": "our parser takes it",
        "since": TODAY.isoformat(),
        "until": SOON,
        "expired": False,
    } == kept
    again = typed("contract", "ack", KEY, "--owner", "bob", "--reason", "still", "--until", TODAY.isoformat())
    assert f"in place of ann's until {SOON}" in again.stderr
    assert f"{KEY}  until {TODAY}" in typed("contract", "ack", "--list").stdout
    assert 1 == len(parsed("ack", "--list"))


@pytest.mark.usefixtures("project")
def test_a_finding_of_another_machine_is_acknowledged() -> None:
    """What was not seen here is told whole; without letters all of the kind in that place are meant."""
    place = ("--contract", NAME, "--id", "res.enum.added", "--path", "/status")
    assert KEY == parsed("ack", KEY, *place, *SAID)["key"]
    assert not parsed("ack", *place, *SAID)["key"]
    assert ["", KEY] == [each["key"] for each in parsed("ack", "--list")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("zzzz", *SAID), "no finding 'zzzz' was seen here"),
        (SAID, "which finding"),
        ((KEY, *SAID[2:]), "--owner is empty"),
        ((KEY, "--owner", "ann", "--until", SOON), "--reason is empty"),
        ((KEY, *SAID[:4]), "'' is no day"),
        ((KEY, *SAID[:4], "--until", "2020-01-01"), "2020-01-01 is past"),
        ((KEY, *SAID[:4], "--until", "2999-01-01"), "2999-01-01 is more than a year ahead"),
        ((KEY, *SAID, "--contract", NAME), "--contract, --id and --path belong together"),
        ((KEY, *SAID, "--contract", NAME, "--id", "res.enum", "--path", "/a"), "'res.enum' is no kind of finding"),
        ((KEY, *SAID, "--contract", "../x", "--id", FINDING.id, "--path", "/a"), "a contract cannot be called"),
        ((KEY[:3], *SAID, "--contract", NAME, "--id", FINDING.id, "--path", "/a"), "give all 8 letters, or none"),
    ],
)
def test_what_cannot_be_acknowledged(project: Path, words: tuple[str, ...], said: str) -> None:
    """Nobody, no reason, no day, and no finding are refused, and nothing is written."""
    seen(project)
    with pytest.raises(UsageError) as caught:
        typed("contract", "ack", *words)
    assert said in str(caught.value)
    assert not (project / "contracts").exists()


def test_letters_that_several_findings_begin_with(project: Path) -> None:
    """A beginning that means several is refused with all of them."""
    other = {f"{KEY[:3]}{letter * 5}": (FINDING, 1) for letter in "ab"}
    journal.update(project / "episodes" / "drift.json", lambda found: found.noted(NAME, "2026-11-19", other, 41))
    with pytest.raises(UsageError, match=f"could be any of {KEY[:3]}aaaaa, {KEY[:3]}bbbbb"):
        typed("contract", "ack", KEY[:3], *SAID)


def test_nothing_is_acknowledged_yet(project: Path) -> None:
    """A project without acknowledgements says so; a damaged file is named."""
    assert "nothing is acknowledged\n" == typed("contract", "ack", "--list").stderr
    (project / "contracts").mkdir()
    (project / "contracts" / "acks.json").write_text("<<<<<<< HEAD")
    with pytest.raises(ContractError, match=r"acks\.json: this is no JSON"):
        typed("contract", "ack", "--list")
