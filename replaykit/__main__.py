"""`python -m replaykit`: the command, for where its script is not on the path.

Law: nothing happens on import.
"""

from __future__ import annotations

if __name__ == "__main__":
    from replaykit.cli import main

    main(prog_name="replaykit")
