"""An episode as a conversation that one can read: what `replaykit show` prints.

    support   draft episode_k3v9q2                              what it is
      python agent.py · 2026-11-01 12:00 · 9 s · exit 0
      3 model calls · 1 tool call · 1,060 tokens

     1  +0.00 s  1.2 s  anthropic messages                      a step: when, how long, what, tokens
        user       Pack for Lisbon.                             what was added to what was said before
        assistant  Let me look.

Law: nothing is left out but what was said before, and every recorded text is harmless. What was hidden
is told once, for the whole (`show --json` has it by step).
"""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from replaykit.cassette.naming import Names
from replaykit.cassette.passage import tokens
from replaykit.cassette.story import story
from replaykit.core.model import Exchange, ToolCall, header
from replaykit.core.plain import counted, gist, harmless, line, measure
from replaykit.core.stream import media
from replaykit.providers.shape import print_json
from replaykit.report.clock import SECOND, duration, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.cassette.story import Told
    from replaykit.core.conversation import Answer, Part
    from replaykit.core.model import Body, Episode, Failure, Headers, Response
    from replaykit.report.terminal import Line

INDENT = "     "
"""Left of what a step says: as wide as its number."""

ROLE = 11
"""Characters of the column that says who speaks: `assistant` and two spaces."""

SETTING = 80
"""Characters of one setting's value."""

LARGEST = 64 << 10
"""Bytes of a body that is printed; of a larger one, its kind and size."""


def conversation(episode: Episode) -> Iterator[Line]:
    """The lines of an episode: what it is, its steps, what came out."""
    told = tuple(story(episode, Names(episode.span).shown))
    yield from _head(episode, told)
    for each in told:
        yield ()
        yield from _step(each)
    yield from _outputs(episode)


def _head(episode: Episode, told: Sequence[Told]) -> Iterator[Line]:
    state = episode.state if episode.finished else f"{episode.state}, unfinished"
    yield ((line(episode.name), "title"), (f"   {state} {line(episode.id)}", "faint"))
    span, exit_code = episode.span, episode.outputs.exit_code
    facts = (
        harmless(shlex.join(episode.origin.command)).replace("\n", "\\n"),
        when(span.began, span.zone),
        duration(int(max(span.ended - span.began, 0) * SECOND)) if episode.finished else "",
        "" if exit_code is None else f"exit {exit_code}",
    )
    yield ((f"  {' · '.join(filter(None, facts))}", ""),)
    yield ((f"  {counts(told)}", ""),)
    hidden = Counter(name for step in episode.steps for name in step.hidden)
    if hidden:
        yield (("  hidden: ", "warning"), (", ".join(f"{line(name)} ×{times}" for name, times in hidden.items()), ""))
    if episode.unseen:
        unseen = ", ".join(f"{line(each.what)} ×{each.times} ({line(each.how)})" for each in episode.unseen)
        yield (("  not recorded: ", "warning"), (unseen, ""))


def counts(told: Sequence[Told]) -> str:
    """What an episode is made of: `3 model calls · 1 tool call · 2 exchanges · 1,060 tokens`."""
    kinds = Counter(_kind(each) for each in told)
    usages = [each.answer.usage for each in told if each.answer is not None and each.answer.usage is not None]
    total = sum(usage.input + usage.output for usage in usages)
    parts = [counted(times, kind) for kind in ("model call", "tool call", "exchange") if (times := kinds[kind])]
    return " · ".join([*parts, *([counted(total, "token")] if total else [])]) or "no steps"


def _kind(told: Told) -> str:
    if isinstance(told.step, ToolCall):
        return "tool call"
    return "model call" if told.question is not None and told.question.model else "exchange"


def _step(told: Told) -> Iterator[Line]:
    step = told.step
    title = f"tool call {told.title}" if isinstance(step, ToolCall) else told.title
    model = told.question.model if told.question is not None else ""
    usage = told.answer.usage if told.answer is not None else None
    facts = (duration(step.took), line(model), tokens(usage) if usage is not None else "")
    yield (
        (f"{told.number:>3}  ", "faint"),
        (line(title, 200), "title"),
        (f"   +{step.began / 1e9:.2f} s · {' · '.join(filter(None, facts))}", "faint"),
    )
    yield from said(told)


def said(told: Told) -> Iterator[Line]:
    """What a step says, without the line that names it."""
    step = told.step
    for attempt in told.attempts:
        yield from _said("tried", _outcome(attempt), "warning")
    match step:
        case ToolCall():
            yield from _tool_call(step)
        case Exchange():
            yield from _exchange(told, step)
    if step.failure is not None:
        yield from _said("failed", failure(step.failure), "bad")


def _tool_call(call: ToolCall) -> Iterator[Line]:
    yield from _said("arguments", call.arguments.decode(errors="replace"))
    if call.opaque:
        yield from _said("result", "(it has no form that could be kept)", "faint")
    elif call.failure is None:
        yield from _said("result", call.result.decode(errors="replace"))


