"""The command `replaykit`, also as `python -m replaykit`.

Law: nothing happens on import. Whoever presses Ctrl-C while the command is still being loaded has
ended it, and reads no traceback of ours.
"""

from __future__ import annotations


def main() -> None:
    """Run the command; it ends the process."""
    try:
        from replaykit.cli import main as command
    except KeyboardInterrupt:
        _interrupted()
    else:
        command(prog_name="replaykit")


def _interrupted() -> None:
    """End as a program does that never heard of the signal, so that a shell knows why."""
    import os
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
