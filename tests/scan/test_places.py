"""Where in an episode a scan finds secrets: in everything that it says."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replaykit.config import Config
from replaykit.core.model import Acceptance, Episode, Failure, Origin, Outputs, Span, ToolCall, Unseen
from replaykit.scan.eye import Eye
from replaykit.session.rules import redactor
from tests.scan.hoard import GITHUB, MODEL, PLAIN, episode, exchange, found, on_tape

if TYPE_CHECKING:
    from replaykit.core.model import Step

TOKEN = "github token"
STEPS: dict[str, Step] = {
    "request URL: credential in the parameter api_key": exchange(url=f"https://a.example/?api_key={PLAIN}"),
    "request URL: url password": exchange(url=f"https://me:{PLAIN}@a.example/"),
    "request header authorization: key sk-ant-api03…": exchange(headers=(("Authorization", f"Bearer {MODEL}"),)),
    "request header x-vault-token: credential": exchange(headers=(("X-Vault-Token", PLAIN),)),
    "request header cookie: cookie": exchange(headers=(("cookie", f"theme=dark; session={PLAIN}"),)),
    f"request header x-note: {TOKEN}": exchange(headers=(("x-note", f"use {GITHUB}"),)),
    "request header referer: credential in the parameter api_key": exchange(
        headers=(("referer", f"https://a.example/?api_key={PLAIN}"),)
    ),
    f"request body: {TOKEN}": exchange(json.dumps({"text": f"my token is {GITHUB}"}).encode()),
    "request body: password of a command": exchange(json.dumps({"run": f"curl -su 'me:{PLAIN}' https://a.b"}).encode()),
    "tool arguments: password of a command": ToolCall("run", json.dumps({"cmd": f'curl -u "me:{PLAIN}"'}).encode()),
    "request body: credential in the field password": exchange(b'{"password": "hunter2-and-more"}'),
    f"response body: {TOKEN}": exchange(answer=json.dumps({"text": GITHUB}).encode()),
    f"tool arguments: {TOKEN}": ToolCall("push", json.dumps({"with": GITHUB}).encode(), b"null"),
    f"tool result: {TOKEN}": ToolCall("read", b"{}", json.dumps({"env": GITHUB}).encode()),
    f"failure: {TOKEN}": ToolCall("push", b"{}", failure=Failure("ValueError", f"{GITHUB} was refused")),
}


@pytest.mark.parametrize("expected", STEPS)
def test_every_part_of_a_step(tmp_path: Path, expected: str) -> None:
    """A secret in any part of a step is found, with the step and the part."""
    path = on_tape(tmp_path, episode(exchange(b'{"clean": true}'), STEPS[expected]))
    assert [f"support.tape: step 2, {expected}"] == found(path)


EPISODES = {
    f"outputs stdout: {TOKEN}": episode(outputs=Outputs(f"done with {GITHUB}\n".encode(), 0)),
    f"outputs values answer: {TOKEN}": episode(outputs=Outputs(values={"answer": json.dumps(GITHUB).encode()})),
    f"origin stdin: {TOKEN}": episode(origin=Origin(stdin=GITHUB.encode())),
    f"origin command: {TOKEN}": episode(origin=Origin(("agent", GITHUB))),
    "origin command: credential": episode(origin=Origin(("agent", "--password", PLAIN))),
    "origin command: password of a command": episode(origin=Origin(("curl", "-u", f"me:{PLAIN}"))),
    "origin command: password of a command ": episode(origin=Origin(("sh", "-c", f"curl -u me:{PLAIN} https://a.b"))),
    "origin environment SERVICE_TOKEN: credential": episode(origin=Origin(environment={"SERVICE_TOKEN": PLAIN})),
    "origin environment A_BASE_URL: url password": episode(
        origin=Origin(environment={"A_BASE_URL": f"https://me:{PLAIN}@a.example/"})
    ),
    f"span folder: {TOKEN}": episode(span=Span(folder=f"/home/a/{GITHUB}")),
    f"history why: {TOKEN}": episode(history=(Acceptance("A", 1.5, "episode_k3v9q2", f"because of {GITHUB}"),)),
    f"unseen what: {TOKEN}": episode(unseen=(Unseen(f"curl -H {GITHUB}", "program"),)),
}


@pytest.mark.parametrize("expected", EPISODES)
def test_every_part_of_an_episode(tmp_path: Path, expected: str) -> None:
    """What started a run and what came out of it is looked through, too."""
    assert [f"support.tape: {expected.strip()}"] == found(on_tape(tmp_path, EPISODES[expected]))


def test_the_value_of_a_variable(tmp_path: Path) -> None:
    """A secret that has no shape is found while a variable holds it, plain and encoded, and named by the variable."""
    said = [PLAIN, b64encode(f"user:{PLAIN}".encode()).decode(), PLAIN.encode().hex()]
    path = on_tape(tmp_path, episode(*(exchange(json.dumps({"text": text}).encode()) for text in said)))
    assert [] == found(path)
    assert ["support.tape: step 1, request body: the value of MY_API_KEY ×3"] == found(path, MY_API_KEY=PLAIN)


def test_the_value_of_a_variable_is_no_placeholder(tmp_path: Path) -> None:
    """What a variable holds is found, even where it reads like an example."""
    value = "test-key-of-the-team-77"
    path = on_tape(tmp_path, episode(exchange(headers=(("x-api-key", value),)), exchange(answer=value.encode())))
    assert [] == found(path)
    assert [
        "support.tape: step 1, request header x-api-key: the value of MY_API_KEY",
        "support.tape: step 2, response body: the value of MY_API_KEY",
    ] == found(path, MY_API_KEY=value)


def test_a_secret_that_a_stream_cut(tmp_path: Path) -> None:
    """The deltas of a stream are added up."""
    deltas = [GITHUB[start : start + 6] for start in range(0, len(GITHUB), 6)]
    events = "".join(f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n" for piece in deltas)
    path = on_tape(tmp_path, episode(exchange(answer=events.encode(), kind="text/event-stream")))
    assert ["support.tape: step 1, response body: github token, over several events"] == found(path)


def test_a_history_is_counted_once(tmp_path: Path) -> None:
    """What later requests repeat of an earlier one is no further finding; what is new in them is."""
    said = [{"role": "user", "content": text} for text in (f"use {GITHUB}", "go on", f"now {GITHUB}", "thanks")]
    bodies = [json.dumps({"messages": said[: count + 1]}).encode() for count in range(len(said))]
    path = on_tape(tmp_path, episode(*map(exchange, bodies)))
    assert ["support.tape: step 1, request body: github token ×2"] == found(path)


def test_repeats_are_one_line(tmp_path: Path) -> None:
    """The same header in every step is told once, with how often; another kind has a line of its own."""
    leaky = exchange(headers=(("authorization", f"Bearer {MODEL}"),))
    path = on_tape(tmp_path, episode(exchange(), leaky, leaky, leaky, STEPS[f"request body: {TOKEN}"]))
    assert [
        "support.tape: step 2, request header authorization: key sk-ant-api03… ×3",
        "support.tape: step 5, request body: github token",
    ] == found(path)


def clean() -> Episode:
    """An episode with all that looks like a secret and is none."""
    image = b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40).decode()
    body = {
        "image": f"data:image/png;base64,{image}",
        "signature": b64encode(bytes(range(255, 0, -1)) * 3).decode(),
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "id": "toolu_01AbCdEfGhIjKlMnOpQrStUv",
        "uuid": "0b9f6c1e-52d3-4f0e-9f59-2f1d4a3c8b7e",
        "api_key": "[REDACTED:MY_API_KEY]",
        "password": "<password>",
        "client_secret": "redacted",
        "security_token": "FAKE-SESSION-TOKEN-FOR-TESTING-ONLY",
        "access_key": "AKIAIOSFODNN7EXAMPLE",
        "escaped": "\\u003cb\\u003e caf\\u00e9 \\u0041 and \\u0026lt; from https:\\/\\/example.com\\/@someone",
        "guide": 'curl -u user:pass; curl -u $U:$P1; curl -u <user>:<token1>; curl -u "${A}:${B2}"; curl -u me1:me1',
        "example": "curl -u foo:bar https://example.com",
        "others": "curl https://a.b; docker -u 1000:1000; curl x | y -u me:pass1word; curling -u me:pass1",
        "text": "the token count is 12; sk-learn and task-manager-12345678901234567890 are no keys",
    }
    headers = (
        ("authorization", "Bearer [REDACTED:MY_API_KEY]"),
        ("x-api-key", "[REDACTED]"),
        ("x-goog-api-key", "X-GOOG-API-KEY-XXX"),
        ("api-key", "**REDACTED**"),
        ("proxy-authorization", "<AUTH_TOKEN>"),
        ("cookie", "session=[REDACTED]; __cf_bm=WwDHl7j6.dqwOcLIJAXqGOLTR6ZUq3JCq47vW3LB"),
        ("x-ratelimit-remaining-tokens", "149999984"),
        ("anthropic-ratelimit-tokens-reset", "2026-11-01T12:00:00Z"),
    )
    url = "https://api.example.com/v1?api_key=[REDACTED]&key=paris&page_token=abc"
    return episode(
        exchange(json.dumps(body).encode(), headers=headers, url=url), origin=Origin(secrets=("MY_API_KEY",))
    )


def test_what_only_looks_like_a_secret(tmp_path: Path) -> None:
    """Images, signatures, digests, ids, stand-ins and placeholders are no findings."""
    assert [] == found(on_tape(tmp_path, clean()), MY_API_KEY=PLAIN)


def test_secrets_that_run_into_one_another() -> None:
    """A body that is one token after the other is looked through once, not once for each: that would take a minute."""
    eye = Eye(redactor(Config(Path("/")), {}))
    began = time.perf_counter()
    assert {"jwt"} == {hit.kind for hit in eye.text(b"eyJhbGciOiJ9." * 8_000)}
    assert time.perf_counter() - began < 5
