"""What a recording mode writes into a vcrpy cassette, and what it leaves as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from replaykit import vcr as reader
from replaykit.config import Config
from replaykit.pytest_plugin.vcr.errors import CannotOverwriteExistingCassetteException
from replaykit.pytest_plugin.vcr.settings import Vcr
from replaykit.session.hiding import Hiding
from tests.pytest_plugin.vcrpy import opened
from tests.servers.script import encoded, plain
from tests.vcr.tapes import answered as reply
from tests.vcr.tapes import asked as request
from tests.vcr.tapes import cassette

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server


def bodies(path: Path) -> list[str]:
    """What the answers in a file say."""
    return [str(each["response"]["body"]["string"]) for each in yaml.safe_load(path.read_text())["interactions"]]


def counting(server: Server) -> str:
    """A place that says how often it was asked."""
    return server.on("GET /n", lambda _asked: plain(f"live {len(server.requests)}".encode()))


def recorded(folder: Path, url: str) -> Path:
    """A file that holds two answers of that place, and one of another."""
    path = folder / "it.yaml"
    pairs = ((request("null", "{}", url, "GET"), reply(f"{{string: old {number}}}")) for number in (1, 2))
    other = (request("null", "{}", f"{url}?other=1", "GET"), reply("{string: other}"))
    path.write_text(cassette(*pairs, other))
    return path


def run(path: Path, url: str, times: int, mode: str, **said: Any) -> list[str]:
    """What a client is told when it asks so often."""
    with opened(path, record_mode=mode, **said).under_way(()):
        return [httpx.get(url).text for _ in range(times)]


@pytest.mark.parametrize(
    ("mode", "there", "said", "kept"),
    [
        ("once", False, ["live 1", "live 2", "live 3"], ["live 1", "live 2", "live 3"]),
        ("new_episodes", False, ["live 1", "live 2", "live 3"], ["live 1", "live 2", "live 3"]),
        ("new_episodes", True, ["old 1", "old 2", "live 1"], ["old 1", "old 2", "other", "live 1"]),
        ("all", True, ["live 1", "live 2", "live 3"], ["other", "live 1", "live 2", "live 3"]),
        ("rewrite", True, ["live 1", "live 2", "live 3"], ["live 1", "live 2", "live 3"]),
    ],
)
def test_what_each_mode_keeps(  # noqa: PLR0913, PLR0917 - a row of the table
    tmp_path: Path,
    server: Server,
    mode: str,
    there: bool,  # noqa: FBT001
    said: list[str],
    kept: list[str],
) -> None:
    """The table of modes: what is answered from the file, what is sent, what the file has afterwards."""
    url = counting(server)
    path = recorded(tmp_path, url) if there else tmp_path / "new" / "it.yaml"
    assert said == run(path, url, 3, mode)
    assert kept == bodies(path)


@pytest.mark.parametrize("mode", ["once", "none"])
def test_a_file_that_is_there_is_not_touched(tmp_path: Path, server: Server, mode: str) -> None:
    """What it lacks is refused, nothing is sent, and not a byte of it changes."""
    url = counting(server)
    path = recorded(tmp_path, url)
    before = path.read_bytes()
    with pytest.raises(CannotOverwriteExistingCassetteException):
        run(path, url, 3, mode)
    assert (0, before) == (server.connections, path.read_bytes())


def test_what_is_recorded_is_played(tmp_path: Path, server: Server) -> None:
    """A recording answers the next run, byte for byte, without the server; `replaykit import` reads it, too."""
    url = server.on("POST /a", plain(b"\x00\xff", 201, (("X-Kind", "é"), ("X-Two", "a"), ("X-Two", "b"))))
    answers = []
    for mode in ("once", "none"):
        with opened(tmp_path / "it.yaml", record_mode=mode).under_way(()):
            answers.append(httpx.post(url, content="très"))
    first, second = answers
    assert 1 == len(server.requests)
    assert (201, b"\x00\xff", "é") == (second.status_code, second.content, second.headers["x-kind"])
    assert ["a", "b"] == first.headers.get_list("x-two") == second.headers.get_list("x-two")
    episode = reader.read(tmp_path / "it.yaml", Hiding(Config(tmp_path)))
    assert "très".encode() == episode.exchanges[0].request.body.data


def test_a_compressed_answer_is_kept_as_it_was_read(tmp_path: Path, server: Server) -> None:
    """Decoded, with headers that say so: vcrpy itself would not decode it twice."""
    url = server.on("GET /z", encoded("gzip", b"plain text"))
    assert ["plain text"] == run(tmp_path / "it.yaml", url, 1, "once")
    (kept,) = yaml.safe_load((tmp_path / "it.yaml").read_text())["interactions"]
    names = {name.lower(): value for name, value in kept["response"]["headers"].items()}
    assert ("plain text", ["10"]) == (kept["response"]["body"]["string"], names["content-length"])
    assert "content-encoding" not in names
    assert ["plain text"] == run(tmp_path / "it.yaml", url, 1, "none")


def test_secrets_and_filtered_fields_are_not_kept(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a filter takes out is gone, and so is the value of a secret that no filter names, on both sides.

    Whoever has another value for it sends the same.
    """
    secret = "sk-0123456789abcdef0123"
    monkeypatch.setenv("MODEL_API_KEY", secret)
    url = server.on("POST /a?k=v1", lambda asked: plain(b"you said " + asked.body))
    case = opened(tmp_path / "it.yaml", record_mode="once", filter_headers=["x-name"], filter_query_parameters=["k"])
    with case.under_way(()):
        said = httpx.post(url, content=f"my key is {secret}", headers={"x-name": "ann", "x-other": secret})
    text = (tmp_path / "it.yaml").read_text()
    assert f"you said my key is {secret}" == said.text
    assert secret not in text
    assert "ann" not in text
    assert "v1" not in text
    assert "[REDACTED:MODEL_API_KEY]" in text
    monkeypatch.setenv("MODEL_API_KEY", "sk-another4567890abcdef")
    case = opened(tmp_path / "it.yaml", strict=True, filter_query_parameters=["k"])
    with case.under_way(()):
        said = httpx.post(url, content="my key is sk-another4567890abcdef")
    assert "you said my key is [REDACTED:MODEL_API_KEY]" == said.text


