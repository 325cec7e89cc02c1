"""Secrets by their shape: keys and tokens that no variable holds, and what only resembles them."""

from __future__ import annotations

import base64
import json

import pytest

from replaykit.core.redact import Redactor, Secret

KEY = "sk-ant-api03-Ab12-Cd34_Ef56Gh78Ij90Kl12Mn34Op56"
REDACTOR = Redactor((Secret("API_KEY", KEY),))

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789"
IMAGE = base64.b64encode(bytes(range(256)) * 8).decode()
AROUND = ("{}", "x={} ", "a\n{}\n", '{{"a": "\\n{}\\n"}}', "%3D{}&", "(`{}`)", "https://x/{}?y")


def hidden(text: str) -> str:
    """The text after redaction."""
    return REDACTOR.text(text)[0]


@pytest.mark.parametrize(
    ("text", "kept", "name"),
    [
        (f"sk-ant-api03-{LETTERS}", "sk-ant-api03-[REDACTED]", "key sk-ant-api03"),
        (f"sk-proj-{LETTERS}", "sk-proj-[REDACTED]", "key sk-proj"),
        (f"sk-{LETTERS}", "sk-[REDACTED]", "key sk"),
        (f"sk-or-v1-{LETTERS}", "sk-or-v1-[REDACTED]", "key sk-or-v1"),
        (f"ghp_{LETTERS[:36]}", "ghp_[REDACTED]", "github token"),
        (f"ghs_{LETTERS[:36]}", "ghs_[REDACTED]", "github token"),
        (f"github_pat_{LETTERS}_{LETTERS}", "github_pat_[REDACTED]", "github token"),
        (f"glpat-{LETTERS[20:40]}", "glpat-[REDACTED]", "gitlab token"),
        (f"AIza{LETTERS[:35]}", "AIza[REDACTED]", "key AIza"),
        ("AKIA" + "ABCDEFGH234567AB", "AKIA[REDACTED]", "aws key id"),
        ("ASIA" + "ABCDEFGH234567AB", "ASIA[REDACTED]", "aws key id"),
        ("xoxb-" + "123456789012-abcdefghij", "xoxb-[REDACTED]", "slack token"),
        (f"hf_{LETTERS[:34]}9", "hf_[REDACTED]", "key hf"),
        (f"gsk_{LETTERS}", "gsk_[REDACTED]", "key gsk"),
        (f"tvly-dev-{LETTERS}", "tvly-dev-[REDACTED]", "key tvly-dev"),
        (f"xai-{LETTERS}", "xai-[REDACTED]", "key xai"),
        (f"sk_live_{LETTERS}", "sk_live_[REDACTED]", "key sk_live"),
        (f"Bearer {LETTERS}", "Bearer [REDACTED]", "bearer token"),
        ("postgres://bob:hunter22@db/x", "postgres://bob:REDACTED@db/x", "url password"),
        ("postgres://bob:pw7@db/x", "postgres://bob:REDACTED@db/x", "url password"),
        ("Basic " + base64.b64encode(b"bob:opensesame").decode(), "Basic [REDACTED]", "basic credentials"),
        (f"/services/T0AB1CD2E/B0AB1CD2E/{LETTERS[20:44]}", "/services/T0AB1CD2E/B0AB1CD2E/[REDACTED]", "webhook"),
        (f"/webhooks/{'1234567890' * 2}/{LETTERS}{LETTERS}", f"/webhooks/{'1234567890' * 2}/[REDACTED]", "webhook"),
        (f"SG.{LETTERS[:22]}.{LETTERS[:43]}", "SG.[REDACTED]", "key SG"),
        (f"ya29.{LETTERS}", "ya29.[REDACTED]", "google token"),
        ("dop_v1_" + "4f8a2c9d" * 8, "dop_v1_[REDACTED]", "key dop_v1"),
        (f"whsec_{LETTERS[:32]}", "whsec_[REDACTED]", "key whsec"),
        ("shpat_" + "4f8a2c9d" * 4, "shpat_[REDACTED]", "key shpat"),
        (f"r8_{LETTERS[:37]}", "r8_[REDACTED]", "key r8"),
        (f"nvapi-{LETTERS}{LETTERS}", "nvapi-[REDACTED]", "key nvapi"),
        (f"pcsk_{LETTERS}", "pcsk_[REDACTED]", "key pcsk"),
        (f"123456789:AA{LETTERS[:33]}", "123456789:[REDACTED]", "telegram token"),
        (f"a;AccountKey={LETTERS}==", "a;AccountKey=[REDACTED]", "query accountkey"),
        (f"y?sv=1&sig={LETTERS}%3D", "y?sv=1&sig=[REDACTED]", "query sig"),
    ],
)
def test_a_known_shape_is_hidden(text: str, kept: str, name: str) -> None:
    """Keys and tokens go wherever they stand as a word, and their prefix stays."""
    expected = [(around.format(kept), (name,)) for around in AROUND]
    assert expected == [Redactor().text(around.format(text)) for around in AROUND]


