"""Probes: read whole or not at all, filled in from variables, and written so that they are read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.contracts import probes
from replaykit.contracts.probes import NoKey, Probe
from replaykit.contracts.registry import shipped
from replaykit.contracts.toml import sayable, written
from replaykit.errors import ContractError
from tests.servers.mcp import serving

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
[plain]
url = "${SHOP_BASE_URL:-https://shop.example}/orders"
headers = { "x-api-key" = "${SHOP_API_KEY}", "x-version" = "2023-06-01" }
json = { item = "tea", amount = 2, notes = [ { by = "${WHO:-nobody}" } ] }
tokens = 40

[gone]
url = "https://shop.example/orders/0"
status = 404
send = false
"""

KEYED = {"SHOP_API_KEY": "k-1", "SHOP_BASE_URL": "http://127.0.0.1:8000"}


def read(folder: Path, text: str | bytes) -> tuple[Probe, ...]:
    path = folder / "probes.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return probes.read(folder, path)


def test_probes_are_read(tmp_path: Path) -> None:
    """Each table is a probe, in the order of the file; what is not said has its usual value."""
    plain, gone = read(tmp_path, WHOLE)
    assert ("plain", "POST", True, 0, 40, True) == (
        plain.name,
        plain.method,
        plain.has_body,
        plain.status,
        plain.tokens,
        plain.send,
    )
    assert Probe("gone", "GET", "https://shop.example/orders/0", status=404, send=False) == gone
    assert () == probes.read(tmp_path, tmp_path / "nowhere.toml")


def test_variables_are_filled_in(tmp_path: Path) -> None:
    """A variable's value stands in the address, in headers, and deep in the body; else what is said otherwise."""
    plain, _ = read(tmp_path, WHOLE)
    found = probes.filled(plain, KEYED)
    assert isinstance(found, Probe)
    assert "http://127.0.0.1:8000/orders" == found.url
    assert {"x-api-key": "k-1", "x-version": "2023-06-01"} == found.headers
    assert {"item": "tea", "amount": 2, "notes": [{"by": "nobody"}]} == found.json
    default = probes.filled(plain, {"SHOP_API_KEY": "k", "SHOP_BASE_URL": "", "WHO": '"${SHOP_API_KEY}"\n'})
    assert isinstance(default, Probe)
    assert ("https://shop.example/orders", '"${SHOP_API_KEY}"\n') == (default.url, default.json["notes"][0]["by"])  # type: ignore[index, call-overload]


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    """A probe whose variables are not set, or empty, names them, each once."""
    text = 'url = "https://a.b/${A}"\nheaders = { x = "${A}${B}" }\njson = ["${C}", "${D:-}"]'
    (probe,) = read(tmp_path, f"[plain]\n{text}")
    assert NoKey("plain", ("A", "B", "C")) == probes.filled(probe, {})
    assert NoKey("plain", ("B",)) == probes.filled(probe, {"A": "1", "B": "", "C": "3"})


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SHOP_API_KEY": "k\r\nx-admin: 1"}, "the header x-api-key holds what no header may"),
        ({"SHOP_API_KEY": "k", "SHOP_BASE_URL": "file:///etc"}, "its url is none"),
        ({"SHOP_API_KEY": "k", "SHOP_BASE_URL": "shop.example"}, "its url is none"),
        ({"SHOP_API_KEY": "k", "SHOP_BASE_URL": "https://shop example"}, "its url is none"),
    ],
)
def test_a_value_that_makes_no_request(tmp_path: Path, environment: dict[str, str], said: str) -> None:
    """A value that would break out of its header, or makes no address, is refused by its variable's name alone."""
    plain, _ = read(tmp_path, WHOLE)
    with pytest.raises(ContractError, match=said) as caught:
        probes.filled(plain, environment)
    assert "look at the value of SHOP_" in caught.value.remedy
    assert "admin" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[plain", "this is no TOML"),
        (b"\xff", "this is no TOML"),
        ("a = " + "[" * 5000, "this is no TOML"),
        ("a = " + "9" * 5000, "this is no TOML"),
        ("url = 'https://a.b'", "url stands outside of a table\na probe begins with [url]"),
        ("[plain]\nurl = 7", "[plain] url is to be a text"),
        ("[plain]\nmethod = 'GET'", "[plain] has no url"),
        ("[plain]\nurl = 'https://a.b'\nbody = 'x'", "[plain] has 'body', which nothing reads\nit may have method,"),
        ("[plain]\nurl = 'https://a.b'\nmethod = 'get'", "method is to be a method in capitals"),
        ("[plain]\nurl = 'https://a.b'\nheaders = ['a']", "headers is to be a table of texts"),
        ("[plain]\nurl = 'https://a.b'\nheaders = { a = 1 }", "headers is to be a table of texts"),
        ("[plain]\nurl = 'https://a.b'\nheaders = { 'a b' = 'c' }", "headers has 'a b', which is no name of a header"),
        ("[plain]\nurl = 'https://a.b'\nstatus = '404'", "status is to be a number from 100 to 599"),
        ("[plain]\nurl = 'https://a.b'\nstatus = true", "status is to be a number from 100 to 599"),
        ("[plain]\nurl = 'https://a.b'\ntokens = -1", "tokens is to be a number from 0 on"),
        ("[plain]\nurl = 'https://a.b'\nsend = 1", "send is to be true or false"),
        ("[plain]\nurl = 'https://a.b'\njson = { on = 2026-11-20 }", "json has the time 2026-11-20"),
        ("[plain]\nurl = 'https://a.b'\njson = [[nan]]", "json has nan, which JSON does not know"),
        ("[plain]\nurl = '${A'", "[plain] '${A' has a variable that is none\nit is written ${NAME}"),
        ("[plain]\nurl = 'https://a.b'\njson = ['${A B}']", "'${A B}' has a variable that is none"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str | bytes, said: str) -> None:
    """What is misspelt or of another type is an error with file and key: it would not be sent as meant."""
    with pytest.raises(ContractError, match=r"probes\.toml: ") as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.none()
    | st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "${" not in text),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=50)
