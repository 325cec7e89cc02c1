"""Files of every sort looked through: stores, tapes, pages, other recordings, settings."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from replaykit.store import Store
from tests.report.scenes import kept, travel
from tests.scan.hoard import GITHUB, MODEL, PLAIN, episode, exchange, found, looked, on_tape

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = "6f1dC04a9bE27c8d55"


def text(folder: Path, content: str | bytes, name: str = "file.txt") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_text_by_its_lines(tmp_path: Path) -> None:
    """A finding in a text has its line; a repeat is counted under the first one."""
    path = text(tmp_path, f"one\ntoken {GITHUB}\nthree\nagain {GITHUB}\nand {MODEL}\n")
    assert ["file.txt:2: github token ×2", "file.txt:5: key sk-ant-api03…"] == found(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_text_in_a_wide_encoding_by_its_lines(tmp_path: Path, encoding: str) -> None:
    """As a shell of Windows writes it: with the lines, and what they name, too."""
    path = text(tmp_path, f"one two three four\nTOKEN={DRAWN}\nü {GITHUB}\n".encode(encoding))
    assert ["file.txt:2: credential in the field token", "file.txt:3: github token"] == found(path)


@pytest.mark.parametrize(
    "line",
    [
        "curl -u me:tr0ub4dor https://a.example",
        "curl --user 'me:tr0ub4dor' x",
        "curl -sSUme:tr0ub4dor x",
        "curl --proxy-user=me:tr0ub4dor x",
        'run(["curl", "-u", "me:tr0ub4dor"])',
        "curl x \\\n  -u me:tr0ub4dor",
    ],
)
def test_a_password_that_somebody_typed(tmp_path: Path, line: str) -> None:
    """In a script or a program, however the option is written."""
    assert [f"file.txt:{1 + line.count(chr(10))}: password of a command"] == found(text(tmp_path, f"{line}\n"))


NAMED = {
    f"headers:\n  x-api-key: {DRAWN}\n": 2,
    f"headers:\n  X-Api-Key:\n  - {DRAWN}\n": 3,
    f"headers:\n  Authorization:\n    - Token {DRAWN}\n  Accept:\n  - text/plain\n": 3,
    f"Set-Cookie:\n- theme=dark; Path=/\n- session={DRAWN}; Path=/\n": 3,
    f"OPENAI_API_KEY={DRAWN}\n": 1,
    f"environment:\n  - OPENAI_API_KEY={DRAWN}\n": 2,
    f"export DB_PASSWORD='{DRAWN}'\n": 1,
    f'api_key = "{DRAWN}"  # mine\n': 1,
    f'{{\n  "client_secret": "{DRAWN}",\n  "name": "x"\n}}\n': 2,
}


@pytest.mark.parametrize("content", NAMED)
def test_what_a_line_calls_a_secret(tmp_path: Path, content: str) -> None:
    """A value without a shape is found by the name before it, in YAML, `.env` files, TOML and JSON."""
    (line,) = found(text(tmp_path, content))
    assert line.startswith(f"file.txt:{NAMED[content]}: c")


@pytest.mark.parametrize(
    "content",
    [
        "token = settings.apiKeys.first2\n",
        "token_endpoint_auth: McpOauthTokenEndpointAuth\n",
        "api_key: str = field(default='')\n",
        "password = getpass.getpass()\n",
        "OPENAI_API_KEY=your-key-goes-here-1234\n",
        "authorization:\n- Bearer test_openai_api_key\n",
        "x-api-key:\n- X-API-KEY-XXX\n",
        "set-cookie:\n- SET-COOKIE-XXX\n- __cf_bm=skEg5DBE_nQ5gLAsfGzhjTetiNUJ_Y2bXWLMsvjI; path=/\n",
        "TOKEN_URL=https://login.example.com/oauth2/v2.0/token\n",
        "x-ratelimit-remaining-tokens:\n- '149999984'\n",
        "max_tokens: 4096\ntokenizer: cl100kBase64x1\n",
        "api_key: [REDACTED:OPENAI_API_KEY]\n",
    ],
)
def test_what_is_no_secret_in_a_text(tmp_path: Path, content: str) -> None:
    """Code, placeholders, addresses and counts are no findings, whatever they are called."""
    assert [] == found(text(tmp_path, content))


def recorded(body: str, **style: Any) -> str:
    """A recording as another tool keeps it: YAML, the answer's body as one text."""
    answer = {"status": {"code": 200}, "headers": {"content-type": ["text/event-stream"]}, "body": {"string": body}}
    document = {"interactions": [{"request": {"uri": "https://a.example"}, "response": answer}]}
    return str(yaml.dump(document, **style))


