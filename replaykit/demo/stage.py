"""Where the demo takes place: the bundled agent, a folder for it, and the environment it runs in.

Law: the user's own keys, base URLs and proxies stay out of it.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY: Final = "sk-ant-demo-7f3a9c51e8b2"
"""A made-up key, long enough to be hidden as a real one is."""

AGENT: Final = "travel_agent.py"
PROMPT: Final = "travel_prompt.txt"
NEEDED: Final = ("anthropic", "httpx2")


def require() -> None:
    """Nothing comes back when the agent can run; `UsageError` names what is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the demo's agent needs {' and '.join(missing)}",
            remedy="pip install 'replaykit-llm[demo]'",
        )


def examples() -> Path:
    """The folder of the bundled agent: inside the installed package, or at the root of a checkout."""
    installed = Path(__file__).parent / "examples"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "examples"


def furnish(folder: Path) -> None:
    """The agent and its prompt stand in `folder` afterwards, as somebody's project."""
    for name in (AGENT, PROMPT):
        shutil.copyfile(examples() / name, folder / name)


def environment(url: str = "", key: str = "") -> Mapping[str, str]:
    """The environment for a command: base URLs and key as given, absent when empty, and nobody's own.

    `python` and `replaykit` in it are those that run the demo. Proxies are told to leave loopback alone.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "WEATHER_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    given = {"ANTHROPIC_BASE_URL": url, "WEATHER_BASE_URL": url, "ANTHROPIC_API_KEY": key}
    fixed = {"PATH": path, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return kept | fixed | {name: value for name, value in given.items() if value}
