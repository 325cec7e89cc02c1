"""Redaction in linear time, whatever the text: nobody's answer may hold up a recording."""

from __future__ import annotations

import base64
from time import perf_counter

import pytest

from replaykit.core.redact import Redactor, Secret, secrets_of

KEY = "sk-ant-api03-Ab12-Cd34_Ef56Gh78Ij90Kl12Mn34Op56"
SECRETS = (Secret("API_KEY", KEY), Secret("QUOTED", '"/nowhere in there/"'))


@pytest.mark.parametrize(
    "text",
    [
        "sk-" * 60_000,
        "/sk-a" * 40_000,
        "-----BEGIN PRIVATE KEY-----" * 8_000,
        "eyJaaaaaaaa." * 20_000,
        "Bearer " * 30_000,
        "@://a:" * 30_000,
        '"password":"' * 20_000,
        "\\" * 200_000,
        '\\"secret\\":' * 20_000,
        base64.b64encode(KEY.encode() * 4_000).decode(),
        "[REDACTED:API_KEY]" * 10_000,
        "a=" * 30_000,
        "?key=" * 40_000,
        "&token=aB3dE5gH7jK9mN1p" * 9_000,
        f"{KEY[:24]} " * 8_000,
        f'"{KEY[:24]}" ' * 8_000,
        "Basic " * 30_000,
        "Basic " + "aB3d" * 50_000,
        "SG." * 60_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_more_than_linear_time(text: str) -> None:
    """Made to be slow, 200 kB of it still take a fraction of a second: quadratic work would take minutes."""
    began = perf_counter()
    Redactor(SECRETS).text(text)
    assert perf_counter() - began < 5.0


@pytest.mark.parametrize(
    "value", ["a" * 5_000 + "1", "aB" * 2_000, "a-" * 2_000 + "1", "/a" * 2_000 + "!", ":" * 5_000 + "0"]
)
def test_no_value_takes_more_than_linear_time(value: str) -> None:
    """A long variable does not hold up the start of a program."""
    began = perf_counter()
    secrets_of({"APP_SECRET": value})
    assert perf_counter() - began < 5.0
