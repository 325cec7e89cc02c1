"""The version of replaykit; the build reads it from here, so that it stands in one place.

Law: a constant, because asking the installed metadata costs 20 ms and more at every start.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` itself takes 8 ms
if TYPE_CHECKING:
    from typing import Final

VERSION: Final = "0.1.0"
