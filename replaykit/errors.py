"""Every error that replaykit raises.

    ReplayError
    ├── UsageError            the call makes no sense as it stands
    │   ├── NoSession         a request belongs to no session, or to one of several
    │   └── NoSuchEpisode     no episode, cassette or draft has that name
    ├── Different             a run was not what was recorded, or what was promised
    │   ├── NotRecorded       a miss: this request is not in the episode
    │   ├── NeverAskedFor     recorded steps that nobody asked for
    │   └── Drifted           exchanges are not what a contract promises
    ├── Unreadable            a file is not what it should be
    │   ├── StoreError        the store cannot be opened, read or written
    │   ├── CassetteError     a page or a tape is damaged, edited or of a newer version
    │   └── ContractError     a contract, its lock or its probes are damaged, edited or missing
    └── Unreachable           a connection that a replay may not open

Errors carry fields, and their text says what happened, to what, and what to do next. `Unreachable`
is also a `ConnectionRefusedError`, for that is what a program expects of a closed network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    class Raised(Protocol):
        """What pytest knows of an exception."""

        @property
        def value(self) -> BaseException:
            """The exception itself."""


class ReplayError(Exception):
    """Anything that replaykit has to say; `remedy` is the next thing to do, or empty."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Keep the message and the remedy apart, so that reports can set them apart."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Message and remedy, on two lines."""
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class UsageError(ReplayError):
    """The call makes no sense as it stands."""


class NoSession(UsageError):
    """A request belongs to no session, or to one of several and nothing says which."""


class NoSuchEpisode(UsageError):
    """No episode, cassette or draft has that name; `nearest` are the names that come closest."""

    def __init__(self, name: str, nearest: Sequence[str] = ()) -> None:
        """Name what was asked for, and what may have been meant."""
        hint = f"did you mean {', '.join(nearest)}?" if nearest else "`replaykit list` shows what there is"
        super().__init__(f"no episode {name!r}", remedy=hint)
        self.name = name
        self.nearest = tuple(nearest)


class Different(ReplayError):
    """A run was not what was recorded, or what was promised."""


class NotRecorded(Different):
    """A miss: what was asked for is not in the episode, and was not sent; `accounts` has one text for each request."""

    def __init__(self, *accounts: str, remedy: str = "") -> None:
        """Say the remedy once, though every account may end with it."""
        self.accounts = tuple(account.removesuffix(remedy).rstrip("\n") for account in accounts)
        super().__init__("\n\n".join(self.accounts), remedy=remedy)


class NeverAskedFor(Different):
    """Recorded steps that nobody asked for in this replay."""


class Drifted(Different):
    """Exchanges are not what a contract promises, and that was to fail the run; a recording is kept all the same."""


class Unreadable(ReplayError):
    """A file is not what it should be; `path` is the file."""

    def __init__(self, message: str, *, path: str = "", remedy: str = "") -> None:
        """Name the file first: it is what the reader must look at."""
        super().__init__(f"{path}: {message}" if path else message, remedy=remedy)
        self.path = path


class StoreError(Unreadable):
    """The store cannot be opened, read or written."""


class CassetteError(Unreadable):
    """A page or a tape is damaged, edited, of a newer version, or belongs to something else."""


class ContractError(Unreadable):
    """A file of `contracts/` is damaged, edited, missing, or was never published."""


class Unreachable(ReplayError, ConnectionRefusedError):
    """A connection that a replay may not open."""


def hide(raised: Raised) -> bool:
    """Whether pytest leaves a frame of ours out of a traceback: that of an error of ours, whose text says it all.

    Holds for every function of a module that says `__tracebackhide__ = hide`.
    """
    return isinstance(raised.value, ReplayError)
