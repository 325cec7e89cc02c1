"""What we know about each wire: the only place in the code that names a provider.

Law: pure. A `Provider` is a value with functions in it; `registry.find` picks the one a request belongs to.
Where a function cannot make sense of a document it returns None and never raises: what a provider
sends may be anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.conversation import Answer, Question
    from replaykit.core.model import JSON, Headers
    from replaykit.providers.promise import Promise
    from replaykit.providers.speech import Speech


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a provider does: `name` as in `messages`, and the functions that read it.

    - `read_request(document)` and `read_answer(document)` translate parsed JSON.
    - `add_up(body)` gives the document that a finished or cut stream amounts to (the same shape as
      the plain, not streamed answer), or None when the body is not such a stream.
    - `ended(body)` is true when the stream's terminator is in it.
    - `place(path, document)` says in an agent author's words where a JSON path of the request is
      (`turn 4, tool result of get_weather`).
    - `volatile` are JSON pointers (`*` for any item) of request fields that change from run to run
      and mean nothing; `correlation` is the pointer of an id that the answer repeats.
    """

    name: str
    read_request: Callable[[JSON], Question | None]
    read_answer: Callable[[JSON], Answer | None]
    add_up: Callable[[bytes], JSON]
    ended: Callable[[bytes], bool]
    place: Callable[[tuple[str | int, ...], JSON], str]
    volatile: tuple[str, ...] = ()
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that agents talk to.

    - `operation(method, url, headers, document)` recognises a request (`document` is its parsed
      JSON body, or None); None when it is another provider's. It must not look at the host alone:
      proxies, gateways and local servers speak the same wire.
    - `telling` are headers, in lower case, whose change is reported as *sent differently*.
    - `attempt(headers)` is the number of the SDK's retry, 0 for the first.
    - `delays` names module attributes of its SDK (`package.module:NAME`) that hold a retry's delay
      in seconds where no header can shorten it.
    - `credentials` are header names, in lower case, that carry keys.
    - `untouchable` are JSON field names whose text redaction must never change (signatures).
    - `keys` are variables without which its SDK asks nothing.
    - `speeches()` are its answers as they can be made up, one for each wire.
    - `promises()` are what it says of its operations, by name; under the empty name, of all others.
    """

    name: str
    operation: Callable[[str, str, Headers, JSON], Operation | None]
    telling: tuple[str, ...] = ()
    attempt: Callable[[Headers], int] = lambda _headers: 0
    delays: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    untouchable: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    speeches: Callable[[], tuple[Speech, ...]] = tuple
    promises: Callable[[], Mapping[str, Promise]] = dict
