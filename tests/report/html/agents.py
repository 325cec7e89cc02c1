"""Runs that have what a page has to show: parallel tools, retries, failures, images, long answers, many steps.

Law: made of the scenes beside this folder, so that they are on the wire as real ones are.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Episode, Failure, Origin, Outputs, ToolCall, Unseen
from replaykit.report.cost import Bill
from tests.report.scenes import Claude, Run, answered, call, fetched, printed, result, text

if TYPE_CHECKING:
    from collections.abc import Iterator

BILL = Bill(Decimal("0.1837"), ("claude-tiny-9",), "genai-prices 0.2.3, prices of 2026-11-20")

TASK = """The nightly build is **red**: `tests/test_fares.py::test_child_fare` fails since Tuesday.

Please find out why, fix it, and tell me in a few sentences what it was. The screenshot shows the dashboard."""

SYSTEM = """You are a careful engineer in a repository of a travel agency.

- Read before you write.
- Run the tests before you say that something works.
- Keep answers short; show the diff."""

SOURCE = '''"""Fares of a journey, by the age of who travels."""

from decimal import Decimal

CHILD = Decimal("0.5")
YOUTH = Decimal("0.75")


def fare(price: Decimal, age: int) -> Decimal:
    """The price for somebody of that age."""
    if age < 12:
        return price * YOUTH
    if age < 26:
        return price * YOUTH
    return price
'''

LOG = "\n".join(
    [f"tests/test_fares.py::test_fare[{age}] PASSED" for age in range(40)]
    + ["tests/test_fares.py::test_child_fare FAILED", "E   assert Decimal('75.00') == Decimal('50.00')"]
)

ANSWER = """## What it was

`fare()` took the **youth** factor for children, too: a copied line in `fares.py`. A child of ten paid
75 % of the price where it should have been 50 %.

## The fix

```diff
-    if age < 12:
-        return price * YOUTH
+    if age < 12:
+        return price * CHILD
```

1. `tests/test_fares.py` passes again: 41 tests in 0.3 s.
2. The tariff service agrees: *child: 0.5*.
3. Nobody was overcharged: the change was never deployed.

| age | before | after |
|-----|-------:|------:|
| 10  |  75.00 | 50.00 |
| 20  |  75.00 | 75.00 |
| 40  | 100.00 | 100.00 |

