"""Which library is at work: read from the call stack, when a connection is being opened.

Law: the answer is what an engineer would say. Walking from the innermost frame outwards, it is the
first installed package, as long as no code of the program itself has been met; else the outermost
telling module of the standard library; else `socket`.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_INSTALLED = ("/site-packages/", "/dist-packages/")
_OURS = "replaykit"

_KNOWN_AS = {"aiohappyeyeballs": "aiohttp", "httpcore": "httpx", "httpcore2": "httpx2"}
"""Packages that exist for another one, by whose name people know them."""

_PLUMBING = frozenset(
    {"anyio", "exceptiongroup", "greenlet", "nest_asyncio", "outcome", "sniffio", "trio"}
    | {"__main__", "_pytest", "execnet", "pluggy", "pytest", "pytest_asyncio", "xdist"}
)
"""Packages that run other people's code: named only when nothing else is."""

_TELLING = frozenset(
    {"asyncio", "ftplib", "http.client", "imaplib", "logging.handlers", "poplib", "smtplib", "xmlrpc.client"}
)
"""Modules of the standard library that say more than `socket` does."""


def library(frame: FrameType | None) -> str:
    """The library that the program uses in this frame and its callers."""
    fallback, plumbing = "", ""
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        top = name.partition(".")[0]
        origin = _origin(frame.f_code.co_filename, top)
        if origin == "installed" and top not in _PLUMBING:
            return _KNOWN_AS.get(top, top)
        if origin == "program":
            break
        if origin == "installed":
            plumbing = plumbing or top
        elif not fallback:
            fallback = _telling(name)
        frame = frame.f_back
    return plumbing or fallback or "socket"


def _telling(name: str) -> str:
    """The name of a telling module, or an empty text."""
    if name in _TELLING:
        return name
    package = name.partition(".")[0]
    return package if package in _TELLING else ""


@cache
def _origin(path: str, top: str) -> str:
    """Where code comes from: `installed`, `standard`, `ours` or the `program` itself."""
    if top == _OURS:
        return "ours"
    if any(mark in path for mark in _INSTALLED):
        return "installed"
    folder = os.path.dirname(os.__file__)  # noqa: PTH120 -- compared as text
    standard = top in sys.stdlib_module_names and path.startswith(("<frozen", folder))
    return "standard" if standard else "program"
