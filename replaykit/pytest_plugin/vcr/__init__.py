"""Tests with vcrpy's marks, answered from their vcrpy cassettes: `--replaykit-vcr`, or `replaykit_vcr = true`.

    plugin      marks, fixtures and hooks, by the names of pytest-recording
    case        one test and its cassette
    settings    what a test wants: marks, `vcr_config`, the hook's object
    reading     files as interactions            writing   new ones, kept as vcrpy's YAML
    player      what answers the clients         finder    which of them answers
    account     what differs, in words           judging   what becomes of a test
    cassette, request, matchers, filters         what vcrpy's users see and register
    errors      the error of a miss              stand     a stand-in for `import vcr`
    use, blocks `vcr.use_cassette` in a test     shelf     files that were read before
    apart       what no rule can make equal      places    which file is a test's
    others      other libraries, left to vcrpy   network   `block_network`
    audit       `--replaykit-audit`

Law: nothing of it is there until it is switched on. Then pytest-recording, where it is installed, is
taken out: two would answer the same request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

THEIRS = "recording"
"""What pytest-recording is registered as."""

OURS = "replaykit-vcr"


def take_over(config: pytest.Config, parser: pytest.Parser) -> None:
    """Be what pytest-recording is: before any conftest is read, so that those may implement its hook."""
    from replaykit.pytest_plugin.vcr import hooks, plugin, stand

    manager = config.pluginmanager
    if manager.has_plugin(OURS):
        return
    if manager.has_plugin(THEIRS):
        manager.unregister(name=THEIRS)  # its options and its hook stay
    else:
        plugin.options(parser)
        manager.add_hookspecs(hooks)
    stand.put()
    manager.register(plugin, OURS)
