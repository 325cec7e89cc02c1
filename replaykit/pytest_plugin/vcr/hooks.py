"""The hook that pytest-recording has, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from replaykit.pytest_plugin.vcr.settings import Vcr


def pytest_recording_configure(config: pytest.Config, vcr: Vcr) -> None:
    """Change the settings of a test's cassette: `vcr.match_on`, `vcr.register_matcher`, `vcr.register_serializer`."""
