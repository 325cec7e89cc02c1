"""Headers that name the version of an interface, where no provider has said which do.

    a provider's own header       binds the contract, and needs nobody to say so (`Promise.versions`)
    another that is called so     is told, and binds nothing: `x-client-version` may be the client's own

Law: pure. What was not the same each time names no version, nor does a value that does not look like one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.check import EDITION
from replaykit.providers.registry import tells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replaykit.core.contract.model import Binds
    from replaykit.core.model import Exchange, Headers

_CALLED: Final = re.compile(r"(?:.*[-_])?version")


def unbound(exchanges: Iterable[Exchange], binds: Binds) -> Mapping[str, str]:
    """The headers, in lower case, by which every request has asked for one version, and to which nothing is bound."""
    sent = [_named(each.request.headers) for each in exchanges]
    same = set.intersection(*map(set, sent)) if sent else set()
    return {name: value for name, value in sorted(same) if name not in binds.versions}


def _named(headers: Headers) -> list[tuple[str, str]]:
    """The headers of a request that are called as versions are, with values that look like one."""
    found = [(name.lower(), value) for name, value in headers if EDITION.fullmatch(value)]
    return [(name, value) for name, value in found if _CALLED.fullmatch(name) and tells(name)]
