"""`python -m replaykit.demo COMMAND…`: a command, run while the demo's model server is up.

With it the bundled agent can be recorded without a key of one's own:

    python -m replaykit.demo replaykit record -- python examples/travel_agent.py

Law: the command's exit code is ours.
"""

from __future__ import annotations

import subprocess
import sys

from replaykit.demo.server import serve
from replaykit.demo.stage import KEY, environment


def run(command: list[str]) -> int:
    """The exit code of a command that finds the model server in its environment."""
    with serve() as url:
        return subprocess.run(command, env=environment(url, KEY), check=False).returncode  # noqa: S603 - the user's own


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]) if sys.argv[1:] else __doc__)
