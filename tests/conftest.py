"""Real servers on loopback and fresh stores, for every test that asks for them."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.certificates import Certificates
    from tests.servers.wire import Server


# A gate says the same of the same commit, on a machine however busy; HYPOTHESIS_PROFILE=search looks further.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

MEMORY: Final = "/dev/shm"  # noqa: S108  # a folder of its own is made in it


def pytest_configure() -> None:
    """Byte code is kept, whatever was asked for: hundreds of processes would compile what they import, each anew.

    Nobody looks for garbage among what is only being imported: that takes a second of each process.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    gc.disable()


def pytest_collection_finish() -> None:
    """What was imported until now is no garbage: a full collection that walks three SDKs takes a third of a second."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The one authority that clients find here: reading those of a machine takes each client 20 ms, for no server."""
    import trustme

    path = tmp_path_factory.mktemp("trusted") / "authority.pem"
    trustme.CA().cert_pem.write_to_path(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        yield path


@pytest.fixture(scope="session")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder, of no project."""
    return tmp_path_factory.mktemp("nowhere")


@pytest.fixture(autouse=True)
def elsewhere(nowhere: Path) -> Iterator[None]:
    """A test runs outside of this project, whose settings are none of its; each look at them takes 2 ms."""
    with contextlib.chdir(nowhere):
        yield


@pytest.fixture
def server() -> Iterator[Server]:
    """A scripted HTTP server, listening; the test may stop it earlier."""
    from tests.servers.wire import Server

    with Server() as server:
        yield server


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """An authority of this run, and a certificate for loopback."""
    from tests.servers.certificates import Certificates

    return Certificates.issue()


@pytest.fixture
def store() -> Iterator[Path]:
    """Where a store may be made: in memory where there is such a place, for waiting on a disk takes half the time."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="replaykit-", dir=memory) as folder:
        yield Path(folder, "episodes.db")
