"""What a command line starts: which program, and whether a Python in it can be covered.

Law: judged by its words and, for a script, its first line; nothing is started to find out.

    command line                  program     Python
    /usr/bin/git status           git         no
    sh -c "curl -s x | jq ."      curl        no
    python3.12 -I tool.py         python3.12  yes, but `-I` keeps us out
    env -u X python tool.py       python      yes
    ./tool.py, bin/pytest         its name    when its #! line says so
    uv run tool.py                uv          it may start one: it is given our environment
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from shutil import which
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PYTHON = re.compile(r"(python|pypy)[\d.]*(t|d)?w?(\.exe)?")
_WRAPPERS = {
    "env": "uC", "nice": "n", "nohup": "", "setsid": "", "stdbuf": "ioe", "sudo": "ugh", "time": "fo", "timeout": "ks",
    "xargs": "IPnLdEs",
}  # fmt: skip
"""Programs that run another, and the options of theirs that take the next word as their value."""

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
_LAUNCHERS = frozenset({"conda", "hatch", "micromamba", "pdm", "pipenv", "pipx", "pixi", "poetry", "rye", "uv", "uvx"})
_ASKING = frozenset({"arch", "getconf", "hostname", "ldconfig", "locale", "lsb_release", "uname"})
"""Programs that the standard library starts to ask the machine what it is; they talk to nobody."""

_SHUT = {"S": "-S", "I": "-I", "E": "-E"}
"""Flags of Python with which nothing can come in from outside: no site, no environment."""

_VALUED = frozenset("WX")
"""Flags of Python that take a value, in the same word or the next."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is started: `name` as a person calls it, and what it is for us."""

    name: str
    python: bool = False
    launcher: bool = False
    asking: bool = False


def program(command: Iterable[object]) -> Program:
    """What these words start; `Program("")` for none."""
    words = unwrapped(command)
    name = os.path.basename(words[0]) if words else ""  # noqa: PTH119 -- a path costs 10 times as much
    return Program(
        name, python=bool(words) and is_python(words[0]), launcher=name in _LAUNCHERS, asking=name in _ASKING
    )


def unwrapped(command: Iterable[object]) -> list[str]:
    """The words from the program that matters on, behind wrappers and a shell's `-c`."""
    words = [_text(word) for word in command]
    while words:
        name = os.path.basename(words[0])  # noqa: PTH119 -- as above
        if name in _SHELLS and len(words) > 2 and words[1].startswith("-") and words[1].endswith("c"):  # noqa: PLR2004
            words = _split(words[2])
        elif name in _WRAPPERS and (inner := _inner(words[1:], _WRAPPERS[name])):
            words = inner
        else:
            return words
    return words


def is_python(path: str) -> bool:
    """Whether this word is an interpreter of Python, or a script for one."""
    if _PYTHON.fullmatch(os.path.basename(path)):  # noqa: PTH119 -- as above
        return True
    found = which(path)
    if found is None:
        return False
    try:
        with open(found, "rb") as file:  # noqa: PTH123 -- as above
            first = file.read(256)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first.split(b"\n", 1)[0]


def shut(command: Iterable[object]) -> str:
    """The flag that keeps us out of this Python (`-S`, `-I`, `-E`), or an empty text."""
    words = iter(unwrapped(command)[1:])
    for word in words:
        if not word.startswith("-") or word in ("-", "-c", "-m") or word.startswith("--"):
            return ""
        for place, letter in enumerate(word[1:]):
            if letter in _SHUT:
                return _SHUT[letter]
            if letter in "cm":
                return ""
            if letter in _VALUED:
                if place + 2 == len(word):
                    next(words, "")
                break
    return ""


def _inner(words: list[str], valued: str) -> list[str]:
    """What a wrapper runs: from the first word that is no option, value, assignment or duration on."""
    rest = iter(enumerate(words))
    for place, word in rest:
        if len(word) == 2 and word[0] == "-" and word[1] in valued:  # noqa: PLR2004 -- a short option
            next(rest, None)
        elif not (word.startswith("-") or "=" in word or word[:1].isdigit()):
            return words[place:]
    return []


def _split(line: str) -> list[str]:
    """The words of a shell's command line, without assignments before it; as one word when it cannot be split."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        words = line.split()
    while words and "=" in words[0]:
        words = words[1:]
    return words


def _text(word: object) -> str:
    """A word of a command line as text; whatever it may be."""
    return os.fsdecode(word) if isinstance(word, (str, bytes, os.PathLike)) else str(word)
