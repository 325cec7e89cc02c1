"""vcrpy's side of a test: cassettes as files, and a case of ours that has one open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replaykit.config import Config
from replaykit.pytest_plugin.vcr.case import Case
from replaykit.pytest_plugin.vcr.settings import Vcr, settings
from tests.vcr.tapes import URL, answered, asked, cassette

if TYPE_CHECKING:
    from pathlib import Path

JSON = "{content-type: [application/json]}"


def chat(city: str, said: str, *, url: str = URL) -> tuple[str, str]:
    """An exchange in which somebody asked about a city, and was told this."""
    return asked(f"""'{{"city":"{city}"}}'""", JSON, url), answered(f"{{string: '{said}'}}")


CITIES = cassette(chat("Paris", "sun"), chat("Rome", "rain"), chat("Paris", "fog"))
"""Three answers at one address, two of them to equal questions."""


def opened(path: Path, *extra: Path, vcr: Vcr | None = None, strict: bool = False, **said: Any) -> Case:
    """A case with these files, and what a mark says."""
    wanted = settings(vcr or Vcr("none", str(path.parent)), said)
    paths = [str(each) for each in (path, *extra)]
    return Case("tests/test_it.py::test_it", paths, wanted, Config(path.parent), strict=strict)


def written(folder: Path, text: str = CITIES, name: str = "it.yaml") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path
