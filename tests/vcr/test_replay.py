"""A cassette of vcrpy from its file to a client: what was recorded is what is served, byte for byte."""

from __future__ import annotations

import gzip
import sqlite3
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import replaykit
from replaykit.config import Config
from replaykit.errors import NotRecorded, StoreError
from replaykit.store import Store
from replaykit.vcr.cassette import played
from replaykit.vcr.document import tree
from replaykit.vcr.drafts import drafts
from tests.strategies import COSTLY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from replaykit.core.model import Episode

STREAM = b"event: a\r\ndata: 1\r\n\r\ndata: two\r\n\r\n: the end\r\n\r\ndata: [DONE]\r\n\r\n"

bodies = st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
fields = st.dictionaries(
    st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,9}", fullmatch=True).filter(lambda name: "encoding" not in name.lower()),
    st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12), min_size=1, max_size=3),
    max_size=3,
)


def shown(data: bytes) -> str | bytes:
    """A body as vcrpy puts it into its files: as text where it is UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def interaction(asked: bytes, answered: bytes, **named: Any) -> dict[str, Any]:
    """An interaction as vcrpy holds it before it writes it."""
    return {
        "request": {
            "body": shown(asked) if asked else None,
            "headers": named.get("sent", {}),
            "method": "POST",
            "uri": named.get("uri", "https://a.test/x"),
        },
        "response": {
            "body": {"string": shown(answered)},
            "headers": named.get("headers", {}),
            "status": {"code": 200, "message": "OK"},
        },
    }


def written(*interactions: Mapping[str, Any]) -> bytes:
    """The file of these interactions, written as vcrpy writes it: by PyYAML's own dumper."""
    document = {"version": 1, "interactions": list(interactions)}
    return yaml.dump(document, Dumper=getattr(yaml, "CDumper", yaml.Dumper)).encode()


def draft(folder: Path, *interactions: Mapping[str, Any], name: str = "tape") -> Episode:
    """The draft that the import of these made, in the project's store."""
    (folder / f"{name}.yaml").write_bytes(written(*interactions))
    config = Config(folder)
    (done,) = drafts([folder / f"{name}.yaml"], config, config.store_path)
    assert done.episode is not None, done.reason
    return done.episode


