"""The demo: its model server as the real SDK sees it, and the whole story as a newcomer sees it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anthropic
import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.demo import stage
from replaykit.demo.script import message
from replaykit.demo.server import serve
from replaykit.demo.story import MARGIN, run
from replaykit.providers.anthropic.answers import events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from anthropic.types import Message, MessageParam, ToolParam

README = Path(__file__).parent.parent / "README.md"
MODEL = "claude-sonnet-5-5"
CITY: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS: list[ToolParam] = [{"name": name, "input_schema": CITY} for name in ("get_weather", "book_seat")]
RESULTS = {
    "get_weather": '{"city": "Oslo", "celsius": -3, "sky": "snow"}',
    "book_seat": '{"city": "Oslo", "seat": "7A", "reservation": "R-1"}',
}
HELLO: list[MessageParam] = [{"role": "user", "content": "I want to go to Oslo."}]


@pytest.fixture
def url() -> Iterator[str]:
    """A model server that answers at once and refuses nobody."""
    with serve(pace=0, refusals=0) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key=stage.KEY, max_retries=0) as client:
        yield client


def ask(
    client: anthropic.Anthropic, messages: list[MessageParam], *, tools: Iterable[ToolParam] = (), system: str = ""
) -> Message:
    return client.messages.create(model=MODEL, max_tokens=99, messages=messages, tools=tools, system=system)


def text(answer: Message) -> str:
    return "".join(block.text for block in answer.content if block.type == "text")


def converse(client: anthropic.Anthropic, system: str) -> str:
    """The model's last word, after every tool it wanted."""
    messages = list(HELLO)
    while True:
        answer = ask(client, messages, tools=TOOLS, system=system)
        calls = [block for block in answer.content if block.type == "tool_use"]
        if not calls:
            return text(answer)
        messages.append({"role": "assistant", "content": answer.content})
        messages += [
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": call.id, "content": RESULTS[call.name]}],
            }
            for call in calls
        ]


def test_a_plain_answer(client: anthropic.Anthropic) -> None:
    """Without tools the model says something about the city, and what it took."""
    answer = ask(client, HELLO)
    assert "Oslo is always worth a journey." == text(answer)
    assert "end_turn" == answer.stop_reason
    assert answer.usage.output_tokens > 0


def test_a_stream_is_the_plain_answer(client: anthropic.Anthropic) -> None:
    """A streamed message adds up to the message that is not streamed, tool call and ids included."""
    plain = ask(client, HELLO, tools=TOOLS)
    with client.messages.stream(model=MODEL, max_tokens=99, messages=HELLO, tools=TOOLS) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert text(plain) == "".join(pieces)
    assert [block.to_dict() for block in plain.content] == [block.to_dict() for block in final.content]
    assert (plain.id, "tool_use", plain.usage.output_tokens) == (final.id, final.stop_reason, final.usage.output_tokens)


def test_the_model_uses_its_tools(client: anthropic.Anthropic) -> None:
    """The model asks for the weather, then for a seat, and answers with what they gave."""
    said = converse(client, "Give temperatures in Celsius.")
    assert "Oslo has snow at -3 °C: pack warm boots. Your seat is 7A, reservation R-1." == said


def test_a_changed_prompt_changes_the_answer(client: anthropic.Anthropic) -> None:
    """The model does what the system prompt says."""
    said = converse(client, "Give temperatures in Fahrenheit.")
    assert "Oslo has snow at 27 °F: pack warm boots. Your seat is 7A, reservation R-1." == said


def test_the_first_request_is_limited() -> None:
    """The first request is refused for a second, the next one is answered."""
    with (
        serve(pace=0, refusals=1) as url,
        anthropic.Anthropic(base_url=url, api_key=stage.KEY, max_retries=0) as client,
    ):
        with pytest.raises(anthropic.RateLimitError) as caught:
            ask(client, HELLO)
        assert "1" == caught.value.response.headers["retry-after"]
        assert ask(client, HELLO).content


def test_nobody_is_served_without_a_key(url: str) -> None:
    """A request that carries no key is refused as the API refuses it."""
    answer = httpx2.post(f"{url}/v1/messages", json={})
    assert 401 == answer.status_code
    assert "authentication_error" == answer.json()["error"]["type"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"model": "m", "max_tokens": 1}'])
