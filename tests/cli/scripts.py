"""Agents as somebody might write them: scripts for a project, each a few lines long.

Law: where the model is comes from `AGENT_BASE_URL`, and nothing here knows that it is recorded. None
runs on trio, speaks HTTP/2 or goes through a SOCKS proxy, and each does without (`QUICK`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.servers.script import document

if TYPE_CHECKING:
    from tests.servers.script import Asked, Script

QUICK: Final = """
import atexit, gc, os, sys
sys.modules["trio"] = sys.modules["h2"] = sys.modules["socksio"] = None
gc.disable()
atexit.register(gc.freeze)
"""
"""What a short program does without: what httpx2 imports where it is installed (80 ms), and looking for garbage in
what was only just imported (60 ms, half of it at the end)."""

TALK: Final = (
    QUICK
    + '''
"""How every script here asks: `ask` gives what was said; there is one place to ask, `/ask`."""
import httpx2

URL = os.environ["AGENT_BASE_URL"] + "/ask"


def ask(text, **more):
    return httpx2.post(URL, json={"text": text}, **more).json()["said"]
'''
)


ASKS: Final = "from talk import ask\nprint(ask('a'))\n"
"""The smallest agent."""


def said(asked: Asked) -> Script:
    """The answer to `ask`: what was asked, with an exclamation mark."""
    return document({"said": f"{asked.json()['text']}!"})


FAMILY: Final = '''
"""Asks from every kind of thread, task and process that a program can have."""
import asyncio, concurrent.futures, multiprocessing, subprocess, sys, threading
import httpx2
from talk import URL, ask


async def gather():
    async with httpx2.AsyncClient() as client:
        await asyncio.gather(*(client.post(URL, json={"text": f"task {n}"}) for n in range(3)))
        await asyncio.to_thread(ask, "to_thread")


if __name__ == "__main__":
    ask("main")
    threads = [threading.Thread(target=ask, args=(f"thread {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(ask, [f"executor {n}" for n in range(3)]))
    for thread in threads:
        thread.join()
    asyncio.run(gather())
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        children = [context.Process(target=ask, args=(f"{method} {n}",)) for n in range(2)]
        for child in children:
            child.start()
        for child in children:
            child.join()
    subprocess.run([sys.executable, "-c", "from talk import ask; ask('subprocess')"], check=True)
    subprocess.run([sys.executable, "-c", "from talk import ask; ask('bare environment')"], check=True,
                   env={"AGENT_BASE_URL": URL.removesuffix("/ask")})
'''

FAMILY_ASKS: Final = frozenset(
    {"main", "to_thread", "subprocess", "bare environment"}
    | {f"{kind} {n}" for kind in ("thread", "executor", "task") for n in range(3)}
    | {f"{kind} {n}" for kind in ("fork", "spawn", "forkserver") for n in range(2)}
)

TRAVEL: Final = (
    QUICK
    + '''
"""An agent on the real SDK: asks, looks the weather up over HTTP, books with a function of its own, asks again."""
import anthropic, httpx2, replaykit
from anthropic.types import Message

SYSTEM = "You always answer politely."
TOOLS = [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]


@replaykit.tool
def book(city):
    print("booking", city, file=sys.stderr)
    return {"city": city, "seat": "7A"}


client = anthropic.Anthropic(base_url=os.environ["AGENT_BASE_URL"])


def ask(messages, **more):
    return client.messages.create(model="claude-x", max_tokens=9, system=SYSTEM, messages=messages, **more)


question = [{"role": "user", "content": "To Paris?"}]
call = ask(question, tools=TOOLS)
weather = httpx2.get(os.environ["AGENT_BASE_URL"] + "/weather").text
seat = book(call.content[0].input["city"])
result = {"type": "tool_result", "tool_use_id": call.content[0].id, "content": f"{weather}, seat {seat['seat']}"}
answer = ask([*question, {"role": "assistant", "content": call.content}, {"role": "user", "content": [result]}],
             tools=TOOLS)
with client.messages.stream(model="claude-x", max_tokens=9, system=SYSTEM,
                            messages=[{"role": "user", "content": "Bye"}]) as stream:
    bye = stream.get_final_text()
print(answer.content[0].text)
print(bye)
'''
)

LIGHT: Final = (
    QUICK
    + '''
"""The same agent without an SDK, which starts three times as fast."""
import httpx2, replaykit

SYSTEM = "You always answer politely."
TOOLS = [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]
client = httpx2.Client(base_url=os.environ["AGENT_BASE_URL"], headers={"anthropic-version": "2026-10-21"})


@replaykit.tool
def book(city):
    return {"city": city, "seat": "7A"}


def ask(*messages):
    question = {"model": "claude-x", "max_tokens": 9, "system": SYSTEM, "messages": messages, "tools": TOOLS}
    return client.post("/v1/messages", json=question).json()["content"]


question = {"role": "user", "content": "To Paris?"}
call = ask(question)
weather = client.get("/weather").text
seat = book(call[0]["input"]["city"])
result = {"type": "tool_result", "tool_use_id": call[0]["id"], "content": f"{weather}, seat {seat['seat']}"}
answer = ask(question, {"role": "assistant", "content": call}, {"role": "user", "content": [result]})
print(answer[0]["text"])
'''
)
