"""What a session asks of who answers for it, and of who keeps what it does.

`Player` and `Recorder` are ours; the pytest plugin has others, for cassettes of other recorders.

Law: what they may be is said here, and not what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.match import Ambiguous, Found, Missing
    from replaykit.core.model import Exchange, Request, Step, ToolCall, Unseen
    from replaykit.core.replay import Serve


class Accounts(Protocol):
    """Who takes down what else a run does."""

    def output(self, name: str, value: bytes) -> None:
        """Keep a named output."""

    def saw(self, unseen: Unseen) -> None:
        """Keep something that did not come through us."""

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Keep something else."""

    def after_fork(self) -> None:
        """In a forked child: nobody else holds a lock."""


class Plays(Accounts, Protocol):
    """Who answers from a recording."""

    @property
    def remedy(self) -> str:
        """What can be done about a miss."""

    def find(self, request: Request) -> Found | Ambiguous | Missing | None:
        """What the recording has for a request, claimed; None when it is nobody's business and has to be sent."""

    def serve(self, found: Found) -> Serve:
        """The answer that was found."""

    def miss(self, request: Request, found: Ambiguous | Missing) -> str:
        """The account of a request that was not recorded, committed; it may raise an error of its own."""

    def upgrade(self, request: Request) -> str:
        """The account of a connection that was to become something else than HTTP."""

    def read_on(self, exchange: Exchange) -> str:
        """The account of a program that reads on where the recorded one had left."""

    def tool(self, name: str, arguments: bytes, *, run: bool, missing: bool) -> ToolCall | None:
        """The recorded call of these arguments; None when the function has to run."""

    def before_fork(self) -> None:
        """The process is about to have a child."""


class Keeps(Accounts, Protocol):
    """Who keeps the steps of a run; `lost` are those that could not be, `problem` why."""

    @property
    def lost(self) -> int:
        """How many steps could not be kept."""

    @property
    def problem(self) -> Exception | None:
        """Why."""

    def keep(self, step: Step) -> None:
        """Keep a step that has ended."""

    def flush(self) -> None:
        """Try once more what could not be kept."""