def test_a_bad_request_is_refused(url: str, body: bytes) -> None:
    """A body that is no request is an invalid request, and the connection still serves the next one."""
    with httpx2.Client(base_url=url, headers={"x-api-key": stage.KEY}) as client:
        answer = client.post("/v1/messages", content=body)
        assert 400 == answer.status_code
        assert "invalid_request_error" == answer.json()["error"]["type"]
        assert 200 == client.get("/weather", params={"city": "Oslo"}).status_code


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/v1/complete"), ("GET", "/weather?city=Ys")])
def test_there_is_nothing_elsewhere(url: str, method: str, path: str) -> None:
    """Other places, and cities without weather, are not found."""
    assert 404 == httpx2.request(method, url + path).status_code


def test_the_weather(url: str) -> None:
    """The weather service answers in JSON."""
    expected = {"city": "Lisbon", "celsius": 14, "sky": "light rain"}
    assert expected == httpx2.get(f"{url}/weather", params={"city": "Lisbon"}).json()


def test_a_client_may_leave_early(client: anthropic.Anthropic) -> None:
    """Who hangs up in the middle of a stream disturbs nobody."""
    with client.messages.stream(model=MODEL, max_tokens=99, messages=HELLO) as stream:
        next(iter(stream.text_stream))
    assert ask(client, HELLO).content


def test_the_server_is_gone_afterwards() -> None:
    """Nobody listens when the block has ended."""
    with serve() as url:
        pass
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_deltas_add_up(said: str, arguments: dict[str, str]) -> None:
    """The deltas of a stream are the message, byte for byte, whatever stands in it."""
    document = message({"model": "m", "max_tokens": 1, "messages": []})
    document["content"] = [{"type": "text", "text": said}, {"type": "tool_use", "id": "t", "input": arguments}]
    data = [orjson.loads(event.split(b"data: ", 1)[1]) for event in events(document)]
    deltas = [each["delta"] for each in data if each["type"] == "content_block_delta"]
    assert said == "".join(delta.get("text", "") for delta in deltas)
    assert arguments == orjson.loads("".join(delta.get("partial_json", "") for delta in deltas))


def test_a_command_finds_the_model() -> None:
    """`python -m replaykit.demo` runs a command beside the server, with a made-up key, and passes its exit code on."""
    program = "import os, sys; print(os.environ['ANTHROPIC_BASE_URL']); sys.exit(7)"
    command = [sys.executable, "-m", "replaykit.demo", sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 7 == done.returncode
    assert done.stdout.startswith("http://127.0.0.1:")


def test_nothing_of_the_users_own_comes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and base URLs of the user's own stay outside of the demo."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-somebody")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-secret: yes")
    assert [] == [name for name in stage.environment() if name.startswith("ANTHROPIC_")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_story_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Who ends the demo in the middle of an act finds no folder of it afterwards."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "replaykit", "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment) as demo:
        assert demo.stdout is not None
        assert any(b"$ replaykit record" in line for line in demo.stdout)
        assert [] != list(tmp_path.iterdir())
        demo.send_signal(number)
        demo.stdout.read()
    assert demo.returncode != 0
    assert [] == list(tmp_path.iterdir())


def test_an_interrupted_act_is_ended(tmp_path: Path) -> None:
    """The command of an act does not outlive the demo, and is waited for."""
    command = [sys.executable, "-c", "import os, threading; print(os.getpid()); threading.Event().wait()"]
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(command, tmp_path, {**os.environ, "PYTHONUNBUFFERED": "1"}, say)
    with pytest.raises(ProcessLookupError):
        os.kill(int(said[0].removeprefix(MARGIN)), 0)


def test_the_whole_story() -> None:
    """A newcomer sees an agent recorded, replayed without a model or a key, and a changed prompt caught."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    command = [sys.executable, "-m", "replaykit", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, env=bare, check=False, timeout=120)
    assert 0 == done.returncode, done.stdout + done.stderr
    answers = [line for line in done.stdout.splitlines() if "reservation R-" in line]
    assert 2 == len(answers)
    assert answers[0] == answers[1]
    assert '"Celsius" → "Fahrenheit"' in done.stdout
    assert stage.KEY not in done.stdout
    told = {plain(line) for line in done.stdout.splitlines()}
    assert [] == [line for line in shown() if plain(line) not in told]


def shown() -> list[str]:
    """What the README shows of the bundled agent's runs, line by line."""
    blocks = re.findall(r"^```console\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks if "journey" in block for line in block.splitlines()]
    assert len(lines) > 10
    return [line for line in lines if line and not line.startswith("$")]


def plain(line: str) -> str:
    """A line without what is new in every run: ids, times, and what the episode is called."""
    line = re.sub(r"episode_12345|journey", "NAME", line.removeprefix(MARGIN))
    return re.sub(r"[\d.]+ m?s\b", "TIME", re.sub(r"episode_\w{6}\b", "ID", line))
