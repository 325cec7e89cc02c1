"""What is said of a test that failed for want of a key: the SDK's own words on one line, and no traceback.

Law: only where nothing was asked for yet. Whatever fails later has another reason, however it is worded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from replaykit.core.plain import line
from replaykit.session.hiding import Hiding

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.core.model import Episode

KEYLESS = re.compile(r"api[_ -]?key|auth[_ -]?token|credential|authentication", re.IGNORECASE)
"""What an SDK speaks of that has no key."""

WIDE = 300
"""Characters of an error's text, on its line."""


def lacks(error: BaseException | None) -> bool:
    """Whether an error may be that of an SDK without a key; no assertion of a test's own is."""
    return isinstance(error, Exception) and not isinstance(error, AssertionError) and bool(KEYLESS.search(str(error)))


def keyless(config: Config, draft: Episode, error: BaseException | None) -> str:
    """That a key is missing, and in which words the SDK says so; empty for any other error, or none."""
    if error is None or draft.exchanges or not lacks(error):
        return ""
    text, _ = Hiding(config).text(str(error))
    return f"a key is missing: {type(error).__name__}: {line(text, WIDE)}"
