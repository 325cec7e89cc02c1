"""The accepted episode that the repository carries works on a fresh checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def replaykit(*words: str) -> subprocess.CompletedProcess[str]:
    """What the command says, run without any key in the environment."""
    environment = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return subprocess.run(
        [sys.executable, "-m", "replaykit", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_bundled_episode_replays_without_network_and_key(tmp_path: Path) -> None:
    """`replaykit replay episode_12345` gives the recorded outputs and exit code 0."""
    ran = replaykit("replay", "episode_12345", "--json", "--store", str(tmp_path / "episodes.db"))
    assert not ran.returncode, ran.stderr
    verdict = json.loads(ran.stdout)
    assert ("same", 5, 0) == (verdict["verdict"], verdict["same"], verdict["not_recorded"])


def test_its_page_is_its_tapes_page() -> None:
    """`replaykit verify` has nothing to say about the repository's own cassettes."""
    ran = replaykit("verify")
    assert not ran.returncode, ran.stdout + ran.stderr
