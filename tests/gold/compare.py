"""Rendered output beside the files of this folder. `GOLD=write python -m pytest tests` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent


def gold(name: str, text: str) -> str:
    """The text that is expected under a name; with `GOLD=write` the given one becomes it."""
    path = FOLDER / name
    if os.environ.get("GOLD") == "write":
        path.write_bytes(text.encode())
    return path.read_bytes().decode()
