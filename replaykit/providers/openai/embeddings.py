"""Embeddings, read as far as a page needs: how many vectors of what size.

Law: pure; any JSON may come in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.conversation import Answer, Part, Turn
from replaykit.providers.openai.chat import usage
from replaykit.providers.shape import mapping, sequence, string
from replaykit.providers.wire import complaint

if TYPE_CHECKING:
    from replaykit.core.model import JSON


def read_answer(document: JSON) -> Answer | None:
    """The answer of an embedding: how many vectors of how many numbers; None when there are none."""
    fields = mapping(document)
    vectors = [mapping(each).get("embedding") for each in sequence(fields.get("data"))]
    error = complaint(fields.get("error"))
    if not error and not vectors:
        return None
    parts = tuple(
        Part("other", f"vector of {len(each)} numbers" if isinstance(each, list) else "vector") for each in vectors
    )
    told = Turn("server", parts) if parts else None
    return Answer(turn=told, model=string(fields.get("model")), usage=usage(fields.get("usage")), error=error)