@given(_VALUES.filter(sayable), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, value: Any, name: str) -> None:
    """Whatever TOML can say comes back as it was, with its name, under a comment."""
    folder = tmp_path_factory.getbasetemp()
    probe = Probe(name, "PUT", "https://a.b/${C:-d}", {"x-a": "b"}, value, has_body=True, status=201, send=False)
    assert (probe, probe) == (*read(folder, written([probe], "read me\nfirst")), probe)


def test_a_file_reads_well() -> None:
    """What is written looks as one would write it, and says nothing that goes without saying."""
    found = written([Probe("plain", "GET", "https://a.b"), Probe("gone", "GET", "https://a.b/0", status=404)], "Mine.")
    assert """\
# Mine.

[plain]
method = "GET"
url = "https://a.b"

[gone]
method = "GET"
url = "https://a.b/0"
status = 404
""" == found.decode()


def test_a_real_server_understands_the_packages_probes() -> None:
    """The SDK's own server of MCP answers each of them with a result; the tool that is to be named is not sent."""
    package, answers = shipped(), []
    with serving(plain=True) as url, httpx2.Client() as client:
        for name in ("mcp.initialize", "mcp.tools.list", "mcp.tools.call"):
            for each in probes.read(package.folder, package.folder / name / "probes.toml"):
                probe = probes.filled(each, {"MCP_URL": url})
                assert isinstance(probe, Probe)
                answered = client.request(probe.method, probe.url, headers=dict(probe.headers), json=probe.json)
                answers.append((name, each.name, each.send, answered.status_code, "result" in answered.json()))
    assert [
        ("mcp.initialize", "plain", True, 200, True),
        ("mcp.tools.list", "plain", True, 200, True),
        ("mcp.tools.call", "plain", False, 200, True),
        ("mcp.tools.call", "unknown", True, 200, True),
    ] == answers


def test_the_packages_probes_are_sound() -> None:
    """Every contract of the package can be asked for: with keys alone, and at what it costs."""
    package = shipped()
    environment = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k", "MCP_URL": "http://127.0.0.1:9/mcp"}
    assert package.names
    for name in package.names:
        found = probes.read(package.folder, package.path(name, "probes.toml"))
        assert found, name
        filled = [probes.filled(each, environment) for each in found]
        assert [] == [each for each in filled if isinstance(each, NoKey)]
        assert sum(each.tokens for each in found) <= 2000
