"""Secrets that are kept where they should not be: in stores, cassettes and any other file.

    finding     what was found: a file, a place, a kind, how often; never the value
    eye         one text: what is a secret in it, and in what it wraps
    wrapped     base64, compressed data, wide encodings and escapes, unwrapped within bounds
    recorded    a stream of events inside a text file
    typed       passwords in commands (`curl -u name:password`)
    told        credentials that a line of a text file names (`x-api-key: …`, `TOKEN=…`)
    places      everything that an episode says, place by place
    files       which file is what

Law: what recording hides, a scan finds, however it came there; stand-ins and placeholders are none.
Nothing that leaves this folder holds a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.scan.eye import Eye
from replaykit.scan.files import Unread, findings, spread
from replaykit.scan.finding import Finding, Report, folded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from replaykit.core.redact import Redactor

__all__ = ["Finding", "Report", "scan"]


def scan(paths: Iterable[Path], redactor: Redactor) -> Report:
    """What these files, and the files of these folders, hold that the redactor would hide."""
    eye, files = Eye(redactor), tuple(spread(paths))
    looked = [each for path in files for each in findings(path, eye)]
    return Report(
        folded(each for each in looked if isinstance(each, Finding)),
        tuple(each.why for each in looked if isinstance(each, Unread)),
        len(files),
    )
