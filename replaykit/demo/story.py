"""The demo as a story: an agent is recorded, replayed without a model, and caught with a changed prompt.

Law: every act is the command a user would type, run as a process of its own, in a project of its own;
what the story says of it afterwards is what its exit code said.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from codecs import getincrementaldecoder
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Final, NoReturn

from replaykit.demo.server import serve
from replaykit.demo.stage import AGENT, KEY, PROMPT, environment, furnish, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Print = Callable[[str], None]
    """How text reaches the reader; lines carry their own ends."""

NAME: Final = "episode_12345"
MARGIN: Final = "   │ "

OPENING: Final = f"""
replaykit demo

An agent plans a journey ({AGENT}, on the real Anthropic SDK). It asks a model, calls a weather
service over HTTP, books a seat with a function of its own, and asks the model again. The model is a small
server on this machine: nothing leaves it.
"""
RECORD: Final = """
1. Record: the agent runs as it is, and everything it says and hears becomes one episode.
"""
RECORDED: Final = """
   The model was asked (its first answer: too many requests), the weather looked up, a seat booked.
   All of it is in the episode; the key is not.
"""
REPLAY: Final = """
2. Replay: the model server is stopped and the key is gone. The same command runs again.
"""
REPLAYED: Final = """
   The same conversation, word for word, from the episode. No model was asked and no seat was booked: it is
   the same reservation. The milliseconds that are left, by the agent's own count, are the SDK's work.
"""
CHANGE: Final = """
3. Change: somebody edits the prompt, and the agent no longer says what it said.
"""
CHANGED: Final = """
   Exit code 1: in CI this is red. The changed request was neither sent nor answered with something similar.
   With a model at hand, `replaykit record --again episode_12345` shows what the change does to the answers.
"""
ENDING: Final = """
Your own agent, on httpx or httpx2 and unchanged:

   $ replaykit record --as first -- python your_agent.py
   $ replaykit replay first
"""


@dataclass(frozen=True, slots=True)
class Act:
    """A command of the story, what is told before and after it, its exit code; `edits`: the prompt is edited first."""

    before: str
    command: tuple[str, ...]
    after: str
    code: int = 0
    edits: bool = False


ACTS: Final = (
    Act(RECORD, ("record", "--as", NAME, "--", "python", AGENT), RECORDED),
    Act(REPLAY, ("replay", NAME), REPLAYED),
    Act(CHANGE, ("replay", NAME), CHANGED, code=1, edits=True),
)


def tell(say: Print) -> bool:
    """Whether the story went as it should; `say` prints text as it comes. `UsageError` when the SDK is missing.

    Nothing of it is left behind, also where somebody ends it before its time.
    """
    require()
    say(OPENING)
    record, replay, change = ACTS
    with interruptible(), TemporaryDirectory(prefix="replaykit-demo-") as name:
        folder = Path(name)
        furnish(folder)
        with serve() as url:
            recorded = play(record, folder, environment(url, KEY), say)
        went = recorded and play(replay, folder, environment(), say) and play(change, folder, environment(), say)
    if went:
        say(ENDING)
    return went


def edit(folder: Path, say: Print) -> None:
    """The prompt asks for Fahrenheit afterwards."""
    path = folder / PROMPT
    path.write_text(path.read_text(encoding="utf-8").replace("Celsius", "Fahrenheit"), encoding="utf-8")
    say(f"\n   $ sed -i s/Celsius/Fahrenheit/ {PROMPT}\n")


def play(act: Act, folder: Path, variables: Mapping[str, str], say: Print) -> bool:
    """Whether an act's command exited as it should; its output is shown behind a margin."""
    say(act.before)
    if act.edits:
        edit(folder, say)
    say(f"\n   $ replaykit {' '.join(act.command)}\n")
    code = run([sys.executable, "-m", "replaykit", *act.command], folder, variables, say)
    if code != act.code:
        say(f"\n   This was to end with exit code {act.code}, and ended with {code}.\n")
        return False
    say(act.after)
    return True


def run(command: list[str], folder: Path, variables: Mapping[str, str], say: Print) -> int:
    """The exit code of a command whose output, errors included, is shown while it comes."""
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    ) as process:
        try:
            if process.stdout is not None:
                show(process.stdout, say)
        except BaseException:
            process.terminate()  # it ends its own command, and clears up after itself
            process.wait()
            raise
    return process.returncode


@contextmanager
def interruptible() -> Iterator[None]:
    """A block that SIGTERM and SIGHUP end as Ctrl-C does: by an exception, so that all of it is cleared away."""

    def end(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)  # as a shell counts

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] != signal.SIG_IGN:  # `nohup` means it
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show(output: IO[bytes], say: Print) -> None:
    """Everything in `output` has been said, each line behind the margin, the last one ended."""
    decoder = getincrementaldecoder("utf-8")("replace")
    fresh = True
    while chunk := output.read(4096):
        for line in decoder.decode(chunk).splitlines(keepends=True):
            say(f"{MARGIN}{line}" if fresh else line)
            fresh = line.endswith("\n")
    if not fresh:
        say("\n")
