"""What a project says of itself, and what is said when it is misspelt."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

from replaykit.config import ENVIRONMENT, Config, load
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, "utf-8")
    return folder


def test_a_project_that_says_nothing(tmp_path: Path) -> None:
    """Without a table everything has its usual place below the project's root."""
    folder = project(tmp_path, '[project]\nname = "agent"\n')
    found = load(folder)
    assert Config(folder) == found
    assert (folder / "episodes" / "episodes.db", folder / "cassettes") == (found.store_path, found.cassette_folder)
    assert (folder / "contracts", folder / "episodes" / "drift.json") == (found.contract_folder, found.drift_path)
    assert "off" == found.contracts


def test_a_project_that_says_everything(tmp_path: Path) -> None:
    """Each setting is read, and variables are added to those that count anyway."""
    found = load(
        project(
            tmp_path,
            """
            [tool.replaykit]
            store = "var/runs.db"
            cassettes = "tests/cassettes"
            contracts = "warn"
            tools = ["agent.tools:*"]
            environment = ["REGION"]
            rules = { order = 'ord_\\d+' }
            hide = { mail = '[a-z]+@example\\.org' }
            [tool.replaykit.gateways]
            "LLM.example.com" = "anthropic"
            "llm.example.com" = "openai"
            "*.eu.example.com:8443" = ["openai", "anthropic"]
            """,
        )
    )
    assert (
        Config(
            tmp_path,
            "var/runs.db",
            "tests/cassettes",
            "warn",
            ("agent.tools:*",),
            {"order": r"ord_\d+"},
            {"mail": r"[a-z]+@example\.org"},
            (*ENVIRONMENT, "REGION"),
            {"llm.example.com": ("anthropic", "openai"), "*.eu.example.com:8443": ("openai", "anthropic")},
        )
        == found
    )


@pytest.mark.parametrize("root", ["pyproject.toml", ".git", ".hg"])
def test_the_nearest_root_holds(tmp_path: Path, root: str) -> None:
    """From a folder deep within, the nearest project or repository above is the one that holds."""
    project(tmp_path, '[tool.replaykit]\nstore = "far.db"\n')
    inner, deep = tmp_path / "inner", tmp_path / "inner" / "a" / "b"
    deep.mkdir(parents=True)
    (inner / root).touch()
    assert Config(inner) == load(deep)
    assert "far.db" == load(tmp_path).store


def test_no_project_at_all(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where there is no project, the folder itself is one."""
    folder = tmp_path_factory.mktemp("bare")
    assert folder.resolve() == load(folder).root


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.replaykit]\nstroe = 'a'", "no setting 'stroe'"),
        ("[tool.replaykit]\nroot = 'a'", "no setting 'root'"),
        ("[tool.replaykit]\nstore = 7", "store is to be a text, not 7"),
        ("[tool.replaykit]\nstore = ''", "store is to be a text"),
        ("[tool.replaykit]\ncontracts = 7", "contracts is to be a text, not 7"),
        ("[tool.replaykit]\ncontracts = 'strict'", "contracts is to be 'off' or 'warn' or 'fail', not 'strict'"),
        ("[tool.replaykit]\ntools = 'a:b'", "tools is to be a list of texts"),
        ("[tool.replaykit]\ntools = [1]", "tools is to be a list of texts"),
        ("[tool.replaykit]\nrules = ['a']", "rules is to be a table of texts"),
        ("[tool.replaykit]\nhide = { a = 1 }", "hide is to be a table of texts"),
        ("[tool.replaykit]\nhide = { a = '(' }", "hide.a is no regular expression"),
        ("[tool.replaykit]\ngateways = ['a.example']", "gateways is to be a table of hosts, not ['a.example']"),
        ("[tool]\nreplaykit = 7", "is to be a table, not 7"),
        ("tool = 7\n[tool.replaykit", "pyproject.toml"),
    ],
)
def test_what_is_misspelt(tmp_path: Path, text: str, said: str) -> None:
    """A setting that nobody knows, or of another type, is an error with the file's name: it would do nothing."""
    with pytest.raises(UsageError, match=r"pyproject\.toml") as caught:
        load(project(tmp_path, text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("'a.example' = 'antropic'", "is to be anthropic, mcp or openai, or a list of these, not 'antropic'"),
        ("'a.example' = ['openai', 'other']", "is to be anthropic, mcp or openai"),
        ("'a.example' = []", "is to be anthropic, mcp or openai"),
        ("'a.example' = 7", "is to be anthropic, mcp or openai"),
        ("a.example = 'openai'", 'is a table\nwrite the host in quotation marks: "llm.example.com"'),
        ("'' = 'openai'", "is no host\nwrite the host alone"),
        ("'[::1]' = 'openai'", "is no host"),
        ("'a.example:0443' = 'openai'", "is no host"),
        ("'https://a.example:99/v1' = 'openai'", 'with a port where that matters: "a.example:99"'),
        ("'//me:pass@A.example' = 'openai'", 'with a port where that matters: "a.example"'),
    ],
)
def test_a_gateway_that_is_misspelt(tmp_path: Path, text: str, said: str) -> None:
    """The host is named, and what it may lead to, or how it is written; what stands before an `@` is not shown."""
    with pytest.raises(UsageError, match=r"pyproject\.toml: \[tool\.replaykit\.gateways\] ") as caught:
        load(project(tmp_path, f"[tool.replaykit.gateways]\n{text}"))
    assert said in str(caught.value)
    assert "me:pass" not in str(caught.value)


def test_other_tools_are_not_our_business(tmp_path: Path) -> None:
    """A file whose `tool` is no table says nothing of us."""
    assert Config(tmp_path) == load(project(tmp_path, "tool = 7"))


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    """A file that cannot be read as text is named."""
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        load(tmp_path)


def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    """What another user keeps to himself is no project of ours, and no reason to fail."""
    within = tmp_path / "kept" / "folder"
    within.mkdir(parents=True)
    (tmp_path / "kept").chmod(0)
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            if os.geteuid() == 0:
                os.setuid(65_534)  # "nobody" on every Linux: root may read everything
            os._exit(0 if load(within).root == within else 1)
        os._exit(2)
    _, status = os.waitpid(child, 0)
    (tmp_path / "kept").chmod(0o700)
    assert 0 == os.waitstatus_to_exitcode(status)