I would add a test for the age of 12 itself, for the border is not covered."""

TOOLS: tuple[dict[str, Any], ...] = tuple(
    {
        "name": name,
        "description": description,
        "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    }
    for name, description in (
        ("read_file", "The text of a file of the repository."),
        ("search", "The lines that match a pattern."),
        ("run_tests", "Run the tests; the last lines of what they print."),
        ("write_file", "Write a file, whole."),
    )
)

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo=" * 400}}


@contextmanager
def together(run: Run) -> Iterator[None]:
    """The steps made in it begin almost at once."""
    began, first = run.clock, len(run.steps)
    yield
    for number, at in enumerate(range(first, len(run.steps))):
        run.steps[at] = replace(run.steps[at], began=began + number * 12_000_000)
    run.clock = max(each.began + each.took * 1_000_000 for each in run.steps[first:]) + 30_000_000


def thinking(said: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": said, "signature": "c2lnbmF0dXJl"}


def coder(again: int = 0, *, system: str = SYSTEM, answer: str = ANSWER, careful: bool = False) -> Run:
    """An agent that mends a test: two models, four tools, a service that fails, a request that is tried again."""
    run = Run(again)
    claude = Claude(run, system, TOOLS)
    asked: Any = [{"type": "text", "text": TASK}, IMAGE]
    _overloaded(run, claude, asked)
    calls = [
        call(run, "read_file", path="src/fares.py"),
        call(run, "search", pattern="YOUTH|CHILD", path="src"),
        call(run, "run_tests", path="tests/test_fares.py"),
    ]
    said = text("I will look at the code, at who uses it, and at the failing test.")
    claude.ask(asked, thinking("A child fare. Perhaps the factors were mixed up. " * 6), said, *calls, stream=False)
    run.steps[-1] = _retried(run.steps[-1])
    with together(run):
        run.step(ToolCall("read_file", b'{"path":"src/fares.py"}', printed(SOURCE)), 240)
        run.step(
            ToolCall("search", b'{"pattern":"YOUTH|CHILD","path":"src"}', printed(["fares.py:5", "fares.py:12"])), 610
        )
        run.step(ToolCall("run_tests", b'{"path":"tests/test_fares.py"}', printed(LOG)), 2_900)
    found = [
        result(each, said) for each, said in zip(calls, (SOURCE, '["fares.py:5","fares.py:12"]', LOG), strict=True)
    ]
    tariff = call(run, "tariff", age=10)
    claude.ask(found, text("The child branch takes the wrong factor. Let me ask the tariff service."), tariff)
    _tariff(run)
    if careful:
        run.step(ToolCall("read_file", b'{"path":"tests/test_fares.py"}', printed("def test_child_fare(): ...")), 200)
    fixed = SOURCE.replace("YOUTH\n    if age < 26", "CHILD\n    if age < 26")
    write = call(run, "write_file", path="src/fares.py", content=fixed)
    claude.ask([result(tariff, '{"child":0.5}')], write)
    arguments = {"path": "src/fares.py", "content": fixed}
    run.step(ToolCall("write_file", printed(arguments), printed({"written": len(fixed)})), 20)
    run.step(
        ToolCall("deploy", b'{"to":"staging"}', failure=Failure("PermissionError", "not before the tests pass")), 8
    )
    with together(run):
        for name in ("reviewer", "tester"):
            other = Claude(run, f"You are a {name}.", ())
            other.ask(f"Is this right?\n\n{fixed}", text(f"As a {name}: yes, it is."))
    claude.ask([result(write, "written")], text(answer), hidden=("ANTHROPIC_API_KEY",) * 2)
    return run


def _overloaded(run: Run, claude: Claude, asked: Any) -> None:
    claude.messages.append({"role": "user", "content": asked})
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    run.exchange(claude.request(stream=False), answered(error, 529), 300)
    run.clock += 700_000_000
    claude.messages.pop()


def _retried(step: Any) -> Any:
    return replace(step, attempt=1)


def _tariff(run: Run) -> None:
    """A tool that asks a service three ways: one fails, one errs, one answers."""
    began = run.clock
    host = "https://tariffs.example/v2/fares"
    down = Failure("ConnectError", "[Errno 111] Connection refused")
    run.exchange(fetched(f"{host}?age=10"), answered({"error": "try later"}, 503), 180, within=began)
    run.exchange(fetched("https://backup.example/fares?age=10"), None, 60, failure=down, within=began)
    run.exchange(fetched(f"{host}?age=10&again=1"), answered({"child": 0.5, "youth": 0.75}), 140, within=began)
    inner = run.steps[-3:]
    call = ToolCall("tariff", b'{"age":10}', b'{"child":0.5}', began=began, took=520)
    run.steps[-3:] = [call, *inner]


def episode(run: Run, name: str = "mend-the-build", **more: Any) -> Episode:
    """The run as an episode, with all that may be known of one."""
    origin = Origin(
        ("python", "-m", "agents.mend", "--task", "nightly build"),
        folder="agents",
        environment={"ANTHROPIC_MODEL": "claude-sonnet-5-5"},
        secrets=("ANTHROPIC_API_KEY",),
        python="3.13.1",
        versions={"anthropic": "2.1.0", "httpx2": "2.0.3"},
        commit="4f1c9e02ab77d5",
        timezone="Europe/Lisbon",
    )
    outputs = Outputs(f"{ANSWER[:400]}\n\nwrote src/fares.py\n".encode(), 0, {"verdict": b'{"fixed":true,"tests":41}'})
    unseen = (Unseen("api.tavily.com", "urllib3", 2), Unseen("git", "subprocess"))
    span = replace(run.span, ended=run.span.began + run.clock / 1e9)
    given = {"origin": origin, "span": span, "steps": tuple(run.steps), "outputs": outputs, "unseen": unseen}
    return Episode("episode_k3v9q2", name, **{**given, **more})


def long(steps: int = 2_000) -> Episode:
    """A run of so many steps: short conversations one after the other, tools side by side, a failure now and then."""
    run = Run()
    while len(run.steps) < steps:
        at = len(run.steps)
        claude = Claude(run, SYSTEM, TOOLS[:1])
        calls = [call(run, "read_file", path=f"src/part_{at}_{n}.py") for n in range(3)]
        claude.ask(f"Look at part {at}.", text("I will read three files."), *calls)
        with together(run):
            for number, each in enumerate(calls):
                gone = Failure("FileNotFoundError", f"part_{at}_{number}.py") if at % 35 == number else None
                read = b"" if gone else printed(SOURCE)
                run.step(ToolCall("read_file", printed(each["input"]), read, gone), 90 + 40 * number)
        claude.ask([result(each, SOURCE) for each in calls], text(f"Part {at} is in order. " * 8))
    return episode(replace(run, steps=run.steps[:steps]), "every-part")
