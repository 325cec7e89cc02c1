r"""What a text wraps: base64 in it, and compressed data in that, or as the text itself; and letters that are escaped.

    wrapping          known by                                         undone by
    base64            24 characters or more in a row, also over lines  binascii, both alphabets
    gzip              1f 8b, in base64 H4sI                            zlib
    zlib              78 and a check of its two bytes                  zlib
    Zstandard         28 b5 2f fd                                      zstd
    UTF-16, UTF-32    a byte order mark, or every other byte a zero    its codec
    escapes           \u0067 for a letter, :\/\/ for ://               each for itself

Law: bounded and total. A bomb gives its first `MOST` bytes, damaged data what comes before the damage,
an image nothing: base64 is decoded whole only when it begins with text, or with something packed.
"""

from __future__ import annotations

import re
import sys
import zlib
from binascii import Error, a2b_base64
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST: Final = 32 << 20
"""Bytes that one packed text may come to: more than any body that a cassette of a test should hold."""

_LEAST = 24
"""Characters of base64 that hold the shortest key that has a shape: 18 bytes."""

_RUN: Final = re.compile(
    rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{%d,}(?:(?:\\r)?\\n[A-Za-z0-9+/]{4,}|\r?\n[ \t]*[A-Za-z0-9+/]{4,})*={0,2}"
    % _LEAST
)
_JOINT: Final = re.compile(rb"(?:\\r)?\\n|\s+")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")

_HEAD = 64
"""Characters that are decoded first: 48 bytes say whether the rest is text."""

_TEXT: Final = frozenset(b"\t\n\r" + bytes(range(0x20, 0x7F)))
_UNTEXT = 4
"""Of 48 bytes, those that need not be ASCII: a word of another script in UTF-8."""

_GZIP, _ZSTANDARD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_ZLIB: Final = frozenset({b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"})


_MARKS: Final = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
"""What a text in a wide encoding begins with; the longest first, for one begins like another."""

_WIDE: Final = {1: "UTF-16-LE", 0: "UTF-16-BE"}
"""Which bytes are zeros where a text of ASCII has no mark: the second of each pair, or the first."""

_SAMPLE, _NEARLY = 256, 0.9
"""Bytes by which a text without a mark is known, and the part of each half of them that has to be so."""

_LETTER: Final = rb"\\{1,8}u00(?:2[dDeE]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9aA]|5[fF])"
"""The escape of a character of keys: writers of JSON escape what is no ASCII, and `<`, `>`, `&`, `'`, never these."""

_ESCAPED: Final = re.compile(_LETTER + rb"|:\\{1,8}/\\{1,8}/[^\s\"]{0,300}@")
_ESCAPE: Final = re.compile(rb"\\{1,8}(?:u00([2-7][0-9A-Fa-f])|/)")


class Inner(NamedTuple):
    """What was wrapped: what in, where the wrapping begins and ends, and the bytes in it."""

    how: str
    start: int
    end: int
    data: bytes


def inner(data: bytes, start: int = 0) -> Iterator[Inner]:
    """Everything that a text wraps from `start` on, one layer of it."""
    unpack = _packed(data)
    if unpack is not None and (opened := unpack[1](data)):
        yield Inner(unpack[0], 0, len(data), opened)
        return
    if narrowed := narrow(data):
        yield Inner(narrowed[0], 0, len(data), narrowed[1])
        return
    yield from _escaped(data, start)
    for run in _RUN.finditer(data, start):
        if opened := _decoded(run[0]):
            yield Inner("base64", run.start(), run.end(), opened)


def narrow(data: bytes) -> tuple[str, bytes] | None:
    """The encoding of a text in UTF-16 or UTF-32, and the text in UTF-8; None for any other, and for what is none."""
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "") or _unmarked(data)
    if not encoding:
        return None
    try:
        width = int(encoding[4:6]) // 8
        return encoding[:6], data[: len(data) // width * width].decode(encoding).encode()
    except UnicodeDecodeError:
        return None


def _unmarked(data: bytes) -> str:
    """The encoding of a text that shows it by its zeros alone; empty when it does not."""
    sample = data[:_SAMPLE]
    if len(sample) < _LEAST or b"\0" not in sample:
        return ""
    for zeros, name in _WIDE.items():
        letters, others = sample[1 - zeros :: 2], sample[zeros::2]
        if min(others.count(0), sum(byte in _TEXT for byte in letters)) >= _NEARLY * len(others):
            return name
    return ""


def _escaped(data: bytes, start: int) -> Iterator[Inner]:
    """The lines with letters that are escaped, as they read."""
    done = start
    while hit := _ESCAPED.search(data, done):
        begin = max(done, data.rfind(b"\n", done, hit.start()) + 1)
        done = end if (end := data.find(b"\n", hit.end())) >= 0 else len(data)
        plain = _ESCAPE.sub(_meant, data[begin:done])
        yield Inner("escapes", begin, done, plain)


def _meant(escape: re.Match[bytes]) -> bytes:
    """The character that an escape means."""
    return bytes.fromhex(escape[1].decode()) if escape[1] else b"/"


def _decoded(run: bytes) -> bytes:
    """What a run of base64 says; empty when that is neither text nor packed, or no base64 at all."""
    if not _promising(_plain(run[:_HEAD])):
        return b""
    return _plain(_JOINT.sub(b"", run))


def _plain(run: bytes) -> bytes:
    """As many whole groups of base64 as there are, decoded; empty when they are none."""
    run = _JOINT.sub(b"", run).translate(_STANDARD).rstrip(b"=")
    whole = run if len(run) % 4 != 1 else run[:-1]
    try:
        return a2b_base64(whole + b"=" * (-len(whole) % 4))
    except Error:
        return b""


def _promising(head: bytes) -> bool:
    """True when bytes begin something that one can look through."""
    return bool(head) and (_packed(head) is not None or sum(byte not in _TEXT for byte in head) <= _UNTEXT)


def _packed(data: bytes) -> tuple[str, Callable[[bytes], bytes]] | None:
    """How data is packed, and what undoes it; None when it is not."""
    if data.startswith(_GZIP):
        return "gzip", lambda data: _inflated(data, zlib.MAX_WBITS | 16)
    if data.startswith(_ZSTANDARD):
        return "zstd", _unpacked
    if data[:2] in _ZLIB:
        return "zlib", lambda data: _inflated(data, zlib.MAX_WBITS)
    return None


def _inflated(data: bytes, bits: int) -> bytes:
    """The beginning of what gzip or zlib packed, in steps: what a damaged one gave before is kept."""
    engine, pieces, size = zlib.decompressobj(bits), list[bytes](), 0
    try:
        while data and size < MOST and not engine.eof:
            pieces.append(engine.decompress(data, min(MOST - size, 1 << 20)))
            size += len(pieces[-1])
            data = engine.unconsumed_tail
    except zlib.error:
        pass
    return b"".join(pieces)


def _unpacked(data: bytes) -> bytes:
    """The beginning of what Zstandard packed; empty when it is damaged."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    try:
        return zstd.ZstdDecompressor().decompress(data, max_length=MOST)
    except (zstd.ZstdError, MemoryError):
        return b""