def _exchange(told: Told, step: Exchange) -> Iterator[Line]:
    if told.question is None:
        yield from _body("sent", step.request.body, step.request.headers)
    else:
        yield from _asked(told)
    response = step.response
    if response is not None and (told.answer is None or told.question is None):
        yield from _said("status", str(response.status), "" if _is_fine(response) else "bad")
        yield from _body("answer", response.body, response.headers)
    elif response is not None and told.answer is not None:
        yield from _answer(told.answer, response)
    if step.left:
        yield from _said("left", "the program stopped reading here", "warning")


def _asked(told: Told) -> Iterator[Line]:
    if told.joins:
        new = told.joins == "new"
        yield from _said("", "a new conversation" if new else f"back to {gist(told.joins)}", "faint")
    settings = [f"{each.name or each.group} {_value(each.value)}" for each in told.news if each.group in _BRIEF]
    if settings:
        yield from _said("settings", " · ".join(settings), "faint")
    for each in told.news:
        if each.group == "system":
            yield from _said("system", str(each.value))
    tools = [each.name for each in told.news if each.group == "tools"]
    if tools:
        yield from _said("tools", ", ".join(tools), "faint")
    if told.gone:
        yield from _said("no longer", ", ".join(" ".join(filter(None, name)) for name in told.gone), "faint")
    if told.forgotten:
        yield from _said("forgotten", counted(told.forgotten, "turn"), "faint")
    for turn in told.added:
        yield from _parts(turn.role, turn.parts)
    if told.again:
        yield from _said("", "the same again", "faint")


_BRIEF = frozenset({"settings", "headers", "to"})
"""Groups of fields that stand together on a line."""


def _value(value: object) -> str:
    return line(value if isinstance(value, str) else print_json(value), SETTING)  # type: ignore[arg-type] # JSON


def _answer(answer: Answer, response: Response) -> Iterator[Line]:
    if answer.turn is not None:
        yield from _parts(answer.turn.role, answer.turn.parts)
    if answer.error:
        yield from _said("error", f"{response.status} {answer.error}", "bad")
    if answer.stop:
        yield from _said("stop", answer.stop, "faint")


def _parts(role: str, parts: Sequence[Part]) -> Iterator[Line]:
    """The parts of a turn; who speaks stands before the first."""
    for number, part in enumerate(parts):
        style = "faint" if part.kind in ("thinking", "other", "image") else ""
        yield from _said(role if not number else "", _part(part), style)


def _part(part: Part) -> str:
    match part.kind:
        case "text":
            return part.text
        case "tool_call":
            return f"calls {part.name} {print_json(part.data)}"
        case "tool_result":
            return f"result of {part.name or 'a call'}: {part.text}" + (f" ({part.held})" if part.held else "")
        case "thinking":
            return f"thinks: {part.text}" if part.text else "thinks (kept from us by the provider)"
        case _:
            return f"({': '.join(filter(None, (part.kind, part.name, part.text, part.held)))})"


def _body(role: str, body: Body, headers: Headers) -> Iterator[Line]:
    if not body.size:
        return
    kind, text = media(header(headers, "content-type")) or "binary", readable(body)
    yield from _said(role, text or f"({kind}, {measure(body.size)})", "" if text else "faint")


def readable(body: Body) -> str:
    """The text of a body; empty for what is no text, and for what is too large to be printed."""
    try:
        return body.data.decode() if body.size <= LARGEST else ""
    except UnicodeDecodeError:
        return ""


def _said(role: str, text: str, style: str = "") -> Iterator[Line]:
    """A text behind the word that says what it is; its further lines below its first."""
    for number, each in enumerate(harmless(text).removesuffix("\n").split("\n")):
        word = line(role, ROLE - 1) if not number else ""
        yield ((f"{INDENT}{word:<{ROLE}}", "role"), (each, style))


def _outcome(attempt: Exchange) -> str:
    """How an attempt ended that was tried again."""
    ended = failure(attempt.failure) if attempt.failure is not None else ""
    return ended or (f"status {attempt.response.status}" if attempt.response is not None else "no answer")


def failure(failed: Failure) -> str:
    """How something failed, as Python would say it."""
    return f"{failed.kind}: {failed.message}" if failed.message else failed.kind


def _is_fine(response: Response) -> bool:
    return response.status < 400  # noqa: PLR2004 - RFC 9110, 15


def _outputs(episode: Episode) -> Iterator[Line]:
    outputs = episode.outputs
    if not (outputs.values or outputs.stdout):
        return
    yield ()
    yield (("outputs", "title"),)
    for name, value in outputs.values.items():
        yield from _said(name, value.decode(errors="replace"))
    if outputs.stdout:
        yield from _said("stdout", outputs.stdout.decode(errors="backslashreplace"))
