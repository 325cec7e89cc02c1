"""What a person types is kept as the program reads it, and its echo is told from what the program prints."""

from __future__ import annotations

import os
import termios
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replaykit.launch.command.keyboard import Keyboard
from replaykit.launch.command.terminal import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.launch.command.terminal import Modes


@pytest.fixture
def modes() -> Iterator[Modes]:
    """The modes of a fresh terminal."""
    ours, theirs = os.openpty()
    yield termios.tcgetattr(theirs)
    os.close(ours)
    os.close(theirs)


def read(keys: bytes, modes: Modes) -> bytes:
    """What a program reads when these keys are typed one by one."""
    kept: list[bytes] = []
    keyboard = Keyboard(kept.append, lambda: modes)
    for key in keys:
        keyboard.typed(bytes([key]))
    keyboard.flush()
    return b"".join(kept)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (b"plain\r", b"plain\n"),
        (b"wromg\x7f\x7fng\r", b"wrong\n"),
        (b"\x7f\x7fnothing to take back\r", b"nothing to take back\n"),
        (b"caf\xc3\xa9\x7fe\r", b"cafe\n"),
        (b"away\x15here\r", b"here\n"),
        (b"away\x03here\r", b"here\n"),
        (b"the end\r\x04", b"the end\n"),
        (b"no newline\x04\x04", b"no newline"),
        (b"tab\there\r", b"tab\there\n"),
    ],
)
def test_lines_are_kept_as_they_are_read(modes: Modes, keys: bytes, expected: bytes) -> None:
    """Editing is done and signals are gone, as for a program that reads lines."""
    assert expected == read(keys, modes)


def test_keys_are_kept_where_the_program_reads_keys(modes: Modes) -> None:
    """Without line editing each key is input, whatever it means elsewhere."""
    modes[LOCAL] &= ~(termios.ICANON | termios.ISIG | termios.ECHO)
    assert b"q\x03\x04\x7f\n" == read(b"q\x03\x04\x7f\r", modes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12), max_size=6),
    said=st.binary(max_size=20),
)
def test_the_echo_is_taken_out(modes: Modes, words: list[str], said: bytes) -> None:
    """When every echo comes before the program's answer to it, exactly the answers are left."""
    keyboard = Keyboard(lambda _data: None, lambda: modes)
    left = b""
    for word in words:
        keyboard.typed(word.encode() + b"\r")
        left += keyboard.unechoed(word.encode() + b"\n" + said)
    assert said * len(words) == left


def test_an_echo_in_pieces_is_taken_out(modes: Modes) -> None:
    """An echo that arrives byte by byte is recognised, and the rest is left."""
    keyboard = Keyboard(lambda _data: None, lambda: modes)
    keyboard.typed(b"hello\r")
    assert [b""] * 6 + [b"hello"] == [
        keyboard.unechoed(part) for part in (b"h", b"e", b"l", b"l", b"o", b"\n", b"hello")
    ]


def test_without_an_echo_nothing_is_taken_out(modes: Modes) -> None:
    """A program that turned the echo off and prints what was typed keeps its output."""
    modes[LOCAL] &= ~termios.ECHO
    keyboard = Keyboard(lambda _data: None, lambda: modes)
    keyboard.typed(b"secret\r")
    assert b"secret\n" == keyboard.unechoed(b"secret\n")