def test_a_bearer_token_ends_before_the_full_stop() -> None:
    """The sentence around it stays a sentence."""
    assert "Send Bearer [REDACTED]. Then wait." == hidden(f"Send Bearer {LETTERS}. Then wait.")


@pytest.mark.parametrize(
    "text",
    [
        "task-oriented-agents-of-2024-version",
        "a risk-adjusted return",
        "sk-learn-estimators",
        "sk-container-id-1",
        "the sk-abc prefix",
        "ghp_short",
        "AKIA is a prefix",
        "AKIAABCDEFGH234567ABC",
        f"xAKIA{'ABCDEFGH234567AB'}",
        "Bearer authentication-scheme",
        "eyJhbGciOiJIUzI1NiJ9",
        "postgres://postgres:postgres@db/x",
        "postgres://{user}:{password}@db/x",
        "postgres://bob:<password>@db/x",
        "postgres://bob:$PASSWORD@db/x",
        "https://user:password@example.com",
        "Basic authentication, Basic dGhlIGZpcnN0IGxlc3Nvbg== of all",
        "bob@example.com",
        f"page?next_page_token={LETTERS}&x",
        "if a: x;key=settings.Api2Keys.value3",
        "?token=YOUR_TOKEN_GOES_HERE&api_key={API_KEY}",
        "services/Team/B01/x webhooks/2024/overview",
        f'{{"key": "images/{LETTERS}", "nextPageToken": "{LETTERS}", "sort_key": "{LETTERS}"}}',
        "-----BEGIN PRIVATE KEY----- is how it starts",
        '{"max_tokens": "5", "token": "Hello", "next_page_token": "abc", "key": "c", "password": {"type": "string"}}',
        '{"password": "", "api_key": "<your key>", "secret": "***", "client_secret": "${SECRET}"}',
        f'{{"data": "{IMAGE[:400]}sk-ant-api03-{IMAGE[:400]}"}}',
        f'{{"data": "{IMAGE[:400]}/AKIAABCDEFGH234567AB/{IMAGE[:400]}"}}',
    ],
)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    """Words, prefixes, templates, page tokens and images are left alone, byte for byte."""
    assert (text.encode(), ()) == REDACTOR.body(text.encode())


def test_a_token_keeps_three_parts_that_decode() -> None:
    """A program that reads the claims of a token can read those of its stand-in."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "HS256"}, {"sub": "bob"})
    ]
    text, names = REDACTOR.text(f"it is {'.'.join([*parts, 'c2lnbmF0dXJl'])}.")
    decoded = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in text[6:-1].split(".")]
    assert [{"alg": "none", "typ": "JWT"}, {"sub": "REDACTED", "iat": 0, "exp": 4102444800}, "REDACTED"] == decoded
    assert ("jwt",) == names


@pytest.mark.parametrize("end", ["\n", "\r\n", "\\n", "\\\\n", " "])
def test_a_pem_block_keeps_its_lines_and_loses_its_key(end: str) -> None:
    """First and last line, the kind of line ends and valid base64 stay, also where JSON holds the block."""
    first, last = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    block = end.join([first, IMAGE[:64], IMAGE[64:128], IMAGE[128:140] + "==", last])
    assert (f"<{first}{end}UkVEQUNURUQ={end}{last}>", ("private key",)) == REDACTOR.text(f"<{block}>")


def test_an_encrypted_pem_block_loses_its_key_too() -> None:
    """The lines that say how it is encrypted go with it."""
    lines = ("-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,1A2B3C4D5E6F", "")
    block = "\\n".join((*lines, IMAGE[:64], IMAGE[64:128], "-----END RSA PRIVATE KEY-----"))
    assert f"{lines[0]}\\nUkVEQUNURUQ=\\n-----END RSA PRIVATE KEY-----" == hidden(block)


def test_a_pem_block_that_was_cut_off_is_hidden_to_its_end() -> None:
    """What is there of a key goes, though its last line never came."""
    assert IMAGE[64:100] not in hidden(f"-----BEGIN PRIVATE KEY-----\n{IMAGE[:64]}\n{IMAGE[64:100]}")
