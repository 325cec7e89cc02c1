"""Episodes and their differences as JSON: what `show --json` and `diff --json` print, for scripts.

Law: requests and answers are whole. A JSON body is a JSON value and a stream what it adds up to;
other text is text; what is no text is its kind, size and digest. Times are milliseconds after the
episode began, or lengths of time.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from replaykit.core.attempts import wholes
from replaykit.core.model import Exchange, ToolCall, header
from replaykit.core.steps import Asked, answer_of, document_of, title
from replaykit.core.stream import media
from replaykit.providers.shape import parse
from replaykit.report.clock import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.attempts import Whole
    from replaykit.core.model import JSON, Body, Episode, Failure, Headers, Outputs
    from replaykit.providers import Operation
    from replaykit.report.cost import Bill
    from replaykit.report.review import Reviewed


def as_json(episode: Episode) -> dict[str, JSON]:
    """The whole episode; SDK retries are `attempts` of their step."""
    return {
        "id": episode.id,
        "name": episode.name,
        "state": episode.state,
        "finished": episode.finished,
        "when": iso(episode.span.began),
        "ended": iso(episode.span.ended),
        "command": list(episode.origin.command),
        "commit": episode.origin.commit,
        "versions": dict(episode.origin.versions),
        "outputs": _outputs(episode.outputs),
        "not_recorded": [asdict(each) for each in episode.unseen],
        "steps": [_step(episode, whole) for whole in wholes(episode)],
    }


def review_json(review: Reviewed) -> dict[str, JSON]:
    """What became of an episode: its `fate`, its `difference` in full (core/diff), and what each side `cost`."""
    from replaykit.core.diff import as_json as in_full

    told = in_full(review.difference) if review.difference is not None else {}
    return {
        "name": review.name,
        "fate": review.fate,
        **told,
        "same": review.fate == "same",
        "cost": [_cost(bill) for bill in review.bills],
    }


def reviews_json(reviews: Sequence[Reviewed], base: str, unread: Sequence[str] = ()) -> dict[str, JSON]:
    """What became of all episodes that a branch changes since it left `base`; `unread` says what cannot be compared."""
    return {
        "base": base,
        "same": not unread and all(review.fate == "same" for review in reviews),
        "unread": list(unread),
        "episodes": [review_json(review) for review in reviews],
    }


def _cost(bill: Bill) -> JSON:
    """US dollars as a decimal number in a text, so that nothing is rounded; null when no price is known."""
    amount = None if bill.amount is None else f"{bill.amount:f}"
    return {"usd": amount, "unknown": list(bill.unknown), "table": bill.table, "day": bill.day}


def _outputs(outputs: Outputs) -> dict[str, JSON]:
    return {
        "values": {name: parse(value) for name, value in outputs.values.items()},
        "stdout": outputs.stdout.decode(errors="backslashreplace"),
        "exit_code": outputs.exit_code,
    }


def _step(episode: Episode, whole: Whole) -> dict[str, JSON]:
    step = whole.step
    shared: dict[str, JSON] = {
        "step": whole.number,
        "kind": "tool" if isinstance(step, ToolCall) else "exchange",
        "what": title(step),
        "began": step.began // 1_000_000,
        "took": step.took,
        "hidden": list(step.hidden),
        "failure": _failure(step.failure),
    }
    if isinstance(step, ToolCall):
        return shared | _tool_call(step)
    earlier = [episode.steps[at] for at in whole.positions[:-1]]
    return shared | _exchange(step) | {"attempts": [_attempt(each) for each in earlier if isinstance(each, Exchange)]}


def _tool_call(call: ToolCall) -> dict[str, JSON]:
    return {
        "name": call.name,
        "arguments": parse(call.arguments),
        "result": parse(call.result) if call.result else None,
        "opaque": call.opaque,
    }


def _exchange(step: Exchange) -> dict[str, JSON]:
    asked = Asked(step.request)
    operation = asked.wire[1]
    answer = answer_of(operation, step.response)
    usage = answer.usage if answer is not None else None
    model = answer.model if answer is not None else ""
    return {
        "method": step.request.method,
        "url": step.request.url,
        "operation": f"{asked.wire[0].name} {operation.name}",
        "status": step.response.status if step.response is not None else None,
        "model": model or (asked.question.model if asked.question is not None else "") or None,
        "tokens": None if usage is None else {"input": usage.input, "output": usage.output, "cached": usage.cached},
        "first": step.first,
        "left": step.left,
        "request": _content(step.request.body, step.request.headers),
        "answer": _answer(operation, step),
    }


def _answer(operation: Operation, step: Exchange) -> JSON:
    """The answer's document, or what else its body holds."""
    if step.response is None:
        return None
    added = document_of(operation, step.response)
    return _content(step.response.body, step.response.headers) if added is None else added


def _content(body: Body, headers: Headers) -> JSON:
    if not body.size:
        return None
    document = parse(body.data)
    if document is not None:
        return document
    try:
        return body.data.decode()
    except UnicodeDecodeError:
        kind = media(header(headers, "content-type")) or "binary"
        return {"kind": kind, "size": body.size, "digest": body.digest.hex()}


def _attempt(step: Exchange) -> dict[str, JSON]:
    return {
        "status": step.response.status if step.response is not None else None,
        "failure": _failure(step.failure),
        "began": step.began // 1_000_000,
        "took": step.took,
    }


def _failure(failure: Failure | None) -> JSON:
    return None if failure is None else {"kind": failure.kind, "message": failure.message}
