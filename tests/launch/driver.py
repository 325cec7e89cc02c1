"""Runs a command with `replaykit.launch.command.run` and reports what came of it, as a process of its own.

    python driver.py REPORT OPTIONS COMMAND...

OPTIONS is the JSON of `run`'s keyword arguments; `stdin` is text, `bell` names a FIFO to watch.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from replaykit.launch.command import run


def main(report: str, options: str, *command: str) -> int:
    """The command's exit code, after its story has been written to the report."""
    settings = json.loads(options)
    if "stdin" in settings:
        settings["stdin"] = settings["stdin"].encode("latin-1")
    if "bell" in settings:
        settings["watch"] = os.open(settings.pop("bell"), os.O_RDWR)
    ran: dict[str, Any] = asdict(run(command, environment=dict(os.environ), **settings))
    ran["peak"] = peak()
    texts = {name: ran[name].decode("latin-1") for name in ("stdout", "stdin")}
    Path(report).write_text(json.dumps(ran | texts))
    return int(ran["exit_code"])


def peak() -> int:
    """The most memory this process has held, in bytes; 0 where the system does not tell it of one program alone."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
