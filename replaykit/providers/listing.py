"""Requests of one text, and lists of models: the same on every wire that has them.

Law: pure; any JSON may come in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.conversation import Answer, Part, Question, Turn
from replaykit.providers.shape import mapping, sequence, string
from replaykit.providers.turns import others
from replaykit.providers.wire import complaint

if TYPE_CHECKING:
    from replaykit.core.model import JSON


def ask(document: JSON) -> Question:
    """The question of a request: its texts (`input`, `prompt`) as one turn; an empty one asks for a list."""
    fields = mapping(document)
    said = fields.get("input", fields.get("prompt"))
    texts = [said] if isinstance(said, str) else sequence(said)
    parts = tuple(Part("text", text) if isinstance(text, str) else Part("other", "tokens") for text in texts)
    return Question(
        model=string(fields.get("model")),
        turns=(Turn("user", parts),) if parts else (),
        settings=others(fields, "model", "input", "prompt"),
    )


def read_models(document: JSON) -> Answer | None:
    """The ids of the models, or of the one that was asked for; None when there are none."""
    fields = mapping(document)
    listed = sequence(fields.get("data")) or [document]
    names = [name for each in listed if (name := string(mapping(each).get("id")))]
    error = complaint(fields.get("error"))
    if not error and not names and "data" not in fields:
        return None
    return Answer(turn=Turn("server", tuple(Part("other", name) for name in names)) if names else None, error=error)