def test_what_a_filter_drops_is_not_kept(tmp_path: Path, server: Server) -> None:
    """Neither an ignored host nor an answer that a hook refuses leaves a file."""
    url = counting(server)
    for said in ({"ignore_localhost": True}, {"before_record_response": lambda _response: None}):
        assert 1 == len(run(tmp_path / "it.yaml", url, 1, "once", **said))
        assert not (tmp_path / "it.yaml").exists()


def test_further_cassettes_are_not_written_into_the_first(tmp_path: Path, server: Server) -> None:
    """What came from another file stays there."""
    url = counting(server)
    more = recorded(tmp_path, url)
    with opened(tmp_path / "first.yaml", more, record_mode="new_episodes").under_way(()):
        assert ["old 1", "old 2", "live 1"] == [httpx.get(url).text for _ in range(3)]
    assert ["live 1"] == bodies(tmp_path / "first.yaml")
    assert ["old 1", "old 2", "other"] == bodies(more)


def test_a_serializer_writes_what_it_reads(tmp_path: Path, server: Server) -> None:
    """A cassette in JSON is written and played like one in YAML."""
    url = server.on("GET /a", lambda asked: plain(asked.path.encode()))
    path = tmp_path / "it.json"
    for mode in ("once", "none"):
        assert ["/a"] == run(path, url, 1, mode, vcr=Vcr("none", ""), serializer="json")
    assert path.read_text().startswith("{")
    assert 1 == len(server.requests)
