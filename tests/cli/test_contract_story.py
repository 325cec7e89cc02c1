"""`replaykit contract` for a server of one's own: learned, published, drifted, published again."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import replaykit
from replaykit.contracts import probes
from replaykit.contracts.registry import adopted
from replaykit.errors import ContractError, UsageError
from tests.cli.calls import typed
from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.script import Asked, Script

NAME = "shop.orders"
KEY = "q8Zr5TnW2pXkLmV7"


def order(asked: Asked) -> Script:
    """What the shop answers to an order; one without an item is an error."""
    sent = asked.json()
    if "item" not in sent:
        return document({"error": {"code": "no_item"}}, status=422)
    answer: dict[str, Any] = {"id": f"ord_{len(str(sent['item']))}", "status": "open", "total": 7}
    if sent["item"] == "new tea":
        answer |= {"status": None, "carrier": "post"}
    return document(answer)


def ask(url: str, items: list[str | None]) -> None:
    with httpx2.Client(headers={"authorization": f"Bearer {KEY}", "x-shop": "1"}) as client:
        for item in items:
            client.post(f"{url}/orders?dry=1", json={"item": item, "amount": 2} if item else {"amount": 2})


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two drafts: `before` and `after` the shop has changed; no test changes it."""
    folder = tmp_path_factory.mktemp("shop") / "project"
    (folder / ".git").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch, Server() as server:
        patch.chdir(folder)
        patch.setenv("SHOP_TOKEN", KEY)
        server.on("POST /orders?dry=1", order)
        server.on("GET /orders/17", document({"id": "ord_17", "status": "sent"}))
        with replaykit.record("before", store=folder / "episodes" / "episodes.db"):
            ask(server.url, ["green tea", *["black tea"] * 6, "tea", None])
            httpx2.get(f"{server.url}/orders/17")
        with replaykit.record("after", store=folder / "episodes" / "episodes.db"):
            ask(server.url, ["new tea"] * 8)
    return folder


