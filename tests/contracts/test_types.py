"""Types of SDKs as JSON Schemas: found by their names, with what to do when they are not."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from replaykit.contracts.types import schema_of, source
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["anthropic.types:Message", "anthropic.types.Message"])
def test_a_model_is_found(name: str) -> None:
    """A model's schema comes with the package and the version that declare it."""
    found = schema_of(name)
    assert f"anthropic {version('anthropic')}" == found.source
    assert {"id", "content", "role", "usage"} <= found.schema["properties"].keys()


def test_unions_and_typed_dicts_are_types() -> None:
    """A union of events and the parameters of a call have a schema, too."""
    union = schema_of("anthropic.types:RawMessageStreamEvent").schema
    assert {"#/$defs/RawMessageStartEvent", "#/$defs/RawMessageStopEvent"} <= {each["$ref"] for each in union["anyOf"]}
    sent = schema_of("anthropic.types:TextBlockParam").schema
    assert {"text", "type"} == set(sent["required"])


def test_names_are_those_on_the_wire() -> None:
    """A field that is called otherwise in Python is called as it is sent."""
    assert {"inputSchema", "name"} <= schema_of("mcp.types:Tool").schema["properties"].keys()


def test_a_type_may_be_of_something() -> None:
    """A page of models is named with the models in brackets."""
    page = schema_of("openai.pagination:SyncPage[openai.types:Model]").schema
    assert {"$ref": "#/$defs/Model"} == page["properties"]["data"]["items"]


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        ("nosuchsdk.types:Message", "there is no package 'nosuchsdk' here", "pip install nosuchsdk"),
        (
            "anthropic.nosuch:Message",
            "anthropic has no module 'anthropic.nosuch'",
            "is 'anthropic.nosuch:Message' spelt right?",
        ),
        ("anthropic.types:Mesage", "anthropic.types has no 'Mesage'", "did you mean Message"),
        ("anthropic.types:message", "is no type, but a module", "name a model, a union or a TypedDict"),
        ("anthropic:VERSION", "anthropic has no 'VERSION'", "help(anthropic)"),
        ("Message", "'Message' names no type", "anthropic.types:Message"),
        ("anthropic.types:", "'anthropic.types:' names no type", "anthropic.types:Message"),
        ("os; import shutil:Message", "names no type", "anthropic.types:Message"),
        ("../secrets:Message", "names no type", "anthropic.types:Message"),
        ("anthropic.types:Message[os:system]", "is not of something", "name it alone: anthropic.types:Message"),
        ("x" * 300 + ":Message", "names no type", "anthropic.types:Message"),
    ],
)
def test_what_is_no_type_is_said(name: str, message: str, remedy: str) -> None:
    """A name that leads to no type is an error that says where it led, and what to do."""
    with pytest.raises(UsageError) as error:
        schema_of(name)
    assert message in error.value.message
    assert remedy in error.value.remedy


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("import nosuchlibrary", "needs nosuchlibrary, which is not installed", "pip install nosuchlibrary"),
        ("raise RuntimeError('sk-secret')", "cannot be imported: RuntimeError", "see why:"),
    ],
)
def test_a_module_that_fails_is_said(
    text: str, message: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that cannot be imported says why, and nothing of what it raised."""
    (tmp_path / "failing_shop.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError) as error:
        schema_of("failing_shop:Order")
    assert message in error.value.message
    assert remedy in error.value.remedy
    assert "sk-secret" not in str(error.value)
    assert "failing_shop" not in sys.modules


def test_a_module_of_no_package_is_its_own_source() -> None:
    """Where no distribution is behind a module, its name stands for it."""
    assert "replaykit_nowhere" == source("replaykit_nowhere.types")
