"""Cassettes of vcrpy as tests write them: the texts of files, and what was in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from replaykit import vcr
from replaykit.config import Config
from replaykit.session.hiding import Hiding

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.core.model import Episode, Exchange

URL = "https://api.model.test/v1/chat"

ASKED = f"""
    body: '{{"city":"Paris"}}'
    headers:
      content-type: [application/json]
    method: POST
    uri: {URL}"""

ANSWERED = """
    body: {string: '{"sun":true}'}
    headers:
      content-type: [application/json]
    status: {code: 200, message: OK}"""

INDENT = "\n    "


def cassette(*pairs: tuple[str, str], end: str = "version: 1\n") -> str:
    """The text of a cassette with these requests and responses, each as its YAML."""
    listed = "".join(f"- request:{asked}\n  response:{answered}\n" for asked, answered in pairs)
    return f"interactions:\n{listed}{end}"


def asked(body: str = "null", headers: str = "{}", uri: str = URL, method: str = "POST") -> str:
    """A request with these values, each as YAML."""
    return INDENT + INDENT.join((f"body: {body}", f"headers: {headers}", f"method: {method}", f"uri: {uri}"))


def answered(body: str = "{string: ''}", headers: str = "{}", status: str = "{code: 200, message: OK}") -> str:
    """A response with these values, each as YAML."""
    return INDENT + INDENT.join((f"body: {body}", f"headers: {headers}", f"status: {status}"))


def read(folder: Path, text: str | bytes, name: str = "tape.yaml") -> Episode:
    """The episode of a file with this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return vcr.read(path, Hiding(Config(folder)))


def only(folder: Path, request: str = ASKED, response: str = ANSWERED) -> Exchange:
    """The exchange of a cassette that has no other."""
    (found,) = read(folder, cassette((request, response))).exchanges
    return found


def as_json(*pairs: tuple[Any, Any]) -> str:
    """The text of a cassette as vcrpy's JSON serializer writes it."""
    listed = [{"request": request, "response": response} for request, response in pairs]
    return json.dumps({"version": 1, "interactions": listed}, indent=4) + "\n"
