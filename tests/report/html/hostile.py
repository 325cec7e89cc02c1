"""Recorded text that wants out, in every field that an episode has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from replaykit.core.model import (
    Body,
    Episode,
    Exchange,
    Failure,
    Origin,
    Outputs,
    Response,
    Span,
    ToolCall,
    Unseen,
)
from tests.report.scenes import Claude, Run, answered, call, fetched, posted, printed, result, text

EVIL = (
    "</script></style></title></textarea><script>window.ran=1</script>"
    "\"'><img src=x onerror=window.ran=1><svg/onload=window.ran=1><base href=//evil.example>"
    '<a href="javascript:window.ran=1">here</a><meta http-equiv=refresh content="0;url=//evil.example">'
    "<iframe src=//evil.example></iframe>--> ]]> {{ 7 * 7 }} {% raw %} ${window.ran=1} https://evil.example/ "
    "\x1b[31mred\x1b[0m \x00\x07\x08 \u202egnal\u2066x\u2069 \ud800 \udfff \u2028 \x9b end"
)
"""Markup, scripts, templates, addresses, terminal sequences, bidirectional controls and lone surrogates."""

_TOOL: dict[str, Any] = {"name": EVIL, "description": EVIL, "input_schema": {EVIL: EVIL}}


def run(again: int = 0) -> Run:
    """A run that says nothing else; `again` makes it say it a little differently."""
    made = Run(again)
    said = f"{EVIL} {again}"
    claude = Claude(made, said, (_TOOL,))
    wanted = call(made, EVIL, **{EVIL: said, "lines": f"{said}\n{said}"})
    image = {"type": "image", "source": {"type": "base64", "media_type": EVIL, "data": "AA=="}}
    thought = {"type": "thinking", "thinking": said}
    claude.ask([text(said), image, {"type": EVIL}], thought, text(said), wanted, stream=False)
    claude.ask([result(wanted, said)], text(f"```{EVIL}\n{said}\n```\n# {said}\n**{EVIL}** `{EVIL}`"))
    made.exchange(posted(f"https://a.example/{EVIL}?q={again}", {EVIL: said}), answered({EVIL: said}, kind=EVIL))
    made.exchange(fetched(f"https://a.example/{EVIL}/2"), _response(said), failure=Failure(EVIL, said))
    limited = answered({"error": {"type": EVIL, "message": said}}, 429)
    made.exchange(claude.request(), limited, hidden=(EVIL,))
    made.step(ToolCall(EVIL, printed({EVIL: said}), printed([said]), hidden=(EVIL,)))
    made.step(ToolCall(EVIL, said.encode("utf-8", "surrogatepass"), failure=Failure(EVIL, said)))
    if again:
        made.step(ToolCall(f"{EVIL} 2", b"{}", b"[]"))
    return made


def _response(said: str) -> Response:
    data = said.encode("utf-8", "replace")
    return Response(500, (("content-type", EVIL),), Body.of(data), (len(data),), (1,), reason=EVIL)


def episode(again: int = 0) -> Episode:
    """The run as an episode of which nothing else is known, either."""
    said = f"{EVIL} {again}"
    origin = Origin(
        (EVIL, said), EVIL, said.encode("utf-8", "replace"), {EVIL: said}, (EVIL,), EVIL, EVIL, EVIL, {EVIL: said},
        EVIL, EVIL,
    )  # fmt: skip
    steps = tuple(_timed(step, at) for at, step in enumerate(run(again).steps))
    outputs = Outputs(said.encode("utf-8", "replace"), 1, {EVIL: printed(said), "other": printed({EVIL: said})})
    unseen = (Unseen(EVIL, EVIL, 2),)
    return Episode(EVIL, EVIL, EVIL, True, origin, Span(1e9, 1e9 + 9), steps, outputs, unseen)  # noqa: FBT003


def _timed(step: Any, at: int) -> Any:
    """The step at a time of its own; an exchange was tried before."""
    return replace(step, began=at * 10**9, **({"attempt": at % 2} if isinstance(step, Exchange) else {}))
