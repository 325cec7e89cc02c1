"""Names: which say secret, which only sound like it, and what of a variable's value is one then."""

from __future__ import annotations

import pytest

from replaykit.core.redact import Redactor, Secret, doubtful, secrets_of
from replaykit.core.redact.naming import Says, says

KEY = "sk-ant-api03-Ab12-Cd34_Ef56Gh78Ij90Kl12Mn34Op56"
DRAWN = "aB3dE5gH7jK9mN1p"
DIGITS = "4f8a2c9d1e7b3a6f5c0d8e2b9a1f7c3d"

SURE = [
    "password",
    "PGPASSWORD",
    "SSHPASS",
    "DB_PASSWORD2",
    "clientSecret",
    "client-secret",
    "api_key",
    "apikey",
    "hapikey",
    "openaiApiKey",
    "API_TOKENS",
    "AUTHTOKEN",
    "ACCESSTOKEN",
    "SECRETKEY",
    "PRIVATE_KEYS",
    "access_key",
    "auth_key",
    "private_token",
    "X-Session-Token",
    "X-RapidAPI-Key",
    "X-JWT",
    "pwd",
    "csrfToken",
    "id_token",
    "authorization",
    "AWS_SECRET_ACCESS_KEY",
]
LIKELY = [
    "token",
    "key",
    "Token",
    "X-Vault-Token",
    "DD-APPLICATION-KEY",
    "OPENAI_KEY1",
    "GH_PAT",
    "STRIPE_SK",
    "x-auth",
    "device_token",
]
NOTHING = [
    "MAX_TOKENS",
    "max_tokens",
    "TOKEN_URL",
    "KEYBOARD",
    "MONKEY",
    "desk",
    "disk",
    "compass",
    "hotkey",
    "tokens",
    "keys",
    "password_file",
    "PUBLIC_KEY",
    "stripe_publishable_key",
    "idempotency-key",
    "x-cache-key",
    "sort_key",
    "sortKey",
    "next_page_token",
    "nextPageToken",
    "nextpagetoken",
    "continuation-token",
    "eos_token",
    "sec-websocket-key",
    "surrogate-key",
    "x-ratelimit-remaining-tokens",
    "OLDPWD",
    "author",
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [(name, said) for said, names in zip(Says, (NOTHING, LIKELY, SURE), strict=True) for name in names],
)
def test_a_name_says_secret_by_its_last_words(name: str, expected: Says) -> None:
    """Whatever the style it is written in; what only mentions a secret says nothing."""
    assert expected == says(name)


@pytest.mark.parametrize(
    "name",
    [
        "PGPASSWORD",
        "SSHPASS",
        "GITHUB_PAT",
        "GH_PAT",
        "STRIPE_SK",
        "SECRETKEY",
        "AUTHTOKEN",
        "ACCESSTOKEN",
        "DB_PASSWORD2",
        "TOKEN_A",
        "MY_API_TOKENS",
        "OPENAI_KEY1",
        "PRIVATE_KEYS",
        "API_KEY_OPENAI",
        "TOKEN_OLD",
        "PASSWORD_B64",
    ],
)
def test_a_variable_may_say_which_of_several_secrets_it_is(name: str) -> None:
    """By a number, a letter, a stage or a form behind the name."""
    assert ((Secret(name, KEY),), ()) == secrets_of({name: KEY})


@pytest.mark.parametrize(
    "name",
    [
        "PUBLIC_KEY",
        "SORT_KEY",
        "CACHE_KEY",
        "MAX_TOKENS",
        "EOS_TOKEN",
        "JWT_ALGORITHM",
        "PASS_THROUGH",
        "PWD",
        "PASSWORD_TIMEOUT",
    ],
)
def test_a_variable_that_anybody_may_know_is_no_secret(name: str) -> None:
    """Nothing is hidden and nothing is said."""
    assert ((), ()) == secrets_of({name: KEY})


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("DATABASE_URL", f"postgres://app:{DRAWN}@db.example.com:5432/shop", [DRAWN]),
        ("DATABASE_URL", "postgres://app:p%40ss-word-2024%21@db/x", ["p%40ss-word-2024%21", "p@ss-word-2024!"]),
        ("SENTRY_DSN", f"https://{DIGITS}@o1.ingest.example.com/4", [DIGITS]),
        ("OPENAI_BASE_URL", f"https://me:{DRAWN}@gw/v1?api_key={DIGITS}&x=1", [DRAWN, DIGITS]),
        ("SLACK_WEBHOOK_URL", f"https://hooks.example.com/services/T01/B02/{DRAWN}", [DRAWN]),
        ("STORAGE_CONNECTION_STRING", f"AccountName=shop;AccountKey={DRAWN}==;Suffix=x", [f"{DRAWN}=="]),
        ("PG_DSN", f"host=db user=app password={DRAWN} dbname=x", [DRAWN]),
        ("DATABASE_URL", "postgres://app:REDACTED-DATABASE_URL@db/x", ["REDACTED-DATABASE_URL"]),
        ("OPENAI_BASE_URL", "https://gw/?key=[REDACTED:OPENAI_BASE_URL]", ["[REDACTED:OPENAI_BASE_URL]"]),
        ("DATABASE_URL", "postgres://postgres:postgres@db/x", []),
        ("OPENAI_BASE_URL", "https://gateway.example.com/v1?beta=true", []),
        ("FEED_URL", f"https://example.com/{DRAWN}", []),
        ("LS_COLORS", "rs=0:di=01;34:ln=01;36", []),
        ("GREETING", "monkey=banana; tokens=12 and more of them", []),
    ],
)
def test_of_an_address_only_what_lets_somebody_in_is_secret(name: str, value: str, parts: list[str]) -> None:
    """A password, a key in the query, what was drawn by lot in a webhook's path; the host may stand anywhere."""
    assert (tuple(Secret(name, part) for part in parts), ()) == secrets_of({name: value})


def test_an_address_says_in_a_replay_what_the_recording_says() -> None:
    """The stand-in in its userinfo has no brackets, which would be an IPv6 address; text has it as everywhere."""
    address = f"postgres://app:{DRAWN}@db/x"
    recorded = Redactor(secrets_of({"DATABASE_URL": address})[0])
    kept, _ = recorded.url(address)
    assert "postgres://app:REDACTED-DATABASE_URL@db/x" == kept
    replayed = Redactor(secrets_of({"DATABASE_URL": kept})[0])
    for said in (f"to {address}", f"with {DRAWN}.", f"?p={DRAWN}&x"):
        assert recorded.text(said)[0] == replayed.text(said.replace(DRAWN, "REDACTED-DATABASE_URL"))[0]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("--password", "x", True),
        ("--api-key", "abc", True),
        ("--token", DRAWN, True),
        ("--token", "weekly", False),
        ("--password", "--verbose", False),
        ("--use-token", "true", False),
        ("--max-tokens", DRAWN, False),
        ("key", f"open('{DRAWN}').read()", False),
        ("", DRAWN, False),
    ],
)
def test_an_option_is_hidden_by_its_name(name: str, value: str, *, expected: bool) -> None:
    """Surely, or when its value looks drawn by lot; another option, a switch and code are no values."""
    assert expected == doubtful(name, value)
