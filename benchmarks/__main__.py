"""`make bench`: every row, or those of `--only`; `--full` with the long ones; `--save` keeps the figures.

Law: this only chooses, prints and saves. What is measured stands in `rows`, how it looks in `scoreboard`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.bench import Bench
from benchmarks.processes import OURS, PEERS, ProbeError, environment, server
from benchmarks.rows import ROWS
from benchmarks.scoreboard import heading, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.scoreboard import Row

RESULTS = Path(__file__).resolve().parent / "results.json"


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="replaykit beside its peers and the floor."
    )
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--alone", action="store_true", help="replaykit and the floor, without the peers")
    parser.add_argument("--full", action="store_true", help="a million exchanges, and 100,000 in one process")
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS.name} beside the benchmarks")
    return parser.parse_args()


def machine() -> str:
    """What the figures hold for, on one line."""
    versions = ", ".join(PEERS.values()).replace("==", " ")
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"httpx2 {version('httpx2')}, {versions}; medians after a warm-up; of whole processes the fastest"
    )


def there(subject: str) -> bool:
    """Whether a subject's environment is there, or can be made."""
    try:
        environment(subject)
    except ProbeError as error:
        print(f"without {subject}: {error}", file=sys.stderr)
        return False
    return True


def measure(bench: Bench, names: Sequence[str]) -> list[Row]:
    """The rows, each printed as soon as it is there."""
    rows = []
    for name in names:
        for row in ROWS[name](bench):
            print(line(row), flush=True)
            rows.append(row)
    return rows


def main() -> None:
    """Measure, print the table, and say how many targets are reached."""
    asked = arguments()
    if not there(OURS):
        sys.exit("nothing is measured: replaykit needs an environment of its own, as its peers do")
    peers = () if asked.alone else tuple(peer for peer in PEERS if there(peer))
    print(machine(), heading(), sep="\n", flush=True)
    with TemporaryDirectory(prefix="bench-") as folder, server() as url:
        rows = measure(Bench(Path(folder), url, peers, asked.full), asked.only)
    judged = [row for row in rows if row.good is not None]
    print(f"{sum(row.good is True for row in judged)} of {len(judged)} targets reached")
    if asked.save:
        figures = [{**asdict(row), "ratio": row.ratio, "good": row.good} for row in rows]
        RESULTS.write_text(json.dumps({"machine": machine(), "rows": figures}, ensure_ascii=False, indent=1) + "\n")
        print(f"saved in {RESULTS}", file=sys.stderr)


if __name__ == "__main__":
    main()
