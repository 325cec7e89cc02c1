"""Whether anybody looks at contracts: what a run asks before it loads anything of them.

Law: where nobody looks, this is all that contracts cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.launch.contracts import Promises


def promises_of(config: Config) -> Promises | None:
    """The contracts that a run is held against, read before anything runs that may cost something.

    None when nobody looks; `ContractError` when they are damaged.
    """
    if config.contracts == "off":
        return None
    from replaykit.launch.contracts import promises

    return promises(config)