@pytest.fixture
def project(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, the current folder."""
    shutil.copytree(recorded, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def learned(episode: str, *more: str) -> Any:
    return json.loads(typed("contract", "infer", NAME, "--from", episode, "--method", "POST", *more, "--json").stdout)


def published(*more: str) -> Any:
    return json.loads(typed("contract", "publish", NAME, *more, "--json").stdout)


def test_a_contract_from_recordings_to_its_second_version(project: Path) -> None:
    """What was learned is published as 1.0.0; what the server does since is a major version, told in the changelog."""
    told = typed("contract", "infer", NAME, "--from", "before", "--method", "POST")
    assert (0, "") == (told.exit_code, told.stdout)
    lines = told.stderr.splitlines()
    assert lines[0].startswith("shop.orders: 8 recorded answers, 1 recorded error")
    assert "    contracts/shop.orders/draft.json   request" in lines[1]
    assert "next: replaykit contract publish shop.orders" == lines[-1]
    first = typed("contract", "publish", NAME)
    assert [
        "shop.orders 1.0.0 published, its first version   contracts/shop.orders/1.0.0.json",
        "next: git add contracts",
    ] == first.stderr.splitlines()
    learned("after")
    compared = typed("contract", "diff", NAME, f"{NAME}@draft", "--json")
    found = json.loads(compared.stdout)
    assert 1 == compared.exit_code
    assert ("shop.orders 1.0.0", "shop.orders") == (found["old"], found["new"])
    assert {"res.field.added", "ADD", "/carrier", "response"} in [
        {each["id"], each["grade"], each["path"], each["direction"]} for each in found["findings"]
    ]
    assert "BREAK" in {each["grade"] for each in found["findings"] if each["path"] == "/status"}
    assert found["compatible"]["forward"] is False
    second = typed("contract", "publish", NAME)
    assert "shop.orders 2.0.0 published after 1.0.0" in second.stderr
    assert "BREAK  response /status" in second.stderr
    log = (project / "contracts" / NAME / "CHANGELOG.md").read_text()
    assert log.startswith("# shop.orders\n\n## 2.0.0")
    assert log.rstrip("\n") == typed("contract", "history", NAME).stdout.rstrip("\n")
    assert ("1.0.0", "2.0.0") == adopted(project / "contracts").sound().versions(NAME)


def test_the_draft_goes_on_from_what_is_published(project: Path) -> None:
    """One more recording takes nothing back: what it does not contradict stays; `--afresh` begins anew, and says so."""
    learned("before")
    published()
    with Server() as server, replaykit.record("once", store=project / "episodes" / "episodes.db"):
        server.on("POST /orders?dry=1", order)
        ask(server.url, ["tea"])
    told = typed("contract", "infer", NAME, "--from", "once", "--method", "POST").stderr.splitlines()
    assert told[0].startswith("shop.orders: 9 recorded answers, 1 recorded error")
    assert "    goes on from 1.0.0, 8 answers" == told[1]
    onward = published()
    assert ("1.0.1", []) == (onward["version"], onward["findings"])
    told = typed("contract", "infer", NAME, "--from", "once", "--method", "POST", "--afresh").stderr.splitlines()
    assert "    afresh: nothing is taken over from 1.0.1" == told[1]
    assert (None, "1.0.1") == (learned("once", "--afresh")["known"], learned("once")["known"])


def test_the_same_again_is_no_version(project: Path) -> None:
    """A draft that says what is published makes no version, and is gone; without one there is nothing to publish."""
    learned("before")
    published()
    learned("before", "--afresh")
    files = {path: path.read_bytes() for path in project.glob("contracts/**/*") if path.is_file()}
    done = typed("contract", "publish", NAME)
    assert (0, "shop.orders 1.0.0 says all that the draft says: nothing was published, and the draft is gone\n") == (
        done.exit_code,
        done.stderr,
    )
    draft = project / "contracts" / NAME / "draft.json"
    assert {path: data for path, data in files.items() if path != draft} == {
        path: path.read_bytes() for path in project.glob("contracts/**/*") if path.is_file()
    }
    with pytest.raises(UsageError, match=r"draft\.json is not there: .* shop\.orders 1\.0\.0 is published\nmake one"):
        published()
    with pytest.raises(UsageError, match=r"make one: `replaykit contract infer shop\.nothing --from EPISODE`"):
        typed("contract", "publish", "shop.nothing")


def test_a_level_is_only_raised(project: Path) -> None:
    """`--level` makes the step larger than the changes ask for; a smaller one is refused, and nothing is written."""
    learned("before")
    assert "1.0.0" == published("--level", "minor")["version"]
    learned("after")
    with pytest.raises(
        UsageError, match=r"after 1\.0\.0 these changes make 2\.0\.0: --level can raise that, and minor lowers"
    ):
        published("--level", "minor")
    assert ("1.0.0",) == adopted(project / "contracts").sound().versions(NAME)
    path = project / "contracts" / NAME / "1.0.0.json"
    shutil.copy(path, path.with_name("draft.json"))
    changed = path.read_text().replace('"x-seen": [8, 8]', '"x-seen": [9, 9]')
    path.with_name("draft.json").write_text(changed)
    assert {"version": "2.0.0", "previous": "1.0.0", "published": True, "findings": []}.items() <= (
        published("--level", "major").items()
    )


def test_probes_are_made_of_the_smallest_requests(project: Path) -> None:
    """Each sort of answer gives a probe, with variables for host and key; what may do harm is not sent."""
    told = learned("before")
    assert (2, 2) == (told["probes"], told["unsent"])
    path = project / "contracts" / NAME / "probes.toml"
    plain, error = probes.read(path.parent, path)
    assert ("plain", "POST", {"item": "tea", "amount": 2}, False) == (plain.name, plain.method, plain.json, plain.send)
    assert plain.url.startswith("${SHOP_BASE_URL:-http://127.0.0.1:")
    assert plain.url.endswith("}/orders?dry=1")
    assert {"x-shop": "1", "authorization": "Bearer ${SHOP_TOKEN}"} == {
        name: plain.headers[name] for name in ("x-shop", "authorization")
    }
    assert ("error", 422, {"amount": 2}, False) == (error.name, error.status, error.json, error.send)
    assert KEY not in path.read_text()
    assert "take `send = false` out" in path.read_text()
    path.write_text("# mine\n")
    assert 0 == learned("before")["probes"]
    assert "# mine\n" == path.read_text()
    typed("contract", "infer", "shop.order", "--from", "before", "--path", "/orders/3")
    (one,) = probes.read(path.parents[1], path.parents[1] / "shop.order" / "probes.toml")
    assert ("GET", True) == (one.method, one.send)
    assert one.url.endswith("}/orders/17")


def test_what_there_is_to_learn(project: Path) -> None:
    """Where a name does not tell which exchanges are meant, all that were recorded are named."""
    with pytest.raises(UsageError, match=r"which is shop\.orders\? There is") as caught:
        typed("contract", "infer", NAME, "--from", "before")
    assert "local.orders (POST 127.0.0.1/orders, 9 exchanges)" in str(caught.value)
    assert "local.orders-one (GET 127.0.0.1/orders/{id}, 1 exchange)" in str(caught.value)
    with pytest.raises(UsageError, match="nothing of the kind was recorded there"):
        typed("contract", "infer", NAME, "--from", "before", "--host", "elsewhere.example")
    with pytest.raises(UsageError, match=r"what is shop\.orders about\?\nnothing was recorded of it: give --host"):
        typed("contract", "infer", NAME, "--from-type", "replaykit.core.model:Failure")
    with pytest.raises(UsageError, match=r"from what\?"):
        typed("contract", "infer", NAME)
    with pytest.raises(UsageError, match="a contract cannot be called 'orders'"):
        typed("contract", "infer", "orders", "--from", "before")
    with pytest.raises(UsageError, match=r"which is openai\.chat\? There is local\.orders \("):
        typed("contract", "infer", "openai.chat", "--from", "before", "--method", "POST")
    assert not (project / "contracts").exists()
    learned("before")
    published()
    assert NAME == json.loads(typed("contract", "infer", NAME, "--from", "after", "--json").stdout)["name"]


def test_a_type_alone_makes_a_contract(project: Path) -> None:
    """What nobody has recorded can be declared: then it is to be said what it is about, and no evidence is claimed."""
    about = ("--host", "shop.example", "--path", "/orders/{id}", "--method", "get")
    told = typed("contract", "infer", NAME, "--from-type", "replaykit.core.model:Failure=error/why", *about)
    assert told.stderr.startswith("shop.orders: replaykit-llm ")
    draft = adopted(project / "contracts").draft(NAME)
    assert draft is not None
    assert ("GET", "shop.example", "/orders/{id}") == (draft.binds.method, draft.binds.host, draft.binds.path)
    assert ("error",) == draft.parts
    assert not (project / "contracts" / NAME / "probes.toml").exists()


def test_types_are_compared_with_what_was_recorded(project: Path) -> None:
    """What a type declares counts beside the recordings; where both disagree it is told, and the draft allows both."""
    (project / "shopapi_of_tests.py").write_text(
        "from dataclasses import dataclass\nfrom typing import Literal\n"
        "@dataclass\nclass Order:\n    id: str\n    status: Literal['sent']\n    total: int\n    note: str\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(project))
        told = learned("before", "--from-type", "shopapi_of_tests:Order")
        with pytest.raises(
            UsageError, match="'answer' is no part of a contract\nparts are request, response, event and"
        ):
            learned("before", "--from-type", "shopapi_of_tests:Order=answer")
    assert ("response", "/status") in {(each["part"], each["path"]) for each in told["disagreements"]}
    shown = json.loads(typed("contract", "show", f"{NAME}@draft", "--json").stdout)
    response = shown["$defs"]["response"]
    while "$ref" in response:
        response = shown["$defs"][response["$ref"].removeprefix("#/$defs/")]
    assert {"open", "sent"} <= set(response["properties"]["status"].get("enum", ["open", "sent"]))
    assert "note" in response["properties"]


def test_a_contract_is_shown(project: Path) -> None:
    """What it binds to, its parts and fields with their evidence are readable; `--json` is the document."""
    learned("before")
    published()
    shown = typed("contract", "show", NAME).stdout
    assert shown.startswith("shop.orders 1.0.0   2")
    assert "binds to  POST 127.0.0.1/orders, 2XX, plain" in shown
    assert "8 of 8" in shown
    whole = json.loads(typed("contract", "show", f"{NAME}@1.0.0", "--json").stdout)
    assert json.loads((project / "contracts" / NAME / "1.0.0.json").read_text()) == whole
    with pytest.raises(UsageError, match=r"shop\.orders has no draft"):
        typed("contract", "show", f"{NAME}@draft")
    with pytest.raises(ContractError, match=r"there is no such version\nshop\.orders has 1\.0\.0"):
        typed("contract", "show", f"{NAME}@3.0.0")
    (project / "order.json").write_text('{"type": "object"}')
    with pytest.raises(UsageError, match="is a schema, and no contract"):
        typed("contract", "show", "order.json")


def test_an_edited_version_stops_every_command(project: Path) -> None:
    """A published file that was edited is an error wherever it would be read, with its name and what to do."""
    learned("before")
    published()
    path = project / "contracts" / NAME / "1.0.0.json"
    path.write_text(path.read_text().replace("integer", "number"))
    for words in (
        ("show", NAME),
        ("history", NAME),
        ("diff", NAME, NAME),
        ("publish", NAME),
        ("infer", NAME, "--from", "after"),
        ("add", "mcp.initialize"),
    ):
        with pytest.raises(ContractError, match=r"1\.0\.0\.json: this contract was changed after") as caught:
            typed("contract", *words)
        assert "git checkout -- " in caught.value.remedy
    (path.parents[1] / "shop.items").mkdir()
    (path.parents[1] / "shop.items" / "draft.json").write_text("{")
    listed = typed("contract", "list")
    assert (2, "") == (listed.exit_code, listed.stdout)
    assert "this contract was changed after it was published" in listed.stderr
    assert "draft.json: this is no JSON" in listed.stderr