@pytest.mark.parametrize("style", [{}, {"default_style": '"'}, {"default_style": "|"}, {"width": 10_000}])
def test_a_stream_in_a_recording_of_another_tool(tmp_path: Path, style: dict[str, Any]) -> None:
    """A secret that the events of a stream cut is found however YAML writes the stream."""
    pieces = ["the token is ", *(GITHUB[start : start + 7] for start in range(0, len(GITHUB), 7)), " as you said"]
    events = "".join(f"data: {json.dumps({'delta': {'content': piece}, 'n': 1})}\n\n" for piece in pieces)
    (line,) = found(text(tmp_path, recorded(events, **style), "theirs.yaml"))
    assert line.endswith("github token, over several events")


def test_binary_in_a_recording_of_another_tool(tmp_path: Path) -> None:
    """A body that YAML holds as binary, over lines, is looked through unpacked."""
    body = gzip.compress(json.dumps({"text": "before " * 40, "token": GITHUB, "more": list(range(99))}).encode())
    content = yaml.dump({"response": {"body": {"string": body}}, "headers": {"accept": ["x"]}})
    assert ["theirs.yaml:7: github token, in gzip, in base64"] == found(text(tmp_path, content, "theirs.yaml"))


def test_a_packed_file(tmp_path: Path) -> None:
    """A file that is packed as a whole is looked through unpacked."""
    assert ["theirs.yaml.gz:1: github token, in gzip"] == found(
        text(tmp_path, gzip.compress(f"token {GITHUB}".encode()), "theirs.yaml.gz")
    )


def test_a_store(tmp_path: Path) -> None:
    """Every draft of a store is looked through, and what was remarked of any run."""
    path = tmp_path / "episodes.db"
    draft = kept(path, travel(), "support", id="episode_k3v9q2")
    assert [] == found(path)
    with Store(path) as store:
        store.remark(draft.id, "warning", {"text": f"{GITHUB} was refused"})
        other = store.begin("other", draft.origin, draft.span, id="episode_m4c8x1")
        store.finish(other, ended=1.0, stdout=f"{MODEL}\n".encode())
    assert [
        "episodes.db: other (episode_m4c8x1), outputs stdout: key sk-ant-api03…",
        "episodes.db: episode_k3v9q2, warning: github token",
    ] == found(path)


def test_a_damaged_draft_hides_no_other(tmp_path: Path) -> None:
    """What cannot be read of a store is said, and the rest is looked through."""
    path = tmp_path / "episodes.db"
    kept(path, travel(), "support", id="episode_k3v9q2")
    with Store(path) as store:
        other = store.begin("other", episode().origin, episode().span, id="episode_m4c8x1")
        store.finish(other, ended=1.0, stdout=GITHUB.encode())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE frames SET frame = x'00' WHERE id IN (SELECT id FROM steps WHERE episode = 1)")
    report = looked(path)
    assert ["other (episode_m4c8x1), outputs stdout"] == [str(each.place) for each in report.findings]
    (problem,) = report.problems
    assert "episode_k3v9q2 is damaged" in problem


def test_somebody_elses_database_is_bytes(tmp_path: Path) -> None:
    """A database that is no store is looked through as it lies there."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
        connection.execute("INSERT INTO notes VALUES (?)", (f"token: {GITHUB} ",))
    (line,) = found(path)
    assert line.endswith("github token")


def test_a_tape_by_another_name(tmp_path: Path) -> None:
    """A tape is known by what it begins with, and read under the name that it has."""
    path = on_tape(tmp_path, episode(exchange(headers=(("x-api-key", PLAIN),))))
    path = path.rename(tmp_path / "support.bak")
    assert ["support.bak: step 1, request header x-api-key: credential"] == found(path)


def test_a_folder(tmp_path: Path) -> None:
    """A folder means the files in it and below, each once, without what tools keep there for themselves."""
    on_tape(tmp_path, episode(exchange(headers=(("x-api-key", PLAIN),))))
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    page = text(tmp_path / "deep" / "er", f"key: {GITHUB}\n", "page.yaml")
    text(tmp_path / ".git", GITHUB, "config")
    text(tmp_path, f"{GITHUB}\n", ".env")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    report = looked(tmp_path, page, tmp_path / "deep")
    names = [each.path.removeprefix(f"{tmp_path}/") for each in report.findings]
    assert ([".env", "support.tape", "deep/er/page.yaml"], 3) == (names, report.files)


@pytest.mark.parametrize("name", ["nowhere.txt", "pipe", "broken.tape"])
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    """A file that is not there, is no file, or is no tape is named, and the others are looked through."""
    os.mkfifo(tmp_path / "pipe")
    text(tmp_path, "no tape", "broken.tape")
    report = looked(tmp_path / name, text(tmp_path, f"{GITHUB}\n"))
    (problem,) = report.problems
    assert name in problem
    assert 1 == len(report.findings)
