"""The error of a request that a cassette does not hold: vcrpy's own class where it is installed, and ours.

Law: vcrpy is imported when it is needed to name the error, and not before: that takes a quarter of a second.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from replaykit.errors import NotRecorded, hide

if TYPE_CHECKING:
    from replaykit.pytest_plugin.vcr.cassette import Cassette
    from replaykit.pytest_plugin.vcr.request import Request

__tracebackhide__ = hide

NAME = "CannotOverwriteExistingCassetteException"


class CannotOverwriteExistingCassetteException(NotRecorded):
    """A request is not in the cassette, and may not be recorded; `cassette` and `failed_request` are these two.

    `similar_requests` are the recorded ones that the fewest matchers refuse.
    """

    cassette: Cassette
    failed_request: Request
    similar_requests: list[tuple[Request, list[str], list[tuple[str, str]]]]


def unknown(
    account: str, remedy: str, cassette: Cassette, request: Request
) -> CannotOverwriteExistingCassetteException:
    """The error of a request that is not in a cassette; an instance of vcrpy's class, too, where there is one."""
    error = _kind()(account, remedy=remedy)
    error.cassette, error.failed_request = cassette, request
    error.similar_requests = cassette.find_requests_with_most_matches(request)
    return error


@cache
def _kind() -> type[CannotOverwriteExistingCassetteException]:
    try:
        theirs: Any = getattr(import_module("vcr.errors"), NAME)
    except ImportError:
        return CannotOverwriteExistingCassetteException
    if issubclass(CannotOverwriteExistingCassetteException, theirs):  # the module that stands in for vcrpy's
        return CannotOverwriteExistingCassetteException

    def begin(error: Any, *accounts: str, remedy: str = "") -> None:
        """Theirs would compose a text of its own."""
        plain = CannotOverwriteExistingCassetteException(*accounts, remedy=remedy)
        error.args = plain.args
        vars(error).update(vars(plain))

    return type(NAME, (CannotOverwriteExistingCassetteException, theirs), {"__init__": begin})
