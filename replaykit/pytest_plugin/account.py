"""Why a test failed that was answered from its cassette: what it asked for, what came nearest, what to do next.

Law: a screenful. What is left out is counted, and -vv shows it.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from replaykit.core.explain import remedy
from replaykit.core.plain import counted, line
from replaykit.errors import NotRecorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.model import Episode

SCREEN = 24
"""Lines of an account that is not asked for in full."""


CAUGHT = "the test caught that and went on: a request that was not recorded fails it all the same"
"""What is said of a miss in a test whose own code has passed, be it that it expects such an error."""


def account(  # noqa: PLR0913 - all that there is to say
    test: str, episode: Episode, texts: Sequence[str], error: BaseException | None, *, long: bool, caught: bool = False
) -> str:
    """What was not as recorded in a test, and the command that comes next.

    `error` is how its code ended, if it did; `caught`: something was refused, and its code made nothing of that.
    """
    usual = "\n".join(remedy(episode))
    lines = "\n\n".join(dict.fromkeys(text.removesuffix(usual).rstrip("\n") for text in texts)).split("\n")
    if not long and len(lines) > SCREEN:
        left = len(lines) - SCREEN
        lines = [*lines[:SCREEN], f"… {counted(left, 'more line')}: -vv shows them"]
    if error is not None and not isinstance(error, NotRecorded):
        lines += ["", f"the test ended with {type(error).__name__}: {line(str(error), 200)}"]
    if caught:
        lines += ["", CAUGHT]
    quoted = shlex.quote(test)
    return "\n".join(
        [
            *lines,
            "",
            f"if this change is meant:  pytest {quoted} --replaykit-record=all",
            f"and to see what it does:  replaykit diff --base HEAD {shlex.quote(episode.name)}",
        ]
    )
