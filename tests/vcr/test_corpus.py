"""Real cassettes of vcrpy, where there are any: every one is imported, and every request of it answered.

REPLAYKIT_CORPUS names a folder with cassettes, and with a MANIFEST.csv whose columns `path` and `format`
say which of its files vcrpy wrote.
"""

from __future__ import annotations

import csv
import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import yaml

import replaykit
from replaykit.config import Config
from replaykit.vcr.drafts import drafts

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(os.environ.get("REPLAYKIT_CORPUS", ""))

pytestmark = pytest.mark.skipif(not os.environ.get("REPLAYKIT_CORPUS"), reason="REPLAYKIT_CORPUS names no folder")


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, which takes what multidict wrote for the text in it."""


Loader.add_multi_constructor(
    "tag:yaml.org,2002:python/", lambda loader, _, node: loader.construct_sequence(node, deep=True)[0]
)


def cassettes() -> Iterator[Path]:
    """The files that vcrpy wrote."""
    with (CORPUS / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        yield from (CORPUS / row["path"] for row in csv.DictReader(file) if row["format"].startswith("vcrpy"))


def request_of(held: dict[str, Any]) -> httpx2.Request:
    """The request of an interaction, as this test reads it."""
    headers = [(name, each) for name, said in held["headers"].items() for each in listed(said)]
    body = json.dumps(held["parsed_body"]) if "parsed_body" in held else held.get("body") or b""
    return httpx2.Request(held["method"], held["uri"], headers=headers, content=body)


def answer_of(held: dict[str, Any]) -> tuple[int, bytes]:
    """The status and the decoded body of a response, as this test reads it."""
    body = held["body"]["string"] if "body" in held else held.get("content", "")
    body = json.dumps(held["parsed_body"]) if "parsed_body" in held else body or ""
    data = body.encode() if isinstance(body, str) else body
    coded = {name.lower(): listed(said) for name, said in held["headers"].items()}.get("content-encoding")
    if coded == ["gzip"] and data.startswith(b"\x1f\x8b"):
        data = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data)
    return held["status_code"] if "status_code" in held else held["status"]["code"], data


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_cassette(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file becomes an episode, whose answers differ from the file's only where a secret was hidden."""
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    monkeypatch.chdir(tmp_path)
    config, files = Config(tmp_path), list(cassettes())
    done = list(drafts(files, config, config.store_path))
    assert [] == [(each.file, each.line, each.reason) for each in done if each.episode is None]
    differing = []
    for each in done:
        assert each.episode is not None
        held = yaml.load(each.file.read_bytes(), Loader=Loader)["interactions"]  # noqa: S506 - a safe one
        with replaykit.replay(each.episode.id), httpx2.Client() as client:
            for number, interaction in enumerate(held):
                response = client.send(request_of(interaction["request"]))
                if answer_of(interaction["response"]) != (response.status_code, response.content):
                    differing.append((each.file, number))
                    assert b"REDACTED" in response.content
    assert len(differing) <= len(files) / 100, differing