def said(times: int) -> list[str]:
    """What the same request is answered, sent so often."""
    with httpx2.Client() as client:
        return [client.send(httpx2.Request("POST", "https://a.test/x")).text for _ in range(times)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project; the current folder."""
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@COSTLY
@given(st.lists(st.tuples(bodies, bodies, fields, fields), min_size=1, max_size=3))
def test_any_bodies(pairs: Sequence[tuple[bytes, bytes, dict[str, list[str]], dict[str, list[str]]]]) -> None:
    """Whatever bytes and headers vcrpy was given, they are read as they were."""
    data = written(*(interaction(one, two, sent=sent, headers=headers) for one, two, sent, headers in pairs))
    found = played(tree(data), len(data)).exchanges
    assert [(one, two) for one, two, _, _ in pairs] == [
        (each.request.body.data, each.response.body.data) for each in found if each.response is not None
    ]
    for (_, two, sent, headers), each in zip(pairs, found, strict=True):
        assert each.response is not None
        assert {(name, value) for name, values in sent.items() for value in values} == set(each.request.headers)
        assert {(name, value) for name, values in headers.items() for value in values} == set(each.response.headers)
        assert two == b"".join(each.response.chunks())


@pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
def test_what_was_recorded_is_served(project: Path, library: Any) -> None:
    """Compressed, decoded before, wrongly measured and binary bodies come as the recorded client read them."""
    text = b'{"sun": true}'
    answers = {
        "/gzip": (gzip.compress(text, mtime=0), {"content-encoding": ["gzip"], "content-length": ["41"]}, text),
        "/lies": (text, {"content-encoding": ["gzip"], "content-length": ["41"]}, text),
        "/long": (text, {"content-length": ["4000"], "Set-Cookie": ["a=1", "b=2"]}, text),
        "/noise": (bytes(range(256)), {}, bytes(range(256))),
        "/none": (b"", {"content-length": ["12"]}, b""),
    }
    listed = [
        interaction(path.encode(), body, headers=headers, uri=f"https://a.test{path}")
        for path, (body, headers, _) in answers.items()
    ]
    draft(project, *listed)
    with replaykit.replay("tape"), library.Client() as client:
        for path, (_, headers, expected) in answers.items():
            found = client.send(library.Request("POST", f"https://a.test{path}", content=path.encode()))
            assert (200, "OK", expected) == (found.status_code, found.reason_phrase, found.content)
            assert len(headers.get("Set-Cookie", [])) == len(found.headers.get_list("set-cookie"))


def test_equal_requests_are_answered_in_their_order(project: Path) -> None:
    """A poll that was answered twice in two ways is answered so again, and a third time not at all."""
    draft(project, interaction(b"", b"wait"), interaction(b"", b"done"))
    with replaykit.replay("tape"):
        assert ["wait", "done"] == said(2)
    with pytest.raises(NotRecorded), replaykit.replay("tape"):
        said(3)


def test_a_stream_is_served_as_a_stream(project: Path) -> None:
    """Each event is a chunk of its own, with the line ends that it had."""
    draft(project, interaction(b"{}", STREAM, headers={"content-type": ["text/event-stream"]}))
    request = httpx2.Request("POST", "https://a.test/x", content=b"{}")
    with replaykit.replay("tape"), httpx2.Client() as client:
        chunks = list(client.send(request, stream=True).iter_raw())
    expected = [b"event: a\r\ndata: 1\r\n\r\n", b"data: two\r\n\r\n", b": the end\r\n\r\n", b"data: [DONE]\r\n\r\n"]
    assert expected == chunks


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.test",
        "HTTPS://a.test/x",
        "https://A.Test:443/x",
        "http://a.test:80/x?y=1",
        "https://a.test:8443/x#part",
        "https://a.test/a b/ä?q=a b&r=[1]|{2}",
        "https://a.test/%7Ex/%zz?q=%20%3c'\"<>`",
        "https://a.test/a/./b/../c//d/",
        "https://user:pw@a.test/x?",
        "https://bücher.test/x",
        "http://[::1]:9000/x",
        "a.test/x",
    ],
)
def test_addresses_of_other_libraries(project: Path, uri: str) -> None:
    """An address that another client wrote is the one that httpx sends for it."""
    draft(project, interaction(b"", b"here", uri=uri))
    with replaykit.replay("tape"), httpx2.Client() as client:
        assert "here" == client.send(httpx2.Request("post", uri)).text


def test_a_draft_is_whole_or_not_there(project: Path) -> None:
    """When the store takes only a part of a file, nothing of it stays."""
    draft(project, interaction(b"", b"one"))
    config = Config(project)
    with sqlite3.connect(config.store_path) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON steps WHEN (SELECT count(*) FROM steps) > 1"
            " BEGIN SELECT raise(ABORT, 'disk full'); END"
        )
    database.close()
    (project / "more.yaml").write_bytes(written(interaction(b"", b"two"), interaction(b"", b"three")))
    with pytest.raises(StoreError, match="disk full"):
        list(drafts([project / "more.yaml"], config, config.store_path))
    with Store(config.store_path) as store:
        assert ["tape"] == [each.name for each in store.summaries()]


def test_secrets_of_the_file_are_not_kept(project: Path) -> None:
    """Neither the store nor a replay knows the key; a request with another one is answered."""
    key = "sk-proj-9fK2mQ8xLp7VtR3wZb5Nd1Hj"
    kept = draft(project, interaction(b"", f"hello {key}".encode(), sent={"authorization": [f"Bearer {key}"]}))
    assert 2 == len(kept.steps[0].hidden)
    assert key.encode() not in (project / "episodes" / "episodes.db").read_bytes()
    other = {"authorization": "Bearer sk-proj-another-one-of-mine"}
    with replaykit.replay("tape"), httpx2.Client() as client:
        found = client.send(httpx2.Request("POST", "https://a.test/x", headers=other))
    assert found.text.startswith("hello ")
    assert key not in found.text
