"""Whether a run of pytest asks for contracts, from where, and which grades fail it.

-m contract, "contract or slow"      asks
-m "not contract", "not slow", ""    does not: what is there would be chosen without a mark, too
"""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import pytest

from replaykit.config import load
from replaykit.contracts.checking import adopted as versions
from replaykit.contracts.registry import adopted
from replaykit.errors import ReplayError
from replaykit.pytest_plugin.contract.run import Run
from replaykit.pytest_plugin.modes import VARIABLE, Unknown, mode

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.core.contract.grades import Grade

Source: TypeAlias = Literal["live", "recordings"]

MARK = "contract"


def begin(config: pytest.Config) -> None:
    """Have this run check the contracts of its project, if its `-m` asks for them and there are any.

    `pytest.UsageError` says why they cannot be checked.
    """
    if not asks(config.option.markexpr):
        return
    try:
        settings = _settings(config)
        contracts = versions(adopted(settings.contract_folder).sound())
        if contracts:
            run = Run(config, settings, contracts, source(config), fails(config))
            config.pluginmanager.register(run, Run.NAME)
    except ReplayError as error:
        raise pytest.UsageError(str(error)) from error


def asks(expression: str) -> bool:
    """Whether an expression chooses what is marked `contract`, and because it is."""
    return _chooses(expression, MARK) and not _chooses(expression, "")


def _chooses(expression: str, mark: str) -> bool:
    """Whether an expression chooses a test that has this mark and no other; what is none is for pytest to refuse."""

    def told(word: re.Match[str]) -> str:
        return word[0] if word[0] in _SIGNS else str(word[0] == mark)

    try:
        return _holds(ast.parse(_WORD.sub(told, _CALLED.sub("", expression)).strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        return False


def _holds(node: ast.expr) -> bool:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(map(_holds, values))
        case ast.BoolOp(values=values):
            return any(map(_holds, values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _holds(operand)
        case ast.Constant(value=bool() as value):
            return value
        case _:
            raise ValueError(node)


_SIGNS: Final = frozenset({"and", "or", "not"})
_WORD: Final = re.compile(r"[^\s()]+")
_CALLED: Final = re.compile(r"\(\s*\w+\s*=[^()]*\)")
"""What a mark is to have been given, as in `slow(seconds=3)`."""


def source(config: pytest.Config) -> Source:
    """Where answers come from: the service itself where nobody says otherwise."""
    if config.getoption("replaykit_mode") is None and not os.environ.get(VARIABLE):
        return "live"
    try:
        found = mode(config)
    except Unknown as error:
        raise pytest.UsageError(str(error)) from error
    if found == "mock":
        raise pytest.UsageError(
            "a contract cannot be checked in mode mock: what a test makes up says nothing of a service\n"
            "check recordings with --replaykit=golden, or the services themselves with --replaykit=live"
        )
    return "live" if found == "live" else "recordings"


def fails(config: pytest.Config) -> frozenset[Grade]:
    """The grades that fail a run: RISK fails a night, and warns in a pull request, which is not to blame for it."""
    said = config.getoption("replaykit_risk")
    pull = os.environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request")
    return frozenset({"BREAK"}) if said == "warn" or (said is None and pull) else frozenset({"BREAK", "RISK"})


def _settings(config: pytest.Config) -> Config:
    """The project's settings: that of pytest's root, else of the folder in which it was started."""
    found = load(config.rootpath)
    return found if found.contract_folder.is_dir() else load(config.invocation_params.dir)
